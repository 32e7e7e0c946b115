"""TypeCatalog: the resource types that are installed, with handlers on one cloud account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

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

Looking = Callable[[ImageCloud, View, Capacity], Foresight]
"""Gives what looks at the cloud on behalf of planned changes of one type."""


class Connection(NamedTuple):
    """One cloud account: its calls, its images, and what is known of its limits."""

    client: Client
    images: ImageCloud
    capacity: Capacity
    looking: Looking | None


class Connected(NamedTuple):
    """What one type can do on an account."""

    handler: Handler
    adopter: Adopter | None = None
    foresight: Foresight | None = None


def _copies(view: View) -> Callable[[Connection], Connected]:
    def connect(on: Connection) -> Connected:
        return Connected(
            ImageCopyHandler(on.images, view),
            ImageAdopter(on.images, view),
            on.looking and on.looking(on.images, view, on.capacity),
        )

    return connect


CONNECTIONS: Final[Mapping[str, Callable[[Connection], Connected]]] = {
    copy_image.TYPE_NAME: _copies(copy_image.VIEW),
    image_copy.TYPE_NAME: _copies(tracking_view(image_copy.read_wanted, image_copy.WORDS)),
}
"""How the handler of each built-in type is connected to an account."""


class TypeCatalog:
    """The `ports.Catalog` of the built-in types; without a client every handler fails."""

    def __init__(
        self,
        client: Client | None,
        capacity: Capacity | None = None,
        looking: Looking | None = None,
    ) -> None:
        self._connection: Connection | None = None
        if client is not None:
            known = capacity or Capacity()
            images = connect_images(client, known.queue)
            self._connection = Connection(client, images, known, looking)
        self._found: dict[str, ResourceType] = {}

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is not None:
            return found
        entry = find_entry(type_name)
        if entry is None:
            return None
        if self._connection is None:
            found = entry.connected(Unconnected())
        else:
            handler, adopter, foresight = CONNECTIONS[entry.type_name](self._connection)
            found = entry.connected(handler)._replace(adopter=adopter, foresight=foresight)
        self._found[type_name] = found
        return found

    def census(self, home_region: str) -> Census | None:
        """What finds the images that carry a lineage; None without a client."""
        return (
            None if self._connection is None else ImageCensus(self._connection.images, home_region)
        )

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return type_names()
