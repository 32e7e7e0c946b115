"""Did you mean: the known word that is nearest to an unknown one; Guesses, where many are unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


_EFFORT: Final = 40_000


class Guesses:
    """Near words for one report, as long as the effort lasts.

    Seeking them takes longer than all else when a template of thousands of wrong names is looked
    at; then the first ones have to do.
    """

    __slots__ = ("_left",)

    def __init__(self, effort: int = _EFFORT) -> None:
        self._left = effort

    def nearest(self, word: str, known: Collection[str]) -> str | None:
        """The known word nearest to the given one; None where none is near, or nobody looks."""
        cost = len(known) * (1 + len(word) // 16)
        if cost > self._left:
            return None
        self._left -= cost
        return nearest(word, known)

    def did_you_mean(self, word: str, known: Collection[str], otherwise: str = "") -> str:
        """A remedy that names the nearest known word."""
        found = self.nearest(word, known)
        return otherwise if found is None else f"did you mean '{found}'?"
