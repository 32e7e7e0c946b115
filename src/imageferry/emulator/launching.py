"""RunInstances and the rules of what it is asked: image, disks, login, network, names."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.image_records import ImageRecord, find_image
from imageferry.emulator.images import newest_of_family
from imageferry.emulator.places import zones
from imageferry.emulator.rules import check_description, check_group, read_tags

# A disk smaller or larger than its category allows is refused: ECS reference, RunInstances.
CATEGORIES: Mapping[str, tuple[int, int]] = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32_768),
    "cloud_ssd": (20, 32_768),
    "cloud_essd": (20, 65_536),
    "cloud_auto": (1, 65_536),
    "cloud_essd_entry": (10, 32_768),
    "ephemeral_ssd": (5, 800),
}
_SMALLEST_SYSTEM_DISK = 20
_MAX_DATA_DISKS = 16
_USER_DATA_BYTES = 32 * 1024
_LEVELS = ("PL0", "PL1", "PL2", "PL3")
_SIGNS = "()`~!@#$%^&*-_+=|{}[]:;'<>,.?/"
_HOST_NAME = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
# Compiled by `re` at their first use: their ranges take it longer than the rest of this room.
_INSTANCE_NAME = "[A-Za-z\u3400-\u4dbf\u4e00-\u9fff][^\n]{1,127}"
_KEY_PAIR = "[A-Za-z\u3400-\u4dbf\u4e00-\u9fff][\\w:.-]{1,127}"
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_KEPT = {
    "InternetChargeType": ("internet_charge", ("PayByTraffic", "PayByBandwidth")),
    "InstanceChargeType": ("charge_type", ("PostPaid", "PrePaid")),
    "IoOptimized": ("io_optimized", ("optimized", "none", "true", "false")),
    "SpotStrategy": ("spot", ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")),
    "CreditSpecification": ("credit", ("Standard", "Unlimited")),
    "HttpEndpoint": ("http_endpoint", ("enabled", "disabled")),
    "HttpTokens": ("http_tokens", ("optional", "required")),
    "SecurityEnhancementStrategy": ("hardening", ("Active", "Deactive")),
    "RamRoleName": ("ram_role", ()),
    "HpcClusterId": ("hpc_cluster", ()),
    "DeploymentSetId": ("deployment_set", ()),
    "DedicatedHostId": ("dedicated_host", ()),
}


def run_instances(call: Call) -> Reply:
    """Make instances from an image or from the newest image of a family."""
    if call.text("LaunchTemplateId") or call.text("LaunchTemplateName"):
        raise refusal("InvalidLaunchTemplate.NotFound")
    image = _launch_image(call)
    instance_type = call.needed("InstanceType")
    if not instance_type.startswith("ecs."):
        raise refusal("InvalidInstanceType.ValueNotSupported")
    groups = (*call.texts("SecurityGroupIds"), *filter(None, [call.text("SecurityGroupId")]))
    if not groups:
        raise missing("SecurityGroupId")
    vswitch, zone = call.needed("VSwitchId"), call.text("ZoneId") or zones(call.region)[0]
    if zone not in zones(call.region):
        raise refusal("InvalidZoneId.NotFound")
    amount = call.number("Amount", 1, 1, 100)
    disks = _disks_asked(call, image)
    body = {
        "zone": zone,
        "type": instance_type,
        "host_name": check_host_name(call.text("HostName"), image.system),
        "description": check_description(call.text("Description")),
        "security_groups": groups,
        "vswitch": vswitch,
        **login(call, image.system),
        **_kept(call),
        "user_data": check_user_data(call.text("UserData")),
        "deletion_protection": bool(call.flag("DeletionProtection")),
        "bandwidth_out": call.number("InternetMaxBandwidthOut", 0, 0, 100),
        "os": dict(image.system),
    }
    wanted_address = call.text("PrivateIpAddress")
    if wanted_address and (not _ADDRESS.fullmatch(wanted_address) or amount > 1):
        raise refusal("InvalidPrivateIpAddress.Malformed", f"It is {wanted_address}.")
    check_instance_name(call.text("InstanceName"))
    counted = call.world.row(
        "SELECT COUNT(*) FROM instances WHERE region = ? AND owner = ?", call.region, call.account
    )
    if counted is not None and counted[0] + amount > call.choices.instance_quota:
        raise refusal("QuotaExceed.ElasticQuota")
    ids = [_add(call, image, body, disks, index, amount) for index in range(amount)]
    return {"InstanceIdSets": {"InstanceIdSet": ids}, "OrderId": "", "TradePrice": 0.0}


def _launch_image(call: Call) -> ImageRecord:
    image_id, family = call.text("ImageId"), call.text("ImageFamily")
    if image_id and family:
        raise refusal("InvalidParameter.Conflict", "ImageId and ImageFamily exclude each other.")
    if not (image_id or family):
        raise missing("ImageId")
    image = find_image(call, image_id, call.region) if image_id else newest_of_family(call, family)
    if image is None:
        raise refusal("InvalidImageId.NotFound", f"It is {image_id or family}.")
    return launchable(call, image)


def launchable(call: Call, image: ImageRecord) -> ImageRecord:
    """The image, if an instance can be started from it; 403 OperationDenied.ImageNotValid."""
    if not image.is_usable(call.now):
        raise refusal("OperationDenied.ImageNotValid", f"It is {image.status(call.now)}.")
    return image


def _kept(call: Call) -> dict[str, str]:
    """What is only kept and shown again; words that are none of those allowed are refused."""
    kept: dict[str, str] = {}
    for name, (column, words) in _KEPT.items():
        text = call.text(name)
        if text and words and text not in words:
            raise refusal("InvalidParameter", f"{name} is one of {', '.join(words)}.")
        if text:
            kept[column] = text
    return kept


# --- names and login ------------------------------------------------------------------------------


def check_instance_name(name: str) -> str:
    """An instance's name, which may be empty (its id); 400 InvalidInstanceName.Malformed."""
    if name and (
        not re.fullmatch(_INSTANCE_NAME, name) or name.startswith(("http://", "https://"))
    ):
        raise refusal("InvalidInstanceName.Malformed")
    return name


