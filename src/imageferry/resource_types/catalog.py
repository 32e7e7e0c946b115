"""TypeCatalog: the resource types that are installed, with handlers on one cloud account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from imageferry.cloud.client import Client
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter, Census
from imageferry.ports.types import Handler, ResourceType
from imageferry.resource_types.ecs import copy_image
from imageferry.resource_types.image_copies.census import ImageCensus
from imageferry.resource_types.image_copies.cloud import ImageCloud, connect_images
from imageferry.resource_types.image_copies.handler import ImageCopyHandler
from imageferry.resource_types.image_copies.inspection import ImageAdopter
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.tracking import tracking_view
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.installed import Unconnected, find_entry, type_names
from imageferry.resource_types.tf import image_copy

VIEWS: Final[Mapping[str, View]] = {
    copy_image.TYPE_NAME: copy_image.VIEW,
    image_copy.TYPE_NAME: tracking_view(image_copy.read_wanted, image_copy.WORDS),
}
"""What the handler of each type speaks."""


Looking = Callable[[ImageCloud, View, Capacity], Foresight]
"""Gives what looks at the cloud on behalf of planned changes of one type."""


class TypeCatalog:
    """The `ports.Catalog` of the built-in types; without a client every handler fails."""

    def __init__(
        self,
        client: Client | None,
        capacity: Capacity | None = None,
        looking: Looking | None = None,
    ) -> None:
        self._looking = looking
        self._capacity = capacity or Capacity()
        self._cloud = None if client is None else connect_images(client, self._capacity.queue)
        self._found: dict[str, ResourceType] = {}

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is not None:
            return found
        entry = find_entry(type_name)
        if entry is None:
            return None
        handler: Handler = Unconnected()
        adopter: Adopter | None = None
        foresight: Foresight | None = None
        if self._cloud is not None:
            view = VIEWS[entry.type_name]
            handler = ImageCopyHandler(self._cloud, view)
            adopter = ImageAdopter(self._cloud, view)
            if self._looking is not None:
                foresight = self._looking(self._cloud, view, self._capacity)
        found = entry.connected(handler)._replace(adopter=adopter, foresight=foresight)
        self._found[type_name] = found
        return found

    def census(self, home_region: str) -> Census | None:
        """What finds the images that carry a lineage; None without a client."""
        return None if self._cloud is None else ImageCensus(self._cloud, home_region)

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return type_names()
