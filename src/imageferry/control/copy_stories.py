"""read_story(desk, stack, address): everything about one resource of a stack, for its own page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from imageferry.control.cells import cell_of, one_line
from imageferry.control.desk import Desk
from imageferry.control.detections import found_before
from imageferry.control.matrix import Live, not_here, row_views
from imageferry.control.requests import ResourceUnknown, ResourceView, StackNotFound
from imageferry.control.verdicts_kept import KeptVerification, kept_verifications
from imageferry.model.addresses import parse_address
from imageferry.model.command_lines import CommandLine, report_line, stack_line
from imageferry.model.detections import FoundDrift
from imageferry.model.events import Event
from imageferry.model.handlers import HandlerAction
from imageferry.model.matrix import CellStatus, MatrixCell
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.stacks import Resource, Stack, StackQuery
from imageferry.model.statuses import (
    RESOURCE_WORDS,
    STACK_WORDS,
    WAYS,
    ResourceStatus,
    StackStatus,
    StepStatus,
    Verb,
)
from imageferry.model.suggestions import did_you_mean


class MomentKind(Enum):
    """What a moment of a story tells of.

    EVENT: a change of status. INTENDED: the step was written down. CALLED: the cloud has answered with
    an id. ENDED: the step came to its end. PROGRESS: how far it is now. DRIFT, VERIFIED: when it was
    compared.
    """

    EVENT = "event"
    INTENDED = "intended"
    CALLED = "called"
    PROGRESS = "progress"
    ENDED = "ended"
    DRIFT = "drift"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class StoryMoment:
    """One line of a story. `at` is in seconds since 1970; `status` a word of the stack's language,
    empty where there is none; `says` a sentence for people without any secret.
    """

    at: float
    kind: MomentKind
    says: str
    status: str = ""
    image_id: str = ""
    operation_id: str = ""
    request_id: str = ""
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class CloudRequest:
    """A call to the cloud that was answered, at `at` (seconds since 1970): its id there, and what for.

    Kept are those that have begun an image, and those that were refused for good.
    """

    request_id: str
    action: str
    at: float
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class StoryId:
    """One id of a resource: `label` says which, such as `image`, `token`, `lineage`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class CopyStory:
    """Everything about one resource of a stack.

    `size` is for people (`40 GiB`), empty where nobody has told it. `drift` and `verification` are those of the last
    comparison, None where nothing was ever compared. `timeline` is oldest first.
    """

    stack: Stack
    view: ResourceView
    cell: MatrixCell
    operation: Operation | None
    ids: tuple[StoryId, ...]
    timeline: tuple[StoryMoment, ...]
    requests: tuple[CloudRequest, ...]
    commands: tuple[CommandLine, ...]
    size: str = ""
    drift: FoundDrift | None = None
    verification: KeptVerification | None = None


_MOST_EVENTS: Final = 2000
"""So many of the stack's last events are looked through for those of the resource."""
_MOST_OPERATIONS: Final = 8
_FAILURES: Final = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)
_DEEDS: Final[Mapping[HandlerAction, str]] = {
    HandlerAction.CREATE: "its making was written down, before the cloud was asked",
    HandlerAction.READ: "a look at it was written down",
    HandlerAction.UPDATE: "its change was written down, before the cloud was asked",
    HandlerAction.DELETE: "its removal was written down, before the cloud was asked",
    HandlerAction.CLEAN_UP: "the removal of what it replaced was written down",
}


