"""A wave of steps, carried out: what is due is performed, recorded, and performed again later."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from imageferry.engine.asking import ask
from imageferry.engine.board import Board
from imageferry.engine.clocks import SteadyClock
from imageferry.engine.decisions import Agenda
from imageferry.engine.execution import (
    Site,
    Unready,
    begin,
    first_notes,
    question,
    retried,
)
from imageferry.engine.journal import Journal
from imageferry.engine.steps import Step, Steps
from imageferry.engine.telling import beginning, ending, remark, said
from imageferry.evaluation.confinement import runs_programs
from imageferry.model.events import Event
from imageferry.model.expressions import Literal
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    Outcome,
    Pending,
    reading_id,
)
from imageferry.model.hiding import covered
from imageferry.model.journal import Standing
from imageferry.model.operations import OnFailure, StepProgress, StepRecord
from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Fenced, Store
from imageferry.ports.senses import Entropy
from imageferry.ports.types import Catalog, Handler, why_missing

CALLS_AT_ONCE = 32
"""Handler calls under way at once in one operation; further ones wait their turn.

More are no faster than the cloud's published rates, and each may open a connection of its own."""

CANCEL_LOOK = 2.0
"""Seconds between two looks at the cancel flag while nothing is written."""

CANCEL_LOOK_LATER = 10.0
"""The same in a long wait: who has waited for a quarter of an hour can bear that."""

PROGRESS_KEPT = 30.0
"""Seconds between two writings of the progress row."""

PROGRESS_KEPT_LATER = 75.0
"""The same in a long wait, in which nothing is looked at more often; the row of a large stack is
what its waiting writes most of."""

PROGRESS_FIRST = 2.0
"""Seconds until its first writing: others who look see soon that something goes on."""


class WaveEnd(Enum):
    """Why a wave is over."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run is connected to."""

    store: Store
    clock: SteadyClock
    entropy: Entropy
    board: Board


@dataclass(slots=True)
class Course:
    """One phase of one run: its journal, where the stack stands, and when to break off.

    `deadline` is in seconds since 1970. `is_cancellable` is False where it is too late to turn
    back. `stop` is set when the process is asked to end.
    """

    parts: Parts
    site: Site
    journal: Journal
    standing: Standing
    phase: int
    records: dict[str, StepRecord]
    stop: asyncio.Event
    on_failure: OnFailure
    entered_at: float
    deadline: float | None = None
    is_cancellable: bool = True
    parallel: int = 0
    notes: list[str] = field(default_factory=list)


def _is_reckoned(step: Step) -> bool:
    """True where properties of a step are not known before it is due."""
    wanted = step.wanted
    return wanted is not None and any(
        not isinstance(part, Literal) for part in wanted.properties.values()
    )


