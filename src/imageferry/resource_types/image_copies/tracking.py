"""A view with a tracking id: what stands for the image behind it is known before the first call."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Final

from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import Value
from imageferry.resource_types.image_copies.wanted import View, WantedCopy
from imageferry.resource_types.image_copies.words import Words

_IDS: Final = uuid.UUID("5f6f3a1e-3c0b-5d5e-9a55-0f2d0a6f7b11")


def _physical_id(request: HandlerRequest, image_id: str | None) -> str | None:
    """The tracking id: known before the first call, the same on every repeat of it."""
    if request.physical_id is not None:
        return request.physical_id
    return str(uuid.uuid5(_IDS, f"{request.stack_id}\n{request.address}\n{request.token}"))


def _recorded_id(request: HandlerRequest) -> str | None:
    image_id = request.attributes.get("Id")
    return image_id if isinstance(image_id, str) and image_id else None


def _attributes(request: HandlerRequest, wanted: WantedCopy, image_id: str) -> dict[str, Value]:
    return {"Id": image_id, "tfcfnid": _physical_id(request, image_id)}


def tracking_view(
    wanted: Callable[[Mapping[str, Value], str], WantedCopy],
    words: Words,
    editable: frozenset[str] = frozenset({"name", "description", "tags"}),
) -> View:
    """The view of a type whose properties, called by `words`, want what `wanted` says."""
    return View(
        wanted=wanted,
        physical_id=_physical_id,
        attributes=_attributes,
        recorded_id=_recorded_id,
        renews=True,
        editable=editable,
        words=words,
    )
