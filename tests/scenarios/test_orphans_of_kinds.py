"""Instances and snapshots without a record: found by lineage like images, and removed as they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imageferry.cloud.client import Action
from imageferry.control.orphans import Belonging, removable
from imageferry.emulator.controls import list_snapshots
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

HOME = "cn-hangzhou"
KEY = "imageferry:lineage"
UNKNOWN = "11111111-2222-4333-8444-555555555555"
BAKE = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Builder:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: m-golden0000000000001
      InstanceType: ecs.g7.large
      VpcId: vpc-emulator
      VSwitchId: vsw-1
      SecurityGroupId: sg-1
  Kept:
    Type: ALIYUN::ECS::Snapshot
    Properties: {DiskId: DISK}
"""


async def ask(sea: Emulated, action: str, **parameters: Any) -> Any:
    """A call that somebody makes beside us."""
    call = Action(action, repeatable=action.startswith("Describe"))
    return await sea.house.voice.client.call(call, HOME, {"RegionId": HOME, **parameters})


async def launched(sea: Emulated, mark: str, **more: Any) -> str:
    """An instance that carries a lineage; its id."""
    reply = await ask(
        sea, "RunInstances", ImageId="m-golden0000000000001", InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1", VSwitchId="vsw-1", Tag=[{"Key": KEY, "Value": mark}], **more,
    )  # fmt: skip
    return str(reply["InstanceIdSets"]["InstanceIdSet"][0])


async def disk_of(sea: Emulated, instance_id: str) -> str:
    reply = await ask(sea, "DescribeDisks", InstanceId=instance_id)
    return str(reply["Disks"]["Disk"][0]["DiskId"])


async def snapped(sea: Emulated, disk: str, mark: str) -> str:
    """A snapshot that carries a lineage; its id."""
    tags = [{"Key": KEY, "Value": mark}]
    reply = await ask(sea, "CreateSnapshot", DiskId=disk, Tag=tags)
    await sea.house.clock.sleep(500)
    return str(reply["SnapshotId"])


async def baked(sea: Emulated) -> tuple[str, str]:
    """A stack with an instance and a snapshot; the operation that made it, and a disk beside it."""
    reply = await ask(
        sea, "RunInstances", ImageId="m-golden0000000000001", InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1", VSwitchId="vsw-1",
    )  # fmt: skip
    disk = await disk_of(sea, reply["InstanceIdSets"]["InstanceIdSet"][0])
    await sea.house.clock.sleep(120)
    view = await sea.deploy(BAKE.replace(b"DISK", disk.encode()))
    assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
    return str(view.stack.operation_id), disk


async def there(sea: Emulated) -> set[str]:
    """The ids of all instances and snapshots."""
    reply = await ask(sea, "DescribeInstances", MaxResults=100)
    instances = {str(one["InstanceId"]) for one in reply["Instances"]["Instance"]}
    return instances | {str(one["snapshot_id"]) for one in list_snapshots(sea.cloud.world)}


@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "replies lost"])
def test_what_no_record_has_is_told_with_its_kind_and_removed(
    tmp_path: Path, trouble: bool
) -> None:
    async def program(sea: Emulated) -> None:
        operation, disk = await baked(sea)
        mark = f"{await sea.house.store.installation()}/{operation}"
        instance = await launched(sea, f"{mark}/Builder[7]")
        shielded = await launched(sea, f"{mark}/Builder[8]", DeletionProtection=True)
        snapshot = await snapped(sea, disk, f"{mark}/Kept[7]")
        used = await snapped(sea, disk, f"{mark}/Kept[8]")
        await ask(sea, "CreateImage", SnapshotId=used, ImageName="of-it")
        foreign = await launched(sea, f"abcd1234/{UNKNOWN}/Builder")
        await sea.house.clock.sleep(900)
        before = await there(sea)
        if trouble:
            for action in ("DeleteInstance", "DeleteSnapshot"):
                sea.fault(kind="lost_reply", action=action, count=1)
                sea.fault(kind="throttle", action=action, skip=1, count=1)
        found = await sea.house.plane.orphans((), 300.0)
        assert found.troubles == ()
        told = {one.trace.thing_id: one for one in found.orphans}
        assert {key: one.trace.kind for key, one in told.items()} == {
            instance: "instance", shielded: "instance", snapshot: "snapshot", used: "snapshot",
        }  # fmt: skip
        assert {one.belonging for one in told.values()} == {Belonging.ORPHAN}
        assert all(one.trace.created_at and one.trace.is_whole for one in told.values())
        chosen = [one for one in found.orphans if removable(one, unrecorded=False)]
        partings = await sea.house.plane.remove_orphans(chosen, 300.0)
        ends = {one.orphan.trace.thing_id: one for one in partings}
        assert {key: one.is_gone for key, one in ends.items()} == {
            instance: True, shielded: False, snapshot: True, used: False,
        }  # fmt: skip
        assert "protected" in ends[shielded].said[0]
        assert "used by" in ends[used].said[0]
        assert before - await there(sea) == {instance, snapshot}
        assert foreign in await there(sea)

    play(tmp_path, program, trouble=False)


def test_what_carries_another_lineage_by_now_is_kept(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        operation, disk = await baked(sea)
        mark = f"{await sea.house.store.installation()}/{operation}"
        things = {
            "instance": await launched(sea, f"{mark}/Builder[7]"),
            "snapshot": await snapped(sea, disk, f"{mark}/Kept[7]"),
        }
        await sea.house.clock.sleep(900)
        found = await sea.house.plane.orphans((), 300.0)
        chosen = [one for one in found.orphans if removable(one, unrecorded=False)]
        assert {one.trace.thing_id for one in chosen} == set(things.values())
        for kind, thing in things.items():
            other = [{"Key": KEY, "Value": f"abcd1234/{UNKNOWN}/X"}]
            await ask(sea, "TagResources", ResourceType=kind, ResourceId=[thing], Tag=other)
        partings = await sea.house.plane.remove_orphans(chosen, 300.0)
        assert [one.is_gone for one in partings] == [False, False]
        assert all("another lineage by now" in one.said[0] for one in partings)
        assert set(things.values()) <= await there(sea)

    play(tmp_path, program, trouble=False)


def test_one_kind_is_asked_for_and_another_that_is_denied_hides_none(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        operation, disk = await baked(sea)
        mark = f"{await sea.house.store.installation()}/{operation}"
        snapshot = await snapped(sea, disk, f"{mark}/Kept[7]")
        sea.fault(
            kind="error", action="DescribeInstances", count=None,
            code="Forbidden.RAM", status=403,
        )  # fmt: skip
        found = await sea.house.plane.orphans((HOME, "cn-beijing"), 300.0)
        assert [(one.region, one.kind) for one in found.troubles] == [
            (HOME, "instance"), ("cn-beijing", "instance"),
        ]  # fmt: skip
        assert [one.trace.thing_id for one in found.orphans] == [snapshot]
        only = await sea.house.plane.orphans((HOME,), 300.0, kinds=("snapshot",))
        assert (only.troubles, len(only.orphans)) == ((), 1)

    play(tmp_path, program, trouble=False)
