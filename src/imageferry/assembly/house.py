"""House: store, cloud, catalog, engine and control plane, connected for as long as it is open."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from imageferry.assembly.catalogs import installed_offers
from imageferry.assembly.looking import look_at_images
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.assembly.voices import client_on, endpoints_of, open_line, standard_chain
from imageferry.cloud.client import Client
from imageferry.cloud.credentials import CredentialSource, emulator_credentials
from imageferry.cloud.ecs import GET_CALLER_IDENTITY, caller_account
from imageferry.cloud.endpoints import Endpoints
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.cloud.image_uses import CloudImages
from imageferry.cloud.zones import CloudRegions
from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.dispatch.embedded import EmbeddedDispatcher
from imageferry.engine.board import Board
from imageferry.engine.execution import Patience
from imageferry.engine.worker import Worker
from imageferry.model.stacks import Place
from imageferry.ports.access import AccessKeys, Audit
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE, Dispatcher
from imageferry.ports.documents import Documents
from imageferry.ports.keeping import Store
from imageferry.ports.senses import Clock, Entropy
from imageferry.ports.types import Catalog
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.settings import ExtraMissing, Settings
from imageferry.store.backends import DriverMissing
from imageferry.store.keys import key_from_text, prepare_home, read_or_make_key
from imageferry.store.paces import SqlPaces
from imageferry.store.secrets import SecretBox
from imageferry.store.sql_store import SqlStore, open_store
from imageferry.wire.http import Send

_FIRST_ANSWER: Final = 10.0

_LONGEST_QUEUE: Final = 40

HOME_REGION = "cn-hangzhou"
"""Where account questions are asked when no region is chosen."""


@dataclass(frozen=True, slots=True)
class Calling:
    """What a process runs: `takes_up` also what others have left, `parallel` operations at once."""

    takes_up: bool = False
    parallel: int = OPERATIONS_AT_ONCE


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
    keys: AccessKeys
    audit: Audit
    documents: Documents


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    calling: Calling | None = None,
    profile: str = "",
) -> AsyncIterator[House]:
    """Open store, cloud and worker; close them again. `calling`: what is run here, by default
    only what is asked for here. `profile` names another access key than the usual one.

    Raises StoreError, SettingsError, CredentialsMissing, or CloudError where the account cannot be
    told.
    """
    clock = clock or RealClock()
    entropy = entropy or RealEntropy()
    async with AsyncExitStack() as opened:
        store = open_records(settings, entropy)
        opened.push_async_callback(store.close)
        voice = await opened.enter_async_context(open_voice(settings, clock, entropy, profile))
        holder = f"{platform.node()}:{os.getpid()}"
        await voice.client.share_pace(SqlPaces(store.lanes), voice.account_id, holder)
        place = Place(settings.cloud, voice.account_id, "")
        dispatcher = _dispatcher(settings, store, clock, place, calling or Calling())
        opened.push_async_callback(dispatcher.stop, 10.0)
        house = _connected(settings, store, voice, dispatcher, place, clock, entropy)
        opened.callback(house.plane.desk.asides.close)
        opened.push_async_callback(house.plane.desk.errands.close)
        yield house


def _connected(
    settings: Settings,
    store: SqlStore,
    voice: Voice,
    dispatcher: Dispatcher,
    place: Place,
    clock: Clock,
    entropy: Entropy,
) -> House:
    """The rooms of a house joined; `place` has its cloud and account."""
    capacity = Capacity(settings.copy_queue, settings.image_quota)
    catalog = TypeCatalog(voice.client, capacity, look_at_images, installed_offers)
    worker = Worker(
        store,
        catalog,
        clock,
        entropy,
        Patience(settings.token_lifetime, settings.visibility),
        outage_limit=settings.database_patience,
    )
    desk = Desk(
        store,
        catalog,
        dispatcher,
        clock,
        entropy,
        place,
        CloudRegions(voice.client),
        catalog.census(settings.region or HOME_REGION),
        CloudImages(voice.client),
        store.documents,
    )
    return House(
        settings,
        ControlPlane(desk),
        worker,
        worker.board,
        dispatcher,
        catalog,
        store,
        clock,
        entropy,
        voice,
        store.access_keys,
        store.audit,
        store.documents,
    )


@asynccontextmanager
async def open_voice(
    settings: Settings, clock: Clock, entropy: Entropy, profile: str = ""
) -> AsyncIterator[Voice]:
    """A client of the chosen cloud, with the account that its key belongs to.

    `profile` is the name of a key of the emulator, or a profile of the credentials file.
    """
    async with open_line(settings, clock) as send:
        is_emulated = settings.cloud == "emulator"
        credentials = (
            emulator_credentials(profile) if is_emulated else standard_chain(clock, profile)
        )
        client = client_on(send, settings, credentials, clock, entropy)
        await credentials.current()
        account_id = await _account(client, settings.region or HOME_REGION)
        yield Voice(client, account_id, credentials, endpoints_of(settings), send)


def _dispatcher(
    settings: Settings, store: Store, clock: Clock, place: Place, calling: Calling
) -> Dispatcher:
    """Who hands out operations: this process itself, or a queue on PostgreSQL."""
    if not is_shared(settings):
        return EmbeddedDispatcher(
            settings.home / "locks",
            store,
            clock,
            parallel=calling.parallel,
            takes_up=calling.takes_up,
            sweep_every=settings.timing.sweep,
            place=place,
        )
    try:
        from imageferry.dispatch.distributed import DistributedDispatcher
    except ImportError as missing:
        raise ExtraMissing("postgres", "a database on PostgreSQL") from missing
    return DistributedDispatcher(
        settings.database_url,
        queue_name(settings, place),
        place,
        store,
        clock,
        settings.timing,
        takes_up=calling.takes_up,
        parallel=calling.parallel,
    )


def is_shared(settings: Settings) -> bool:
    """True where the database is a server that many machines share."""
    return settings.database_url.partition(":")[0].partition("+")[0] in {"postgres", "postgresql"}


def queue_name(settings: Settings, place: Place) -> str:
    """The queue of those who can run each other's operations: one for each cloud and account.

    An emulator inside a process has a world that only its own machine and home can see. PostgreSQL
    lets a channel's name, which is ours after 23 characters, have 63 of them.
    """
    name = f"{place.cloud}:{place.account_id}"
    if settings.cloud == "emulator" and not settings.ecs_endpoint:
        world = f"{platform.node()}\n{settings.home}"
        name += f":{hashlib.sha256(world.encode()).hexdigest()[:8]}"
    if len(name.encode()) > _LONGEST_QUEUE:
        name = hashlib.sha256(name.encode()).hexdigest()[:_LONGEST_QUEUE]
    return name


async def _account(client: Client, region: str) -> str:
    """The account of the access key, soon: nobody waits long for a command's first sign of life."""
    try:
        async with asyncio.timeout(_FIRST_ANSWER):
            return await caller_account(client, region)
    except TimeoutError:
        raise CloudError(
            "NoReply",
            f"no answer came within {_FIRST_ANSWER:.0f} s",
            ErrorClass.UNCERTAIN,
            action=GET_CALLER_IDENTITY.name,
            region=region,
        ) from None


def open_records(settings: Settings, entropy: Entropy) -> SqlStore:
    """The database of a home, made where there is none; raises StoreError and ExtraMissing."""

    def box() -> SecretBox:
        from imageferry.store.encryption import AesGcmBox

        if settings.secret_key:
            return AesGcmBox(key_from_text(settings.secret_key, "IMAGEFERRY_SECRET_KEY"))
        return AesGcmBox(read_or_make_key(settings.home, lambda: os.urandom(32)))

    prepare_home(settings.home)
    try:
        return open_store(settings.database_url, entropy=entropy, box=box)
    except DriverMissing as missing:
        raise ExtraMissing("postgres", "a database on PostgreSQL") from missing
