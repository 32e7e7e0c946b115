"""CreateSnapshot, DescribeSnapshots, ModifySnapshotAttribute, DeleteSnapshot, and their rules."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_time, tag_reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import check_snapshot_quota
from imageferry.emulator.images import missing_on_delete
from imageferry.emulator.instance_records import find_disk, find_instance
from imageferry.emulator.progress import (
    MAKE_SECONDS_PER_GIB,
    Span,
    percent,
    remaining_seconds,
    seconds_for,
    span_from,
)
from imageferry.emulator.rules import check_description, check_group, read_tag_filter, read_tags
from imageferry.emulator.snapshot_records import add_snapshot

_COLUMNS = (
    "sequence, snapshot_id, region, owner, name, description, image_id, created_at, size,"
    " disk_type, source_disk_id, source_snapshot_id, source_region, encrypted, kms_key_id,"
    " resource_group, retention_days, tags, modified_at, visible_at, tags_visible_at, category,"
    " instant_days"
)
# The snapshots behind an image go as their image goes, for as long as there is one.
_SELECT = (
    f"SELECT {', '.join(f'snapshots.{name}' for name in _COLUMNS.split(', '))},"  # noqa: S608
    " COALESCE(images.starts_at, snapshots.starts_at, snapshots.created_at) AS starts_at,"
    " COALESCE(images.ends_at, snapshots.ready_at) AS ends_at,"
    " COALESCE(images.fails_at, snapshots.fails_at) AS fails_at,"
    " (SELECT COUNT(*) FROM images AS users WHERE users.region = snapshots.region"
    " AND instr(users.disks, '\"' || snapshots.snapshot_id || '\"') > 0) AS users,"
    " (SELECT COUNT(*) FROM instances WHERE instances.image_id = snapshots.image_id) AS makers"
    " FROM snapshots LEFT JOIN images ON images.image_id = snapshots.image_id"
)
_Row = dict[str, Any]
_DAY = 86_400.0


def _query(call: Call, where: str, values: dict[str, object]) -> list[_Row]:
    cursor = call.world.sql.cursor()
    cursor.row_factory = sqlite3.Row
    # Names come from this module, values are bound.
    return [dict(row) for row in cursor.execute(f"{_SELECT} WHERE {where}", values)]


def _is_kept(row: _Row, now: float) -> bool:
    """False once its retention is over: the cloud releases it, unless an image is made of it."""
    days = row["retention_days"]
    return not days or row["users"] > 0 or now < row["created_at"] + days * _DAY


def find_snapshot(call: Call, snapshot_id: str) -> _Row | None:
    """A snapshot of the caller's, wherever it is: snapshot ids are unique over all regions."""
    rows = _query(
        call,
        "snapshots.snapshot_id = :id AND snapshots.owner = :owner",
        {"id": snapshot_id, "owner": call.account},
    )
    return rows[0] if rows and _is_kept(rows[0], call.now) else None


def is_finished(snapshot: _Row, now: float) -> bool:
    """Whether it can be used."""
    return now >= snapshot["ends_at"] and snapshot["fails_at"] is None


def _word(snapshot: _Row, now: float) -> str:
    if now < snapshot["ends_at"]:
        return "progressing"
    return "accomplished" if snapshot["fails_at"] is None else "failed"


# --- making and changing --------------------------------------------------------------------------

_CATEGORIES = ("standard", "flash")


def create_snapshot(call: Call) -> Reply:
    """Make a snapshot of an instance's disk; one at a time of each disk."""
    found = find_disk(call, call.needed("DiskId"))
    if found is None:
        raise refusal("InvalidDiskId.NotFound")
    instance, disk = found
    name = _checked_name(call)
    category = call.text("Category") or "standard"
    if category not in _CATEGORIES:
        raise refusal("InvalidParameter", f"Category is one of {', '.join(_CATEGORIES)}.")
    if any(
        call.now < row["ends_at"]
        for row in _query(
            call,
            "snapshots.source_disk_id = :disk AND snapshots.owner = :owner",
            {"disk": disk["id"], "owner": call.account},
        )
    ):
        raise refusal("IncorrectDiskStatus.CreatingSnapshot")
    check_snapshot_quota(call, instance.region, 1)
    tags, is_instant = read_tags(call), call.flag("InstantAccess")
    snapshot_id = call.world.new_id("s", instance.region)
    failing, hidden, late = call.fault("copy_fails"), call.fault("hidden"), call.fault("late_tags")
    seconds = seconds_for(snapshot_id, disk["size"], MAKE_SECONDS_PER_GIB)
    fails_at = failing.details["percent"] if failing else None
    days = call.number("RetentionDays", 0, 1, 65536)
    instant_days = call.number("InstantAccessRetentionDays", 0, 1, 65535)
    add_snapshot(
        call,
        snapshot_id,
        instance.region,
        disk,
        ready_at=span_from(call.now, seconds, call.choices.speed, fails_at).ends_at,
        name=name,
        description=check_description(call.text("Description")),
        group=check_group(call),
        retention_days=days or None,
        tags="{}" if call.fault("tagless") else json.dumps(tags),
        fails_at=fails_at,
        seconds=seconds,
        visible_at=call.now + hidden.details["seconds"] if hidden else 0,
        tags_visible_at=call.now + late.details["seconds"] if late else 0,
        category=category,
        instant_days=instant_days if is_instant else None,
    )
    return {"SnapshotId": snapshot_id}


