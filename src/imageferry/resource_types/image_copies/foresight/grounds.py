"""Ground: what was seen of one region before anything is done there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from imageferry.cloud.errors import CloudError
from imageferry.cloud.shelves import Seen


@dataclass(slots=True)
class Ground:
    """What was seen of a region: `fault` where nothing was.

    `total` counts its own images. `unread` are names that could not be looked up; `is_whole` is True where every image was seen.
    `ahead` are the copies in its queue.
    """

    region: str
    fault: CloudError | None = None
    seen: dict[str, Seen] = field(default_factory=dict)
    total: int | None = None
    is_whole: bool = False
    unread: set[str] = field(default_factory=set)
    ahead: tuple[Seen, ...] = ()
    is_queue_known: bool = False

    def holders(self, name: str, but: Collection[str | None] = ()) -> list[Seen]:
        """The images that have a name, but for some."""
        return [
            one
            for one in self.seen.values()
            if one.image.name == name and one.image.image_id not in but
        ]
