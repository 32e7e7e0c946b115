"""The table of intrinsic functions by canonical name: one row is one function with its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.evaluation.functions import lists, logic, lookups, text
from imageferry.evaluation.functions.rows import Function, Lazy, Place, Reach, Shape, Strict

_NORMAL: Final = frozenset({Place.NORMAL})
_EVERYWHERE: Final = frozenset({Place.NORMAL, Place.CONDITION, Place.COUNT})
_LOGIC: Final = frozenset({Place.CONDITION, Place.COUNT})

FUNCTIONS: Final[Mapping[str, Function]] = {
    "ref": Strict(lookups.parameter, Shape(1, 1, whole=True), _EVERYWHERE),
    "sub": Strict(text.sub, Shape(0, None), _NORMAL),
    "sub_text": Lazy(text.sub_text, Shape(1, 2), _NORMAL),
    "join": Strict(text.join, Shape(2, 2), _EVERYWHERE),
    "split": Strict(text.split, Shape(2, 2), _EVERYWHERE),
    "base64": Strict(text.base64_mark, Shape(1, 1, whole=True), _NORMAL),
    "base64_encode": Strict(text.base64_encode, Shape(1, 1, whole=True), _EVERYWHERE),
    "select": Strict(lists.select, Shape(2, 4), _EVERYWHERE, Reach.OWN),
    "length": Strict(lists.length, Shape(1, 1, whole=True), _EVERYWHERE, Reach.OWN),
    "find_in_map": Strict(lookups.find_in_map, Shape(3, 3), _EVERYWHERE, Reach.OWN),
    "jq": Strict(lookups.jq, Shape(3, 3), _EVERYWHERE, Reach.OWN),
    "if": Lazy(logic.choose, Shape(3, 3), _EVERYWHERE),
    "equals": Strict(logic.equals, Shape(2, 2), _LOGIC, Reach.OWN),
    "and": Lazy(logic.both, Shape(2, None), _LOGIC),
    "or": Lazy(logic.either, Shape(2, None), _LOGIC),
    "not": Lazy(logic.negate, Shape(1, 1, bare=True), _LOGIC),
}
"""Every function that can be evaluated."""
