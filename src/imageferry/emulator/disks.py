"""DescribeDisks and ResizeDisk: the disks that instances have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_time
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.instance_records import (
    COLUMNS,
    InstanceRecord,
    change_body,
    decode_instance,
    find_disk,
)
from imageferry.emulator.launching import CATEGORIES


def describe_disks(call: Call) -> Reply:
    """The disks of a region, by their ids, instance, kind or category."""
    number, size = call.page()
    ids = call.id_array("DiskIds")
    rows = call.world.rows(
        f"SELECT {COLUMNS} FROM instances WHERE region = ? AND owner = ?"  # noqa: S608
        " AND ? IN ('', instance_id) ORDER BY sequence",
        call.region,
        call.account,
        call.text("InstanceId"),
    )
    kind, category = call.text("DiskType") or "all", call.text("Category") or "all"
    found = [
        _reply(instance, index, disk)
        for instance in map(decode_instance, rows)
        for index, disk in enumerate(instance.body["disks"])
        if (ids is None or disk["id"] in ids)
        and kind in ("all", disk["type"])
        and category in ("all", _category(disk))
    ]
    return {
        "Disks": {"Disk": found[(number - 1) * size : number * size]},
        "NextToken": "",
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(found),
    }


def _category(disk: Mapping[str, Any]) -> str:
    return str(disk.get("category", "cloud_efficiency"))


def _reply(instance: InstanceRecord, index: int, disk: Mapping[str, Any]) -> Reply:
    return {
        "DiskId": disk["id"],
        "DiskName": disk.get("name", ""),
        "Description": disk.get("description", ""),
        "Size": disk["size"],
        "Type": disk["type"],
        "Category": _category(disk),
        "PerformanceLevel": disk.get("level", ""),
        "Status": "In_use",
        "RegionId": instance.region,
        "ZoneId": instance.body["zone"],
        "InstanceId": instance.instance_id,
        "Device": disk.get("device") or f"/dev/xvd{chr(ord('a') + index)}",
        "ImageId": instance.image_id if disk["type"] == "system" else "",
        "SourceSnapshotId": disk.get("snapshot_id", ""),
        "Encrypted": bool(disk.get("encrypted")),
        "KMSKeyId": disk.get("kms_key_id", ""),
        "DeleteWithInstance": not disk.get("kept"),
        "DiskChargeType": instance.body.get("charge_type", "PostPaid"),
        "Portable": disk["type"] == "data",
        "CreationTime": cloud_time(instance.created_at),
        "Tags": {"Tag": []},
    }


def resize_disk(call: Call) -> Reply:
    """Make a disk larger; a smaller one is refused, and one of an instance that is on its way."""
    found = find_disk(call, call.needed("DiskId"))
    if found is None:
        raise refusal("InvalidDiskId.NotFound")
    instance, disk = found
    if not call.text("NewSize"):
        raise missing("NewSize")
    if call.text("Type") not in ("", "online", "offline"):
        raise refusal("InvalidParameter", "Type is online or offline.")
    smallest, largest = CATEGORIES.get(_category(disk), (1, 65_536))
    size = call.number("NewSize", 0, smallest, largest, code="InvalidDiskSize.NotSupported")
    if size <= disk["size"]:
        raise refusal("InvalidDiskSize.TooSmall", f"It has {disk['size']} GiB.")
    status = instance.status(call.now, call.choices.instance_seconds)
    if status not in ("Running", "Stopped"):
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    if call.world.row(
        "SELECT 1 FROM snapshots LEFT JOIN images ON images.image_id = snapshots.image_id"
        " WHERE source_disk_id = ? AND COALESCE(images.ends_at, ready_at) > ?",
        disk["id"],
        call.now,
    ):
        raise refusal("DiskCreatingSnapshot")
    disks = [
        {**one, "size": size} if one["id"] == disk["id"] else one for one in instance.body["disks"]
    ]
    change_body(call, instance, disks=disks)
    return {"OrderId": ""}
