"""A process over the emulated cloud that can die at any write or call, and the log of all of them."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
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
from imageferry.ports.keeping import Batch, Closing, Entry, StoreUnavailable
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.store.databases import Database
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import SqlStore
from imageferry.testing import SeededEntropy
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.scenarios.workshop import Handing
from tests.worlds.kinds import MAKERS, Kind, made_id, shared_with, things
from tests.worlds.tides import Crash, LocalClock, TrueClock

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
        "CancelTask",
        "DeleteInstance",
        "StartInstance",
        "StopInstance",
        "ModifyInstanceAttribute",
        "ReplaceSystemDisk",
        "ResizeDisk",
        "AttachKeyPair",
        "DetachKeyPair",
        "ModifySnapshotAttribute",
        "DeleteSnapshot",
        "ModifyImageSharePermission",
    ]
)
"""Actions that change something that exists."""
_NAMED = ("ImageId", "InstanceId", "SnapshotId", "TaskId", "ResourceId.1", "ResourceId")
"""Where such a call says what it changes."""
MARKS = frozenset(["ModifyImageAttribute", "TagResources", "UntagResources"])
"""Those of them by which an image is taken in, or given back."""


class Aground(BaseException):
    """The voyage goes on without end."""


@dataclass
class Fate:
    """What becomes of a process before or after its n-th `write` or `call`; nothing where n is 0.

    It dies there, or stands still for `pause` seconds while others may take over.
    """

    kind: str = "write"
    at: int = 0
    after: bool = False
    pause: float = 0.0
    is_dead: bool = False
    resumes_at: float = 0.0

    @property
    def name(self) -> str:
        deed = "pause" if self.pause else "crash"
        return f"{deed} {'after' if self.after else 'before'} a {self.kind}"


class Breath:
    """The life of one process, held against its fate at every write and call."""

    def __init__(self, fate: Fate, clock: TrueClock, log: Logbook) -> None:
        self.fate, self._clock, self._log = fate, clock, log
        self.struck = asyncio.Event()
        self.wrote_at = 0.0

    @property
    def is_late(self) -> bool:
        """Whether it stood still since it last heard that the operation is its own.

        Who stood still behind a call knows it before the next one, and has no excuse.
        """
        is_behind_a_call = self.fate.kind == "call" and self.fate.after
        return self.fate.resumes_at > self.wrote_at and not is_behind_a_call

    async def begin(self, kind: str) -> bool:
        """Before a write or call: count it; True where the fate waits behind it."""
        await self.draw()
        fate = self.fate
        if kind != fate.kind or not fate.at:
            return False
        fate.at -= 1
        if fate.at:
            return False
        if not fate.after:
            await self.strike()
        return fate.after

    async def end(self, *, is_last: bool) -> None:
        """After a write or call."""
        if is_last:
            await self.strike()
        await self.draw()

    async def strike(self) -> None:
        """The fate is met."""
        fate = self.fate
        self._log.met[fate.name] += 1
        self.struck.set()
        if not fate.pause:
            fate.is_dead = True
            raise Crash
        fate.resumes_at = self._clock.now() + fate.pause
        self._log.lines.append(f"{self._clock.now():.2f} stands still for {fate.pause} s")
        await self.draw()

    async def draw(self) -> None:
        """Raise Crash where the process is dead; wait where it stands still."""
        while not self.fate.is_dead and self._clock.now() < self.fate.resumes_at:
            await self._clock.sleep(self.fate.resumes_at - self._clock.now())
        if self.fate.is_dead:
            raise Crash


@dataclass(frozen=True)
class Started:
    """What came to be: by which token, and what its lineage tag says; an export has neither."""

    thing_id: str
    region: str
    token: str
    lineage: str
    time: float

    @property
    def address(self) -> str:
        return self.lineage.split("/", 2)[-1]


@dataclass
class Logbook:
    """All that was asked of the cloud, by every process of the voyage.

    `adopting` are images of others that may be tagged and renamed, since they are to be taken in;
    `given` are the accounts that each image was shared with here, and `public`.
    """

    adopting: set[str] = field(default_factory=set)
    given: dict[str, set[str]] = field(default_factory=dict)
    started: dict[str, Started] = field(default_factory=dict)
    by_token: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    late: set[str] = field(default_factory=set)
    """What was asked for, or shared, by a process that stood still between its last write and the
    call itself.
    """
    wrongs: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    calls: int = 0


class Strait:
    """The way from one process to the cloud."""

    def __init__(self, port: Port, breath: Breath) -> None:
        self._cloud, self._log, self._clock = port.cloud, port.log, port.clock
        self._most, self._breath = port.most_calls, breath

    async def send(self, request: HttpRequest) -> HttpResponse:
        log = self._log
        asked_at = self._clock.now()
        is_last = await self._breath.begin("call")
        is_late = self._clock.now() > asked_at or self._breath.is_late
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
        except ConnectionError:
            await self._breath.end(is_last=is_last)
            raise
        finally:
            log.lines.append(f"{self._clock.now():.2f} {action} {_told(asked)} -> {said}")
            if action in MAKERS:
                self._note_made(action, asked, is_late=is_late)
            elif action == "ExportImage":
                self._note_exports(is_late=is_late)
            elif action == "ModifyImageSharePermission" and is_late:
                self._log.late.add(asked["ImageId"])
        await self._breath.end(is_last=is_last)
        return response

    def _judge(self, action: str, asked: Mapping[str, str]) -> None:
        """Only what was made here may be changed or deleted."""
        if action not in CHANGES:
            return
        if action == "ModifyImageSharePermission":
            self._judge_share(asked)
            return
        self._log.wrongs.extend(
            f"I3: {action} of {named}, which was not made here"
            for named in self._changed(action, asked)
            if not self._is_ours(named) and not (named in self._log.adopting and action in MARKS)
        )

    def _changed(self, action: str, asked: Mapping[str, str]) -> list[str]:
        named = ["InstanceId"] if action == "ReplaceSystemDisk" else _NAMED
        return [asked[name] for name in named if name in asked]

    def _is_ours(self, named: str) -> bool:
        """Whether it was made here, came with an image that was, or is not there any more."""
        if named in self._log.started:
            return True
        world = self._cloud.world
        match named[:2]:
            case "s-":
                row = world.row("SELECT image_id FROM snapshots WHERE snapshot_id = ?", named)
                return row is None or row[0] in self._log.started
            case "t-":
                row = world.row("SELECT image_id, action FROM tasks WHERE task_id = ?", named)
                return row is None or (row[1] == "ImportImage" and row[0] in self._log.started)
        return False

    def _judge_share(self, asked: Mapping[str, str]) -> None:
        """Any image may be shared, and nobody's share may be taken back but what was given here."""
        image_id = asked["ImageId"]
        given = self._log.given.setdefault(image_id, set())
        world = self._cloud.world
        had = shared_with(world).get(image_id, set())
        for name, account in asked.items():
            if name.startswith("AddAccount.") and account not in had:
                given.add(account)
            if name.startswith("RemoveAccount.") and account not in given:
                self._log.wrongs.append(f"I3: {image_id} is taken from {account}")
        if asked.get("IsPublic", "").lower() == "true" and "public" not in had:
            given.add("public")
        if asked.get("IsPublic", "").lower() == "false" and "public" not in given:
            self._log.wrongs.append(f"I3: {image_id} is unpublished")

    def _note_exports(self, *, is_late: bool) -> None:
        """An export has no token: whatever is there since the call is ours, as nobody else has any."""
        for one in things(self._cloud.world).values():
            if one.kind is Kind.EXPORT and one.thing_id not in self._log.started:
                self._log.started[one.thing_id] = Started(
                    one.thing_id, one.region, "", "", self._clock.now()
                )
                if is_late:
                    self._log.late.add(one.thing_id)

    def _note_made(self, action: str, asked: Mapping[str, str], *, is_late: bool) -> None:
        token = asked.get("ClientToken", "")
        region = asked.get("DestinationRegionId") or asked["RegionId"]
        world = self._cloud.world
        row = world.row("SELECT reply FROM tokens WHERE token = ? AND action = ?", token, action)
        if row is None:
            return
        thing_id = made_id(action, json.loads(row[0]))
        if thing_id in self._log.started:
            return
        tags = {
            value: asked.get(name.replace(".Key", ".Value"), "")
            for name, value in asked.items()
            if name.startswith("Tag.") and name.endswith(".Key")
        }
        self._log.started[thing_id] = Started(
            thing_id, region, token, tags.get(LINEAGE, ""), self._clock.now()
        )
        if is_late:
            self._log.late.add(thing_id)
        former = self._log.by_token.setdefault(token, [])
        alive = [one for one in former if is_alive(world, one)]
        if alive:
            self._log.wrongs.append(f"I1: {thing_id} and {alive} live of one token {token}")
        former.append(thing_id)


