"""Requests: from the pairs of a form to values, by the shape of what an operation takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, assert_never

from imageferry.api.cfn.model import (
    Boolean,
    Listing,
    Mapped,
    Model,
    Moment,
    Number,
    Shape,
    Structure,
    Text,
)
from imageferry.wire.http import Pairs

Tree = str | dict[str, "Tree"]
"""A text, or what the parts of a name after a dot lead to."""

_INDEX: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DEEPEST: Final = 16
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


class MalformedInput(Exception):
    """A form whose names or texts fit no shape at all; says what was found, never a value."""


def decode(model: Model, shape_name: str | None, pairs: Pairs) -> dict[str, Any]:
    """The values that a form gives to an operation, by their names; those left out are not there.

    Names that the operation does not have are passed over. Texts are `str`, times seconds since
    1970. Raises MalformedInput.
    """
    if shape_name is None:
        return {}
    value = _value(model, model.shapes[shape_name], _tree(pairs))
    return value if isinstance(value, dict) else {}


def _tree(pairs: Pairs) -> Tree:
    root: dict[str, Tree] = {}
    for name, text in pairs:
        if "\x00" in name or "\x00" in text:
            # No XML can hold it, nor can every database.
            raise MalformedInput("A name or value holds a character that is none.")
        parts = name.split(".")
        if len(parts) > _DEEPEST:
            raise MalformedInput("a name has too many parts")
        place = root
        for part in parts[:-1]:
            deeper = place.setdefault(part, {})
            if deeper == "":
                # An empty list or structure, and after it a member of it.
                deeper = place[part] = {}
            if not isinstance(deeper, dict):
                raise MalformedInput("Start of structure or map found where not expected.")
            place = deeper
        if isinstance(place.get(parts[-1]), dict):
            if text:
                raise MalformedInput("Unexpected value where a list or a structure was begun.")
            continue
        place[parts[-1]] = text
    return root


def _value(model: Model, shape: Shape, tree: Tree) -> Any:
    match shape:
        case Structure():
            given = _parts(tree)
            return {
                name: _value(model, model.shapes[inner], given[name])
                for name, inner in shape.members.items()
                if name in given
            }
        case Listing():
            return _list(model, model.shapes[shape.member], tree)
        case Mapped():
            return _map(model, shape, tree)
        case Text() | Number() | Boolean() | Moment():
            if not isinstance(tree, str):
                raise MalformedInput("Start of structure or map found where not expected.")
            return _scalar(shape, tree)
        case _:
            assert_never(shape)


def _parts(tree: Tree) -> dict[str, Tree]:
    """What stands under a name; an empty text stands for nothing at all."""
    if isinstance(tree, dict):
        return tree
    if tree:
        raise MalformedInput("Unexpected value where a list or a structure is expected.")
    return {}


def _list(model: Model, member: Shape, tree: Tree) -> list[Any]:
    given = _parts(tree)
    if not given:
        return []
    if set(given) != {"member"}:
        raise MalformedInput("Start of list found where not expected.")
    return [_value(model, member, one) for one in _in_order(given["member"])]


def _map(model: Model, shape: Mapped, tree: Tree) -> dict[str, Any]:
    given = _parts(tree)
    if not given:
        return {}
    if set(given) != {"entry"}:
        raise MalformedInput("Start of map found where not expected.")
    found = {}
    for entry in _in_order(given["entry"]):
        inner = _parts(entry)
        key, value = inner.get("key"), inner.get("value", "")
        if not isinstance(key, str):
            raise MalformedInput("Map entry without a key.")
        found[key] = _value(model, model.shapes[shape.value], value)
    return found


def _in_order(tree: Tree) -> list[Tree]:
    """What is numbered, by its numbers; these may leave gaps."""
    given = _parts(tree)
    if any(_INDEX.fullmatch(index) is None for index in given):
        raise MalformedInput("Key is not a number from 1.")
    return [given[index] for index in sorted(given, key=int)]


def _scalar(shape: Text | Number | Boolean | Moment, text: str) -> Any:
    match shape:
        case Text():
            return text
        case Boolean():
            truth = _TRUTHS.get(text.lower())
            if truth is None:
                raise MalformedInput("Boolean must be true or false.")
            return truth
        case Number(is_whole=True):
            if _WHOLE.fullmatch(text) is None:
                raise MalformedInput("Value is no whole number.")
            return int(text)
        case Number():
            return _fraction(text)
        case Moment():
            return _moment(text)
        case _:
            assert_never(shape)


def _fraction(text: str) -> float:
    try:
        number = float(text)
    except ValueError as unreadable:
        raise MalformedInput("Value is no number.") from unreadable
    if not math.isfinite(number):
        raise MalformedInput("Value is no number.")
    return number


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as unreadable:
        raise MalformedInput("Timestamp must be in ISO 8601.") from unreadable
