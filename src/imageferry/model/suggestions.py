"""Did you mean: the known word that is nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 255


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to the given one, whatever the case; None where none is near."""
    if len(word) > _LONGEST:
        return None
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.72)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the nearest known word."""
    found = nearest(word, known)
    return otherwise if found is None else f"did you mean '{found}'?"