async def read_story(desk: Desk, stack: Stack, address: str, live: Live = not_here) -> CopyStory:
    """Everything about one resource; no cloud is asked. `live` as `read_matrix` has it.

    Raises ResourceUnknown where the stack has none at that address, and never had one that is told of,
    and StackNotFound where the stack is gone altogether.
    """
    now = desk.clock.now()
    query = StackQuery(stack.place, ids=(stack.stack_id,), with_deleted=True)
    survey = await desk.store.survey(query, 0, 1)
    if not survey.stacks:
        raise StackNotFound(f'no stack has the id "{stack.stack_id}"')
    views = {
        str(one.resource.address): one for one in await row_views(desk, stack, survey, live, now)
    }
    events = await _events_of(desk, stack, address)
    view = views.get(address) or _bygone(events)
    if view is None:
        raise ResourceUnknown(stack, [address], did_you_mean(address, sorted(views)))
    operation = survey.operations.get(stack.stack_id)
    records = await _records_of(desk, operation, events, address)
    drift = None
    if desk.documents is not None:
        found = await found_before(desk, stack.stack_id)
        drift = next((one for one in found if one.logical_id == address), None)
    verification = (await kept_verifications(desk, stack.stack_id)).get(address)
    is_open = operation is not None and operation.status.is_open
    cell = cell_of(stack, view, desk.catalog, drift, is_open=is_open).cell
    told = [
        *_of_events(events, stack.dialect),
        *_of_records(records),
        *_of_comparisons(drift, verification),
        *_of_progress(view, cell, now),
    ]
    return CopyStory(
        stack,
        view,
        cell,
        operation,
        tuple(_ids(stack, view.resource, cell, records)),
        tuple(sorted(told, key=lambda one: one.at)),
        tuple(_requests(records)),
        tuple(_commands(stack, cell, view.resource)),
        _size(verification),
        drift,
        verification,
    )


async def _events_of(desk: Desk, stack: Stack, address: str) -> list[Event]:
    """What the last events of a stack tell of one address, oldest first."""
    events = await desk.store.events_before(stack.stack_id, None, _MOST_EVENTS)
    return [one for one in reversed(events) if one.address == address]


def _bygone(events: Sequence[Event]) -> ResourceView | None:
    """A resource that the stack has no more, as its last event tells of it."""
    if not events:
        return None
    last = events[-1]
    # Events of the stack itself have no address.
    status = last.status if isinstance(last.status, ResourceStatus) else ResourceStatus.DELETED
    address = parse_address(last.address)
    return ResourceView(
        Resource(
            address, last.type_name, status, last.reason, last.physical_id, updated_at=last.time
        )
    )


async def _records_of(
    desk: Desk, operation: Operation | None, events: Sequence[Event], address: str
) -> list[tuple[str, StepRecord]]:
    """The records of one address with the ids of their operations, oldest first; pruned ones are gone."""
    ids = list(dict.fromkeys(one.operation_id for one in events if one.operation_id))
    if operation is not None and operation.operation_id not in ids:
        ids.append(operation.operation_id)
    found = []
    for operation_id in ids[-_MOST_OPERATIONS:]:
        records = await desk.store.records_of(operation_id, address)
        found += [(operation_id, one) for one in records]
    return sorted(found, key=lambda one: one[1].intended_at)


# --- the timeline -----------------------------------------------------------------------------------


def _of_events(events: Iterable[Event], dialect: str) -> Iterator[StoryMoment]:
    for event in events:
        match event.status:
            case StackStatus():
                word = STACK_WORDS[dialect][event.status]
            case ResourceStatus():
                word = RESOURCE_WORDS[dialect][event.status]
        yield StoryMoment(
            event.time,
            MomentKind.EVENT,
            event.reason,
            word,
            event.physical_id or "",
            event.operation_id,
            is_failure=event.status in _FAILURES,
        )


def _of_records(records: Iterable[tuple[str, StepRecord]]) -> Iterator[StoryMoment]:
    for operation_id, record in records:
        yield StoryMoment(
            record.intended_at,
            MomentKind.INTENDED,
            _DEEDS[record.action],
            operation_id=operation_id,
        )
        called_at = _called_at(record)
        has_failed = record.status is StepStatus.FAILED
        if record.request_id and called_at is not None and not has_failed:
            yield StoryMoment(
                called_at,
                MomentKind.CALLED,
                "the cloud was asked, and has told its id",
                image_id=_noted_image(record),
                operation_id=operation_id,
                request_id=record.request_id,
            )
        if record.ended_at is not None:
            yield StoryMoment(
                record.ended_at,
                MomentKind.ENDED,
                f"the step has failed: {one_line(record.reason)}"
                if has_failed
                else "the step is done",
                image_id=record.physical_id or "",
                operation_id=operation_id,
                request_id=record.request_id,
                is_failure=has_failed,
            )


