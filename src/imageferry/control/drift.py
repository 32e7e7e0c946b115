"""Drift: every resource of a stack against the cloud; nothing is changed but what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.control.desk import Desk
from imageferry.control.looks import recorded_look
from imageferry.control.requests import OperationHolds, ResourceUnknown, StackNotFound
from imageferry.engine.asking import ask
from imageferry.model.drift import (
    Difference,
    DifferenceKind,
    ResourceDrift,
    ResourceDriftStatus,
    StackDrift,
    stack_drift_status,
)
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    Pending,
)
from imageferry.model.hiding import hidden_texts
from imageferry.model.schemas import ResourceSchema
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import Secret, Value, holds_secret
from imageferry.planning.drifting import compare
from imageferry.planning.explaining import causes, explained
from imageferry.ports.types import why_missing

WHOLE: Final = frozenset(
    {ResourceStatus.CREATED, ResourceStatus.UPDATED, ResourceStatus.UPDATE_FAILED}
)
"""What can be compared; of the others nobody has said what they are."""


async def detect_drift(desk: Desk, stack: Stack, logical_ids: Collection[str] = ()) -> StackDrift:
    """Compare a stack with the cloud: all of it, or the resources (`Name`, `Name[0]`) that are named.

    A stack that is being changed is not compared: raises OperationHolds. Raises ResourceUnknown for
    a name that the stack does not have, and StackNotFound for a deleted stack. What was found of a
    whole stack is kept with it.
    """
    chosen = await recorded(desk, stack, logical_ids)
    drift = await compare_resources(desk, stack, chosen)
    if not logical_ids:
        await desk.store.save_drift(stack.stack_id, drift.mark)
    return drift


async def recorded(desk: Desk, stack: Stack, logical_ids: Collection[str]) -> list[Resource]:
    """The resources of a stack that nobody is changing: all, or those named.

    Raises OperationHolds, ResourceUnknown and StackNotFound as `detect_drift` does.
    """
    if stack.status is StackStatus.DELETED:
        raise StackNotFound(f'the stack "{stack.name}" is deleted')
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is not None and operation.status.is_open:
        raise OperationHolds(operation, stack)
    resources = await desk.store.resources(stack.stack_id)
    return _chosen(list(resources.values()), logical_ids, stack)


async def compare_resources(desk: Desk, stack: Stack, resources: Sequence[Resource]) -> StackDrift:
    """Look at recorded resources, all at once: looks of one region go out together."""
    installation = await desk.store.installation()
    found = await asyncio.gather(
        *(_compare(desk, stack, resource, installation) for resource in resources)
    )
    if any(not one.is_property for drift in found for one in drift.differences):
        everything = await desk.store.resources(stack.stack_id)
        known = causes(everything.values(), desk.catalog)
        found = [explained(*pair, known) for pair in zip(found, resources, strict=True)]
    return StackDrift(stack_drift_status(tuple(found)), desk.clock.now(), tuple(found))


async def drifts_of(
    desk: Desk, stack: Stack, resources: Mapping[str, Resource]
) -> tuple[ResourceDrift, ...]:
    """What has drifted, or could not be looked at, of recorded resources by address."""
    drift = await compare_resources(desk, stack, list(resources.values()))
    calm = {ResourceDriftStatus.IN_SYNC, ResourceDriftStatus.NOT_CHECKED}
    return tuple(one for one in drift.resources if one.status not in calm)


def gone_from(drifts: Sequence[ResourceDrift]) -> frozenset[str]:
    """The addresses of what the cloud does not have any longer."""
    return frozenset(
        str(one.address) for one in drifts if one.status is ResourceDriftStatus.DELETED
    )


def _chosen(
    resources: Sequence[Resource], logical_ids: Collection[str], stack: Stack
) -> list[Resource]:
    if not logical_ids:
        return list(resources)
    known = {str(one.address) for one in resources} | {one.address.logical_id for one in resources}
    unknown = [name for name in logical_ids if name not in known]
    if unknown:
        remedies = [did_you_mean(name, sorted(known)) for name in unknown]
        raise ResourceUnknown(stack, unknown, next(filter(None, remedies), ""))
    return [
        one
        for one in resources
        if str(one.address) in logical_ids or one.address.logical_id in logical_ids
    ]


async def _compare(
    desk: Desk, stack: Stack, resource: Resource, installation: str
) -> ResourceDrift:
    found = desk.catalog.find(resource.type_name)
    if found is None:
        return _unchecked(resource, why_missing(desk.catalog, resource.type_name))
    if found.schema.reads_only:
        return _unchecked(resource, f"{resource.type_name} makes nothing that could drift")
    if resource.status not in WHOLE:
        return _unchecked(resource, f"it is {resource.status.value}")
    hidden = hidden_texts(resource.properties.values(), stack.parameters.values())
    outcome = await ask(found.handler, recorded_look(desk, stack, resource, installation), hidden)
    match outcome:
        case Done():
            return _compared(found.schema, resource, outcome)
        case Failed(code=ErrorCode.NOT_FOUND):
            return ResourceDrift(
                resource.address,
                resource.type_name,
                resource.physical_id,
                ResourceDriftStatus.DELETED,
                reason=outcome.message,
            )
        case Failed():
            unknown = _unchecked(resource, outcome.message, ResourceDriftStatus.UNKNOWN)
            return replace(unknown, error_code=outcome.code.value)
        case Pending():
            return _unchecked(resource, outcome.status_says, ResourceDriftStatus.UNKNOWN)


def _unchecked(
    resource: Resource,
    reason: str,
    status: ResourceDriftStatus = ResourceDriftStatus.NOT_CHECKED,
) -> ResourceDrift:
    return ResourceDrift(
        resource.address, resource.type_name, resource.physical_id, status, reason=reason
    )


def _compared(schema: ResourceSchema, resource: Resource, seen: Done) -> ResourceDrift:
    if seen.observed is None:
        return _unchecked(resource, f"{resource.type_name} tells nothing of its properties")
    differences = compare(schema, resource.properties, seen.observed)
    wrong = tuple(
        Difference(
            (one.name,),
            DifferenceKind.NOT_EQUAL,
            one.healthy,
            one.actual,
            is_property=False,
            mended_by=one.mended_by,
        )
        for one in seen.symptoms
    )
    mended_by = (one.mended_by for one in seen.symptoms if one.mended_by in seen.observed)
    differing = dict.fromkeys((*(str(one.path[0]) for one in differences), *mended_by))
    return ResourceDrift(
        resource.address,
        resource.type_name,
        resource.physical_id,
        ResourceDriftStatus.MODIFIED if differences or wrong else ResourceDriftStatus.IN_SYNC,
        (*differences, *wrong),
        {name: _hidden_like(resource, name, seen.observed[name]) for name in differing},
        tuple(one for one in resource.leftovers if one not in seen.leftovers),
    )


def _hidden_like(resource: Resource, name: str, value: Value) -> Value:
    """The value of a property that is a secret in the record: a secret as well."""
    return Secret(value) if holds_secret(resource.properties.get(name)) else value
