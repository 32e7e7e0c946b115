"""Texts made over: replace, indent, match_pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import TEXT_BOUND, bounded, kind_of, text_of, truth_of_text
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.numbers import whole_number_of
from imageferry.evaluation.patterns import PatternFault, match_all
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.values import UNKNOWN, Value

_MOST_SEARCHED: Final = 64 * TEXT_BOUND
_DEEPEST_LEVEL: Final = 20
_WIDEST_LEVEL: Final = 4


def check_replace(arguments: Sequence[Value], manners: Manners) -> None:
    """The map of what is replaced, where it is written out."""
    pairs = arguments[0]
    if pairs is UNKNOWN:
        return
    if not isinstance(pairs, Mapping):
        raise Refusal(f"needs a map of old and new texts, not {kind_of(pairs)}")
    if "" in pairs:
        raise Refusal("cannot replace an empty text", remedy="give every old text a character")


def replace(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[{old: new}, text]`: each old text replaced everywhere, in the order of the map.

    The text may stand in a list of one.
    """
    pairs, text = arguments
    check_replace(arguments, scope.manners)
    if isinstance(text, (list, tuple)) and len(text) == 1:
        text = text[0]
    if text is None:
        return None
    if not isinstance(text, str):
        raise Refusal(f"needs a text to change, not {kind_of(text)}")
    assert isinstance(pairs, Mapping)
    if len(pairs) * len(text) > _MOST_SEARCHED:
        raise Refusal("replaces too many texts in too long a text", discreet=True)
    for old, new in pairs.items():
        put = text_of(new, scope.manners)
        if len(put) > len(old):
            growth = text.count(old) * (len(put) - len(old))
            if len(text) + growth > TEXT_BOUND:
                raise Refusal(
                    f"makes a text of {len(text) + growth:,} characters, "
                    f"and {TEXT_BOUND:,} are allowed",
                    code="IF306",
                    remedy="build the text from smaller parts",
                    discreet=True,
                )
        text = text.replace(old, put)
    return text


def check_indent(arguments: Sequence[Value], manners: Manners) -> None:
    """Level, width and the word on the first line, where they are written out."""
    bounds = (("its level", _DEEPEST_LEVEL), ("its width", _WIDEST_LEVEL))
    for value, (what, most) in zip(arguments[1:3], bounds, strict=False):
        if value is not UNKNOWN and value is not None:
            whole_number_of(value, what, 0, most)
    if len(arguments) > 3 and arguments[3] is not UNKNOWN:
        _first_line_too(arguments[3])


def _first_line_too(value: Value) -> bool:
    """ROS reference, Fn::Indent: the first line is indented unless it says otherwise."""
    truth = truth_of_text(value) if isinstance(value, str) else value
    if truth is None:
        return True
    if not isinstance(truth, bool):
        raise Refusal(f"needs true or false for the first line, not {kind_of(value)}")
    return truth


def indent(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[text, level, width, first line too]`: every line moved to the right by level times width."""
    text, level = arguments[0], arguments[1]
    width = arguments[2] if len(arguments) > 2 else None
    check_indent(arguments, scope.manners)
    if text is None:
        return None
    if not isinstance(text, str):
        raise Refusal(f"needs a text to indent, not {kind_of(text)}")
    steps = whole_number_of(0 if level is None else level, "its level", 0, _DEEPEST_LEVEL)
    step = whole_number_of(2 if width is None else width, "its width", 0, _WIDEST_LEVEL)
    blanks = " " * (steps * step)
    if len(text) + (text.count("\n") + 1) * len(blanks) > TEXT_BOUND:
        raise Refusal(
            f"makes a text of more than {TEXT_BOUND:,} characters",
            code="IF306",
            remedy="build the text from smaller parts",
            discreet=True,
        )
    lines = text.split("\n")
    first = lines[0]
    # What follows the last line end is no line.
    moved = [blanks + line for line in lines[1:-1]]
    if len(lines) > 1:
        moved.append(blanks + lines[-1] if lines[-1] else "")
    if len(arguments) < 4 or _first_line_too(arguments[3]):
        first = blanks + first if first or len(lines) > 1 else first
    return bounded("\n".join([first, *moved]))


def check_pattern(arguments: Sequence[Value], manners: Manners) -> None:
    """The pattern, where it is written out."""
    pattern = arguments[0]
    if pattern is UNKNOWN:
        return
    if not isinstance(pattern, str):
        raise Refusal(f"needs a text as its pattern, not {kind_of(pattern)}")
    _match(pattern, [])


def match_pattern(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[pattern, text]`: whether the whole text matches the regular expression; null never does."""
    pattern, text = arguments
    if not isinstance(pattern, str):
        raise Refusal(f"needs a text as its pattern, not {kind_of(pattern)}")
    if text is None:
        return False
    if isinstance(text, (list, tuple, Mapping)):
        raise Refusal(f"needs a text to match, not {kind_of(text)}")
    return _match(pattern, [text_of(text, scope.manners)])[0]


def _match(pattern: str, texts: Sequence[str]) -> list[bool]:
    try:
        return match_all(pattern, texts)
    except PatternFault as fault:
        raise Refusal(
            f"has a pattern that {fault}", remedy="write a regular expression of Python's form"
        ) from None
