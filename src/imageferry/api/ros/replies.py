"""The shapes of ROS's answers about stacks: what GetStack and ListStacks say of one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from imageferry.api.ros.names import (
    HIDDEN,
    LANGUAGE,
    moment,
    plain_id,
    shown_value,
    stack_word,
)
from imageferry.api.ros.reasons import Trouble, stack_reason
from imageferry.api.ros.wishes import DEFAULT_TIMEOUT
from imageferry.control.notices import receivers_of
from imageferry.control.requests import ResourceView
from imageferry.model.drift import STACK_DRIFT_WORDS
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.model.templates import Output
from imageferry.model.values import Json, Value, holds_secret, mask

INTERFACE: Final = "ALIYUN::ROS::Interface"
"""The metadata by which a template speaks to consoles."""


def tags_reply(tags: Mapping[str, str]) -> list[Json]:
    """Tags as every answer has them."""
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def parameter_text(value: Value, *, is_list: bool = False) -> str:
    """The value of a parameter as a text that could have been given for it; nothing of a secret."""
    if holds_secret(value):
        return HIDDEN
    if is_list and isinstance(value, list | tuple):
        return ",".join(parameter_text(one) for one in value)
    match value:
        case str():
            return value
        case None:
            return ""
        case _:
            return json.dumps(mask(value), ensure_ascii=False)


def parameters_reply(
    parameters: Mapping[str, Value],
    pseudo: Mapping[str, str] | None = None,
    lists: Collection[str] = (),
) -> list[Json]:
    """Parameters and, after them, pseudo parameters; `lists` are written with commas."""
    shown = {
        name: parameter_text(value, is_list=name in lists) for name, value in parameters.items()
    }
    return [
        {"ParameterKey": name, "ParameterValue": value}
        for name, value in {**shown, **(pseudo or {})}.items()
    ]


def pseudo_reply(place: Place, stack_id: str, name: str) -> dict[str, str]:
    """The pseudo parameters that GetStack shows among the parameters."""
    return {
        "ALIYUN::StackName": name,
        "ALIYUN::StackId": plain_id(stack_id),
        "ALIYUN::TenantId": place.account_id,
        "ALIYUN::AccountId": place.account_id,
        "ALIYUN::Region": place.region,
        "ALIYUN::NoValue": "None",
    }


def summary_reply(stack: Stack, trouble: Trouble) -> dict[str, Json]:
    """What GetStack and ListStacks both say of a stack."""
    options = stack.options
    drift = stack.drift
    reply: dict[str, Json] = {
        "StackId": plain_id(stack.stack_id),
        "StackName": stack.name,
        "StackType": "ROS",
        "RegionId": stack.place.region,
        "Status": stack_word(stack.status),
        "StatusReason": stack_reason(stack, trouble),
        "CreateTime": moment(stack.created_at),
        "UpdateTime": moment(stack.updated_at),
        "TimeoutInMinutes": options.get("timeout_minutes", DEFAULT_TIMEOUT),
        "DisableRollback": bool(options.get("disable_rollback", False)),
        "DeletionProtection": "Enabled" if stack.is_protected else "Disabled",
        "ResourceGroupId": options.get("resource_group_id", ""),
        "ServiceManaged": False,
        "Tags": tags_reply(stack.tags),
        "StackDriftStatus": "NOT_CHECKED"
        if drift is None
        else STACK_DRIFT_WORDS[LANGUAGE][drift.status],
    }
    if drift is not None:
        reply["DriftDetectionTime"] = moment(drift.checked_at)
    if trouble.failure is not None:
        reply["OperationInfo"] = trouble.failure.reply()
    return reply


def stack_reply(
    stack: Stack,
    trouble: Trouble,
    resources: Sequence[ResourceView],
    lists: Collection[str] = (),
) -> dict[str, Json]:
    """What GetStack says of a stack beside its outputs and progress; `lists` of its parameters are."""
    options, drift = stack.options, stack.drift
    checked = 0 if drift is None else drift.checked
    pseudo = pseudo_reply(stack.place, stack.stack_id, stack.name)
    reply = summary_reply(stack, trouble)
    reply |= {
        "Description": stack.description,
        "TemplateDescription": stack.description,
        "Parameters": parameters_reply(stack.parameters, pseudo, lists),
        "NotificationURLs": list(receivers_of(stack)),
        "OrderIds": [],
        "RamRoleName": options.get("role", ""),
        "RootStackId": "",
        "CheckedStackResourceCount": checked,
        "NotCheckedStackResourceCount": max(0, len(resources) - checked),
    }
    told = {
        "TemplateURL": options.get("template_url"),
        "TemplateId": options.get("template_id"),
        "TemplateVersion": options.get("template_version"),
        "RollbackFailedRootReason": trouble.root or None,
    }
    return reply | {name: value for name, value in told.items() if value is not None}


def outputs_reply(
    outputs: Mapping[str, Value], declared: Mapping[str, Output] | None
) -> list[Json]:
    """Outputs with their values as they are, and what the template says of each."""
    shown: list[Json] = []
    for name, value in outputs.items():
        one: dict[str, Json] = {
            "OutputKey": name,
            "OutputValue": shown_value(value),
            "Description": "No description given",
        }
        said = None if declared is None else declared.get(name)
        if said is not None and said.description:
            one["Description"] = said.description
        if said is not None and said.label:
            one["Label"] = said.label
        shown.append(one)
    return shown


_PENDING: Final = frozenset({ResourceStatus.NOT_STARTED})
_MOVING: Final = frozenset(
    {ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING}
)
_FAILED: Final = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)


def progress_reply(resources: Sequence[ResourceView], *, only_percentage: bool) -> dict[str, Json]:
    """ResourceProgress: how many resources are how far; percentages of the whole action."""
    statuses = [one.resource.status for one in resources]
    moving = [one for one in resources if one.resource.status in _MOVING]
    total = len(resources)
    failed = sum(status in _FAILED for status in statuses)
    pending = sum(status in _PENDING for status in statuses)
    done = total - failed - pending - len(moving)
    parts = sum(_percent(one) for one in moving)
    percentage = 100.0 if not total else round((100.0 * (done + failed) + parts) / total, 2)
    reply: dict[str, Json] = {
        "StackActionProgress": percentage,
        "StackOperationProgress": percentage,
    }
    if only_percentage:
        return reply
    return reply | {
        "TotalResourceCount": total,
        "SuccessResourceCount": done,
        "FailedResourceCount": failed,
        "InProgressResourceCount": len(moving),
        "PendingResourceCount": pending,
        "InProgressResourceDetails": [
            {
                "ResourceName": str(one.resource.address),
                "ResourceType": one.resource.type_name,
                "ProgressValue": _percent(one),
                "ProgressTargetValue": 100,
            }
            for one in moving
        ],
    }


def _percent(view: ResourceView) -> int:
    return (view.progress.percent if view.progress is not None else None) or 0
