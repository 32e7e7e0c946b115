"""Between values and texts: JSON text, the text of a scalar, truth and number texts, their bounds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value

TEXT_BOUND: Final = 1_048_576
"""The longest text, in characters, that a function may make: twice the largest template."""

DATA_BOUND: Final = 100_000
"""The most items and entries, counted all through, in a list or map that a function may make."""

DATA_DEPTH: Final = 100
"""How deep lists and maps may stand in each other in a value that was given as text."""

TRUE_TEXTS: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE_TEXTS: Final = frozenset({"0", "f", "false", "off", "n", "no"})

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}\Z")
_NUMBER = re.compile(r"[+-]?([0-9]{1,100}(\.[0-9]{0,100})?|\.[0-9]{1,100})([eE][+-]?[0-9]{1,3})?\Z")


def kind_of(value: Value) -> str:
    """What a value is, in words for messages, never its content."""
    match value:
        case Secret():
            return kind_of(value.revealed)
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a map"
        case _ if value is UNKNOWN:
            return "a value known only later"
        case _ if value is NO_VALUE:
            return "no value"
        case _:
            return "a list"


def truth_of_text(text: str) -> bool | None:
    """`true`, `True`, `yes`, `1` … as a boolean; None for any other text."""
    lowered = text.lower()
    if lowered in TRUE_TEXTS:
        return True
    return False if lowered in FALSE_TEXTS else None


def integer_of_text(text: str) -> int | None:
    """An integer written in decimal digits; None for any other text."""
    return int(text) if _INTEGER.match(text) else None


def number_of_text(text: str) -> int | float | None:
    """A finite number written in decimal digits, an int where it looks like one; else None."""
    if _INTEGER.match(text):
        return int(text)
    if not _NUMBER.match(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def is_shallow(value: Value, depth: int = DATA_DEPTH) -> bool:
    """True where lists and maps stand at most `depth` deep in each other; never recurses."""
    level: list[Value] = [value]
    for _ in range(depth + 1):
        deeper: list[Value] = []
        for item in level:
            if isinstance(item, Secret):
                deeper.append(item.revealed)
            elif isinstance(item, Mapping):
                deeper.extend(item.values())
            elif isinstance(item, (list, tuple)):
                deeper.extend(item)
        if not deeper:
            return True
        level = deeper
    return False


def _not_json(name: str) -> Value:
    raise ValueError(f"'{name}' is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        # Python's own words would tell how to lift the bound.
        raise ValueError("a number is too large") from None


def parse_json(text: str) -> Value:
    """JSON text as data; raises ValueError, without the text in it, where it is not JSON.

    NaN, Infinity, numbers beyond all bounds, halves of surrogate pairs and data nested too deep are
    refused.
    """
    try:
        parsed: Value = json.loads(
            text, parse_constant=_not_json, parse_float=_finite, parse_int=_whole
        )
    except RecursionError:
        raise ValueError(f"it is nested more than {DATA_DEPTH} deep") from None
    except json.JSONDecodeError as fault:
        raise ValueError(f"{fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    if not is_shallow(parsed):
        raise ValueError(f"it is nested more than {DATA_DEPTH} deep")
    if "\\u" in text and not _is_text(json.dumps(parsed, ensure_ascii=False)):
        raise ValueError("a text in it holds half of a surrogate pair")
    return parsed


def _is_text(text: str) -> bool:
    """Whether it can be written down: JSON may spell halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_text(value: Value) -> str:
    """Plain data as JSON text, in the form that ROS gives it (`", "`, `": "`, `\\uXXXX`)."""
    _refuse_long(value)
    return bounded(json.dumps(value))


def compact_json_text(value: Value) -> str:
    """Plain data as JSON text without blanks, every character as itself."""
    _refuse_long(value)
    return bounded(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _refuse_long(value: Value) -> None:
    """Refuse data whose text would be too long, before it is made: it may hold itself repeated."""
    left = TEXT_BOUND
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            left -= len(current)
        elif isinstance(current, Mapping):
            left -= sum(map(len, current)) + 2 * len(current)
            pending.extend(current.values())
        elif isinstance(current, (list, tuple)):
            left -= 2 * len(current)
            pending.extend(current)
        if left < 0:
            raise _too_long()


def bounded_data(value: Value) -> Value:
    """The list or map, unless it holds more than any template could need, counted all through."""
    left = DATA_BOUND
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, Secret):
            pending.append(current.revealed)
            continue
        if isinstance(current, Mapping):
            inner: Sequence[Value] = list(current.values())
        elif isinstance(current, (list, tuple)):
            inner = current
        else:
            continue
        left -= len(inner)
        if left < 0:
            raise crowded()
        pending.extend(inner)
    return value


def crowded() -> Refusal:
    """The refusal of a list or map with too much in it."""
    return Refusal(
        f"makes a list or map of more than {DATA_BOUND:,} values",
        code="IF337",
        remedy="build it from smaller parts",
        discreet=True,
    )


def _too_long() -> Refusal:
    return Refusal(
        f"makes a text of more than {TEXT_BOUND:,} characters",
        code="IF306",
        remedy="build the text from smaller parts",
        discreet=True,
    )


def bounded(text: str) -> str:
    """The text, unless it is longer than any template could need."""
    if len(text) > TEXT_BOUND:
        raise _too_long()
    return text


def joined(delimiter: str, texts: Sequence[str]) -> str:
    """The texts with the delimiter between, measured before they are joined."""
    size = sum(map(len, texts)) + len(delimiter) * max(len(texts) - 1, 0)
    if size > TEXT_BOUND:
        raise Refusal(
            f"makes a text of {size:,} characters, and {TEXT_BOUND:,} are allowed",
            code="IF306",
            remedy="build the text from smaller parts",
        )
    return delimiter.join(texts)


def text_of(value: Value, manners: Manners) -> str:
    """A known value as a part of a text, by the dialect's manners."""
    match value:
        case str():
            return value
        case bool():
            return manners.true_text if value else manners.false_text
        case int() | float():
            return str(value)
        case None:
            if manners.null_is_empty:
                return ""
            raise Refusal("cannot turn null into text")
        case Mapping() | list() | tuple():
            if manners.structures_as_json:
                return json_text(value)
            raise Refusal(
                f"cannot turn {kind_of(value)} into text",
                remedy="join or select from the list first",
            )
        case _:
            raise Refusal(f"cannot turn {kind_of(value)} into text")