def check_host_name(name: str, system: Mapping[str, Any]) -> str:
    """A host name, which may be empty; 400 InvalidHostName.Malformed."""
    if not name:
        return name
    windows = system.get("os_type") == "windows"
    is_good = bool(_HOST_NAME.fullmatch(name)) and 2 <= len(name) <= (15 if windows else 64)
    if not is_good or (windows and ("." in name or name.isdigit())):
        raise refusal("InvalidHostName.Malformed")
    return name


def check_password(password: str, system: Mapping[str, Any]) -> bool:
    """Whether a password is given; one that breaks the rules is 400 InvalidPassword.Malformed."""
    if not password:
        return False
    kinds = sum(
        any(test(character) for character in password)
        for test in (
            str.islower,
            str.isupper,
            str.isdigit,
            lambda character: character in _SIGNS,
        )
    )
    is_good = 8 <= len(password) <= 30 and kinds >= 3 and password.isascii()
    if not is_good or (system.get("os_type") == "windows" and password.startswith("/")):
        raise refusal("InvalidPassword.Malformed")
    return True


def check_key_pair(name: str) -> str:
    """A key pair's name, which may be empty; every well-formed one exists."""
    if name and not re.fullmatch(_KEY_PAIR, name):
        raise refusal("InvalidKeyPair.NotFound", f"It is {name[:140]}.")
    return name


def login(call: Call, system: Mapping[str, Any]) -> dict[str, Any]:
    """How one logs in: passwords are checked and never kept."""
    password, key_pair = call.text("Password"), check_key_pair(call.text("KeyPairName"))
    if password and call.flag("PasswordInherit"):
        raise refusal(
            "InvalidParameter.Conflict", "Password and PasswordInherit exclude each other."
        )
    if key_pair and system.get("os_type") == "windows":
        raise refusal("InvalidKeyPair.NotSupported")
    return {"has_password": check_password(password, system), "key_pair": key_pair}


def check_user_data(text: str) -> str:
    """User data in base64, 32 KB at most before that; 400 InvalidUserData."""
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        raise refusal("InvalidUserData.Base64FormatInvalid") from None
    if size > _USER_DATA_BYTES:
        raise refusal("InvalidUserData.SizeExceeded")
    return text


# --- disks ----------------------------------------------------------------------------------------


def _disks_asked(call: Call, image: ImageRecord) -> list[dict[str, Any]]:
    system = call.parameters.get("SystemDisk")
    asked = system if isinstance(system, dict) else {}
    least = max(image.size, _SMALLEST_SYSTEM_DISK)
    disks = [_disk("system", asked, least, image.size)]
    given = call.parameters.get("DataDisk")
    data = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if len(data) > _MAX_DATA_DISKS:
        raise refusal("InvalidParameter", f"DataDisk has {_MAX_DATA_DISKS} entries at most.")
    taken = {one.get("Device") for one in data}
    disks += [
        {"type": "data", "size": one["size"], "category": "cloud_efficiency"}
        for one in image.disks
        if one["type"] == "data" and one.get("device") not in taken
    ]
    disks += [_disk("data", one, _snapshot_size(call, one), 1) for one in data]
    return disks


