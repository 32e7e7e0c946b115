"""CreateImage and ImportImage, and the two actions that ask how an import goes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_minute
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.image_records import (
    ImageRecord,
    add_image,
    check_name_is_free,
    check_quotas,
    find_image,
)
from imageferry.emulator.instance_records import InstanceRecord, find_instance
from imageferry.emulator.progress import (
    MAKE_SECONDS_PER_GIB,
    Span,
    percent,
    seconds_for,
    span_from,
    status,
)
from imageferry.emulator.rules import (
    MAX_GIB,
    check_description,
    check_group,
    check_name,
    read_tags,
)
from imageferry.emulator.snapshot_records import add_snapshot
from imageferry.emulator.snapshots import find_snapshot, is_finished

_MAX_DATA_DISKS = 16
_LINUX: Mapping[str, Any] = {
    "os_name": "Others Linux 64 bit",
    "os_type": "linux",
    "platform": "Others Linux",
    "architecture": "x86_64",
    "boot_mode": "BIOS",
}


def create_image(call: Call) -> Reply:
    """Make an image of an instance, else of DiskDeviceMapping, else of one snapshot."""
    name, image_id = _checked_name(call), call.world.new_id("m", call.region)
    mappings = call.parameters.get("DiskDeviceMapping")
    if call.text("InstanceId"):
        system, disks = _from_instance(call, image_id)
    elif isinstance(mappings, list) and mappings:
        system, disks = _LINUX, _from_mappings(call, mappings)
    elif call.text("SnapshotId"):
        system, disks = _LINUX, _from_mappings(call, [{"SnapshotId": call.text("SnapshotId")}])
    else:
        raise missing("InstanceId, DiskDeviceMapping or SnapshotId")
    _keep(call, image_id, name, "create", system, disks)
    return {"ImageId": image_id}


def _checked_name(call: Call) -> str:
    name = call.text("ImageName")
    if name:
        check_name(name)
        check_name_is_free(call, name, call.region)
    check_quotas(call, call.region, 1)
    return name


def _from_instance(
    call: Call, image_id: str
) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    instance = find_instance(call, call.text("InstanceId"))
    if instance is None or instance.region != call.region:
        raise refusal("InvalidInstanceId.NotFound")
    if instance.status(call.now, call.choices.instance_seconds) not in ("Running", "Stopped"):
        raise refusal("IncorrectInstanceStatus", status=400)
    base = find_image(call, instance.image_id, call.region)
    return (base.system if base else _LINUX), _instance_disks(call, image_id, instance)


def _instance_disks(
    call: Call, image_id: str, instance: InstanceRecord
) -> Sequence[Mapping[str, Any]]:
    disks: list[Mapping[str, Any]] = []
    for index, disk in enumerate(instance.body["disks"]):
        snapshot_id = call.world.new_id("s", call.region)
        add_snapshot(call, snapshot_id, call.region, disk, image_id=image_id)
        disks.append(_disk(index, disk["type"], disk["size"], snapshot_id))
    return disks


def _from_mappings(call: Call, mappings: Sequence[object]) -> Sequence[Mapping[str, Any]]:
    if len(mappings) > _MAX_DATA_DISKS + 1:
        raise refusal("InvalidDevice.Malformed", "17 disks are the most.")
    disks: list[Mapping[str, Any]] = []
    for index, mapping in enumerate(mappings):
        if not isinstance(mapping, dict):
            raise refusal("InvalidDevice.Malformed")
        snapshot_id = mapping.get("SnapshotId") or ""
        size = _gib(mapping.get("Size"), 40)
        if snapshot_id:
            snapshot = find_snapshot(call, snapshot_id)
            if snapshot is None or snapshot["region"] != call.region:
                raise refusal("InvalidSnapshotId.NotFound")
            if not is_finished(snapshot, call.now):
                raise refusal("InvalidSnapshotId.NotReady")
            size = max(size if mapping.get("Size") else 0, snapshot["size"])
        elif index == 0:
            raise missing("DiskDeviceMapping.1.SnapshotId")
        kind = mapping.get("DiskType") or ("system" if index == 0 else "data")
        disks.append(_disk(index, kind, size, snapshot_id, mapping.get("Device")))
    return disks


def _gib(text: object, default: int) -> int:
    if not text:
        return default
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6):
        raise refusal("InvalidSize.ValueNotSupported")
    if not 1 <= int(text) <= MAX_GIB:
        raise refusal("InvalidSize.ValueNotSupported")
    return int(text)


def _disk(
    index: int, kind: str, size: int, snapshot_id: str, device: object = None
) -> dict[str, Any]:
    return {
        "device": device or f"/dev/xvd{chr(ord('a') + index)}",
        "type": kind,
        "size": size,
        "snapshot_id": snapshot_id,
    }


def _keep(
    call: Call,
    image_id: str,
    name: str,
    origin: str,
    system: Mapping[str, Any],
    disks: Sequence[Mapping[str, Any]],
) -> float:
    family = call.text("ImageFamily")
    if family:
        check_name(family, "InvalidImageFamily.Malformed")
    failing, hidden, late = call.fault("copy_fails"), call.fault("hidden"), call.fault("late_tags")
    unusable = call.fault("unusable")
    size = sum(int(disk["size"]) for disk in disks)
    seconds = seconds_for(image_id, size, MAKE_SECONDS_PER_GIB)
    fails_at = failing.details["percent"] if failing else None
    span = span_from(call.now, seconds, call.choices.speed, fails_at)
    add_image(
        call,
        ImageRecord(
            image_id=image_id,
            region=call.region,
            owner=call.account,
            origin=origin,
            name=name or image_id,
            description=check_description(call.text("Description")),
            family=family,
            version=call.text("ImageVersion"),
            word="",
            size=int(disks[0]["size"]),
            created_at=call.now,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            fails_at=span.fails_at,
            seconds=seconds,
            queue_region=None,
            usable_delay=unusable.details["seconds"]
            if unusable
            else call.choices.usable_delay_seconds,
            visible_at=call.now + hidden.details["seconds"] if hidden else 0,
            tags_visible_at=call.now + late.details["seconds"] if late else 0,
            source_image_id=None,
            source_region=None,
            can_cancel=0,
            encrypted=0,
            kms_key_id="",
            resource_group=check_group(call),
            system={**system, **_given_system(call)},
            is_public=0,
            disks=list(disks),
            tags=read_tags(call),
        ),
    )
    return span.ends_at


_SYSTEM_PARAMETERS = {
    "OSType": "os_type",
    "Platform": "platform",
    "Architecture": "architecture",
    "BootMode": "boot_mode",
    "LicenseType": "license_type",
}


def _given_system(call: Call) -> dict[str, Any]:
    return {
        column: text for name, column in _SYSTEM_PARAMETERS.items() if (text := call.text(name))
    }


_FORMATS = ("RAW", "VHD", "QCOW2")


def import_image(call: Call) -> Reply:
    """Make an image of objects in OSS; the objects are taken to exist if they are named."""
    mappings = call.parameters.get("DiskDeviceMapping")
    if not (isinstance(mappings, list) and mappings):
        raise missing("DiskDeviceMapping.1.OSSObject")
    if len(mappings) > _MAX_DATA_DISKS + 1:
        raise refusal("InvalidDevice.Malformed", "17 disks are the most.")
    name = _checked_name(call)
    image_id, task_id = call.world.new_id("m", call.region), call.world.new_id("t", call.region)
    disks = [_imported_disk(call, image_id, index, one) for index, one in enumerate(mappings)]
    ends_at = _keep(call, image_id, name, "import", _LINUX, disks)
    call.world.sql.execute(
        "INSERT INTO imports (task_id, image_id, region, owner, created_at, ends_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (task_id, image_id, call.region, call.account, call.now, ends_at),
    )
    return {"ImageId": image_id, "TaskId": task_id, "RegionId": call.region}


def _imported_disk(call: Call, image_id: str, index: int, mapping: object) -> dict[str, Any]:
    if not isinstance(mapping, dict):
        raise missing(f"DiskDeviceMapping.{index + 1}.OSSObject")
    bucket, name = mapping.get("OSSBucket"), mapping.get("OSSObject")
    if not (isinstance(bucket, str) and bucket):
        raise refusal("InvalidOSSBucket.NotFound")
    if not (isinstance(name, str) and name):
        raise refusal("InvalidOSSObject.NotFound")
    form = mapping.get("Format") or name.rpartition(".")[2]
    if not (isinstance(form, str) and form.upper() in _FORMATS):
        raise refusal("InvalidImageFormat.Malformed")
    size = _gib(mapping.get("DiskImageSize") or mapping.get("DiskImSize"), 40)
    snapshot_id = call.world.new_id("s", call.region)
    kind = "data" if index else "system"
    disk = _disk(index, kind, size, snapshot_id, mapping.get("Device"))
    add_snapshot(call, snapshot_id, call.region, disk, image_id=image_id)
    return {**disk, "bucket": bucket, "object": name, "format": form.upper()}


# --- how an import goes ---------------------------------------------------------------------------

_IMPORT_COLUMNS = (
    "imports.task_id, imports.image_id, imports.region, imports.created_at,"
    " COALESCE(images.starts_at, imports.created_at), COALESCE(images.ends_at, imports.ends_at),"
    " images.fails_at FROM imports LEFT JOIN images ON images.image_id = imports.image_id"
)
_WORDS = {"Creating": "Processing", "Available": "Finished", "CreateFailed": "Failed"}
_MAX_TASKS = 100


def describe_tasks(call: Call) -> Reply:
    """Imports of a region, by id, status, or image."""
    number, size = call.page()
    ids = [text for text in call.text("TaskIds").split(",") if text]
    if len(ids) > _MAX_TASKS:
        raise refusal("InvalidParameter", "TaskIds holds 100 ids at most.")
    wanted = {
        "ids": json.dumps(ids),
        "images": json.dumps(call.texts("ResourceIds")),
        "status": call.text("TaskStatus"),
        "action": call.text("TaskAction"),
    }
    rows = call.world.sql.execute(
        f"SELECT {_IMPORT_COLUMNS} WHERE imports.region = :region AND imports.owner = :owner"  # noqa: S608
        " AND (:ids = '[]' OR imports.task_id IN (SELECT value FROM json_each(:ids)))"
        " AND (:images = '[]' OR imports.image_id IN (SELECT value FROM json_each(:images)))"
        " AND :action IN ('', 'ImportImage') ORDER BY imports.sequence",
        {**wanted, "region": call.region, "owner": call.account},
    ).fetchall()
    replies = [
        reply
        for row in rows
        if wanted["status"] in ("", (reply := _import_reply(row, call.now))["TaskStatus"])
    ]
    return {
        "RegionId": call.region,
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(replies),
        "TaskSet": {"Task": replies[(number - 1) * size : number * size]},
    }


def _import_reply(row: Sequence[Any], now: float) -> Reply:
    task_id, image_id, _, created_at, starts_at, ends_at, fails_at = row
    word = _WORDS[status(Span(starts_at, ends_at, fails_at), now)]
    reply = {
        "TaskId": task_id,
        "TaskAction": "ImportImage",
        "TaskStatus": word,
        "SupportCancel": "true" if word == "Processing" else "false",
        "ResourceId": image_id,
        "CreationTime": cloud_minute(created_at),
    }
    return reply if word == "Processing" else {**reply, "FinishedTime": cloud_minute(ends_at)}


def describe_task_attribute(call: Call) -> Reply:
    """One import."""
    row = call.world.row(
        f"SELECT {_IMPORT_COLUMNS} WHERE imports.task_id = ? AND imports.owner = ?",
        call.needed("TaskId"),
        call.account,
    )
    if row is None:
        raise refusal("InvalidTaskId.NotFound")
    reply = _import_reply(row, call.now)
    image_id, region, starts_at, ends_at, fails_at = row[1], row[2], row[4], row[5], row[6]
    word = reply["TaskStatus"]
    return {
        **reply,
        "RegionId": region,
        "TaskProcess": f"{percent(Span(starts_at, ends_at, fails_at), call.now)}%",
        "TotalCount": 1,
        "SuccessCount": int(word == "Finished"),
        "FailedCount": int(word == "Failed"),
        "OperationProgressSet": {
            "OperationProgress": [
                {
                    "OperationStatus": word,
                    "ErrorCode": "",
                    "ErrorMsg": "",
                    "RelatedItemSet": {"RelatedItem": [{"Name": "ImageId", "Value": image_id}]},
                }
            ]
        },
    }
