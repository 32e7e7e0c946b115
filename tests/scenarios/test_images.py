"""Image copies from template to cloud: a real house, the emulated ECS, an hour in a moment."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import OperationStatus, StackStatus
from tests.scenarios.emulated import FAN_OUT, REGIONS, Emulated, play, to


def test_twenty_regions_through_all_the_usual_trouble(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        view = await sea.deploy(FAN_OUT, parameters=to(*REGIONS))
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        copies = sea.copies()
        assert Counter(image["region"] for image in copies) == dict.fromkeys(REGIONS, 1)
        assert view.stack.outputs["Ids"] == [
            next(image["image_id"] for image in copies if image["region"] == region)
            for region in REGIONS
        ]
        polls = sea.house.voice.client.counts["DescribeImages"]
        assert polls <= 80 * len(REGIONS)

    play(tmp_path, program)


def test_copies_of_one_region_share_their_polls(tmp_path: Path) -> None:
    template = FAN_OUT.replace(
        b"DestinationImageName: carried", b"DestinationImageName: !Sub 'c-${ALIYUN::Index}'"
    )

    async def program(sea: Emulated) -> None:
        view = await sea.deploy(template, parameters=to(*["cn-shanghai"] * 12))
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert sea.house.voice.client.counts["DescribeImages"] < 12 * 80

    play(tmp_path, program, trouble=False)


def test_a_region_fewer_moves_the_others_and_copies_none(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        before = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing", "us-west-1"))
        ids = before.stack.outputs["Ids"]
        assert isinstance(ids, list)
        calls = sea.house.voice.client.counts["CopyImage"]
        view = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "us-west-1"))
        assert view.stack.outputs["Ids"] == [ids[0], ids[2]]
        assert sea.house.voice.client.counts["CopyImage"] == calls
        assert [image["region"] for image in sea.copies()] == ["cn-shanghai", "us-west-1"]
        view = await sea.delete()
        assert sea.copies() == []
        told = [event.reason for event in await sea.house.plane.events(view.stack.stack_id)]
        assert sum("snapshot s-" in reason for reason in told) == 3

    play(tmp_path, program)


def test_partial_failure_keeps_the_rest_and_retry_mends_one_region(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", region="cn-hangzhou", skip=1, percent=40)
        view = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing", "us-west-1"))
        assert view.stack.status is StackStatus.CREATE_FAILED
        healthy = {image["image_id"] for image in sea.copies() if image["status"] == "Available"}
        assert len(healthy) == 2
        planned = await sea.house.plane.retry(view.stack)
        assert hasattr(planned, "change_set")
        operation = await sea.house.plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        view = await sea.house.plane.view(view.stack.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        copies = sea.copies()
        assert len(copies) == 3
        assert healthy <= {image["image_id"] for image in copies}

    play(tmp_path, program, trouble=False)


def test_rollback_cancels_what_is_being_copied(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="quota", action="CopyImage", skip=2)
        view = await sea.deploy(
            FAN_OUT,
            parameters=to("cn-shanghai", "cn-beijing", "us-west-1"),
            on_failure=OnFailure.ROLLBACK,
        )
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert "QuotaExceed.Image" in view.stack.status_reason
        assert sea.copies() == []
        assert sea.house.voice.client.counts["CancelCopyImage"] == 2

    play(tmp_path, program, trouble=False)


def test_a_cancelled_deploy_leaves_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        planned = await plane.plan(
            StackRequest("demo", "cn-hangzhou", FAN_OUT, "t.yml", to("cn-shanghai", "us-west-1"))
        )
        operation = await plane.execute(planned, ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(300)
        await plane.cancel(await plane.find("demo"))
        result = await running
        assert result.status is OperationStatus.ROLLED_BACK
        assert sea.copies() == []

    play(tmp_path, program)


RENEWED = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Source: {Type: String, Default: m-golden0000000000001}
  Name: {Type: String, Default: golden}
  Encrypted: {Type: String, Default: 'false'}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !Ref Source
      SourceRegionId: cn-hangzhou
      ImageName: !Ref Name
      Encrypted: !Ref Encrypted
Outputs:
  Ref: {Value: !Ref Golden}
  Id: {Value: !GetAtt Golden.Id}
"""


