"""Settings to connected parts: the one place that knows every wing, the clock and chance."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from imageferry.cloud.buckets import PUBLISHED_LIMITS
from imageferry.cloud.client import Client
from imageferry.cloud.credentials import CredentialSource, emulator_credentials
from imageferry.cloud.ecs import caller_account
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.control.change_sets import Desk
from imageferry.control.plane import ControlPlane
from imageferry.engine.board import Board
from imageferry.engine.execution import Patience
from imageferry.engine.worker import Worker
from imageferry.model.stacks import Place
from imageferry.ports import Catalog, Clock, Dispatcher, Entropy, Store
from imageferry.settings import Settings, SettingsError
from imageferry.wire.http import Send

HOME_REGION = "cn-hangzhou"
"""Where account questions are asked when no region is chosen."""


class RealClock:
    """The Clock socket by the machine's own clocks."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class RealEntropy:
    """The Entropy socket by the operating system."""

    def new_id(self) -> str:
        """A UUID of version 4."""
        return str(uuid.uuid4())

    def nonce(self) -> str:
        """32 hexadecimal digits."""
        return secrets.token_hex(16)

    def jitter(self) -> float:
        """A number from 0 up to 1."""
        return secrets.randbelow(1 << 30) / (1 << 30)


Emulated = Any
"""The emulator, whose room is loaded only where it runs."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice to the cloud: calls signed for one account, and what they are made with."""

    client: Client
    account_id: str
    credentials: CredentialSource
    endpoints: Endpoints
    send: Send


@dataclass(frozen=True, slots=True)
class House:
    """Everything connected, for as long as it is open."""

    settings: Settings
    plane: ControlPlane
    worker: Worker
    board: Board
    dispatcher: Dispatcher
    catalog: Catalog
    store: Store
    clock: Clock
    entropy: Entropy
    voice: Voice


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> AsyncIterator[House]:
    """Open store, cloud and worker; close them again.

    Raises StoreError, SettingsError, CredentialsMissing, or CloudError where the account cannot be
    told.
    """
    clock = clock or RealClock()
    entropy = entropy or RealEntropy()
    async with AsyncExitStack() as opened:
        store = _open_store(settings, entropy)
        opened.push_async_callback(store.close)
        voice = await opened.enter_async_context(open_voice(settings, clock, entropy))
        catalog = _catalog(voice.client)
        worker = Worker(
            store, catalog, clock, entropy, Patience(settings.token_lifetime, settings.visibility)
        )
        dispatcher = _dispatcher(settings, store, clock)
        opened.push_async_callback(dispatcher.stop, 10.0)
        place = Place(settings.cloud, voice.account_id, "")
        plane = ControlPlane(Desk(store, catalog, dispatcher, clock, entropy, place))
        yield House(
            settings,
            plane,
            worker,
            worker.board,
            dispatcher,
            catalog,
            store,
            clock,
            entropy,
            voice,
        )


@asynccontextmanager
async def open_voice(settings: Settings, clock: Clock, entropy: Entropy) -> AsyncIterator[Voice]:
    """A client of the chosen cloud, with the account that its key belongs to."""
    async with AsyncExitStack() as opened:
        if settings.cloud == "emulator" and not settings.ecs_endpoint:
            # No port is opened, yet requests are signed and checked as over the network.
            send = opened.enter_context(emulator_of(settings, clock)).handle
        else:
            send = await opened.enter_async_context(_network())
        is_emulated = settings.cloud == "emulator"
        credentials = emulator_credentials() if is_emulated else _chain(clock)
        endpoints = _endpoints(settings)
        limits = {} if is_emulated else PUBLISHED_LIMITS
        client = Client(send, credentials, endpoints, clock, entropy, limits)
        account_id = await caller_account(client, settings.region or HOME_REGION)
        yield Voice(client, account_id, credentials, endpoints, send)


def open_catalog() -> Catalog:
    """The installed types, for questions that need no cloud."""
    from imageferry.resource_types.catalog import TypeCatalog

    return TypeCatalog(None)


