"""What an operation has left in the cloud for good, and is billed: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from imageferry.cli.display.rendering import clean, indented
from imageferry.model.handlers import Context
from imageferry.model.values import Json

_MOST_SHOWN: Final = 20
_SNAPSHOT: Final = "snapshot"


def remains_lines(remains: Iterable[Context]) -> list[str]:
    """One line for what is left of each thing, under a heading; nothing where nothing is."""
    lines = [_line(remnant) for remnant in remains]
    if len(lines) > _MOST_SHOWN:
        hidden = len(lines) - _MOST_SHOWN
        lines = [*lines[:_MOST_SHOWN], f"and {hidden} more; --json and the events name them all"]
    return ["left in the cloud, and billed:", *indented(lines)] if lines else []


def ids_of(remains: Iterable[Context]) -> set[str]:
    """The ids of everything that is left."""
    return {one for remnant in remains for one in _ids(remnant)}


def _line(remnant: Context) -> str:
    kind, ids = str(remnant.get("kind", "")), _ids(remnant)
    line = f"{kind} {', '.join(ids)}" if len(ids) == 1 else f"{kind}s {', '.join(ids)}"
    line += f" in {remnant.get('region', '')}"
    if remnant.get("of"):
        line += f", of {remnant['of']}"
    if remnant.get("why"):
        line += f": {remnant['why']}"
    return clean(line)


def snapshots_left_json(remains: Iterable[Context]) -> list[Json]:
    """The value of `snapshots_left`: region, image, ids of its snapshots, and why they stay."""
    return [
        {
            "region": remnant.get("region"),
            "image": remnant.get("of") or None,
            "ids": list(_ids(remnant)),
            "why": remnant.get("why"),
        }
        for remnant in remains
        if remnant.get("kind") == _SNAPSHOT
    ]


def _ids(remnant: Context) -> tuple[str, ...]:
    listed = remnant.get("ids")
    return tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()
