"""ListStackResources, GetStackResource: the resources of a stack as they stand this moment."""

from __future__ import annotations

from imageferry.api.ros.asked import Asked, Reply, stack_of
from imageferry.api.ros.errors import resource_not_found
from imageferry.api.ros.names import (
    LANGUAGE,
    moment,
    plain_id,
    resource_word,
    shown_value,
)
from imageferry.api.ros.reasons import resource_reason
from imageferry.api.ros.stacks import template_beside
from imageferry.control.detections import drifts_found
from imageferry.control.requests import StackView
from imageferry.model.detections import FoundDrift
from imageferry.model.drift import RESOURCE_DRIFT_WORDS
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json


async def list_resources(asked: Asked) -> Reply:
    """ListStackResources: all of them at once, those that are not begun yet too."""
    stack, view, drifts = await _looked(asked)
    resources: list[Json] = [
        _reply(stack, one.resource, drifts.get(str(one.resource.address))) for one in view.resources
    ]
    return {"Resources": resources}


async def get_resource(asked: Asked) -> Reply:
    """GetStackResource: one of them, with its attributes where they are asked for."""
    stack, view, drifts = await _looked(asked)
    name = asked.given.text("LogicalResourceId")
    found = next(
        (one.resource for one in view.resources if str(one.resource.address) == name), None
    )
    if found is None:
        raise resource_not_found(name, plain_id(stack.stack_id))
    reply = _reply(stack, found, drifts.get(name))
    reply |= {"Description": "", "Metadata": await _metadata(asked, stack, found)}
    wanted = asked.given.texts("ResourceAttributes")
    if wanted or asked.given.boolean("ShowResourceAttributes"):
        reply["ResourceAttributes"] = _attributes(found, wanted)
    return reply


async def _looked(asked: Asked) -> tuple[Stack, StackView, dict[str, FoundDrift]]:
    stack = await stack_of(asked)
    view = await asked.plane.view(stack.stack_id)
    drifts: dict[str, FoundDrift] = {}
    if stack.drift is not None and stack.status is not StackStatus.DELETED:
        drifts = {one.logical_id: one for one in await drifts_found(asked.desk, stack.stack_id)}
    return view.stack, view, drifts


def _reply(stack: Stack, resource: Resource, drift: FoundDrift | None) -> dict[str, Json]:
    reply: dict[str, Json] = {
        "LogicalResourceId": str(resource.address),
        "PhysicalResourceId": resource.physical_id or "",
        "ResourceType": resource.type_name,
        "StackId": plain_id(stack.stack_id),
        "StackName": stack.name,
        "Status": resource_word(resource.status),
        "StatusReason": resource_reason(
            resource.status_reason, str(resource.address), resource.type_name
        ),
        "CreateTime": moment(resource.created_at or stack.created_at),
        "UpdateTime": moment(resource.updated_at or stack.updated_at),
        "ResourceDriftStatus": "NOT_CHECKED",
    }
    if drift is not None:
        reply["ResourceDriftStatus"] = RESOURCE_DRIFT_WORDS[LANGUAGE][drift.status]
        reply["DriftDetectionTime"] = moment(drift.at)
    return reply


async def _metadata(asked: Asked, stack: Stack, resource: Resource) -> dict[str, Json]:
    """What the template writes beside the resource, where that is plain."""
    template = await template_beside(asked.desk, stack)
    definition = None if template is None else template.resources.get(resource.address.logical_id)
    if definition is None or not isinstance(definition.metadata, Literal):
        return {}
    shown = shown_value(definition.metadata.value)
    return dict(shown) if isinstance(shown, dict) else {}


def _attributes(resource: Resource, wanted: tuple[str, ...]) -> list[Json]:
    """The attributes named, or all; one that is not there has null (ROS reference, 2021)."""
    names = wanted or tuple(resource.attributes)
    return [
        {
            "ResourceAttributeKey": name,
            "ResourceAttributeValue": shown_value(resource.attributes.get(name)),
        }
        for name in names
    ]
