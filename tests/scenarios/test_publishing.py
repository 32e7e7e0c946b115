"""An image carried to regions and published in each: what stays public when the stack goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.drift import ResourceDriftStatus
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

BASE = "m-golden0000000000001"
HOME = "cn-hangzhou"
OTHER = "1000000000000002"

PUBLISH = b"""
ROSTemplateFormatVersion: '2015-09-01'
Description:
  en: Carry an image to several regions and open it to everybody there.
  zh-cn: Carry an image to several regions and open it to everybody there.
Parameters:
  ImageId:
    Type: String
    Label: {en: Image, zh-cn: Image}
    AssociationProperty: ALIYUN::ECS::Image::ImageId
    AssociationPropertyMetadata:
      SupportedImageOwnerAlias: [self]
  DestinationRegionIds:
    Type: CommaDelimitedList
    Label: {en: Regions, zh-cn: Regions}
    Description: {en: Where everybody may have it., zh-cn: Where everybody may have it.}
    AssociationProperty: ALIYUN::ECS::RegionId
Metadata:
  ALIYUN::ROS::Interface:
    ParameterGroups:
      - Parameters: [ImageId, DestinationRegionIds]
        Label: {default: {en: What and where, zh-cn: What and where}}
    TemplateTags: ['acs:example:ecs:community']
Resources:
  Source:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageId: {Ref: ImageId}}
  Carried:
    Type: ALIYUN::ECS::CopyImage
    Count: {'Fn::Length': {Ref: DestinationRegionIds}}
    DeletionPolicy: Retain
    Properties:
      ImageId: {Ref: ImageId}
      AllowCopyInSameRegion: true
      DestinationRegionId: {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {Ref: DestinationRegionIds}]}
      DestinationImageName: {'Fn::Jq': [First, '.[0].ImageName', {'Fn::GetAtt': [Source, Images]}]}
      DestinationDescription:
        Fn::Jq: [First, '.[0].Description', {'Fn::GetAtt': [Source, Images]}]
  Opened:
    Type: ALIYUN::ECS::ImageSharePermission
    Count: {'Fn::Length': {Ref: DestinationRegionIds}}
    Properties:
      ImageId: {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {'Fn::GetAtt': [Carried, ImageId]}]}
      RegionId: {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {Ref: DestinationRegionIds}]}
      IsPublic: true
      KeepPermission: true
Outputs:
  ImageIds: {Value: {'Fn::GetAtt': [Carried, ImageId]}}
