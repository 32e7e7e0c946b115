"""Instance, Disk: what the cloud says of them; looks in pages; the calls that make and change one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from imageferry.cloud.client import Action, Client, listed, listed_pages, tag_filters
from imageferry.cloud.gathering import PAGE, Gathering

DESCRIBE_INSTANCES: Final = Action("DescribeInstances", repeatable=True)
DESCRIBE_DISKS: Final = Action("DescribeDisks", repeatable=True)
DESCRIBE_USER_DATA: Final = Action("DescribeUserData", repeatable=True)
# These carry a token.
RUN_INSTANCES: Final = Action("RunInstances", repeatable=True)
REPLACE_SYSTEM_DISK: Final = Action("ReplaceSystemDisk", repeatable=True)
RESIZE_DISK: Final = Action("ResizeDisk", repeatable=True)
# These do not.
START_INSTANCE: Final = Action("StartInstance", repeatable=False)
STOP_INSTANCE: Final = Action("StopInstance", repeatable=False)
DELETE_INSTANCE: Final = Action("DeleteInstance", repeatable=False)
MODIFY_INSTANCE: Final = Action("ModifyInstanceAttribute", repeatable=False)
ATTACH_KEY_PAIR: Final = Action("AttachKeyPair", repeatable=False)
DETACH_KEY_PAIR: Final = Action("DetachKeyPair", repeatable=False)
TAG_RESOURCES: Final = Action("TagResources", repeatable=False)
UNTAG_RESOURCES: Final = Action("UntagResources", repeatable=False)

Tags = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as the cloud sees it now; a text is empty where it does not say.

    `created_at` is the cloud's own text, to the minute. `addresses` are private ones, `public` those
    of the internet, an elastic one among them; `inner` those of the classic network.
    """

    instance_id: str
    status: str
    name: str = ""
    description: str = ""
    image_id: str = ""
    instance_type: str = ""
    zone: str = ""
    host_name: str = ""
    key_pair: str = ""
    vpc: str = ""
    vswitch: str = ""
    resource_group: str = ""
    created_at: str = ""
    is_protected: bool = False
    security_groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    interface: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk of an instance; `size` in GiB."""

    disk_id: str
    size: int
    is_system: bool


def _texts(entry: Mapping[str, Any], outer: str, inner: str) -> tuple[str, ...]:
    shown: Sequence[Any] = listed(entry, outer, inner)
    return tuple(one for one in shown if isinstance(one, str) and one)


def decode_instance(entry: Mapping[str, Any]) -> Instance:
    """One member of `Instances.Instance`."""
    network = entry.get("VpcAttributes") or {}
    elastic = (entry.get("EipAddress") or {}).get("IpAddress") or ""
    interfaces = listed(entry, "NetworkInterfaces", "NetworkInterface")
    primary = [one for one in interfaces if one.get("Type") in ("Primary", None)] or interfaces
    return Instance(
        instance_id=str(entry["InstanceId"]),
        status=entry.get("Status") or "",
        name=entry.get("InstanceName") or "",
        description=entry.get("Description") or "",
        image_id=entry.get("ImageId") or "",
        instance_type=entry.get("InstanceType") or "",
        zone=entry.get("ZoneId") or "",
        host_name=entry.get("HostName") or "",
        key_pair=entry.get("KeyPairName") or "",
        vpc=network.get("VpcId") or "",
        vswitch=network.get("VSwitchId") or "",
        resource_group=entry.get("ResourceGroupId") or "",
        created_at=entry.get("CreationTime") or "",
        is_protected=entry.get("DeletionProtection") is True,
        security_groups=_texts(entry, "SecurityGroupIds", "SecurityGroupId"),
        addresses=_texts(network, "PrivateIpAddress", "IpAddress"),
        public=(*_texts(entry, "PublicIpAddress", "IpAddress"), *filter(None, [elastic])),
        inner=_texts(entry, "InnerIpAddress", "IpAddress"),
        interface=str(primary[0].get("NetworkInterfaceId") or "") if primary else "",
        tags={
            tag["TagKey"]: tag.get("TagValue") or ""
            for tag in listed(entry, "Tags", "Tag")
            if tag.get("TagKey")
        },
    )


# --- looking --------------------------------------------------------------------------------------


async def describe_instances(
    client: Client,
    region: str,
    *,
    ids: Sequence[str] = (),
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> list[Instance]:
    """The instances that fit, in every status, each once, all pages. Raises CloudError.

    A tag with an empty value stands for every value of its key.
    """
    found: dict[str, Instance] = {}
    parameters: dict[str, Any] = {
        "RegionId": region,
        "InstanceIds": json.dumps(list(ids)) if ids else None,
        "InstanceName": name,
        "Tag": tag_filters((tags or {}).items()),
        "MaxResults": PAGE,
    }
    async for entry in listed_pages(
        client, DESCRIBE_INSTANCES, region, parameters, "Instances", "Instance"
    ):
        if entry.get("InstanceId"):
            one = decode_instance(entry)
            found[one.instance_id] = one
    return list(found.values())


class InstanceLoader:
    """Looks at instances by id; looks of one moment in one region share a page."""

    def __init__(self, client: Client) -> None:
        async def fetch(region: str, ids: Sequence[str]) -> Mapping[str, Instance]:
            found = await describe_instances(client, region, ids=ids)
            return {one.instance_id: one for one in found}

        self._gathering: Gathering[Instance] = Gathering(fetch)

    @property
    def pages(self) -> int:
        """How many pages were asked for."""
        return self._gathering.pages

    async def look(self, region: str, instance_id: str) -> Instance | None:
        """The instance as it is now, None where the region does not show it; raises CloudError."""
        return await self._gathering.look(region, instance_id)


async def disks_of(client: Client, region: str, instance_id: str) -> list[Disk]:
    """The disks of an instance, the system disk first. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_DISKS,
        region,
        {"RegionId": region, "InstanceId": instance_id, "PageSize": PAGE},
    )
    found = [
        Disk(str(entry["DiskId"]), int(entry.get("Size") or 0), entry.get("Type") == "system")
        for entry in listed(reply, "Disks", "Disk")
        if entry.get("DiskId")
    ]
    return sorted(found, key=lambda disk: not disk.is_system)


