"""The lineage tag: which installation, operation and address made something, and how it is read."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from imageferry.model.handlers import Context, HandlerRequest
from imageferry.resource_types.handling.notes import text_note
from imageferry.resource_types.handling.tagging import LINEAGE_KEY, MOST_TAGS

__all__ = [
    "LINEAGE_KEY",
    "MOST_TAGS",
    "TOKEN_TRUST",
    "VISIBILITY",
    "Origin",
    "lineage",
    "noted_lineage",
    "origin_notes",
    "origin_of",
]

VISIBILITY: Final = 300.0
"""Seconds within which a new thing must have become visible."""
TOKEN_TRUST: Final = 600.0
"""Seconds for which the cloud is relied on to know a token again."""
_VALUE_LIMIT: Final = 128


def lineage(installation: str, operation_id: str, address: str) -> str:
    """The value of the lineage tag; a long address is cut and told apart by its digest."""
    text = f"{installation}/{operation_id}/{address}"
    if len(text) <= _VALUE_LIMIT and text.isascii():
        return text
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    head = f"{installation}/{operation_id}/"
    kept = "".join(character for character in address if character.isascii())
    return f"{head}{kept[: _VALUE_LIMIT - len(head) - 17]}~{digest}"


class Origin(NamedTuple):
    """What a lineage says: whose installation, which operation, for which address (maybe cut)."""

    installation: str
    operation_id: str
    address: str


def origin_of(value: str) -> Origin | None:
    """The parts of a lineage tag's value; None for one that is none of ours."""
    parts = value.split("/", 2)
    return Origin(*parts) if len(parts) == 3 and all(parts) else None


def origin_notes(request: HandlerRequest) -> dict[str, str]:
    """Who makes something, for its notes: a resource may have another address when it goes."""
    return {"operation": request.operation_id, "address": request.address}


def noted_lineage(request: HandlerRequest, context: Context) -> str:
    """The lineage of what an earlier step, or this one, has begun."""
    return lineage(
        request.installation,
        text_note(context, "operation") or request.operation_id,
        text_note(context, "address") or request.address,
    )
