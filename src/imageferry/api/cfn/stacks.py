"""Stacks created, updated and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.courses import standing_word
from imageferry.api.cfn.deleting import delete_after, refuse_to_retain, retained_by_force
from imageferry.api.cfn.errors import cannot_be_updated
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.finding import find_stack, seek_stack
from imageferry.api.cfn.names import is_arn, stack_arn
from imageferry.api.cfn.submitting import on_failure_of, request_of
from imageferry.control.client_tokens import once
from imageferry.control.commands import begun_before, create_stack, delete_stack, update_stack
from imageferry.control.requests import ExecutionOptions
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json

_UPDATABLE: Final = frozenset(
    {
        StackStatus.CREATED,
        StackStatus.UPDATED,
        StackStatus.UPDATE_ROLLED_BACK,
        # Kept on purpose: rollback was disabled, and the next try is an update.
        StackStatus.CREATE_FAILED,
        StackStatus.UPDATE_FAILED,
    }
)


def asked_by(ask: Ask) -> dict[str, Json]:
    """What makes two requests with one token the same: all that was given, and for which region."""
    return {"region": ask.region, **dict(sorted(ask.call.pairs))}


async def create(ask: Ask) -> Reply:
    """Make a stack; answers as soon as its operation is kept."""
    name = ask.text("StackName")
    if is_arn(name):
        raise refused(
            f"1 validation error detected: Value '{name[:200]}' at 'stackName' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    on_failure = on_failure_of(ask)

    async def perform() -> Mapping[str, Json]:
        request = await request_of(ask, name)
        minutes = ask.given.get("TimeoutInMinutes")
        execution = ExecutionOptions(
            on_failure,
            timeout=None if minutes is None else minutes * 60.0,
            client_token=token_of(ask, name),
        )
        operation = await create_stack(ask.plane.desk, request, execution)
        stack = await ask.plane.desk.store.stack(operation.stack_id)
        shown = operation.stack_id if stack is None else stack_arn(stack)
        return {"StackId": shown, "OperationId": operation.operation_id}

    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, "CreateStack", token, asked_by(ask), perform)


async def update(ask: Ask) -> Reply:
    """Bring a stack to another template, other parameters, or other tags."""
    stack = await find_stack(ask, ask.text("StackName"))

    async def perform() -> Mapping[str, Json]:
        before = await begun_before(ask.plane.desk, stack.stack_id, token_of(ask, stack.stack_id))
        if before is not None:
            return {"StackId": stack_arn(stack), "OperationId": before.operation_id}
        # An earlier request with the token may have been waited for meanwhile.
        standing = await ask.plane.desk.store.stack(stack.stack_id) or stack
        if standing.status not in _UPDATABLE:
            raise cannot_be_updated(standing, await standing_word(ask, standing))
        request = await request_of(ask, stack.name, standing)
        on_failure = OnFailure.KEEP if ask.given.get("DisableRollback") else OnFailure.ROLLBACK
        execution = ExecutionOptions(on_failure, client_token=token_of(ask, stack.stack_id))
        operation = await update_stack(ask.plane.desk, standing, request, execution)
        return {"StackId": stack_arn(stack), "OperationId": operation.operation_id}

    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, "UpdateStack", token, asked_by(ask), perform)


async def delete(ask: Ask) -> Reply:
    """Delete a stack; one that is not there, or not any longer, is deleted."""
    stack = await seek_stack(ask, ask.text("StackName"))
    if stack is None or stack.status is StackStatus.DELETED:
        return {}
    retained = list(ask.given.get("RetainResources") or ())
    if retained:
        await refuse_to_retain(ask, stack, retained)
    if ask.text("DeletionMode") == "FORCE_DELETE_STACK":
        retained += await retained_by_force(ask, stack)
    execution = ExecutionOptions(client_token=token_of(ask, stack.stack_id))

    async def perform() -> Mapping[str, Json]:
        standing = await ask.plane.desk.store.stack(stack.stack_id) or stack
        if not standing.status.is_final and standing.status is not StackStatus.DELETING:
            await delete_after(ask, standing)
        else:
            await delete_stack(ask.plane.desk, standing, retained, execution)
        return {}

    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, "DeleteStack", token, asked_by(ask), perform)


def token_of(ask: Ask, subject: str) -> str | None:
    """The token of an operation: the caller's counts for one action on one stack."""
    token = ask.text("ClientRequestToken")
    return f"{ask.call.action} {subject} {token}" if token else None
