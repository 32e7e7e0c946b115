"""TypeCatalog: the resource types that are installed, with handlers on one cloud account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.client import Client
from imageferry.ports.traces import Census
from imageferry.ports.types import BrokenType, ResourceType
from imageferry.resource_types.censuses import AccountCensus
from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, Looking
from imageferry.resource_types.image_copies.cloud import connect_images
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.installed import (
    Unconnected,
    built_in_names,
    find_entry,
    type_names,
)
from imageferry.resource_types.packages.guarding import connect_offer
from imageferry.resource_types.packages.offers import OfferedTypes, Offers, nothing_offered
from imageferry.resource_types.rooms import load

CONNECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "ALIYUN::ECS::CopyImage": ("copies", "copy_image"),
    "TF::Alicloud::ImageCopy": ("copies", "image_copy"),
    "ALIYUN::ECS::CustomImage": ("copies", "custom_image"),
    "TF::Alicloud::Image": ("copies", "image"),
    "TF::Alicloud::ImageImport": ("copies", "image_import"),
    "ALIYUN::ECS::ImageSharePermission": ("shares", "with_many"),
    "TF::Alicloud::ImageSharePermission": ("shares", "with_one"),
    "IMAGEFERRY::ECS::ImageFamily": ("families", "image_family"),
    "ALIYUN::ECS::Instance": ("instances", "instance"),
    "DATASOURCE::ECS::Images": ("image_queries", "images"),
    "ALIYUN::ECS::Snapshot": ("snapshots", "snapshot"),
    "TF::Alicloud::ImageExport": ("exports", "image_export"),
}
"""By type, the room of `connecting` and its function (Connection) -> Connected. Each is loaded when
the type is first found: handlers are most of what a command would load, and most stacks have
image copies alone."""


class TypeCatalog:
    """The `ports.Catalog` with handlers; without a client every handler fails.

    `offers` tells what installed packages offer; it is asked for what is not built in.
    """

    def __init__(
        self,
        client: Client | None,
        capacity: Capacity | None = None,
        looking: Looking | None = None,
        offers: Offers = nothing_offered,
    ) -> None:
        self._connection: Connection | None = None
        if client is not None:
            known = capacity or Capacity()
            images = connect_images(client, known.queue)
            self._connection = Connection(client, images, known, looking)
        self._found: dict[str, ResourceType] = {}
        self._offered = OfferedTypes(
            lambda offer: (
                Connected(Unconnected()) if client is None else connect_offer(offer, client)
            ),
            built_in_names,
            offers,
        )

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is not None:
            return found
        entry = find_entry(type_name)
        if entry is None:
            return self._offered.find(type_name)
        if self._connection is None:
            found = entry.connected(Unconnected())
        else:
            room, connect = CONNECTIONS[entry.type_name]
            connected: Connected = getattr(load(f"connecting.{room}"), connect)(self._connection)
            found = entry.connected(connected.handler)._replace(**connected._asdict())
        self._found[type_name] = found
        return found

    def census(self, home_region: str) -> Census | None:
        """What finds the things that carry a lineage; None without a client."""
        if self._connection is None:
            return None
        connection = self._connection
        return AccountCensus(
            connection.client,
            home_region,
            lambda: load("connecting.censuses").censuses(connection),
            ("image",),
        )

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return sorted([*type_names(), *self._offered.names()])

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        """What installed packages offer and cannot be used, by name; of one name, where given."""
        return self._offered.broken(type_name)
