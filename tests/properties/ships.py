"""A process over the emulated cloud that can die at any write or call, and the log of all of them."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.cloud.zones import CloudRegions
from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.emulator.app import Emulator
from imageferry.engine.worker import Worker
from imageferry.model.stacks import Place
from imageferry.ports.keeping import Batch, Closing, Entry
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import SqlStore, open_store
from imageferry.testing import SeededEntropy, VirtualClock, VirtualTimeLoop
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.scenarios.workshop import Handing

LINEAGE = "imageferry:lineage"
ACCOUNT = "1000000000000001"
CHANGES = frozenset(
    [
        "DeleteImage",
        "CancelCopyImage",
        "ModifyImageAttribute",
        "TagResources",
        "UntagResources",
        "JoinResourceGroup",
    ]
)
"""Actions that change an image that exists."""


class SteadyLoop(VirtualTimeLoop):
    """Virtual time in which threads take none either: a seed gives the same run every time."""

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as failure:
            future.set_exception(failure)
        return future


def run_steadily(main: Coroutine[Any, Any, None]) -> list[str]:
    """Run to the end in steady time; whatever was raised where nobody was there to see it."""
    loop = SteadyLoop()
    unseen: list[str] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Crash):
            unseen.append(f"{context['message']}: {context.get('exception')!r}")

    loop.set_exception_handler(note)
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return unseen


class Crash(BaseException):
    """The process dies here, as far as the code can tell."""


class Aground(BaseException):
    """The voyage goes on without end."""


@dataclass
class Fate:
    """When a process dies: before or after its n-th `write` or `call`; never where n is 0."""

    kind: str = "write"
    at: int = 0
    after: bool = False
    is_dead: bool = False

    def meets(self, kind: str) -> bool:
        """Count one; True where this is the one."""
        if self.is_dead:
            raise Crash
        if kind == self.kind and self.at:
            self.at -= 1
            return self.at == 0
        return False

    def die(self) -> None:
        self.is_dead = True
        raise Crash


@dataclass(frozen=True)
class Started:
    """A copy that came to be: by which token, and what its lineage tag says."""

    image_id: str
    region: str
    token: str
    lineage: str
    time: float

    @property
    def address(self) -> str:
        return self.lineage.split("/", 2)[-1]


@dataclass
class Logbook:
    """All that was asked of the cloud, by every process of the voyage."""

    started: dict[str, Started] = field(default_factory=dict)
    by_token: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    calls: int = 0


class Strait:
    """The way from one process to the cloud."""

    def __init__(
        self, cloud: Emulator, log: Logbook, fate: Fate, clock: VirtualClock, most: int
    ) -> None:
        self._cloud, self._log, self._fate, self._clock = cloud, log, fate, clock
        self._most = most

    async def send(self, request: HttpRequest) -> HttpResponse:
        log, fate = self._log, self._fate
        is_last = fate.meets("call")
        if is_last and not fate.after:
            fate.die()
        log.calls += 1
        if log.calls > self._most:
            raise Aground(f"{log.calls} calls")
        asked = dict((*request.query, *request.form))
        action = request.headers.get("x-acs-action", "")
        self._judge(action, asked)
        log.counts[(asked.get("RegionId", ""), action)] += 1
        said = "no reply"
        try:
            response = await self._cloud.handle(request)
            said = f"{response.status} {response.body[:120]!r}"
        finally:
            log.lines.append(f"{self._clock.now():.2f} {action} {_told(asked)} -> {said}")
            if action == "CopyImage":
                self._note_copy(asked)
        if is_last or fate.is_dead:
            fate.die()
        return response

    def _judge(self, action: str, asked: Mapping[str, str]) -> None:
        """Only what was made here may be changed or deleted."""
        if action not in CHANGES:
            return
        ids = [asked[name] for name in ("ImageId", "ResourceId.1", "ResourceId") if name in asked]
        self._log.wrongs.extend(
            f"I3: {action} of {image_id}, which was not made here"
            for image_id in ids
            if image_id not in self._log.started
        )

    def _note_copy(self, asked: Mapping[str, str]) -> None:
        token, region = asked["ClientToken"], asked["DestinationRegionId"]
        world = self._cloud.world
        row = world.row("SELECT reply FROM tokens WHERE token = ?", token)
        if row is None:
            return
        image_id = json.loads(row[0])["ImageId"]
        if image_id in self._log.started:
            return
        tags = {
            value: asked.get(name.replace(".Key", ".Value"), "")
            for name, value in asked.items()
            if name.startswith("Tag.") and name.endswith(".Key")
        }
        self._log.started[image_id] = Started(
            image_id, region, token, tags.get(LINEAGE, ""), self._clock.now()
        )
        former = self._log.by_token.setdefault(token, [])
        alive = [one for one in former if is_alive(world, one)]
        if alive:
            self._log.wrongs.append(f"I1: {image_id} and {alive} live of one token {token}")
        former.append(image_id)


def _told(asked: Mapping[str, str]) -> str:
    words = ("RegionId", "DestinationRegionId", "ImageId", "DestinationImageName", "ImageName")
    return " ".join(asked[word] for word in (*words, "ClientToken") if asked.get(word))


def is_alive(world: Any, image_id: str) -> bool:
    return world.row("SELECT 1 FROM images WHERE image_id = ?", image_id) is not None


class MortalStore:
    """The real store, on a disk that takes its time, in a process that may die at any write."""

    def __init__(self, store: SqlStore, fate: Fate, clock: VirtualClock, chance: random.Random):
        self._store, self._fate, self._clock, self._chance = store, fate, clock, chance

    def __getattr__(self, name: str) -> Any:
        if self._fate.is_dead:
            raise Crash
        return getattr(self._store, name)

    async def _write(self, deed: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        is_last = self._fate.meets("write")
        if is_last and not self._fate.after:
            self._fate.die()
        await self._clock.sleep(self._chance.choice((0.0, 0.001, 0.02)))
        if self._fate.is_dead:
            raise Crash
        result = await deed()
        if is_last:
            self._fate.die()
        return result

    async def enter(self, operation_id: str) -> Entry | None:
        entry: Entry | None = await self._write(lambda: self._store.enter(operation_id))
        return entry

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        flag: bool = await self._write(lambda: self._store.flush(operation_id, epoch, batch))
        return flag

    async def save_progress(self, *given: Any) -> None:
        await self._write(lambda: self._store.save_progress(*given))

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        await self._write(lambda: self._store.close_operation(operation_id, epoch, closing))


class LocalClock:
    """The clock of this machine, which may be wrong: `skew` seconds before the cloud's."""

    def __init__(self, true: VirtualClock) -> None:
        self._true = true
        self.skew = 0.0

    def now(self) -> float:
        return self._true.now() + self.skew

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)


