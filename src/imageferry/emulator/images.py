"""DescribeImages, DescribeImageFromFamily, ModifyImageAttribute, DeleteImage, and their rules."""

from __future__ import annotations

import json
from typing import Any

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.families import check_family
from imageferry.emulator.image_filters import IN_USE_SQL, conditions_of, ids_of
from imageferry.emulator.image_records import (
    COLUMNS,
    STATUS_SQL,
    ImageRecord,
    change_image,
    check_name_is_free,
    decode_image,
    find_image,
    own_image,
)
from imageferry.emulator.image_replies import image_reply
from imageferry.emulator.rules import check_description, check_name
from imageferry.emulator.snapshot_records import remove_image_snapshots
from imageferry.emulator.task_records import is_being_exported


def describe_images(call: Call) -> Reply:
    """One page of images; by default those that are Available only."""
    number, size = call.page()
    conditions = conditions_of(call)
    where = " AND ".join(conditions.texts)
    skipped = (number - 1) * size
    most = size if conditions.most is None else max(0, min(size, conditions.most - skipped))
    conditions.values.update(limit=most, skipped=skipped)
    # In order of making, so that a page keeps its place while newer images come.
    rows = call.world.sql.execute(
        f"SELECT {IN_USE_SQL}, {COLUMNS} FROM images WHERE {where}"  # noqa: S608
        " ORDER BY images.sequence LIMIT :limit OFFSET :skipped",
        conditions.values,
    ).fetchall()
    total = (number - 1) * size + len(rows)
    is_whole = number == 1 and 0 < len(ids_of(call)) <= size
    if not is_whole and (len(rows) == most or (number > 1 and not rows)):
        total = call.world.sql.execute(
            f"SELECT COUNT(*) FROM images WHERE {where}",  # noqa: S608
            conditions.values,
        ).fetchone()[0]
        total = total if conditions.most is None else min(total, conditions.most)
    return {
        "RegionId": call.region,
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": total,
        "Images": {
            "Image": [
                image_reply(call, decode_image(row[1:]), is_in_use=bool(row[0])) for row in rows
            ]
        },
    }


def describe_image_from_family(call: Call) -> Reply:
    """The newest Available image of a family; no `Image` when there is none."""
    image = newest_of_family(call, call.needed("ImageFamily"))
    if image is None:
        return {}
    in_use = call.world.row("SELECT 1 FROM instances WHERE image_id = ?", image.image_id)
    return {"Image": image_reply(call, image, is_in_use=in_use is not None)}


def newest_of_family(call: Call, family: str) -> ImageRecord | None:
    """The newest Available image of the caller's in a family."""
    row = call.world.sql.execute(
        f"SELECT {COLUMNS} FROM images WHERE region = :region AND owner = :account"  # noqa: S608
        f" AND family = :family AND {STATUS_SQL} = 'Available' AND visible_at <= :now"
        " ORDER BY created_at DESC, sequence DESC LIMIT 1",
        {"region": call.region, "account": call.account, "family": family, "now": call.now},
    ).fetchone()
    return decode_image(row) if row is not None else None


_BOOT_MODES = ("BIOS", "UEFI", "UEFI-Preferred")
_LICENSES = ("Auto", "Aliyun", "BYOL")


def modify_image_attribute(call: Call) -> Reply:
    """Change what was given; an empty text leaves the old one, as the cloud cannot clear it."""
    image = own_image(call, call.needed("ImageId"), call.region)
    if image.is_in_making(call.now):
        raise refusal("InvalidStatus.ImageIsCreating")
    changes: dict[str, object] = {}
    if name := call.text("ImageName"):
        check_name(name)
        check_name_is_free(call, name, call.region, except_id=image.image_id)
        changes["name"] = name
    if description := check_description(call.text("Description")):
        changes["description"] = description
    if family := call.text("ImageFamily"):
        changes["family"] = check_name(family, "InvalidImageFamily.Malformed")
        check_family(call, call.region, family, image.image_id)
    if wanted := call.text("Status"):
        changes["word"] = _new_word(image, wanted, call.now)
    system = _new_system(call)
    if system:
        changes["system"] = {**image.system, **system}
    if changes:
        change_image(call, image.image_id, **changes)
    return {}