"""


def at(*regions: str, image_id: str = BASE) -> dict[str, Any]:
    return {"ImageId": image_id, "DestinationRegionIds": ",".join(regions)}


def public(sea: Emulated) -> dict[str, list[str]]:
    """The public images by their regions."""
    found: dict[str, list[str]] = {}
    for one in sea.images():
        if one["public"]:
            found.setdefault(one["region"], []).append(one["image_id"])
    return found


def world(sea: Emulated) -> dict[str, Any]:
    kept = ("status", "name", "public", "shared_with", "tags")
    return {one["image_id"]: {name: one[name] for name in kept} for one in sea.images()}


def called(sea: Emulated, *actions: str) -> int:
    counts = sea.house.voice.client.counts
    return sum(counts[action] for action in actions)


CHANGING = ("CopyImage", "DeleteImage", "ModifyImageSharePermission", "ModifyImageAttribute")


def test_an_image_is_published_everywhere_and_stays_so(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        made = await sea.deploy(PUBLISH, parameters=at(HOME, "cn-beijing", "cn-shanghai"))
        assert made.stack.status is StackStatus.CREATED, made.stack.status_reason
        ids = made.stack.outputs["ImageIds"]
        assert isinstance(ids, list)
        assert ids[0] == BASE  # nothing is copied to where it is
        assert public(sea) == {
            HOME: [BASE], "cn-beijing": [ids[1]], "cn-shanghai": [ids[2]],
        }  # fmt: skip
        assert {one["name"] for one in sea.copies()} == {"golden-base"}
        # That the image is public by now is the stack's own doing, and no change.
        places = at(HOME, "cn-beijing", "cn-shanghai")
        same = StackRequest("demo", HOME, PUBLISH, "t.yml", places)
        assert (await sea.house.plane.plan(same)).is_current

        grown = await sea.deploy(
            PUBLISH, parameters=at(HOME, "cn-beijing", "cn-shanghai", "ap-southeast-1")
        )
        assert grown.stack.status is StackStatus.UPDATED, grown.stack.status_reason
        more = grown.stack.outputs["ImageIds"]
        assert isinstance(more, list)
        assert more[:3] == ids
        assert public(sea)["ap-southeast-1"] == [more[3]]

        fewer = await sea.deploy(PUBLISH, parameters=at(HOME, "cn-shanghai", "ap-southeast-1"))
        assert fewer.stack.status is StackStatus.UPDATED, fewer.stack.status_reason
        assert fewer.stack.outputs["ImageIds"] == [more[0], more[2], more[3]]
        # What was published in the region that is left out stays as it is, and there.
        assert public(sea)["cn-beijing"] == [more[1]]

        before, calls = world(sea), called(sea, *CHANGING)
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED
        assert world(sea) == before
        assert called(sea, *CHANGING) == calls

    play(tmp_path, program)


@pytest.mark.parametrize("kind", ["lost_reply", "throttle", "ignored", "unavailable"])
def test_publishing_through_trouble_and_a_queue(tmp_path: Path, kind: str) -> None:
    async def program(sea: Emulated) -> None:
        sea.cloud.world.choose({"running_copies": 1})
        sea.fault(kind=kind, action="ModifyImageSharePermission", skip=1, count=2)
        regions = (HOME, "cn-beijing", "cn-shanghai")
        for name in ("one", "two"):
            made = await sea.deploy(PUBLISH, name=name, parameters=at(*regions))
            if name == "one":
                assert made.stack.status is StackStatus.CREATED, made.stack.status_reason
        # The second one asks for images of names that are taken, and is told so.
        assert made.stack.status is StackStatus.CREATE_FAILED
        assert "InvalidImageName.Duplicated" in made.stack.status_reason
        assert sorted(public(sea)) == sorted(regions)

    play(tmp_path, program)


def test_what_is_taken_back_outside_is_published_again(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        made = await sea.deploy(PUBLISH, parameters=at("cn-beijing"))
        [image_id] = public(sea)["cn-beijing"]
        sea.cloud.call("ModifyImageSharePermission", (("ImageId", image_id), ("IsPublic", "false")))
        drift = await sea.house.plane.drift(made.stack)
        told = {str(one.address): one.status for one in drift.resources}
        assert told["Opened[0]"] is ResourceDriftStatus.DELETED
        assert told["Carried[0]"] is ResourceDriftStatus.IN_SYNC
        plane = sea.house.plane
        planned = await plane.plan(
            StackRequest("demo", HOME, PUBLISH, "t.yml", at("cn-beijing"), refresh=True)
        )
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        assert public(sea) == {"cn-beijing": [image_id]}

    play(tmp_path, program)


SHARED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Keep: {Type: Boolean}
Resources:
  Carried:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      {ImageId: m-golden0000000000001, DestinationRegionId: cn-beijing, DestinationImageName: web}
  Shared:
    Type: ALIYUN::ECS::ImageSharePermission
    Properties:
      ImageId: {Ref: Carried}
      RegionId: cn-beijing
      Accounts: ['1000000000000002']
      KeepPermission: {Ref: Keep}
"""