def _told(asked: Mapping[str, str]) -> str:
    words = ("RegionId", "DestinationRegionId", "ImageId", "DestinationImageName", "ImageName")
    return " ".join(asked[word] for word in (*words, "ClientToken") if asked.get(word))


def is_alive(world: Any, thing_id: str) -> bool:
    return is_image(world, thing_id) or thing_id in things(world)


def is_image(world: Any, image_id: str) -> bool:
    return world.row("SELECT 1 FROM images WHERE image_id = ?", image_id) is not None


@dataclass
class Outage:
    """The database is away: `before` so many writes from now on, for so many."""

    before: int = 0
    writes: int = 0
    is_behind: bool = False
    """They are committed, and the answer is lost."""

    def begins(self) -> bool:
        """Count a write; True where it finds the database away."""
        if self.before > 1:
            self.before -= 1
            return False
        self.writes -= 1
        return self.writes >= 0


class MortalStore:
    """The real store, on a disk that takes its time, in a process that may die at any write."""

    def __init__(self, store: SqlStore, breath: Breath, port: Port) -> None:
        self._store, self._breath, self._outage = store, breath, port.outage
        self._clock, self._chance, self._met = port.clock, port.chance, port.log.met

    def __getattr__(self, name: str) -> Any:
        if self._breath.fate.is_dead:
            raise Crash
        return getattr(self._store, name)

    async def _write(self, deed: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        is_last = await self._breath.begin("write")
        await self._clock.sleep(self._chance.choice((0.0, 0.001, 0.02)))
        await self._breath.draw()
        is_away = self._outage.begins()
        if is_away and not self._outage.is_behind:
            await self._lose("before a write", is_last=is_last)
        result = await deed()
        if is_away:
            await self._lose("after a write", is_last=is_last)
        self._breath.wrote_at = self._clock.now()
        await self._breath.end(is_last=is_last)
        return result

    async def _lose(self, where: str, *, is_last: bool) -> None:
        self._met[f"database away {where}"] += 1
        await self._breath.end(is_last=is_last)
        raise StoreUnavailable("the database is away")

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


@dataclass(frozen=True)
class Sabotage:
    """What stands between a process and its store, and its types: broken on purpose by tests."""

    store: Callable[[SqlStore], Any] = lambda store: store
    catalog: Callable[[TypeCatalog], Any] = lambda catalog: catalog


@dataclass
class Port:
    """What outlives every process: the cloud, the database, the clock, the log."""

    database: Database
    cloud: Emulator
    clock: TrueClock
    entropy: SeededEntropy
    chance: random.Random
    local: LocalClock
    log: Logbook = field(default_factory=Logbook)
    most_calls: int = 20_000
    sabotage: Sabotage = field(default_factory=Sabotage)
    outage: Outage = field(default_factory=Outage)


class Ship:
    """One process: control plane and worker over the port's database and cloud.

    Processes have stores of their own over one connection: in steady time no two transactions
    overlap anyway, and nothing but the opening is spared.
    """

    def __init__(self, port: Port, fate: Fate | None = None) -> None:
        self.fate = fate or Fate()
        self.breath = Breath(self.fate, port.clock, port.log)
        strait = Strait(port, self.breath)
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        self.client = Client(
            strait.send, emulator_credentials(), endpoints, port.local, port.entropy, {}
        )
        kept = SqlStore(port.database, port.entropy, lambda: AesGcmBox(b"k" * 32))
        store: Any = MortalStore(port.sabotage.store(kept), self.breath, port)
        self.store = store
        kept_catalog = TypeCatalog(self.client)
        catalog = port.sabotage.catalog(kept_catalog)
        self.worker = Worker(store, catalog, port.local, port.entropy)
        place = Place("emulator", ACCOUNT, "")
        regions = CloudRegions(self.client)
        self.plane = ControlPlane(
            Desk(
                store,
                catalog,
                Handing(),
                port.local,
                port.entropy,
                place,
                regions,
                kept_catalog.census("cn-hangzhou"),
            )
        )
