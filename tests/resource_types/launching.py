"""An instance of the emulated cloud: what it is launched with, and what somebody else sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.model.values import Value
from tests.resource_types.copying import Cloud, Resource, Scenario
from tests.resource_types.copying import play as play_anywhere

INSTANCE = "ALIYUN::ECS::Instance"
REGION = "cn-hangzhou"
CENTOS = "centos_7_9_x64_20G_alibase_20240628.vhd"
UBUNTU = "ubuntu_22_04_x64_20G_alibase_20240820.vhd"
PASSWORD = "Hush-hush-123"
USER_DATA = "#!/bin/sh\necho confidential-greeting\n"
USUAL: Mapping[str, Value] = {
    "ImageId": CENTOS,
    "InstanceType": "ecs.c7.large",
    "InstanceName": "web",
    "VSwitchId": "vsw-1",
    "SecurityGroupId": "sg-1",
}


def play(type_name: str, scenario: Scenario) -> Cloud:
    """Play a scenario with one instance of this region."""

    async def here(cloud: Cloud, resource: Resource) -> None:
        resource.region = REGION
        await scenario(cloud, resource)

    return play_anywhere(type_name, here)


async def shown(cloud: Cloud) -> list[dict[str, Any]]:
    """The instances of the region, as somebody else sees them."""
    reply = await cloud.call("DescribeInstances", REGION, PageSize=100)
    found: list[dict[str, Any]] = reply["Instances"]["Instance"]
    return found


async def the_one(cloud: Cloud) -> dict[str, Any]:
    (one,) = await shown(cloud)
    return one


async def system_disk(cloud: Cloud) -> dict[str, Any]:
    (disk,) = (await cloud.call("DescribeDisks", REGION, DiskType="system"))["Disks"]["Disk"]
    return dict(disk)
