"""Notes: what a step of an image copy writes down for whoever performs it next, and their phases."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from imageferry.model.handlers import Context
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import list_note
from imageferry.resource_types.image_copies.wanted import WantedCopy


class Phase(StrEnum):
    """Where a step stands: the `phase` of its context. Those that change something name the call
    that is made next; the others only look.
    """

    COPY = "copy"
    LOOK = "look"
    SOURCE = "source"
    WAITING = "waiting"
    CANCEL = "cancel"
    CANCELLED = "cancelled"
    ASIDE = "aside"
    RENAME = "rename"
    ADJUST = "adjust"
    PLAN = "plan"
    RESTORE = "restore"
    DISCARD = "discard"
    DISCARDING = "discarding"
    REMOVE = "remove"
    REMOVING = "removing"
    SEARCH = "search"
    REFUSED = "refused"
    ADOPT = "adopt"
    GIVE_BACK = "give_back"


_LOOKED_FOR: Final = frozenset({Phase.COPY, Phase.LOOK, Phase.SEARCH})


def may_have_copied(context: Context) -> bool:
    """True where a step's notes allow for a copy whose id nobody was told."""
    return context.get("phase") in _LOOKED_FOR or context.get("lost") is True


def born_of(wanted: WantedCopy) -> dict[str, Json]:
    """A note, `given`, where an image is made of snapshots that were there before it."""
    return {} if wanted.brings_snapshots else {"given": True}


Target = tuple[str, str]
"""An image to be removed: its region and its id."""


def target_notes(targets: Iterable[Target]) -> list[str]:
    """Targets as a step's notes keep them: `cn-beijing/m-1`."""
    return [f"{region}/{image_id}" for region, image_id in targets]


def noted_targets(context: Context) -> tuple[Target, ...]:
    """The targets that a step's notes name."""
    pairs = [text.partition("/") for text in list_note(context, "targets")]
    return tuple((region, image_id) for region, _, image_id in pairs)