class Wave:
    """One wave of one course. It makes no decisions: the agenda does."""

    def __init__(self, course: Course, steps: Steps) -> None:
        self._course = course
        self._steps = steps
        self._agenda = Agenda(steps, course.records.values(), parallel=course.parallel)
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._calls = asyncio.Semaphore(CALLS_AT_ONCE)
        self._observing: dict[str, bool] = {}
        self._saved_at = course.parts.clock.now() - PROGRESS_KEPT + PROGRESS_FIRST
        self._looked_at = self._began_at = course.parts.clock.now()
        self._fault: BaseException | None = None
        self._end: WaveEnd | None = None
        self._resolving = self._only_looks = False
        self._runs_programs = runs_programs(course.site.change_set.template)

    async def carry_out(self) -> WaveEnd:
        """Perform everything; raises Fenced or StoreError where the journal cannot be written."""
        try:
            while True:
                self._break_off()
                now = self._course.parts.clock.now()
                for step_id in self._agenda.due(now):
                    self._start(step_id)
                if not self._running and (self._agenda.is_finished or self._end is not None):
                    break
                await self._wait(now)
                if self._fault is not None:
                    raise self._fault
        finally:
            await self._settle_calls()
        if self._fault is not None:
            raise self._fault
        if self._agenda.is_finished:
            return WaveEnd.FAILED if self._agenda.has_failed else WaveEnd.DONE
        assert self._end is not None
        return self._end

    async def resolve(self, until: float, *, only_looks: bool) -> None:
        """Perform only until each begun step has an id or an end, or the time has passed.

        `only_looks`: each is asked as one whose outcome is uncertain, and once it has notes of
        where to look it is not asked again.
        """
        self._resolving, self._only_looks = True, only_looks
        try:
            while (
                self._course.parts.clock.now() < until
                and self._fault is None
                and not self._course.stop.is_set()
            ):
                for step_id in self._agenda.due(self._course.parts.clock.now()):
                    self._start(step_id)
                if not self._running and self._agenda.next_time() is None:
                    return
                await self._wait(self._course.parts.clock.now())
        finally:
            await self._settle_calls()
            if self._fault is not None:
                raise self._fault

    def _break_off(self) -> None:
        """Begin nothing more where there is a reason; calls under way are let settle."""
        if self._end is not None or self._fault is not None:
            return
        course = self._course
        if course.stop.is_set():
            self._end = WaveEnd.STOPPED
        elif course.is_cancellable and course.journal.cancel_requested:
            self._end = WaveEnd.CANCELLED
        elif course.deadline is not None and course.parts.clock.now() >= course.deadline:
            self._end = WaveEnd.TIMED_OUT
        elif course.on_failure is not OnFailure.KEEP and self._agenda.has_failed:
            self._end = WaveEnd.FAILED
        if self._end is not None:
            self._agenda.stop_starting()

    def _start(self, step_id: str) -> None:
        task = asyncio.ensure_future(self._perform(self._steps.by_id[step_id]))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            fault = task.exception()
            if fault is not None and (self._fault is None or isinstance(fault, Fenced)):
                self._fault = fault
                self._agenda.stop_starting()
        self._wake.set()

    async def _wait(self, now: float) -> None:
        """Sleep until a call ends, a step falls due, or the flags are to be looked at."""
        clock = self._course.parts.clock
        patience = min(CANCEL_LOOK_LATER, max(CANCEL_LOOK, (now - self._began_at) / 100))
        # At a full second, when other operations look as well: one statement answers them all.
        look_at = math.ceil(self._looked_at + patience)
        until = now + patience if self._running else look_at
        falls_due = self._agenda.next_time()
        if falls_due is not None:
            until = min(until, falls_due)
        if self._course.deadline is not None and self._end is None and not self._resolving:
            # Once it has passed it wakes nobody: calls under way are waited for by themselves.
            until = min(until, self._course.deadline)
        if not self._wake.is_set() and until > now:
            # A millisecond at least: the difference of two dates may be too small to move either.
            sleepers: list[asyncio.Task[Any]] = [
                asyncio.ensure_future(clock.sleep(max(until - now, 0.001)))
            ]
            if self._end is None:
                # Once the wave is breaking off, the wish to stop has been heard.
                sleepers.append(asyncio.ensure_future(self._course.stop.wait()))
            for sleeper in sleepers:
                sleeper.add_done_callback(self._rouse)
            try:
                await self._wake.wait()
            finally:
                for sleeper in sleepers:
                    sleeper.cancel()
        self._wake.clear()
        now = clock.now()
        if not self._running and now >= look_at:
            self._looked_at = now
            await self._course.journal.record()
        kept = min(PROGRESS_KEPT_LATER, max(PROGRESS_KEPT, (now - self._began_at) / 40))
        if now - self._saved_at >= kept:
            self._saved_at = now
            await self._save_progress(now)

    def _rouse(self, woken_by: asyncio.Task[Any]) -> None:
        if not woken_by.cancelled():
            self._wake.set()

    async def _save_progress(self, now: float) -> None:
        rows = self._course.parts.board.progress(self._course.site.operation_id) or {}
        await self._course.parts.store.save_progress(
            self._course.site.operation_id, self._course.journal.epoch, list(rows.values()), now
        )

    async def _settle_calls(self) -> None:
        """Calls under way end by themselves: a cut call would be an outcome nobody knows."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _begun(self, step: Step, now: float) -> StepRecord:
        """Its first record; raises Unready. Programs in its properties run beside the loop."""
        course = self._course
        if not self._runs_programs or not _is_reckoned(step):
            return begin(step, course.site, course.standing.now, course.phase, now)
        standing = dict(course.standing.now)
        return await asyncio.to_thread(begin, step, course.site, standing, course.phase, now)

    async def _perform(self, step: Step) -> None:
        course = self._course
        now = course.parts.clock.now()
        record = course.records.get(step.step_id)
        observes = self._observing.get(step.step_id, False)
        if record is None:
            try:
                record = await self._begun(step, now)
            except Unready as unready:
                await self._refuse(step, unready.failure, now)
                return
            await self._keep(record, beginning(course.site, record))
        elif not observes:
            # Directly before a call that changes something: is the operation still mine?
            await course.journal.record()
        if step.reading is not None:
            read = Done(record.physical_id or reading_id(record.token), step.reading)
            await self._take(step, record, read, now)
            return
        found = course.site.catalog.find(step.type_name)
        if found is None:
            await self._refuse(step, _not_installed(step, course.site.catalog), now)
            return
        if observes:
            # Looks made in the same moment go out as one page, so none waits for its turn.
            outcome = await self._ask(found.handler, step, record, now)
        else:
            async with self._calls:
                now = course.parts.clock.now()
                outcome = await self._ask(found.handler, step, record, now)
        await self._take(step, record, outcome, now)

    async def _ask(self, handler: Handler, step: Step, record: StepRecord, now: float) -> Outcome:
        course = self._course
        wall = course.parts.clock.wall()
        asked = question(
            step, record, course.site, now, course.entered_at, wall, course.journal.record
        )
        if self._only_looks and step.action is HandlerAction.CREATE:
            asked = replace(asked, uncertain=True)
        return await ask(handler, asked, course.site.hidden)

    async def _take(
        self, step: Step, record: StepRecord, outcome: Outcome, asked_at: float
    ) -> None:
        course = self._course
        match outcome:
            case Pending():
                await self._go_on(step, record, outcome, asked_at)
            case Done():
                done = replace(
                    record,
                    status=StepStatus.DONE,
                    physical_id=outcome.physical_id,
                    attributes=outcome.attributes,
                    leftovers=outcome.leftovers,
                    context={},
                    reason="; ".join(outcome.notes),
                    ended_at=course.parts.clock.now(),
                    remains=outcome.remains,
                )
                await self._finish(step, done)
            case Failed():
                now = course.parts.clock.now()
                again = retried(record, outcome, course.parts.entropy.jitter())
                if again is not None and not self._agenda.is_stopping:
                    later, delay = again
                    await self._keep(later)
                    self._show(step, None, f"trying again: {outcome.message}", None)
                    self._agenda.wait(step.step_id, now + delay)
                    return
                failed = replace(
                    record,
                    status=StepStatus.FAILED,
                    context=outcome.context or record.context,
                    reason=said(outcome),
                    error_code=outcome.code.value,
                    request_id=outcome.request_id or record.request_id,
                    ended_at=now,
                )
                await self._finish(step, failed)

    async def _go_on(
        self, step: Step, record: StepRecord, outcome: Pending, asked_at: float
    ) -> None:
        status = StepStatus.INTENDED if outcome.physical_id is None else StepStatus.RUNNING
        after = record
        is_new = (outcome.physical_id, outcome.context) != (record.physical_id, record.context)
        # That a thing which had its id before the step is looked at is not worth a write alone.
        if is_new or (status is not record.status and not outcome.observes):
            after = replace(
                record,
                status=status,
                physical_id=outcome.physical_id,
                context=outcome.context,
                request_id=outcome.request_id or record.request_id,
            )
        if outcome.notes:
            # As it is told, not as it was asked: others may have told something meanwhile.
            now = self._course.parts.clock.now()
            await self._keep(after, remark(self._course.site, after, outcome.notes, now))
        elif after is not record:
            await self._keep(after)
        self._observing[step.step_id] = outcome.observes
        self._show(step, outcome.progress, outcome.status_says, outcome.remaining, outcome.queue)
        is_resolved = after.physical_id is not None or self._only_looks
        if not (self._resolving and is_resolved):
            # From the moment it was asked: those asked together then come together again.
            self._agenda.wait(step.step_id, asked_at + outcome.retry_after)

    async def _refuse(self, step: Step, failure: Failed, now: float) -> None:
        known = self._course.records.get(step.step_id)
        record = known or StepRecord(
            phase=self._course.phase,
            step_id=step.step_id,
            address=step.address,
            type_name=step.type_name,
            action=step.action,
            status=StepStatus.FAILED,
            token="",
            intended_at=now,
            context=first_notes(step),
        )
        failed = replace(
            record,
            status=StepStatus.FAILED,
            reason=covered(said(failure), self._course.site.hidden),
            error_code=failure.code.value,
            ended_at=now,
        )
        await self._finish(step, failed)

    async def _finish(self, step: Step, record: StepRecord) -> None:
        await self._keep(record, ending(self._course.site, record))
        self._course.standing.apply(record)
        says = "done" if record.status is StepStatus.DONE else record.reason
        self._show(step, 100 if record.status is StepStatus.DONE else None, says, 0.0)
        skipped = self._agenda.settle(step.step_id, record.status)
        for name in skipped:
            other = self._steps.by_id[name]
            self._course.notes.append(f"{other.address}: not begun, because {step.address} failed")

    async def _keep(self, record: StepRecord, event: Event | None = None) -> None:
        """Commit a record; it counts for this process only once it is durable."""
        await self._course.journal.record([record], [] if event is None else [event])
        self._course.records[record.step_id] = record
        if not record.status.is_final:
            self._course.standing.apply(record)

    def _show(
        self,
        step: Step,
        percent: int | None,
        says: str,
        remaining: float | None,
        queue: tuple[int, int] | None = None,
    ) -> None:
        if step.action is HandlerAction.CLEAN_UP:
            return
        self._course.parts.board.put(
            self._course.site.operation_id,
            StepProgress(str(step.address), percent, says, remaining, queue),
        )


def _not_installed(step: Step, catalog: Catalog) -> Failed:
    return Failed(ErrorCode.INVALID_REQUEST, why_missing(catalog, step.type_name))
