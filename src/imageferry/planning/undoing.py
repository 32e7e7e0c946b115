"""The change set that brings a stack back from what it is to what it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import count

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    Replacement,
    ResourceChange,
    Wanted,
)
from imageferry.model.expressions import Literal
from imageferry.model.handlers import Context
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.planning.differences import differences, with_differences
from imageferry.planning.readings import needs_restoring, restored
from imageferry.ports.types import Catalog

_TOUCHED = {
    ResourceStatus.UPDATED,
    ResourceStatus.UPDATING,
    ResourceStatus.UPDATE_FAILED,
}

_REMNANTS = {ResourceStatus.CREATE_FAILED, ResourceStatus.DELETE_FAILED}
"""What nobody could rely on before either: once it is gone it is not made again."""


def keeps_old(wanted: Wanted, resource: Resource, kind: ChangeKind) -> bool:
    """True where what is replaced stays in the cloud.

    What was never whole is nothing to be kept, and what a rollback takes back neither.
    """
    return (
        wanted.replacement_policy == "Retain"
        and kind is not ChangeKind.ROLLBACK
        and resource.status.is_whole
    )


def set_aside(
    change_set: ChangeSet, former: Mapping[str, Resource], current: Mapping[str, Resource]
) -> dict[str, Resource]:
    """What replacements have left in the cloud under their policy, by its former address text.

    Each is given an address that is free, from which a rollback takes it back.
    """
    kept: dict[str, Resource] = {}
    taken = {*former, *current}
    for change in change_set.changes:
        before = former.get(str(change.moved_from or change.address))
        now = current.get(str(change.address))
        if change.action is not Action.REPLACE or not change.repairs or change.wanted is None:
            continue
        if before is None or now is None or now.generation == before.generation:
            continue
        if keeps_old(change.wanted, before, change_set.kind):
            address = _free(before, taken)
            taken.add(str(address))
            kept[str(before.address)] = replace(before, address=address)
    return kept


def plan_undoing(
    change_set: ChangeSet,
    rollback_id: str,
    former: Mapping[str, Resource],
    current: Mapping[str, Resource],
    catalog: Catalog,
    now: float,
) -> ChangeSet:
    """A change set from `current` back to `former`: the former resources are what is wanted.

    Both are by address text. What the operation moved is moved back, what it created is deleted,
    what it changed is given its former properties; a remnant that it removed stays gone. What it took
    in is given back and not deleted. What `set_aside` gives must be among the resources that it is
    carried out on.
    """
    aside = set_aside(change_set, former, current)
    origins = _origins(change_set, former, current)
    origins |= {str(kept.address): key for key, kept in aside.items()}
    current = {**current, **{str(kept.address): kept for kept in aside.values()}}
    adopted = {
        str(change.address): change.adopts
        for change in change_set.changes
        if change.action is Action.ADOPT
    }
    return replace(
        change_set,
        change_set_id=rollback_id,
        kind=ChangeKind.ROLLBACK,
        changes=_ways_back(former, current, origins, adopted, catalog),
        outputs=(),
        warnings=(),
        replacement_allowed=True,
        created_at=now,
    )


def _ways_back(
    former: Mapping[str, Resource],
    current: Mapping[str, Resource],
    origins: Mapping[str, str | None],
    adopted: Mapping[str, Context | None],
    catalog: Catalog,
) -> tuple[ResourceChange, ...]:
    """The way back of each former resource, and the removal of what the operation made.

    All by address text: `origins` as `_origins` gives them, `adopted` what the operation took in.
    """
    place_of = {origin: key for key, origin in origins.items() if origin is not None}
    made = [key for key, origin in origins.items() if origin is None]
    changes: list[ResourceChange] = []
    claimed: set[str] = set()
    for key, resource in former.items():
        place = place_of.get(key)
        if place is not None and current[place].status is ResourceStatus.DELETING:
            # A deletion that was begun is a point of no return: it is finished first.
            changes.append(restored(_finished(resource, current[place]), resource, catalog))
        elif place is not None:
            changes.append(_restoration(resource, current[place], catalog))
        elif resource.status in _REMNANTS or key in adopted:
            # What an adoption took the place of was gone already.
            continue
        elif key in made:
            made.remove(key)
            changes.append(restored(_exchange(resource, current[key]), resource, catalog))
        else:
            changes.append(restored(_recreation(resource), resource, catalog))
        claimed.add(key)
    taken = claimed | set(current)
    for key in made:
        # What takes its address back must not meet there what came to it meanwhile.
        address = current[key].address if key not in claimed else _free(current[key], taken)
        taken.add(str(address))
        changes.append(_removal(current[key], address, adopted.get(key)))
    return tuple(changes)


def _origins(
    change_set: ChangeSet, former: Mapping[str, Resource], current: Mapping[str, Resource]
) -> dict[str, str | None]:
    """The former address of everything that is there now; None for what the operation made."""
    moved = {
        str(change.address): str(change.moved_from)
        for change in change_set.changes
        if change.moved_from is not None
    }
    left = set(moved.values())
    origins: dict[str, str | None] = {}
    for key, resource in current.items():
        origin = moved.get(key, None if key in left else key)
        before = None if origin is None else former.get(origin)
        is_same = before is not None and before.generation == resource.generation
        origins[key] = origin if is_same else None
    return origins


def _free(resource: Resource, taken: Collection[str]) -> ResourceAddress:
    """An address of the same definition that nothing has."""
    logical_id = resource.address.logical_id
    places = (ResourceAddress(logical_id, index) for index in count())
    return next(place for place in places if str(place) not in taken)


def _removal(
    made: Resource, address: ResourceAddress, adopted: Context | None = None
) -> ResourceChange:
    return ResourceChange(
        address,
        made.type_name,
        Action.DELETE,
        moved_from=None if address == made.address else made.address,
        retained=adopted is None
        and made.deletion_policy == "Retain"
        and made.status is ResourceStatus.CREATED,
        physical_id=made.physical_id,
        adopts=adopted,
    )


def _finished(former: Resource, current: Resource) -> ResourceChange:
    """What is being deleted goes; what was whole before is made again afterwards."""
    if former.status in _REMNANTS:
        return _removal(current, former.address)
    moved_from = None if current.address == former.address else current.address
    return replace(_exchange(former, current), moved_from=moved_from)


def _exchange(former: Resource, made: Resource) -> ResourceChange:
    """What took the place of a former resource goes first, then that one is made again."""
    return ResourceChange(
        former.address,
        former.type_name,
        Action.REPLACE,
        replacement=Replacement.YES,
        wanted=_restored(former),
        repairs=True,
        physical_id=made.physical_id,
    )


def _restored(resource: Resource) -> Wanted:
    return Wanted(
        resource.address,
        resource.type_name,
        {name: Literal(value) for name, value in resource.properties.items()},
        resource.depends_on,
        resource.deletion_policy,
        resource.replacement_policy,
        deletes_remains=resource.deletes_remains,
    )


def _recreation(former: Resource) -> ResourceChange:
    return ResourceChange(former.address, former.type_name, Action.CREATE, wanted=_restored(former))


def _restoration(former: Resource, current: Resource, catalog: Catalog) -> ResourceChange:
    moved_from = None if current.address == former.address else current.address
    change = ResourceChange(
        former.address,
        former.type_name,
        Action.NONE if moved_from is None else Action.MOVE,
        wanted=_restored(former),
        moved_from=moved_from,
        physical_id=current.physical_id,
    )
    if current.status not in _TOUCHED or current == former:
        return change
    found = catalog.find(former.type_name)
    if found is None:
        return change
    changed = differences(found.schema, current.properties, former.properties)
    was_begun = current.status in {ResourceStatus.UPDATING, ResourceStatus.UPDATE_FAILED}
    if not (changed or was_begun or needs_restoring(former, current, found.schema)):
        return change
    return restored(with_differences(change, changed), former, catalog)
