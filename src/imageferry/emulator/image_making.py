"""CreateImage and ImportImage: images of instances, snapshots, and objects in OSS."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from imageferry.emulator.buckets import check_bucket, exported_size
from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.families import check_family
from imageferry.emulator.image_records import (
    ImageRecord,
    add_image,
    check_name_is_free,
    check_quotas,
    check_snapshot_quota,
    find_image,
)
from imageferry.emulator.image_systems import given_system
from imageferry.emulator.instance_records import InstanceRecord, find_disk, find_instance
from imageferry.emulator.progress import (
    MAKE_SECONDS_PER_GIB,
    seconds_for,
    span_from,
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
from imageferry.emulator.task_records import add_import

_MAX_DATA_DISKS = 16
_EMPTY_DISK = 5
"""GiB of a disk that is made of nothing and says no size."""
_MOST_CREATED = 32_768
_DEVICE = re.compile(r"/dev/(?:xvd|vd)([a-z])")
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
        system, disks = _from_mappings(call, mappings)
    elif call.text("SnapshotId"):
        system, disks = _from_mappings(call, [{"SnapshotId": call.text("SnapshotId")}])
    else:
        raise missing("InstanceId, DiskDeviceMapping or SnapshotId")
    _keep(call, image_id, name, "create", system, disks)
    return {"ImageId": image_id}


def _checked_name(call: Call) -> str:
    name = call.text("ImageName")
    if name:
        check_name(name)
        check_name_is_free(call, name, call.region)
    check_quotas(call, call.region, 0)
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
    return (base.system if base else _LINUX), _instance_disks(call, image_id, instance, base)


def _instance_disks(
    call: Call, image_id: str, instance: InstanceRecord, base: ImageRecord | None
) -> Sequence[Mapping[str, Any]]:
    """A snapshot of each disk is made; those of an encrypted disk are encrypted."""
    check_snapshot_quota(call, call.region, len(instance.body["disks"]))
    disks: list[Mapping[str, Any]] = []
    for index, disk in enumerate(instance.body["disks"]):
        snapshot_id = call.world.new_id("s", call.region)
        is_base = base is not None and bool(base.encrypted) and disk["type"] == "system"
        is_encrypted = bool(disk.get("encrypted")) or is_base
        key_id = str(disk.get("kms_key_id") or (base.kms_key_id if base and is_base else ""))
        add_snapshot(
            call,
            snapshot_id,
            call.region,
            disk,
            image_id=image_id,
            is_encrypted=is_encrypted,
            key_id=key_id,
        )
        made = _disk(index, disk["type"], disk["size"], snapshot_id)
        disks.append({**made, "is_encrypted": is_encrypted, "key_id": key_id})
    return disks


def _from_mappings(
    call: Call, mappings: Sequence[object]
) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """The first disk is the system disk; of one that was a system disk before, its system is known."""
    if len(mappings) > _MAX_DATA_DISKS + 1:
        raise refusal("InvalidDevice.Malformed", "17 disks are the most.")
    system = _LINUX
    disks: list[Mapping[str, Any]] = []
    for index, mapping in enumerate(mappings):
        if not isinstance(mapping, dict):
            raise refusal("InvalidDevice.Malformed")
        snapshot_id = str(mapping.get("SnapshotId") or "")
        size = _gib(mapping.get("Size"), _EMPTY_DISK, most=_MOST_CREATED)
        snapshot: Mapping[str, Any] = {}
        if snapshot_id:
            snapshot = _usable_snapshot(call, snapshot_id)
            if mapping.get("Size") and size < snapshot["size"]:
                least = f"{snapshot_id} has {snapshot['size']} GiB."
                raise refusal("InvalidSize.ValueNotSupported", least)
            size = size if mapping.get("Size") else snapshot["size"]
        elif index == 0:
            raise missing("DiskDeviceMapping.1.SnapshotId")
        if index == 0 and snapshot["disk_type"] == "system":
            system = _system_behind(call, snapshot)
        usual = "data" if index else "system"
        if mapping.get("DiskType") not in (None, "", usual):
            raise refusal("InvalidParameter", f"Disk {index + 1} is a {usual} disk.")
        disk = _disk(index, usual, size, snapshot_id, _device(mapping, disks))
        is_encrypted = bool(snapshot.get("encrypted"))
        key_id = snapshot.get("kms_key_id", "")
        disks.append({**disk, "is_encrypted": is_encrypted, "key_id": key_id})
    return system, disks


def _usable_snapshot(call: Call, snapshot_id: str) -> Mapping[str, Any]:
    snapshot = find_snapshot(call, snapshot_id)
    if snapshot is None or snapshot["region"] != call.region:
        raise refusal("InvalidSnapshotId.NotFound")
    if not is_finished(snapshot, call.now):
        raise refusal("InvalidSnapshotId.NotReady")
    return snapshot


def _system_behind(call: Call, snapshot: Mapping[str, Any]) -> Mapping[str, Any]:
    """The system of the image, or of the instance, that a system disk's snapshot was made of."""
    image_id = snapshot["image_id"]
    if not image_id and snapshot["source_disk_id"]:
        found = find_disk(call, snapshot["source_disk_id"])
        image_id = found[0].image_id if found is not None else ""
    image = find_image(call, image_id, call.region) if image_id else None
    return image.system if image is not None else _LINUX


