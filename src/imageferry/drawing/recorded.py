"""The resources of a stack, as recorded, turned into boxes, arrows, places and ways of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.drawing.maps import MapPlace
from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import StatusClass, gravest
from imageferry.drawing.routes import MapRoute
from imageferry.drawing.standings import standing
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import Resource
from imageferry.model.statuses import RESOURCE_WORDS
from imageferry.model.values import Value

_SOURCE: Final = "SourceRegionId"
_DESTINATION: Final = "DestinationRegionId"


def ends_of(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """From which region to which a resource carries something; None where it carries nothing.

    The end that its properties leave out is the stack's own region; one that is not known yet, or
    is secret, leaves nothing to be shown.
    """
    if _SOURCE not in properties and _DESTINATION not in properties:
        return None
    source, destination = (properties.get(name) or region for name in (_SOURCE, _DESTINATION))
    if not isinstance(source, str) or not isinstance(destination, str):
        return None
    return source, destination


def node_of(
    resource: Resource,
    region: str,
    dialect: str,
    progress: StepProgress | None = None,
    *,
    href: str = "",
    is_worked_on: bool = True,
) -> Node:
    """The box of a resource; `dialect` says in whose words its status is told.

    `is_worked_on` is False where the stack has no open operation.
    """
    ends = ends_of(resource.properties, region)
    return Node(
        key=str(resource.address),
        label=str(resource.address),
        kind=resource.type_name,
        status_class=_class_of(resource, progress, is_worked_on=is_worked_on),
        status_text=_words(resource, dialect, progress),
        note=f"{ends[0]} → {ends[1]}" if ends else "",
        href=href,
        percent=progress.percent if progress is not None else None,
    )


def edges_of(resources: Iterable[Resource]) -> list[Edge]:
    """What comes before what: an arrow from each resource to those that need it."""
    return [
        Edge(str(needed), str(resource.address))
        for resource in resources
        for needed in resource.depends_on
    ]


def route_of(
    resource: Resource,
    region: str,
    dialect: str,
    progress: StepProgress | None = None,
    *,
    href: str = "",
    is_worked_on: bool = True,
) -> MapRoute | None:
    """The way of a resource on the map; None for what carries nothing from region to region."""
    ends = ends_of(resource.properties, region)
    if ends is None:
        return None
    said = _words(resource, dialect, progress)
    status = _class_of(resource, progress, is_worked_on=is_worked_on)
    percent = progress.percent if progress is not None else None
    told = [f"{resource.address}: {ends[0]} → {ends[1]}", said, resource.status_reason]
    return MapRoute(
        key=str(resource.address),
        source=ends[0],
        destination=ends[1],
        percent=100.0 if status is StatusClass.DONE else percent,
        status_class=status,
        status_text=said,
        title="\n".join(part for part in told if part),
        href=href,
    )


def places_of(routes: Iterable[MapRoute]) -> list[MapPlace]:
    """Every region to which something is carried, with how many things and the gravest status."""
    counts: dict[str, Counter[StatusClass]] = {}
    for route in routes:
        counts.setdefault(route.destination, Counter())[route.status_class] += 1
    return [
        MapPlace(region, region, gravest(found), found.total()) for region, found in counts.items()
    ]


def _class_of(
    resource: Resource, progress: StepProgress | None, *, is_worked_on: bool
) -> StatusClass:
    queue = progress.queue if progress is not None else None
    return standing(resource.status, queue, is_worked_on=is_worked_on)


def _words(resource: Resource, dialect: str, progress: StepProgress | None) -> str:
    """The status in the words of the language, and how far it is."""
    word = RESOURCE_WORDS[dialect][resource.status]
    if progress is None:
        return word
    if progress.queue is not None:
        place, of = progress.queue
        return f"{word} ({place}/{of})"
    return word if progress.percent is None else f"{word} {progress.percent}%"
