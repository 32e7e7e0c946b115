"""Deleting what cannot simply be deleted: what stays, and what is still being made."""

from __future__ import annotations

import logging
from typing import Final

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.errors import WRONG, cannot_be_updated
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.names import stack_arn
from imageferry.control.commands import delete_stack
from imageferry.control.desk import Desk
from imageferry.control.protection import refuse_deletion
from imageferry.control.requests import ExecutionOptions
from imageferry.model.stacks import Stack
from imageferry.model.statuses import ResourceStatus, StackStatus

_log = logging.getLogger(__name__)

_LOOKS_EVERY: Final = 1.0


async def refuse_to_retain(ask: Ask, stack: Stack, retained: list[str]) -> None:
    """Raise CfnFault where resources cannot be left in the cloud, or are none of the stack's."""
    if stack.status is not StackStatus.DELETE_FAILED:
        raise _not_failed(
            stack, "When you delete a stack, specify which resources to retain only when"
        )
    known = await ask.plane.desk.store.resources(stack.stack_id)
    unknown = [name for name in retained if name not in known]
    if unknown:
        listed = ", ".join(unknown)
        raise refused(f"The following resource(s) to retain do not exist: [{listed}]")


async def retained_by_force(ask: Ask, stack: Stack) -> list[str]:
    """The resources that could not be deleted, and are let go of; raises CfnFault."""
    if stack.status is not StackStatus.DELETE_FAILED:
        raise _not_failed(stack, "Specify FORCE_DELETE_STACK only when")
    known = await ask.plane.desk.store.resources(stack.stack_id)
    return [name for name, one in known.items() if one.status is ResourceStatus.DELETE_FAILED]


def _not_failed(stack: Stack, when: str) -> CfnFault:
    return refused(
        f"Invalid operation on stack [{stack_arn(stack)}]. {when} the stack is in the"
        " DELETE_FAILED state."
    )


async def delete_after(ask: Ask, stack: Stack) -> None:
    """Let what is being made turn back, and delete the stack when it has.

    Only a creation is stopped in this way; what else runs has to come to its end first. Raises
    CfnFault, and RequestRefused where the stack is protected.
    """
    if stack.status is not StackStatus.CREATING:
        raise cannot_be_updated(stack)
    refuse_deletion(stack)
    await ask.plane.cancel(stack)
    ask.plane.desk.errands.begin(_delete_when_ended(ask.plane.desk, stack.stack_id))


async def _delete_when_ended(desk: Desk, stack_id: str) -> None:
    while True:
        stack = await desk.store.stack(stack_id)
        if stack is None or stack.status is StackStatus.DELETED:
            return
        if stack.status.is_final:
            break
        await desk.clock.sleep(_LOOKS_EVERY)
    try:
        await delete_stack(desk, stack, (), ExecutionOptions())
    except WRONG as wrong:
        _log.warning("stack %s was to be deleted and is not: %s", stack_id, wrong)