def _snapshot_size(call: Call, asked: Mapping[str, Any]) -> int:
    snapshot_id = asked.get("SnapshotId")
    if not snapshot_id:
        return 20
    row = call.world.row(
        "SELECT size FROM snapshots WHERE snapshot_id = ? AND region = ? AND owner = ?",
        snapshot_id,
        call.region,
        call.account,
    )
    if row is None:
        raise refusal("InvalidSnapshotId.NotFound")
    return max(int(row[0]), 20)


def _disk(kind: str, asked: Mapping[str, Any], usual: int, least: int) -> dict[str, Any]:
    category = asked.get("Category") or "cloud_efficiency"
    if category not in CATEGORIES:
        which = "System" if kind == "system" else "Data"
        raise refusal(f"Invalid{which}DiskCategory.ValueNotSupported", f"It is {category}.")
    level = asked.get("PerformanceLevel")
    if level and (category != "cloud_essd" or level not in _LEVELS):
        raise refusal("InvalidParameter.Conflict", "PerformanceLevel is for cloud_essd.")
    disk = {
        "type": kind,
        "size": disk_gib(asked.get("Size"), usual, least, category),
        "category": category,
        "name": asked.get("DiskName") or "",
        "description": asked.get("Description") or "",
        "device": asked.get("Device") or "",
        "level": level or "",
        "snapshot_id": asked.get("SnapshotId") or "",
        "encrypted": str(asked.get("Encrypted") or "").lower() == "true",
        "kms_key_id": asked.get("KMSKeyId") or "",
        "kept": str(asked.get("DeleteWithInstance") or "").lower() == "false",
    }
    return {name: value for name, value in disk.items() if value not in ("", False)}


def disk_gib(text: object, usual: int, least: int, category: str) -> int:
    """The GiB of a disk: as asked within the bounds of its category, or as usual."""
    if not text:
        return usual
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6):
        raise refusal("InvalidSize.ValueNotSupported")
    if int(text) < least:
        raise refusal("InvalidSystemDiskSize.LessThanImageSize")
    smallest, largest = CATEGORIES.get(category, (1, 65_536))
    if not smallest <= int(text) <= largest:
        raise refusal("InvalidSize.ValueNotSupported", f"It is {smallest} to {largest} GiB.")
    return int(text)


# --- keeping --------------------------------------------------------------------------------------


def _add(
    call: Call,
    image: ImageRecord,
    body: dict[str, Any],
    disks: Sequence[Mapping[str, Any]],
    index: int,
    amount: int,
) -> str:
    instance_id = call.world.new_id("i", call.region)
    name = call.text("InstanceName") or instance_id
    if amount > 1 and call.flag("UniqueSuffix"):
        name = f"{name}{index + 1:03d}"
    own_disks = [{**disk, "id": call.world.new_id("d", call.region)} for disk in disks]
    # Addresses follow from the place in the table; nothing routes to them.
    row = call.world.row("SELECT COALESCE(MAX(sequence), 0) + 1 FROM instances")
    number = row[0] if row is not None else 1
    address = f"172.16.{number // 254 % 254}.{number % 254 + 1}"
    hidden, late = call.fault("hidden"), call.fault("late_tags")
    kept = {
        **body,
        "visible_at": call.now + hidden.details["seconds"] if hidden else "",
        "tags_visible_at": call.now + late.details["seconds"] if late else "",
        "disks": own_disks,
        "private_ip": call.text("PrivateIpAddress") or address,
        "interface": call.world.new_id("eni", call.region),
    }
    call.world.sql.execute(
        "INSERT INTO instances (instance_id, region, owner, image_id, name, phase, phase_at,"
        " created_at, resource_group, tags, body) VALUES (?, ?, ?, ?, ?, 'starting', ?, ?, ?, ?, ?)",
        (
            instance_id,
            call.region,
            call.account,
            image.image_id,
            name,
            call.now,
            call.now,
            check_group(call),
            json.dumps(read_tags(call)),
            json.dumps({name: value for name, value in kept.items() if value not in ("", False)}),
        ),
    )
    return instance_id
