"""Rollbacks: a running update cancelled, a failed rollback continued, and one begun afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.finding import find_living
from imageferry.api.cfn.names import stack_arn, stack_word
from imageferry.api.cfn.stacks import token_of
from imageferry.api.cfn.submitting import refuse_unsupported
from imageferry.control.client_tokens import once
from imageferry.control.commands import begun_before
from imageferry.control.requests import ExecutionOptions, Planned
from imageferry.control.rolling_back import roll_back
from imageferry.model.stacks import Stack
from imageferry.model.statuses import LATE_ROLLBACKS, StackStatus
from imageferry.model.values import Json

_CONTINUABLE: Final = frozenset(
    {StackStatus.UPDATE_ROLLBACK_FAILED, StackStatus.UPDATE_ROLLING_BACK}
)


async def cancel_update(ask: Ask) -> Reply:
    """Turn a running update back."""
    meant = await find_living(ask, ask.text("StackName"))

    async def perform() -> Mapping[str, Json]:
        stack = await _standing(ask, meant)
        if stack.status is not StackStatus.UPDATING:
            raise refused("CancelUpdateStack cannot be called from current stack status")
        await ask.plane.cancel(stack)
        return {}

    return await _once(ask, {"stack": meant.stack_id}, perform)


async def continue_rollback(ask: Ask) -> Reply:
    """Go on with the rollback of an update that has failed, but for what is to be skipped."""
    meant = await find_living(ask, ask.text("StackName"))
    skipped: list[str] = list(ask.given.get("ResourcesToSkip") or ())
    token = token_of(ask, meant.stack_id)

    async def perform() -> Mapping[str, Json]:
        if await begun_before(ask.plane.desk, meant.stack_id, token) is not None:
            return {}
        stack = await _standing(ask, meant)
        if stack.status not in _CONTINUABLE:
            raise refused(
                f"Stack:{stack_arn(stack)} is in {stack_word(stack.status)} state and can not"
                " continue update rollback."
            )
        known = await ask.plane.desk.store.resources(stack.stack_id)
        unknown = [name for name in skipped if name not in known]
        if unknown:
            raise refused(
                f"The following resource(s) to skip do not exist in the stack: "
                f"[{', '.join(unknown)}]"
            )
        rest = await ask.plane.continue_rollback(stack, skipped)
        if isinstance(rest, Planned):
            await ask.plane.execute(rest, ExecutionOptions(client_token=token))
        return {}

    return await _once(ask, {"stack": meant.stack_id, "skip": list(skipped)}, perform)


async def roll_back_stack(ask: Ask) -> Reply:
    """Take back what a creation or an update has kept although it failed."""
    meant = await find_living(ask, ask.text("StackName"))
    refuse_unsupported(ask)
    token = token_of(ask, meant.stack_id)

    async def perform() -> Mapping[str, Json]:
        before = await begun_before(ask.plane.desk, meant.stack_id, token)
        if before is not None:
            return {"StackId": stack_arn(meant), "OperationId": before.operation_id}
        stack = await _standing(ask, meant)
        if stack.status not in LATE_ROLLBACKS:
            raise refused(
                f"Stack:{stack_arn(stack)} is in {stack_word(stack.status)} state and can not be"
                " rolled back."
            )
        operation = await roll_back(ask.plane.desk, stack, ExecutionOptions(client_token=token))
        return {"StackId": stack_arn(stack), "OperationId": operation.operation_id}

    return await _once(ask, {"stack": meant.stack_id}, perform)


async def _standing(ask: Ask, meant: Stack) -> Stack:
    """A stack as it stands this moment: an earlier request with the token may have been waited for."""
    return (await ask.plane.view(meant.stack_id)).stack


async def _once(
    ask: Ask, asked: Mapping[str, Json], perform: Callable[[], Awaitable[Mapping[str, Json]]]
) -> Reply:
    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, ask.call.action, token, asked, perform)
