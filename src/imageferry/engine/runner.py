"""Run one operation: enter, carry out its waves, undo where that is decided, close."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from imageferry.engine.clocks import latest
from imageferry.engine.closing import close, listed, reason_of
from imageferry.engine.execution import Patience, Site
from imageferry.engine.journal import Journal
from imageferry.engine.retained import retained_events
from imageferry.engine.rollback import decide_rollback, ground_of_rollback
from imageferry.engine.steps import Step, Steps, closing_steps, making_steps
from imageferry.engine.telling import ending
from imageferry.engine.waves import Course, Parts, Wave, WaveEnd
from imageferry.evaluation.confinement import runs_programs
from imageferry.graph import Graph
from imageferry.model.changes import Action, ChangeKind, ChangeSet
from imageferry.model.events import Event, stack_event
from imageferry.model.handlers import ErrorCode
from imageferry.model.hiding import hidden_texts
from imageferry.model.journal import Standing
from imageferry.model.operations import OnFailure, StepRecord
from imageferry.model.stacks import Resource
from imageferry.model.statuses import WAYS, OperationStatus, ResourceStatus, StepStatus, Verb
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import Closing, Entry, Fenced
from imageferry.ports.types import Catalog

ENTRIES_WITHOUT_RECORD = 20
"""An operation entered more often than this without recording anything is set aside."""

RESOLVING = 60.0
"""Seconds spent on learning the outcome of calls that a crash left open, before undoing them."""


_ONLY_STOPS = frozenset({ChangeKind.DELETE, ChangeKind.ROLLBACK})
"""What is broken off where it stands and never undone."""


_BROKEN_OFF = frozenset({WaveEnd.TIMED_OUT, WaveEnd.CANCELLED})
"""Ends with steps that nobody goes on with."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs besides its parts."""

    parts: Parts
    catalog: Catalog
    patience: Patience


async def run_operation(
    surroundings: Surroundings, operation_id: str, stop: asyncio.Event
) -> RunResult:
    """Run an operation until it is closed, owned by somebody else, or `stop` is set.

    Re-entrant: after a crash the same call goes on where the journal stands. Raises StoreError
    where the database cannot be used.
    """
    store = surroundings.parts.store
    entry = await store.enter(operation_id)
    if entry is None:
        operation = await store.operation(operation_id)
        return RunResult(operation_id, None if operation is None else operation.status)
    if entry.operation.entries_since_record > ENTRIES_WITHOUT_RECORD:
        reason = (
            f"entered {entry.operation.entries_since_record} times without recording anything;"
            " retry or cancel it"
        )
        await store.park(operation_id, entry.epoch, reason)
        return RunResult(operation_id, OperationStatus.PARKED, notes=(reason,))
    _, rows = await store.progress(operation_id) if entry.epoch > 1 else (0.0, [])
    surroundings.parts.board.open(operation_id, rows)
    try:
        installation = await store.installation()
        return await _Run(surroundings, entry, installation, stop).carry_out()
    except Fenced:
        return RunResult(operation_id, None)
    finally:
        surroundings.parts.board.close(operation_id)


