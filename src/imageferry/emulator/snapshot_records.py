"""The snapshots that stand behind images: made with them, left behind by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imageferry.emulator.calls import Call
from imageferry.emulator.image_records import ImageRecord

_INSERT = (
    "INSERT INTO snapshots (snapshot_id, region, owner, name, description, image_id, created_at,"
    " ready_at, size, disk_type, source_disk_id, source_snapshot_id, source_region, encrypted,"
    " kms_key_id, resource_group, retention_days, tags, starts_at, fails_at, seconds, visible_at,"
    " tags_visible_at, category, instant_days)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def add_image_snapshots(
    call: Call,
    image_id: str,
    region: str,
    source: ImageRecord,
    is_encrypted: bool,
    key_id: str,
) -> Sequence[Mapping[str, Any]]:
    """Make the copies of an image's snapshots; returns the disks of the new image.

    They are finished when the image is, so nothing is to be changed when the queue moves.
    """
    disks: list[Mapping[str, Any]] = []
    for disk in source.disks or ({"device": "/dev/xvda", "type": "system", "size": source.size},):
        snapshot_id = call.world.new_id("s", region)
        add_snapshot(
            call,
            snapshot_id,
            region,
            disk,
            image_id=image_id,
            source_snapshot_id=disk.get("snapshot_id", ""),
            source_region="" if source.region == region else source.region,
            is_encrypted=is_encrypted,
            key_id=key_id,
        )
        disks.append(
            {
                "device": disk["device"],
                "type": disk["type"],
                "size": disk["size"],
                "snapshot_id": snapshot_id,
            }
        )
    return disks


def add_snapshot(
    call: Call,
    snapshot_id: str,
    region: str,
    disk: Mapping[str, Any],
    *,
    image_id: str | None = None,
    ready_at: float = 0.0,
    name: str = "",
    description: str = "",
    source_snapshot_id: str = "",
    source_region: str = "",
    is_encrypted: bool = False,
    key_id: str = "",
    group: str = "",
    retention_days: int | None = None,
    tags: str = "{}",
    fails_at: float | None = None,
    seconds: float = 0.0,
    visible_at: float = 0.0,
    tags_visible_at: float = 0.0,
    category: str = "standard",
    instant_days: int | None = None,
) -> None:
    """Keep a new snapshot; with an `image_id` it is ready when the image is.

    `seconds` is how long it takes at speed 1; `instant_days` None means no instant access, and 0 one
    without an end.
    """
    call.world.sql.execute(
        _INSERT,
        (
            snapshot_id,
            region,
            call.account,
            name,
            description,
            image_id,
            call.now,
            ready_at,
            disk["size"],
            disk["type"],
            disk.get("id", ""),
            source_snapshot_id,
            source_region,
            int(is_encrypted),
            key_id,
            group,
            retention_days,
            tags,
            call.now,
            fails_at,
            seconds,
            visible_at,
            tags_visible_at,
            category,
            instant_days,
        ),
    )


def remove_image_snapshots(call: Call, image: ImageRecord) -> None:
    """Take away the snapshots that were begun with an image; those that it was made of stay."""
    call.world.sql.executemany(
        "DELETE FROM snapshots WHERE snapshot_id = ? AND image_id = ?",
        [(disk["snapshot_id"], image.image_id) for disk in image.disks],
    )
