"""How wide letters are, about, and texts cut to what there is room for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_NARROW: Final = frozenset("iljtfrI.,:;'!|()[]{} -")
_BROAD: Final = frozenset("mwMWQO@%&—…⋯⟳")
_CUT: Final = "…"


def breadth(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels, estimated on the wide side; `size` is the font's."""
    return sum(map(_ems, text)) * size * (1.08 if bold else 1.0)


@lru_cache(maxsize=1024)
def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.4
    if letter in _BROAD:
        return 0.95
    if letter.isascii():
        return 0.68 if letter.isupper() else 0.61
    if unicodedata.combining(letter):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in {"W", "F", "A"} else 0.68


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text in one line, cut with an ellipsis where it is wider than `room` pixels."""
    # Nothing that fits is longer than this, and a name may be as long as a book.
    text = " ".join(text[:400].split())
    if breadth(text, size, bold=bold) <= room:
        return text
    left = room - breadth(_CUT, size, bold=bold)
    kept = 0
    for letter in text:
        left -= breadth(letter, size, bold=bold)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + _CUT
