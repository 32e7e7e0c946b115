"""DescribeImages, DescribeImageFromFamily, ModifyImageAttribute, DeleteImage, and their rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.image_records import (
    COLUMNS,
    EVERYWHERE,
    STATUS_SQL,
    SYSTEM,
    ImageRecord,
    change_image,
    check_name_is_free,
    decode_image,
    find_image,
    own_image,
)
from imageferry.emulator.image_replies import image_reply
from imageferry.emulator.rules import check_description, check_name, read_tag_filter
from imageferry.emulator.snapshot_records import remove_image_snapshots

STATUSES = ("Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated")
_IN_USE_SQL = "EXISTS (SELECT 1 FROM instances WHERE instances.image_id = images.image_id)"
_MAX_IDS = 100


class _Conditions:
    """The WHERE clause of one DescribeImages call, grown condition by condition."""

    def __init__(self, call: Call) -> None:
        self.texts: list[str] = ["images.visible_at <= :now"]
        self.values: dict[str, object] = {"now": call.now, "account": call.account}

    def add(self, text: str, **values: object) -> None:
        self.texts.append(text)
        self.values.update(values)

    def one_of(self, expression: str, name: str, values: tuple[str, ...]) -> None:
        names = [f":{name}{index}" for index in range(len(values))]
        self.add(
            f"{expression} IN ({', '.join(names)})",
            **{f"{name}{index}": value for index, value in enumerate(values)},
        )

    def equals(self, expression: str, name: str, value: str) -> None:
        if value:
            self.add(f"{expression} = :{name}", **{name: value})


def describe_images(call: Call) -> Reply:
    """One page of images; by default those that are Available only."""
    number, size = call.page()
    conditions = _conditions(call)
    where = " AND ".join(conditions.texts)
    conditions.values.update(limit=size, skipped=(number - 1) * size)
    # In order of making, so that a page keeps its place while newer images come.
    rows = call.world.sql.execute(
        f"SELECT {_IN_USE_SQL}, {COLUMNS} FROM images WHERE {where}"  # noqa: S608
        " ORDER BY images.sequence LIMIT :limit OFFSET :skipped",
        conditions.values,
    ).fetchall()
    total = (number - 1) * size + len(rows)
    is_whole = number == 1 and 0 < len(_ids(call)) <= size
    if not is_whole and (len(rows) == size or (number > 1 and not rows)):
        total = call.world.sql.execute(
            f"SELECT COUNT(*) FROM images WHERE {where}",  # noqa: S608
            conditions.values,
        ).fetchone()[0]
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


def _conditions(call: Call) -> _Conditions:
    conditions = _Conditions(call)
    _by_status(call, conditions)
    ids = _ids(call)
    _by_owner(call, conditions, has_ids=bool(ids))
    if ids:
        conditions.one_of("images.image_id", "id", ids)
    name = call.text("ImageName")
    if "*" in name:
        pattern = re.sub(r"([\\%_])", r"\\\1", name).replace("*", "%")
        conditions.add("images.name LIKE :name ESCAPE '\\'", name=pattern)
    else:
        conditions.equals("images.name", "name", name)
    conditions.equals("images.family", "family", call.text("ImageFamily"))
    conditions.equals("images.resource_group", "resource_group", call.text("ResourceGroupId"))
    _by_system(call, conditions)
    if call.text("SnapshotId"):
        conditions.add(
            "instr(images.disks, :snapshot) > 0", snapshot=f'"{call.text("SnapshotId")}"'
        )
    match call.text("Usage"):
        case "":
            pass
        case "instance":
            conditions.add(_IN_USE_SQL)
        case "none":
            conditions.add(f"NOT {_IN_USE_SQL}")
        case _:
            raise refusal("InvalidUsage")
    for index, (key, value) in enumerate(read_tag_filter(call)):
        conditions.add(
            "images.tags_visible_at <= :now AND EXISTS (SELECT 1 FROM json_each(images.tags)"  # noqa: S608
            f" WHERE key = :key{index} AND (:value{index} IS NULL OR value = :value{index}))",
            **{f"key{index}": key, f"value{index}": value},
        )
    _by_filters(call, conditions)
    return conditions


def _ids(call: Call) -> tuple[str, ...]:
    ids = tuple(text.strip() for text in call.text("ImageId").split(",") if text.strip())
    if len(ids) > _MAX_IDS:
        raise refusal("InvalidParamter", f"ImageId holds {_MAX_IDS} ids at most.")
    return ids


def _by_status(call: Call, conditions: _Conditions) -> None:
    text = call.text("Status")
    usable = call.flag("Usable")
    if usable is not None and not text:
        raise missing("Status")
    wanted = tuple(word.strip() for word in (text or "Available").split(","))
    if wanted != ("ALL",):
        unknown = [word for word in wanted if word not in STATUSES]
        if unknown:
            raise refusal("InvalidParamter", f"Status is none of {', '.join(STATUSES)}, ALL.")
        conditions.one_of(STATUS_SQL, "status", wanted)
    if usable is not None:
        conditions.add(
            f"({STATUS_SQL} IN ('Available', 'Deprecated')"
            " AND images.ends_at + images.usable_delay <= :now) = :usable",
            usable=int(usable),
        )


def _by_owner(call: Call, conditions: _Conditions, *, has_ids: bool) -> None:
    shared = "EXISTS (SELECT 1 FROM json_each(images.shares) WHERE key = :account)"
    # With ids the index of ids is the short way; a bare column would lead through the region's.
    region, owner = (
        ("+images.region", "+images.owner") if has_ids else ("images.region", "images.owner")
    )
    match call.text("ImageOwnerAlias"):
        case "self":
            conditions.add(f"{region} = :region AND {owner} = :account")
        case "system":
            conditions.add(f"images.region = '{EVERYWHERE}' AND images.owner = '{SYSTEM}'")
        case "others":
            conditions.add(f"{region} = :region AND {owner} != :account AND {shared}")
        case "marketplace":
            conditions.add("0")
        case "":
            conditions.add(
                f"{region} IN (:region, '{EVERYWHERE}')"
                f" AND ({owner} IN (:account, '{SYSTEM}') OR {shared})"
            )
        case _:
            raise refusal("InvalidImageOwnerAlias.ValueNotSupported")
    conditions.values["region"] = call.region
    conditions.equals("images.owner", "owner_id", call.text("ImageOwnerId"))
    is_public = call.flag("IsPublic")
    if is_public is not None:
        conditions.add("images.is_public = :is_public", is_public=int(is_public))


_SYSTEM_WORDS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("OSType", "os_type", ("linux", "windows"), "InvalidOSType"),
    ("Architecture", "architecture", ("i386", "x86_64", "arm64"), "InvalidArchitecture"),
)


def _by_system(call: Call, conditions: _Conditions) -> None:
    for name, column, words, code in _SYSTEM_WORDS:
        text = call.text(name)
        if text and text not in words:
            raise refusal(code)
        conditions.equals(f"json_extract(images.system, '$.{column}')", column, text)
    # Every image here supports both.
    for name in ("IsSupportIoOptimized", "IsSupportCloudinit"):
        if call.flag(name) is False:
            conditions.add("0")


def _minute(text: str) -> float:
    try:
        return datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%MZ%z").timestamp()
    except ValueError:
        raise refusal("InvalidFilterValue", "A time is yyyy-MM-ddTHH:mmZ.") from None


_FILTERS: dict[str, Callable[[_Conditions, str], None]] = {
    "CreationStartTime": lambda conditions, text: conditions.add(
        "images.created_at >= :from_time", from_time=_minute(text)
    ),
    "CreationEndTime": lambda conditions, text: conditions.add(
        "images.created_at <= :to_time", to_time=_minute(text)
    ),
    # Every image here runs in a VPC and upgrades online.
    "NetworkType": lambda conditions, text: conditions.add("1" if text == "vpc" else "0"),
    "CpuOnlineUpgrade": lambda conditions, text: conditions.add(
        "1" if text == "supported" else "0"
    ),
    "CpuOnlineDowngrade": lambda conditions, text: conditions.add(
        "1" if text == "supported" else "0"
    ),
    "MemoryOnlineUpgrade": lambda conditions, text: conditions.add(
        "1" if text == "supported" else "0"
    ),
    "MemoryOnlineDowngrade": lambda conditions, text: conditions.add(
        "1" if text == "supported" else "0"
    ),
}


def _by_filters(call: Call, conditions: _Conditions) -> None:
    given = call.parameters.get("Filter")
    if not isinstance(given, list):
        return
    for one in given:
        key = one.get("Key") if isinstance(one, dict) else None
        value = one.get("Value") if isinstance(one, dict) else None
        if not isinstance(key, str) or key not in _FILTERS:
            raise refusal("InvalidFilterKey.NotFound")
        _FILTERS[key](conditions, value if isinstance(value, str) else "")


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
    if image.is_public:
        raise refusal("ImageIsPublic")
    if image.shares:
        raise refusal("ImageUseShared")
    if not force and call.world.row("SELECT 1 FROM instances WHERE image_id = ?", image_id):
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
