"""DescribeInstances and kin; Start-, Stop- and DeleteInstance, ReplaceSystemDisk."""

from __future__ import annotations

import fnmatch
import json

from imageferry.emulator.calls import Call, Reply, cloud_minute, tag_reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import find_image
from imageferry.emulator.instance_records import (
    COLUMNS,
    InstanceRecord,
    change_body,
    decode_instance,
    find_instance,
)
from imageferry.emulator.launching import disk_gib, launchable, login
from imageferry.emulator.rules import read_tag_filter

VPC = "vpc-emulated"


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


def has_public_address(one: InstanceRecord) -> bool:
    """Whether an address of the internet was given to it, at its launch or afterwards."""
    return bool(one.body.get("bandwidth_out") or one.body.get("has_public"))


def public_address(one: InstanceRecord) -> str:
    """The address of the internet that an instance has, or would be given."""
    return f"47.100.{one.sequence // 254 % 254}.{one.sequence % 254 + 1}"


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
    return [one for one in map(decode_instance, rows) if one.is_shown(call.now)]


def _is_wanted(call: Call, one: InstanceRecord) -> bool:
    status, name = call.text("Status"), call.text("InstanceName")
    tags = one.shown_tags(call.now)
    plain = (
        ("ImageId", one.image_id),
        ("ZoneId", one.body["zone"]),
        ("VSwitchId", one.body["vswitch"]),
        ("VpcId", one.body.get("vpc", VPC)),
        ("KeyPairName", one.body.get("key_pair", "")),
        ("InstanceChargeType", one.body.get("charge_type", "PostPaid")),
        ("InstanceType", one.body["type"]),
        ("ResourceGroupId", one.resource_group),
    )
    return (
        all(call.text(parameter) in ("", value) for parameter, value in plain)
        and call.text("SecurityGroupId") in ("", *one.body["security_groups"])
        and status in ("", one.status(call.now, call.choices.instance_seconds))
        and (not name or fnmatch.fnmatchcase(one.name, name))
        and all(key in tags and value in (None, tags[key]) for key, value in read_tag_filter(call))
    )


def _network_reply(one: InstanceRecord) -> Reply:
    body = one.body
    interface = body.get("interface", one.instance_id.replace("i-", "eni-", 1))
    return {
        "PublicIpAddress": {"IpAddress": [public_address(one)] if has_public_address(one) else []},
        "InnerIpAddress": {"IpAddress": []},
        "RdmaIpAddress": {"IpAddress": []},
        "VpcAttributes": {
            "VpcId": VPC,
            "VSwitchId": body["vswitch"],
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [body["private_ip"]]},
        },
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "NetworkInterfaces": {
            "NetworkInterface": [
                {
                    "NetworkInterfaceId": interface,
                    "Type": "Primary",
                    "MacAddress": f"00:16:3e:00:{one.sequence // 256 % 256:02x}:{one.sequence % 256:02x}",
                    "PrimaryIpAddress": body["private_ip"],
                    "PrivateIpSets": {
                        "PrivateIpSet": [{"PrivateIpAddress": body["private_ip"], "Primary": True}]
                    },
                }
            ]
        },
    }


def _reply(call: Call, one: InstanceRecord) -> Reply:
    body = one.body
    system = body.get("os", {})
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
        "IoOptimized": body.get("io_optimized") not in ("none", "false"),
        "DeletionProtection": bool(body.get("deletion_protection")),
        "Recyclable": False,
        "DeviceAvailable": True,
        "StoppedMode": "Not-applicable",
        "SerialNumber": one.instance_id,
        "ResourceGroupId": one.resource_group,
        "KeyPairName": body.get("key_pair", ""),
        "SpotStrategy": body.get("spot", "NoSpot"),
        "CreditSpecification": body.get("credit", ""),
        "HpcClusterId": body.get("hpc_cluster", ""),
        "DeploymentSetId": body.get("deployment_set", ""),
        "InternetChargeType": body.get("internet_charge", "PayByTraffic"),
        "InternetMaxBandwidthIn": 100,
        "InternetMaxBandwidthOut": body.get("bandwidth_out", 0),
        "SecurityGroupIds": {"SecurityGroupId": list(body["security_groups"])},
        **_network_reply(one),
        "MetadataOptions": {
            "HttpEndpoint": body.get("http_endpoint", "enabled"),
            "HttpTokens": body.get("http_tokens", "optional"),
        },
        "OperationLocks": {"LockReason": []},
        "Tags": tag_reply(one.shown_tags(call.now)),
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


def needed_instance(call: Call) -> tuple[InstanceRecord, str]:
    """The instance that a call names, and its status; one that is being made is refused."""
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
    instance, status = needed_instance(call)
    if status != "Stopped":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    _enter(call, instance, "starting")
    return {}


def stop_instance(call: Call) -> Reply:
    """Stop a running instance."""
    if call.text("StoppedMode") not in ("", "StopCharging", "KeepCharging"):
        raise refusal("InvalidParameter", "StoppedMode is StopCharging or KeepCharging.")
    instance, status = needed_instance(call)
    if status != "Running":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    _enter(call, instance, "stopping")
    return {}


def delete_instance(call: Call) -> Reply:
    """Remove an instance: a stopped one, or any with Force."""
    instance, status = needed_instance(call)
    if instance.body.get("deletion_protection"):
        raise refusal("InvalidOperation.DeletionProtection")
    if status != "Stopped" and not call.flag("Force"):
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    if instance.body.get("charge_type") == "PrePaid" and not call.flag("TerminateSubscription"):
        raise refusal("ChargeTypeViolation")
    call.world.sql.execute("DELETE FROM instances WHERE instance_id = ?", (instance.instance_id,))
    call.world.sql.execute("INSERT OR IGNORE INTO gone (id) VALUES (?)", (instance.instance_id,))
    return {}


def replace_system_disk(call: Call) -> Reply:
    """Give a stopped instance a new system disk from an image."""
    instance, status = needed_instance(call)
    image = find_image(call, call.needed("ImageId"), instance.region)
    if image is None:
        raise refusal("InvalidImageId.NotFound")
    if status != "Stopped":
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    launchable(call, image)
    old, *data = instance.body["disks"]
    system = call.parameters.get("SystemDisk")
    asked = system.get("Size") if isinstance(system, dict) else None
    usual = max(old["size"], image.size)
    size = disk_gib(asked, usual, image.size, old.get("category", "cloud_efficiency"))
    disk_id = call.world.new_id("d", instance.region)
    disks = [{**old, "size": size, "id": disk_id}, *data]
    call.world.sql.execute(
        "UPDATE instances SET image_id = ? WHERE instance_id = ?",
        (image.image_id, instance.instance_id),
    )
    key = {} if call.flag("PasswordInherit") else login(call, image.system)
    change_body(call, instance, disks=disks, os=dict(image.system), **key)
    return {"DiskId": disk_id}
