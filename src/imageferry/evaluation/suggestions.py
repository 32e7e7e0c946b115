"""did_you_mean(name, known): the known name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 200


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, whatever the case; None where none is."""
    if len(name) > _LONGEST:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy that names the known name most like `name`; empty where none is like it."""
    likely = nearest(name, known)
    return f"did you mean '{likely}'?" if likely is not None else ""
