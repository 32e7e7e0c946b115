"""Histories: what is recorded of a stack, as the events that CloudFormation makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from imageferry.api.cfn.changes import plain
from imageferry.api.cfn.names import event_word
from imageferry.model.changes import Action, ChangeKind, ChangeSet
from imageferry.model.events import Event, stack_event
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.statuses import ResourceStatus, StackStatus, StepStatus

_INITIATED: Final = "Resource creation Initiated"
_REPLACES: Final = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)
_BY_USERS: Final = frozenset(
    {StackStatus.REVIEWING, StackStatus.CREATING, StackStatus.UPDATING, StackStatus.DELETING}
)
"""What a stack comes to because somebody has asked for it."""

# CloudFormation has a status for the time in which what was replaced and removed is deleted.
_CLEANS_UP: Final[Mapping[StackStatus, tuple[int, str]]] = {
    StackStatus.UPDATED: (0, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    StackStatus.UPDATE_ROLLED_BACK: (1, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
}
CLOSING: Final[Mapping[StackStatus, tuple[int, str]]] = {
    StackStatus.UPDATING: _CLEANS_UP[StackStatus.UPDATED],
    StackStatus.UPDATE_ROLLING_BACK: _CLEANS_UP[StackStatus.UPDATE_ROLLED_BACK],
}
"""By what a stack is in meanwhile: the phase whose second wave that may be, and its word then."""

_TURNS_BACK: Final = frozenset({StackStatus.CREATE_ROLLING_BACK, StackStatus.UPDATE_ROLLING_BACK})
_FAILED_IN: Final[Mapping[StackStatus, int]] = {
    StackStatus.CREATE_FAILED: 0,
    StackStatus.UPDATE_FAILED: 0,
    StackStatus.DELETE_FAILED: 0,
    **dict.fromkeys(_TURNS_BACK, 0),
    StackStatus.CREATE_ROLLBACK_FAILED: 1,
    StackStatus.UPDATE_ROLLBACK_FAILED: 1,
}
"""The phase of an operation whose failures a status of the stack tells of."""
_VERBS: Final[Mapping[HandlerAction, str]] = {
    HandlerAction.CREATE: "create",
    HandlerAction.UPDATE: "update",
    HandlerAction.DELETE: "delete",
}
_DEEDS: Final[Mapping[ResourceStatus, frozenset[HandlerAction]]] = {
    ResourceStatus.CREATING: frozenset({HandlerAction.CREATE}),
    ResourceStatus.CREATED: frozenset({HandlerAction.CREATE}),
    ResourceStatus.CREATE_FAILED: frozenset({HandlerAction.CREATE}),
    ResourceStatus.UPDATING: frozenset({HandlerAction.UPDATE}),
    ResourceStatus.UPDATED: frozenset({HandlerAction.UPDATE}),
    ResourceStatus.UPDATE_FAILED: frozenset({HandlerAction.UPDATE}),
    ResourceStatus.DELETING: frozenset({HandlerAction.DELETE, HandlerAction.CLEAN_UP}),
    ResourceStatus.DELETED: frozenset({HandlerAction.DELETE, HandlerAction.CLEAN_UP}),
    ResourceStatus.DELETE_FAILED: frozenset({HandlerAction.DELETE, HandlerAction.CLEAN_UP}),
}
"""The steps that an event of a resource may tell of."""
_BEGUN: Final = frozenset(
    {ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING}
)
_SAME_TIME: Final = 0.001


@dataclass(frozen=True, slots=True)
class Told:
    """One event for a caller; `turn` tells apart those that one of ours has become."""

    event: Event
    word: str
    reason: str = ""
    properties: str | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """One operation: its journal by address, and what was planned, by phase and address.

    Without a journal, which is cleared some time after the end, events are told as they are kept.
    """

    operation: Operation | None = None
    records: Sequence[StepRecord] = ()
    planned: Mapping[tuple[int, str], Action] = field(default_factory=dict)
    by_address: Mapping[str, Sequence[StepRecord]] = field(default_factory=dict)


def course_of(
    operation: Operation, records: Sequence[StepRecord], plans: Sequence[ChangeSet | None]
) -> Course:
    """An operation with its journal; `plans` are its change set and the one that undoes it."""
    by_address: dict[str, list[StepRecord]] = {}
    for record in records:
        by_address.setdefault(str(record.address), []).append(record)
    planned = {
        (phase, str(change.address)): change.action
        for phase, plan in enumerate(plans)
        if plan is not None
        for change in plan.changes
    }
    return Course(operation, records, planned, by_address)


def told(event: Event, course: Course) -> list[Told]:
    """What one event of ours is told as, oldest first."""
    if isinstance(event.status, StackStatus):
        return list(_of_stack(event, event.status, course))
    return list(_of_resource(event, event.status, course))


def is_closing(course: Course, phase: int) -> bool:
    """True once an update is told to delete what it has replaced or removed."""
    return _first_to_close(course, phase) is not None


def _of_stack(event: Event, status: StackStatus, course: Course) -> Iterator[Told]:
    phase, word = _CLEANS_UP.get(status, (0, ""))
    if word and _first_to_close(course, phase) is None:
        yield Told(event, word, turn=1)
    yield Told(event, event_word(event), _why(event, status, course))


def _why(event: Event, status: StackStatus, course: Course) -> str:
    if status in _BY_USERS:
        return "User Initiated"
    if status not in _FAILED_IN or course.operation is None:
        return event.reason
    is_undoing = course.operation.kind is ChangeKind.ROLLBACK
    if is_undoing and status in _TURNS_BACK:
        return "User Initiated"
    failed = _failures(course, 0 if is_undoing else _FAILED_IN[status])
    if not failed:
        return event.reason
    return f"{failed}Rollback requested by user." if status in _TURNS_BACK else failed


def _failures(course: Course, phase: int) -> str:
    """The summary, with the blank that the service ends it with."""
    names: dict[str, list[str]] = {}
    for record in course.records:
        verb = _VERBS.get(record.action)
        if record.phase == phase and record.status is StepStatus.FAILED and verb:
            names.setdefault(verb, []).append(str(record.address))
    return "".join(
        f"The following resource(s) failed to {verb}: [{', '.join(listed)}]. "
        for verb, listed in names.items()
    )


def _of_resource(event: Event, status: ResourceStatus, course: Course) -> Iterator[Told]:
    record = _step(event, status, course)
    word = event_word(event)
    if record is None:
        yield Told(event, word, event.reason)
        return
    is_begun = (
        status in _BEGUN
        and not event.reason
        and abs(event.time - record.intended_at) < _SAME_TIME
        and record.action is not HandlerAction.CLEAN_UP
    )
    is_cleaned = record.action is HandlerAction.CLEAN_UP and status not in _BEGUN
    if (is_begun or is_cleaned) and record is _first_to_close(course, record.phase):
        _, closing = tuple(_CLEANS_UP.values())[record.phase]
        whole = stack_event(
            event.stack_id, event.operation_id, event.time, StackStatus.UPDATING, ""
        )
        yield Told(replace(whole, sequence=event.sequence), closing, turn=1)
    if is_cleaned:
        # Kept is only how it ended: it began without anything that people are to know of.
        begun = replace(event, time=record.intended_at, status=ResourceStatus.DELETING)
        yield Told(begun, event_word(begun), turn=2)
    deed = course.planned.get((record.phase, event.address))
    properties = _properties(record)
    replaces = deed is Action.REPLACE and status is ResourceStatus.UPDATING
    yield Told(event, word, _REPLACES if is_begun and replaces else event.reason, properties)
    makes = status is ResourceStatus.CREATING or replaces
    is_known = record.physical_id is not None and record.physical_id != event.physical_id
    if is_begun and makes and is_known and deed is not Action.ADOPT:
        yield Told(
            replace(event, physical_id=record.physical_id), word, _INITIATED, properties, turn=3
        )


def _step(event: Event, status: ResourceStatus, course: Course) -> StepRecord | None:
    """The step that an event tells of; None where the journal does not know it."""
    deeds = _DEEDS.get(status, frozenset())
    found: StepRecord | None = None
    for record in course.by_address.get(event.address, ()):
        if record.action not in deeds or record.intended_at > event.time + _SAME_TIME:
            continue
        ends = record.ended_at is not None and abs(record.ended_at - event.time) < _SAME_TIME
        if ends and status not in _BEGUN:
            return record
        if found is None or record.intended_at >= found.intended_at:
            found = record
    return found


def _properties(record: StepRecord) -> str | None:
    """What the step was asked for, as JSON; what is secret is masked."""
    if record.properties is None or record.action not in {
        HandlerAction.CREATE,
        HandlerAction.UPDATE,
    }:
        return None
    shown = {name: plain(value) for name, value in record.properties.items()}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _first_to_close(course: Course, phase: int) -> StepRecord | None:
    """The step of an update's second wave whose event comes first; None where none is told yet."""
    if course.operation is None or course.operation.kind is not ChangeKind.UPDATE:
        return None
    closing = [
        (told_at, position)
        for position, record in enumerate(course.records)
        if record.phase == phase and (told_at := _closes_at(record, course)) is not None
    ]
    return course.records[min(closing)[1]] if closing else None


def _closes_at(record: StepRecord, course: Course) -> float | None:
    """When a step of the second wave is told of; None for a step of the first, or not yet told."""
    if record.action is HandlerAction.CLEAN_UP:
        return record.ended_at
    is_removal = course.planned.get((record.phase, str(record.address))) is Action.DELETE
    return record.intended_at if record.action is HandlerAction.DELETE and is_removal else None