def test_a_changed_name_changes_in_place_and_a_changed_key_renews(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(RENEWED, region="cn-shanghai")).stack.outputs
        renamed = await sea.deploy(RENEWED, region="cn-shanghai", parameters={"Name": "silver"})
        assert renamed.stack.outputs == first
        assert [image["name"] for image in sea.copies()] == ["silver"]
        renewed = await sea.deploy(
            RENEWED, region="cn-shanghai", parameters={"Name": "silver", "Encrypted": "true"}
        )
        assert renewed.stack.outputs["Ref"] == first["Ref"]
        assert renewed.stack.outputs["Id"] != first["Id"]
        copies = sea.copies()
        assert [(image["name"], image["encrypted"]) for image in copies] == [("silver", True)]

    play(tmp_path, program)


def test_an_old_image_in_use_is_left_over_and_tried_again(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(RENEWED, region="cn-shanghai")
        old = str(first.stack.outputs["Id"])
        fault = {"code": "ImageUsingByInstance", "status": 403, "message": "In use."}
        sea.fault(kind="error", action="DeleteImage", count=None, **fault)
        view = await sea.deploy(RENEWED, region="cn-shanghai", parameters={"Encrypted": "true"})
        assert view.stack.status is StackStatus.UPDATED
        resource = view.resources[0].resource
        assert [old in str(leftover) for leftover in resource.leftovers] == [True]
        sea.calm()
        view = await sea.deploy(
            RENEWED, region="cn-shanghai", parameters={"Encrypted": "true", "Name": "silver"}
        )
        assert view.resources[0].resource.leftovers == ()
        assert [image["name"] for image in sea.copies()] == ["silver"]

    play(tmp_path, program, trouble=False)


REPLACED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Name: {Type: String, Default: golden}
  Group: {Type: String, Default: Null}
  Also: {Type: CommaDelimitedList, Default: 'us-east-1'}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: !Ref Name
      ResourceGroupId: !Ref Group
  More:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Also}
    DependsOn: Golden
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', !Ref Also]
      DestinationImageName: more
Outputs:
  Id: {Value: !GetAtt [Golden, ImageId]}
"""


def test_ros_refuses_a_new_name_and_replaces_when_told_to(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(REPLACED)).stack.outputs["Id"]
        with pytest.raises(TemplateError) as refused:
            await sea.deploy(REPLACED, parameters={"Name": "silver"})
        assert [d.code for d in refused.value.diagnostics] == ["IF601"]
        view = await sea.deploy(REPLACED, parameters={"Name": "silver"}, replace=True)
        assert view.stack.status is StackStatus.UPDATED
        assert view.stack.outputs["Id"] != first
        names = sorted(image["name"] for image in sea.copies())
        assert names == ["more", "silver"]

    play(tmp_path, program)


def test_an_update_that_fails_after_a_replacement_swaps_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(REPLACED)).stack.outputs["Id"]
        calls = sea.house.voice.client.counts["CopyImage"]
        sea.fault(kind="quota", action="CopyImage", skip=1)
        view = await sea.deploy(
            REPLACED,
            parameters={"Name": "silver", "Also": "us-east-1,us-west-1"},
            replace=True,
            on_failure=OnFailure.ROLLBACK,
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert view.stack.outputs["Id"] == first
        resource = next(item.resource for item in view.resources if "Golden" in str(item.resource))
        assert resource.physical_id == first, "the image that was there is there again"
        assert sea.house.voice.client.counts["CopyImage"] == calls + 2
        assert sorted(image["name"] for image in sea.copies()) == ["golden", "more"]

    play(tmp_path, program, trouble=False)


def test_the_same_copy_in_both_languages_makes_the_same_world(tmp_path: Path) -> None:
    worlds = []
    ros = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: golden
      DestinationDescription: a golden image
      Encrypted: true
      KMSKeyId: key-1
      Tag: [{Key: team, Value: web}]
"""
    cfn = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Description: a golden image
      Encrypted: true
      KmsKeyId: key-1
      Tags: [{MapKey: team, MapValue: web}]
