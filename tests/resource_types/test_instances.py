"""One instance against the emulated cloud, in virtual time: made, refused, read, released."""

from __future__ import annotations

import asyncio
import json

import pytest

from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    Pending,
)
from imageferry.model.values import Secret, Value
from imageferry.resource_types.instances.launch_images import fits, is_exact
from tests.resource_types.copying import Cloud, Resource
from tests.resource_types.launching import (
    CENTOS,
    INSTANCE,
    PASSWORD,
    REGION,
    UBUNTU,
    USER_DATA,
    USUAL,
    play,
    shown,
    the_one,
)


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
