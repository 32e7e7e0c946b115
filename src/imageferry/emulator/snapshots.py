"""CreateSnapshot, DescribeSnapshots, DeleteSnapshot, and their rules."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_time, tag_reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import check_snapshot_quota
from imageferry.emulator.images import missing_on_delete
from imageferry.emulator.instance_records import find_disk
from imageferry.emulator.progress import MAKE_SECONDS_PER_GIB, Span, percent, seconds_for
from imageferry.emulator.rules import check_description, check_group, read_tag_filter, read_tags
from imageferry.emulator.snapshot_records import add_snapshot

_SELECT = (
    "SELECT snapshots.*, COALESCE(images.starts_at, snapshots.created_at) AS starts_at,"
    " COALESCE(images.ends_at, snapshots.ready_at) AS ends_at, images.fails_at AS fails_at,"
    " (SELECT COUNT(*) FROM images AS users WHERE users.region = snapshots.region"
    " AND instr(users.disks, '\"' || snapshots.snapshot_id || '\"') > 0) AS users,"
    " (SELECT COUNT(*) FROM instances WHERE instances.image_id = snapshots.image_id) AS makers"
    " FROM snapshots LEFT JOIN images ON images.image_id = snapshots.image_id"
)
_Row = dict[str, Any]


def _query(call: Call, where: str, values: dict[str, object]) -> list[_Row]:
    cursor = call.world.sql.cursor()
    cursor.row_factory = sqlite3.Row
    # Names come from this module, values are bound.
    return [dict(row) for row in cursor.execute(f"{_SELECT} WHERE {where}", values)]


def find_snapshot(call: Call, snapshot_id: str) -> _Row | None:
    """A snapshot of the caller's, wherever it is: snapshot ids are unique over all regions."""
    rows = _query(
        call,
        "snapshots.snapshot_id = :id AND snapshots.owner = :owner",
        {"id": snapshot_id, "owner": call.account},
    )
    return rows[0] if rows else None


def is_finished(snapshot: _Row, now: float) -> bool:
    """Whether it can be used."""
    return now >= snapshot["ends_at"] and snapshot["fails_at"] is None


def _word(snapshot: _Row, now: float) -> str:
    if now < snapshot["ends_at"]:
        return "progressing"
    return "accomplished" if snapshot["fails_at"] is None else "failed"


def create_snapshot(call: Call) -> Reply:
    """Make a snapshot of an instance's disk."""
    found = find_disk(call, call.needed("DiskId"))
    if found is None:
        raise refusal("InvalidDiskId.NotFound")
    instance, disk = found
    name = call.text("SnapshotName")
    if name and (not 2 <= len(name) <= 128 or name.startswith(("auto", "http://", "https://"))):
        raise refusal("InvalidSnapshotName.Malformed")
    check_snapshot_quota(call, instance.region, 1)
    snapshot_id = call.world.new_id("s", instance.region)
    seconds = seconds_for(snapshot_id, disk["size"], MAKE_SECONDS_PER_GIB)
    days = call.number("RetentionDays", 0, 1, 65536)
    add_snapshot(
        call,
        snapshot_id,
        instance.region,
        disk,
        ready_at=call.now + seconds / call.choices.speed,
        name=name,
        description=check_description(call.text("Description")),
        group=check_group(call),
        retention_days=days or None,
        tags=json.dumps(read_tags(call)),
    )
    return {"SnapshotId": snapshot_id}


_STATUSES = ("progressing", "accomplished", "failed", "all")
_USAGES = ("image", "disk", "image_disk", "none")


def describe_snapshots(call: Call) -> Reply:
    """Snapshots of a region; pages by number, or by MaxResults and NextToken."""
    ids = call.id_array("SnapshotIds")
    wanted = call.text("Status") or "all"
    usage = call.text("Usage")
    if wanted not in _STATUSES:
        raise refusal("InvalidParameter", f"Status is one of {', '.join(_STATUSES)}.")
    if usage and usage not in _USAGES:
        raise refusal("InvalidUsage")
    where = (
        "snapshots.region = :region AND snapshots.owner = :owner"
        # A queued copy has begun no snapshot yet.
        " AND (images.starts_at IS NULL OR images.starts_at <= :now)"
        " AND (:ids IS NULL OR snapshots.snapshot_id IN (SELECT value FROM json_each(:ids)))"
        " AND (:name = '' OR snapshots.name = :name)"
        " AND (:disk = '' OR snapshots.source_disk_id = :disk)"
        " AND (:group = '' OR snapshots.resource_group = :group)"
        " ORDER BY snapshots.sequence"
    )
    rows = _query(
        call,
        where,
        {
            "region": call.region,
            "owner": call.account,
            "now": call.now,
            "ids": json.dumps(ids) if ids is not None else None,
            "name": call.text("SnapshotName"),
            "disk": call.text("DiskId"),
            "group": call.text("ResourceGroupId"),
        },
    )
    tag_filter = read_tag_filter(call)
    found = [
        row
        for row in rows
        if wanted in ("all", _word(row, call.now))
        and usage in ("", _usage(row))
        and _has_tags(json.loads(row["tags"]), tag_filter)
    ]
    return _paged(call, found)


