"""Cancel and retry: what may be asked of an operation that runs, waits or has failed."""

from __future__ import annotations

from imageferry.control.change_sets import create_change_set, create_deletion
from imageferry.control.desk import Desk
from imageferry.control.requests import Planned, RequestRefused, StackRequest
from imageferry.model.changes import ChangeKind
from imageferry.model.inquiries import InquiryKind
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus


async def cancel_operation(desk: Desk, stack: Stack) -> Operation:
    """Ask the open operation to turn back; raises RequestRefused where there is none."""
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None or not await desk.store.request_cancel(operation.operation_id):
        raise RequestRefused(
            f'nothing runs on "{stack.name}" that could be cancelled',
            f"see its last events: imageferry events -s {stack.name}",
        )
    if operation.status is OperationStatus.PARKED:
        await desk.store.unpark(operation.operation_id)
    await desk.dispatcher.submit(None, operation.operation_id, stack_id=stack.stack_id)
    return operation


async def retry_operation(desk: Desk, stack: Stack) -> Planned | Operation:
    """Let a parked operation go on, or plan again what the last operation wanted."""
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None:
        raise RequestRefused(f'nothing has ever run on "{stack.name}"')
    if operation.status.is_open:
        if operation.status is OperationStatus.PARKED:
            await desk.store.unpark(operation.operation_id)
        await desk.dispatcher.submit(None, operation.operation_id, stack_id=stack.stack_id)
        return operation
    if operation.kind is ChangeKind.DELETE:
        return await create_deletion(desk, stack)
    change_set = await desk.store.change_set(operation.change_set_id)
    if change_set is None:
        raise RequestRefused(
            f'what the last operation on "{stack.name}" wanted is not kept any longer',
            "deploy it again with its template and parameters",
        )
    request = StackRequest(
        stack_name=stack.name,
        region=stack.place.region,
        template=change_set.template,
        template_name=change_set.template_name,
        parameters=change_set.bindings.parameters,
        replace=change_set.replacement_allowed,
    )
    # What was named after the hour it was begun in keeps its name; others may say otherwise by now.
    known = {
        inquiry: answer
        for inquiry, answer in change_set.bindings.answers.items()
        if inquiry.kind is InquiryKind.NOW
    }
    return await create_change_set(desk, request, known)
