"""The actions of drift: begin a detection, come back for it, list what was found, compare one resource."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import REGION, STACK_ID, TOKEN, Asked, Reply, Row, stack_of
from imageferry.api.ros.errors import RosError, resource_not_found
from imageferry.api.ros.names import LANGUAGE, moment, plain_id
from imageferry.api.ros.next_tokens import page_after
from imageferry.api.ros.parameters import integer, text, texts
from imageferry.control.detections import (
    begin_detection,
    detect_resource,
    drifts_found,
    find_detection,
)
from imageferry.control.requests import ResourceUnknown
from imageferry.model.access import Role
from imageferry.model.detections import DetectionStatus, FoundDifference, FoundDrift
from imageferry.model.drift import (
    RESOURCE_DRIFT_WORDS,
    STACK_DRIFT_WORDS,
    ResourceDriftStatus,
    StackDriftStatus,
)
from imageferry.model.values import Json

_WORDS: Final = RESOURCE_DRIFT_WORDS[LANGUAGE]
_MOST: Final = 100
_USUAL: Final = 50
"""ROS reference, paging by token: 1 to 100 entries, 50 unless the caller says otherwise."""


async def detect_stack_drift(asked: Asked) -> Reply:
    """DetectStackDrift: the comparison goes on, and the reply says how to ask for it."""
    stack = await stack_of(asked)
    try:
        begun = await begin_detection(asked.desk, stack, asked.given.texts("LogicalResourceId"))
    except ResourceUnknown as unknown:
        raise resource_not_found(", ".join(unknown.names), stack.name) from unknown
    return {"DriftDetectionId": begun.detection_id}


async def get_stack_drift_detection_status(asked: Asked) -> Reply:
    """GetStackDriftDetectionStatus: how far a detection is, and what it found."""
    wanted = asked.given.text("DriftDetectionId")
    found = await find_detection(asked.desk, wanted)
    stack = None if found is None else await asked.store.stack(found.stack_id)
    if found is None or stack is None or stack.place.region != asked.region:
        raise RosError("NotFound", f"The DriftDetection ({wanted}) could not be found.", 404)
    reply: dict[str, Json] = {
        "DriftDetectionId": found.detection_id,
        "DriftDetectionStatus": found.status.value,
        "DriftDetectionTime": moment(found.at),
        "StackId": plain_id(found.stack_id),
    }
    if found.status is DetectionStatus.COMPLETE:
        status = found.drift_status or StackDriftStatus.NOT_CHECKED
        reply["StackDriftStatus"] = STACK_DRIFT_WORDS[LANGUAGE][status]
        reply["DriftedStackResourceCount"] = found.drifted
    if found.reason:
        reply["DriftDetectionStatusReason"] = found.reason
    return reply


async def list_stack_resource_drifts(asked: Asked) -> Reply:
    """ListStackResourceDrifts: what the last comparison of each resource found."""
    stack = await stack_of(asked)
    wanted = frozenset(asked.given.texts("ResourceDriftStatus"))
    found = [
        one
        for one in await drifts_found(asked.desk, stack.stack_id)
        if not wanted or _WORDS[one.status] in wanted
    ]
    size = asked.given.integer("MaxResults") or _USUAL
    listing = (stack.stack_id, *sorted(wanted))
    page, rest = page_after(found, asked.given.text("NextToken"), listing, size)
    reply: dict[str, Json] = {"ResourceDrifts": [told_drift(one) for one in page]}
    return {**reply, "NextToken": rest} if rest else reply


async def detect_stack_resource_drift(asked: Asked) -> Reply:
    """DetectStackResourceDrift: one resource is compared while the caller waits."""
    stack = await stack_of(asked)
    logical_id = asked.given.text("LogicalResourceId")
    try:
        found = await detect_resource(asked.desk, stack, logical_id)
    except ResourceUnknown as unknown:
        raise resource_not_found(logical_id, stack.name) from unknown
    return told_drift(found)


def told_drift(found: FoundDrift) -> dict[str, Json]:
    """One resource against the cloud, as ROS tells it."""
    told: dict[str, Json] = {
        "StackId": plain_id(found.stack_id),
        "LogicalResourceId": found.logical_id,
        "PhysicalResourceId": found.physical_id,
        "ResourceType": found.type_name,
        "ResourceDriftStatus": _WORDS[found.status],
        "DriftDetectionTime": moment(found.at),
        "PropertyDifferences": [_difference(one) for one in found.differences],
    }
    if found.expected or found.status is ResourceDriftStatus.IN_SYNC:
        told["ExpectedProperties"] = _as_json(found.expected)
        told["ActualProperties"] = _as_json(found.actual)
    return told


def _difference(one: FoundDifference) -> dict[str, Json]:
    return {
        "PropertyPath": one.path,
        "DifferenceType": one.kind,
        "ExpectedValue": _as_text(one.expected),
        "ActualValue": _as_text(one.actual),
    }


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "DetectStackDrift": Row(
            detect_stack_drift,
            (REGION, STACK_ID, TOKEN, texts("LogicalResourceId")),
            Role.OPERATOR,
            is_once=True,
        ),
        "GetStackDriftDetectionStatus": Row(
            get_stack_drift_detection_status,
            (REGION, text("DriftDetectionId", needed=True, longest=64)),
        ),
        "ListStackResourceDrifts": Row(
            list_stack_resource_drifts,
            (
                REGION,
                STACK_ID,
                integer("MaxResults", 1, _MOST),
                text("NextToken", longest=1_024),
                texts("ResourceDriftStatus", *sorted(set(_WORDS.values()))),
            ),
        ),
        "DetectStackResourceDrift": Row(
            detect_stack_resource_drift,
            (REGION, STACK_ID, TOKEN, text("LogicalResourceId", needed=True, longest=255)),
            Role.OPERATOR,
            is_once=True,
        ),
    }
)
"""The actions of drift, by name."""
