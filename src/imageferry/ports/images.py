"""Images: the socket through which the core asks what images are there, and who needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ImageSight:
    """One image as its region shows it; `created_at` in seconds since 1970, None where it is not said.

    `is_ready`: it can be copied. `is_own`: it belongs to the account that asks.
    """

    image_id: str
    name: str
    status: str
    is_ready: bool
    is_own: bool
    created_at: float | None
    family: str = ""


@dataclass(frozen=True, slots=True)
class ImageUse:
    """Who needs one image.

    `instances` are ids of some that were made from it, `accounts` all that it is shared with,
    `family` one whose newest available image it is. `trouble` is why it is not known.
    """

    instances: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    is_public: bool = False
    family: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


class Images(Protocol):
    """The images of one cloud and account."""

    async def regions(self, asked: str) -> Mapping[str, bool]:
        """Every region of the account, sorted, as region `asked` tells, and whether it is open.

        One that is sold out takes no copies. Raises what the call does.
        """
        ...

    async def look(self, region: str, image_id: str) -> ImageSight | None:
        """An image by its id, None where the region has none; raises what its call does."""
        ...

    async def uses(self, region: str, image_ids: Sequence[str]) -> Mapping[str, ImageUse]:
        """Who needs each of some images, in one call a region and two or three an image.

        Those that are there no longer are left out. What cannot be asked is told as `trouble`.
        """
        ...
