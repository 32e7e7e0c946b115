"""The copied images of both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imageferry.model.values import Value
from imageferry.testing import EmulatedCloud, Subject, hide_images

SOURCE = "m-golden0000000000001"
SOURCE_REGION = "cn-hangzhou"
REGION = "cn-beijing"


def copies(cloud: EmulatedCloud) -> Iterable[str]:
    return [one["image_id"] for one in cloud.images(REGION) if one["origin"] == "copy"]


async def remove_image(cloud: EmulatedCloud, image_id: str) -> None:
    region = cloud.image(image_id)["region"]
    await cloud.call("DeleteImage", region, ImageId=image_id)


def kept_snapshots(cloud: EmulatedCloud) -> Iterable[str]:
    """Every snapshot: those of an image stay when it is deleted."""
    return [one["snapshot_id"] for one in cloud.snapshots()]


async def rename(cloud: EmulatedCloud, image_id: str) -> None:
    region = cloud.image(image_id)["region"]
    await cloud.call("ModifyImageAttribute", region, ImageId=image_id, ImageName="by-hand")


async def describe(cloud: EmulatedCloud, image_id: str) -> None:
    region = cloud.image(image_id)["region"]
    await cloud.call("ModifyImageAttribute", region, ImageId=image_id, Description="by hand")


async def retag(cloud: EmulatedCloud, image_id: str) -> None:
    region = cloud.image(image_id)["region"]
    where = {"ResourceType": "image", "ResourceId": [image_id]}
    await cloud.call("UntagResources", region, **where, TagKey=["env"])
    await cloud.call("TagResources", region, **where, Tag=[{"Key": "by", "Value": "hand"}])


SPOILS = {"its name": rename, "its description": describe, "its tags": retag}


def tags(key: str, value: str, **given: str) -> list[Value]:
    return [{key: name, value: content} for name, content in given.items()]


ROS_COPY = Subject(
    type_name="ALIYUN::ECS::CopyImage",
    region=SOURCE_REGION,
    properties={
        "ImageId": SOURCE,
        "DestinationRegionId": REGION,
        "DestinationImageName": "golden",
        "DestinationDescription": "made of the ferry",
        "Tag": tags("Key", "Value", env="test"),
    },
    changes={
        "group": {"ResourceGroupId": "rg-acfm3mdeanzwhcq"},
        "name": {"DestinationImageName": "golden-2"},
        "encryption": {"Encrypted": True},
    },
    things=copies,
    remove=remove_image,
    spoils=SPOILS,
    late=hide_images,
    remains=kept_snapshots,
    secrets=("DestinationDescription",),
)

_TRACKED: Mapping[str, Value] = {
    "SourceImageId": SOURCE,
    "SourceRegionId": SOURCE_REGION,
    "ImageName": "golden",
    "Description": "made of the ferry",
    "Tags": tags("MapKey", "MapValue", env="test"),
}

TRACKED_COPY = Subject(
    type_name="TF::Alicloud::ImageCopy",
    region=REGION,
    properties=_TRACKED,
    changes={
        "name and tags": {"ImageName": "golden-2", "Tags": tags("MapKey", "MapValue", team="a")},
        "description": {"Description": "another text of it"},
        "force": {"Force": True},
        "encryption": {"Encrypted": True},
    },
    things=copies,
    remove=remove_image,
    spoils=SPOILS,
    late=hide_images,
    remains=kept_snapshots,
    secrets=("Description",),
)
