"""Notes: what a step of an image copy writes down for whoever performs it next, and their phases."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, StrEnum
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


class Whose(Enum):
    """Whose the snapshots behind the images of a removal are.

    COPIED: those of copies came with them, of all others nobody can say. MADE: so did those of
    images that are no copies. GIVEN: they were there before, and are none of ours to tell.
    """

    COPIED = "copied"
    MADE = "made"
    GIVEN = "given"


def born_of(wanted: WantedCopy) -> dict[str, Json]:
    """A note, `given`, of an image that is no copy: whether its snapshots were there before it."""
    return {} if wanted.recipe is None else {"given": not wanted.recipe.brings_snapshots}


def noted_birth(context: Context) -> Whose:
    """Whose the snapshots of the one image are that these notes speak of."""
    given = context.get("given")
    if given is None:
        return Whose.COPIED
    return Whose.GIVEN if given is True else Whose.MADE


def birth_of_all(wanted: WantedCopy, context: Context) -> Whose:
    """The same of the image in the record together with what an unfinished step has made."""
    recorded = noted_birth(born_of(wanted))
    noted = noted_birth(context) if "given" in context else recorded
    return recorded if noted is recorded else Whose.COPIED


Target = tuple[str, str]
"""An image to be removed: its region and its id."""


def target_notes(targets: Iterable[Target]) -> list[str]:
    """Targets as a step's notes keep them: `cn-beijing/m-1`."""
    return [f"{region}/{image_id}" for region, image_id in targets]


def noted_targets(context: Context) -> tuple[Target, ...]:
    """The targets that a step's notes name."""
    pairs = [text.partition("/") for text in list_note(context, "targets")]
    return tuple((region, image_id) for region, _, image_id in pairs)
