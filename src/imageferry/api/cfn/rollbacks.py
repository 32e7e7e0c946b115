"""Rollbacks: a running update cancelled, a failed rollback continued, and one begun afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.finding import find_living
from imageferry.api.cfn.names import stack_arn, stack_word
from imageferry.api.cfn.submitting import refuse_unsupported
from imageferry.control.client_tokens import once
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
    stack = await _standing(ask)

    async def perform() -> Mapping[str, Json]:
        if stack.status is not StackStatus.UPDATING:
            raise refused("CancelUpdateStack cannot be called from current stack status")
        await ask.plane.cancel(stack)
        return {}

    return await _once(ask, {"stack": stack.stack_id}, perform)


async def continue_rollback(ask: Ask) -> Reply:
    """Go on with the rollback of an update that has failed, but for what is to be skipped."""
    stack = await _standing(ask)
    skipped: list[str] = list(ask.given.get("ResourcesToSkip") or ())

    async def perform() -> Mapping[str, Json]:
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
            await ask.plane.execute(rest, ExecutionOptions())
        return {}

    return await _once(ask, {"stack": stack.stack_id, "skip": list(skipped)}, perform)


async def roll_back_stack(ask: Ask) -> Reply:
    """Take back what a creation or an update has kept although it failed."""
    stack = await _standing(ask)
    refuse_unsupported(ask)

    async def perform() -> Mapping[str, Json]:
        if stack.status not in LATE_ROLLBACKS:
            raise refused(
                f"Stack:{stack_arn(stack)} is in {stack_word(stack.status)} state and can not be"
                " rolled back."
            )
        operation = await roll_back(ask.plane.desk, stack, ExecutionOptions())
        return {"StackId": stack_arn(stack), "OperationId": operation.operation_id}

    return await _once(ask, {"stack": stack.stack_id}, perform)


async def _standing(ask: Ask) -> Stack:
    """The stack that is meant, as it stands this moment."""
    found = await find_living(ask, ask.text("StackName"))
    return (await ask.plane.view(found.stack_id)).stack


async def _once(
    ask: Ask, asked: Mapping[str, Json], perform: Callable[[], Awaitable[Mapping[str, Json]]]
) -> Reply:
    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, ask.call.action, token, asked, perform)
