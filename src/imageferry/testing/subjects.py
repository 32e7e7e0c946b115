"""Subject: a resource type as the contract suite tries it, with examples and what is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from imageferry.model.values import Value
from imageferry.ports.traces import Adopter
from imageferry.ports.types import Handler, ResourceType, TypeOffer
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.connected import Connected
from imageferry.resource_types.packages.entry_points import installed_offers
from imageferry.resource_types.packages.guarding import connect_offer
from imageferry.resource_types.packages.offers import take_offer
from imageferry.testing.clouds import EmulatedCloud

Properties: TypeAlias = Mapping[str, Value]
Given: TypeAlias = Properties | Callable[[EmulatedCloud], Properties]
"""Properties as they stand, or as they are for a cloud that was prepared."""


async def _nothing(cloud: EmulatedCloud) -> None:
    """The preparation of a subject that needs none."""


def inhabitants(cloud: EmulatedCloud) -> Mapping[str, Any]:
    """What is in an emulated cloud, image by image and snapshot by snapshot: the usual `others`."""
    kept = ("name", "region", "status", "tags", "size")
    images = {one["image_id"]: {name: one[name] for name in kept} for one in cloud.images()}
    return images | {one["snapshot_id"]: one["region"] for one in cloud.snapshots()}


def hide_images(cloud: EmulatedCloud) -> None:
    """Let the next image be listed a while after it was made, and its tags later still."""
    cloud.fault("hidden", seconds=40.0, action="*")
    cloud.fault("late_tags", seconds=90.0, action="*")


@dataclass(frozen=True, slots=True)
class Subject:
    """A type, and all that the suite needs to know to try it.

    `type_name` is that of an installed type; `offer` takes its place for one that is not installed,
    `connect` for a handler that is connected otherwise, `adopter` likewise for what takes things in. `properties` are an example as a template
    gives it, in a stack in `region`. `changes` are changes of it by a name of yours, each as the
    properties that differ, None for one that is taken away: one for each property that can be
    changed at least, replacing ones as well.

    `things(cloud)` are the ids of all things of this kind, whoever made them: what a create adds to
    them is what the resource is. `remove(cloud, thing)` removes one behind the handler's back.
    `spoils` are what else somebody may do to a thing, by a name of yours: drift, which is set back.
    `prepare` is awaited before anything else. `others(cloud)` pictures by id what is there beside
    the resource; nothing of what was there at the beginning may be otherwise at the end.

    `is_setting`: the resource is no thing of its own but a setting of something else, so that what
    somebody else has taken back is drift and need not be NotFound.
    `stays`: what it has made is there to stay, as something that was carried out once; a delete ends
    what still runs, and leaves what is done.
    `tells_id`: the service makes the id, which the handler has to tell at once. `only_reads`: the
    type changes nothing and makes nothing. `late` lets what is made next become visible late.
    `remains(cloud)` are the ids of what the cloud may keep of a deleted thing, whosever it is, where a
    delete can be told to take that as well. `secrets` are properties that are tried as NoEcho values.
    """

    type_name: str
    region: str
    properties: Given
    things: Callable[[EmulatedCloud], Iterable[str]]
    remove: Callable[[EmulatedCloud, str], Awaitable[None]]
    changes: Mapping[str, Given] = field(default_factory=dict)
    prepare: Callable[[EmulatedCloud], Awaitable[None]] = _nothing
    others: Callable[[EmulatedCloud], Mapping[str, Any]] = inhabitants
    spoils: Mapping[str, Callable[[EmulatedCloud, str], Awaitable[None]]] = field(
        default_factory=dict
    )
    late: Callable[[EmulatedCloud], None] | None = None
    remains: Callable[[EmulatedCloud], Iterable[str]] | None = None
    secrets: tuple[str, ...] = ()
    offer: TypeOffer | None = None
    connect: Callable[[EmulatedCloud], Handler] | None = None
    adopter: Callable[[EmulatedCloud], Adopter] | None = None
    is_setting: bool = False
    stays: bool = False
    tells_id: bool = True
    only_reads: bool = False

    def resource_type(self, cloud: EmulatedCloud) -> ResourceType:
        """The type on a cloud; raises LookupError where it is not installed."""
        if self.offer is not None:
            if self.connect is not None:
                adopter = self.adopter and self.adopter(cloud)
                return take_offer(self.offer, Connected(self.connect(cloud), adopter))
            return take_offer(self.offer, connect_offer(self.offer, cloud.client))
        installed = TypeCatalog(cloud.client, offers=installed_offers).find(self.type_name)
        if installed is None:
            raise LookupError(f'the type "{self.type_name}" is not installed')
        return installed._replace(handler=self.connect(cloud)) if self.connect else installed


def given(cloud: EmulatedCloud, properties: Given) -> Properties:
    """The properties for a cloud."""
    return properties(cloud) if callable(properties) else properties


def changed(first: Properties, change: Properties) -> Properties:
    """The properties after a change."""
    return {name: value for name, value in {**first, **change}.items() if value is not None}