def _checked_name(call: Call) -> str:
    name = call.text("SnapshotName")
    if name and (not 2 <= len(name) <= 128 or name.startswith(("auto", "http://", "https://"))):
        raise refusal("InvalidSnapshotName.Malformed")
    return name


def modify_snapshot_attribute(call: Call) -> Reply:
    """Change name, description and retention, or end instant access; what is not given stays."""
    snapshot = find_snapshot(call, call.needed("SnapshotId"))
    if snapshot is None or call.now < snapshot["visible_at"]:
        raise refusal("InvalidSnapshotId.NotFound")
    changes: dict[str, object] = {}
    name, description = _checked_name(call), check_description(call.text("Description"))
    days = call.number("RetentionDays", 0, 1, 65536)
    if name:
        changes["name"] = name
    if description:
        changes["description"] = description
    if days:
        changes["retention_days"] = days
    if call.flag("DisableInstantAccess"):
        changes["instant_days"] = None
    if changes:
        changes["modified_at"] = call.now
        columns = ", ".join(f"{column} = ?" for column in changes)
        call.world.sql.execute(
            f"UPDATE snapshots SET {columns} WHERE snapshot_id = ?",  # noqa: S608 - names from above
            (*changes.values(), snapshot["snapshot_id"]),
        )
    return {}


# --- showing --------------------------------------------------------------------------------------

_STATUSES = ("progressing", "accomplished", "failed", "all")
_USAGES = ("image", "disk", "image_disk", "none")
_TYPES = ("auto", "user", "all")
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")
_FILTERS = ("CreationStartTime", "CreationEndTime")


def describe_snapshots(call: Call) -> Reply:
    """Snapshots of a region; pages by number, or by MaxResults and NextToken."""
    ids = call.id_array("SnapshotIds")
    wanted = _one_of(call, "Status", _STATUSES) or "all"
    usage = call.text("Usage")
    if usage and usage not in _USAGES:
        raise refusal("InvalidUsage")
    encrypted = call.flag("Encrypted")
    since, until = _between(call)
    where = (
        "snapshots.region = :region AND snapshots.owner = :owner AND snapshots.visible_at <= :now"
        # A queued copy has begun no snapshot yet.
        " AND (images.starts_at IS NULL OR images.starts_at <= :now)"
        " AND (:ids IS NULL OR snapshots.snapshot_id IN (SELECT value FROM json_each(:ids)))"
        " AND :name IN ('', snapshots.name) AND :disk IN ('', snapshots.source_disk_id)"
        " AND :group IN ('', snapshots.resource_group) AND :kind IN ('', snapshots.disk_type)"
        " AND :category IN ('', snapshots.category) AND :key IN ('', snapshots.kms_key_id)"
        " AND (:encrypted IS NULL OR snapshots.encrypted = :encrypted)"
        " AND :type IN ('', 'user', 'all')"
        " AND (:disks IS NULL OR snapshots.source_disk_id IN (SELECT value FROM json_each(:disks)))"
        " AND snapshots.created_at >= :since AND snapshots.created_at < :until"
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
            "kind": _one_of(call, "SourceDiskType", ("system", "data"), lower=True),
            "category": _one_of(call, "Category", _CATEGORIES),
            "key": call.text("KMSKeyId"),
            "encrypted": encrypted,
            "type": _one_of(call, "SnapshotType", _TYPES),
            "disks": _disks_of_instance(call),
            "since": since,
            "until": until,
        },
    )
    tag_filter, link = read_tag_filter(call), call.text("SnapshotLinkId")
    found = [
        row
        for row in rows
        if _is_kept(row, call.now)
        and wanted in ("all", _word(row, call.now))
        and usage in ("", _usage(row))
        and link in ("", _link(row))
        and _has_tags(_tags(row, call.now), tag_filter)
    ]
    return _paged(call, found)


