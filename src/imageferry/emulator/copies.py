"""CopyImage and CancelCopyImage, and the queue of copies in a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_time
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import (
    SYSTEM,
    ImageRecord,
    add_image,
    check_name_is_free,
    check_quotas,
    find_image,
    own_image,
)
from imageferry.emulator.images import remove_image
from imageferry.emulator.places import is_closed, is_region
from imageferry.emulator.progress import (
    COPY_SECONDS_PER_GIB,
    Span,
    seconds_for,
    span_from,
    start_in_queue,
)
from imageferry.emulator.rules import (
    MAX_GIB,
    check_description,
    check_group,
    check_key,
    check_name,
    read_tags,
)
from imageferry.emulator.snapshot_records import add_image_snapshots, remove_image_snapshots


def copy_image(call: Call) -> Reply:
    """Start a copy; the new image is in the destination region at once, Waiting or Creating."""
    source_region, region = _regions(call)
    source = find_image(call, call.needed("ImageId"), source_region)
    if source is None:
        raise refusal("InvalidImageId.NotFound", f"It is {call.text('ImageId')}.")
    is_encrypted, key_id = _encryption(call, source)
    _check_source(call, source, source_region, region, is_encrypted=is_encrypted)
    name = _destination_name(call, source, region)
    description = check_description(call.text("DestinationDescription"))
    tags = read_tags(call)
    check_group(call)
    check_quotas(call, region, len(source.disks))
    if call.choices.inherit_source_tags:
        tags = {**source.tags, **tags}
    if call.fault("tagless"):
        tags = {}
    image_id = call.world.new_id("m", region)
    seconds = seconds_for(image_id, _gib(source), COPY_SECONDS_PER_GIB)
    queue_region = region if call.choices.queue_counts == "destination" else source_region
    span = _planned(call, queue_region, seconds)
    altered = call.fault("altered")
    if altered and altered.details["key"]:
        key_id = altered.details["key"]
    disks = add_image_snapshots(call, image_id, region, source, is_encrypted, key_id)
    unusable, hidden, late = call.fault("unusable"), call.fault("hidden"), call.fault("late_tags")
    copy = replace(
        source,
        image_id=image_id,
        region=region,
        owner=call.account,
        origin="copy",
        name=name or image_id,
        description=description,
        family="",
        version="",
        created_at=call.now,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        fails_at=span.fails_at,
        seconds=seconds,
        queue_region=queue_region,
        usable_delay=unusable.details["seconds"] if unusable else call.choices.usable_delay_seconds,
        visible_at=call.now + hidden.details["seconds"] if hidden else 0,
        tags_visible_at=call.now + late.details["seconds"] if late else 0,
        source_image_id=source.image_id,
        source_region=source_region,
        can_cancel=int(call.fault("uncancellable") is None),
        encrypted=int(is_encrypted),
        kms_key_id=key_id,
        resource_group=check_group(call),
        is_public=0,
        disks=disks,
        tags=tags,
        shares={},
    )
    add_image(call, _altered(copy, altered.details) if altered else copy)
    return {"ImageId": image_id}


def _regions(call: Call) -> tuple[str, str]:
    source_region, region = call.needed("RegionId"), call.needed("DestinationRegionId")
    if not is_region(source_region):
        raise refusal("SourceRegion.NotFound")
    if not is_region(region):
        raise refusal("DestinationRegion.NotFound")
    return source_region, region


def _altered(copy: ImageRecord, how: Mapping[str, Any]) -> ImageRecord:
    """A copy as a fault `altered` spoils it."""
    system = {key: how[key] or copy.system.get(key) for key in ("architecture", "boot_mode")}
    encrypted = copy.encrypted if how["encrypted"] is None else int(how["encrypted"])
    return replace(
        copy,
        size=how["size"] or copy.size,
        disks=copy.disks[: how["disks"] or None],
        encrypted=encrypted,
        system={**copy.system, **system},
        tags={**copy.tags, **({how["tag"]: "altered"} if how["tag"] else {})},
    )


def _destination_name(call: Call, source: ImageRecord, region: str) -> str:
    name = call.text("DestinationImageName")
    if not name and call.choices.default_image_name == "source_name":
        name = source.name
    if name:
        check_name_is_free(call, check_name(name), region)
    return name


def _gib(image: ImageRecord) -> int:
    return sum(int(disk["size"]) for disk in image.disks) or image.size


def _encryption(call: Call, source: ImageRecord) -> tuple[bool, str]:
    """Whether the copy is encrypted, and its key: ECS guide, copying encrypted images."""
    wanted = call.flag("Encrypted")
    key_id = call.text("KMSKeyId")
    is_encrypted = call.choices.encrypt_when_unset if wanted is None else wanted
    if call.text("EncryptAlgorithm"):
        raise refusal("InvalidEncryptAlgorithm")
    if key_id and not is_encrypted:
        raise refusal("InvalidEncrypted.NotMatchKmsKeyId")
    if source.encrypted and not is_encrypted:
        raise refusal("OperationDeined.EncryptedSnapshot")
    return is_encrypted, check_key(key_id) if key_id else ""


def _check_source(
    call: Call, source: ImageRecord, source_region: str, region: str, *, is_encrypted: bool
) -> None:
    if source.owner == SYSTEM:
        raise refusal("OperationDenied", "A system image cannot be copied.")
    if source.owner != call.account and source.is_public:
        raise refusal("OperationDenied.CommunityImage")
    if source.status(call.now) != "Available":
        raise refusal("IncorrectImageStatus", f"It is {source.status(call.now)}.")
    if source.owner != call.account and region != source_region:
        raise refusal("OperationDenied.SameRegionOnly")
    if call.choices.closed_regions == "refuse" and is_closed(region):
        raise refusal("RegionNotSupportCopy", f"It is {region}.")
    if region == source_region and not is_encrypted and source.owner == call.account:
        raise refusal("IncorrectDestinationRegion")
    if (
        is_encrypted
        and not source.encrypted
        and region != source_region
        and not call.choices.encrypt_across_regions
    ):
        raise refusal("OperationDenied.EncryptSnapshotAcrossRegion")
    if _gib(source) > MAX_GIB:
        raise refusal("SizeExceed.Image")
    if call.choices.copy_conflict == "same_route" and call.world.row(
        "SELECT 1 FROM images WHERE source_image_id = ? AND ends_at > ? AND region = ?",
        source.image_id,
        call.now,
        region,
    ):
        raise refusal("OperationDenied.ImageCopyConflict")


def _planned(call: Call, queue_region: str, seconds: float) -> Span:
    running = call.choices.running_copies
    ends = call.world.rows(
        "SELECT ends_at FROM images WHERE queue_region = ? AND ends_at > ?"
        " ORDER BY ends_at DESC LIMIT ?",
        queue_region,
        call.now,
        max(1, running),
    )
    failing = call.fault("copy_fails")
    return span_from(
        start_in_queue(call.now, [end for (end,) in ends], max(1, running)),
        seconds,
        call.choices.speed,
        failing.details["percent"] if failing else None,
    )


def cancel_copy_image(call: Call) -> Reply:
    """Stop an unfinished copy; the half-made image is gone at once, its place falls free."""
    image = own_image(call, call.needed("ImageId"), call.region)
    if image.origin != "copy":
        raise refusal("ImageCreatedNotFromCopy")
    if not image.is_in_making(call.now):
        status = image.status(call.now)
        raise refusal("IncorrectImageStatus", f"It is {status} since {cloud_time(image.ends_at)}.")
    if not image.can_cancel:
        raise refusal("CancelNotSupported")
    remove_image(call, image)
    if not (call.choices.cancel_leaves_snapshots and image.starts_at <= call.now):
        remove_image_snapshots(call, image)
    call.world.requeue(image.queue_region or call.region)
    return {}
