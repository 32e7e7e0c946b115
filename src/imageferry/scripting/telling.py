"""The core's values told as those that scripts are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from imageferry.control.requests import Planned, ResourceView, StackView
from imageferry.model.addresses import render_path
from imageferry.model.changes import ChangeSet, PropertyChange, ResourceChange
from imageferry.model.drift import StackDrift
from imageferry.model.events import Event
from imageferry.model.expressions import Literal
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.statuses import (
    RESOURCE_WORDS,
    STACK_WORDS,
    OperationStatus,
    ResourceStatus,
    StackStatus,
    StepStatus,
)
from imageferry.model.values import UNKNOWN, Value, mask
from imageferry.ports.types import Catalog
from imageferry.scripting.values import (
    DriftedProperty,
    DriftedResource,
    DriftReport,
    Ending,
    Failure,
    Plan,
    PlannedChange,
    PropertyPlan,
    RegionResult,
    ResourceReport,
    Result,
    StackEvent,
    StackReport,
)

_DONE = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})
_FAILED = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)
_ENDINGS = {
    OperationStatus.RUNNING: Ending.RUNNING,
    OperationStatus.PARKED: Ending.PARKED,
    OperationStatus.SUCCEEDED: Ending.SUCCEEDED,
    OperationStatus.FAILED: Ending.FAILED,
    OperationStatus.ROLLED_BACK: Ending.ROLLED_BACK,
    OperationStatus.ROLLBACK_FAILED: Ending.ROLLBACK_FAILED,
}


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def plan_of(planned: Planned, catalog: Catalog) -> Plan:
    """A change set as a plan."""
    change_set = planned.change_set
    return Plan(
        change_set.change_set_id,
        change_set.stack_name,
        change_set.stack_id,
        change_set.region,
        change_set.kind.value,
        tuple(_change(one, change_set, catalog) for one in change_set.changes),
        planned,
        change_set.warnings,
        planned.is_current,
    )


def _change(change: ResourceChange, change_set: ChangeSet, catalog: Catalog) -> PlannedChange:
    properties: dict[str, Value] = {}
    if change.wanted is not None:
        properties = {
            name: part.value if isinstance(part, Literal) else UNKNOWN
            for name, part in change.wanted.properties.items()
        }
    source, destination = _route(catalog, change.type_name, properties, change_set.region)
    return PlannedChange(
        str(change.address),
        change.type_name,
        change.action,
        change.replacement.value,
        change.physical_id,
        source,
        destination,
        tuple(_property(one) for one in change.properties),
        change.blocked,
    )


def _property(one: PropertyChange) -> PropertyPlan:
    return PropertyPlan(
        render_path(one.path), mask(one.before), mask(one.after), one.requires_replacement.value
    )


def _route(
    catalog: Catalog, type_name: str, properties: Mapping[str, Value], region: str
) -> tuple[str, str]:
    found = catalog.find(type_name)
    route = None if found is None else found.route(properties, region)
    return route if route is not None else ("", "")


def report_of(view: StackView, catalog: Catalog) -> StackReport:
    """A stack as scripts see it."""
    stack = view.stack
    return StackReport(
        stack.stack_id,
        stack.name,
        stack.place.cloud,
        stack.place.account_id,
        stack.place.region,
        stack.dialect,
        STACK_WORDS[stack.dialect][stack.status],
        stack.status_reason,
        view.operation is not None and view.operation.status.is_open,
        {name: mask(value) for name, value in stack.outputs.items()},
        {name: mask(value) for name, value in stack.parameters.items()},
        tuple(_resource(one, view, catalog) for one in view.resources),
        moment(stack.created_at),
        moment(stack.updated_at),
        stack.operation_id,
    )


def _resource(one: ResourceView, view: StackView, catalog: Catalog) -> ResourceReport:
    resource, stack = one.resource, view.stack
    _, region = _route(catalog, resource.type_name, resource.properties, stack.place.region)
    step = one.progress
    is_done = resource.status in _DONE
    return ResourceReport(
        str(resource.address),
        resource.type_name,
        resource.physical_id,
        RESOURCE_WORDS[stack.dialect][resource.status],
        resource.status_reason,
        region or stack.place.region,
        is_done,
        resource.status in _FAILED,
        {name: mask(value) for name, value in resource.attributes.items()},
        step.percent if step is not None else 100 if is_done else None,
        None if step is None else step.remaining,
        "" if step is None else step.says,
    )


def event_of(event: Event, dialect: str) -> StackEvent:
    """An event as scripts see it."""
    match event.status:
        case StackStatus():
            word = STACK_WORDS[dialect][event.status]
        case ResourceStatus():
            word = RESOURCE_WORDS[dialect][event.status]
    return StackEvent(
        event.sequence,
        moment(event.time),
        event.address,
        event.type_name,
        word,
        event.reason,
        event.physical_id,
    )


def result_of(
    view: StackView, operation: Operation, records: Sequence[StepRecord], catalog: Catalog
) -> Result:
    """What an operation has come to."""
    report = report_of(view, catalog)
    failures = tuple(
        Failure(str(one.address), one.error_code, one.reason, one.request_id)
        for one in records
        if one.phase == 0 and one.status is StepStatus.FAILED
    )
    return Result(
        operation.operation_id,
        _ENDINGS[operation.status],
        operation.reason,
        report,
        _by_region(report.resources),
        failures,
    )


def _by_region(resources: Sequence[ResourceReport]) -> dict[str, RegionResult]:
    regions = dict.fromkeys(one.region for one in resources)
    return {
        region: RegionResult(
            region,
            tuple(one.logical_id for one in resources if one.region == region and one.is_done),
            tuple(one.logical_id for one in resources if one.region == region and one.has_failed),
            tuple(
                one.logical_id
                for one in resources
                if one.region == region and not one.is_done and not one.has_failed
            ),
        )
        for region in regions
    }


def drift_of(drift: StackDrift) -> DriftReport:
    """A comparison with the cloud as scripts see it."""
    return DriftReport(
        drift.status.value,
        moment(drift.checked_at),
        tuple(
            DriftedResource(
                str(one.address),
                one.physical_id,
                one.status.value,
                tuple(
                    DriftedProperty(
                        render_path(entry.path),
                        entry.kind.value,
                        mask(entry.wanted),
                        mask(entry.actual),
                    )
                    for entry in one.differences
                ),
                one.reason,
            )
            for one in drift.resources
        ),
    )
