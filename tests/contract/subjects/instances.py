"""Instances."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.testing import EmulatedCloud, Subject, hide_images
from tests.contract.subjects.copies import tags

REGION = "cn-hangzhou"


def instances(cloud: EmulatedCloud) -> Iterable[str]:
    rows = cloud.emulator.world.rows("SELECT instance_id FROM instances WHERE region = ?", REGION)
    return [str(row[0]) for row in rows]


async def release(cloud: EmulatedCloud, instance_id: str) -> None:
    await cloud.call("DeleteInstance", REGION, InstanceId=instance_id, Force=True)


INSTANCE = Subject(
    type_name="ALIYUN::ECS::Instance",
    region=REGION,
    properties={
        "ImageId": "m-golden0000000000001",
        "InstanceType": "ecs.g6.large",
        "VSwitchId": "vsw-bp1s5fnvk4gn2tws03624",
        "VpcId": "vpc-bp1opxu1zkhn00gzv26cn",
        "SecurityGroupId": "sg-bp15ed6xe1yxeycg7o41",
        "InstanceName": "baker",
        "Password": "Ferry-2026-secret",
        "Tags": tags("Key", "Value", env="test"),
    },
    changes={
        "description": {"Description": "bakes images"},
        "tags": {"Tags": tags("Key", "Value", team="a")},
        "name": {"InstanceName": "baker-2"},
        "image": {"ImageId": "ubuntu_22"},
        "size": {"SystemDiskSize": 60},
        "key pair": {"KeyPairName": "baker-key"},
        "password": {"Password": "Another-2026-secret"},
        "user data": {"UserData": "#!/bin/sh"},
        "type": {"InstanceType": "ecs.c7.large", "HostName": "baker-03"},
    },
    things=instances,
    remove=release,
    late=hide_images,
    secrets=("Password",),
)