def _called_at(record: StepRecord) -> float | None:
    """When the cloud gave an id, as the notes of a step that still runs say it, or soon after begun."""
    at = record.context.get("at")
    if isinstance(at, int | float) and not isinstance(at, bool):
        return float(at)
    return record.intended_at if record.request_id else None


def _noted_image(record: StepRecord) -> str:
    noted = record.context.get("image_id")
    return noted if isinstance(noted, str) else record.physical_id or ""


def _of_comparisons(
    drift: FoundDrift | None, verification: KeptVerification | None
) -> Iterator[StoryMoment]:
    if drift is not None:
        says = f"compared with the cloud: {drift.status.value}"
        is_failure = drift.status.is_drift
        yield StoryMoment(drift.at, MomentKind.DRIFT, says, is_failure=is_failure)
    if verification is not None:
        found = verification.found
        says = f"compared with what was asked for: {found.status.value}"
        yield StoryMoment(verification.verified_at, MomentKind.VERIFIED, says)


def _of_progress(view: ResourceView, cell: MatrixCell, now: float) -> Iterator[StoryMoment]:
    if view.elapsed is None or view.progress is None:
        return
    percent = "" if cell.percent is None else f"{cell.percent}%"
    parts = [cell.says] if percent in cell.says else [percent, cell.says]
    says = ", ".join(part for part in parts if part)
    yield StoryMoment(now, MomentKind.PROGRESS, says, image_id=cell.image_id)


# --- ids, requests, command lines -------------------------------------------------------------------


def _ids(
    stack: Stack, resource: Resource, cell: MatrixCell, records: Sequence[tuple[str, StepRecord]]
) -> Iterator[StoryId]:
    if cell.image_id:
        yield StoryId("image", cell.image_id)
    if resource.physical_id and resource.physical_id != cell.image_id:
        yield StoryId("physical id", resource.physical_id)
    if cell.source_id:
        yield StoryId("source image", cell.source_id)
    made = [one for one in records if one[1].action is HandlerAction.CREATE]
    if made:
        operation_id, record = made[-1]
        yield StoryId("client token", record.token)
        yield StoryId("made by operation", operation_id)
    yield StoryId("stack", stack.stack_id)


def _requests(records: Iterable[tuple[str, StepRecord]]) -> Iterator[CloudRequest]:
    for _, record in records:
        if record.request_id:
            has_failed = record.status is StepStatus.FAILED
            at = record.ended_at if has_failed else _called_at(record)
            yield CloudRequest(
                record.request_id, record.action.value, at or record.intended_at, has_failed
            )


def _commands(stack: Stack, cell: MatrixCell, resource: Resource) -> Iterator[CommandLine]:
    yield stack_line("show", stack, says="shows the stack")
    yield stack_line("events", stack, resource=cell.address, says="shows its history")
    can_retry = Verb.RETRY in WAYS[stack.status]
    if can_retry and cell.status in {CellStatus.FAILED, CellStatus.MISSING}:
        only = [cell.address]
        yield stack_line("retry", stack, only=only, says="tries it again, and nothing else")
    if resource.status.is_whole and stack.status.is_final:
        name = [cell.address]
        yield stack_line("verify", stack, resource=name, says="compares it with what was asked for")
        yield stack_line("drift", stack, resource=name, says="compares it with the record")
    yield report_line(stack, says="writes a report of the stack")


def _size(verification: KeptVerification | None) -> str:
    verdict = None if verification is None else verification.found.verdict
    compared = () if verdict is None else verdict.comparisons
    return next((one.actual for one in compared if one.what == "size"), "")
