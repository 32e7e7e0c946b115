"""A part of a change set: only what somebody names, and what that needs and is not there yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeSet, ResourceChange
from imageferry.model.diagnostics import Diagnostic, TemplateError, error, warning
from imageferry.model.suggestions import did_you_mean

_NOTHING_TO_DO = {Action.NONE, Action.MOVE}


def named(
    names: Sequence[str], addresses: Collection[ResourceAddress], what: str
) -> frozenset[ResourceAddress]:
    """The addresses that logical ids (all instances) and instances such as `Name[3]` mean.

    `what` is who asks, such as `--skip`. Raises TemplateError with every name that means none.
    """
    faults = []
    found: set[ResourceAddress] = set()
    for name in names:
        meant = [address for address in addresses if name in {address.logical_id, str(address)}]
        if not meant:
            faults.append(_unknown(name, addresses, what))
        found.update(meant)
    if faults:
        raise TemplateError(faults)
    return frozenset(found)


def _unknown(name: str, addresses: Collection[ResourceAddress], what: str) -> Diagnostic:
    known = dict.fromkeys(
        text for address in addresses for text in (address.logical_id, str(address))
    )
    listed = ", ".join(list(known)[:20])
    return error(
        "IF826",
        f'{what}: there is no resource "{name}"',
        why="it names a logical id, or one instance of a counted resource such as Name[3]",
        remedy=did_you_mean(name, known, f"name one of {listed}" if listed else ""),
    )


def only(change_set: ChangeSet, names: Sequence[str]) -> ChangeSet:
    """The change set for the named resources and for what they need and is still to be made.

    All else stays as it is and is told in `left_out`. Moves are kept: they only say by which
    address something is known. Raises TemplateError where a name means nothing.
    """
    by_address = {change.address: change for change in change_set.changes}
    chosen = named(names, by_address, "--only")
    needed = _needed(chosen, by_address)
    changes = []
    left_out = []
    for change in change_set.changes:
        if change.address in chosen or change.address in needed or change.action in _NOTHING_TO_DO:
            changes.append(change)
            continue
        left_out.append(change.address)
        if change.moved_from is not None:
            changes.append(
                ResourceChange(
                    change.address,
                    change.type_name,
                    Action.MOVE,
                    moved_from=change.moved_from,
                    physical_id=change.physical_id,
                )
            )
    told = [
        warning(
            "IF828",
            f'"{address}" is made as well, since "{by_whom}" needs it',
            why="it is not there yet, and --only touches what is named and what that needs",
        )
        for address, by_whom in needed.items()
        if by_address[address].reading is None
    ]
    return replace(
        change_set,
        changes=tuple(changes),
        left_out=tuple(left_out),
        warnings=(*change_set.warnings, *told),
    )


def _needed(
    chosen: Iterable[ResourceAddress], by_address: dict[ResourceAddress, ResourceChange]
) -> dict[ResourceAddress, ResourceAddress]:
    """What is not there yet and the chosen ones wait for, each with one that does."""
    needed: dict[ResourceAddress, ResourceAddress] = {}
    first = frozenset(chosen)
    pending = sorted(first)
    while pending:
        address = pending.pop()
        change = by_address[address]
        if change.wanted is None or change.action in _NOTHING_TO_DO:
            continue
        for other in change.wanted.depends_on:
            is_known = other in by_address and other not in first and other not in needed
            if is_known and _is_missing(by_address[other]):
                needed[other] = address
                pending.append(other)
    return needed


def _is_missing(change: ResourceChange) -> bool:
    # What was read anew counts for those that were planned with it.
    is_read = change.reading is not None
    return is_read or change.action in {Action.CREATE, Action.ADOPT} or change.repairs
