"""What people type into fields, read: pairs line by line, words between commas, lengths of time."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_AGE: Final = re.compile(r"(\d{1,5})\s*([hdw])\Z")
_SECONDS: Final = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_MINUTES: Final = re.compile(r"\d{1,6}\Z", re.ASCII)
_SEPARATORS: Final = re.compile(r"[\s,;]+")


class Pairs(NamedTuple):
    """`KEY=VALUE` from lines, and the lines that are none or say a key again."""

    found: dict[str, str]
    wrong: tuple[str, ...]


def pairs_of(text: str) -> Pairs:
    """One pair a line; empty lines count for nothing, and of a line `=` parts the first time."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or not equals or name in found:
            wrong.append(line.strip())
        else:
            found[name] = value
    return Pairs(found, tuple(wrong))


def lines_of(pairs: dict[str, str]) -> str:
    """Pairs as they are typed."""
    return "\n".join(f"{name}={value}" for name, value in pairs.items())


def words_in(text: str) -> tuple[str, ...]:
    """Words between commas, blanks and line ends, each once."""
    return tuple(dict.fromkeys(filter(None, _SEPARATORS.split(text))))


def age_of(text: str) -> float | None:
    """The seconds of `36h`, `90d` or `2w`; None where it says none above zero."""
    found = _AGE.match(text.strip().lower())
    return (int(found[1]) * _SECONDS[found[2]] or None) if found is not None else None


def minutes_of(text: str) -> int | None:
    """A whole number of minutes above zero; None for any other text."""
    return int(text) or None if _MINUTES.match(text) else None


def count_of(text: str) -> int | None:
    """A whole number from 0; None for any other text."""
    return int(text) if _MINUTES.match(text) else None
