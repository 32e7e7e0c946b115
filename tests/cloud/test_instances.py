"""Instances as they are read, looked at in pages, and found by their tags on all pages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import (
    InstanceLoader,
    decode_instance,
    describe_instances,
    disks_of,
    run_instance,
)
from imageferry.testing import run_virtually
from tests.resource_types.copying import Cloud

HERE, THERE = "cn-hangzhou", "ap-southeast-1"
GOLDEN = "i-golden0000000000002"
LAUNCH = {
    "ImageId": "centos_7_9_x64_20G_alibase_20240628.vhd",
    "InstanceType": "ecs.c7.large",
    "VSwitchId": "vsw-1",
    "SecurityGroupId": "sg-1",
}


@pytest.mark.parametrize(
    "entry",
    [
        {"InstanceId": "i-1"},
        {"InstanceId": "i-1", "VpcAttributes": None, "EipAddress": None, "Tags": []},
        {"InstanceId": "i-1", "NetworkInterfaces": {"NetworkInterface": []}, "Status": None},
    ],
    ids=["bare", "nulls", "empty"],
)
def test_a_poor_instance_is_read_as_well(entry: dict[str, Any]) -> None:
    one = decode_instance(entry)
    assert (one.instance_id, one.status, one.addresses, one.public, one.interface, one.tags) == (
        "i-1",
        "",
        (),
        (),
        "",
        {},
    )


def test_an_elastic_address_is_a_public_one() -> None:
    entry = {
        "InstanceId": "i-1",
        "EipAddress": {"IpAddress": "47.1.1.1"},
        "NetworkInterfaces": {
            "NetworkInterface": [
                {"NetworkInterfaceId": "eni-2", "Type": "Secondary"},
                {"NetworkInterfaceId": "eni-1", "Type": "Primary"},
            ]
        },
    }
    assert (decode_instance(entry).public, decode_instance(entry).interface) == (
        ("47.1.1.1",),
        "eni-1",
    )


def test_looks_of_one_moment_share_a_page_a_region() -> None:
    async def main() -> None:
        cloud = Cloud()
        loader = InstanceLoader(cloud.client)
        found = await asyncio.gather(
            loader.look(THERE, GOLDEN),
            loader.look(THERE, "i-none"),
            loader.look(HERE, GOLDEN),
            loader.look(THERE, GOLDEN),
        )
        assert [one and one.instance_id for one in found] == [GOLDEN, None, None, GOLDEN]
        assert loader.pages == cloud.client.counts["DescribeInstances"] == 2
        cloud.emulator.close()

    run_virtually(main())


def test_a_failure_reaches_everybody_who_asked() -> None:
    async def main() -> None:
        cloud = Cloud()
        cloud.fault("error", action="DescribeInstances", code="Forbidden.RAM", status=403)
        loader = InstanceLoader(cloud.client)
        looks = (loader.look(THERE, GOLDEN), loader.look(THERE, "i-none"))
        answers = await asyncio.gather(*looks, return_exceptions=True)
        assert [type(one) for one in answers] == [CloudError, CloudError]
        assert await loader.look(THERE, GOLDEN) is not None
        cloud.emulator.close()

    run_virtually(main())


def test_all_pages_are_read() -> None:
    async def main() -> None:
        cloud = Cloud()
        tags = [{"Key": "fleet", "Value": "a"}]
        await cloud.call("RunInstances", HERE, **LAUNCH, Amount=100, Tag=tags)
        await run_instance(cloud.client, HERE, {**LAUNCH, "Tag": tags}, "token-1")
        await run_instance(cloud.client, HERE, {**LAUNCH, "Tag": tags}, "token-1")
        found = await describe_instances(cloud.client, HERE, tags={"fleet": "a"})
        assert len({one.instance_id for one in found}) == 101
        assert len(await describe_instances(cloud.client, HERE, tags={"fleet": ""})) == 101
        assert await describe_instances(cloud.client, HERE, tags={"fleet": "b"}) == []
        cloud.emulator.close()

    run_virtually(main())


def test_the_system_disk_comes_first() -> None:
    async def main() -> None:
        cloud = Cloud()
        disks = [{"Category": "cloud_ssd", "Size": 50}]
        made = await run_instance(cloud.client, HERE, {**LAUNCH, "DataDisk": disks}, "token-1")
        found = await disks_of(cloud.client, HERE, made)
        assert [(one.size, one.is_system) for one in found] == [(20, True), (50, False)]
        cloud.emulator.close()

    run_virtually(main())
