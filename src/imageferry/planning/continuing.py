"""The rest of a rollback that did not come to its end: what it wanted, from what there is now."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    Replacement,
    ResourceChange,
    Wanted,
)
from imageferry.model.diagnostics import warning
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value
from imageferry.planning.differences import differences, is_same, with_differences
from imageferry.ports.types import Catalog


def plan_continuation(
    rollback: ChangeSet,
    change_set_id: str,
    current: Mapping[str, Resource],
    catalog: Catalog,
    skipped: AbstractSet[ResourceAddress],
    now: float,
) -> ChangeSet:
    """A change set that brings `current` to where `rollback` was to lead.

    What is `skipped` stays as it is, in the cloud and in the record, and is told in `left_out`
    where something would have been done.
    """
    changes: list[ResourceChange] = []
    left_out: list[ResourceAddress] = []
    told = []
    for change in rollback.changes:
        rest = _rest(change, current.get(str(change.address)), catalog)
        if rest is None:
            continue
        if rest.address not in skipped:
            changes.append(rest)
        elif rest.action is not Action.NONE:
            left_out.append(rest.address)
            told.append(
                warning(
                    "IF829",
                    f'"{rest.address}" is left as it is'
                    + (f", with {rest.physical_id}" if rest.physical_id else ""),
                    why="it was named with --skip; it stays recorded, so that nothing is lost",
                    remedy="the next deploy or delete tries again what is still to be done",
                )
            )
    return replace(
        rollback,
        change_set_id=change_set_id,
        kind=ChangeKind.ROLLBACK,
        changes=tuple(changes),
        outputs=(),
        warnings=tuple(told),
        left_out=tuple(left_out),
        created_at=now,
    )


def _rest(
    change: ResourceChange, resource: Resource | None, catalog: Catalog
) -> ResourceChange | None:
    """What is left to do of one change; None where there is nothing to speak of any more."""
    # Addresses were changed when the rollback began.
    change = replace(change, moved_from=None)
    if change.wanted is None:
        if resource is None or change.action is not Action.DELETE:
            return None
        return replace(change, physical_id=resource.physical_id)
    if resource is None:
        is_to_be = change.action is not Action.NONE and change.action is not Action.MOVE
        return replace(change, action=Action.CREATE, repairs=False) if is_to_be else None
    change = replace(change, physical_id=resource.physical_id)
    done = replace(change, action=Action.NONE, replacement=Replacement.NO, repairs=False)
    if change.action is Action.CREATE or change.repairs:
        return _making(change, resource, done)
    if change.action in {Action.UPDATE, Action.REPLACE}:
        return _changing(change, resource, done, catalog)
    return done


def _making(change: ResourceChange, resource: Resource, done: ResourceChange) -> ResourceChange:
    """What was to be made again: after what stands, or lies half deleted, in its place."""
    was_begun = not resource.status.is_whole or resource.status is ResourceStatus.DELETING
    if not was_begun and not _stands_in_the_way(change, resource):
        return done
    if resource.physical_id is None:
        return replace(change, action=Action.CREATE, replacement=Replacement.NO, repairs=True)
    return replace(change, action=Action.REPLACE, replacement=Replacement.YES, repairs=True)


def _stands_in_the_way(change: ResourceChange, resource: Resource) -> bool:
    """True where what the failed operation made is there still, untouched."""
    wanted = change.wanted
    if change.action is not Action.REPLACE or wanted is None:
        return False
    values = _values(wanted)
    return dict(resource.properties) != values or resource.type_name != wanted.type_name


def _changing(
    change: ResourceChange, resource: Resource, done: ResourceChange, catalog: Catalog
) -> ResourceChange:
    found = catalog.find(resource.type_name)
    wanted = change.wanted
    if found is None or wanted is None:
        return done
    values = _values(wanted)
    changed = differences(found.schema, resource.properties, values)
    reading = None if change.reading is None else change.reading.attributes
    if reading is not None and not is_same(dict(resource.attributes), dict(reading)):
        return with_differences(change, changed)
    if not changed and resource.status is not ResourceStatus.UPDATE_FAILED:
        return done
    return with_differences(change, changed)


def _values(wanted: Wanted) -> dict[str, Value]:
    """The properties of what a rollback wants: it knows them all, as they were recorded."""
    return {
        name: part.value for name, part in wanted.properties.items() if isinstance(part, Literal)
    }
