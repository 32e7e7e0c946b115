"""Questions that change nothing: stacks as they stand this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from imageferry.control.requests import (
    ResourceView,
    StackAmbiguous,
    StackNotFound,
    StackView,
)
from imageferry.engine.rollback import ground_of_rollback
from imageferry.model.changes import Action, ChangeSet, ResourceChange
from imageferry.model.expressions import Literal
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


async def view_stack(store: Store, stack_id: str, now: float) -> StackView:
    """A stack overlaid with the journal of its open operation; raises StackNotFound.

    `now` is in seconds since 1970: what is kept of a running step is a little older.
    """
    stack = await store.stack(stack_id)
    if stack is None:
        raise StackNotFound(f'no stack has the id "{stack_id}"')
    resources = await store.resources(stack_id)
    operation = await store.last_operation(stack_id)
    views: Iterable[ResourceView] = map(ResourceView, resources.values())
    if operation is not None and operation.status.is_open:
        written_at, rows = await store.progress(operation.operation_id)
        progress = aged(rows, now - written_at)
        views = await views_under(store, store.change_set, operation, resources, progress, now)
    return StackView(stack, tuple(views), operation)


async def views_under(
    store: Store,
    find: Callable[[str], Awaitable[ChangeSet | None]],
    operation: Operation,
    resources: Mapping[str, Resource],
    progress: Mapping[str, StepProgress],
    now: float,
) -> list[ResourceView]:
    """Recorded resources overlaid with the journal of an open operation, each with its progress.

    `find` finds a change set by its id.
    """
    records = await store.records(operation.operation_id)
    begun = {
        str(record.address): record.intended_at for record in records if not record.status.is_final
    }
    return [
        ResourceView(
            item,
            progress.get(key),
            max(0.0, now - begun[key]) if key in begun else None,
        )
        for key, item in (await _in_progress(find, operation, resources, records)).items()
    ]


def aged(rows: Iterable[StepProgress], age: float) -> dict[str, StepProgress]:
    """Progress by address that was written so many seconds ago."""
    return {row.address: _aged(row, age) for row in rows}


def _aged(row: StepProgress, age: float) -> StepProgress:
    """The row with what remains by now; how far it is, nobody has said since."""
    if row.remaining is None:
        return row
    return replace(row, remaining=max(0.0, row.remaining - max(0.0, age)))


async def _in_progress(
    find: Callable[[str], Awaitable[ChangeSet | None]],
    operation: Operation,
    resources: Mapping[str, Resource],
    records: list[StepRecord],
) -> Mapping[str, Resource]:
    change_set = await find(operation.change_set_id)
    if change_set is None:
        return resources
    former, after = resources, resources_after(resources, change_set, _phase(records, 0))
    if operation.rollback_id is None:
        return with_waiting(after, change_set)
    rollback = await find(operation.rollback_id)
    if rollback is None:
        return after
    ground = ground_of_rollback(operation, change_set, former, after)
    return resources_after(ground, rollback, _phase(records, 1))


def _phase(records: list[StepRecord], phase: int) -> list[StepRecord]:
    return [record for record in records if record.phase == phase]


def with_waiting(
    resources: Mapping[str, Resource], change_set: ChangeSet
) -> Mapping[str, Resource]:
    """The resources in the order of the change set, those not begun yet among them."""
    shown: dict[str, Resource] = {}
    for change in change_set.changes:
        key = str(change.address)
        if key in resources:
            shown[key] = resources[key]
        elif change.action in {Action.CREATE, Action.ADOPT}:
            shown[key] = _waiting(change)
    return {**shown, **{key: item for key, item in resources.items() if key not in shown}}


def _waiting(change: ResourceChange) -> Resource:
    """What is not begun yet: its properties as far as they are known, and what it waits for."""
    wanted = change.wanted
    found = Resource(change.address, change.type_name, ResourceStatus.NOT_STARTED)
    if wanted is None:
        return found
    known = {
        name: expression.value
        for name, expression in wanted.properties.items()
        if isinstance(expression, Literal)
    }
    return replace(found, properties=known, depends_on=wanted.depends_on)
