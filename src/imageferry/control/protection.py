"""What protects a stack: against being deleted, and by its policy against changes of an update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.control.desk import Desk
from imageferry.control.notices import expect_notices
from imageferry.control.requests import (
    ExecutionOptions,
    Planned,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.diagnostics import error
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Resource, Stack
from imageferry.planning.policies import parse_policy, under_policy

_STORED = "the stack's policy"


async def protect_stack(desk: Desk, stack: Stack, *, is_protected: bool) -> Stack:
    """Forbid that a stack is deleted, or allow it again.

    Raises RequestRefused where an operation deletes it already, or may.
    """
    operation = await desk.store.last_operation(stack.stack_id)
    if is_protected and operation is not None and operation.status.is_open:
        _refuse_too_late(stack, operation)
    if not await desk.store.change_stack(stack.stack_id, is_protected=is_protected):
        raise StackNotFound(f'no stack has the id "{stack.stack_id}"')
    found = await desk.store.stack(stack.stack_id)
    return found or stack


def _refuse_too_late(stack: Stack, operation: Operation) -> None:
    removes = operation.kind is ChangeKind.DELETE or (
        operation.kind is ChangeKind.CREATE and operation.on_failure is OnFailure.DELETE
    )
    if removes:
        raise RequestRefused(
            f'"{stack.name}" cannot be protected: operation {operation.operation_id} deletes it,'
            " or will where something fails",
            f"cancel it first: imageferry cancel -s {stack.name}",
        )


def refuse_deletion(stack: Stack) -> None:
    """Raise RequestRefused where a stack is protected."""
    if stack.is_protected:
        fault = error(
            "IF830",
            f'"{stack.name}" is protected and is not deleted',
            why="its deletion protection is on",
            remedy=f"take that back first: imageferry protect -s {stack.name} --off",
        )
        raise RequestRefused(fault.message, fault.remedy, [fault])


def refuse_removal(planned: Planned, stack: Stack, options: ExecutionOptions) -> None:
    """Raise RequestRefused where carrying a plan out deletes, or may delete, a protected stack."""
    kind = planned.change_set.kind
    if kind is ChangeKind.DELETE:
        refuse_deletion(stack)
    is_protected = stack.is_protected if planned.is_protected is None else planned.is_protected
    if is_protected and kind is ChangeKind.CREATE and options.on_failure is OnFailure.DELETE:
        fault = error(
            "IF834",
            f'"{stack.name}" cannot be protected and be deleted where something fails',
            why="--on-failure delete removes a stack that did not come to be",
            remedy="choose --on-failure keep or rollback, or do not protect it yet",
        )
        raise RequestRefused(fault.message, fault.remedy, [fault])


def judged(
    change_set: ChangeSet, request: StackRequest, stack: Stack, resources: Mapping[str, Resource]
) -> ChangeSet:
    """The change set with what the stack's policy forbids marked as blocked.

    The policy that the stack has judges an update, or the one that is given for this update alone;
    one that is to be kept counts from then on. Raises TemplateError for a document that is none.
    """
    if request.policy:
        parse_policy(request.policy, "--stack-policy")
    if request.policy_during_update:
        policy = parse_policy(request.policy_during_update, "--stack-policy-during-update")
    elif stack.policy:
        policy = parse_policy(stack.policy, _STORED)
    else:
        return change_set
    return under_policy(change_set, policy, resources)


async def keep_choices(desk: Desk, planned: Planned) -> None:
    """Record what a request says of protection and policy where nothing else is to be done."""
    if planned.is_protected is not None:
        await protect_stack(desk, planned.stack, is_protected=planned.is_protected)
    if planned.policy is not None:
        await desk.store.change_stack(planned.stack.stack_id, policy=planned.policy)
    if planned.options is not None:
        await expect_notices(desk, replace(planned.stack, options=planned.options))
    if planned.tags is not None or planned.options is not None:
        await desk.store.change_stack(
            planned.stack.stack_id, tags=planned.tags, options=planned.options
        )


async def set_policy(desk: Desk, stack: Stack, policy: str) -> None:
    """Give a stack another policy, which counts from the next update on.

    Raises TemplateError for a document that is none.
    """
    parse_policy(policy, _STORED)
    await desk.store.change_stack(stack.stack_id, policy=policy)
