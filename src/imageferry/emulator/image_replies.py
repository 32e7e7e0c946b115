"""An image as DescribeImages shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_time, tag_reply
from imageferry.emulator.image_records import SYSTEM, ImageRecord
from imageferry.emulator.image_systems import detection_reply
from imageferry.emulator.progress import percent, remaining_seconds


def image_reply(call: Call, image: ImageRecord, *, is_in_use: bool) -> Reply:
    """All fields that the current clients read; Size is a number, a disk's Size is text."""
    now = call.now
    status = image.status(now)
    system = image.system
    is_system = image.owner == SYSTEM
    # Tags and groups are the owner's own, whoever else may see the image.
    is_own = image.owner == call.account
    progress = f"{percent(image.span, now)}%"
    return {
        "ImageId": image.image_id,
        "ImageName": image.name,
        "Description": image.description,
        "ImageFamily": image.family,
        "ImageVersion": image.version,
        "Status": status,
        "Progress": progress,
        "Usable": image.is_usable(now),
        "Size": image.size,
        "CreationTime": cloud_time(image.created_at),
        "ImageOwnerAlias": owner_alias(call, image),
        "ImageOwnerId": 0 if is_system else int(image.owner),
        "IsCopied": image.origin == "copy",
        "IsPublic": bool(image.is_public),
        "IsSubscribed": False,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "LoginAsNonRootSupported": True,
        "IsSelfShared": "True" if image.shares else "False",
        "Usage": "instance" if is_in_use else "none",
        "OSName": system.get("os_name", ""),
        "OSNameEn": system.get("os_name", ""),
        "OSType": system.get("os_type", "linux"),
        "Platform": system.get("platform", "Others Linux"),
        "Architecture": system.get("architecture", "x86_64"),
        "BootMode": system.get("boot_mode", "BIOS"),
        "LicenseType": system.get("license_type", ""),
        "ProductCode": system.get("product_code", ""),
        "SupplierName": "",
        "ResourceGroupId": image.resource_group if is_own else "",
        "DiskDeviceMappings": {
            "DiskDeviceMapping": [_disk_reply(call, image, disk, progress) for disk in image.disks]
        },
        "Tags": tag_reply(image.tags if is_own and now >= image.tags_visible_at else {}),
        "Features": {
            "NvmeSupport": system.get("nvme", "supported"),
            "ImdsSupport": system.get("imds", "v1"),
        },
        "SecureBootOptions": {"SecureBootSupport": system.get("secure_boot", "")},
        "DetectionOptions": detection_reply(system, is_in_making=image.is_in_making(now)),
    }


def owner_alias(call: Call, image: ImageRecord) -> str:
    """`self`, `system`, or `others` for an image that is shared or public."""
    if image.owner == SYSTEM:
        return SYSTEM
    return "self" if image.owner == call.account else "others"


def _disk_reply(call: Call, image: ImageRecord, disk: Mapping[str, Any], progress: str) -> Reply:
    is_in_making = image.is_in_making(call.now)
    shows_snapshot = call.choices.snapshot_ids_while_creating or not is_in_making
    return {
        "Device": disk["device"],
        "Type": disk["type"],
        "SnapshotId": disk.get("snapshot_id", "") if shows_snapshot else "",
        "Size": str(disk["size"]),
        "Format": disk.get("format", ""),
        "Progress": progress,
        "RemainTime": remaining_seconds(image.span, call.now) if is_in_making else 0,
        "ImportOSSBucket": disk.get("bucket", ""),
        "ImportOSSObject": disk.get("object", ""),
        "Encrypted": bool(image.encrypted),
    }
