"""The actions that guard a stack: its policy, its deletion protection, its resource group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import REGION, STACK_ID, Asked, Reply, Row, stack_of
from imageferry.api.ros.errors import RosError, missing, not_supported, stack_not_found
from imageferry.api.ros.kept_templates import change_template, found_template
from imageferry.api.ros.parameters import text
from imageferry.api.ros.template_sources import text_given
from imageferry.control.papers import papers_of
from imageferry.control.protection import set_policy
from imageferry.control.requests import RequestRefused
from imageferry.model.access import Role
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus

_LARGEST_POLICY: Final = 16_384
_NO_POLICY: Final[Reply] = MappingProxyType({})


async def _living(asked: Asked, stack_id: str = "") -> Stack:
    """The stack that is meant; one that is deleted has nothing left to be guarded."""
    stack = await stack_of(asked, stack_id)
    if stack.status is StackStatus.DELETED:
        raise stack_not_found(stack_id or asked.given.text("StackId"))
    return stack


async def set_stack_policy(asked: Asked) -> Reply:
    """SetStackPolicy: the policy counts from the next update on."""
    stack = await _living(asked)
    policy = await text_given(asked, "StackPolicyBody", "StackPolicyURL", _LARGEST_POLICY)
    if policy is None:
        raise missing("StackPolicyBody", "StackPolicyURL")
    await set_policy(asked.desk, stack, policy)
    return {}


async def get_stack_policy(asked: Asked) -> Reply:
    """GetStackPolicy: the policy as an object; the member is left out where there is none."""
    stack = await stack_of(asked)
    return {"StackPolicyBody": json.loads(stack.policy)} if stack.policy else _NO_POLICY


async def set_deletion_protection(asked: Asked) -> Reply:
    """SetDeletionProtection: whether the stack may be deleted."""
    stack = await _living(asked)
    try:
        await asked.plane.protect(
            stack, is_protected=asked.given.text("DeletionProtection") == "Enabled"
        )
    except RequestRefused as refused:
        raise RosError(
            "InvalidOperation.SetDeletionProtection",
            f"Fail to set deletion protection for stack {asked.given.text('StackId')},"
            f" {refused.message}.",
        ) from refused
    return {}


async def _move(asked: Asked, stack_id: str, group: str) -> None:
    while True:
        stack = await _living(asked, stack_id)
        options = {**stack.options, "resource_group_id": group}
        if await asked.store.change_stack(stack.stack_id, options=options, former=stack):
            return


async def move_resource_group(asked: Asked) -> Reply:
    """MoveResourceGroup: the group is remembered, and told again; nothing here is told apart by it."""
    group, wanted = asked.given.text("NewResourceGroupId"), asked.given.text("ResourceId")
    match asked.given.text("ResourceType"):
        case "stack":
            await _move(asked, wanted, group)
        case "template":
            papers = papers_of(asked.desk)
            kept = await found_template(papers, asked.plane.place.account_id, wanted)
            await change_template(papers, kept, asked.desk.clock.now(), resource_group_id=group)
        case other:
            raise not_supported(f"The resource type {other}")
    return {}


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "SetStackPolicy": Row(
            set_stack_policy,
            (REGION, STACK_ID, text("StackPolicyBody"), text("StackPolicyURL", longest=1_350)),
            Role.OPERATOR,
        ),
        "GetStackPolicy": Row(get_stack_policy, (REGION, STACK_ID)),
        "SetDeletionProtection": Row(
            set_deletion_protection,
            (REGION, STACK_ID, text("DeletionProtection", "Enabled", "Disabled", needed=True)),
            Role.OPERATOR,
        ),
        "MoveResourceGroup": Row(
            move_resource_group,
            (
                REGION,
                text("NewResourceGroupId", needed=True, longest=64),
                text("ResourceId", needed=True, longest=2_048),
                text("ResourceType", "stack", "stackgroup", "template", needed=True),
            ),
            Role.OPERATOR,
        ),
    }
)
"""The actions that guard a stack, by name."""
