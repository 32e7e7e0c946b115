"""TypeCatalog: the resource types that are installed, with handlers on one cloud account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from imageferry.cloud.client import Client
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter, Census
from imageferry.ports.types import BrokenType, Handler, ResourceType, Verifier
from imageferry.resource_types.ecs import copy_image, custom_image, image_family, instance, snapshot
from imageferry.resource_types.ecs import image_share_permission as ecs_share
from imageferry.resource_types.ecs import images as image_query
from imageferry.resource_types.exports.handler import ImageExportHandler
from imageferry.resource_types.families.handler import ImageFamilyHandler
from imageferry.resource_types.image_copies.census import ImageCensus
from imageferry.resource_types.image_copies.cloud import ImageCloud, connect_images
from imageferry.resource_types.image_copies.handler import ImageCopyHandler
from imageferry.resource_types.image_copies.inspection import ImageAdopter
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.tracking import tracking_view
from imageferry.resource_types.image_copies.verification import CopyVerifier
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.image_queries.handler import ImageQueryHandler
from imageferry.resource_types.installed import (
    Unconnected,
    built_in_names,
    find_entry,
    type_names,
)
from imageferry.resource_types.instances.cloud import connect_instances
from imageferry.resource_types.instances.handler import InstanceHandler
from imageferry.resource_types.offers import OfferedTypes, Offers, nothing_offered
from imageferry.resource_types.sharing.handler import ShareHandler
from imageferry.resource_types.sharing.views import MANY, ONE
from imageferry.resource_types.sharing.wanted import ShareView
from imageferry.resource_types.snapshots.handler import SnapshotHandler
from imageferry.resource_types.tf import image, image_copy, image_export, image_import
from imageferry.resource_types.tf import image_share_permission as tf_share

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
    verifier: Verifier | None = None


def _copies(view: View) -> Callable[[Connection], Connected]:
    def connect(on: Connection) -> Connected:
        return Connected(
            ImageCopyHandler(on.images, view),
            ImageAdopter(on.images, view),
            on.looking and on.looking(on.images, view, on.capacity),
            CopyVerifier(on.images, view),
        )

    return connect


def _made(view: View) -> Callable[[Connection], Connected]:
    def connect(on: Connection) -> Connected:
        return Connected(
            ImageCopyHandler(on.images, view),
            ImageAdopter(on.images, view),
            verifier=CopyVerifier(on.images, view),
        )

    return connect


def _shares(view: ShareView) -> Callable[[Connection], Connected]:
    def connect(on: Connection) -> Connected:
        return Connected(ShareHandler(on.images, view))

    return connect


def _family(on: Connection) -> Connected:
    return Connected(ImageFamilyHandler(on.client, on.images.loader))


CONNECTIONS: Final[Mapping[str, Callable[[Connection], Connected]]] = {
    copy_image.TYPE_NAME: _copies(copy_image.VIEW),
    image_copy.TYPE_NAME: _copies(tracking_view(image_copy.read_wanted, image_copy.WORDS)),
    ecs_share.TYPE_NAME: _shares(MANY),
    tf_share.TYPE_NAME: _shares(ONE),
    custom_image.TYPE_NAME: _made(custom_image.VIEW),
    image.TYPE_NAME: _made(tracking_view(image.read_wanted, image.WORDS, image.EDITABLE)),
    image_import.TYPE_NAME: _made(
        tracking_view(image_import.read_wanted, image_import.WORDS, image_import.EDITABLE)
    ),
    image_family.TYPE_NAME: _family,
    instance.TYPE_NAME: lambda on: Connected(InstanceHandler(connect_instances(on.client))),
    image_query.TYPE_NAME: lambda on: Connected(ImageQueryHandler(on.client)),
    snapshot.TYPE_NAME: lambda on: Connected(SnapshotHandler(on.images)),
    image_export.TYPE_NAME: lambda on: Connected(ImageExportHandler(on.images)),
}
"""How the handler of each built-in type is connected to an account."""


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
            lambda offer: Unconnected() if client is None else offer.connect(client),
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
            connected = CONNECTIONS[entry.type_name](self._connection)
            found = entry.connected(connected.handler)._replace(**connected._asdict())
        self._found[type_name] = found
        return found

    def census(self, home_region: str) -> Census | None:
        """What finds the images that carry a lineage; None without a client."""
        return (
            None if self._connection is None else ImageCensus(self._connection.images, home_region)
        )

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return sorted([*type_names(), *self._offered.names()])

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        """What installed packages offer and cannot be used, by name; of one name, where given."""
        return self._offered.broken(type_name)
