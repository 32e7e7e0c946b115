"""Plain YAML 1.1 scalars to values: what a word without quotes means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

NULL_WORDS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""What plain text means null."""


def _spellings(*words: str) -> frozenset[str]:
    return frozenset(
        spelling for word in words for spelling in (word, word.capitalize(), word.upper())
    )


BOOLEAN_WORDS: Final = _spellings("yes", "no", "on", "off")
"""What YAML 1.1 reads as a boolean, though it may be meant as text."""

_TRUE: Final = _spellings("true", "yes", "on")
WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(NULL_WORDS, None),
    **{word: word in _TRUE for word in BOOLEAN_WORDS | _spellings("true", "false")},
}
"""What plain text means where it is not text."""

NUMBER_STARTS: Final = frozenset("-+.0123456789")
"""With one of these every number begins."""

# YAML 1.1 language-independent types, "int" and "float". A number with an exponent but without a
# point stays text, and so does a date: the owners of both template languages read them so.
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_ODD_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0b(?P<binary>[01_]+)|0x(?P<hex>[0-9a-fA-F_]+)|0(?P<octal>[0-7_]+)"
    r"|(?P<decimal>[1-9][0-9_]*)|(?P<sixties>[1-9][0-9_]*(?::[0-5]?[0-9])+))\Z"
)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)\Z"
)
_SIXTIES_FLOAT = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

MAX_DIGITS: Final = 400


def resolve(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar; an odd number gives a number, see `is_odd`.

    Raises ValueError for a number that JSON cannot hold.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMBER_STARTS:
        return text
    if _DECIMAL.match(text):
        _refuse_long(text)
        return int(text)
    if _FLOAT.match(text):
        return _finite(float(text.replace("_", "")))
    if _NOT_FINITE.match(text):
        raise ValueError("is not a finite number")
    found = _ODD_INTEGER.match(text)
    if found is not None:
        return _odd_integer(found)
    if _SIXTIES_FLOAT.match(text):
        return _finite(_sixties(text))
    return text


def is_odd(text: str, value: object) -> bool:
    """True where digits mean another number than they seem to, or a number where text looks so."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and not _DECIMAL.match(text)
        and not (isinstance(value, float) and _FLOAT.match(text) and "_" not in text)
    )


def _refuse_long(text: str) -> None:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"has more than {MAX_DIGITS} digits")


def _finite(number: float) -> float:
    if number in (float("inf"), float("-inf")):
        raise ValueError("is too large for a number")
    return number


def _odd_integer(found: re.Match[str]) -> int | str:
    sign = -1 if found["sign"] == "-" else 1
    _refuse_long(found[0])
    for group, base in (("binary", 2), ("hex", 16), ("octal", 8), ("decimal", 10)):
        digits = found[group]
        if digits is not None:
            bare = digits.replace("_", "")
            if not bare:
                # The leading 0 of an octal number is a digit, that of the others is a mark.
                return 0 if group == "octal" else found[0]
            return sign * int(bare, base)
    return int(_sixties(found[0]))


def _sixties(text: str) -> float:
    parts = text.lstrip("+-").replace("_", "").split(":")
    total: float = 0
    for part in parts:
        total = total * 60 + (float(part) if "." in part else int(part))
    return -total if text.startswith("-") else total
