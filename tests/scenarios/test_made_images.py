"""Images that are made and then carried on, over whole operations, with everything that may go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imageferry.control.requests import ExecutionOptions
from imageferry.emulator.controls import list_snapshots
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

REGION = "ap-southeast-1"
PIPELINE = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Description: {Type: String, Default: first}
Resources:
  Baked:
    Type: ALIYUN::ECS::CustomImage
    Metadata: {imageferry: {DeleteSnapshots: true}}
    Properties:
      InstanceId: i-golden0000000000002
      ImageName: baked
      ImageFamily: web
      Description: {Ref: Description}
  Carried:
    Type: ALIYUN::ECS::CopyImage
    Count: 2
    Metadata: {imageferry: {DeleteSnapshots: true}}
    Properties:
      ImageId: {Ref: Baked}
      DestinationRegionId: {'Fn::Select': [{Ref: 'ALIYUN::Index'}, [cn-beijing, cn-shanghai]]}
      DestinationImageName: baked
Outputs:
  Baked: {Value: {'Fn::GetAtt': [Baked, ImageId]}}
  Carried: {Value: {'Fn::GetAtt': [Carried, ImageId]}}
"""
TRACKED = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Object: {Type: String, Default: first.raw}
Resources:
  Imported:
    Type: TF::Alicloud::ImageImport
    Properties:
      ImageName: imported
      DiskDeviceMapping: [{OssBucket: golden, OssObject: !Ref Object, DiskImageSize: 20}]
  Baked:
    Type: TF::Alicloud::Image
    Properties:
      ImageName: baked
      Description: !Ref Object
      SnapshotId: s-golden0000000000002
      Tags: [{MapKey: made-after, MapValue: !GetAtt Imported.Id}]
Outputs:
  Imported: {Value: !GetAtt Imported.Id}
"""


def trouble(sea: Emulated, action: str) -> None:
    """What may happen to a call that makes an image, all of it."""
    for fault in (
        {"kind": "hidden", "seconds": 20},
        {"kind": "late_tags", "seconds": 40},
        {"kind": "unusable", "seconds": 30},
        {"kind": "lost_reply"},
        {"kind": "throttle", "skip": 1},
    ):
        sea.fault(action=action, count=2, **fault)


def made(sea: Emulated) -> list[dict[str, Any]]:
    return [one for one in sea.images() if "golden" not in one["image_id"]]


def left(sea: Emulated) -> list[str]:
    """The snapshots that were not there at the beginning."""
    ids = [str(one["snapshot_id"]) for one in list_snapshots(sea.cloud.world)]
    return [one for one in ids if "golden" not in one]


def test_an_image_is_baked_and_carried_baked_anew_and_removed(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        trouble(sea, "CreateImage")
        first = await sea.deploy(PIPELINE, region=REGION)
        assert first.stack.status is StackStatus.CREATED
        assert sorted(one["region"] for one in made(sea)) == [REGION, "cn-beijing", "cn-shanghai"]
        old = {one["image_id"] for one in made(sea)}
        trouble(sea, "CreateImage")
        second = await sea.deploy(
            PIPELINE, region=REGION, replace=True, parameters={"Description": "second"}
        )
        assert second.stack.status is StackStatus.UPDATED
        new = {one["image_id"]: one for one in made(sea)}
        assert len(new) == 3
        assert not old & new.keys()
        assert {one["name"] for one in new.values()} == {"baked"}
        baked = next(one for one in new.values() if one["region"] == REGION)
        sources = {one["source_image_id"] for one in new.values() if one is not baked}
        assert sources == {baked["image_id"]}
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED
        assert made(sea) == []
        assert left(sea) == []

    play(tmp_path, program)


def test_what_is_made_anew_stays_behind_its_reference(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        trouble(sea, "ImportImage")
        trouble(sea, "CreateImage")
        first = await sea.deploy(TRACKED, region=REGION)
        assert first.stack.status is StackStatus.CREATED
        references = {
            str(one.resource.address): one.resource.physical_id for one in first.resources
        }
        trouble(sea, "ImportImage")
        second = await sea.deploy(TRACKED, region=REGION, parameters={"Object": "second.raw"})
        assert second.stack.status is StackStatus.UPDATED
        assert {
            str(one.resource.address): one.resource.physical_id for one in second.resources
        } == references
        imported, baked = sorted(made(sea), key=lambda one: one["name"], reverse=True)
        assert (imported["name"], baked["name"]) == ("imported", "baked")
        assert baked["tags"]["made-after"] == imported["image_id"]
        assert second.stack.outputs == {"Imported": imported["image_id"]}
        await sea.delete()
        assert made(sea) == []

    play(tmp_path, program)


def test_an_image_that_fails_leaves_the_former_one_in_its_place(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(TRACKED, region=REGION)
        before = {one["image_id"]: one["name"] for one in made(sea)}
        sea.fault(kind="copy_fails", action="ImportImage", percent=60)
        failed = await sea.deploy(
            TRACKED,
            region=REGION,
            parameters={"Object": "second.raw"},
            on_failure=OnFailure.ROLLBACK,
        )
        assert failed.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert {one["image_id"]: one["name"] for one in made(sea)} == before
        events = await sea.house.plane.events(failed.stack.stack_id)
        assert any("ImportImageFailed" in event.reason for event in events)

    play(tmp_path, program)


def test_a_deletion_in_the_midst_of_an_import_leaves_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", action="CreateImage", percent=60)
        sea.fault(kind="lost_reply", action="ImportImage")
        failed = await sea.deploy(TRACKED, region=REGION)
        assert failed.stack.status is StackStatus.CREATE_FAILED
        planned = await sea.house.plane.plan_delete(await sea.house.plane.find("demo"))
        operation = await sea.house.plane.execute(planned, ExecutionOptions(deletes_remains=True))
        await sea.house.worker.run(operation.operation_id)
        assert made(sea) == []
        assert left(sea) == []
        # The snapshot that the image was made of was there before it, and stays.
        kept = [str(one["snapshot_id"]) for one in list_snapshots(sea.cloud.world)]
        assert "s-golden0000000000002" in kept

    play(tmp_path, program)
