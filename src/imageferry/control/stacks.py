"""Cancel, retry, continue a rollback: what may be asked of what runs, waits or has failed."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.control.change_sets import create_change_set, fingerprint
from imageferry.control.deletions import create_deletion, retained_by_wish
from imageferry.control.desk import Desk
from imageferry.control.requests import (
    NO_LEAVE,
    Leave,
    OperationHolds,
    Planned,
    RequestRefused,
    StackRequest,
)
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.diagnostics import error
from imageferry.model.inquiries import InquiryKind
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import WAYS, OperationStatus, Verb
from imageferry.planning.continuing import plan_continuation
from imageferry.planning.selection import named


async def cancel_operation(desk: Desk, stack: Stack, *, breaks_off: bool = False) -> Operation:
    """Ask the open operation to turn back; raises RequestRefused where there is none.

    One that turns back already goes on doing so, unless it `breaks_off`: then what is not undone
    yet is left as it is, and the rollback has failed.
    """
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None or not operation.status.is_open:
        raise _nothing_runs(stack)
    turns_back = operation.rollback_id is not None
    if turns_back and not breaks_off:
        return await _go_on(desk, stack, operation)
    if turns_back:
        await _refuse_older_rollback(desk, operation)
    if not await desk.store.request_cancel(operation.operation_id, of_rollback=turns_back):
        # It has ended just now, or turns back by itself.
        found = await desk.store.operation(operation.operation_id)
        if found is None or not found.status.is_open:
            raise _nothing_runs(stack)
        operation = found
    return await _go_on(desk, stack, operation)


async def _refuse_older_rollback(desk: Desk, operation: Operation) -> None:
    rollback = await desk.store.change_set(operation.rollback_id or "")
    if rollback is not None and rollback.asked_before is None:
        raise RequestRefused(
            f"operation {operation.operation_id} was begun to be undone by an earlier version of"
            " imageferry, which knew no breaking off",
            "let it come to its end",
        )


def _nothing_runs(stack: Stack) -> RequestRefused:
    return RequestRefused(
        f'nothing runs on "{stack.name}" that could be cancelled',
        f"see its last events: imageferry events -s {stack.name}",
    )


async def _go_on(desk: Desk, stack: Stack, operation: Operation) -> Operation:
    if operation.status is OperationStatus.PARKED:
        await desk.store.unpark(operation.operation_id)
    await desk.dispatcher.submit(None, operation.operation_id, stack_id=stack.stack_id)
    return operation


async def retry_operation(
    desk: Desk, stack: Stack, parts: Sequence[str] = (), leave: Leave = NO_LEAVE
) -> Planned | Operation:
    """Let an open operation go on, or plan again what the last one wanted.

    `parts` are the only resources to be touched, all where it is empty; `leave` is what this try
    may do and the last one might not. Raises RequestRefused where there is nothing to be tried
    again, OperationHolds, and TemplateError for a part that means nothing.
    """
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None:
        raise RequestRefused(f'nothing has ever run on "{stack.name}"')
    change_set = await desk.store.change_set(operation.change_set_id)
    if operation.status.is_open:
        is_narrower = parts and (change_set is None or not change_set.left_out)
        is_wider = leave.replaces and change_set is not None and not change_set.replacement_allowed
        if is_narrower or is_wider:
            raise OperationHolds(operation, stack)
        return await _go_on(desk, stack, operation)
    if Verb.RETRY not in WAYS[stack.status]:
        raise _nothing_failed(stack)
    if operation.kind is ChangeKind.DELETE:
        return await _delete_again(desk, stack, change_set, parts)
    if change_set is None:
        raise RequestRefused(
            f'what the last operation on "{stack.name}" wanted is not kept any longer',
            "deploy it again with its template and parameters",
        )
    planned = await _plan_again(desk, stack, change_set, parts, leave)
    if parts and planned.running is None and planned.change_set.is_empty:
        rest = ", ".join(str(address) for address in planned.change_set.left_out)
        raise RequestRefused(
            f"nothing is to be done for {', '.join(parts)}",
            f"what is still to be done: {rest}"
            if rest
            else "see: imageferry show -s " + stack.name,
        )
    return planned


def _nothing_failed(stack: Stack) -> RequestRefused:
    return RequestRefused(
        f'the last operation on "{stack.name}" did not fail',
        "to change the stack, deploy it with another template or other parameters",
    )


async def _delete_again(
    desk: Desk, stack: Stack, change_set: ChangeSet | None, parts: Sequence[str]
) -> Planned:
    if parts:
        raise RequestRefused(
            f'a part of the deletion of "{stack.name}" cannot be tried again by itself',
            f"delete the rest and keep some of it: imageferry delete -s {stack.name}"
            " --retain LOGICAL_ID",
        )
    resources = await desk.store.resources(stack.stack_id)
    # Where it was broken off, what it was to keep is still recorded.
    kept = frozenset() if change_set is None else retained_by_wish(change_set, resources)
    return await create_deletion(desk, stack, [str(address) for address in sorted(kept)])


async def _plan_again(
    desk: Desk, stack: Stack, change_set: ChangeSet, parts: Sequence[str], leave: Leave
) -> Planned:
    # A rollback may always replace; what was asked for before it is not known any longer.
    former = None if change_set.kind is ChangeKind.ROLLBACK else change_set.replacement_allowed
    request = StackRequest(
        stack_name=stack.name,
        region=stack.place.region,
        template=change_set.template,
        template_name=change_set.template_name,
        parameters=change_set.bindings.parameters,
        replace=leave.replaces or former,
        policy_during_update=leave.policy_during_update,
        adopt=change_set.adoptions or None,
        taken_over=taken_over(change_set),
    )
    # What was named after the hour it was begun in keeps its name; others may say otherwise by now.
    known = {
        inquiry: answer
        for inquiry, answer in change_set.bindings.answers.items()
        if inquiry.kind is InquiryKind.NOW
    }
    return await create_change_set(desk, request, known, parts)


def taken_over(change_set: ChangeSet) -> tuple[str, ...]:
    """The other installations whose things a change set was to take in."""
    noted = (None if one.adopts is None else one.adopts.get("from") for one in change_set.changes)
    return tuple(dict.fromkeys(one for one in noted if isinstance(one, str)))


async def continue_rollback(
    desk: Desk, stack: Stack, skip: Sequence[str] = ()
) -> Planned | Operation:
    """Go on with a rollback that has failed, as an operation of its own, or with one that runs.

    What `skip` names stays as it is. Raises RequestRefused where no rollback has failed,
    OperationHolds, and TemplateError for a name that means nothing.
    """
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is not None and operation.status.is_open:
        return await _follow_rollback(desk, stack, operation, skip)
    if operation is None or Verb.CONTINUE_ROLLBACK not in WAYS[stack.status]:
        fault = error(
            "IF833",
            f'no rollback of "{stack.name}" has failed that could be continued',
            why="continue-rollback goes on where a rollback came to no end",
            remedy=f"see what can be done: imageferry show -s {stack.name}",
        )
        raise RequestRefused(fault.message, fault.remedy, [fault])
    # An operation that was a continuation itself has the rollback as its change set.
    wanted = await desk.store.change_set(operation.rollback_id or operation.change_set_id)
    if wanted is None:
        raise RequestRefused(
            f'what the rollback of "{stack.name}" was to lead to is not kept any longer',
            "deploy it again with its template and parameters, or delete it",
        )
    resources = await desk.store.resources(stack.stack_id)
    known = {change.address for change in wanted.changes}
    known |= {resource.address for resource in resources.values()}
    skipped = named(skip, sorted(known), "--skip")
    rest = plan_continuation(
        wanted, desk.entropy.new_id(), resources, desk.catalog, skipped, desk.clock.now()
    )
    return Planned(rest, stack, False, fingerprint(rest))


async def _follow_rollback(
    desk: Desk, stack: Stack, operation: Operation, skip: Sequence[str]
) -> Operation:
    """The rollback that runs, where it leaves out just what is to be skipped."""
    change_set = await desk.store.change_set(operation.change_set_id)
    left_out = set() if change_set is None else set(change_set.left_out)
    is_continued = operation.kind is ChangeKind.ROLLBACK
    turns_back = is_continued or operation.rollback_id is not None
    asked = {address for address in left_out if {address.logical_id, str(address)} & set(skip)}
    if not turns_back or (skip and not is_continued) or (is_continued and asked != left_out):
        raise OperationHolds(operation, stack)
    return await _go_on(desk, stack, operation)
