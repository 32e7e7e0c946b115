"""Censuses: what finds the things of each kind that carry a lineage, connected to an account."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.resource_types.connecting.connections import Connection
from imageferry.resource_types.handling.traces import KindCensus
from imageferry.resource_types.image_copies.census import IMAGE, ImageCensus
from imageferry.resource_types.instances.census import INSTANCE, InstanceCensus
from imageferry.resource_types.instances.cloud import connect_instances
from imageferry.resource_types.snapshots.census import SNAPSHOT, SnapshotCensus


def censuses(on: Connection) -> Mapping[str, KindCensus]:
    """The census of each kind, in the order in which kinds are told."""
    return {
        IMAGE: ImageCensus(on.images),
        INSTANCE: InstanceCensus(connect_instances(on.client)),
        SNAPSHOT: SnapshotCensus(on.images),
    }
