"""A change set that takes in what exists already, out of one that would make it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from imageferry.model.changes import Action, ChangeSet, Replacement, ResourceChange
from imageferry.model.diagnostics import Diagnostic, TemplateError, error
from imageferry.model.stacks import Resource
from imageferry.model.suggestions import did_you_mean


def with_adoptions(
    change_set: ChangeSet,
    things: Mapping[str, str],
    resources: Mapping[str, Resource],
    gone: Collection[str] = (),
) -> ChangeSet:
    """The change set that takes in each of `things` (its id by address text) and does nothing else.

    What else the template wants stays for a deploy. `gone` are addresses whose recorded thing is in
    the cloud no longer, so that another may take its place. Raises TemplateError with
    every address that is not in the template or is taken, and every id that is given twice.
    """
    by_address = {str(change.address): change for change in change_set.changes}
    faults: list[Diagnostic] = []
    taken: dict[str, str] = {}
    kept: list[ResourceChange] = []
    for key, thing_id in things.items():
        change = by_address.get(key)
        if thing_id in taken:
            faults.append(_twice(thing_id, taken[thing_id], key))
        taken.setdefault(thing_id, key)
        if change is None or change.wanted is None:
            faults.append(_unknown(key, by_address))
        elif not is_free(change, resources.get(key), key in gone) and not _holds(
            resources.get(key), thing_id
        ):
            faults.append(_occupied(key, resources.get(key)))
    if faults:
        raise TemplateError(faults)
    for key, change in by_address.items():
        if key in things and is_free(change, resources.get(key), key in gone):
            kept.append(_adoption(change, things[key], resources.get(key)))
        elif change.action is Action.NONE:
            kept.append(change)
    return replace(change_set, changes=tuple(kept))


def is_free(change: ResourceChange, resource: Resource | None, is_gone: bool = False) -> bool:
    """True where something is wanted at an address, and nothing whole stands there."""
    if change.wanted is None or change.moved_from is not None:
        return False
    return resource is None or not resource.status.is_whole or is_gone


def _holds(resource: Resource | None, thing_id: str) -> bool:
    """True where the very thing is what the resource is by now."""
    if resource is None:
        return False
    named = [resource.physical_id, *resource.attributes.values(), *resource.context.values()]
    return thing_id in named


def _adoption(change: ResourceChange, thing_id: str, remnant: Resource | None) -> ResourceChange:
    former = None if remnant is None else remnant.context.get("adopts")
    # What an earlier attempt has left goes first, unless it is, or may be, the very thing.
    clears = (
        change.repairs
        and remnant is not None
        and not remnant.status.is_whole
        and remnant.physical_id is not None
        and former is None
        and not _holds(remnant, thing_id)
    )
    return replace(
        change,
        action=Action.ADOPT,
        replacement=Replacement.NO,
        properties=(),
        blocked=(),
        repairs=clears,
        physical_id=thing_id,
        adopts={"id": thing_id},
    )


def _unknown(key: str, known: Mapping[str, ResourceChange]) -> Diagnostic:
    wanted = [name for name, change in known.items() if change.wanted is not None]
    return error(
        "IF837",
        f'"{key}" is no resource of the template',
        remedy=did_you_mean(key, wanted, "name a logical id, with its index where it is counted"),
    )


def _occupied(key: str, resource: Resource | None) -> Diagnostic:
    holder = "another one" if resource is None else resource.physical_id or "something unfinished"
    return error(
        "IF837",
        f'"{key}" is {holder} already, and takes nothing else in',
        why="an adoption replaces nothing",
        remedy="leave it out, or give the other one a resource of its own in the template",
    )


def _twice(thing_id: str, first: str, second: str) -> Diagnostic:
    return error(
        "IF837",
        f'{thing_id} is given for "{first}" and for "{second}"',
        why="one thing is one resource",
    )