async def known_disks(client: Client, region: str, ids: Sequence[str]) -> set[str]:
    """Those of some disks (100 at most) that a region has. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_DISKS,
        region,
        {"RegionId": region, "DiskIds": json.dumps(list(ids[:PAGE])), "PageSize": PAGE},
    )
    return {str(entry["DiskId"]) for entry in listed(reply, "Disks", "Disk") if "DiskId" in entry}


async def user_data_of(client: Client, region: str, instance_id: str) -> str:
    """The user data of an instance as the cloud keeps it, in base64. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_USER_DATA, region, {"RegionId": region, "InstanceId": instance_id}
    )
    return str(reply.get("UserData") or "")


# --- making and changing --------------------------------------------------------------------------


async def run_instance(
    client: Client, region: str, parameters: Mapping[str, object], token: str
) -> str:
    """Make one instance; its id. `parameters` are RunInstances' own. Raises CloudError."""
    reply = await client.call(
        RUN_INSTANCES,
        region,
        {**parameters, "RegionId": region, "Amount": 1, "ClientToken": token},
    )
    return str(reply["InstanceIdSets"]["InstanceIdSet"][0])


async def replace_system_disk(
    client: Client, region: str, parameters: Mapping[str, object], token: str
) -> str:
    """Give a stopped instance a new system disk; the disk's id. Raises CloudError."""
    sent = {**parameters, "RegionId": region, "ClientToken": token}
    reply = await client.call(REPLACE_SYSTEM_DISK, region, sent)
    return str(reply.get("DiskId") or "")


async def resize_disk(
    client: Client, region: str, disk_id: str, size: int, *, online: bool, token: str
) -> None:
    """Make a disk larger, while its instance runs (`online`) or not. Raises CloudError."""
    await client.call(
        RESIZE_DISK,
        region,
        {
            "RegionId": region,
            "DiskId": disk_id,
            "NewSize": size,
            "Type": "online" if online else "offline",
            "ClientToken": token,
        },
    )


async def start_instance(client: Client, region: str, instance_id: str) -> None:
    """Start a stopped instance. Raises CloudError."""
    await client.call(START_INSTANCE, region, {"RegionId": region, "InstanceId": instance_id})


async def stop_instance(client: Client, region: str, instance_id: str) -> None:
    """Shut a running instance down; it goes on being charged for. Raises CloudError."""
    # Its place is kept, so that it can start again: ECS reference, ReplaceSystemDisk.
    await client.call(
        STOP_INSTANCE,
        region,
        {"RegionId": region, "InstanceId": instance_id, "StoppedMode": "KeepCharging"},
    )


async def delete_instance(
    client: Client, region: str, instance_id: str, *, ends_subscription: bool = False
) -> None:
    """Release an instance, running or not; a prepaid one only if told so. Raises CloudError."""
    await client.call(
        DELETE_INSTANCE,
        region,
        {
            "RegionId": region,
            "InstanceId": instance_id,
            "Force": True,
            "TerminateSubscription": True if ends_subscription else None,
        },
    )


async def modify_instance(
    client: Client, region: str, instance_id: str, changes: Mapping[str, object]
) -> None:
    """Change attributes by the parameters of ModifyInstanceAttribute. Raises CloudError."""
    await client.call(
        MODIFY_INSTANCE, region, {"RegionId": region, "InstanceId": instance_id, **changes}
    )


async def attach_key_pair(client: Client, region: str, instance_id: str, name: str) -> None:
    """Bind a key pair; it holds from the next start on. Raises CloudError."""
    await client.call(
        ATTACH_KEY_PAIR,
        region,
        {"RegionId": region, "InstanceIds": json.dumps([instance_id]), "KeyPairName": name},
    )


async def detach_key_pair(client: Client, region: str, instance_id: str, name: str) -> None:
    """Take a key pair away; it holds from the next start on. Raises CloudError."""
    await client.call(
        DETACH_KEY_PAIR,
        region,
        {"RegionId": region, "InstanceIds": json.dumps([instance_id]), "KeyPairName": name},
    )


async def tag_instance(client: Client, region: str, instance_id: str, tags: Tags) -> None:
    """Set tags (1 to 20); a key that exists gets the new value. Raises CloudError."""
    await client.call(
        TAG_RESOURCES,
        region,
        {
            "RegionId": region,
            "ResourceType": "instance",
            "ResourceId": [instance_id],
            "Tag": [{"Key": key, "Value": value} for key, value in tags],
        },
    )


async def untag_instance(
    client: Client, region: str, instance_id: str, keys: Sequence[str]
) -> None:
    """Take tags off (1 to 20). Raises CloudError."""
    await client.call(
        UNTAG_RESOURCES,
        region,
        {
            "RegionId": region,
            "ResourceType": "instance",
            "ResourceId": [instance_id],
            "TagKey": list(keys),
        },
    )
