"""Questions that change nothing: stacks as they stand this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.control.requests import (
    ResourceView,
    StackAmbiguous,
    StackNotFound,
    StackView,
)
from imageferry.model.changes import Action, ChangeSet
from imageferry.model.journal import resources_after
from imageferry.model.operations import Operation, StepProgress, StepRecord
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.ports.keeping import Store


async def find_stack(store: Store, place: Place, name_or_id: str, region: str | None) -> Stack:
    """The one stack of a name or id; raises StackNotFound or StackAmbiguous."""
    by_id = await store.stack(name_or_id)
    if by_id is not None:
        return by_id
    found = await store.find_stacks(replace(place, region=region or ""), name_or_id)
    if not found:
        where = f' in "{region}"' if region else ""
        raise StackNotFound(f'no stack "{name_or_id}" lives{where} on cloud "{place.cloud}"')
    if len(found) > 1:
        raise StackAmbiguous(name_or_id, tuple(sorted(stack.place.region for stack in found)))
    return found[0]


async def view_stack(store: Store, stack_id: str) -> StackView:
    """A stack overlaid with the journal of its open operation; raises StackNotFound."""
    stack = await store.stack(stack_id)
    if stack is None:
        raise StackNotFound(f'no stack has the id "{stack_id}"')
    resources: Mapping[str, Resource] = await store.resources(stack_id)
    operation = await store.last_operation(stack_id)
    progress: dict[str, StepProgress] = {}
    if operation is not None and operation.status.is_open:
        resources = await _in_progress(store, operation, resources)
        _, rows = await store.progress(operation.operation_id)
        progress = {row.address: row for row in rows}
    views = tuple(ResourceView(item, progress.get(key)) for key, item in resources.items())
    return StackView(stack, views, operation)


async def _in_progress(
    store: Store, operation: Operation, resources: Mapping[str, Resource]
) -> Mapping[str, Resource]:
    change_set = await store.change_set(operation.change_set_id)
    if change_set is None:
        return resources
    records = await store.records(operation.operation_id)
    after = resources_after(resources, change_set, _phase(records, 0))
    if operation.rollback_id is None:
        return _with_waiting(after, change_set)
    rollback = await store.change_set(operation.rollback_id)
    if rollback is None:
        return after
    return resources_after(after, rollback, _phase(records, 1))


def _phase(records: list[StepRecord], phase: int) -> list[StepRecord]:
    return [record for record in records if record.phase == phase]


def _with_waiting(
    resources: Mapping[str, Resource], change_set: ChangeSet
) -> Mapping[str, Resource]:
    """The resources in the order of the change set, those not begun yet among them."""
    shown: dict[str, Resource] = {}
    for change in change_set.changes:
        key = str(change.address)
        if key in resources:
            shown[key] = resources[key]
        elif change.action is Action.CREATE:
            shown[key] = Resource(change.address, change.type_name, ResourceStatus.NOT_STARTED)
    return {**shown, **{key: item for key, item in resources.items() if key not in shown}}
