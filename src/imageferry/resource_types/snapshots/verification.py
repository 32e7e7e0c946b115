"""Verification of a snapshot: accomplished, of the disk, for as long, and with the tags asked for."""

from __future__ import annotations

from imageferry.resource_types.handling.verdicts import ReadingVerifier, Where
from imageferry.resource_types.snapshots.handler import SnapshotHandler


def snapshot_verifier(handler: SnapshotHandler) -> ReadingVerifier:
    """The `ports.Verifier` of snapshots. Sizes are not compared: a disk may have grown since."""
    return ReadingVerifier(
        kind="snapshot",
        read=handler.read,
        where=lambda request: Where(request.physical_id or "", request.region),
        named={"DiskId": "disk", "RetentionDays": "days of retention"},
        health={"status": "accomplished"},
        tags="Tags",
    )