def _catalog(client: Client) -> Catalog:
    from imageferry.resource_types.catalog import TypeCatalog

    return TypeCatalog(client)


def _open_store(settings: Settings, entropy: Entropy) -> Store:
    from imageferry.store.keys import key_from_text, prepare_home, read_or_make_key
    from imageferry.store.secrets import SecretBox
    from imageferry.store.sql_store import open_store

    def box() -> SecretBox:
        from imageferry.store.encryption import AesGcmBox

        if settings.secret_key:
            return AesGcmBox(key_from_text(settings.secret_key, "IMAGEFERRY_SECRET_KEY"))
        return AesGcmBox(read_or_make_key(settings.home, lambda: os.urandom(32)))

    prepare_home(settings.home)
    return open_store(settings.database_url, entropy=entropy, box=box)


def _dispatcher(settings: Settings, store: Store, clock: Clock) -> Dispatcher:
    from imageferry.dispatch.embedded import EmbeddedDispatcher

    return EmbeddedDispatcher(settings.home / "locks", store, clock)


@asynccontextmanager
async def _network() -> AsyncIterator[Send]:
    """Requests over the network, on one session."""
    from imageferry.cloud.transport import HttpTransport

    async with HttpTransport(os.environ) as transport:
        yield transport.send


def _endpoints(settings: Settings) -> Endpoints:
    is_emulated = settings.cloud == "emulator"
    if settings.ecs_endpoint:
        try:
            return Endpoints(parse_endpoint(settings.ecs_endpoint, plain_allowed=is_emulated))
        except ValueError as fault:
            raise SettingsError(str(fault), "mend IMAGEFERRY_ECS_ENDPOINT") from fault
    return Endpoints(parse_endpoint("emulator.localhost") if is_emulated else None)


def _chain(clock: Clock) -> CredentialSource:
    """The standard credential chain; its library is loaded for the real cloud alone."""
    from imageferry.cloud.credential_chain import ChainCredentials

    return ChainCredentials(clock)


@contextmanager
def emulator_of(
    settings: Settings, clock: Clock, entropy: Callable[[int], bytes] = os.urandom
) -> Iterator[Emulated]:
    """The emulator on the world of the home, open for a while."""
    from imageferry.emulator.app import Emulator
    from imageferry.store.keys import prepare_home

    prepare_home(settings.home)
    emulator = Emulator(
        settings.home / "emulator.db",
        now=clock.now,
        entropy=entropy,
        sleep=clock.sleep,
        speed=settings.emulator_speed,
    )
    try:
        yield emulator
    finally:
        emulator.close()


async def serve_emulator(
    settings: Settings, *, host: str, port: int, on_ready: Callable[[int], None]
) -> None:
    """Serve the emulator of the home on a loopback address until cancelled."""
    from imageferry.emulator.server import serve

    with emulator_of(settings, RealClock()) as emulator:
        await serve(emulator, host=host, port=port, on_ready=on_ready)


def manage_emulator(settings: Settings, deed: str, **arguments: Any) -> Any:
    """One deed of the emulator's control API on the world of the home, as JSON data.

    Deeds: `images` (region), `snapshots`, `faults`, `add_fault` (wanted), `clear_faults`
    (number), `fault_kinds`, `settings`, `change_settings` (changes), `reset` (keep_settings).
    Raises KeyError for another deed, ValueError for arguments that it refuses.
    """
    from imageferry.emulator import controls

    deeds: Mapping[str, Callable[..., Any]] = {
        "images": controls.list_images,
        "snapshots": controls.list_snapshots,
        "faults": controls.list_faults,
        "add_fault": controls.add_fault,
        "clear_faults": controls.clear_faults,
        "settings": controls.read_settings,
        "change_settings": controls.change_settings,
        "reset": controls.reset,
    }
    if deed == "fault_kinds":
        return controls.fault_kinds()
    with emulator_of(settings, RealClock()) as emulator:
        return deeds[deed](emulator.world, **arguments)
