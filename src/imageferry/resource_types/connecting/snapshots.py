"""Snapshots."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, foreseen
from imageferry.resource_types.snapshots.handler import SnapshotHandler
from imageferry.resource_types.snapshots.verification import snapshot_verifier


def snapshot(on: Connection) -> Connected:
    """ALIYUN::ECS::Snapshot."""
    handler = SnapshotHandler(on.images)
    return Connected(
        handler,
        foresight=foreseen(on, "snapshots.foresight", on.client),
        verifier=snapshot_verifier(handler),
    )
