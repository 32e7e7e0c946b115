"""The JSON objects of stacks and their events, as scripts rely on them."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.cli.display.remains import snapshots_left_json
from imageferry.cli.display.rendering import show_moment
from imageferry.cli.display.ways import ways_out
from imageferry.control.requests import ResourceView, StackView
from imageferry.model.drift import STACK_DRIFT_WORDS
from imageferry.model.events import Event
from imageferry.model.handlers import Context
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import (
    RESOURCE_WORDS,
    STACK_WORDS,
    ResourceStatus,
    StackStatus,
)
from imageferry.model.values import Json, mask

_COMPLETE = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})


def stack_word(status: StackStatus, dialect: str) -> str:
    """A stack's status in the words of its template's language."""
    return STACK_WORDS[dialect][status]


def resource_word(status: ResourceStatus, dialect: str) -> str:
    """A resource's status in the words of its template's language."""
    return RESOURCE_WORDS[dialect][status]


def view_json(view: StackView, remains: Iterable[Context] = ()) -> dict[str, Json]:
    """The object of `deploy --json` and `show --json`; `remains` is what its operation has left."""
    stack = view.stack
    operation = view.operation
    return {
        **_stack_head(stack),
        "description": stack.description,
        "account_id": stack.place.account_id,
        "parameters": mask(stack.parameters),
        "outputs": mask(stack.outputs),
        "export_names": _export_names(stack),
        "resources": [_resource_json(one, stack.dialect) for one in view.resources],
        "operation": None if operation is None else operation_json(operation, view.is_run),
        "policy": stack.policy or None,
        "next": [
            {"verb": way.verb.value, "command": way.command, "says": way.says}
            for way in ways_out(stack, operation, view.is_run)
        ],
        "drift": _drift_json(stack),
        "snapshots_left": snapshots_left_json(remains),
    }


def _drift_json(stack: Stack) -> Json:
    """What the last `drift` of the whole stack found; null where nobody has looked."""
    mark = stack.drift
    if mark is None:
        return None
    return {
        "status": STACK_DRIFT_WORDS[stack.dialect][mark.status],
        "checked_at": show_moment(mark.checked_at),
        "drifted": mark.drifted,
        "checked": mark.checked,
    }


def _stack_head(stack: Stack) -> dict[str, Json]:
    return {
        "stack_id": stack.stack_id,
        "stack_name": stack.name,
        "cloud": stack.place.cloud,
        "region": stack.place.region,
        "dialect": stack.dialect,
        "status": stack_word(stack.status, stack.dialect),
        "status_reason": stack.status_reason,
        "protected": stack.is_protected,
    }


def _resource_json(view: ResourceView, dialect: str) -> dict[str, Json]:
    resource = view.resource
    return {
        "logical_id": str(resource.address),
        "type": resource.type_name,
        "physical_id": resource.physical_id,
        "status": resource_word(resource.status, dialect),
        "status_reason": resource.status_reason,
        "attributes": mask(resource.attributes),
        "progress": progress_of(view),
        **_going_on(view),
        "leftovers": [dict(leftover) for leftover in resource.leftovers],
    }


def _going_on(view: ResourceView) -> dict[str, Json]:
    """How a step that runs gets on; every value is null where none does, or nobody knows."""
    step = view.progress if view.elapsed is not None else None
    queue = step.queue if step is not None else None
    return {
        "elapsed": None if view.elapsed is None else round(view.elapsed, 3),
        "remaining": None if step is None or step.remaining is None else round(step.remaining, 3),
        "status_says": "" if step is None else step.says,
        "queue": None if queue is None else {"place": queue[0], "of": queue[1]},
    }


def progress_of(view: ResourceView) -> int | None:
    """0 to 100: of the step that runs, or 100 for what is complete; None where nobody knows."""
    if view.progress is not None:
        return view.progress.percent
    return 100 if view.resource.status in _COMPLETE else None


def operation_json(operation: Operation, is_run: bool | None) -> dict[str, Json]:
    """The operation a stack had last; `is_run` as a view has it."""
    return {
        "operation_id": operation.operation_id,
        "kind": operation.kind.value,
        "status": operation.status.value,
        "reason": operation.reason,
        "is_run": is_run,
        "cancel_requested": operation.cancel_requested,
        "started_at": show_moment(operation.started_at),
        "ended_at": None if operation.ended_at is None else show_moment(operation.ended_at),
    }


def stacks_json(stacks: Iterable[Stack], cloud: str) -> dict[str, Json]:
    """The object of `list --json`."""
    return {
        "cloud": cloud,
        "stacks": [
            {
                **_stack_head(stack),
                "created_at": show_moment(stack.created_at),
                "updated_at": show_moment(stack.updated_at),
                "drift": _drift_json(stack),
            }
            for stack in stacks
        ],
    }


def outputs_json(stack: Stack, name: str | None = None) -> dict[str, Json]:
    """The object of `outputs --json`; with a name that output alone is in it."""
    names = [one for one in stack.outputs if name in {None, one}]
    exported = _export_names(stack)
    return {
        **_stack_head(stack),
        "outputs": {one: mask(stack.outputs[one]) for one in names},
        "export_names": {one: exported[one] for one in exported if name in {None, one}},
    }


def _export_names(stack: Stack) -> dict[str, Json]:
    """By output, the name under which other stacks may import it."""
    return {export.output: export.name for export in stack.exports}


def events_json(stack: Stack, events: Iterable[Event]) -> dict[str, Json]:
    """The object of `events --json`."""
    return {
        **_stack_head(stack),
        "events": [_event_json(event, stack) for event in events],
    }


def _event_json(event: Event, stack: Stack) -> dict[str, Json]:
    return {
        "sequence": event.sequence,
        "time": show_moment(event.time),
        "operation_id": event.operation_id,
        "logical_id": event.address or stack.name,
        "type": event.type_name,
        "physical_id": event.physical_id,
        "status": event_word(event, stack.dialect),
        "status_reason": event.reason,
    }


def event_word(event: Event, dialect: str) -> str:
    """The status an event speaks of, in the words of the template's language."""
    match event.status:
        case StackStatus():
            return stack_word(event.status, dialect)
        case ResourceStatus():
            return resource_word(event.status, dialect)