def _device(mapping: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> str:
    """The device that was asked for; the first disk's ends with a, and none is there twice."""
    device = str(mapping.get("Device") or "")
    found = _DEVICE.fullmatch(device) if device else None
    if device and (found is None or (found[1] == "a") is not (not before)):
        raise refusal("InvalidDevice.Malformed", f"It is {device[:140]}.")
    if device and any(one["device"][-1] == device[-1] for one in before):
        raise refusal("InvalidDevice.InUse", f"It is {device}.")
    return device


def _gib(text: object, default: int, most: int = MAX_GIB) -> int:
    if not text:
        return default
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6):
        raise refusal("InvalidSize.ValueNotSupported")
    if not 1 <= int(text) <= most:
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
        check_family(call, call.region, family)
    tags = read_tags(call)
    failing, hidden, late = call.fault("copy_fails"), call.fault("hidden"), call.fault("late_tags")
    unusable = call.fault("unusable")
    # With a detection the image is examined before it is Available; here that takes no longer.
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
            encrypted=int(any(disk.get("is_encrypted") for disk in disks)),
            kms_key_id=next((disk["key_id"] for disk in disks if disk.get("key_id")), ""),
            resource_group=check_group(call),
            system={**system, **given_system(call)},
            is_public=0,
            disks=[_kept(disk) for disk in disks],
            tags={} if call.fault("tagless") else tags,
        ),
    )
    return span.ends_at


def _kept(disk: Mapping[str, Any]) -> Mapping[str, Any]:
    """A disk as an image keeps it: its image says whether it is encrypted, and with which key."""
    return {name: value for name, value in disk.items() if name not in ("is_encrypted", "key_id")}


_FORMATS = ("RAW", "VHD", "QCOW2")


def import_image(call: Call) -> Reply:
    """Make an image of objects in OSS; the objects are taken to exist if they are named."""
    mappings = call.parameters.get("DiskDeviceMapping")
    if not (isinstance(mappings, list) and mappings):
        raise missing("DiskDeviceMapping.1.OSSObject")
    if len(mappings) > _MAX_DATA_DISKS + 1:
        raise refusal("InvalidDevice.Malformed", "17 disks are the most.")
    name = _checked_name(call)
    check_snapshot_quota(call, call.region, len(mappings))
    image_id = call.world.new_id("m", call.region)
    disks = [_imported_disk(call, image_id, index, one) for index, one in enumerate(mappings)]
    ends_at = _keep(call, image_id, name, "import", _LINUX, disks)
    task_id = add_import(call, image_id, ends_at, [disk["bucket"] for disk in disks])
    return {"ImageId": image_id, "TaskId": task_id, "RegionId": call.region}


def _imported_disk(call: Call, image_id: str, index: int, mapping: object) -> dict[str, Any]:
    if not isinstance(mapping, dict):
        raise missing(f"DiskDeviceMapping.{index + 1}.OSSObject")
    bucket, name = mapping.get("OSSBucket"), mapping.get("OSSObject")
    if not (isinstance(bucket, str) and bucket):
        raise refusal("InvalidOSSBucket.NotFound")
    if not (isinstance(name, str) and name):
        raise refusal("InvalidOSSObject.NotFound")
    check_bucket(call, bucket)
    form = mapping.get("Format") or name.rpartition(".")[2]
    if not (isinstance(form, str) and form.upper() in _FORMATS):
        raise refusal("InvalidImageFormat.Malformed")
    known = exported_size(call, bucket, name)
    size = _gib(mapping.get("DiskImageSize") or mapping.get("DiskImSize"), known or 40)
    snapshot_id = call.world.new_id("s", call.region)
    kind = "data" if index else "system"
    disk = _disk(index, kind, size, snapshot_id, mapping.get("Device"))
    add_snapshot(call, snapshot_id, call.region, disk, image_id=image_id)
    return {**disk, "bucket": bucket, "object": name, "format": form.upper()}