def _new_word(image: ImageRecord, wanted: str, now: float) -> str:
    status = image.status(now)
    match wanted:
        case "Deprecated":
            if status != "Available":
                raise refusal("ImageStatus.NotAvailable")
            if image.shares:
                raise refusal("ImageUseShared")
            return "Deprecated"
        case "Available":
            if status != "Deprecated":
                raise refusal("ImageStatus.NotDeprecated")
            return ""
        case _:
            raise refusal("InvalidParameter", "Status is Deprecated or Available.")


def _new_system(call: Call) -> dict[str, Any]:
    system: dict[str, Any] = {}
    if boot_mode := call.text("BootMode"):
        if boot_mode not in _BOOT_MODES:
            raise refusal("InvalidBootMode.NotSupport")
        system["boot_mode"] = boot_mode
    if license_type := call.text("LicenseType"):
        if license_type not in _LICENSES:
            raise refusal("InvalidLicenseType.NotSupported")
        system["license_type"] = license_type
    features = call.parameters.get("Features")
    if isinstance(features, dict):
        if (imds := features.get("ImdsSupport")) is not None:
            if imds not in ("v1", "v2"):
                raise refusal("InvalidParameter.FeaturesImdsSupport")
            system["imds"] = imds
        if isinstance(nvme := features.get("NvmeSupport"), str):
            system["nvme"] = nvme
    return system


_UNFINISHED = {
    "copy": "OperationDenied.ImageCopying",
    "import": "ImageIsImporting",
    "create": "ImageIsCreating",
}


def delete_image(call: Call) -> Reply:
    """Remove an image; its finished snapshots stay, and are paid for, until they are deleted."""
    image_id = call.needed("ImageId")
    force = call.flag("Force")
    image = find_image(call, image_id, call.region)
    if image is None or image.owner != call.account:
        return missing_on_delete(call, image_id, "InvalidImageId.NotFound")
    if image.is_in_making(call.now):
        raise refusal(_UNFINISHED[image.origin])
    if call.choices.source_held_while_copying and call.world.row(
        "SELECT 1 FROM images WHERE source_image_id = ? AND ends_at > ?", image_id, call.now
    ):
        raise refusal("OperationDenied.ImageCopying", "It is the source of a copy.")
    if is_being_exported(call, image_id):
        raise refusal("ImageIsExporting")
    if image.is_public:
        raise refusal("ImageIsPublic")
    if image.shares:
        raise refusal("ImageUseShared")
    # Instances of others, who had the image shared with them, hold nothing back.
    if not force and call.world.row(
        "SELECT 1 FROM instances WHERE image_id = ? AND owner = ?", image_id, call.account
    ):
        raise refusal("ImageUsingByInstance")
    remove_image(call, image)
    if image.fails_at is not None:
        remove_image_snapshots(call, image)
    return {}


def missing_on_delete(call: Call, missing_id: str, code: str) -> Reply:
    """What deleting a thing answers that is not there: by default success for what once was."""
    match call.choices.delete_missing:
        case "success":
            return {}
        case "remembered" if call.world.row("SELECT 1 FROM gone WHERE id = ?", missing_id):
            return {}
        case "remembered" | "error":
            raise refusal(code, f"It is {missing_id}.")


def remove_image(call: Call, image: ImageRecord) -> None:
    """Take an image out of the world; its snapshots become finished ones of their own."""
    call.world.sql.execute("DELETE FROM images WHERE image_id = ?", (image.image_id,))
    call.world.sql.execute(
        "UPDATE snapshots SET ready_at = ? WHERE image_id = ?"
        " AND snapshot_id IN (SELECT json_extract(value, '$.snapshot_id') FROM json_each(?))",
        (min(image.ends_at, call.now), image.image_id, json.dumps(image.disks)),
    )
    call.world.sql.execute("INSERT OR IGNORE INTO gone (id) VALUES (?)", (image.image_id,))