class _Run:
    """One entered operation."""

    def __init__(
        self,
        surroundings: Surroundings,
        entry: Entry,
        installation: str,
        stop: asyncio.Event,
    ) -> None:
        self._surroundings = surroundings
        self._entry = entry
        self._installation = installation
        self._stop = stop
        steady = surroundings.parts.clock.anew(latest(entry.operation, entry.records))
        self._parts = replace(surroundings.parts, clock=steady)
        self._operation = entry.operation
        self._entered_at = self._parts.clock.now()
        self._journal = Journal(self._parts.store, entry.operation.operation_id, entry.epoch)
        self._journal.cancel_requested = entry.operation.cancel_requested
        self._hidden = _hidden_of(entry)
        self._is_past_return = False
        self._between: Mapping[str, Resource] = {}
        self._retained: list[Resource] = []

    async def carry_out(self) -> RunResult:
        entry = self._entry
        course = self._course(entry.change_set, entry.resources, 0, entry.operation.on_failure)
        if entry.rollback is None:
            end = await self._forward(course)
            if end is WaveEnd.STOPPED:
                return RunResult(
                    self._operation.operation_id, OperationStatus.RUNNING, stopped=True
                )
            undoes = self._undoes(end)
            if undoes or end in _BROKEN_OFF:
                steps = making_steps(
                    entry.change_set, Standing(entry.resources, entry.change_set).now
                )
                await self._resolve(course, steps, only_looks=not undoes)
                if self._stop.is_set():
                    return RunResult(
                        self._operation.operation_id, OperationStatus.RUNNING, stopped=True
                    )
            if not undoes:
                return await self._close(course, entry.change_set, self._status(end), end)
            rollback = decide_rollback(
                self._operation,
                entry.change_set,
                entry.resources,
                course.standing.now,
                self._surroundings.catalog,
                self._parts.clock.now(),
                entry.stack.asked,
            )
            await self._begin_rollback(rollback, course, end)
        else:
            rollback = entry.rollback
        return await self._backward(rollback, course)

    def _course(
        self,
        change_set: ChangeSet,
        resources: Mapping[str, Resource],
        phase: int,
        on_failure: OnFailure,
    ) -> Course:
        records = {
            record.step_id: record for record in self._entry.records if record.phase == phase
        }
        standing = Standing(resources, change_set)
        for record in sorted(records.values(), key=lambda record: record.intended_at):
            standing.apply(record)
        return Course(
            parts=self._parts,
            site=Site(
                self._entry.stack,
                self._operation.operation_id,
                self._installation,
                change_set,
                self._surroundings.catalog,
                self._surroundings.patience,
                self._operation.deletes_remains,
                self._hidden,
            ),
            journal=self._journal,
            standing=standing,
            phase=phase,
            records=records,
            stop=self._stop,
            on_failure=on_failure,
            entered_at=self._entered_at,
            deadline=self._operation.deadline if phase == 0 else None,
            is_cancellable=phase == 0,
            parallel=self._operation.parallel,
        )

    async def _forward(self, course: Course) -> WaveEnd:
        """Both waves of the change set; the second only where all of the first succeeded."""
        change_set = self._entry.change_set
        resources = Standing(self._entry.resources, change_set).now
        if self._entry.epoch == 1:
            await self._tell_moves(change_set)
        end = await Wave(course, making_steps(change_set, resources)).carry_out()
        if end is not WaveEnd.DONE:
            return end
        self._is_past_return = True
        course.is_cancellable = change_set.kind in _ONLY_STOPS
        course.on_failure = OnFailure.KEEP
        return await self._second_wave(course, change_set)

    async def _tell_moves(self, change_set: ChangeSet) -> None:
        """An event for each resource that is only known by another address from now on."""
        moves = [
            Event(
                stack_id=self._entry.stack.stack_id,
                operation_id=self._operation.operation_id,
                time=self._entered_at,
                address=str(change.address),
                type_name=change.type_name,
                status=ResourceStatus.UPDATED,
                reason=f"moved here from {change.moved_from}",
                physical_id=change.physical_id,
            )
            for change in change_set.changes
            if change.action is Action.MOVE
        ]
        if moves:
            await self._journal.record((), moves)

    async def _second_wave(self, course: Course, change_set: ChangeSet) -> WaveEnd:
        end = WaveEnd.DONE
        if _closes(course, change_set):
            made = _standing_after_first(course, change_set, self._base(course))
            end = await Wave(course, closing_steps(change_set, made)).carry_out()
        if end in {WaveEnd.DONE, WaveEnd.FAILED}:
            self._retained += course.standing.forget_retained()
        if end is WaveEnd.FAILED and not _failed_deletions(course, change_set):
            # What a replacement left over stays recorded and is tried again by the next operation.
            return WaveEnd.DONE
        return end

    def _base(self, course: Course) -> Mapping[str, Resource]:
        return self._entry.resources if course.phase == 0 else self._between

    def _undoes(self, end: WaveEnd) -> bool:
        if self._operation.kind in _ONLY_STOPS or end is WaveEnd.DONE:
            return False
        if end is WaveEnd.CANCELLED:
            return True
        return self._operation.on_failure is not OnFailure.KEEP and not self._is_past_return

    def _status(self, end: WaveEnd) -> OperationStatus:
        # Who was asked for a part only has not brought the stack to what its template wants.
        is_part = self._operation.kind not in _ONLY_STOPS and self._entry.change_set.left_out
        is_done = end is WaveEnd.DONE and not is_part
        return OperationStatus.SUCCEEDED if is_done else OperationStatus.FAILED

    async def _resolve(self, course: Course, steps: Steps, *, only_looks: bool) -> None:
        """Learn the outcome of calls whose reply nobody recorded: with their token, once more.

        Until an id is known something could run that no rollback would find. Where nothing is
        undone, nothing is called either (`only_looks`): what is not found yet is noted, so that
        whoever removes the resource goes on looking.
        """
        open_ones: dict[str, Step] = {
            step_id: step
            for step_id, step in steps.by_id.items()
            if step_id in course.records and _is_unanswered(course.records[step_id])
        }
        if only_looks:
            # Whoever has notes has said already where to look.
            open_ones = {
                step_id: step
                for step_id, step in open_ones.items()
                if not course.records[step_id].context
            }
        if not open_ones:
            return
        until = self._parts.clock.now() + RESOLVING
        wave = Wave(course, Steps(open_ones, Graph(dict.fromkeys(open_ones, ()))))
        await wave.resolve(until, only_looks=only_looks)

    async def _begin_rollback(self, rollback: ChangeSet, course: Course, end: WaveEnd) -> None:
        status = WAYS[self._entry.stack.status][Verb.CANCEL]
        reason = _why(end, course)
        event = stack_event(
            self._entry.stack.stack_id,
            self._operation.operation_id,
            self._parts.clock.now(),
            status,
            reason,
        )
        self._operation = replace(self._operation, reason=reason)
        await self._journal.record(
            (), [event], rollback=rollback, stack_status=(status, reason), reason=reason
        )
        # Whoever cancelled has been heard, and the row says so: the next wish is about the rollback.
        self._journal.cancel_requested = False

    async def _backward(self, rollback: ChangeSet, forward: Course) -> RunResult:
        """The change set that undoes, carried out like any other; cancelling only breaks it off."""
        self._between = ground_of_rollback(
            self._operation, self._entry.change_set, self._entry.resources, forward.standing.now
        )
        course = self._course(rollback, self._between, 1, OnFailure.KEEP)
        course.notes = forward.notes
        # Of one that earlier code has begun nobody knows what the wish to cancel was about.
        course.is_cancellable = rollback.asked_before is not None
        steps = making_steps(rollback, Standing(self._between, rollback).now)
        end = await Wave(course, steps).carry_out()
        if end is WaveEnd.STOPPED:
            return RunResult(self._operation.operation_id, OperationStatus.RUNNING, stopped=True)
        if end in {WaveEnd.DONE, WaveEnd.FAILED}:
            first = end
            end = await self._second_wave(course, rollback)
            if end is WaveEnd.STOPPED:
                return RunResult(
                    self._operation.operation_id, OperationStatus.RUNNING, stopped=True
                )
            end = first if first is WaveEnd.FAILED and end not in _BROKEN_OFF else end
        if end in _BROKEN_OFF:
            await self._resolve(course, steps, only_looks=True)
            if self._stop.is_set():
                return RunResult(
                    self._operation.operation_id, OperationStatus.RUNNING, stopped=True
                )
        status = (
            OperationStatus.ROLLED_BACK if end is WaveEnd.DONE else OperationStatus.ROLLBACK_FAILED
        )
        return await self._close(course, rollback, status, end)

    async def _abandon(self, course: Course, reason: str) -> None:
        """Give up on steps that still run: they fail, and their resources keep what they know."""
        now = self._parts.clock.now()
        shown = self._parts.board.progress(self._operation.operation_id) or {}
        for record in list(course.records.values()):
            if not record.status.is_final:
                last = shown.get(str(record.address))
                given_up = replace(
                    record,
                    status=StepStatus.FAILED,
                    reason=f"{reason} ({last.says})" if last is not None and last.says else reason,
                    error_code=ErrorCode.NOT_STABILIZED.value,
                    ended_at=now,
                )
                event = ending(course.site, given_up)
                await self._journal.record([given_up], [] if event is None else [event])
                course.records[record.step_id] = given_up
                course.standing.apply(given_up)

    async def _close(
        self, course: Course, change_set: ChangeSet, status: OperationStatus, end: WaveEnd
    ) -> RunResult:
        if end in _BROKEN_OFF:
            await self._abandon(course, "given up" if course.phase == 1 else _why(end, course))
        await self._journal.settle()
        resources = course.standing.now
        prefix = "; ".join(
            part for part in (_why(end, course, with_failures=False), _left_out(change_set)) if part
        )
        is_whole = status is OperationStatus.SUCCEEDED and not change_set.left_out
        reason = "" if is_whole else reason_of(resources, prefix)
        if not reason:
            reason = self._operation.reason
        now = self._parts.clock.now()
        was_undone = course.phase == 1 or self._operation.kind is ChangeKind.ROLLBACK
        events = retained_events(self._entry, self._retained, resources, status, now)
        end_it = partial(
            close,
            self._operation,
            self._entry.stack,
            change_set,
            resources,
            status,
            reason,
            now,
            course.notes,
            events,
            await self._parts.store.origins(self._entry.stack.stack_id) if was_undone else (),
        )
        # Whatever its outputs run must not hold up the other operations of this process.
        is_slow = runs_programs(change_set.template)
        closing: Closing = await asyncio.to_thread(end_it) if is_slow else end_it()
        await self._parts.store.close_operation(
            self._operation.operation_id, self._entry.epoch, closing
        )
        return RunResult(
            self._operation.operation_id, status, notes=tuple(course.notes), stack=closing.stack
        )


