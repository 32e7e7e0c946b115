"""The current official Python client, sync or async, against an emulator; prints what it saw.

Run by the tests with the interpreter of the client's own environment:
`sdk_current.py HOST:PORT sync|async`, with the error answers to be tried on stdin as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions
from emulator_control import control, settle

GOLDEN = "m-golden0000000000001"
IN_USE = "m-golden0000000000002"


class Caller:
    """Calls actions of one client, in the one way or the other."""

    def __init__(self, address: str, way: str, **config: Any) -> None:
        config = {"access_key_id": "emulator", "access_key_secret": "emulator", **config}
        self.client = Client(Config(endpoint=address, protocol="http", **config))
        self.way = way

    async def call(self, action: str, **fields: Any) -> Any:
        request = getattr(models, f"{action}Request")(**fields)
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in action).lstrip("_")
        if self.way == "sync":
            return getattr(self.client, f"{name}_with_options")(request, RuntimeOptions()).body
        method = getattr(self.client, f"{name}_with_options_async")
        return (await method(request, RuntimeOptions())).body

    async def refusal(self, action: str, **fields: Any) -> dict[str, Any]:
        try:
            await self.call(action, **fields)
        except Exception as error:
            return {
                "class": type(error).__name__,
                "code": getattr(error, "code", None),
                "status": getattr(error, "status_code", None),
                "has_request_id": bool(getattr(error, "request_id", None)),
                "retry_after": getattr(error, "retry_after", None),
            }
        return {"class": None}


def copy_fields(name: str, **more: Any) -> dict[str, Any]:
    return {
        "image_id": GOLDEN,
        "region_id": "cn-hangzhou",
        "destination_region_id": "cn-shanghai",
        "destination_image_name": name,
        **more,
    }


async def copies(caller: Caller, address: str) -> dict[str, Any]:
    tags = [
        models.CopyImageRequestTag(key="env", value="test"),
        models.CopyImageRequestTag(key="a b", value=""),
    ]
    fields = copy_fields(
        "web:镜像_01",
        tag=tags,
        client_token="t-1",
        encrypted=False,
        destination_description="x*~/ y",
    )
    first = await caller.call("CopyImage", **fields)
    again = await caller.call("CopyImage", **fields)
    look = {
        "region_id": "cn-shanghai",
        "image_id": first.image_id,
        "status": "Creating,Waiting,Available",
    }
    creating = (await caller.call("DescribeImages", **look)).images.image[0]
    disk = creating.disk_device_mappings.disk_device_mapping[0]
    hidden = await caller.call("DescribeImages", region_id="cn-shanghai", image_id=first.image_id)
    refused = await caller.refusal("DeleteImage", region_id="cn-shanghai", image_id=first.image_id)
    settle(address)
    done = (await caller.call("DescribeImages", **look)).images.image[0]
    too_late = await caller.refusal(
        "CancelCopyImage", region_id="cn-shanghai", image_id=first.image_id
    )
    second = await caller.call("CopyImage", **copy_fields("cancelled"))
    await caller.call("CancelCopyImage", region_id="cn-shanghai", image_id=second.image_id)
    gone = await caller.call(
        "DescribeImages", region_id="cn-shanghai", image_id=second.image_id, status="ALL"
    )
    return {
        "same_token": again.image_id == first.image_id,
        "creating": [creating.status, creating.progress, creating.usable, creating.is_copied],
        "name": creating.image_name,
        "description": creating.description,
        "disk": [disk.size, disk.type, disk.progress, disk.remain_time > 0],
        "tags": {tag.tag_key: tag.tag_value for tag in creating.tags.tag},
        "hidden": [hidden.total_count, len(hidden.images.image)],
        "delete_while_creating": refused,
        "done": [done.status, done.progress, done.usable],
        "size": done.size,
        "self_shared": done.is_self_shared,
        "cancel_when_done": too_late,
        "cancelled": gone.total_count,
    }


async def queue(caller: Caller, address: str) -> dict[str, Any]:
    for index in range(7):
        await caller.call("CopyImage", **copy_fields(f"many-{index}"))
    pages = [
        await caller.call(
            "DescribeImages",
            region_id="cn-shanghai",
            image_owner_alias="self",
            status="Creating,Waiting",
            page_size=3,
            page_number=number,
        )
        for number in (1, 2, 3)
    ]
    images = [image for page in pages for image in page.images.image]
    settle(address)
    return {
        "totals": [page.total_count for page in pages],
        "names": [image.image_name for image in images],
        "statuses": [image.status for image in images],
    }


async def tags(caller: Caller) -> dict[str, Any]:
    image = {"region_id": "cn-hangzhou", "resource_type": "image", "resource_id": [GOLDEN]}
    await caller.call(
        "TagResources", **image, tag=[models.TagResourcesRequestTag(key="k", value="v")]
    )
    listed = await caller.call("ListTagResources", **image)
    found = await caller.call(
        "DescribeImages",
        region_id="cn-hangzhou",
        tag=[models.DescribeImagesRequestTag(key="k", value="v")],
    )
    await caller.call("UntagResources", **image, all=True)
    left = await caller.call("ListTagResources", **image)
    rows = listed.tag_resources.tag_resource
    return {
        "listed": [[row.resource_id, row.tag_key, row.tag_value] for row in rows],
        "found": [one.image_id for one in found.images.image],
        "left": len(left.tag_resources.tag_resource),
    }


async def searches(caller: Caller) -> dict[str, Any]:
    """Images found by what they are like, each by one more filter."""
    filters: list[dict[str, Any]] = [
        {"image_owner_alias": "self", "image_name": "golden-*", "ostype": "linux"},
        {"image_owner_alias": "self", "architecture": "x86_64", "instance_type": "ecs.g7.large"},
        {"image_owner_alias": "self", "instance_type": "ecs.g8y.large"},
        {"image_owner_alias": "system", "instance_type": "ecs.g8y.large", "is_public": False},
        {"image_owner_alias": "others", "is_public": True},
        {"image_owner_alias": "self", "usage": "none", "action_type": "ChangeOS"},
        {"status": "Available", "usable": True, "image_family": "none", "show_expired": True},
        {
            "image_owner_alias": "self",
            "is_support_cloudinit": True,
            "is_support_io_optimized": True,
            "filter": [models.DescribeImagesRequestFilter(key="NetworkType", value="vpc")],
        },
    ]
    found = [await caller.call("DescribeImages", region_id="cn-hangzhou", **one) for one in filters]
    return {
        "found": [[image.image_id for image in one.images.image] for one in found],
        "public": await caller.refusal(
            "DescribeImages", region_id="cn-hangzhou", is_public=True, image_owner_alias="self"
        ),
    }


async def instances(caller: Caller, address: str) -> dict[str, Any]:
    copied = (await caller.call("CopyImage", **copy_fields("launch"))).image_id
    run = {
        "region_id": "cn-shanghai",
        "image_id": copied,
        "instance_type": "ecs.g7.large",
        "security_group_id": "sg-1",
        "v_switch_id": "vsw-1",
    }
    too_early = await caller.refusal("RunInstances", **run)
    settle(address)
    control(address, "POST", "settings", {"instance_seconds": 0})
    [instance] = (await caller.call("RunInstances", **run)).instance_id_sets.instance_id_set
    [shown] = (
        await caller.call(
            "DescribeInstances", region_id="cn-shanghai", instance_ids=json.dumps([instance])
        )
    ).instances.instance
    statuses = await caller.call("DescribeInstanceStatus", region_id="cn-shanghai")
    used = {"region_id": "cn-shanghai", "image_id": copied}
    in_use = await caller.refusal("DeleteImage", **used)
    await caller.call("DeleteImage", **used, force=True)
    await caller.call("StopInstance", instance_id=instance)
    new = (await caller.call("CopyImage", **copy_fields("disk"))).image_id
    settle(address)
    disk = await caller.call("ReplaceSystemDisk", instance_id=instance, image_id=new)
    await caller.call("DeleteInstance", instance_id=instance)
    await caller.call("DeleteImage", region_id="cn-shanghai", image_id=new)
    return {
        "too_early": too_early,
        "shown": [shown.status, shown.image_id == copied, shown.instance_type],
        "status": [one.status for one in statuses.instance_statuses.instance_status],
        "in_use": in_use,
        "disk": disk.disk_id[:2],
        "golden_in_use": await caller.refusal(
            "DeleteImage", region_id="ap-southeast-1", image_id=IN_USE
        ),
    }


async def machines(caller: Caller, address: str) -> dict[str, Any]:
    """An instance with disks, changed in every way that there is."""
    control(address, "POST", "settings", {"instance_seconds": 0})
    there = {"region_id": "cn-beijing"}
    [instance] = (
        await caller.call(
            "RunInstances",
            **there,
            image_id="centos_7_9_x64_20G_alibase_20240628.vhd",
            instance_type="ecs.g7.large",
            security_group_ids=["sg-1", "sg-2"],
            v_switch_id="vsw-1",
            system_disk=models.RunInstancesRequestSystemDisk(category="cloud_essd", size="40"),
            data_disk=[models.RunInstancesRequestDataDisk(category="cloud_ssd", size=100)],
            password="Hush-hush-123",
            user_data="IyEvYmluL3No",
        )
    ).instance_id_sets.instance_id_set
    one = {"instance_id": instance}
    disks = (await caller.call("DescribeDisks", **there, **one)).disks.disk
    await caller.call("ResizeDisk", disk_id=disks[0].disk_id, new_size=60, type="online")
    await caller.call(
        "ModifyInstanceAttribute", **one, instance_name="renamed", password="Other-1234"
    )
    names = {"instance_ids": json.dumps([instance]), "key_pair_name": "key-a"}
    bound = await caller.call("AttachKeyPair", **there, **names)
    taken = await caller.call("DetachKeyPair", **there, **names)
    public = await caller.call("AllocatePublicIpAddress", **one)
    shown = (
        await caller.call("DescribeInstances", **there, instance_ids=json.dumps([instance]))
    ).instances.instance[0]
    user_data = await caller.call("DescribeUserData", **there, **one)
    await caller.call("DeleteInstance", **one, force=True)
    return {
        "disks": [[disk.type, disk.category, disk.size] for disk in disks],
        "shown": [shown.instance_name, shown.security_group_ids.security_group_id],
        "public": shown.public_ip_address.ip_address == [public.ip_address],
        "interface": shown.network_interfaces.network_interface[0].type,
        "keys": [bound.fail_count, taken.fail_count, bound.results.result[0].success],
        "user_data": user_data.user_data,
        "weak": await caller.refusal(
            "RunInstances",
            **there,
            image_id="centos_7_9_x64_20G_alibase_20240628.vhd",
            instance_type="ecs.g7.large",
            security_group_id="sg-1",
            v_switch_id="vsw-1",
            password="weak",
        ),
    }


async def families(caller: Caller, address: str) -> dict[str, Any]:
    """Two images of a family: the newest launches, until it is deprecated."""
    there = {"region_id": "cn-shanghai"}
    ids = [
        (await caller.call("CopyImage", **copy_fields(f"family-{number}"))).image_id
        for number in range(2)
    ]
    settle(address)

    async def modify(number: int, **changes: Any) -> None:
        await caller.call("ModifyImageAttribute", **there, image_id=ids[number], **changes)

    async def launching() -> list[Any]:
        found = await caller.call("DescribeImageFromFamily", **there, image_family="sdk")
        image = found.image
        return [] if image is None else [ids.index(image.image_id), image.status]

    seen: dict[str, Any] = {"empty": await launching()}
    await modify(0, image_family="sdk")
    await modify(1, image_family="sdk")
    seen["newest"] = await launching()
    await modify(1, status="Deprecated")
    seen["older"] = await launching()
    seen["twice"] = await caller.refusal(
        "ModifyImageAttribute", **there, image_id=ids[1], status="Deprecated"
    )
    members = await caller.call("DescribeImages", **there, image_family="sdk", status="ALL")
    seen["members"] = [
        [ids.index(one.image_id), one.image_family, one.status] for one in members.images.image
    ]
    await modify(1, status="Available")
    seen["again"] = await launching()
    for image_id in ids:
        await caller.call("DeleteImage", **there, image_id=image_id)
    return seen


async def neighbours(caller: Caller) -> dict[str, Any]:
    regions = await caller.call("DescribeRegions")
    zones = await caller.call("DescribeZones", region_id="cn-hangzhou")
    image = {"region_id": "cn-hangzhou", "image_id": GOLDEN}
    await caller.call("ModifyImageAttribute", **image, description="from the client")
    await caller.call("ModifyImageSharePermission", **image, add_account=["1000000000000009"])
    shared = await caller.call("DescribeImageSharePermission", **image)
    await caller.call("ModifyImageSharePermission", **image, remove_account=["1000000000000009"])
    snapshots = await caller.call("DescribeSnapshots", region_id="cn-hangzhou")
    imported = await caller.call(
        "ImportImage",
        region_id="cn-hangzhou",
        disk_device_mapping=[
            models.ImportImageRequestDiskDeviceMapping(ossbucket="bucket", ossobject="o.raw")
        ],
    )
    steps = await caller.call("DescribeTasks", region_id="cn-hangzhou", task_ids=imported.task_id)
    return {
        "regions": len(regions.regions.region),
        "zone": zones.zones.zone[0].zone_id,
        "shared": [account.aliyun_id for account in shared.accounts.account],
        "snapshots": [one.snapshot_id for one in snapshots.snapshots.snapshot],
        "import": [one.task_action for one in steps.task_set.task],
        "dry_run": await caller.refusal("CopyImage", **copy_fields("dry", dry_run=True)),
    }


async def exports(caller: Caller, address: str) -> dict[str, Any]:
    """An export to its end, one that is cancelled, and a snapshot that is changed."""
    image = {"region_id": "cn-hangzhou", "image_id": GOLDEN}
    first = await caller.call("ExportImage", **image, ossbucket="golden-images", ossprefix="base")
    task = {"region_id": "cn-hangzhou", "task_id": first.task_id}
    running = await caller.call("DescribeTaskAttribute", **task)
    held = await caller.refusal("DeleteImage", **image)
    settle(address)
    done = await caller.call("DescribeTaskAttribute", **task)
    related = done.operation_progress_set.operation_progress[0].related_item_set.related_item
    too_late = await caller.refusal("CancelTask", **task)
    control(address, "POST", "settings", {"speed": 1})
    second = await caller.call("ExportImage", **image, ossbucket="golden-images")
    await caller.call("CancelTask", region_id="cn-hangzhou", task_id=second.task_id)
    listed = await caller.call(
        "DescribeTasks", region_id="cn-hangzhou", task_action="ExportImage", resource_ids=[GOLDEN]
    )
    snapshot = await caller.call(
        "CreateSnapshot", disk_id="d-golden0000000000002", snapshot_name="sdk", client_token="s-1"
    )
    await caller.call(
        "ModifySnapshotAttribute", snapshot_id=snapshot.snapshot_id, snapshot_name="sdk-2"
    )
    shown = await caller.call(
        "DescribeSnapshots",
        region_id="ap-southeast-1",
        snapshot_ids=json.dumps([snapshot.snapshot_id]),
    )
    await caller.call("DeleteSnapshot", snapshot_id=snapshot.snapshot_id)
    one = shown.snapshots.snapshot[0]
    return {
        "running": [running.task_status, running.task_process, running.support_cancel],
        "held": held,
        "done": [done.task_status, done.task_process, done.success_count],
        "related": [item.name for item in related],
        "too_late": too_late,
        "listed": [one.task_status for one in listed.task_set.task],
        "snapshot": [one.snapshot_name, one.status, one.progress],
    }


async def made_images(caller: Caller, address: str) -> dict[str, Any]:
    """An image that is created, with all that can be said of it, and one that is imported."""
    region = {"region_id": "cn-hangzhou"}
    parts = models.CreateImageRequestDiskDeviceMapping
    created = await caller.call(
        "CreateImage",
        **region,
        image_name="created",
        image_family="baked",
        boot_mode="UEFI",
        detection_strategy="Standard",
        client_token="t-created",
        features=models.CreateImageRequestFeatures(imds_support="v2"),
        tag=[models.CreateImageRequestTag(key="team", value="images")],
        disk_device_mapping=[
            parts(snapshot_id="s-golden0000000000001", size=60, device="/dev/xvda"),
            parts(size=100, device="/dev/xvdb", disk_type="data"),
        ],
    )
    early = await caller.refusal("DeleteImage", **region, image_id=created.image_id)
    settle(address)
    found = await caller.call("DescribeImages", **region, image_id=created.image_id)
    (image,) = found.images.image
    await caller.call("DeleteImage", **region, image_id=created.image_id)
    return {
        "early": early,
        "shown": [image.image_family, image.boot_mode, image.features.imds_support],
        "detected": image.detection_options.status,
        "disks": [
            [disk.device, disk.size, disk.type]
            for disk in image.disk_device_mappings.disk_device_mapping
        ],
        "tags": [[tag.tag_key, tag.tag_value] for tag in image.tags.tag],
        "nothing": await caller.refusal("CreateImage", **region),
    }


async def two_accounts(address: str, way: str) -> dict[str, Any]:
    """An image between its owner and the account next door."""
    owner = Caller(address, way)
    other = Caller(address, way, access_key_id="emulator-2", access_key_secret="emulator-2")
    image = {"region_id": "cn-hangzhou", "image_id": GOLDEN}

    async def seen(**fields: Any) -> list[list[Any]]:
        reply = await other.call(
            "DescribeImages", region_id="cn-hangzhou", image_owner_alias="others", **fields
        )
        return [
            [one.image_id, one.image_owner_alias, one.image_owner_id, one.is_public]
            for one in reply.images.image
        ]

    found = {"private": await seen()}
    await owner.call("ModifyImageSharePermission", **image, add_account=["1000000000000002"])
    found["shared"] = await seen()
    found["copied_away"] = await other.refusal("CopyImage", **copy_fields("theirs"))
    found["deleted"] = await owner.refusal("DeleteImage", **image)
    await owner.call("ModifyImageSharePermission", **image, remove_account=["1000000000000002"])
    await owner.call("ModifyImageSharePermission", **image, is_public=True)
    found["public"] = [await seen(), await seen(is_public=True)]
    found["copied_public"] = await other.refusal("CopyImage", **copy_fields("theirs"))
    found["again"] = await owner.refusal("ModifyImageSharePermission", **image, is_public=True)
    found["deleted_public"] = await owner.refusal("DeleteImage", **image)
    await owner.call("ModifyImageSharePermission", **image, is_public=False)
    return found


async def errors(caller: Caller, address: str, wanted: list[dict[str, Any]]) -> list[Any]:
    seen = []
    for fault in wanted:
        control(address, "POST", "faults", {"kind": "error", **fault})
        seen.append(await caller.refusal("DescribeRegions"))
    return seen


async def refusals(caller: Caller, address: str) -> dict[str, Any]:
    def order(**fault: Any) -> None:
        control(address, "POST", "faults", fault)

    seen = {}
    order(kind="throttle", status=429, retry_after_ms=1500)
    seen["throttled"] = await caller.refusal("DescribeRegions")
    order(kind="html")
    seen["html"] = await caller.refusal("DescribeRegions")
    order(kind="lost_reply", action="CopyImage")
    fields = copy_fields("lost", client_token="t-lost")
    seen["lost"] = (await caller.refusal("CopyImage", **fields))["class"] is not None
    repeated = await caller.call("CopyImage", **fields)
    found = await caller.call(
        "DescribeImages", region_id="cn-shanghai", image_name="lost", status="ALL"
    )
    seen["repeated"] = [one.image_id == repeated.image_id for one in found.images.image]
    for name, config in {
        "wrong_secret": {"access_key_secret": "wrong"},
        "unknown_key": {"access_key_id": "nobody"},
        "no_right": {"access_key_id": "reader", "access_key_secret": "secret-3"},
    }.items():
        stranger = Caller(address, caller.way, **config)
        seen[name] = await stranger.refusal("CopyImage", **copy_fields("x"))
    temporary = Caller(
        address,
        caller.way,
        access_key_id="STS.one",
        access_key_secret="secret-1",
        security_token="token/+=",
        type="sts",
    )
    seen["temporary"] = len((await temporary.call("DescribeRegions")).regions.region)
    older = Caller(address, caller.way, signature_algorithm="v2")
    seen["older_signature"] = len((await older.call("DescribeRegions")).regions.region)
    whole = Caller(f"http://{address}", caller.way)
    seen["host_is_a_url"] = len((await whole.call("DescribeRegions")).regions.region)
    return seen


async def main() -> None:
    address, way = sys.argv[1:]
    caller = Caller(address, way)
    control(address, "POST", "reset")
    control(address, "POST", "settings", {"speed": 1})
    seen = {
        "copies": await copies(caller, address),
        "queue": await queue(caller, address),
        "tags": await tags(caller),
        "searches": await searches(caller),
        "instances": await instances(caller, address),
        "families": await families(caller, address),
        "machines": await machines(caller, address),
        "neighbours": await neighbours(caller),
        "exports": await exports(caller, address),
        "made_images": await made_images(caller, address),
        "two_accounts": await two_accounts(address, way),
        "refusals": await refusals(caller, address),
        "errors": await errors(caller, address, json.load(sys.stdin)),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main())
