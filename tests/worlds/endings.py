"""The end of a voyage: perhaps an older home comes back; then everything of ours goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from imageferry.control.orphans import removable
from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.emulator import controls
from imageferry.model.diagnostics import TemplateError
from imageferry.model.statuses import ResourceStatus, StackStatus
from tests.worlds.judging import VISIBLE, Judge
from tests.worlds.kinds import things
from tests.worlds.ships import LINEAGE, Ship
from tests.worlds.soundings import NAME, is_held, may_stay
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import SEAS, parameters_of, template_of

OLD = 2000.0
"""Seconds after which nothing of an unknown operation is too young to be judged."""


def request_of(voyage: Voyage, leg: Leg) -> StackRequest:
    """What the owner of the stack asks for in a leg that deploys."""
    return StackRequest(
        NAME,
        voyage.region,
        template_of(leg.wishes, is_ros=voyage.is_ros),
        "t.json",
        parameters_of(leg.wishes, voyage.secret, is_ros=voyage.is_ros),
        leg.replaces,
        refresh=leg.refresh,
    )


class Ending:
    """What comes after the last leg, in calm weather; `run` runs an operation to its end."""

    def __init__(self, judge: Judge, run: Callable[[str, Leg], Awaitable[None]]) -> None:
        self.judge, self.run = judge, run
        self.port, self.voyage = judge.port, judge.voyage
        self.copy: bytes | None = None
        self.is_held = False

    @property
    def _driver(self) -> Any:
        return self.port.database.connection.connection.driver_connection

    def copy_home(self) -> None:
        """The home is copied, as it is now."""
        self.copy = self._driver.serialize()

    async def end(self, stack_id: str | None) -> None:
        """With every fault mended, one delete and the list of orphans end it all."""
        if stack_id is None:
            return
        was_restored = self.copy is not None
        if self.copy is not None:
            await self._go_back(self.copy)
        named = await self._delete(stack_id)
        self.judge.wrongs += self.judge.harbour.not_given_back()
        if self.is_held:
            return
        named = await self._clear_away(named, unrecorded=was_restored)
        self.judge.wrongs += self.judge.harbour.shares_left()
        if not was_restored:
            self.judge.snapshots(named, swept=self._sweeps)

    async def _go_back(self, copy: bytes) -> None:
        """An older home comes back, and what it does not know is taken in by lineage."""
        self._driver.deserialize(copy)
        self.judge.harbour.note("an older home comes back", "older home")
        await self.port.clock.sleep(OLD)
        plane = Ship(self.port).plane
        wanted = [leg for leg in self.voyage.legs if leg.deed == "deploy"]
        if not wanted:
            return
        try:
            recovery = await plane.recover(request_of(self.voyage, wanted[-1]))
            if recovery.planned is None:
                return
            operation = await plane.execute(recovery.planned, ExecutionOptions())
        except (TemplateError, RequestRefused, OperationHolds) as refused:
            self.port.log.lines.append(f"not recovered: {refused}")
            return
        self.judge.harbour.note("what is found by lineage is taken in", "recovery")
        await self.run(operation.operation_id, Leg("adopt"))

    @property
    def _sweeps(self) -> bool:
        return self.voyage.seed % 3 == 0

    async def _delete(self, stack_id: str) -> str:
        """One delete ends it all; gives all that was told of the stack."""
        ship = Ship(self.port)
        try:
            stack = await ship.plane.find(NAME)
        except StackNotFound:
            pass
        else:
            planned = await ship.plane.plan_delete(stack)
            options = ExecutionOptions(deletes_remains=self._sweeps)
            operation = await ship.plane.execute(planned, options)
            await self.run(operation.operation_id, Leg("delete"))
            if self.copy is None:
                seen = await self.judge.leg(operation, Leg("delete"))
            else:
                seen = await self.judge.sound(stack.stack_id, operation.operation_id)
            self.is_held = is_held(seen)
            if seen.view.stack.status is not StackStatus.DELETED and not self.is_held:
                reason = seen.view.stack.status_reason
                self.judge.wrongs.append(
                    f"I4: the last delete ended as {seen.view.stack.status}: {reason}"
                )
        stacks = await ship.plane.stacks(None, with_deleted=True)
        return repr([await ship.plane.events(one.stack_id, 0, 100_000) for one in stacks])

    async def _clear_away(self, named: str, *, unrecorded: bool) -> str:
        """The orphans are listed and removed; then nothing of ours is there but what was let go.

        Gives what was named before, and what was said now.
        """
        plane, log = Ship(self.port).plane, self.port.log
        living = self._living()
        if not living:
            return named
        await self.port.clock.sleep(OLD)
        sighting = await plane.orphans(SEAS, VISIBLE)
        listed = {one.trace.thing_id for one in sighting.orphans}
        for thing_id, tags in living.items():
            if thing_id not in listed and LINEAGE in tags:
                self.judge.wrongs.append(f"I2: {thing_id} is in no stack, and not listed either")
        going = [one for one in sighting.orphans if removable(one, unrecorded=unrecorded)]
        wished = await self._retained()
        for one in going:
            if one.trace.thing_id in wished:
                self.judge.wrongs.append(f"I4: {one} was to be kept, and would be removed")
        kept = listed - {one.trace.thing_id for one in going}
        for parting in await plane.remove_orphans(going, VISIBLE):
            log.met["orphan removed"] += 1
            named += "; ".join(parting.said)
            if not parting.is_gone:
                self.judge.wrongs.append(f"I2: {parting.orphan} was not removed: {parting.said}")
        for thing_id, tags in self._living().items():
            # A copy made long after its operation had ended is told, and left to people.
            is_told = thing_id in kept and thing_id in log.late
            is_told = is_told or (LINEAGE not in tags and thing_id in named)
            # An export has no tag: one made after its operation had ended is in nobody's hands.
            is_told = is_told or (thing_id in log.late and not log.started[thing_id].lineage)
            # One whose twenty tags left no room for ours is unknown to an older home.
            is_told = is_told or (self.copy is not None and LINEAGE not in tags)
            if not is_told and not may_stay(self.voyage, log.started[thing_id]):
                self.judge.wrongs.append(f"I4: {thing_id} is left after the last delete")
        return named

    async def _retained(self) -> set[str | None]:
        """The ids of what the history says was left on purpose."""
        plane = Ship(self.port).plane
        return {
            event.physical_id
            for stack in await plane.stacks(None, with_deleted=True)
            for event in await plane.events(stack.stack_id, 0, 100_000)
            if event.status is ResourceStatus.RETAINED
        }

    def _living(self) -> dict[str, Mapping[str, str]]:
        """The tags of all of ours that is there, by id; of exports those that still run."""
        world, started = self.port.cloud.world, self.port.log.started
        images = {one["image_id"]: one["tags"] for one in controls.list_images(world)}
        others = {
            thing_id: one.tags
            for thing_id, one in things(world).items()
            if one.status != "finished"
        }
        return {
            thing_id: tags for thing_id, tags in {**images, **others}.items() if thing_id in started
        }
