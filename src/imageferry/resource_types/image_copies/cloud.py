"""ImageCloud: what the handlers of image copies work with: calls, looks that share pages, memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imageferry.cloud.client import Client
from imageferry.cloud.images import ImageLoader
from imageferry.cloud.snapshots import SnapshotLoader
from imageferry.model.handlers import Confirm
from imageferry.resource_types.image_copies.queues import COPIES_AT_ONCE
from imageferry.resource_types.image_copies.sources import Sources
from imageferry.resource_types.image_copies.watches import Watches


@dataclass(frozen=True, slots=True)
class ImageCloud:
    """One account's image calls; all handlers have the loader and the memory in common."""

    client: Client
    loader: ImageLoader
    watches: Watches
    snapshots: SnapshotLoader
    sources: Sources

    def confirmed(self, confirm: Confirm) -> ImageCloud:
        """The same, whose calls without a token are each confirmed before they are sent."""
        return replace(self, client=self.client.confirmed(confirm))


def connect_images(client: Client, copies_at_once: int = COPIES_AT_ONCE) -> ImageCloud:
    """The image calls of a client's account, whose regions run so many copies at once."""
    watches = Watches(copies_at_once)
    loader = ImageLoader(client)
    return ImageCloud(client, loader, watches, SnapshotLoader(client), Sources(loader))