"""
    for source, region in ((ros, "cn-hangzhou"), (cfn, "cn-shanghai")):

        async def program(sea: Emulated, source: bytes = source, region: str = region) -> None:
            view = await sea.deploy(source, region=region)
            assert view.stack.status is StackStatus.CREATED
            worlds.append(
                [
                    {
                        key: value
                        for key, value in image.items()
                        if key not in {"image_id", "snapshot_ids", "created", "tags"}
                    }
                    | {"tags": {k: v for k, v in image["tags"].items() if "lineage" not in k}}
                    for image in sea.images()
                ]
            )

        play(tmp_path / region, program)
    assert worlds[0] == worlds[1]


CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", "../shared/corpus"))


@pytest.mark.parametrize("number", [1, 3, 20])
def test_the_official_fan_out_template_unmodified(tmp_path: Path, number: int) -> None:
    path = CORPUS / "ros" / "integrate__ecs__copy-images.yml"
    if not path.exists():
        pytest.skip("there is no corpus: IMAGEFERRY_CORPUS names no folder with it")
    source = path.read_bytes()

    def given(regions: list[str]) -> dict[str, object]:
        return {
            "ImageId": "m-golden0000000000001",
            "DestinationImageName": "carried",
            "DestinationDescription": "carried everywhere",
            "Destinations": [
                {"DestinationRegionId": region}
                | ({"Encrypted": True} if place % 3 == 1 else {})
                | ({"Encrypted": True, "KMSKeyId": f"key-{place}"} if place % 3 == 2 else {})
                for place, region in zip(range(20), regions, strict=False)
            ],
            "Tag": [{"Key": "team", "Value": "web"}],
        }

    async def program(sea: Emulated) -> None:
        parameters = given(REGIONS[:number])
        view = await sea.deploy(source, parameters=parameters)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        copies = {image["region"]: image for image in sea.copies()}
        assert list(copies) == REGIONS[:number]
        for wanted in parameters["Destinations"]:
            image = copies[wanted["DestinationRegionId"]]
            assert image["encrypted"] == wanted.get("Encrypted", False)
            assert (image["kms_key_id"] or None) == wanted.get("KMSKeyId")
            assert image["tags"]["team"] == "web"
        ids = list(view.stack.outputs["CopyImageIds"])
        calls = sea.house.voice.client.counts["CopyImage"]
        middle = number // 2
        del parameters["Destinations"][middle], ids[middle]
        view = await sea.deploy(source, parameters=parameters)
        assert view.stack.outputs["CopyImageIds"] == ids
        assert sea.house.voice.client.counts["CopyImage"] == calls
        view = await sea.delete()
        assert view.stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program, trouble=number == 3)


@pytest.mark.parametrize("encrypted", [True, False, None], ids=["encrypted", "plain", "unset"])
def test_the_official_shape_with_all_seven_parameters_and_empty_strings(
    tmp_path: Path, encrypted: bool | None
) -> None:
    source = Path("examples/copy-image.ros.yml").read_bytes()
    parameters: dict[str, object] = {
        "ImageId": "m-golden0000000000001",
        "DestinationRegionId": "cn-shanghai",
        "DestinationImageName": "",
        "DestinationDescription": "",
        "SourceRegionId": "",
        "KMSKeyId": "",
    }
    if encrypted is not None:
        parameters["Encrypted"] = encrypted

    async def program(sea: Emulated) -> None:
        view = await sea.deploy(source, parameters=parameters)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        (image,) = sea.copies()
        assert image["encrypted"] is bool(encrypted)

    play(tmp_path, program)