def _usage(row: _Row) -> str:
    """What was made from a snapshot: images, disks (of instances of its image), both or nothing."""
    made = [word for word, number in (("image", "users"), ("disk", "makers")) if row[number]]
    return "_".join(made) or "none"


def _has_tags(tags: dict[str, str], wanted: tuple[tuple[str, str | None], ...]) -> bool:
    return all(key in tags and value in (None, tags[key]) for key, value in wanted)


def _paged(call: Call, found: list[_Row]) -> Reply:
    token = call.text("NextToken")
    if token or call.text("MaxResults"):
        size = call.number("MaxResults", 10, 1, 100)
        after = int(token) if token.isascii() and token.isdigit() and len(token) < 18 else 0
        rest = [row for row in found if row["sequence"] > after]
        page, following = rest[:size], rest[size:]
        return {
            "Snapshots": {"Snapshot": [_reply(row, call.now) for row in page]},
            "NextToken": str(page[-1]["sequence"]) if following else "",
            "TotalCount": len(found),
            "PageNumber": 1,
            "PageSize": size,
        }
    number, size = call.page()
    return {
        "Snapshots": {
            "Snapshot": [
                _reply(row, call.now) for row in found[(number - 1) * size : number * size]
            ]
        },
        "NextToken": "",
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }


def _reply(row: _Row, now: float) -> Reply:
    word = _word(row, now)
    is_finished_now = word == "accomplished"
    span = Span(row["starts_at"], row["ends_at"], row["fails_at"])
    return {
        "SnapshotId": row["snapshot_id"],
        "SnapshotName": row["name"],
        "Description": row["description"],
        "Status": word,
        "Progress": f"{percent(span, now)}%",
        "Usage": _usage(row),
        "Available": is_finished_now,
        "CreationTime": cloud_time(row["created_at"]),
        "LastModifiedTime": cloud_time(row["created_at"]),
        "RegionId": row["region"],
        "SourceDiskId": row["source_disk_id"],
        "SourceDiskSize": str(row["size"]),
        "SourceDiskType": row["disk_type"],
        "SourceStorageType": "disk",
        "SourceRegionId": row["source_region"],
        "SourceSnapshotId": row["source_snapshot_id"],
        "SnapshotType": "user",
        "Category": "standard",
        "Encrypted": bool(row["encrypted"]),
        "KMSKeyId": row["kms_key_id"],
        "RetentionDays": row["retention_days"] or 0,
        "RemainTime": 0 if now >= row["ends_at"] else int(row["ends_at"] - now) + 1,
        "ProductCode": "",
        "ResourceGroupId": row["resource_group"],
        "InstantAccess": False,
        "InstantAccessRetentionDays": 0,
        "Tags": tag_reply(json.loads(row["tags"])),
    }


def delete_snapshot(call: Call) -> Reply:
    """Remove a snapshot that no image uses, and no disk unless Force; Force is no help with images."""
    snapshot_id = call.needed("SnapshotId")
    snapshot = find_snapshot(call, snapshot_id)
    if snapshot is None:
        return missing_on_delete(call, snapshot_id, "InvalidSnapshotId.NotFound")
    if snapshot["users"]:
        raise refusal("SnapshotCreatedImage")
    if snapshot["makers"] and not call.flag("Force"):
        raise refusal("SnapshotCreatedDisk")
    if call.now < snapshot["ends_at"]:
        raise refusal("InvalidOperation.RelatedSnapshotNotFinished")
    call.world.sql.execute("DELETE FROM snapshots WHERE snapshot_id = ?", (snapshot_id,))
    call.world.sql.execute("INSERT OR IGNORE INTO gone (id) VALUES (?)", (snapshot_id,))
    return {}
