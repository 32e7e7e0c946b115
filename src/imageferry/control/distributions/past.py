"""Past: what a distribution's stack has of former versions, from its template and its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from imageferry.control.desk import Desk
from imageferry.control.distributions.documents import (
    COPY_TYPE,
    read_copy,
    read_distribution,
    strangers_in,
)
from imageferry.control.distributions.versions import (
    Copy,
    Distribution,
    Version,
    day_of,
    regions_of,
)
from imageferry.control.distributions.wishes import DistributionRefused
from imageferry.model.diagnostics import error
from imageferry.model.families import FamilyRecord, family_record
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value


@dataclass(frozen=True, slots=True)
class Held:
    """A copy that exists, its id in its region, and why it is kept where it might have gone."""

    copy: Copy
    thing_id: str
    reasons: tuple[str, ...] = ()


class Past(NamedTuple):
    """What the stack has: `held` copies by logical id, of which `doomed` are half deleted.

    `families` are by region, `pointers` the parameters that say what launches from each.
    """

    versions: tuple[Version, ...] = ()
    held: Mapping[str, Held] = {}
    doomed: frozenset[str] = frozenset()
    accounts: tuple[str, ...] = ()
    newest: str = ""
    family: str = ""
    families: Mapping[str, FamilyRecord] = {}
    pointers: Mapping[str, Value] = {}


async def past_of(desk: Desk, stack: Stack) -> Past:
    """What the stack has of former versions; raises DistributionRefused where it is another's."""
    former = read_distribution(stack.template)
    resources = await desk.store.resources(stack.stack_id)
    if former is None:
        if not resources and not stack.template:
            return Past()
        raise DistributionRefused(
            [
                error(
                    "IF964",
                    f'the stack "{stack.name}" was not made by distribute',
                    why="its template is somebody's own, and would be written over",
                    remedy="give another name with --stack",
                )
            ]
        )
    if strangers := strangers_in(stack.template):
        raise DistributionRefused(
            [
                error(
                    "IF964",
                    f'the stack "{stack.name}" has resources that distribute did not write:'
                    f" {', '.join(strangers)}",
                    why="its template is written anew, and they would be deleted",
                    remedy="move them into a stack of their own",
                )
            ]
        )
    copies = {one.logical_id: one for one in former.copies}
    doomed = set()
    for key, resource in resources.items():
        if resource.type_name != COPY_TYPE:
            continue
        # What was to go when an update failed is in no template any longer, and there all the same.
        copies.setdefault(key, read_copy(key, resource.properties))
        if resource.status is ResourceStatus.DELETE_FAILED:
            doomed.add(key)
    held = {
        key: Held(copy, str(found.physical_id))
        for key, copy in copies.items()
        if (found := resources.get(key)) is not None and _is_there(found)
    }
    records = [family_record(stack, resource) for resource in resources.values()]
    return Past(
        _versions(former, held),
        held,
        frozenset(doomed) & held.keys(),
        former.accounts,
        former.newest.image_id,
        former.family,
        {one.region: one for one in records if one is not None},
        stack.parameters,
    )


def _is_there(resource: Resource) -> bool:
    is_kept = resource.status.is_whole or resource.status is ResourceStatus.DELETE_FAILED
    return is_kept and resource.physical_id is not None


def _versions(former: Distribution, held: Mapping[str, Held]) -> tuple[Version, ...]:
    """The versions of the template, before them those that are known by what is left of them."""
    known = {one.image_id for one in former.versions}
    older: dict[str, Version] = {}
    for key, one in held.items():
        image_id = one.copy.image_id
        if image_id not in known:
            older[image_id] = Version(image_id, one.copy.name, day_of(key) or 0.0)
    return (*sorted(older.values(), key=lambda one: one.created_at), *former.versions)


def regions_held(held: Mapping[str, Held]) -> tuple[str, ...]:
    """The regions of copies that exist, each once."""
    return regions_of([one.copy for one in held.values()])
