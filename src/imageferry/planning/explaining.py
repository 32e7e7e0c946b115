"""Symptoms that another resource of the same stack accounts for, or sets back; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.model.drift import Difference, ResourceDrift, ResourceDriftStatus
from imageferry.model.schemas import AttributeSchema
from imageferry.model.stacks import Resource
from imageferry.model.values import Value
from imageferry.ports.types import Catalog


class Cause(NamedTuple):
    """What a thing looks like because a resource of the stack wants it so."""

    thing_id: str
    symptom: str
    actual: str


def causes(resources: Iterable[Resource], catalog: Catalog) -> Mapping[Cause, str]:
    """Every symptom that recorded resources account for, with the address of the one that does."""
    return _named(resources, catalog, lambda attribute: attribute.explains)


def cures(resources: Iterable[Resource], catalog: Catalog) -> Mapping[Cause, str]:
    """Every symptom that an update of recorded resources sets back, with the address of the one."""
    return _named(resources, catalog, lambda attribute: attribute.restores)


def _named(
    resources: Iterable[Resource], catalog: Catalog, says: Callable[[AttributeSchema], str]
) -> Mapping[Cause, str]:
    found: dict[Cause, str] = {}
    for resource in resources:
        known = catalog.find(resource.type_name)
        for name, attribute in known.schema.attributes.items() if known else ():
            symptom, _, actual = says(attribute).partition(": ")
            if not actual:
                continue
            for thing_id in _ids(resource.attributes.get(name)):
                found[Cause(thing_id, symptom, actual)] = str(resource.address)
    return found


def _ids(value: Value) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def explained(
    drift: ResourceDrift, resource: Resource, found: Mapping[Cause, str]
) -> ResourceDrift:
    """The drift without what another resource accounts for; `reason` says which one does."""
    told, rest = [], []
    for one in drift.differences:
        by = None if one.is_property else cause_of(one, resource, found)
        if by is None:
            rest.append(one)
        else:
            told.append(f'{one.actual} by "{by}"')
    if not told:
        return drift
    return replace(
        drift,
        status=drift.status if rest else ResourceDriftStatus.IN_SYNC,
        differences=tuple(rest),
        reason="; ".join(filter(None, (drift.reason, *told))),
    )


def cause_of(difference: Difference, resource: Resource, found: Mapping[Cause, str]) -> str | None:
    """The address that is found for a symptom of a resource's thing."""
    things = [resource.physical_id, *resource.attributes.values()]
    symptom, actual = str(difference.path[0]), str(difference.actual)
    addresses = (
        found.get(Cause(thing, symptom, actual)) for thing in things if isinstance(thing, str)
    )
    return next(filter(None, addresses), None)
