"""serve: houses, APIs and a server on one address, from the first line to a graceful end."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Final

from imageferry.api.logs import log_event, write_logs
from imageferry.assembly.house import Calling, open_house
from imageferry.assembly.senses import RealClock
from imageferry.assembly.served import LIBRARIES, CannotServe, Ready, ServeChoices
from imageferry.assembly.working import Working
from imageferry.ports.keeping import StoreUnavailable
from imageferry.settings import ExtraMissing, Settings

_ARRIVAL: Final = 10.0
"""Seconds for which a server that begins tries again where the database is away; later it waits."""

_LOOK: Final = 0.5

_FILES: Final = 8192
"""Files that may be open: the connections there may be, a lock an operation, and the databases."""


async def serve(
    settings: Settings,
    choices: ServeChoices,
    *,
    on_ready: Callable[[Ready], None],
    asked_to_stop: asyncio.Event,
) -> None:
    """Serve until asked to stop; requests and calls in flight come to an end first.

    Raises CannotServe, ExtraMissing, StoreError, SettingsError, CredentialsMissing, CloudError.
    """
    try:
        from imageferry.assembly.listening import listen
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in LIBRARIES:
            raise
        raise ExtraMissing("server", '"imageferry serve"') from missing

    _check_certificate(choices)
    _make_room()
    with write_logs(choices.log_form, sys.stderr), _bound(choices.host, choices.port) as listener:
        async with AsyncExitStack() as opened:
            houses = await _open_houses(settings, choices, opened, asked_to_stop)
            if houses:
                await listen(houses, choices, listener, on_ready, asked_to_stop)


async def _open_houses(
    settings: Settings,
    choices: ServeChoices,
    opened: AsyncExitStack,
    asked_to_stop: asyncio.Event,
) -> list[Working]:
    """A house for each account, tried again for a while where the database is away."""
    clock = RealClock()
    ends_at = clock.monotonic() + min(_ARRIVAL, settings.database_patience)
    calling = Calling(choices.works, choices.parallel)
    while not asked_to_stop.is_set():
        try:
            async with AsyncExitStack() as opening:
                found = []
                for name in choices.accounts or ("",):
                    house = open_house(settings, calling=calling, profile=name)
                    working = Working(
                        await opening.enter_async_context(house),
                        name,
                        works=choices.works,
                        notify=choices.notify,
                    )
                    found.append(working)
                opened.push_async_exit(opening.pop_all())
                return found
        except StoreUnavailable as away:
            if clock.monotonic() >= ends_at:
                raise
            log_event("waiting", logging.WARNING, reason=str(away))
        await clock.sleep(_LOOK)
    return []


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """The port, taken before anything else is opened; nobody is let in yet. Raises CannotServe."""
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as fault:
        raise CannotServe("address", f'"{host}" is no address of this machine') from fault
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as fault:
            raise CannotServe("address", (fault.strerror or str(fault)).lower()) from fault
        yield listener


def _make_room() -> None:
    """Let the process open as many files as it may: connections and locks of operations are some."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where the system does not let it, the limit stays, and with it what fits.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _check_certificate(choices: ServeChoices) -> None:
    """Raises CannotServe where certificate and key are no pair, or cannot be read."""
    if choices.certificate is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key that is locked by a passphrase would be asked for on the terminal.
        context.load_cert_chain(choices.certificate, choices.certificate_key, password="")
    except ssl.SSLError as fault:
        why = (fault.reason or "the key is not the certificate's, or is locked").lower()
        raise CannotServe("certificate", why.replace("_", " ")) from fault
    except OSError as fault:
        raise CannotServe("certificate", (fault.strerror or str(fault)).lower()) from fault
