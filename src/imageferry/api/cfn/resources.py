"""Resources of a stack as they stand this moment, in the three forms that the API has for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.finding import IN_QUOTES, WITH_ID, find_living, find_stack, no_stack
from imageferry.api.cfn.names import LANGUAGE, resource_word, stack_arn
from imageferry.api.cfn.paging import page_of
from imageferry.api.cfn.submitting import summary_of
from imageferry.control.bygones import resources_gone
from imageferry.control.detections import drifts_found
from imageferry.model.detections import FoundDrift
from imageferry.model.drift import RESOURCE_DRIFT_WORDS
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import mask

_PAGE: Final = 100
_MOST: Final = 100
"""CloudFormation API reference, DescribeStackResources: only so many are described."""


async def describe_resources(ask: Ask) -> Reply:
    """The first hundred resources of a stack, or of whichever stack has a physical id."""
    stack = await _stack_of(ask)
    logical_id, physical_id = ask.text("LogicalResourceId"), ask.text("PhysicalResourceId")
    resources = [
        one
        for one in await _standing(ask, stack)
        if not logical_id or str(one.address) == logical_id
    ]
    if logical_id and not resources:
        raise _no_resource(logical_id, stack)
    if physical_id and not ask.text("StackName"):
        resources = [one for one in resources if one.physical_id == physical_id] or resources
    drifts = await _drifts(ask, stack)
    return {
        "StackResources": [
            {
                "StackName": stack.name,
                "StackId": stack_arn(stack),
                **_shape(one, stack, drifts, "Timestamp"),
            }
            for one in resources[:_MOST]
        ]
    }


async def _stack_of(ask: Ask) -> Stack:
    """The stack that is named, or the one that has a resource with a physical id."""
    name, physical_id = ask.text("StackName"), ask.text("PhysicalResourceId")
    if name and physical_id:
        raise refused("Either StackName or PhysicalResourceId can be specified, not both.")
    if name:
        return await find_stack(ask, name, WITH_ID)
    if not physical_id:
        raise refused("Either StackName or PhysicalResourceId must be specified.")
    store = ask.plane.desk.store
    held_by = await store.holder_of(replace(ask.plane.place, region=ask.region), physical_id)
    found = None if held_by is None else await store.stack(held_by)
    if found is not None:
        return found
    raise refused(f"Stack for {physical_id} does not exist")


async def describe_resource(ask: Ask) -> Reply:
    """One resource, with its metadata as the template has it."""
    stack = await find_stack(ask, ask.text("StackName"), IN_QUOTES)
    logical_id = ask.text("LogicalResourceId")
    found = [one for one in await _standing(ask, stack) if str(one.address) == logical_id]
    if not found:
        raise _no_resource(logical_id, stack)
    detail = _shape(found[0], stack, await _drifts(ask, stack), "LastUpdatedTimestamp")
    return {
        "StackResourceDetail": {
            "StackName": stack.name,
            "StackId": stack_arn(stack),
            "Metadata": await _metadata(ask, stack, found[0]),
            **detail,
        }
    }


async def list_resources(ask: Ask) -> Reply:
    """Every resource of a stack, in pages."""
    name = ask.text("StackName")
    stack = await find_stack(ask, name, WITH_ID)
    drifts = await _drifts(ask, stack)
    shown, token = page_of(ask, await _standing(ask, stack), _PAGE)
    return {
        "StackResourceSummaries": [
            _shape(one, stack, drifts, "LastUpdatedTimestamp") for one in shown
        ],
        "NextToken": token,
    }


async def signal_resource(ask: Ask) -> Reply:
    """Refused: no type that is installed waits for a signal."""
    name, logical_id = ask.text("StackName"), ask.text("LogicalResourceId")
    stack = await find_living(ask, name, WITH_ID)
    found = [one for one in await _standing(ask, stack) if str(one.address) == logical_id]
    if not found:
        raise _no_resource(logical_id, stack)
    raise refused(
        f"Resource {logical_id} is of the type {found[0].type_name}, which waits for no signal."
    )


def _no_resource(logical_id: str, stack: Stack) -> Exception:
    return no_stack(stack.name, f"Resource {logical_id} does not exist for stack {{}}")


async def _standing(ask: Ask, stack: Stack) -> Sequence[Resource]:
    """The resources that were begun at least; those of a deleted stack as its events tell of them."""
    if stack.status is StackStatus.DELETED:
        return await resources_gone(ask.plane.desk.store, stack.stack_id)
    view = await ask.plane.view(stack.stack_id)
    return [
        one.resource
        for one in view.resources
        if one.resource.status is not ResourceStatus.NOT_STARTED
    ]


async def _drifts(ask: Ask, stack: Stack) -> Mapping[str, FoundDrift]:
    if ask.plane.desk.documents is None:
        return {}
    return {one.logical_id: one for one in await drifts_found(ask.plane.desk, stack.stack_id)}


def _shape(
    one: Resource, stack: Stack, drifts: Mapping[str, FoundDrift], when: str
) -> Mapping[str, Any]:
    """What all three forms have; `when` is what they call the time."""
    drift = drifts.get(str(one.address))
    return {
        "LogicalResourceId": str(one.address),
        "PhysicalResourceId": one.physical_id,
        "ResourceType": one.type_name,
        when: one.updated_at or one.created_at or stack.updated_at,
        "ResourceStatus": resource_word(one.status),
        "ResourceStatusReason": one.status_reason or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"}
        if drift is None
        else {
            "StackResourceDriftStatus": RESOURCE_DRIFT_WORDS[LANGUAGE][drift.status],
            "LastCheckTimestamp": drift.at,
        },
    }


async def _metadata(ask: Ask, stack: Stack, one: Resource) -> str | None:
    """The metadata of a resource as JSON, where no function stands in it."""
    summary = await summary_of(ask, stack)
    definition = None if summary is None else summary.template.resources.get(one.address.logical_id)
    if definition is None or not isinstance(definition.metadata, Literal):
        return None
    return json.dumps(mask(definition.metadata.value), ensure_ascii=False)
