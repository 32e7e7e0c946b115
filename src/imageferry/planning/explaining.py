"""Symptoms that another resource of the same stack accounts for: they are no drift; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.model.drift import Difference, ResourceDrift, ResourceDriftStatus
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
    found: dict[Cause, str] = {}
    for resource in resources:
        known = catalog.find(resource.type_name)
        for name, attribute in known.schema.attributes.items() if known else ():
            symptom, _, actual = attribute.explains.partition(": ")
            if not actual:
                continue
            for thing_id in _ids(resource.attributes.get(name)):
                found[Cause(thing_id, symptom, actual)] = str(resource.address)
    return found


def _ids(value: Value) -> Iterable[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def explained(
    drift: ResourceDrift, resource: Resource, found: Mapping[Cause, str]
) -> ResourceDrift:
    """The drift without what another resource accounts for; `reason` says which one does."""
    things = [resource.physical_id, *resource.attributes.values()]
    told, rest = [], []
    for one in drift.differences:
        by = None if one.is_property else _cause(one, things, found)
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


def _cause(
    difference: Difference, things: Iterable[Value], found: Mapping[Cause, str]
) -> str | None:
    """The resource that accounts for a symptom of one of these things."""
    symptom, actual = str(difference.path[0]), str(difference.actual)
    addresses = (
        found.get(Cause(thing, symptom, actual)) for thing in things if isinstance(thing, str)
    )
    return next(filter(None, addresses), None)
