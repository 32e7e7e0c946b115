"""Stacks that bake from a disk's snapshot and export what they baked, with the cloud's usual trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.model.drift import StackDriftStatus
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

REGION = "ap-southeast-1"
DISK = "d-golden0000000000002"
TROUBLE = (
    {"kind": "lost_reply", "action": "CreateSnapshot"},
    {"kind": "hidden", "action": "CreateSnapshot", "count": None, "seconds": 20.0},
    {"kind": "late_tags", "action": "CreateSnapshot", "count": None, "seconds": 40.0},
    {"kind": "throttle", "action": "DescribeSnapshots", "skip": 1, "count": 2},
    {"kind": "hidden", "action": "CreateImage", "count": None, "seconds": 20.0},
    {"kind": "lost_reply", "action": "DeleteSnapshot"},
    {"kind": "lost_reply", "action": "ExportImage"},
    {"kind": "hidden", "action": "ExportImage", "count": None, "seconds": 20.0},
    {"kind": "unavailable", "action": "DescribeTaskAttribute", "skip": 1, "count": 2},
)

BAKED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Disk: {Type: String}
  Name: {Type: String, Default: before-baking}
Resources:
  Before:
    Type: ALIYUN::ECS::Snapshot
    Properties:
      DiskId: !Ref Disk
      SnapshotName: !Ref Name
      Tags: [{Key: env, Value: test}]
  Baked:
    Type: ALIYUN::ECS::CustomImage
    Properties:
      SnapshotId: !GetAtt Before.SnapshotId
      ImageName: baked
Outputs:
  Snapshot: {Value: !Ref Before}
  Image: {Value: !GetAtt Baked.ImageId}
"""

EXPORTED = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Prefix: {Type: String, Default: first}
Resources:
  Copied:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
  First:
    Type: TF::Alicloud::ImageExport
    Properties:
      ImageId: !GetAtt Copied.Id
      OssBucket: golden-images
      OssPrefix: !Ref Prefix
  Second:
    Type: TF::Alicloud::ImageExport
    Properties:
      ImageId: !GetAtt Copied.Id
      OssBucket: other-images
Outputs:
  First: {Value: !Ref First}
  Image: {Value: !GetAtt First.Id}
"""


def trouble(sea: Emulated) -> None:
    for fault in TROUBLE:
        sea.fault(**fault)


def outputs(view: StackView) -> dict[str, Any]:
    return dict(view.stack.outputs)


def snapshots(sea: Emulated) -> list[dict[str, Any]]:
    reply = sea.cloud.call("DescribeSnapshots", (("RegionId", REGION), ("DiskId", DISK)))
    found: list[dict[str, Any]] = reply["Snapshots"]["Snapshot"]
    return found


def tasks(sea: Emulated) -> list[dict[str, Any]]:
    asked = (("RegionId", REGION), ("TaskAction", "ExportImage"), ("PageSize", "100"))
    found: list[dict[str, Any]] = sea.cloud.call("DescribeTasks", asked)["TaskSet"]["Task"]
    return found


async def notes(sea: Emulated) -> list[str]:
    stack = await sea.house.plane.find("demo")
    events = await sea.house.plane.events(stack.stack_id)
    return [event.reason for event in events if event.reason]


def test_an_image_is_baked_from_a_snapshot_that_the_stack_makes(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        trouble(sea)
        given = {"Disk": DISK}
        view = await sea.deploy(BAKED, region=REGION, parameters=given)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        (snapshot,) = snapshots(sea)
        said = outputs(view)
        assert snapshot["SnapshotId"] == said["Snapshot"]
        (image,) = [one for one in sea.images() if one["image_id"] == said["Image"]]
        assert image["snapshot_ids"] == [said["Snapshot"]]

        named = await sea.deploy(BAKED, region=REGION, parameters={**given, "Name": "after"})
        assert named.stack.status is StackStatus.UPDATED, named.stack.status_reason
        assert outputs(named) == said
        assert [one["SnapshotName"] for one in snapshots(sea)] == ["after"]

        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED, gone.stack.status_reason
        assert snapshots(sea) == []

    play(tmp_path, program)


def test_what_others_changed_of_a_snapshot_is_set_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        view = await sea.deploy(BAKED, region=REGION, parameters={"Disk": DISK})
        snapshot = outputs(view)["Snapshot"]
        sea.cloud.call(
            "ModifySnapshotAttribute", (("SnapshotId", snapshot), ("SnapshotName", "by-hand"))
        )
        drift = await plane.drift(await plane.find("demo"))
        assert drift.status is StackDriftStatus.DRIFTED
        planned = await plane.plan(
            StackRequest("demo", REGION, BAKED, "t.yml", {"Disk": DISK}, refresh=True)
        )
        operation = await plane.execute(planned, ExecutionOptions(OnFailure.KEEP))
        await sea.house.worker.run(operation.operation_id)
        assert [one["SnapshotName"] for one in snapshots(sea)] == ["before-baking"]
        drift = await plane.drift(await plane.find("demo"))
        assert drift.status is StackDriftStatus.IN_SYNC

    play(tmp_path, program, trouble=False)


def test_a_failed_image_takes_the_snapshot_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", action="CreateImage", percent=10)
        view = await sea.deploy(
            BAKED, region=REGION, parameters={"Disk": DISK}, on_failure=OnFailure.ROLLBACK
        )
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert snapshots(sea) == []
        assert [one for one in sea.images() if one["origin"] == "create"] == []

    play(tmp_path, program)


def test_a_copy_is_exported_twice_and_once_more_behind_the_same_ref(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        trouble(sea)
        view = await sea.deploy(EXPORTED, region=REGION)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        said = outputs(view)
        # The cloud exports an image once at a time: the one has waited for the other.
        assert [one["TaskStatus"] for one in tasks(sea)] == ["Finished", "Finished"]
        assert {one["ResourceId"] for one in tasks(sea)} == {said["Image"]}

        again = await sea.deploy(EXPORTED, region=REGION, parameters={"Prefix": "next"})
        assert again.stack.status is StackStatus.UPDATED, again.stack.status_reason
        assert outputs(again) == said
        assert len(tasks(sea)) == 3
        first = f'what was exported stays: "first_{said["Image"]}_*" in the bucket "golden-images"'
        assert any(first in note for note in await notes(sea))

        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED, gone.stack.status_reason
        assert sea.copies() == []
        assert len(tasks(sea)) == 3

    play(tmp_path, program)


def test_a_failed_export_rolls_back_and_lets_go_of_the_image(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", action="ExportImage", percent=10)
        view = await sea.deploy(EXPORTED, region=REGION, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert "ExportImageFailed" in " ".join(await notes(sea))
        assert sea.copies() == []
        assert "Processing" not in {one["TaskStatus"] for one in tasks(sea)}

    play(tmp_path, program)
