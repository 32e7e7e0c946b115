"""A voyage, carried out: every leg to its final status through whatever weather."""

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
from imageferry.testing import SeededEntropy
from tests.worlds.endings import Ending, request_of
from tests.worlds.harbours import Harbour
from tests.worlds.judging import Judge
from tests.worlds.ships import Fate, Logbook, Port, Sabotage, Ship
from tests.worlds.soundings import NAME, faults_of_calls, faults_of_expectations
from tests.worlds.tides import Crash, LocalClock, SteadyLoop, TrueClock, run_steadily, undisturbed
from tests.worlds.voyages import Leg, Voyage

LONGEST = 40 * 86_400.0
"""Virtual seconds after which a leg counts as endless."""
MEMORY = "sqlite://"


class Lines(logging.Handler):
    """Every word that the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


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
    with listening() as words, undisturbed():
        try:
            journey = _Journey(voyage, sabotage or Sabotage(), log, wrongs, words)
            wrongs += run_steadily(journey.sail(database))
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            wrongs.append(f"it broke: {failure!r}")
            log.lines.extend(traceback.format_exception(failure))
    return Passage(wrongs, log.lines, log.met, log.calls)


class _Journey:
    def __init__(
        self,
        voyage: Voyage,
        sabotage: Sabotage,
        log: Logbook,
        wrongs: list[str],
        words: list[str],
    ) -> None:
        self.voyage, self.sabotage, self.log = voyage, sabotage, log
        self.wrongs, self.words = wrongs, words
        self.stack_id: str | None = None
        self.usurpers = 0
        self.sleepers: list[asyncio.Future[Any]] = []

    async def sail(self, url: str) -> None:
        voyage = self.voyage
        chance = random.Random(voyage.seed * 7 + 1)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SteadyLoop)
        clock, entropy = TrueClock(loop), SeededEntropy(voyage.seed)
        cloud = Emulator(":memory:", now=clock.now, entropy=chance.randbytes, sleep=clock.sleep)
        database = database_of(url)
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
        self.harbour = Harbour(voyage, self.port)
        self.judge = Judge(self.harbour, self.wrongs, self.words)
        ending = Ending(self.judge, self._run)
        try:
            controls.change_settings(cloud.world, voyage.settings)
            await self.harbour.settle()
            for number, leg in enumerate(voyage.legs):
                self.log.lines.append(f"--- leg {number}: {leg}")
                await self._sail_leg(leg)
                if number == voyage.restores:
                    ending.copy_home()
            self.log.lines.append("--- the end")
            await self._awaken()
            await ending.end(self.stack_id)
        finally:
            if url != MEMORY:
                database.close()
            cloud.close()

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
        self.harbour.trouble(leg)
        self.stack_id = operation.stack_id
        await self._run(operation.operation_id, leg, rival)
        seen = await self.judge.leg(operation, leg)
        self.wrongs += faults_of_expectations(seen, leg)
        took = self.port.clock.now() - began
        started = len(self.log.started) - copies
        self.wrongs += faults_of_calls(self.log.counts - calls, started, took, leg)
        self.harbour.mend()
        await self.judge.drift(leg)
        await self.judge.protection(leg)

    async def _planned(self, ship: Ship, leg: Leg) -> Planned | Operation | None:
        try:
            if leg.deed in {"deploy", "adopt"}:
                return await ship.plane.plan(self._request(leg))
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
            self.judge.must_be_honest(refused)
            return None

    def _request(self, leg: Leg) -> StackRequest:
        request = request_of(self.voyage, leg)
        if leg.deed == "adopt":
            return replace(request, adopt={"Own": self.harbour.lend()})
        return request

    async def _opened(self, ship: Ship, planned: Planned | Operation, leg: Leg) -> Operation | None:
        if isinstance(planned, Operation):
            return planned
        options = ExecutionOptions(
            leg.on_failure, leg.parallel, leg.timeout, deletes_remains=leg.sweeps
        )
        try:
            return await ship.plane.execute(planned, options)
        except (TemplateError, RequestRefused) as refused:
            self.log.lines.append(f"refused: {refused}")
            self.judge.must_be_honest(refused)
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
            yield self.harbour.meddle(*leg.meddles)
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
            self.harbour.note("cancel requested", "cancel")
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
        self.harbour.note("a rival executes", "rival")
        try:
            other = await plane.execute(planned, ExecutionOptions())
        except (TemplateError, RequestRefused, OperationHolds, StoreError) as refused:
            self.judge.must_be_honest(refused)
            return
        if other.operation_id != operation_id:
            self.wrongs.append(f"I1: {other.operation_id} was opened beside {operation_id}")

    async def _jump(self, after: float, seconds: float) -> None:
        """Somebody sets this machine's clock."""
        await self.port.clock.sleep(after)
        self.harbour.note(f"the clock jumps by {seconds} s", "clock set")
        skew = self.port.local.skew + seconds
        # Beyond a quarter of an hour the cloud would refuse every call, and rightly.
        self.port.local.skew = max(-850.0, min(850.0, skew))

    async def _stop(self, after: float) -> None:
        """Whoever runs the operation at that moment is asked to end."""
        await self.port.clock.sleep(after)
        self.harbour.note("stop", "stop")
        self.ship.worker.stop()

    async def _usurp(self, operation_id: str, after: float) -> None:
        """A second process believes that the first is dead, and enters."""
        await self.port.clock.sleep(after)
        self.harbour.note("usurped", "second engine")
        self.usurpers += 1
        try:
            await Ship(self.port).worker.run(operation_id)
        finally:
            self.usurpers -= 1
