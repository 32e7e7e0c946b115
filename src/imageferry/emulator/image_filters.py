"""Which images DescribeImages is asked for: its parameters as conditions on the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from imageferry.emulator.calls import Call
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.image_records import EVERYWHERE, STATUS_SQL, SYSTEM
from imageferry.emulator.rules import read_tag_filter

STATUSES = ("Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated")
IN_USE_SQL = "EXISTS (SELECT 1 FROM instances WHERE instances.image_id = images.image_id)"
_MAX_IDS = 100
_MAX_TAGGED = 1000


class Conditions:
    """The WHERE clause of one DescribeImages call, grown condition by condition.

    `most` is how many images are answered at most, whatever fits.
    """

    def __init__(self, call: Call) -> None:
        self.texts: list[str] = ["images.visible_at <= :now"]
        self.values: dict[str, object] = {"now": call.now, "account": call.account}
        self.most: int | None = None

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


def conditions_of(call: Call) -> Conditions:
    """What the parameters of a call ask for; refused where they ask for nothing that there is."""
    conditions = Conditions(call)
    _by_status(call, conditions)
    ids = ids_of(call)
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
            conditions.add(IN_USE_SQL)
        case "none":
            conditions.add(f"NOT {IN_USE_SQL}")
        case _:
            raise refusal("InvalidUsage")
    _by_use(call, conditions)
    tags = read_tag_filter(call)
    if tags:
        conditions.most = _MAX_TAGGED
    for index, (key, value) in enumerate(tags):
        conditions.add(
            "images.tags_visible_at <= :now AND EXISTS (SELECT 1 FROM json_each(images.tags)"  # noqa: S608
            f" WHERE key = :key{index} AND (:value{index} IS NULL OR value = :value{index}))",
            **{f"key{index}": key, f"value{index}": value},
        )
    _by_filters(call, conditions)
    return conditions


def ids_of(call: Call) -> tuple[str, ...]:
    """The ids that are asked for, 100 at most."""
    ids = tuple(text.strip() for text in call.text("ImageId").split(",") if text.strip())
    if len(ids) > _MAX_IDS:
        raise refusal("InvalidParamter", f"ImageId holds {_MAX_IDS} ids at most.")
    return ids


def _by_status(call: Call, conditions: Conditions) -> None:
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


def _by_owner(call: Call, conditions: Conditions, *, has_ids: bool) -> None:
    shared = "EXISTS (SELECT 1 FROM json_each(images.shares) WHERE key = :account)"
    # With ids the index of ids is the short way; a bare column would lead through the region's.
    region, owner = (
        ("+images.region", "+images.owner") if has_ids else ("images.region", "images.owner")
    )
    alias, is_public = call.text("ImageOwnerAlias"), call.flag("IsPublic")
    if alias not in _ALIASES:
        raise refusal("InvalidImageOwnerAlias.ValueNotSupported")
    if is_public and alias != "others":
        raise refusal("InvalidImageOwnerAlias.PublicImageUnsupported")
    match alias:
        case "self":
            conditions.add(f"{region} = :region AND {owner} = :account")
        case "system":
            conditions.add(f"images.region = '{EVERYWHERE}' AND images.owner = '{SYSTEM}'")
        case "others":
            # Community images are found where they are asked for, and then nothing else.
            seen = "images.is_public = 1" if is_public else shared
            conditions.add(f"{region} = :region AND {owner} != :account AND {seen}")
        case "marketplace":
            conditions.add("0")
        case _:
            conditions.add(
                f"{region} IN (:region, '{EVERYWHERE}')"
                f" AND ({owner} IN (:account, '{SYSTEM}') OR {shared})"
            )
    conditions.values["region"] = call.region
    if call.text("ImageOwnerId") and alias in ("system", "marketplace"):
        raise refusal("InvalidOperation.ImageOwnerIdUnsupported")
    conditions.equals("images.owner", "owner_id", call.text("ImageOwnerId"))


_ALIASES = ("", "system", "self", "others", "marketplace")
# ECS guide, instance families: those with an `r` or `y` after the generation have ARM processors.
_INSTANCE_TYPE = re.compile(r"ecs\.[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z0-9]+")
_ARM_FAMILY = re.compile(r"ecs\.[a-z]+\d+(r|y[a-z]?)\.")


def _by_use(call: Call, conditions: Conditions) -> None:
    """What an image is to be used for: with which instance type, and for which action."""
    if call.text("ActionType") not in ("", "CreateEcs", "ChangeOS"):
        raise refusal("InvalidParamter", "ActionType is CreateEcs or ChangeOS.")
    # No image here has a subscription that could expire, so this only has to be a boolean.
    call.flag("ShowExpired")
    instance_type = call.text("InstanceType")
    if not instance_type:
        return
    if not _INSTANCE_TYPE.fullmatch(instance_type):
        raise refusal("InvalidInstanceType.ValueNotSupported")
    sign = "=" if _ARM_FAMILY.match(instance_type) else "!="
    conditions.add(f"json_extract(images.system, '$.architecture') {sign} 'arm64'")


_SYSTEM_WORDS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("OSType", "os_type", ("linux", "windows"), "InvalidOSType"),
    ("Architecture", "architecture", ("i386", "x86_64", "arm64"), "InvalidArchitecture"),
)


def _by_system(call: Call, conditions: Conditions) -> None:
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


def _upgrades(conditions: Conditions, text: str) -> None:
    # Every image here upgrades online.
    if text not in ("supported", "unsupported"):
        raise refusal("InvalidFilterValue", "It is supported or unsupported.")
    conditions.add("1" if text == "supported" else "0")


def _network(conditions: Conditions, text: str) -> None:
    # Every image here runs in a VPC.
    if text not in ("vpc", "classic"):
        raise refusal("InvalidFilterValue.NetworkType")
    conditions.add("1" if text == "vpc" else "0")


_FILTERS: dict[str, Callable[[Conditions, str], None]] = {
    "CreationStartTime": lambda conditions, text: conditions.add(
        "images.created_at >= :from_time", from_time=_minute(text)
    ),
    "CreationEndTime": lambda conditions, text: conditions.add(
        "images.created_at <= :to_time", to_time=_minute(text)
    ),
    "NetworkType": _network,
    "CpuOnlineUpgrade": _upgrades,
    "CpuOnlineDowngrade": _upgrades,
    "MemoryOnlineUpgrade": _upgrades,
    "MemoryOnlineDowngrade": _upgrades,
}


def _by_filters(call: Call, conditions: Conditions) -> None:
    given = call.parameters.get("Filter")
    if not isinstance(given, list):
        return
    for one in given:
        key = one.get("Key") if isinstance(one, dict) else None
        value = one.get("Value") if isinstance(one, dict) else None
        if not isinstance(key, str) or key not in _FILTERS:
            raise refusal("InvalidFilterKey.NotFound")
        _FILTERS[key](conditions, value if isinstance(value, str) else "")
