"""Create the change set that deletes a stack, but for what is to stay in the cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from imageferry.control.change_sets import fingerprint
from imageferry.control.desk import Desk
from imageferry.control.exports import faults_of_exports
from imageferry.control.protection import refuse_deletion
from imageferry.control.requests import OperationHolds, Planned, in_use
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.stacks import Resource, Stack
from imageferry.model.templates import Bindings
from imageferry.planning.planner import Intention, plan
from imageferry.planning.selection import named


async def create_deletion(desk: Desk, stack: Stack, retain: Sequence[str] = ()) -> Planned:
    """What it takes to delete a stack: a plan for nothing.

    What `retain` names stays in the cloud, besides what its own policy keeps there. Raises
    OperationHolds, TemplateError for a name that means nothing, and RequestRefused where the stack
    is protected or another one imports what it exports.
    """
    operation = await desk.store.last_operation(stack.stack_id)
    resources = await desk.store.resources(stack.stack_id)
    kept = named(retain, [one.address for one in resources.values()], "--retain")
    if operation is not None and operation.status.is_open:
        change_set = await desk.store.change_set(operation.change_set_id)
        if operation.kind is not ChangeKind.DELETE or change_set is None:
            raise OperationHolds(operation, stack)
        by_policy = {one.address for one in resources.values() if one.deletion_policy != "Delete"}
        if retained_by_wish(change_set, resources) != kept - by_policy:
            raise OperationHolds(operation, stack)
        return Planned(change_set, stack, False, operation.fingerprint, running=operation)
    if operation is not None and not stack.status.is_final:
        # It has ended since the stack was read: nothing is planned for what was halfway.
        raise OperationHolds(operation, stack)
    refuse_deletion(stack)
    change_set = plan(
        Intention(
            change_set_id=desk.entropy.new_id(),
            stack=stack,
            kind=ChangeKind.DELETE,
            template=None,
            bindings=Bindings({}, {}),
            manners=MANNERS[stack.dialect],
            replacement_allowed=False,
            now=desk.clock.now(),
        ),
        resources,
        desk.catalog,
    )
    change_set = _retaining(change_set, frozenset(filter(_holds_something(desk, resources), kept)))
    faults = await faults_of_exports(desk.store, stack, change_set)
    if faults:
        raise in_use(faults)
    return Planned(change_set, stack, False, fingerprint(change_set))


def retained_by_wish(
    change_set: ChangeSet, resources: Mapping[str, Resource]
) -> frozenset[ResourceAddress]:
    """What a deletion keeps in the cloud because somebody named it, not because of a policy."""
    return frozenset(
        change.address
        for change in change_set.changes
        if change.retained
        and (found := resources.get(str(change.address))) is not None
        and found.deletion_policy == "Delete"
    )


def _holds_something(
    desk: Desk, resources: Mapping[str, Resource]
) -> Callable[[ResourceAddress], bool]:
    """Tells of an address whether anything in the cloud could stay there."""

    def holds(address: ResourceAddress) -> bool:
        found = desk.catalog.find(resources[str(address)].type_name)
        return found is None or not found.schema.reads_only

    return holds


def _retaining(change_set: ChangeSet, kept: AbstractSet[ResourceAddress]) -> ChangeSet:
    changes = tuple(
        replace(change, retained=change.retained or change.address in kept)
        for change in change_set.changes
    )
    return replace(change_set, changes=changes)