def test_a_shared_copy_goes_after_its_share(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        made = await sea.deploy(SHARED, parameters={"Keep": False})
        assert made.stack.status is StackStatus.CREATED, made.stack.status_reason
        [copy] = sea.copies()
        assert copy["shared_with"] == [OTHER]
        seen = sea.cloud.call(
            "DescribeImages", (("RegionId", "cn-beijing"), ("ImageOwnerAlias", "others")), OTHER
        )
        assert [one["ImageId"] for one in seen["Images"]["Image"]] == [copy["image_id"]]
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED, gone.stack.status_reason
        assert sea.copies() == []

    play(tmp_path, program)


def test_a_share_that_is_kept_keeps_its_image_and_says_so(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(SHARED, parameters={"Keep": True})
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETE_FAILED
        assert f"shared with {OTHER}; stop sharing it first" in gone.stack.status_reason
        [copy] = sea.copies()
        told = (("ImageId", copy["image_id"]), ("RemoveAccount.1", OTHER))
        sea.cloud.call("ModifyImageSharePermission", told)
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED, gone.stack.status_reason

    play(tmp_path, program)


CHANGED = SHARED.replace(b"DestinationImageName: web", b"DestinationImageName: web-2")


def test_a_shared_copy_is_replaced_with_its_share(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(SHARED, parameters={"Keep": False})
        changed = await sea.deploy(CHANGED, replace=True, parameters={"Keep": False})
        assert changed.stack.status is StackStatus.UPDATED, changed.stack.status_reason
        [copy] = sea.copies()
        assert (copy["name"], copy["shared_with"]) == ("web-2", [OTHER])

    play(tmp_path, program)


BROKEN = CHANGED.replace(b"['1000000000000002']", b"['1000000000000003', '1000000000000001']")


@pytest.mark.parametrize("keep", [True, False])
def test_a_rollback_shares_the_old_image_as_before(tmp_path: Path, keep: bool) -> None:
    async def program(sea: Emulated) -> None:
        made = await sea.deploy(SHARED, parameters={"Keep": keep})
        [first] = sea.copies()
        failed = await sea.deploy(
            BROKEN, replace=True, parameters={"Keep": keep}, on_failure=OnFailure.ROLLBACK
        )
        assert failed.stack.status is StackStatus.UPDATE_ROLLED_BACK, failed.stack.status_reason
        shared = {one["image_id"]: one["shared_with"] for one in sea.copies()}
        assert shared[first["image_id"]] == [OTHER]
        assert sum(map(len, shared.values())) == 1
        assert len(shared) == 1
        drift = await sea.house.plane.drift(made.stack)
        assert {one.status for one in drift.resources} == {ResourceDriftStatus.IN_SYNC}

    play(tmp_path, program)


ALIASED = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Carried:
    Type: TF::Alicloud::CopyImage
    Properties:
      {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: web}
  Shared:
    Type: TF::Alicloud::ImageSharePermission
    Properties: {ImageId: !GetAtt Carried.Id, AccountId: '1000000000000002'}
Outputs:
  Image: {Value: !GetAtt Carried.Id}
  Id: {Value: !GetAtt Shared.Id}
"""


def test_the_old_alias_of_the_copy_and_a_share_of_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        made = await sea.deploy(ALIASED, region="cn-beijing")
        assert made.stack.status is StackStatus.CREATED, made.stack.status_reason
        image_id = made.stack.outputs["Image"]
        assert made.stack.outputs["Id"] == f"{image_id}:{OTHER}"
        renamed = ALIASED.replace(b"TF::Alicloud::CopyImage", b"TF::Alicloud::ImageCopy")
        calls = called(sea, *CHANGING)
        same = await sea.deploy(renamed, region="cn-beijing")
        assert same.stack.outputs == made.stack.outputs
        assert called(sea, *CHANGING) == calls
        encrypted = renamed.replace(
            b"ImageName: web", b"ImageName: web, Encrypted: true, KmsKeyId: key-1"
        )
        renewed = await sea.deploy(encrypted, region="cn-beijing")
        assert renewed.stack.status is StackStatus.UPDATED, renewed.stack.status_reason
        assert renewed.stack.outputs["Image"] != image_id
        [copy] = sea.copies()
        assert copy["shared_with"] == [OTHER]
        assert (await sea.delete()).stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program)
