"""cell_of: where one resource stands, as a cell of the matrix: region, source, status and cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.control.requests import ResourceView
from imageferry.model.detections import FoundDrift
from imageferry.model.drift import ResourceDriftStatus
from imageferry.model.families import FAMILY_TYPE
from imageferry.model.matrix import CellStatus, LineKind, MatrixCell
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value, mask
from imageferry.ports.types import Catalog, ResourceType

LONGEST_CAUSE: Final = 300
_NOT_BEGUN: Final = "the operation ended before it was begun"
_IMAGE_IDS: Final = ("ImageId", "Id")
"""The attributes by which types tell the id of their image; what they have as a physical id may be
another one, which stays when the image is replaced."""


class Placed(NamedTuple):
    """A cell, the kind of line that it belongs to (None where it is no image), and that line's key."""

    cell: MatrixCell
    kind: LineKind | None = None
    key: tuple[str, ...] = ()


class _Aim(NamedTuple):
    """What a resource is about, whatever its status: where it is, and what it carries."""

    region: str
    kind: LineKind | None = None
    key: tuple[str, ...] = ()
    source_id: str = ""
    source_region: str = ""
    name: str = ""


def cell_of(
    stack: Stack,
    view: ResourceView,
    catalog: Catalog,
    drift: FoundDrift | None = None,
    *,
    is_open: bool = False,
) -> Placed:
    """Where a resource of a stack stands. `is_open`: an operation holds the stack.

    `drift` is what the last comparison of the resource found.
    """
    resource = view.resource
    found = catalog.find(resource.type_name)
    aim = _aim(stack, resource, found)
    status, cause = _standing(view, drift, is_open)
    step = view.progress if view.elapsed is not None else None
    cell = MatrixCell(
        status,
        aim.region,
        stack.stack_id,
        str(resource.address),
        resource.type_name,
        image_of(resource),
        aim.name,
        aim.source_id,
        aim.source_region,
        None if step is None else step.percent,
        None if step is None else step.remaining,
        view.elapsed,
        None if step is None else step.queue,
        "" if step is None else step.says,
        cause,
        resource.updated_at,
    )
    return Placed(cell, aim.kind, aim.key)


def image_of(resource: Resource) -> str:
    """The id of the image that a resource stands for, or what else it has for an id; may be empty."""
    for name in _IMAGE_IDS:
        said = resource.attributes.get(name)
        if isinstance(said, str) and said:
            return said
    return resource.physical_id or ""


def region_of(
    catalog: Catalog, type_name: str, properties: Mapping[str, Value], stack: Stack
) -> str:
    """The region that a resource of a stack is in, or is to come to."""
    found = catalog.find(type_name)
    route = None if found is None else found.route(properties, stack.place.region)
    return route[1] if route is not None and route[1] else stack.place.region


def _aim(stack: Stack, resource: Resource, found: ResourceType | None) -> _Aim:
    home, address = stack.place.region, resource.address
    if resource.type_name == FAMILY_TYPE:
        # What was not begun has no attributes yet.
        said = {**resource.properties, **resource.attributes}
        family, region = (_text(said.get(name)) for name in ("ImageFamily", "RegionId"))
        return _Aim(region or home, LineKind.FAMILY, (family or str(address),), name=family)
    if found is None:
        return _Aim(home)
    freight = found.manifest(resource.properties, home)
    if freight is not None:
        is_copy = bool(freight.source_id or freight.source_region)
        key = (freight.source_region, freight.source_id) if freight.source_id else ()
        return _Aim(
            freight.region or home,
            LineKind.IMAGE if is_copy else LineKind.MADE,
            key or ("", address.logical_id),
            freight.source_id,
            freight.source_region,
            freight.name,
        )
    route = found.route(resource.properties, home)
    if route is not None:
        return _Aim(route[1] or home, LineKind.OTHER, (address.logical_id,), "", route[0])
    return _Aim(_text(resource.properties.get("RegionId")) or home)


def _text(value: Value) -> str:
    shown = mask(value)
    return shown if isinstance(shown, str) else ""


def _standing(
    view: ResourceView, drift: FoundDrift | None, is_open: bool
) -> tuple[CellStatus, str]:
    resource = view.resource
    match resource.status:
        case ResourceStatus.NOT_STARTED:
            return (CellStatus.WAITING, "") if is_open else (CellStatus.MISSING, _NOT_BEGUN)
        case ResourceStatus.CREATING:
            return _moving(view.progress, CellStatus.COPYING), ""
        case ResourceStatus.UPDATING:
            return _moving(view.progress, CellStatus.CHANGING), ""
        case ResourceStatus.DELETING:
            return CellStatus.DELETING, ""
        case (
            ResourceStatus.CREATE_FAILED
            | ResourceStatus.UPDATE_FAILED
            | ResourceStatus.DELETE_FAILED
        ):
            return CellStatus.FAILED, one_line(resource.status_reason)
        case ResourceStatus.CREATED | ResourceStatus.UPDATED:
            return _compared(resource, drift)
        case ResourceStatus.DELETED | ResourceStatus.RETAINED:
            return CellStatus.MISSING, one_line(resource.status_reason)


def _moving(step: StepProgress | None, status: CellStatus) -> CellStatus:
    return CellStatus.QUEUED if step is not None and step.queue is not None else status


def _compared(resource: Resource, drift: FoundDrift | None) -> tuple[CellStatus, str]:
    # What was changed since was compared as something else.
    if drift is None or drift.at < resource.updated_at:
        return CellStatus.THERE, ""
    match drift.status:
        case ResourceDriftStatus.DELETED:
            return CellStatus.MISSING, one_line(drift.reason) or "it is gone from the cloud"
        case ResourceDriftStatus.MODIFIED:
            paths = ", ".join(one.path.removeprefix("/") for one in drift.differences)
            return CellStatus.DRIFTED, one_line(f"changed in the cloud: {paths}")
        case (
            ResourceDriftStatus.IN_SYNC
            | ResourceDriftStatus.NOT_CHECKED
            | ResourceDriftStatus.UNKNOWN
        ):
            return CellStatus.THERE, ""


def one_line(text: str) -> str:
    """A reason as one line that is not too long for a page."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CAUSE else f"{line[: LONGEST_CAUSE - 1]}…"
