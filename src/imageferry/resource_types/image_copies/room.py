"""Room: how much one region takes."""

from __future__ import annotations

from typing import NamedTuple

from imageferry.resource_types.image_copies.queues import COPIES_AT_ONCE


class Room(NamedTuple):
    """How much a region takes: copies that run at once, and custom images (0: not known)."""

    queue: int = COPIES_AT_ONCE
    quota: int = 0
