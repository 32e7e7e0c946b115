"""ExportImage: a custom image to objects in OSS, as a task."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageferry.emulator.buckets import check_bucket
from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import ImageRecord, own_image
from imageferry.emulator.progress import MAKE_SECONDS_PER_GIB, seconds_for, span_from
from imageferry.emulator.task_records import (
    EXPORT,
    add_task,
    find_tasks,
    is_being_exported,
    running_exports,
)

_FORMATS = ("raw", "vhd", "qcow2", "vmdk", "vdi")
_PREFIX = re.compile(r"[A-Za-z0-9]{1,30}")
_ROLE = re.compile(r"[A-Za-z0-9.@_-]{1,64}")
_MOST_DATA_DISKS = 4
_LARGEST_DATA_DISK = 500
"""GiB. The cloud exports no image with more or larger data disks."""
_WEEK = 7 * 86_400.0


def export_image(call: Call) -> Reply:
    """Begin to write the disks of an own, available image to objects of a bucket."""
    image = own_image(call, call.needed("ImageId"), call.region)
    prefix, form = call.text("OSSPrefix"), call.text("ImageFormat").lower() or "raw"
    role = call.text("RoleName")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise refusal("InvalidOSSPrefix.Malformed")
    if form not in _FORMATS:
        raise refusal("InvalidImageFormat.Malformed", f"It is one of {', '.join(_FORMATS)}.")
    if role and not _ROLE.fullmatch(role):
        raise refusal("NoSetRoletoECSServiceAcount")
    bucket = check_bucket(call, call.needed("OSSBucket"))
    _check_image(call, image)
    _check_quotas(call)
    seconds = seconds_for(image.image_id, sum(_sizes(image)), MAKE_SECONDS_PER_GIB)
    failing = call.fault("copy_fails")
    fails_at = failing.details["percent"] if failing else None
    task_id = add_task(
        call,
        EXPORT,
        image.image_id,
        span_from(call.now, seconds, call.choices.speed, fails_at),
        seconds,
        {"bucket": bucket, "format": form, "objects": _objects(image, prefix, form)},
    )
    return {"TaskId": task_id, "RegionId": call.region}


def _sizes(image: ImageRecord) -> list[int]:
    return [int(disk["size"]) for disk in image.disks] or [image.size]


def _check_image(call: Call, image: ImageRecord) -> None:
    if image.status(call.now) != "Available":
        raise refusal("IncorrectImageStatus")
    data = _sizes(image)[1:]
    if len(data) > _MOST_DATA_DISKS or any(size > _LARGEST_DATA_DISK for size in data):
        raise refusal("ImageNotSupported", "It has over 4 data disks, or one over 500 GiB.")
    if image.encrypted:
        raise refusal("ImageNotSupported", "It is encrypted.")
    if is_being_exported(call, image.image_id):
        raise refusal("ImageIsExporting")


def _check_quotas(call: Call) -> None:
    if len(running_exports(call, call.region)) >= call.choices.running_exports:
        raise refusal("ConcurrentQuotaExceed.ExportImage")
    begun = find_tasks(
        call,
        "tasks.region = :region AND tasks.action = :action AND tasks.created_at > :since",
        region=call.region,
        action=EXPORT,
        since=call.now - _WEEK,
    )
    if len(begun) >= call.choices.weekly_exports:
        raise refusal("WeeklyQuotaExceed.ExportImage")


def _objects(image: ImageRecord, prefix: str, form: str) -> Mapping[str, int]:
    """The objects that an export leaves, by name, each with the GiB of its disk."""
    head = f"{prefix}_{image.image_id}" if prefix else image.image_id
    words = ["system", *(f"data_{number}" for number in range(1, len(_sizes(image))))]
    return {
        f"{head}_{word}.{form}.tar.gz": size
        for word, size in zip(words, _sizes(image), strict=True)
    }
