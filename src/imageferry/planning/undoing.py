"""The change set that brings a stack back from what it is to what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    Replacement,
    ResourceChange,
    Wanted,
)
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.planning.differences import differences, replacement_of
from imageferry.ports.types import Catalog

_TOUCHED = {
    ResourceStatus.UPDATED,
    ResourceStatus.UPDATING,
    ResourceStatus.UPDATE_FAILED,
}


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
    what it changed is given its former properties; a remnant that it removed stays gone.
    """
    moved = {
        str(change.address): str(change.moved_from)
        for change in change_set.changes
        if change.moved_from is not None
    }
    home = {key: moved.get(key, key) for key in current}
    made = {
        key
        for key in current
        if home[key] not in former or (key not in moved and _is_new(current[key], former[key]))
    }
    changes: list[ResourceChange] = []
    back = {home[key]: key for key in current if key not in made}
    for key, resource in former.items():
        place = back.get(key)
        if place is None:
            if resource.status is not ResourceStatus.CREATE_FAILED:
                changes.append(_recreation(resource))
        else:
            changes.append(_restoration(resource, current[place], catalog))
    for key in made:
        resource = current[key]
        changes.append(
            ResourceChange(
                resource.address,
                resource.type_name,
                Action.DELETE,
                retained=resource.deletion_policy == "Retain"
                and resource.status is ResourceStatus.CREATED,
                physical_id=resource.physical_id,
            )
        )
    return replace(
        change_set,
        change_set_id=rollback_id,
        kind=ChangeKind.ROLLBACK,
        changes=tuple(changes),
        outputs=(),
        warnings=(),
        replacement_allowed=True,
        created_at=now,
    )


def _is_new(resource: Resource, former: Resource) -> bool:
    return resource.generation != former.generation


def _restored(resource: Resource) -> Wanted:
    return Wanted(
        resource.address,
        resource.type_name,
        {name: Literal(value) for name, value in resource.properties.items()},
        resource.depends_on,
        resource.deletion_policy,
        resource.replacement_policy,
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
    if not changed and not was_begun:
        return change
    replaces = replacement_of(changed) is Replacement.YES
    return replace(
        change,
        action=Action.REPLACE if replaces else Action.UPDATE,
        replacement=Replacement.YES if replaces else Replacement.NO,
        properties=changed,
    )
