"""roll_back: what a failed operation has kept is taken back after all, by whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imageferry.control.change_sets import create_change_set, execute_change_set, fingerprint
from imageferry.control.desk import Desk
from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    Planned,
    RequestRefused,
    StackRequest,
)
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.inquiries import InquiryKind
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import LATE_ROLLBACKS, StackStatus
from imageferry.planning.undoing import plan_undoing

_OF_STACKS: Final = frozenset({InquiryKind.EXPORT, InquiryKind.STACK_OUTPUT})


async def roll_back(desk: Desk, stack: Stack, options: ExecutionOptions) -> Operation:
    """Bring a stack whose creation or update has failed, and was kept, back to what it was before.

    A creation is undone altogether; an update goes back to the last deploy that succeeded. Raises
    RequestRefused where nothing was kept, or nothing is known to go back to, and OperationHolds.
    """
    last = await desk.store.last_operation(stack.stack_id)
    if last is not None and last.status.is_open:
        raise OperationHolds(last, stack)
    if stack.status not in LATE_ROLLBACKS or last is None:
        raise RequestRefused(f'nothing that has failed was kept of "{stack.name}"')
    failed = await desk.store.change_set(last.change_set_id)
    if stack.status is StackStatus.CREATE_FAILED:
        if failed is None:
            raise _not_kept(stack)
        planned = await _unmaking(desk, stack, failed)
    else:
        origins = await desk.store.origins(stack.stack_id)
        planned = await _former(desk, stack, origins)
    return await execute_change_set(desk, planned, options)


async def _unmaking(desk: Desk, stack: Stack, failed: ChangeSet) -> Planned:
    """Everything that a creation has made goes."""
    resources = await desk.store.resources(stack.stack_id)
    new_id, now = desk.entropy.new_id(), desk.clock.now()
    change_set = plan_undoing(failed, new_id, {}, resources, desk.catalog, now)
    change_set = replace(change_set, asked_before=())
    return Planned(change_set, stack, False, fingerprint(change_set))


async def _former(desk: Desk, stack: Stack, origins: Sequence[ChangeSet]) -> Planned:
    """What the last deploy that succeeded wanted is wanted again."""
    if len(origins) < 2:
        raise _not_kept(stack)
    origin = origins[-1]
    request = StackRequest(
        stack_name=stack.name,
        region=stack.place.region,
        template=origin.template,
        template_name=origin.template_name,
        parameters=origin.bindings.parameters,
        replace=True,
    )
    # What was named after the hour it was begun in keeps its name; others may say otherwise by now.
    answers = origin.bindings.answers
    known = {one: said for one, said in answers.items() if one.kind is InquiryKind.NOW}
    planned = await create_change_set(desk, request, known)
    asked = (one for one in answers if one.kind in _OF_STACKS)
    change_set = replace(
        planned.change_set,
        kind=ChangeKind.ROLLBACK,
        replacement_allowed=True,
        asked_before=tuple(asked),
    )
    before = replace(
        stack,
        template=origin.template,
        template_name=origin.template_name,
        parameters=origin.bindings.parameters,
        description=origin.description,
    )
    return Planned(change_set, before, False, fingerprint(change_set))


def _not_kept(stack: Stack) -> RequestRefused:
    return RequestRefused(
        f'what "{stack.name}" was before is not kept any longer',
        "deploy it again with its template and parameters, or delete it",
    )
