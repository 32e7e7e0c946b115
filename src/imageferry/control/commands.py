"""Create, update or delete a stack as the APIs know it: each one thing, and no other one instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from imageferry.control.change_sets import create_change_set, execute_change_set
from imageferry.control.deletions import create_deletion
from imageferry.control.desk import Desk
from imageferry.control.requests import (
    ExecutionOptions,
    NothingToDo,
    OperationHolds,
    Planned,
    StackExists,
    StackNotFound,
    StackRequest,
)
from imageferry.engine.closing import evaluate_exports, evaluate_outputs
from imageferry.model.changes import ChangeSet
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import StoreError

_WHOLE = frozenset({StackStatus.CREATED, StackStatus.UPDATED, StackStatus.UPDATE_ROLLED_BACK})


async def create_stack(desk: Desk, request: StackRequest, execution: ExecutionOptions) -> Operation:
    """Create a stack that is not there yet.

    Raises StackExists where a living stack has the name, whatever it is doing, and what planning
    and executing raise: TemplateError, RequestRefused. A stack that was made with the same client
    token is the one that is asked for.
    """
    try:
        await refuse_namesake(desk, request)
    except StackExists as exists:
        made = await begun_before(desk, exists.stack.stack_id, execution.client_token)
        if made is None:
            raise
        return made
    planned = await create_change_set(desk, request)
    if not planned.is_new:
        raise StackExists(planned.stack)
    try:
        operation = await execute_change_set(desk, planned, execution)
    except OperationHolds as holds:
        raise StackExists(holds.stack) from holds
    except StoreError:
        # Somebody else's may have come, and come to its end, meanwhile.
        await refuse_namesake(desk, request)
        raise
    if operation.stack_id != planned.stack.stack_id:
        raise StackExists(replace(planned.stack, stack_id=operation.stack_id))
    return operation


async def begun_before(desk: Desk, stack_id: str, token: str | None) -> Operation | None:
    """The last operation of a stack where it was begun with a client token.

    Its caller may never have had an answer: the process that opened it has died in between.
    """
    if not token:
        return None
    last = await desk.store.last_operation(stack_id)
    return last if last is not None and last.client_token == token else None


async def refuse_namesake(desk: Desk, request: StackRequest) -> None:
    """Raise StackExists where a living stack has the name that is asked for."""
    place = replace(desk.place, region=request.region)
    living = await desk.store.find_stacks(place, request.stack_name)
    if living:
        raise StackExists(living[0])


async def update_stack(
    desk: Desk,
    stack: Stack,
    request: StackRequest,
    execution: ExecutionOptions,
    *,
    by_text: bool = False,
) -> Operation:
    """Update a stack that is there.

    Raises NothingToDo where neither resources and their policies, outputs and exports, parameters
    nor tags would change (and, with `by_text`, not a letter of the template), StackNotFound,
    OperationHolds where anything runs on the stack, TemplateError and RequestRefused. Where the
    last operation of the stack was begun with the same client token, that is the one.
    """
    begun = await begun_before(desk, stack.stack_id, execution.client_token)
    if begun is not None:
        return begun
    planned = await plan_update(desk, stack, request)
    if await changes_nothing(desk, planned, request, by_text=by_text):
        raise NothingToDo(stack)
    return await execute_change_set(desk, planned, execution)


async def plan_update(desk: Desk, stack: Stack, request: StackRequest) -> Planned:
    """What updating a stack would do; raises as `update_stack` does, but for NothingToDo."""
    if stack.status is StackStatus.DELETED:
        raise StackNotFound(f'the stack "{stack.name}" is deleted')
    wanted = replace(request, stack_name=stack.name, region=stack.place.region)
    planned = await create_change_set(desk, wanted)
    if planned.running is not None:
        raise OperationHolds(planned.running, stack)
    return planned


async def changes_nothing(
    desk: Desk, planned: Planned, request: StackRequest, *, by_text: bool = False
) -> bool:
    """True where a stack is what is asked for already."""
    stack, change_set = planned.stack, planned.change_set
    if planned.is_new or not change_set.is_empty or stack.status not in _WHOLE:
        return False
    if request.tags is not None and dict(request.tags) != dict(stack.tags):
        return False
    if by_text and stack.template != request.template:
        return False
    if stack.parameters != change_set.bindings.parameters:
        return False
    resources = await desk.store.resources(stack.stack_id)
    if not _keeps_policies(change_set, resources):
        return False
    outputs, _ = evaluate_outputs(change_set, resources)
    if outputs != stack.outputs:
        return False
    exports, _ = evaluate_exports(change_set, outputs)
    named = {(one.name, one.output) for one in stack.exports}
    return {(one.name, one.output) for one in exports} == named


def _keeps_policies(change_set: ChangeSet, resources: Mapping[str, Resource]) -> bool:
    """False where a resource would be kept that now goes with its stack, or the other way round."""
    for change in change_set.changes:
        resource, wanted = resources.get(str(change.address)), change.wanted
        if resource is None or wanted is None:
            continue
        before = (resource.deletion_policy, resource.replacement_policy)
        if before != (wanted.deletion_policy, wanted.replacement_policy):
            return False
    return True


async def delete_stack(
    desk: Desk, stack: Stack, retain: Sequence[str], execution: ExecutionOptions
) -> Operation | None:
    """Delete a stack, but for the resources named; None where that has been done.

    What has become of it since it was read counts. Raises OperationHolds where something else runs
    on it, TemplateError and RequestRefused.
    """
    standing = await desk.store.stack(stack.stack_id) or stack
    if standing.status is StackStatus.DELETED:
        return None
    try:
        planned = await create_deletion(desk, standing, retain)
    except OperationHolds:
        now = await desk.store.stack(stack.stack_id)
        if now is None or now.status is standing.status:
            raise
        # What ran came to its end between two looks.
        return await delete_stack(desk, now, retain, execution)
    if planned.running is not None:
        return planned.running
    # Nothing can be undone of a deletion.
    return await execute_change_set(desk, planned, replace(execution, on_failure=OnFailure.KEEP))
