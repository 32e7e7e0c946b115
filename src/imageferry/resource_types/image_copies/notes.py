"""Notes: what a step of an image copy writes down for whoever performs it next, and their phases."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final

from imageferry.model.handlers import Context
from imageferry.model.values import Json


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


@lru_cache(maxsize=4096)
def step_key(token: str) -> str:
    """Eight characters of a token, for names and for telling one step's notes from another's."""
    return "".join(filter(str.isalnum, token.lower()))[-8:]


def text_note(context: Context, name: str) -> str | None:
    """A text of a step's notes."""
    value = context.get(name)
    return value if isinstance(value, str) else None


def number_note(context: Context, name: str, default: float) -> float:
    """A number of a step's notes."""
    value = context.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def list_note(context: Context, name: str) -> tuple[str, ...]:
    """A list of texts of a step's notes."""
    value = context.get(name)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(part for part in value if isinstance(part, str))


def changed_notes(context: Context, **changes: Json) -> dict[str, Json]:
    """The notes with some of them changed; None takes one away."""
    notes = {**context, **changes}
    return {name: value for name, value in notes.items() if value is not None}


_LOOKED_FOR: Final = frozenset({Phase.COPY, Phase.LOOK, Phase.SEARCH})


def may_have_copied(context: Context) -> bool:
    """True where a step's notes allow for a copy whose id nobody was told."""
    return context.get("phase") in _LOOKED_FOR or context.get("lost") is True


Target = tuple[str, str]
"""An image to be removed: its region and its id."""


def target_notes(targets: Iterable[Target]) -> list[str]:
    """Targets as a step's notes keep them: `cn-beijing/m-1`."""
    return [f"{region}/{image_id}" for region, image_id in targets]


def noted_targets(context: Context) -> tuple[Target, ...]:
    """The targets that a step's notes name."""
    pairs = [text.partition("/") for text in list_note(context, "targets")]
    return tuple((region, image_id) for region, _, image_id in pairs)
