"""Standing: where an operation is between two callbacks, all of it in the callback's own context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from imageferry.model.handlers import Context, ErrorCode, Failed
from imageferry.model.values import Json


class Phase(StrEnum):
    """What the next call is to bring forward."""

    BEGIN = "begin"
    MAKE = "make"
    CHANGE = "change"
    CLEAR = "clear"
    SHOW = "show"
    REMOVE = "remove"
    UNDO = "undo"
    CLEAN = "clean"


class BadContext(Exception):
    """A callback context that no answer of ours has given."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an operation is. Times are seconds since 1970.

    `at` is when it was begun, `since` when its phase was. `wanted` and `before` are properties as
    asked for and as they were; `notes` are the handler's own; `image` is the image that the step is
    about. `gone` are the images that were removed so far. `leftovers` are still to be cleared away.
    In BEGIN they are as the first call gave them. `failure` ends it once all is cleaned. `uncertain`: an earlier call may have made it.
    """

    phase: Phase
    tracking_id: str
    at: float
    since: float
    wanted: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    notes: Context = field(default_factory=dict)
    image: str = ""
    gone: tuple[str, ...] = ()
    leftovers: tuple[Context, ...] = ()
    failure: Failed | None = None
    uncertain: bool = False


def context_of(standing: Standing) -> dict[str, Json]:
    """The callback context that says it."""
    members: dict[str, Json] = {
        "phase": standing.phase.value,
        "id": standing.tracking_id,
        "at": standing.at,
        "since": standing.since,
        "wanted": dict(standing.wanted),
        "before": dict(standing.before),
        "notes": dict(standing.notes),
        "image": standing.image,
        "gone": list(standing.gone),
        "leftovers": [dict(one) for one in standing.leftovers],
        "uncertain": standing.uncertain,
    }
    if standing.failure is not None:
        failure = standing.failure
        members["failure"] = {
            "code": failure.code.value,
            "message": failure.message,
            "cloud": failure.cloud_code,
        }
    return {name: value for name, value in members.items() if value not in ({}, [], "", False)}


def read_context(context: Mapping[str, Any]) -> Standing:
    """The standing that a callback context says; raises BadContext."""
    try:
        said = context.get("failure")
        return Standing(
            phase=Phase(context["phase"]),
            # Without one every copy would be meant.
            tracking_id=_typed(context["id"] or None, str),
            at=float(context["at"]),
            since=float(context["since"]),
            wanted=_typed(context.get("wanted", {}), Mapping),
            before=_typed(context.get("before", {}), Mapping),
            notes=_typed(context.get("notes", {}), Mapping),
            image=_typed(context.get("image", ""), str),
            gone=tuple(_typed(one, str) for one in context.get("gone", ())),
            leftovers=tuple(_typed(one, Mapping) for one in context.get("leftovers", ())),
            failure=None
            if said is None
            else Failed(
                ErrorCode(said["code"]), str(said["message"]), cloud_code=str(said["cloud"])
            ),
            uncertain=context.get("uncertain") is True,
        )
    except (KeyError, TypeError, ValueError):
        raise BadContext('"callbackContext" is not as the last answer gave it') from None


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
