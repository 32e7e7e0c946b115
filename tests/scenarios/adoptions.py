"""What tests of adoptions and orphans share: images that others made, and the lineage they carry."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.cloud.client import Action
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest, StackView
from imageferry.model.operations import OnFailure
from imageferry.model.values import Value
from tests.scenarios.emulated import Emulated

KEY = "imageferry:lineage"
SOURCE = "m-golden0000000000001"

ROS = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Destinations: {Type: Json}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Destinations}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', !Ref Destinations]
      DestinationImageName: !Sub 'golden-${ALIYUN::Index}'
Outputs:
  Ids: {Value: !GetAtt [Golden, ImageId]}
"""

TF = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Description: carried
      Tags: [{MapKey: team, MapValue: images}]
Outputs:
  Id: {Value: !GetAtt Golden.Id}
  Ref: {Value: !Ref Golden}
"""


async def by_hand(
    sea: Emulated,
    region: str,
    name: str,
    *,
    tags: Mapping[str, str] | None = None,
    wait: bool = True,
    **more: object,
) -> str:
    """An image that somebody has copied without us, whole unless nobody waits for it; its id."""
    asked = {
        "RegionId": "cn-hangzhou",
        "ImageId": SOURCE,
        "DestinationRegionId": region,
        "DestinationImageName": name,
        "Tag": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        **more,
    }
    sea.calm()
    client = sea.house.voice.client
    reply = await client.call(Action("CopyImage", repeatable=False), "cn-hangzhou", asked)
    if wait:
        await sea.house.clock.sleep(4 * 3600)
    return str(reply["ImageId"])


async def planned_adoption(
    sea: Emulated,
    template: bytes,
    adopt: Mapping[str, str],
    *,
    region: str = "cn-hangzhou",
    parameters: Mapping[str, Value] | None = None,
    name: str = "demo",
    taken_over: tuple[str, ...] = (),
) -> Planned:
    return await sea.house.plane.plan(
        StackRequest(
            name, region, template, "t.yml", parameters or {}, adopt=adopt, taken_over=taken_over
        )
    )


async def carried_out(
    sea: Emulated, planned: Planned, on_failure: OnFailure = OnFailure.KEEP
) -> StackView:
    operation = await sea.house.plane.execute(planned, ExecutionOptions(on_failure))
    await sea.house.worker.run(operation.operation_id)
    return await sea.house.plane.view(operation.stack_id)


def tags_of(sea: Emulated, image_id: str) -> dict[str, str]:
    return dict(image(sea, image_id)["tags"])


def image(sea: Emulated, image_id: str) -> dict[str, object]:
    return next(one for one in sea.images() if one["image_id"] == image_id)
