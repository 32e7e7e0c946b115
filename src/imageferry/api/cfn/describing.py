"""Stacks as they stand: described one by one or in pages, and listed with those deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.courses import standing_word
from imageferry.api.cfn.finding import WITH_ID, find_stack
from imageferry.api.cfn.histories import CLOSING
from imageferry.api.cfn.names import (
    LANGUAGE,
    STACK_LIST,
    change_set_arn,
    stack_arn,
)
from imageferry.api.cfn.paging import offset_of, token_at
from imageferry.api.cfn.submitting import summary_of
from imageferry.control.named_changes import executed_last, named_of
from imageferry.model.drift import STACK_DRIFT_WORDS
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value, mask

_DESCRIBED: Final = 50
_LISTED: Final = 100
_REMEMBERED: Final = 90 * 86_400.0
"""CloudFormation user guide: seconds for which a deleted stack is listed."""

_GONE: Final = frozenset({StackStatus.DELETING, StackStatus.DELETED, StackStatus.DELETE_FAILED})


async def describe_stacks(ask: Ask) -> Reply:
    """One stack, a deleted one by its id; or all that live in the region, in pages."""
    name = ask.text("StackName")
    if name:
        stack = await find_stack(ask, name, WITH_ID)
        made_by = await _made_by(ask, stack)
        return {"Stacks": [await _described(ask, stack, made_by)]}
    begin = offset_of(ask)
    store = ask.plane.desk.store
    place = replace(ask.plane.place, region=ask.region)
    found, total = await store.find_page(StackQuery(place), begin, _DESCRIBED)
    stacks = [await _described(ask, one) for one in found]
    end = begin + len(found)
    return {"Stacks": stacks, "NextToken": token_at(ask, end) if found and end < total else None}


async def _made_by(ask: Ask, stack: Stack) -> str | None:
    """The change set that was executed on a stack last, if any was."""
    if ask.plane.desk.documents is None:
        return None
    if stack.status is StackStatus.REVIEWING:
        named = next(iter(await named_of(ask.plane.desk, stack.stack_id)), None)
    else:
        named = await executed_last(ask.plane.desk, stack.stack_id)
    return None if named is None else change_set_arn(named.place, named.name, named.change_set_id)


async def _described(ask: Ask, stack: Stack, made_by: str | None = None) -> Mapping[str, Any]:
    options = stack.options
    is_deleted = stack.status is StackStatus.DELETED
    return {
        "StackId": stack_arn(stack),
        "StackName": stack.name,
        "ChangeSetId": made_by,
        "Description": stack.description or None,
        "Parameters": _parameters(stack) or None,
        "CreationTime": stack.created_at,
        "DeletionTime": stack.updated_at if stack.status in _GONE else None,
        "LastUpdatedTime": _updated_at(stack, made_by),
        "RollbackConfiguration": {},
        "StackStatus": await standing_word(ask, stack),
        "StackStatusReason": stack.status_reason or None,
        "DisableRollback": bool(options.get("disable_rollback"))
        or options.get("on_failure") == "DO_NOTHING",
        "NotificationARNs": _listed(options.get("notifications")),
        "TimeoutInMinutes": options.get("timeout_minutes"),
        "Capabilities": _listed(options.get("capabilities")) or None,
        "Outputs": await _outputs(ask, stack) or None,
        "RoleARN": options.get("role"),
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "EnableTerminationProtection": None if is_deleted else stack.is_protected,
        "DriftInformation": drift_of(stack),
    }


def _listed(option: object) -> list[Any]:
    return list(option) if isinstance(option, (list, tuple)) else []


def _parameters(stack: Stack) -> list[Mapping[str, str]]:
    return [
        {"ParameterKey": name, "ParameterValue": written(value)}
        for name, value in stack.parameters.items()
    ]


def written(value: Value) -> str:
    """A value as a text that could have been given for it; a secret as `****`."""
    shown = mask(value)
    match shown:
        case str():
            return shown
        case bool():
            return "true" if shown else "false"
        case list() if all(isinstance(one, (str, int, float)) for one in shown):
            return ",".join(written(one) for one in shown)
        case None:
            return ""
        case _:
            return json.dumps(shown, ensure_ascii=False)


def _updated_at(stack: Stack, made_by: str | None) -> float | None:
    """When a stack was updated last; one that was made by a change set counts as updated."""
    if stack.status is StackStatus.REVIEWING:
        return None
    is_updated = stack.status.name.startswith("UPDAT") or made_by is not None
    return stack.updated_at if is_updated else None


async def _outputs(ask: Ask, stack: Stack) -> list[Mapping[str, Any]]:
    """The outputs, unless something runs on the stack; what is said of them is in the template."""
    if not stack.outputs or not stack.status.is_final:
        return []
    described = ask.recollection.find(stack)
    if described is None:
        described = await _descriptions(ask, stack)
        ask.recollection.keep(stack, described)
    exported = {export.output: export.name for export in stack.exports}
    return [
        {
            "OutputKey": name,
            "OutputValue": written(value),
            "Description": described.get(name),
            "ExportName": exported.get(name),
        }
        for name, value in stack.outputs.items()
    ]


async def _descriptions(ask: Ask, stack: Stack) -> Mapping[str, str]:
    """What the template says of each output that it says something of."""
    whole = stack if stack.template else await ask.plane.desk.store.stack(stack.stack_id)
    summary = None if whole is None else await summary_of(ask, whole)
    if summary is None:
        return {}
    return {
        name: one.description for name, one in summary.template.outputs.items() if one.description
    }


def drift_of(stack: Stack) -> Mapping[str, Any]:
    """What the last comparison of the whole stack with the cloud found."""
    if stack.drift is None:
        return {"StackDriftStatus": "NOT_CHECKED"}
    return {
        "StackDriftStatus": STACK_DRIFT_WORDS[LANGUAGE][stack.drift.status],
        "LastCheckTimestamp": stack.drift.checked_at,
    }


async def list_stacks(ask: Ask) -> Reply:
    """The stacks of the region by status, deleted ones among them for 90 days."""
    wanted = ask.given.get("StackStatusFilter")
    statuses = tuple(
        status
        for status, word in STACK_LIST.items()
        if wanted and not {word, CLOSING.get(status, (0, word))[1]}.isdisjoint(wanted)
    )
    if wanted and not statuses:
        # The statuses of imports, which no stack is ever in here.
        return {"StackSummaries": []}
    begin = offset_of(ask)
    query = StackQuery(
        replace(ask.plane.place, region=ask.region), statuses=statuses, with_deleted=True
    )
    found, total = await ask.plane.desk.store.find_page(query, begin, _LISTED)
    end = begin + len(found)
    since = ask.call.now - _REMEMBERED
    words = {one.stack_id: await standing_word(ask, one) for one in found}
    return {
        "StackSummaries": [
            _summary(one, words[one.stack_id])
            for one in found
            if (one.status is not StackStatus.DELETED or one.updated_at >= since)
            and (not wanted or words[one.stack_id] in wanted)
        ],
        "NextToken": token_at(ask, end) if found and end < total else None,
    }


def _summary(stack: Stack, word: str) -> Mapping[str, Any]:
    return {
        "StackId": stack_arn(stack),
        "StackName": stack.name,
        "TemplateDescription": stack.description or None,
        "CreationTime": stack.created_at,
        "LastUpdatedTime": _updated_at(stack, None),
        "DeletionTime": stack.updated_at if stack.status in _GONE else None,
        "StackStatus": word,
        "StackStatusReason": stack.status_reason or None,
        "DriftInformation": drift_of(stack),
    }