def _hidden_of(entry: Entry) -> frozenset[str]:
    """The texts of every NoEcho value that the operation may meet, old and new."""
    bindings = entry.change_set.bindings
    return hidden_texts(
        bindings.parameters.values(),
        bindings.answers.values(),
        entry.stack.parameters.values(),
        *(resource.properties.values() for resource in entry.resources.values()),
    )


def _closes(course: Course, change_set: ChangeSet) -> bool:
    """True where something is still to be deleted or cleaned up, or was at an earlier entry."""
    if any(change.action is Action.DELETE for change in change_set.changes):
        return True
    return any(resource.leftovers for resource in course.standing.now.values())


def _standing_after_first(
    course: Course, change_set: ChangeSet, base: Mapping[str, Resource]
) -> Mapping[str, Resource]:
    """The resources after the first wave alone: the same after a crash in the second."""
    standing = Standing(base, change_set)
    first = making_steps(change_set, Standing(base, change_set).now).by_id
    for record in sorted(course.records.values(), key=lambda record: record.intended_at):
        if record.step_id in first:
            standing.apply(record)
    return standing.now


def _is_unanswered(record: StepRecord) -> bool:
    return record.status is StepStatus.INTENDED and record.physical_id is None


def _failed_deletions(course: Course, change_set: ChangeSet) -> bool:
    """True where something is still there that was to go, itself or what it had replaced."""
    return any(
        change.action is Action.DELETE and not change.retained
        for change in change_set.changes
        if str(change.address) in course.standing.now
    )


def _left_out(change_set: ChangeSet) -> str:
    """What the change set did not touch although something is still to be done there."""
    names = [str(address) for address in change_set.left_out]
    return f"left as they are: {listed(names)}" if names else ""


def _why(end: WaveEnd, course: Course, *, with_failures: bool = True) -> str:
    match end:
        case WaveEnd.CANCELLED if course.phase == 1:
            return "the rollback was broken off by request"
        case WaveEnd.CANCELLED:
            return "cancelled by request"
        case WaveEnd.TIMED_OUT:
            return "the operation's time limit has passed"
        case WaveEnd.FAILED:
            return reason_of(course.standing.now) if with_failures else ""
        case WaveEnd.DONE | WaveEnd.STOPPED:
            return ""
