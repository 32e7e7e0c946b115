"""The registry type connected: an invocation on an account, the function's entry, the local server."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from imageferry import settings as choices
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.assembly.voices import client_on, open_line, standard_chain
from imageferry.cloud.client import Client
from imageferry.cloud.credentials import (
    CredentialsMissing,
    CredentialSource,
    StaticCredentials,
    emulator_credentials,
)
from imageferry.cloud.ecs import caller_account
from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import ErrorCode
from imageferry.ports.keeping import StoreError
from imageferry.ports.senses import Clock, Entropy
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.account import Account
from imageferry.provider.configuration import (
    BadConfiguration,
    Configuration,
    read_configuration,
)
from imageferry.provider.envelope import BadCall, Call, Progress, read_call
from imageferry.provider.errors import INVALID_CONFIGURATION, refused
from imageferry.provider.identity import installation_of
from imageferry.provider.lifecycle import answer
from imageferry.provider.packaging import SchemaName, schema_of, write_only_of, write_project
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.settings import ExtraMissing, Settings, SettingsError

HOST: Final = "127.0.0.1"
FUNCTIONS: Final = ("TypeFunction", "TestEntrypoint")
"""What contract tests call the function, the first unless they are told otherwise."""
SCHEMAS: Final = tuple(one.value for one in SchemaName)
"""The schemas that a project may have, the usual one first."""

_log = logging.getLogger(__name__)


def resource(event: object, schema: str = SchemaName.OURS.value) -> dict[str, Any]:
    """One invocation as a registry makes it: the request's JSON value to the answer's.

    The cloud is the real one unless IMAGEFERRY_CLOUD says otherwise; its key and the destination
    region come with each request. Raises nothing.
    """
    chosen = {"cloud": os.environ.get(choices.VARIABLES["cloud"]) or "alibaba"}
    try:
        settings = choices.resolve(chosen, os.environ)
    except SettingsError as fault:
        return refused(ErrorCode.INTERNAL_FAILURE, fault.message).as_json()
    return asyncio.run(invoke(settings, event, SchemaName(schema), needs_key=True))


async def invoke(
    settings: Settings,
    event: object,
    schema: SchemaName,
    *,
    needs_key: bool = False,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> dict[str, Any]:
    """One invocation, with nothing kept from any other; raises nothing.

    `needs_key`: without a key in the type configuration the real cloud is not called; otherwise
    the standard credential chain has one.
    """
    progress = await _invoke(
        settings,
        event,
        schema,
        needs_key=needs_key,
        clock=clock or RealClock(),
        entropy=entropy or RealEntropy(),
    )
    return progress.as_json()


async def _invoke(
    settings: Settings,
    event: object,
    schema: SchemaName,
    *,
    needs_key: bool,
    clock: Clock,
    entropy: Entropy,
) -> Progress:
    try:
        call = read_call(event)
        known = schema_of(schema)["typeName"]
        if call.type_name != known:
            raise BadCall(f'this is the function of "{known}", and of no other type')
        said = read_configuration(
            call.configuration,
            needs_key=needs_key and settings.cloud == "alibaba",
            region=settings.region,
        )
        async with open_account(settings, call, said, schema, clock, entropy) as account:
            return await answer(account, call)
    except BadCall as fault:
        return refused(ErrorCode.INVALID_REQUEST, str(fault))
    except BadConfiguration as fault:
        return refused(INVALID_CONFIGURATION, str(fault))
    except SettingsError as fault:
        return refused(INVALID_CONFIGURATION, fault.message)
    except CredentialsMissing as fault:
        return refused(ErrorCode.INVALID_CREDENTIALS, str(fault))
    except StoreError as fault:
        _log.error("the emulated cloud: %s", fault)
        return refused(ErrorCode.INTERNAL_FAILURE, "the emulated cloud cannot be opened")


@asynccontextmanager
async def open_account(
    settings: Settings,
    call: Call,
    said: Configuration,
    schema: SchemaName,
    clock: Clock,
    entropy: Entropy,
) -> AsyncIterator[Account]:
    """The type on the account of a configuration, for one invocation.

    Raises SettingsError, CredentialsMissing, StoreError. Nothing is asked of the cloud yet.
    """
    chosen = replace(settings, ecs_endpoint=said.endpoint or settings.ecs_endpoint)
    async with AsyncExitStack() as opened:
        send = await opened.enter_async_context(open_line(chosen, clock))
        client = client_on(send, chosen, _credentials(chosen, said, clock), clock, entropy)
        catalog = TypeCatalog(client, Capacity(chosen.copy_queue, chosen.image_quota))
        kind, census = catalog.find(call.type_name), catalog.census(said.region)
        if kind is None or census is None:
            raise BadCall(f'there is no type "{call.type_name}"')
        yield Account(
            kind, census, said.region, installation_of(call), clock, write_only_of(schema),
            partial(_confirm, client, said) if said.account_id else None,
        )  # fmt: skip


async def _confirm(client: Client, said: Configuration) -> None:
    try:
        found = await caller_account(client, said.region)
    except CloudError as fault:
        raise TraceTrouble(f"whose key it is cannot be asked: {fault}") from fault
    if found != said.account_id:
        raise BadConfiguration(
            f'the type configuration: the key is one of account {found}, and "AccountId" says '
            f"{said.account_id}"
        )


def _credentials(settings: Settings, said: Configuration, clock: Clock) -> CredentialSource:
    if said.credentials is not None:
        return StaticCredentials(said.credentials)
    if settings.cloud == "emulator":
        return emulator_credentials()
    return standard_chain(clock)


async def serve_function(
    settings: Settings, schema: str, *, port: int, on_ready: Callable[[int], None]
) -> None:
    """Serve the type as a function on the loopback address until cancelled.

    Raises ExtraMissing, or OSError where the port cannot be had.
    """
    try:
        import uvicorn

        from imageferry.provider.functions import function_server
    except ModuleNotFoundError as fault:
        if fault.name not in {"uvicorn", "starlette"}:
            raise
        raise ExtraMissing("server", "serving the function") from fault

    async def called(event: object) -> dict[str, Any]:
        return await invoke(settings, event, SchemaName(schema))

    listening = socket.create_server((HOST, port), backlog=128)
    with listening:
        config = uvicorn.Config(
            function_server(FUNCTIONS, called), log_config=None, access_log=False, lifespan="off"
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])
        on_ready(listening.getsockname()[1])
        try:
            await server.main_loop()
        finally:
            await server.shutdown(sockets=[listening])


def package(folder: Path, schema: str, *, force: bool) -> list[str]:
    """Write the project; the names of its files. Raises FileExistsError, OSError."""
    return write_project(folder, SchemaName(schema), force=force)
