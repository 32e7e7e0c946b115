"""Phase: where a step of an instance stands, and whether its notes allow for one nobody knows of."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from imageferry.model.handlers import Context


class Phase(StrEnum):
    """The `phase` of a step's context. LAUNCH, CHANGE and REMOVE announce the call that is made next;
    the others only look.
    """

    LAUNCH = "launch"
    LOOK = "look"
    WAITING = "waiting"
    REFUSED = "refused"
    CHANGE = "change"
    SETTLE = "settle"
    SEARCH = "search"
    REMOVE = "remove"
    REMOVING = "removing"


_LOOKED_FOR: Final = frozenset({Phase.LAUNCH, Phase.LOOK, Phase.SEARCH})


def may_have_launched(context: Context) -> bool:
    """True where a step's notes allow for an instance whose id nobody was told."""
    return context.get("phase") in _LOOKED_FOR or context.get("lost") is True
