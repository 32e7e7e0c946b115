"""Plain jq paths, such as `.a.b`, `.[0].x` or `.["k"]?`, read and followed without jq."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import UNKNOWN, Value

_STEP: Final = (
    r"""\.?\[\s*(?:(?P<index>-?[0-9]{1,15})|"(?P<key>[^"\\]*)")\s*\](?P<a>\?*)"""
    r"""|\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<b>\?*)"""
    r"""|\."(?P<text>[^"\\]*)"(?P<c>\?*)"""
)


class Step(NamedTuple):
    """One step of a path: a key or an index; `lenient` (`?`) gives nothing instead of an error."""

    part: str | int
    lenient: bool


class NoOutput(Exception):
    """The path gives no output at all, because of a `?`."""


@lru_cache(maxsize=256)
def plain_path(script: str) -> tuple[Step, ...] | None:
    """The steps of a plain path; None where the script is any other program."""
    text = script.strip()
    if text == ".":
        return ()
    if not text.startswith("."):
        return None
    # Compiled where it is needed first: few templates hold a path.
    step = re.compile(_STEP)
    steps: list[Step] = []
    position = 0
    while position < len(text):
        found = step.match(text, position)
        # Only the first step may be a bracket that follows the dot; `.a.[0]` is newer syntax.
        if found is None or (position and found[0].startswith(".[")):
            return None
        index = found["index"]
        key = next((k for k in (found["key"], found["name"], found["text"]) if k is not None), "")
        lenient = bool(found["a"] or found["b"] or found["c"])
        steps.append(Step(key if index is None else int(index), lenient))
        position = found.end()
    return tuple(steps)


def follow(path: tuple[Step, ...], value: Value) -> Value:
    """What the path gives, as jq would; raises Refusal as jq fails, and NoOutput.

    UNKNOWN on the way gives UNKNOWN; what is inside a Secret stays one.
    """
    current, secret = opened(value)
    for step in path:
        if current is UNKNOWN:
            return UNKNOWN
        try:
            current, hidden = opened(_step(current, step.part))
        except Refusal:
            if step.lenient:
                raise NoOutput from None
            raise
        secret = secret or hidden
    return sealed(current, secret)


def _step(value: Value, part: str | int) -> Value:
    if isinstance(part, str):
        # A dict is asked for first, because asking for any Mapping is slow.
        if isinstance(value, (dict, Mapping)):
            return value.get(part)
    elif isinstance(value, (list, tuple)):
        return value[part] if -len(value) <= part < len(value) else None
    if value is None:
        return None
    wanted = "a map" if isinstance(part, str) else "a list"
    raise Refusal(f"needs {wanted} for this step of its path, not {kind_of(value)}", code="IF307")
