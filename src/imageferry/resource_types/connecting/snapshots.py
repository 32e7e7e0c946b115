"""Snapshots."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.snapshots.handler import SnapshotHandler


def snapshot(on: Connection) -> Connected:
    """ALIYUN::ECS::Snapshot."""
    return Connected(SnapshotHandler(on.images))