@dataclass
class Port:
    """What outlives every process: the cloud, the database, the clock, the log."""

    home: Path
    cloud: Emulator
    clock: VirtualClock
    entropy: SeededEntropy
    chance: random.Random
    local: LocalClock
    log: Logbook = field(default_factory=Logbook)
    most_calls: int = 20_000


class Ship:
    """One process: control plane and worker over the port's database and cloud."""

    def __init__(self, port: Port, fate: Fate | None = None) -> None:
        self.fate = fate or Fate()
        strait = Strait(port.cloud, port.log, self.fate, port.clock, port.most_calls)
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        self.client = Client(
            strait.send, emulator_credentials(), endpoints, port.local, port.entropy, {}
        )
        self._kept = open_store(
            f"sqlite:///{port.home / 'imageferry.db'}",
            entropy=port.entropy,
            box=lambda: AesGcmBox(b"k" * 32),
        )
        self.store = MortalStore(self._kept, self.fate, port.clock, port.chance)
        catalog = TypeCatalog(self.client)
        store: Any = self.store
        self.worker = Worker(store, catalog, port.local, port.entropy)
        place = Place("emulator", ACCOUNT, "")
        regions = CloudRegions(self.client)
        self.plane = ControlPlane(
            Desk(store, catalog, Handing(), port.local, port.entropy, place, regions)
        )

    async def sink(self) -> None:
        """The process is gone, and its connections with it."""
        await self._kept.close()
