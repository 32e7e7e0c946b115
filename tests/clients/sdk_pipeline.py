"""What the current official Python client sees of instances, families, exports and made images."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_ecs20140526 import models
from emulator_control import control, settle
from sdk_caller import GOLDEN, IN_USE, Caller, copy_fields


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
