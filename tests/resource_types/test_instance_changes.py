"""One instance changed: in place, where it is stopped for that, and by another one in its place."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    Pending,
)
from imageferry.model.values import Value
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
    system_disk,
    the_one,
)


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
