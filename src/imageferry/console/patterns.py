"""browser_pattern: a template's pattern as browsers understand it, where both mean the same by it."""

from __future__ import annotations

import re
from typing import Final

_CLASSES: Final = frozenset("dwsDWS")
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")
_IN_SETS: Final = frozenset("()[{}/|")
_DOUBLED: Final = frozenset("&!#$%*+,.:;<=>?@^`~")
_GROUP: Final = re.compile(r"\(\?(?!:)")
_POSSESSIVE: Final = re.compile(r"[*+?}]\+")
_BRACES: Final = re.compile(r"\{\d+(,\d*)?\}")


def browser_pattern(pattern: str) -> str | None:
    """The text for an input's `pattern`; None where a browser may read it in another way.

    Browsers read it with the flag `v`, in which sets have a stricter form; they hold it against the
    whole text, as templates do.
    """
    if not pattern.isascii() or _GROUP.search(pattern) or _POSSESSIVE.search(pattern):
        return None
    made: list[str] = []
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "[":
            found = _set(pattern, place)
            if found is None:
                return None
            text, place = found
        elif sign == "\\":
            text = _escaped(pattern[place + 1 : place + 2], _SYNTAX)
            place += 2
        elif sign == "{":
            braces = _BRACES.match(pattern, place)
            if braces is None:
                return None
            text = braces[0]
            place = braces.end()
        elif sign in "]}" or ord(sign) < 32:
            return None
        else:
            text = sign
            place += 1
        if not text:
            return None
        made.append(text)
    whole = "".join(made)
    try:
        re.compile(whole)
    except (re.error, OverflowError, RecursionError):
        # Numbers and depths have bounds here that templates need not keep.
        return None
    return whole


def _escaped(sign: str, syntax: frozenset[str]) -> str:
    """What stands for a backslash and the sign after it; nothing where that is not the same."""
    if sign in _CLASSES or sign in syntax:
        return f"\\{sign}" if sign else ""
    return sign if sign and not sign.isalnum() else ""


def _set(pattern: str, start: int) -> tuple[str, int] | None:
    """The set that begins there, and where it ends."""
    place = start + 1
    made = ["["]
    if pattern[place : place + 1] == "^":
        made.append("^")
        place += 1
    first = place
    while place < len(pattern):
        sign = pattern[place]
        if sign == "]" and place > first:
            return "".join([*made, "]"]), place + 1
        after = pattern[place + 1 : place + 2]
        if sign in {"]", "["} or (sign == after and sign in _DOUBLED):
            return None
        if sign == "\\":
            text = _escaped(after, _SYNTAX | {"-"})
            place += 2
        elif sign == "-":
            is_range = place > first and after not in {"]", ""}
            text = "-" if is_range else "\\-"
            place += 1
        else:
            text = f"\\{sign}" if sign in _IN_SETS else sign
            place += 1
        if not text:
            return None
        made.append(text)
    return None
