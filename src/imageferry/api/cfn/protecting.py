"""What protects a stack: against its deletion, and by its policy."""

from __future__ import annotations

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.finding import WITH_ID, find_living
from imageferry.api.cfn.names import stack_arn
from imageferry.api.cfn.submitting import policy_of
from imageferry.control.protection import set_policy


async def update_termination_protection(ask: Ask) -> Reply:
    """Forbid that a stack is deleted, or allow it again."""
    stack = await find_living(ask, ask.text("StackName"), WITH_ID)
    await ask.plane.protect(stack, is_protected=bool(ask.given["EnableTerminationProtection"]))
    return {"StackId": stack_arn(stack)}


async def set_stack_policy(ask: Ask) -> Reply:
    """Give a stack another policy, which judges its updates from now on."""
    stack = await find_living(ask, ask.text("StackName"), WITH_ID)
    policy = await policy_of(ask)
    if policy is None:
        raise refused("Either StackPolicyBody or StackPolicyURL must be specified.")
    await set_policy(ask.plane.desk, stack, policy)
    return {}


async def get_stack_policy(ask: Ask) -> Reply:
    """The policy of a stack, if it has one."""
    stack = await find_living(ask, ask.text("StackName"), WITH_ID)
    return {"StackPolicyBody": stack.policy or None}