def _one_of(call: Call, name: str, words: tuple[str, ...], *, lower: bool = False) -> str:
    text = call.text(name).lower() if lower else call.text(name)
    if text and text not in words:
        raise refusal("InvalidParameter", f"{name} is one of {', '.join(words)}.")
    return text


def _disks_of_instance(call: Call) -> str | None:
    """The disks of the instance that is asked for; None where none is."""
    instance_id = call.text("InstanceId")
    if not instance_id:
        return None
    instance = find_instance(call, instance_id)
    return json.dumps([disk["id"] for disk in instance.body["disks"]] if instance else [])


def _between(call: Call) -> tuple[float, float]:
    """Since when and until when snapshots were begun, as the filters say."""
    since, until = 0.0, float("inf")
    given = call.parameters.get("Filter")
    for entry in given if isinstance(given, list) else ():
        key, value = (entry.get("Key"), entry.get("Value")) if isinstance(entry, dict) else (0, 0)
        if key not in _FILTERS:
            raise refusal("InvalidFilterKey.NotFound")
        try:
            if not (isinstance(value, str) and _MINUTE.fullmatch(value)):
                raise refusal("InvalidFilterValue")
            moment = datetime.fromisoformat(value).astimezone(UTC).timestamp()
        except ValueError:
            raise refusal("InvalidFilterValue") from None
        if key == _FILTERS[0]:
            since = moment
        else:
            until = moment
    return since, until


def _usage(row: _Row) -> str:
    """What was made from a snapshot: images, disks (of instances of its image), both or nothing."""
    made = [word for word, number in (("image", "users"), ("disk", "makers")) if row[number]]
    return "_".join(made) or "none"


def _link(row: _Row) -> str:
    """The chain that all snapshots of a disk stand in."""
    disk: str = row["source_disk_id"]
    return f"sl-{disk[2:]}" if disk else ""


def _tags(row: _Row, now: float) -> dict[str, str]:
    tags: dict[str, str] = json.loads(row["tags"]) if now >= row["tags_visible_at"] else {}
    return tags


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
    span = Span(row["starts_at"], row["ends_at"], row["fails_at"])
    instant = row["instant_days"]
    return {
        "SnapshotId": row["snapshot_id"],
        "SnapshotName": row["name"],
        "Description": row["description"],
        "Status": word,
        "Progress": f"{percent(span, now)}%",
        "Usage": _usage(row),
        # One with instant access can be used before it is finished.
        "Available": word == "accomplished" or (word == "progressing" and instant is not None),
        "CreationTime": cloud_time(row["created_at"]),
        "LastModifiedTime": cloud_time(row["modified_at"] or row["created_at"]),
        "RegionId": row["region"],
        "SourceDiskId": row["source_disk_id"],
        "SourceDiskSize": str(row["size"]),
        "SourceDiskType": row["disk_type"],
        "SourceStorageType": "disk",
        "SourceRegionId": row["source_region"],
        "SourceSnapshotId": row["source_snapshot_id"],
        "SnapshotType": "user",
        "SnapshotLinkId": _link(row),
        "Category": row["category"],
        "Encrypted": bool(row["encrypted"]),
        "KMSKeyId": row["kms_key_id"],
        "RetentionDays": row["retention_days"] or 0,
        "RemainTime": remaining_seconds(span, now),
        "ProductCode": "",
        "ResourceGroupId": row["resource_group"],
        "InstantAccess": instant is not None,
        "InstantAccessRetentionDays": instant or 0,
        "Tags": tag_reply(_tags(row, now)),
    }


# --- deleting -------------------------------------------------------------------------------------


def delete_snapshot(call: Call) -> Reply:
    """Remove a snapshot that no image uses, and no disk unless Force; Force is no help with images.

    One that is being made of a disk is given up; one that is being made with an image is the image's.
    """
    snapshot_id = call.needed("SnapshotId")
    snapshot = find_snapshot(call, snapshot_id)
    if snapshot is None:
        return missing_on_delete(call, snapshot_id, "InvalidSnapshotId.NotFound")
    if snapshot["users"]:
        raise refusal("SnapshotCreatedImage")
    if snapshot["makers"] and not call.flag("Force"):
        raise refusal("SnapshotCreatedDisk")
    if call.now < snapshot["ends_at"] and not call.choices.unfinished_snapshots_deletable:
        raise refusal("InvalidOperation.RelatedSnapshotNotFinished")
    call.world.sql.execute("DELETE FROM snapshots WHERE snapshot_id = ?", (snapshot_id,))
    call.world.sql.execute("INSERT OR IGNORE INTO gone (id) VALUES (?)", (snapshot_id,))
    return {}
