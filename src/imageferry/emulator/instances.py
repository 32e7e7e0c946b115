"""RunInstances, Start-, Stop- and DeleteInstance, ReplaceSystemDisk, and the two that look."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from imageferry.emulator.calls import Call, Reply, cloud_minute, tag_reply
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.image_records import ImageRecord, find_image
from imageferry.emulator.images import newest_of_family
from imageferry.emulator.instance_records import (
    COLUMNS,
    InstanceRecord,
    decode_instance,
    find_instance,
)
from imageferry.emulator.places import zones
from imageferry.emulator.rules import check_group, read_tag_filter, read_tags


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
    counted = call.world.row(
        "SELECT COUNT(*) FROM instances WHERE region = ? AND owner = ?", call.region, call.account
    )
    if counted is not None and counted[0] + amount > call.choices.instance_quota:
        raise refusal("QuotaExceed.ElasticQuota")
    body = {
        "zone": zone,
        "type": instance_type,
        "host_name": call.text("HostName"),
        "description": call.text("Description"),
        "security_groups": groups,
        "vswitch": vswitch,
        "key_pair": call.text("KeyPairName"),
        "deletion_protection": bool(call.flag("DeletionProtection")),
        "charge_type": call.text("InstanceChargeType") or "PostPaid",
        "bandwidth_out": call.number("InternetMaxBandwidthOut", 0, 0, 100),
        "os": dict(image.system),
    }
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
    return _launchable(call, image)


def _launchable(call: Call, image: ImageRecord) -> ImageRecord:
    if not image.is_usable(call.now):
        raise refusal("OperationDenied.ImageNotValid", f"It is {image.status(call.now)}.")
    return image


def _disks_asked(call: Call, image: ImageRecord) -> list[dict[str, Any]]:
    system = call.parameters.get("SystemDisk")
    asked = system.get("Size") if isinstance(system, dict) else None
    disks = [{"type": "system", "size": _disk_gib(asked, image.size)}]
    disks += [{"type": "data", "size": d["size"]} for d in image.disks if d["type"] == "data"]
    data = call.parameters.get("DataDisk")
    if isinstance(data, list):
        for one in data:
            size = one.get("Size") if isinstance(one, dict) else None
            disks.append({"type": "data", "size": _disk_gib(size, 1)})
    return disks


def _disk_gib(text: object, least: int) -> int:
    if not text:
        return max(least, 20)
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6):
        raise refusal("InvalidSize.ValueNotSupported")
    if int(text) < least:
        raise refusal("InvalidSystemDiskSize.LessThanImageSize")
    return int(text)


def _add(
    call: Call,
    image: ImageRecord,
    body: dict[str, Any],
    disks: list[dict[str, Any]],
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
            json.dumps({**body, "disks": own_disks, "private_ip": address}),
        ),
    )
    return instance_id


# --- looking --------------------------------------------------------------------------------------


def describe_instances(call: Call) -> Reply:
    """Instances of a region; pages by number, or by MaxResults (capped) and NextToken."""
    found = [one for one in _in_region(call) if _is_wanted(call, one)]
    token = call.text("NextToken")
    if token or call.text("MaxResults"):
        size = min(call.number("MaxResults", 10, 1, 10**6), 100)
        after = int(token) if token.isascii() and token.isdigit() and len(token) < 18 else 0
        rest = [one for one in found if one.sequence > after]
        page, number = rest[:size], 1
        following = str(page[-1].sequence) if len(rest) > size else ""
    else:
        number, size = call.page()
        page, following = found[(number - 1) * size : number * size], ""
    return {
        "Instances": {"Instance": [_reply(call, one) for one in page]},
        "NextToken": following,
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(found),
    }


def _in_region(call: Call) -> list[InstanceRecord]:
    ids = call.id_array("InstanceIds")
    rows = call.world.rows(
        f"SELECT {COLUMNS} FROM instances WHERE region = ? AND owner = ?"  # noqa: S608
        " AND (? OR instance_id IN (SELECT value FROM json_each(?))) ORDER BY sequence",
        call.region,
        call.account,
        ids is None,
        json.dumps(ids or ()),
    )
    return [decode_instance(row) for row in rows]


def _is_wanted(call: Call, one: InstanceRecord) -> bool:
    status, name = call.text("Status"), call.text("InstanceName")
    plain = (
        ("ImageId", one.image_id),
        ("ZoneId", one.body["zone"]),
        ("VSwitchId", one.body["vswitch"]),
        ("InstanceType", one.body["type"]),
        ("ResourceGroupId", one.resource_group),
    )
    return (
        all(call.text(parameter) in ("", value) for parameter, value in plain)
        and status in ("", one.status(call.now, call.choices.instance_seconds))
        and (not name or fnmatch.fnmatchcase(one.name, name))
        and all(
            key in one.tags and value in (None, one.tags[key])
            for key, value in read_tag_filter(call)
        )
    )


def _reply(call: Call, one: InstanceRecord) -> Reply:
    body = one.body
    system = body.get("os", {})
    public = [f"47.100.{one.sequence // 254 % 254}.{one.sequence % 254 + 1}"]
    return {
        "InstanceId": one.instance_id,
        "InstanceName": one.name,
        "HostName": body.get("host_name") or one.instance_id,
        "Description": body.get("description", ""),
        "Status": one.status(call.now, call.choices.instance_seconds),
        "RegionId": one.region,
        "ZoneId": body["zone"],
        "ImageId": one.image_id,
        "InstanceType": body["type"],
        "InstanceTypeFamily": body["type"].rpartition(".")[0],
        "Cpu": 2,
        "Memory": 8192,
        "OSName": system.get("os_name", ""),
        "OSNameEn": system.get("os_name", ""),
        "OSType": system.get("os_type", "linux"),
        "CreationTime": cloud_minute(one.created_at),
        "StartTime": cloud_minute(one.phase_at),
        "ExpiredTime": "2099-12-31T15:59Z",
        "AutoReleaseTime": "",
        "InstanceChargeType": body.get("charge_type", "PostPaid"),
        "InstanceNetworkType": "vpc",
        "IoOptimized": True,
        "DeletionProtection": bool(body.get("deletion_protection")),
        "Recyclable": False,
        "DeviceAvailable": True,
        "StoppedMode": "Not-applicable",
        "SerialNumber": one.instance_id,
        "ResourceGroupId": one.resource_group,
        "KeyPairName": body.get("key_pair", ""),
        "SpotStrategy": "NoSpot",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 100,
        "InternetMaxBandwidthOut": body.get("bandwidth_out", 0),
        "SecurityGroupIds": {"SecurityGroupId": list(body["security_groups"])},
        "PublicIpAddress": {"IpAddress": public if body.get("bandwidth_out") else []},
        "InnerIpAddress": {"IpAddress": []},
        "RdmaIpAddress": {"IpAddress": []},
        "VpcAttributes": {
            "VpcId": "vpc-emulated",
            "VSwitchId": body["vswitch"],
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [body["private_ip"]]},
        },
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "NetworkInterfaces": {"NetworkInterface": []},
        "OperationLocks": {"LockReason": []},
        "Tags": tag_reply(one.tags),
    }


def describe_instance_status(call: Call) -> Reply:
    """Ids and statuses; pages of 50 at most."""
    number, size = call.page(most=50)
    ids = call.texts("InstanceId")
    found = [one for one in _in_region(call) if not ids or one.instance_id in ids]
    page = found[(number - 1) * size : number * size]
    return {
        "InstanceStatuses": {
            "InstanceStatus": [
                {
                    "InstanceId": one.instance_id,
                    "Status": one.status(call.now, call.choices.instance_seconds),
                }
                for one in page
            ]
        },
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }


# --- changing: these calls may come without a RegionId ----------------------------------------------


def _needed_instance(call: Call) -> tuple[InstanceRecord, str]:
    instance = find_instance(call, call.needed("InstanceId"))
    if instance is None:
        raise refusal("InvalidInstanceId.NotFound")
    status = instance.status(call.now, call.choices.instance_seconds)
    if status == "Pending":
        raise refusal("IncorrectInstanceStatus.Initializing")
    return instance, status


def _enter(call: Call, instance: InstanceRecord, phase: str) -> None:
    call.world.sql.execute(
        "UPDATE instances SET phase = ?, phase_at = ? WHERE instance_id = ?",
        (phase, call.now, instance.instance_id),
    )


def start_instance(call: Call) -> Reply:
    """Start a stopped instance."""
    instance, status = _needed_instance(call)
    if status != "Stopped":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    _enter(call, instance, "starting")
    return {}


def stop_instance(call: Call) -> Reply:
    """Stop a running instance."""
    instance, status = _needed_instance(call)
    if status != "Running":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    _enter(call, instance, "stopping")
    return {}


def delete_instance(call: Call) -> Reply:
    """Remove an instance: a stopped one, or any with Force."""
    instance, status = _needed_instance(call)
    if instance.body.get("deletion_protection"):
        raise refusal("InvalidOperation.DeletionProtection")
    if status != "Stopped" and not call.flag("Force"):
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    call.world.sql.execute("DELETE FROM instances WHERE instance_id = ?", (instance.instance_id,))
    call.world.sql.execute("INSERT OR IGNORE INTO gone (id) VALUES (?)", (instance.instance_id,))
    return {}


def replace_system_disk(call: Call) -> Reply:
    """Give a stopped instance a new system disk from an image."""
    instance, status = _needed_instance(call)
    image = find_image(call, call.needed("ImageId"), instance.region)
    if image is None:
        raise refusal("InvalidImageId.NotFound")
    if status != "Stopped":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    _launchable(call, image)
    old, *data = instance.body["disks"]
    system = call.parameters.get("SystemDisk")
    asked = system.get("Size") if isinstance(system, dict) else None
    size = _disk_gib(asked, image.size) if asked else max(old["size"], image.size)
    disk_id = call.world.new_id("d", instance.region)
    disks = [{"type": "system", "size": size, "id": disk_id}, *data]
    call.world.sql.execute(
        "UPDATE instances SET image_id = ?, body = ? WHERE instance_id = ?",
        (
            image.image_id,
            json.dumps({**instance.body, "disks": disks, "os": dict(image.system)}),
            instance.instance_id,
        ),
    )
    return {"DiskId": disk_id}
