"""TypeCatalog: the resource types that are installed, with handlers on one cloud account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.client import Client
from imageferry.ports.types import Handler, ResourceType
from imageferry.resource_types.ecs import copy_image
from imageferry.resource_types.image_copies.cloud import connect_images
from imageferry.resource_types.image_copies.handler import ImageCopyHandler
from imageferry.resource_types.image_copies.tracking import tracking_view
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.installed import Unconnected, find_entry, type_names
from imageferry.resource_types.tf import image_copy

VIEWS: Final[Mapping[str, View]] = {
    copy_image.TYPE_NAME: copy_image.VIEW,
    image_copy.TYPE_NAME: tracking_view(image_copy.read_wanted),
}
"""What the handler of each type speaks."""


class TypeCatalog:
    """The `ports.Catalog` of the built-in types; without a client every handler fails."""

    def __init__(self, client: Client | None) -> None:
        self._cloud = None if client is None else connect_images(client)
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
        if self._cloud is not None:
            handler = ImageCopyHandler(self._cloud, VIEWS[entry.type_name])
        found = entry.connected(handler)
        self._found[type_name] = found
        return found

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return type_names()
