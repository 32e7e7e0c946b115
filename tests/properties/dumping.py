"""Trees of plain data and tagged values written as YAML or JSON, as plainly as can be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

STEP: Final = "  "


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value under a short tag such as `!Ref`."""

    tag: str
    value: Any


def yaml_of(tree: Any) -> str:
    """A block of YAML: every text in double quotes, nothing but what JSON has, and short tags."""
    return "\n".join(_lines(tree)) + "\n"


def json_of(tree: Any) -> str:
    """JSON; there are no tags in it."""
    return json.dumps(tree, ensure_ascii=False, indent=1)


def _lines(tree: Any) -> list[str]:
    match tree:
        case dict() if tree:
            return [line for key, value in tree.items() for line in _under(f"{_text(key)}:", value)]
        case list() if tree:
            return [line for value in tree for line in _under("-", value)]
        case _:
            return [_inline(tree)]


def _under(head: str, value: Any) -> list[str]:
    while isinstance(value, Tagged):
        head, value = f"{head} {value.tag}", value.value
    if isinstance(value, (dict, list)) and value:
        return [head, *(STEP + line for line in _lines(value))]
    return [f"{head} {_inline(value)}"]


def _inline(value: Any) -> str:
    match value:
        case str():
            return _text(value)
        case dict():
            return "{}"
        case list():
            return "[]"
        case _:
            return json.dumps(value)


def _text(text: str) -> str:
    """JSON's escapes of what may not stand bare are YAML's as well, but for the solidus."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(
        letter if letter.isprintable() or letter == " " else f"\\U{ord(letter):08x}"
        for letter in written
    )
