"""refused_late: a plan whose forbidden replacements fail when their turn comes, as in ROS."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.control.requests import Planned
from imageferry.model.changes import Action, Replacement, ResourceChange

_LATE: Final = frozenset({"IF601"})
"""What the engine finds out by itself: that a property cannot be changed in place."""


def refused_late(planned: Planned) -> Planned:
    """The plan, to be begun although it changes what cannot be changed in place.

    ROS, UpdateStack: with replacements off such an update begins, the resource fails, and all is
    rolled back. Every other reason why a plan is blocked still stands before its beginning.
    """
    change_set = planned.change_set
    changes = tuple(map(_tried, change_set.changes))
    return replace(planned, change_set=replace(change_set, changes=changes))


def _tried(change: ResourceChange) -> ResourceChange:
    is_late = bool(change.blocked) and {one.code for one in change.blocked} <= _LATE
    if change.action is not Action.REPLACE or not is_late:
        return change
    return replace(
        change, action=Action.UPDATE, replacement=Replacement.NO, blocked=(), repairs=False
    )
