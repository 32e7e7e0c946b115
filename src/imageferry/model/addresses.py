"""ResourceAddress, PropertyPath: the names of things, parsed once at the edge."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INSTANCE = re.compile(r"(?P<logical_id>.+)\[(?P<index>\d{1,9})\]\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class ResourceAddress:
    """One resource of a stack: its logical id and, for a counted definition, its index."""

    logical_id: str
    index: int | None = None

    def __str__(self) -> str:
        return self.logical_id if self.index is None else f"{self.logical_id}[{self.index}]"


def parse_address(text: str) -> ResourceAddress:
    """The address that `str(address)` wrote."""
    found = _INSTANCE.match(text)
    if found is None:
        return ResourceAddress(text)
    return ResourceAddress(found["logical_id"], int(found["index"]))


PropertyPath = tuple[str | int, ...]
"""The way to a value inside a resource's properties: names and list positions from 0."""


def render_path(path: PropertyPath) -> str:
    """`("Tag", 0, "Key")` as `Tag[0].Key`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
