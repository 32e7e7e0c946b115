"""How an operation begins: its record, the stack as it is from then on, and the opening event."""

from __future__ import annotations

from dataclasses import replace

from imageferry.control.desk import Desk
from imageferry.control.requests import ExecutionOptions, Planned
from imageferry.engine.closing import listed
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange
from imageferry.model.events import Event, stack_event
from imageferry.model.expressions import Literal
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import LATE_ROLLBACKS, WAYS, OperationStatus, Verb
from imageferry.model.values import UNKNOWN
from imageferry.ports.types import Catalog

_VERBS = {
    ChangeKind.CREATE: Verb.DEPLOY,
    ChangeKind.UPDATE: Verb.DEPLOY,
    ChangeKind.DELETE: Verb.DELETE,
    ChangeKind.ROLLBACK: Verb.CONTINUE_ROLLBACK,
}
_MOST_NAMED = 6


def begin(
    desk: Desk, planned: Planned, known: Stack, options: ExecutionOptions
) -> tuple[Operation, Stack, Event]:
    """The operation of a change set, the stack as it is from then on, and the event that says so."""
    change_set, now = planned.change_set, desk.clock.now()
    operation = Operation(
        operation_id=desk.entropy.new_id(),
        stack_id=change_set.stack_id,
        kind=change_set.kind,
        status=OperationStatus.RUNNING,
        change_set_id=change_set.change_set_id,
        on_failure=options.on_failure,
        fingerprint=planned.fingerprint,
        client_token=options.client_token,
        deadline=None if options.timeout is None else now + options.timeout,
        parallel=options.parallel,
        started_at=now,
        deletes_remains=options.deletes_remains,
    )
    former = planned.stack.status
    status = WAYS[former].get(_VERBS[change_set.kind]) or LATE_ROLLBACKS[former]
    stack = replace(
        planned.stack,
        is_protected=known.is_protected,
        policy=known.policy,
        tags=known.tags if planned.tags is None else planned.tags,
        options=known.options if planned.options is None else planned.options,
        status=status,
        status_reason="",
        updated_at=now,
        operation_id=operation.operation_id,
    )
    begun = stack_event(
        stack.stack_id, operation.operation_id, now, status, _opening(change_set, desk.catalog)
    )
    return operation, stack, begun


def _opening(change_set: ChangeSet, catalog: Catalog) -> str:
    """What the first event says: what is asked, and from where to where."""
    number = sum(change.action is not Action.NONE for change in change_set.changes)
    said = f"{change_set.kind.value.lower()} requested: "
    said += "1 resource" if number == 1 else f"{number} resources"
    found = (_route(change, change_set, catalog) for change in change_set.changes)
    routes = [route for route in found if route is not None and route[0]]
    for word, places in (("from", 0), ("to", 1)):
        regions = list(dict.fromkeys(route[places] for route in routes))
        if len(regions) > _MOST_NAMED:
            said += f" {word} {len(regions)} regions"
        elif regions:
            said += f" {word} {', '.join(regions)}"
    if change_set.left_out:
        said += f"; left as they are: {listed([str(one) for one in change_set.left_out])}"
    return said


def _route(
    change: ResourceChange, change_set: ChangeSet, catalog: Catalog
) -> tuple[str, str] | None:
    if change.wanted is None or change.action is Action.NONE:
        return None
    found = catalog.find(change.type_name)
    if found is None:
        return None
    properties = {
        name: part.value if isinstance(part, Literal) else UNKNOWN
        for name, part in change.wanted.properties.items()
    }
    return found.route(properties, change_set.region)
