"""Drift: detections begun and looked at, and what they found of each resource."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.finding import IN_BRACKETS, IN_QUOTES, find_living, find_stack
from imageferry.api.cfn.names import LANGUAGE, stack_arn, stack_word
from imageferry.api.cfn.paging import page_of
from imageferry.control.detections import (
    begin_detection,
    detect_resource,
    drifts_found,
    find_detection,
)
from imageferry.control.requests import ResourceUnknown
from imageferry.model.detections import FoundDifference, FoundDrift
from imageferry.model.drift import RESOURCE_DRIFT_WORDS, STACK_DRIFT_WORDS, ResourceDriftStatus
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json

# CloudFormation user guide: the states in which a stack may be compared.
_COMPARABLE: Final = frozenset(
    {
        StackStatus.CREATED,
        StackStatus.UPDATED,
        StackStatus.UPDATE_ROLLED_BACK,
        StackStatus.UPDATE_ROLLBACK_FAILED,
    }
)
_PAGE: Final = 100


async def detect_stack_drift(ask: Ask) -> Reply:
    """Begin to compare a stack, or the resources that are named."""
    stack = await _comparable(ask, IN_BRACKETS)
    names = ask.given.get("LogicalResourceIds") or ()
    try:
        detection = await begin_detection(ask.plane.desk, stack, names)
    except ResourceUnknown as unknown:
        raise _unknown(unknown, stack) from unknown
    return {"StackDriftDetectionId": detection.detection_id}


async def describe_detection(ask: Ask) -> Reply:
    """How far a detection is, and what it has found of the stack."""
    detection = await find_detection(ask.plane.desk, ask.text("StackDriftDetectionId"))
    stack = None
    if detection is not None:
        stack = await ask.plane.desk.store.stack(detection.stack_id)
    if detection is None or stack is None:
        raise refused(f"Drift detection {ask.text('StackDriftDetectionId')} does not exist")
    reply = {
        "StackId": stack_arn(stack),
        "StackDriftDetectionId": detection.detection_id,
        "DetectionStatus": detection.status.value,
        "DetectionStatusReason": detection.reason or None,
        "Timestamp": detection.at,
    }
    if detection.drift_status is not None:
        reply["StackDriftStatus"] = STACK_DRIFT_WORDS[LANGUAGE][detection.drift_status]
        reply["DriftedStackResourceCount"] = detection.drifted
    return reply


async def describe_resource_drifts(ask: Ask) -> Reply:
    """What the last comparison of each resource found; nothing of what was never compared."""
    stack = await find_stack(ask, ask.text("StackName"))
    wanted = frozenset(ask.given.get("StackResourceDriftStatusFilters") or ())
    found = [
        _shape(one, stack)
        for one in await drifts_found(ask.plane.desk, stack.stack_id)
        if not wanted or _word(one.status) in wanted
    ]
    shown, token = page_of(ask, found, ask.given.get("MaxResults") or _PAGE)
    return {"StackResourceDrifts": shown, "NextToken": token}


async def detect_resource_drift(ask: Ask) -> Reply:
    """Compare one resource now."""
    stack = await _comparable(ask, IN_QUOTES)
    try:
        found = await detect_resource(ask.plane.desk, stack, ask.text("LogicalResourceId"))
    except ResourceUnknown as unknown:
        raise _unknown(unknown, stack) from unknown
    return {"StackResourceDrift": _shape(found, stack)}


async def _comparable(ask: Ask, missing: str) -> Stack:
    found = await find_living(ask, ask.text("StackName"), missing)
    stack = (await ask.plane.view(found.stack_id)).stack
    if stack.status not in _COMPARABLE:
        raise refused(
            f"Drift detection cannot be performed on stack [{stack_arn(stack)}] while it is in"
            f" {stack_word(stack.status)} state."
        )
    return stack


def _unknown(unknown: ResourceUnknown, stack: Stack) -> CfnFault:
    return refused(f"Resource {', '.join(unknown.names)} does not exist for stack {stack.name}")


def _word(status: ResourceDriftStatus) -> str:
    return RESOURCE_DRIFT_WORDS[LANGUAGE][status]


def _shape(found: FoundDrift, stack: Stack) -> Mapping[str, object]:
    compared = bool(found.expected)
    return {
        "StackId": stack_arn(stack),
        "LogicalResourceId": found.logical_id,
        "PhysicalResourceId": found.physical_id or None,
        "ResourceType": found.type_name,
        "ExpectedProperties": _text(found.expected) if compared else None,
        "ActualProperties": _text(found.actual) if compared else None,
        "PropertyDifferences": [_difference(one) for one in found.differences],
        "StackResourceDriftStatus": _word(found.status),
        "DriftStatusReason": found.reason or None,
        "Timestamp": found.at,
    }


def _difference(one: FoundDifference) -> Mapping[str, str]:
    return {
        "PropertyPath": one.path,
        "ExpectedValue": _text(one.expected),
        "ActualValue": _text(one.actual),
        "DifferenceType": one.kind,
    }


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
