"""One instance against the emulated cloud, in virtual time: made, changed, replaced, released."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    Pending,
)
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.ecs.instance import check
from imageferry.resource_types.instances.launch_images import fits, is_exact
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


def test_an_instance_is_made_shown_and_released() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = {
            **USUAL,
            "HostName": "web-01",
            "AllocatePublicIP": True,
            "DiskMappings": [{"Size": 100, "Category": "cloud_ssd"}],
            "Tags": [{"Key": "env", "Value": "test"}],
        }
        made = await resource.create(wanted)
        assert isinstance(made.outcome, Done)
        one = await the_one(cloud)
        assert (one["InstanceId"], one["Status"]) == (resource.physical_id, "Running")
        assert resource.attributes == {
            "InstanceId": resource.physical_id,
            "HostName": "web-01",
            "PrivateIp": one["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0],
            "PublicIp": one["PublicIpAddress"]["IpAddress"][0],
            "InnerIp": "",
            "ZoneId": one["ZoneId"],
            "PrimaryNetworkInterfaceId": one["NetworkInterfaces"]["NetworkInterface"][0][
                "NetworkInterfaceId"
            ],
            "SecurityGroupIds": ["sg-1"],
        }
        assert one["InternetMaxBandwidthOut"] == 1
        assert {tag["TagKey"]: tag["TagValue"] for tag in one["Tags"]["Tag"]} == {
            "env": "test",
            "imageferry:lineage": f"inst1234/{resource.operation}/Golden",
        }
        disks = (await cloud.call("DescribeDisks", REGION, DiskType="data"))["Disks"]["Disk"]
        assert [(disk["Size"], disk["Category"]) for disk in disks] == [(100, "cloud_ssd")]
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []
        assert cloud.changes == ["RunInstances", "DeleteInstance"]

    play(INSTANCE, scenario)


# --- images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("centos_7", CENTOS),
        ("centos", "centos_stream_9_x64_20G_alibase_20240715.vhd"),
        ("CentOS_7_6", "centos_7_6_x64_20G_alibase_20211130.vhd"),
        ("centos*arm64", "centos_7_9_arm64_20G_alibase_20240705.vhd"),
        ("ubuntu", UBUNTU),
        ("Windows", "win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd"),
        ("aliyun_3*.vhd", "aliyun_3_x64_20G_alibase_20240819.vhd"),
    ],
)
def test_a_pattern_is_the_newest_public_image_that_fits(pattern: str, image: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = await resource.create({**USUAL, "ImageId": pattern})
        assert isinstance(made.outcome, Done)
        assert (await the_one(cloud))["ImageId"] == image
        assert any(pattern in note and image in note for note in made.notes)
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        assert (read.outcome.observed or {})["ImageId"] == pattern

    play(INSTANCE, scenario)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("m-bp1abc", True),
        (CENTOS, True),
        ("centos_7", False),
        ("centos*.vhd", False),
        ("m-*", False),
    ],
)
def test_ids_and_patterns_are_told_apart(text: str, exact: bool) -> None:
    assert is_exact(text) is exact


def test_a_pattern_does_not_reach_into_another_family() -> None:
    assert fits("centos_7", CENTOS)
    assert not fits("centos_7", "centos_stream_9_x64_20G_alibase_20240715.vhd")
    assert not fits("entos", CENTOS)
    assert fits("?entos", "?entos_1.vhd")
    assert not fits("?entos", CENTOS)


def test_a_pattern_that_nothing_fits_names_what_there_is() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = await resource.create({**USUAL, "ImageId": "ubunut_18"})
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_FOUND
        assert '"ubunut_18"' in made.outcome.message
        assert UBUNTU in made.outcome.message
        assert cloud.changes == []
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)

    play(INSTANCE, scenario)


def test_the_image_of_a_pattern_stays_with_the_token_though_a_newer_one_comes() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("throttle", action="RunInstances", count=6, retry_after_ms=5000)
        begun = await resource.create({**USUAL, "ImageId": "centos_7"}, until=cloud.clock.now() + 1)
        assert isinstance(begun.outcome, Pending)
        cloud.emulator.world.sql.execute(
            "UPDATE images SET image_id = 'centos_7_9_x64_20G_alibase_20991231.vhd'"
            " WHERE image_id = 'centos_7_6_x64_20G_alibase_20211130.vhd'"
        )
        resource.physical_id = None
        ended = await resource.resume(HandlerAction.CREATE)
        assert isinstance(ended.outcome, Done)
        assert (await the_one(cloud))["ImageId"] == CENTOS

    play(INSTANCE, scenario)


def test_an_image_family_is_left_to_the_cloud() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        golden = "m-golden0000000000001"
        await cloud.call("ModifyImageAttribute", REGION, ImageId=golden, ImageFamily="golden")
        wanted = {name: value for name, value in USUAL.items() if name != "ImageId"}
        made = await resource.create({**wanted, "ImageFamily": "golden"})
        assert isinstance(made.outcome, Done)
        assert (await the_one(cloud))["ImageId"] == golden

    play(INSTANCE, scenario)


# --- in doubt -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [CENTOS, "centos_7"], ids=["id", "pattern"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_one_instance_and_none(pattern: str, after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        for number in (1, 2):
            cloud.changes.clear()
            resource = Resource(cloud, INSTANCE, region=REGION)
            resource.steps = 10 * number
            cloud.kill_at, cloud.kill_after = number, after
            made = await resource.create({**USUAL, "ImageId": pattern})
            assert isinstance(made.outcome, Done)
            assert len(await shown(cloud)) == 1
            gone = await resource.delete()
            assert isinstance(gone.outcome, Done)
            assert cloud.kill_at is None, "the crash was not reached"
            assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_a_lost_reply_makes_one_instance() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("lost_reply", action="RunInstances", count=2)
        made = await resource.create(USUAL)
        assert isinstance(made.outcome, Done)
        assert len(await shown(cloud)) == 1

    play(INSTANCE, scenario)


def test_an_old_intent_is_looked_for_before_it_is_called_again() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        first = await resource.create(USUAL)
        assert isinstance(first.outcome, Done)
        made = resource.physical_id
        cloud.choose(token_lifetime_seconds=1)
        await cloud.clock.sleep(3600)
        request = resource.last_request(HandlerAction.CREATE)
        request = replace(
            request,
            physical_id=None,
            context={},
            uncertain=True,
            repeated=True,
            intended_at=began,
        )
        again = await resource.perform(request)
        assert isinstance(again.outcome, Done)
        assert again.outcome.physical_id == made
        assert len(await shown(cloud)) == 1
        assert any("begun before" in note for note in again.notes)

    play(INSTANCE, scenario)


def test_an_old_intent_that_made_nothing_is_called_once() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        request = resource.request(HandlerAction.CREATE, {**USUAL, "ImageId": "centos_7"})
        made = await resource.perform(replace(request, uncertain=True, repeated=True))
        assert isinstance(made.outcome, Done)
        assert made.seconds >= 300
        assert cloud.changes == ["RunInstances"]

    play(INSTANCE, scenario)


@pytest.mark.parametrize("pattern", [CENTOS, "centos_7"], ids=["id", "pattern"])
def test_deleting_what_nobody_was_told_of(pattern: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("lost_reply", action="RunInstances", count=None)
        limit = cloud.clock.now() + 1
        begun = await resource.create({**USUAL, "ImageId": pattern}, until=limit)
        assert isinstance(begun.outcome, Pending)
        assert resource.physical_id is None
        assert len(await shown(cloud)) == 1
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
def test_one_that_is_shown_late_is_waited_for(lost: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", action="RunInstances", seconds=40.0)
        cloud.fault("late_tags", action="RunInstances", seconds=90.0)
        if lost:
            cloud.choose(token_lifetime_seconds=0)
            cloud.kill_at, cloud.kill_after = 1, True
        request = resource.request(HandlerAction.CREATE, USUAL)
        made = await resource.perform(replace(request, uncertain=lost))
        assert isinstance(made.outcome, Done)
        resource.physical_id = made.outcome.physical_id
        assert made.seconds >= 40
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_one_that_is_deleted_before_it_is_shown_is_gone() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", action="RunInstances", seconds=60.0)
        await resource.create(USUAL, until=cloud.clock.now() + 3)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        await cloud.clock.sleep(100)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_all_twenty_tags_of_the_users_own_find_it_as_well() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        tags = [{"Key": f"key-{number}", "Value": str(number)} for number in range(20)]
        wanted = {**USUAL, "Tags": tags}
        await resource.create(wanted)
        made = resource.physical_id
        request = resource.last_request(HandlerAction.CREATE)
        request = replace(request, physical_id=None, context={}, uncertain=True, repeated=True)
        again = await resource.perform(request)
        assert isinstance(again.outcome, Done)
        assert again.outcome.physical_id == made
        assert len(await shown(cloud)) == 1

    play(INSTANCE, scenario)


# --- refusals -------------------------------------------------------------------------------------


def test_no_stock_is_final_and_clear() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("error", action="RunInstances", code="OperationDenied.NoStock", status=403)
        made = await resource.create(USUAL)
        assert isinstance(made.outcome, Failed)
        assert (made.outcome.cloud_code, made.outcome.retriable) == (
            "OperationDenied.NoStock",
            False,
        )
        assert made.outcome.code is ErrorCode.SERVICE_LIMIT_EXCEEDED
        assert "another zone" in made.outcome.message
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.seconds < 60

    play(INSTANCE, scenario)


@pytest.mark.parametrize("code", ["IdempotentProcessing", "LastTokenProcessing"])
def test_a_call_that_still_runs_is_made_again(code: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("error", action="RunInstances", code=code, status=403, count=3)
        made = await resource.create(USUAL)
        assert isinstance(made.outcome, Done)
        assert len(await shown(cloud)) == 1

    play(INSTANCE, scenario)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ImageId": "m-none"}, "InvalidImageId.NotFound"),
        ({"InstanceType": "t2.micro"}, "InvalidInstanceType.ValueNotSupported"),
        ({"ZoneId": "cn-beijing-a"}, "InvalidZoneId.NotFound"),
        ({"SystemDiskSize": 20, "ImageId": "m-golden0000000000001"}, "InvalidSystemDiskSize.LessThanImageSize"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_the_cloud_refuses_is_said_and_leaves_nothing(
    changes: dict[str, Value], code: str
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = await resource.create({**USUAL, **changes})
        assert isinstance(made.outcome, Failed)
        assert made.outcome.cloud_code == code
        assert made.outcome.request_id
        assert isinstance((await resource.delete()).outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_one_that_is_released_while_it_starts_is_told() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(instance_seconds=60.0)
        begun = await resource.create(USUAL, until=cloud.clock.now() + 40)
        assert isinstance(begun.outcome, Pending)
        assert begun.outcome.status_says in {"Pending", "Starting"}
        await cloud.call("DeleteInstance", REGION, InstanceId=str(resource.physical_id), Force=True)
        ended = await resource.resume(HandlerAction.CREATE)
        assert isinstance(ended.outcome, Failed)
        assert "released" in ended.outcome.message

    play(INSTANCE, scenario)


# --- changes in place -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        ({}, {"Description": "A web server"}, ["ModifyInstanceAttribute"]),
        ({"Password": "Other-1234"}, {"Password": PASSWORD}, ["ModifyInstanceAttribute"]),
        ({}, {"KeyPairName": "key-a"}, ["AttachKeyPair"]),
        ({"KeyPairName": "key-a"}, {"KeyPairName": "key-b"}, ["AttachKeyPair"]),
        ({"KeyPairName": "key-a"}, {}, ["DetachKeyPair"]),
        ({}, {"SystemDiskSize": 60}, ["ResizeDisk"]),
        ({}, {"Tags": [{"Key": "a", "Value": "1"}]}, ["TagResources"]),
        ({"Tags": [{"Key": "a", "Value": "1"}]}, {"Tags": [{"Key": "b"}]}, ["UntagResources", "TagResources"]),
        ({}, {"UserData": USER_DATA}, ["StopInstance", "ModifyInstanceAttribute", "StartInstance"]),
        ({}, {"ImageId": "ubuntu"}, ["StopInstance", "ReplaceSystemDisk", "StartInstance"]),
        ({}, {"ImageId": UBUNTU, "SystemDiskSize": 60}, ["StopInstance", "ReplaceSystemDisk", "StartInstance"]),
        ({"Password": "Other-1234"}, {"ImageId": UBUNTU, "Password": PASSWORD}, ["StopInstance", "ReplaceSystemDisk", "StartInstance"]),
        ({"ImageId": "centos_7"}, {"ImageId": "centos_7_9"}, []),
        ({"DeletionProtection": True}, {"DeletionProtection": False}, ["ModifyInstanceAttribute"]),
        ({"DeletionProtection": True}, {}, ["ModifyInstanceAttribute"]),
        ({}, {"DeletionProtection": True}, ["ModifyInstanceAttribute"]),
        ({}, {"DeletionProtection": False}, []),
        ({}, {"SubscriptionDeletionForce": True}, []),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_each_change_has_its_calls(
    before: dict[str, Value], after: dict[str, Value], calls: list[str]
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create({**USUAL, **before})
        made = resource.physical_id
        cloud.changes.clear()
        changed = await resource.update({**USUAL, **after})
        assert isinstance(changed.outcome, Done)
        assert cloud.changes == calls
        one = await the_one(cloud)
        assert (
            (one["InstanceId"], one["Status"])
            == (made, "Running")
            == (resource.physical_id, "Running")
        )
        assert one["KeyPairName"] == after.get("KeyPairName", "")
        if "Description" in after:
            assert one["Description"] == after["Description"]
        assert one["DeletionProtection"] is after.get("DeletionProtection", False)
        if "SystemDiskSize" in after:
            assert (await system_disk(cloud))["Size"] == 60
        if str(after.get("ImageId")).startswith("ubuntu"):
            assert one["ImageId"] == UBUNTU
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        observed = read.outcome.observed or {}
        different = {
            name
            for name, value in {**USUAL, **after}.items()
            if name != "Tags" and observed.get(name, value) != value
        }
        assert different == set()
        # Once more the same makes no call at all.
        cloud.changes.clear()
        assert isinstance((await resource.update(resource.properties)).outcome, Done)
        assert cloud.changes == []

    play(INSTANCE, scenario)


@pytest.mark.parametrize(
    "number", [1, 2, 3, 4, 5], ids=["tag", "modify", "stop", "replace", "start"]
)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_of_a_change(number: int, after: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = number, after
        wanted = {
            **USUAL,
            "ImageId": "ubuntu",
            "Description": "changed",
            "Tags": [{"Key": "a", "Value": "1"}],
        }
        changed = await resource.update(wanted)
        assert isinstance(changed.outcome, Done)
        assert cloud.kill_at is None, "the crash was not reached"
        one = await the_one(cloud)
        assert (one["Status"], one["ImageId"], one["Description"]) == ("Running", UBUNTU, "changed")
        assert cloud.changes.count("ReplaceSystemDisk") <= 2

    play(INSTANCE, scenario)


def test_a_change_that_died_while_it_was_stopped_is_taken_back_and_started() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.fault(
            "error",
            action="ReplaceSystemDisk",
            code="OperationDenied.ImageNotValid",
            status=403,
            count=None,
        )
        changed = await resource.update({**USUAL, "ImageId": "ubuntu"})
        assert isinstance(changed.outcome, Failed)
        assert (await the_one(cloud))["Status"] == "Stopped"
        back = await resource.update(USUAL)
        assert isinstance(back.outcome, Done)
        one = await the_one(cloud)
        assert (one["Status"], one["ImageId"]) == ("Running", CENTOS)

    play(INSTANCE, scenario)


def test_one_that_was_stopped_is_left_so() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        await cloud.call("StopInstance", REGION, InstanceId=str(resource.physical_id))
        cloud.changes.clear()
        changed = await resource.update({**USUAL, "ImageId": UBUNTU})
        assert isinstance(changed.outcome, Done)
        assert cloud.changes == ["ReplaceSystemDisk"]
        assert any("left so" in note for note in changed.notes)

    play(INSTANCE, scenario)


def test_an_image_that_is_not_there_is_told_before_anything_is_stopped() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.changes.clear()
        changed = await resource.update({**USUAL, "ImageId": "m-nowhere000000000001"})
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.code is ErrorCode.NOT_FOUND
        assert "no image m-nowhere000000000001 in cn-hangzhou" in changed.outcome.message
        assert cloud.changes == []
        assert (await the_one(cloud))["Status"] == "Running"

    play(INSTANCE, scenario)


def test_an_image_that_a_look_leaves_out_is_looked_for_again() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.fault("unlisted", action="DescribeImages", count=4)
        changed = await resource.update({**USUAL, "ImageId": UBUNTU})
        assert isinstance(changed.outcome, Done)
        assert (await the_one(cloud))["ImageId"] == UBUNTU

    play(INSTANCE, scenario)


def test_who_may_not_look_at_images_may_use_one_all_the_same() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.fault("error", action="DescribeImages", code="Forbidden.RAM", status=403)
        changed = await resource.update({**USUAL, "ImageId": UBUNTU})
        assert isinstance(changed.outcome, Done)
        assert (await the_one(cloud))["ImageId"] == UBUNTU

    play(INSTANCE, scenario)


def test_a_disk_never_shrinks() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create({**USUAL, "SystemDiskSize": 60})
        cloud.changes.clear()
        changed = await resource.update({**USUAL, "SystemDiskSize": 40})
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.code is ErrorCode.NOT_UPDATABLE
        assert "60 GiB" in changed.outcome.message
        assert cloud.changes == []

    play(INSTANCE, scenario)


def test_what_holds_from_the_next_start_on_is_told() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create({**USUAL, "Password": "Other-1234"})
        changed = await resource.update({**USUAL, "Password": PASSWORD})
        assert any("next start" in note for note in changed.notes)

    play(INSTANCE, scenario)


def test_a_change_waits_for_a_snapshot_of_the_disk() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        disk = await system_disk(cloud)
        await cloud.call("CreateSnapshot", REGION, DiskId=disk["DiskId"])
        changed = await resource.update({**USUAL, "SystemDiskSize": 60})
        assert isinstance(changed.outcome, Done)
        assert (await system_disk(cloud))["Size"] == 60

    play(INSTANCE, scenario)


# --- replacement ----------------------------------------------------------------------------------


def test_a_new_one_is_there_before_the_old_one_goes() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        old = resource.physical_id
        cloud.changes.clear()
        changed = await resource.update({**USUAL, "InstanceName": "other"}, replaces=True)
        assert isinstance(changed.outcome, Done)
        assert resource.physical_id != old
        assert [one["instance_id"] for one in resource.leftovers] == [old]
        assert {one["InstanceId"] for one in await shown(cloud)} == {old, resource.physical_id}
        (cleaned,) = await resource.clean_up()
        assert isinstance(cleaned.outcome, Done)
        assert (await the_one(cloud))["InstanceName"] == "other"
        assert cloud.changes == ["RunInstances", "DeleteInstance"]

    play(INSTANCE, scenario)


def test_a_replacement_is_taken_back_without_a_launch() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        first = {**USUAL, "Description": "the first"}
        await resource.create(first)
        old = resource.physical_id
        await resource.update({**first, "InstanceName": "other"}, replaces=True)
        new = resource.physical_id
        cloud.changes.clear()
        back = await resource.update(first, replaces=True)
        assert isinstance(back.outcome, Done)
        assert resource.physical_id == old
        assert cloud.changes == []
        assert [one["instance_id"] for one in resource.leftovers] == [new]
        await resource.clean_up()
        assert (await the_one(cloud))["InstanceId"] == old

    play(INSTANCE, scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_in_a_replacement(after: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = 1, after
        changed = await resource.update(
            {**USUAL, "ImageId": "ubuntu", "HostName": "b2"}, replaces=True
        )
        assert isinstance(changed.outcome, Done)
        assert cloud.kill_at is None, "the crash was not reached"
        assert len(await shown(cloud)) == 2

    play(INSTANCE, scenario)


def test_what_a_failed_replacement_has_begun_goes_first() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(instance_seconds=30.0)
        await resource.create(USUAL)
        old = resource.physical_id
        other = {**USUAL, "InstanceName": "other"}
        begun = await resource.update(other, replaces=True, until=cloud.clock.now() + 5)
        assert isinstance(begun.outcome, Pending)
        assert len(await shown(cloud)) == 2
        back = await resource.update(USUAL)
        assert isinstance(back.outcome, Done)
        assert resource.physical_id == old
        assert (await the_one(cloud))["InstanceId"] == old

    play(INSTANCE, scenario)


def test_deleting_in_the_middle_of_a_replacement_releases_both() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(instance_seconds=30.0)
        await resource.create(USUAL)
        other = {**USUAL, "InstanceName": "other"}
        await resource.update(other, replaces=True, until=cloud.clock.now() + 5)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


# --- release --------------------------------------------------------------------------------------


def test_one_that_is_gone_already_is_released() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        await cloud.call("DeleteInstance", REGION, InstanceId=str(resource.physical_id), Force=True)
        cloud.changes.clear()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.changes == []

    play(INSTANCE, scenario)


def test_a_protected_one_is_not_released_and_says_why() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create({**USUAL, "DeletionProtection": True})
        kept = await resource.delete()
        assert isinstance(kept.outcome, Failed)
        assert "protected" in kept.outcome.message
        assert len(await shown(cloud)) == 1
        off = {"InstanceId": str(resource.physical_id), "DeletionProtection": False}
        await cloud.call("ModifyInstanceAttribute", REGION, **off)
        resource.steps += 1
        assert isinstance((await resource.delete()).outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_the_protection_is_taken_off_in_place_and_the_instance_can_go() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create({**USUAL, "DeletionProtection": True})
        made = resource.physical_id
        opened = await resource.update({**USUAL, "DeletionProtection": False})
        assert isinstance(opened.outcome, Done)
        assert resource.physical_id == made
        assert isinstance((await resource.delete()).outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_a_protection_that_was_put_on_outside_is_no_business_of_another_change() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        on = {"InstanceId": str(resource.physical_id), "DeletionProtection": True}
        await cloud.call("ModifyInstanceAttribute", REGION, **on)
        await resource.update({**USUAL, "Description": "a new one"})
        assert (await the_one(cloud))["DeletionProtection"] is True

    play(INSTANCE, scenario)


@pytest.mark.parametrize("force", [True, False])
def test_a_prepaid_one_is_released_where_that_was_said(force: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        prepaid = {"InstanceChargeType": "PrePaid", "Period": 1}
        await resource.create({**USUAL, **prepaid, "SubscriptionDeletionForce": force})
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done) is force
        assert len(await shown(cloud)) == int(not force)
        if isinstance(gone.outcome, Failed):
            assert "SubscriptionDeletionForce" in gone.outcome.message

    play(INSTANCE, scenario)


def test_one_that_is_busy_is_released_later() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(USUAL)
        cloud.fault(
            "error", action="DeleteInstance", code="IncorrectInstanceStatus", status=403, count=3
        )
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


# --- reading --------------------------------------------------------------------------------------


def test_drift_is_seen_and_set_back() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = {**USUAL, "Description": "as it was", "Tags": [{"Key": "a", "Value": "1"}]}
        await resource.create(wanted)
        instance = {"InstanceId": str(resource.physical_id)}
        changes = {"InstanceName": "renamed", "Description": "changed"}
        await cloud.call("ModifyInstanceAttribute", REGION, **instance, **changes)
        await cloud.call(
            "UntagResources",
            REGION,
            ResourceType="instance",
            ResourceId=[instance["InstanceId"]],
            TagKey=["a"],
        )
        await cloud.call("StopInstance", REGION, **instance)
        await cloud.clock.sleep(5)
        read = await resource.perform(resource.request(HandlerAction.READ, wanted))
        assert isinstance(read.outcome, Done)
        assert [(one.name, one.actual) for one in read.outcome.symptoms] == [("status", "Stopped")]
        observed = read.outcome.observed or {}
        assert (observed["InstanceName"], observed["Description"], observed["Tags"]) == (
            "renamed",
            "changed",
            [],
        )
        differing = {name: observed[name] for name in ("InstanceName", "Description", "Tags")}
        mended = await resource.update(wanted, observed=differing)
        assert isinstance(mended.outcome, Done)
        one = await the_one(cloud)
        assert (one["InstanceName"], one["Description"]) == ("web", "as it was")
        assert {"TagKey": "a", "TagValue": "1"} in one["Tags"]["Tag"]

    play(INSTANCE, scenario)


def test_an_unknown_one_is_not_found() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        resource.physical_id = "i-none"
        read = await resource.perform(resource.request(HandlerAction.READ, USUAL))
        assert isinstance(read.outcome, Failed)
        assert read.outcome.code is ErrorCode.NOT_FOUND
        changed = await resource.update({**USUAL, "Description": "changed"})
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.code is ErrorCode.NOT_FOUND

    play(INSTANCE, scenario)


def test_secrets_are_in_no_note_no_sentence_and_no_error() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        secret = {"Password": Secret(PASSWORD), "UserData": Secret(USER_DATA)}
        message = f"the password {PASSWORD} is bad"
        cloud.fault(
            "error", action="RunInstances", code="InvalidPassword.Malformed", message=message
        )
        refused = await resource.create({**USUAL, **secret})
        assert isinstance(refused.outcome, Failed)
        answers = list(refused.seen)
        resource.context = {}
        answers += (await resource.create({**USUAL, **secret, "ImageId": "centos_7"})).seen
        other = {"Password": Secret(f"{PASSWORD}4"), "UserData": Secret(USER_DATA * 2)}
        answers += (await resource.update({**USUAL, **other, "ImageId": "ubuntu"})).seen
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        answers += read.seen
        answers += (await resource.delete()).seen
        told = json.dumps([repr(one) for one in answers])
        assert PASSWORD not in told
        assert "confidential-greeting" not in told
        sent = [value for one in cloud.sent for name, value in one.query if name == "Password"]
        assert PASSWORD in sent

    play(INSTANCE, scenario)


def test_many_instances_share_a_page() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(instance_seconds=40.0)
        found = cloud.catalog.find(INSTANCE)
        assert found is not None
        resources = [Resource(cloud, INSTANCE, region=REGION) for _ in range(5)]
        for number, resource in enumerate(resources):
            resource.steps = 100 * number
            await resource.create(USUAL, until=cloud.clock.now())
        cloud.sent.clear()
        requests = [one.last_request(HandlerAction.READ) for one in resources]
        await asyncio.gather(*(found.handler.read(one) for one in requests))
        assert [one.headers["x-acs-action"] for one in cloud.sent] == ["DescribeInstances"]

    play(INSTANCE, scenario)


# --- rules ----------------------------------------------------------------------------------------


SPOT: dict[str, Value] = {"SpotStrategy": "SpotWithPriceLimit"}
PREPAID: dict[str, Value] = {"InstanceChargeType": "PrePaid", "Period": 1}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"ImageId": None}, ["IF545"]),
        ({"ImageFamily": "golden"}, ["IF545"]),
        ({"Password": Secret("short")}, ["IF546"]),
        ({"Password": Secret("alllowercase")}, ["IF546"]),
        ({"Password": Secret(PASSWORD)}, []),
        ({"Password": PASSWORD}, ["IF546 warning"]),
        ({"Password": Secret(PASSWORD), "PasswordInherit": True}, ["IF546"]),
        ({"SecurityGroupId": None}, ["IF547"]),
        ({"SecurityGroupIds": ["sg-2"]}, ["IF547"]),
        ({"VSwitchId": None}, ["IF547"]),
        ({"ZoneIds": ["cn-hangzhou-b", "cn-hangzhou-c"]}, ["IF548 warning"]),
        ({"AllocatePublicIP": False, "InternetMaxBandwidthOut": 5}, ["IF548 warning"]),
        ({"AllocatePublicIP": True, "InternetMaxBandwidthOut": 0}, ["IF548 warning"]),
        ({"Period": 1}, ["IF548 warning"]),
        ({"Period": 1, "InstanceChargeType": "PrePaid"}, []),
        ({"HostName": "-web"}, ["IF549"]),
        ({"InstanceName": "1web"}, ["IF549"]),
        ({"UserData": "x" * 40_000}, ["IF549"]),
        ({"SystemDiskSize": 10}, ["IF549"]),
        ({"PrivateIpAddress": "10.0.0.256"}, ["IF549"]),
        ({"PrivateIpAddress": "10.0.0.255"}, []),
        ({"InstanceChargeType": "PrePaid"}, ["IF549"]),
        ({"InstanceChargeType": "PrePaid", "Period": UNKNOWN}, []),
        ({**SPOT, "SpotPriceLimit": "0.1234"}, ["IF549"]),
        ({**SPOT, "SpotPriceLimit": "cheap"}, ["IF549"]),
        ({**SPOT, "SpotPriceLimit": "0.1230"}, []),
        ({**SPOT, "SpotDuration": 1, "SpotInterruptionBehavior": "Stop"}, []),
        ({"SpotPriceLimit": "1"}, ["IF548 warning"]),
        ({"SpotStrategy": UNKNOWN, "SpotPriceLimit": "1", "SpotDuration": 1}, []),
        ({"SpotDuration": 1, "SpotInterruptionBehavior": "Stop"}, ["IF548 warning"] * 2),
        ({**SPOT, **PREPAID}, ["IF548 warning"]),
        ({"SystemDiskCategory": "cloud_ssd", "SystemDiskPerformanceLevel": "PL1"}, ["IF549"]),
        ({"SystemDiskPerformanceLevel": "PL1"}, ["IF549"]),
        ({"SystemDiskCategory": "cloud_essd", "SystemDiskPerformanceLevel": "PL1"}, []),
        ({"SystemDiskCategory": UNKNOWN, "SystemDiskPerformanceLevel": "PL1"}, []),
        ({"DiskMappings": [{"Size": 20}, {"Size": 4, "Category": "cloud"}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 5}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 5, "Category": UNKNOWN}, {"Size": UNKNOWN}]}, []),
        ({"DiskMappings": [{"Size": 40, "PerformanceLevel": "PL0"}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 1, "Category": "cloud_essd", "PerformanceLevel": "PL0"}]}, []),
        ({"Tags": [{"Key": "aliyun-x"}]}, ["IF531"]),
        ({"Description": "https://example.com"}, ["IF525"]),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_rules(changes: dict[str, Value], codes: list[str]) -> None:
    properties = {name: value for name, value in {**USUAL, **changes}.items() if value is not None}
    found = [
        one.code if one.severity.value == "error" else f"{one.code} {one.severity.value}"
        for one in check(properties, REGION)
    ]
    assert found == codes
