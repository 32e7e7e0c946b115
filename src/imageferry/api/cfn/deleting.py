"""Deleting what cannot simply be deleted: what stays, and what is still being made."""

from __future__ import annotations

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.names import stack_arn, stack_word
from imageferry.control.later_deletions import DEFERRED, delete_later
from imageferry.model.stacks import Stack
from imageferry.model.statuses import ResourceStatus, StackStatus


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
    if stack.status not in DEFERRED:
        word = stack_word(stack.status)
        raise refused(f"Stack:{stack_arn(stack)} is in {word} state and can not be deleted.")
    await delete_later(ask.plane.desk, stack)
