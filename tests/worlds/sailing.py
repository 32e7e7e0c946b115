"""A voyage, carried out: every leg to its final status through whatever weather, then cleared away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.ecs import CopyRequest, copy_image, delete_image, modify_image
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.cloud.errors import CloudError
from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    Planned,
    RequestRefused,
    ResourceUnknown,
    StackNotFound,
    StackRequest,
)
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import Operation
from imageferry.ports.keeping import StoreError
from imageferry.store.databases import Database, open_database
from imageferry.testing import SeededEntropy, VirtualClock
from tests.worlds.ships import (
    Crash,
    Fate,
    LocalClock,
    Logbook,
    Port,
    Sabotage,
    Ship,
    is_alive,
    run_steadily,
)
from tests.worlds.soundings import (
    Soundings,
    faults_of_calls,
    faults_of_end,
    faults_of_expectations,
    faults_of_leg,
)
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import GOLDEN, NAMES, REGIONS, parameters_of, template_of

_STEADY = ("image_id", "region", "name", "size", "encrypted", "tags")
"""What of somebody else's image never changes by itself."""
LONGEST = 40 * 86_400.0
"""Virtual seconds after which a leg counts as endless."""
NAME = "voyage"
MEMORY = "sqlite://"


class Lines(logging.Handler):
    """Every word that the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger("imageferry")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@cache
def _opened(url: str) -> tuple[Database, bytes]:
    database = open_database(url)
    driver: Any = database.connection.connection.driver_connection
    return database, driver.serialize()


def database_of(url: str) -> Database:
    """A fresh database: one in memory is opened once, since that takes longer than a short voyage."""
    if url != MEMORY:
        return open_database(url)
    database, empty = _opened(url)
    driver: Any = database.connection.connection.driver_connection
    driver.deserialize(empty)
    return database


@dataclass(frozen=True)
class Passage:
    """How a voyage went: what was wrong, every call and leg in order, and what was met."""

    wrongs: list[str]
    lines: list[str]
    met: Counter[str]
    calls: int


def sail(
    voyage: Voyage,
    database: str = MEMORY,
    *,
    sabotage: Sabotage | None = None,
) -> Passage:
    """Carry out a voyage on a database of its own, in memory unless said otherwise.

    `sabotage` breaks something on purpose.
    """
    wrongs: list[str] = []
    log = Logbook()
    with listening() as words:
        try:
            wrongs += run_steadily(
                _Voyage(voyage, database, sabotage or Sabotage(), log, wrongs, words).sail()
            )
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            wrongs.append(f"it broke: {failure!r}")
            log.lines.extend(traceback.format_exception(failure))
    return Passage(wrongs, log.lines, log.met, log.calls)


class _Voyage:
    def __init__(
        self,
        voyage: Voyage,
        database: str,
        sabotage: Sabotage,
        log: Logbook,
        wrongs: list[str],
        words: list[str],
    ) -> None:
        self.voyage, self.log, self.wrongs, self.words = voyage, log, wrongs, words
        self.database, self.sabotage = database, sabotage
        self.stack_id: str | None = None
        self.meddled: set[str] = set()
        self.usurpers = 0
        self.sleepers: list[asyncio.Future[Any]] = []
        self.added: dict[int, dict[str, Any]] = {}

    async def sail(self) -> None:
        voyage = self.voyage
        chance = random.Random(voyage.seed * 7 + 1)
        clock, entropy = VirtualClock(), SeededEntropy(voyage.seed)
        cloud = Emulator(":memory:", now=clock.now, entropy=chance.randbytes, sleep=clock.sleep)
        database = database_of(self.database)
        self.port = Port(
            database,
            cloud,
            clock,
            entropy,
            chance,
            LocalClock(clock),
            self.log,
            sabotage=self.sabotage,
        )
        self.port.local.skew = voyage.skew
        try:
            controls.change_settings(cloud.world, voyage.settings)
            await self._settle_neighbours()
            for number, leg in enumerate(voyage.legs):
                self.log.lines.append(f"--- leg {number}: {_shown(leg)}")
                await self._sail_leg(leg)
                self._count_faults(leg)
                controls.clear_faults(cloud.world)
            self.log.lines.append("--- the end: delete")
            await self._awaken()
            await self._end()
        finally:
            if self.database != MEMORY:
                database.close()
            cloud.close()

    def _count_faults(self, leg: Leg) -> None:
        left = {fault["id"]: fault for fault in controls.list_faults(self.port.cloud.world)}
        for number, fault in self.added.items():
            times = fault["count"]
            if times is None:
                self.log.met[f"fault {fault['kind']}"] += 1
            elif times > left.get(number, {"count": 0})["count"]:
                self.log.met[f"fault {fault['kind']}"] += (
                    times - left.get(number, {"count": 0})["count"]
                )
        self.added = {}

    # --- others in the same cloud -----------------------------------------------------------------

    def _other_client(self) -> Client:
        port = self.port
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        return Client(
            port.cloud.handle, emulator_credentials(), endpoints, port.clock, port.entropy, {}
        )

    async def _settle_neighbours(self) -> None:
        image, source = GOLDEN[0]
        for number, (region, name) in enumerate(self.voyage.neighbours):
            copy = CopyRequest(
                image, source, region, f"neighbour-{number}", name, encrypted=region == source
            )
            await copy_image(self._other_client(), copy)
            await self.port.clock.sleep(4000)
        self.before = self._others()

    def _others(self) -> list[dict[str, Any]]:
        """Everything that was not made through our own calls; one under way may not be noted yet."""
        return [
            {key: image[key] for key in _STEADY}
            for image in controls.list_images(self.port.cloud.world)
            if image["image_id"] not in self.log.started and not image["tags"]
        ]

    async def _meddle(self, after: float, deed: str) -> None:
        await self.port.clock.sleep(after)
        if deed == "occupy":
            await self._occupy()
            return
        world = self.port.cloud.world
        ours = [one for one in self.log.started.values() if is_alive(world, one.image_id)]
        if not ours:
            return
        victim = ours[-1]
        self.log.lines.append(f"{self.port.clock.now():.2f} somebody: {deed} {victim.image_id}")
        with contextlib.suppress(Exception):
            if deed == "delete":
                await delete_image(self._other_client(), victim.region, victim.image_id, force=True)
                self.meddled.add(victim.image_id)
            else:
                await modify_image(
                    self._other_client(), victim.region, victim.image_id, name="renamed-by-others"
                )
                self.meddled.add(victim.image_id)

    async def _occupy(self) -> None:
        """Somebody makes an image of their own, under a name that the stack may want."""
        chance, (image, source) = self.port.chance, GOLDEN[0]
        region, name = chance.choice(REGIONS), chance.choice((*NAMES, "carried"))
        self.log.lines.append(f"{self.port.clock.now():.2f} somebody takes {name} in {region}")
        token = f"late-{len(self.before)}"
        with contextlib.suppress(CloudError):
            await copy_image(self._other_client(), CopyRequest(image, source, region, token, name))
        # Ours that is just being made under no tag could not be told from theirs.
        known = {image["image_id"] for image in self.before}
        self.before += [
            image
            for image in self._others()
            if image["image_id"] not in known and image["name"] == name
        ]

    # --- one leg ----------------------------------------------------------------------------------

    async def _sail_leg(self, leg: Leg) -> None:
        if leg.lasts:
            await self.port.clock.sleep(leg.lasts)
        if leg.deed == "wait":
            return
        began, calls, copies = self.port.clock.now(), self.log.counts.copy(), len(self.log.started)
        ship = Ship(self.port)
        planned = await self._planned(ship, leg)
        if planned is None:
            return
        rival = await self._planned(Ship(self.port), leg) if leg.rival_at is not None else None
        operation = await self._opened(ship, planned, leg)
        if operation is None:
            return
        for fault in leg.faults:
            added = controls.add_fault(self.port.cloud.world, fault)
            self.added[added["id"]] = added
        self.stack_id = operation.stack_id
        await self._run(operation.operation_id, leg, rival)
        seen = await self._soundings(operation.operation_id)
        self.wrongs += faults_of_leg(seen, leg)
        self.wrongs += faults_of_expectations(seen, leg)
        took = self.port.clock.now() - began
        started = len(self.log.started) - copies
        self.wrongs += faults_of_calls(self.log.counts - calls, started, took, leg)

    async def _planned(self, ship: Ship, leg: Leg) -> Planned | Operation | None:
        voyage = self.voyage
        try:
            if leg.deed == "deploy":
                return await ship.plane.plan(
                    StackRequest(
                        NAME,
                        voyage.region,
                        template_of(leg.wishes, is_ros=voyage.is_ros),
                        "t.json",
                        parameters_of(leg.wishes, voyage.secret, is_ros=voyage.is_ros),
                        leg.replaces,
                    )
                )
            stack = await ship.plane.find(NAME)
            match leg.deed:
                case "retry":
                    return await ship.plane.retry(stack, leg.parts)
                case "continue":
                    return await ship.plane.continue_rollback(stack, leg.parts)
                case _:
                    return await ship.plane.plan_delete(stack, leg.parts)
        except (StackNotFound, ResourceUnknown):
            return None
        except (TemplateError, RequestRefused) as refused:
            self.log.lines.append(f"refused: {refused}")
            self._must_be_honest(refused)
            return None

    def _must_be_honest(self, refused: Exception) -> None:
        """What is refused at planning is refused for a reason that a voyage may have."""
        if self.voyage.secret in str(refused):
            self.wrongs.append(f"I5: the secret is in {refused}")
        if isinstance(refused, TemplateError):
            codes = {d.code for d in refused.diagnostics if d.is_error}
            if not codes <= {"IF601", "IF602", "IF527", "IF826"}:
                self.wrongs.append(f"a sound template was refused: {refused.diagnostics}")

    async def _opened(self, ship: Ship, planned: Planned | Operation, leg: Leg) -> Operation | None:
        if isinstance(planned, Operation):
            return planned
        options = ExecutionOptions(leg.on_failure, leg.parallel, leg.timeout)
        try:
            return await ship.plane.execute(planned, options)
        except (TemplateError, RequestRefused) as refused:
            self.log.lines.append(f"refused: {refused}")
            self._must_be_honest(refused)
            return None

    async def _run(
        self, operation_id: str, leg: Leg, rival: Planned | Operation | None = None
    ) -> None:
        """Processes one after the other, until the operation is closed."""
        asides = [asyncio.ensure_future(aside) for aside in self._asides(operation_id, leg, rival)]
        deadline = self.port.clock.now() + LONGEST
        fates = [*(replace(fate) for fate in leg.fates), Fate()]
        absences = [*leg.absences, 0.0]
        while True:
            fate = fates.pop(0) if fates else Fate()
            is_over = await self._one_process(operation_id, fate, deadline)
            if is_over:
                break
            away = absences.pop(0) if absences else 1.0
            self.log.lines.append(f"{self.port.clock.now():.2f} nobody for {away} s")
            await self.port.clock.sleep(away)
        for aside in asides:
            aside.cancel()
        await asyncio.gather(*asides, return_exceptions=True)

    def _asides(
        self, operation_id: str, leg: Leg, rival: Planned | Operation | None
    ) -> Iterator[Awaitable[None]]:
        if leg.cancel_at is not None:
            yield self._cancel(leg.cancel_at)
        if leg.usurp_at is not None:
            yield self._usurp(operation_id, leg.usurp_at)
        if leg.stop_at is not None:
            yield self._stop(leg.stop_at)
        if leg.jumps is not None:
            yield self._jump(*leg.jumps)
        if leg.meddles is not None:
            yield self._meddle(*leg.meddles)
        if leg.rival_at is not None and isinstance(rival, Planned):
            yield self._rival(operation_id, leg.rival_at, rival)

    async def _one_process(self, operation_id: str, fate: Fate, deadline: float) -> bool:
        """True where the operation is closed afterwards."""
        self.ship = ship = Ship(self.port, fate)
        running = asyncio.ensure_future(ship.worker.run(operation_id))
        heir = asyncio.ensure_future(self._inherit(operation_id, ship)) if fate.pause else None
        try:
            left = max(deadline - self.port.clock.now(), 1.0)
            if heir is not None:
                await asyncio.wait(
                    {running, heir}, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                if not running.done() and heir.done() and await self._is_closed(operation_id):
                    # It stands still yet, and wakes up in the middle of what comes next.
                    self.sleepers.append(running)
                    return True
            done, _ = await asyncio.wait({running}, timeout=left)
            if not done:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                raise AssertionError(f"I4: operation {operation_id} goes on without end")
            try:
                result = running.result()
            except Crash:
                return False
            if result.status is not None:
                return not result.status.is_open
            # Another process has taken it over: wait until that one is done.
            return await self._is_closed(operation_id)
        finally:
            if heir is not None:
                heir.cancel()
                await asyncio.gather(heir, return_exceptions=True)

    async def _awaken(self) -> None:
        """Whoever stands still comes back, and finds that the work was done by others."""
        for ended in await asyncio.gather(*self.sleepers, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, Crash):
                self.wrongs.append(f"it broke: {ended!r}")

    async def _inherit(self, operation_id: str, ship: Ship) -> None:
        """One process stands still for so long that another takes its work over."""
        await ship.breath.struck.wait()
        await self._usurp(operation_id, min(15.0, ship.fate.pause / 2))

    async def _is_closed(self, operation_id: str) -> bool:
        for _ in range(10_000):
            operation = await Ship(self.port).plane.operation(operation_id)
            if operation is None or not operation.status.is_open or not self.usurpers:
                return operation is None or not operation.status.is_open
            await self.port.clock.sleep(30)
        return False

    async def _cancel(self, after: float) -> None:
        await self.port.clock.sleep(after)
        plane = Ship(self.port).plane
        try:
            await plane.cancel(await plane.find(NAME))
            self._note("cancel requested", "cancel")
        except (RequestRefused, StackNotFound):
            return

    async def _rival(self, operation_id: str, after: float, planned: Planned) -> None:
        """Somebody else who planned at the same moment says yes a little later."""
        await self.port.clock.sleep(after)
        plane = Ship(self.port).plane
        try:
            await plane.find(NAME)
        except StackNotFound:
            # The name is free again, and whoever comes now has a right to it.
            return
        self._note("a rival executes", "rival")
        try:
            other = await plane.execute(planned, ExecutionOptions())
        except (TemplateError, RequestRefused, OperationHolds, StoreError) as refused:
            self._must_be_honest(refused)
            return
        if other.operation_id != operation_id:
            self.wrongs.append(f"I1: {other.operation_id} was opened beside {operation_id}")

    def _note(self, words: str, kind: str) -> None:
        self.log.met[kind] += 1
        self.log.lines.append(f"{self.port.clock.now():.2f} {words}")

    async def _jump(self, after: float, seconds: float) -> None:
        """Somebody sets this machine's clock."""
        await self.port.clock.sleep(after)
        self._note(f"the clock jumps by {seconds} s", "clock set")
        skew = self.port.local.skew + seconds
        # Beyond a quarter of an hour the cloud would refuse every call, and rightly.
        self.port.local.skew = max(-850.0, min(850.0, skew))

    async def _stop(self, after: float) -> None:
        """Whoever runs the operation at that moment is asked to end."""
        await self.port.clock.sleep(after)
        self._note("stop", "stop")
        self.ship.worker.stop()

    async def _usurp(self, operation_id: str, after: float) -> None:
        """A second process believes that the first is dead, and enters."""
        await self.port.clock.sleep(after)
        self._note("usurped", "second engine")
        self.usurpers += 1
        try:
            await Ship(self.port).worker.run(operation_id)
        finally:
            self.usurpers -= 1

    # --- judging ----------------------------------------------------------------------------------

    async def _soundings(self, operation_id: str) -> Soundings:
        assert self.stack_id is not None
        ship = Ship(self.port)
        view = await ship.plane.view(self.stack_id)
        events = await ship.plane.events(self.stack_id, 0, 100_000)
        operation = await ship.plane.operation(operation_id)
        installation = await ship.store.installation()
        assert operation is not None
        self.log.lines.append(
            f"{operation.kind.value} ended as {operation.status.value} / {view.stack.status.value}:"
            f" {view.stack.status_reason}"
        )
        for one in view.resources:
            self.log.lines.append(f"    {one.resource}")
        driver: Any = self.port.database.connection.connection.driver_connection
        return Soundings(
            voyage=self.voyage,
            view=view,
            events=events,
            operation=operation,
            installation=installation,
            log=self.log,
            images=controls.list_images(self.port.cloud.world),
            others=self._others(),
            others_before=self.before,
            words=self.words,
            pages=driver.serialize(),
            meddled=self.meddled,
        )

    async def _end(self) -> None:
        """With every fault mended, one delete ends it all."""
        if self.stack_id is None:
            return
        plane = Ship(self.port).plane
        try:
            stack = await plane.find(NAME)
        except StackNotFound:
            return
        planned = await plane.plan_delete(stack)
        operation = await plane.execute(planned, ExecutionOptions())
        leg = Leg("delete")
        await self._run(operation.operation_id, leg)
        self.wrongs += faults_of_leg(await self._soundings(operation.operation_id), leg)
        self.wrongs += faults_of_end(await self._soundings(operation.operation_id))


def _shown(leg: Leg) -> str:
    return str(leg)
