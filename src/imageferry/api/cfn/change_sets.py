"""Change sets described, listed, executed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.changes import plain, resource_changes
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.finding import IN_BRACKETS, find_stack
from imageferry.api.cfn.names import change_set_arn, is_arn, stack_arn, uuid_of
from imageferry.api.cfn.paging import page_of
from imageferry.api.cfn.proposing import print_of
from imageferry.api.cfn.stacks import asked_by, token_of
from imageferry.control.causes import causes_of
from imageferry.control.client_tokens import once
from imageferry.control.named_changes import (
    changes_of,
    drop_named,
    execute_named,
    find_named,
    named_of,
)
from imageferry.control.requests import ChangeSetStatusWrong
from imageferry.model.changes import ChangeSet
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.values import Json, Value

NOTHING: Final = (
    "The submitted information didn't contain changes."
    " Submit different information to create a change set."
)
_PAGE: Final = 100


async def describe(ask: Ask) -> Reply:
    """A change set with its changes."""
    named, stack = await _found(ask)
    change_set = await changes_of(ask.plane.desk, named)
    shown, token = page_of(ask, await _changes(ask, named, change_set), _PAGE)
    options: Mapping[str, Any] = named.options or {}
    parameters = {} if change_set is None else change_set.bindings.parameters
    reply: dict[str, Any] = {
        **_summary(named, stack),
        "NotificationARNs": options.get("notifications") or [],
        "RollbackConfiguration": {},
        "Capabilities": options.get("capabilities") or [],
        "Changes": shown,
        "NextToken": token,
        "OnStackFailure": named.details.get("OnStackFailure"),
    }
    if parameters:
        reply["Parameters"] = [
            {"ParameterKey": name, "ParameterValue": _text(value)}
            for name, value in parameters.items()
        ]
    if named.tags:
        reply["Tags"] = [{"Key": key, "Value": value} for key, value in named.tags.items()]
    return reply


async def list_all(ask: Ask) -> Reply:
    """The change sets of a stack, newest first."""
    stack = await find_stack(ask, ask.text("StackName"))
    found = await named_of(ask.plane.desk, stack.stack_id)
    shown, token = page_of(ask, [_summary(one, stack) for one in found], _PAGE)
    return {"Summaries": shown, "NextToken": token}


async def execute(ask: Ask) -> Reply:
    """Carry a change set out; answers as soon as its operation is kept."""
    named, _ = await _found(ask)
    if ask.given.get("RetainExceptOnCreate"):
        raise refused(
            "RetainExceptOnCreate is not supported: write the DeletionPolicy RetainExceptOnCreate"
            " into the template."
        )
    keeps = ask.given.get("DisableRollback")

    async def perform() -> Mapping[str, Json]:
        on_failure = OnFailure.KEEP if keeps else None
        token = token_of(ask, named.change_set_id)
        await execute_named(ask.plane.desk, named, on_failure, token)
        return {}

    token = ask.text("ClientRequestToken")
    return await once(ask.plane.desk, "ExecuteChangeSet", token, asked_by(ask), perform)


async def delete(ask: Ask) -> Reply:
    """Forget a change set; one that is not there is forgotten."""
    found = await _sought(ask)
    if found is None:
        return {}
    named, _ = found
    try:
        await drop_named(ask.plane.desk, named)
    except ChangeSetStatusWrong as wrong:
        arn = change_set_arn(named.place, named.name, named.change_set_id)
        raise CfnFault(
            "InvalidChangeSetStatus",
            f"ChangeSet [{arn}] cannot be deleted in its current execution status of"
            f" [{wrong.named.execution.value}]",
        ) from wrong
    return {}


async def _found(ask: Ask) -> tuple[NamedChangeSet, Stack]:
    """The change set of a request and its stack; raises CfnFault."""
    found = await _sought(ask)
    if found is None:
        name = ask.text("ChangeSetName")
        raise CfnFault("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
    return found


async def _sought(ask: Ask) -> tuple[NamedChangeSet, Stack] | None:
    """The change set of a request, if it is there; raises CfnFault where its stack is not."""
    name, stack_name = ask.text("ChangeSetName"), ask.text("StackName")
    desk = ask.plane.desk
    if is_arn(name):
        named = await find_named(desk, uuid_of(name))
        stack = None if named is None else await desk.store.stack(named.stack_id)
        return None if named is None or stack is None else (named, stack)
    if not stack_name:
        raise refused("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = await find_stack(ask, stack_name, IN_BRACKETS)
    for one in await named_of(desk, stack.stack_id, name):
        return one, stack
    return None


def _summary(named: NamedChangeSet, stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack_arn(stack),
        "StackName": named.stack_name,
        "ChangeSetId": change_set_arn(named.place, named.name, named.change_set_id),
        "ChangeSetName": named.name,
        "Description": named.description or None,
        "CreationTime": named.created_at,
        "Status": named.status.value,
        "StatusReason": NOTHING if named.is_empty else named.reason or None,
        "ExecutionStatus": named.execution.value,
        "IncludeNestedStacks": bool(named.details.get("IncludeNestedStacks")),
    }


async def _changes(
    ask: Ask, named: NamedChangeSet, change_set: ChangeSet | None
) -> list[dict[str, object]]:
    if change_set is None or named.is_empty:
        return []
    shows_values = bool(ask.given.get("IncludePropertyValues"))
    recorded = None
    if named.execution is ExecutionStatus.AVAILABLE:
        # Afterwards the record says what the stack has become.
        recorded = await ask.plane.desk.store.resources(named.stack_id)
    causes = causes_of(change_set, _changed_parameters(named, change_set))
    return resource_changes(change_set, causes, recorded, shows_values=shows_values)


def _changed_parameters(named: NamedChangeSet, change_set: ChangeSet) -> frozenset[str]:
    former = named.details.get("former")
    if not isinstance(former, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, value in change_set.bindings.parameters.items()
        if former.get(name) != print_of(value)
    )


def _text(value: Value) -> str:
    shown = plain(value)
    if isinstance(shown, bool):
        return str(shown).lower()
    if isinstance(shown, list):
        return ",".join(str(one) for one in shown)
    return str(shown)
