"""Made and imported images, and what is found, of both languages."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.testing import EmulatedCloud, Subject, hide_images
from tests.contract.subjects.copies import (
    SPOILS,
    describe,
    kept_snapshots,
    remove_image,
    rename,
    tags,
)

REGION = "cn-hangzhou"
SOURCE = "m-golden0000000000001"
GROUP = "rg-acfm3mdeanzwhcq"


def images(cloud: EmulatedCloud) -> Iterable[str]:
    return [one["image_id"] for one in cloud.images(REGION)]


def system_snapshot(cloud: EmulatedCloud) -> str:
    """The snapshot that the golden image was made of."""
    return str(cloud.image(SOURCE)["snapshot_ids"][0])


CUSTOM_IMAGE = Subject(
    type_name="ALIYUN::ECS::CustomImage",
    region=REGION,
    properties=lambda cloud: {
        "SnapshotId": system_snapshot(cloud),
        "ImageName": "baked",
        "Description": "made of a snapshot",
        "Tag": tags("Key", "Value", env="test"),
    },
    changes={
        "group": {"ResourceGroupId": GROUP},
        "name": {"ImageName": "baked-2"},
        "family": {"ImageFamily": "web"},
    },
    things=images,
    remove=remove_image,
    spoils=SPOILS,
    late=hide_images,
    remains=kept_snapshots,
    secrets=("Description",),
)

TRACKED_IMAGE = Subject(
    type_name="TF::Alicloud::Image",
    region=REGION,
    properties=lambda cloud: {
        "SnapshotId": system_snapshot(cloud),
        "ImageName": "baked",
        "Description": "made of a snapshot",
        "Tags": tags("MapKey", "MapValue", env="test"),
    },
    changes={
        "name and tags": {"ImageName": "baked-2", "Tags": tags("MapKey", "MapValue", team="a")},
        "description": {"Description": "another text of it"},
        "group": {"ResourceGroupId": GROUP},
        "force": {"Force": True},
        "platform": {"Platform": "Ubuntu"},
    },
    things=images,
    remove=remove_image,
    spoils=SPOILS,
    late=hide_images,
    remains=kept_snapshots,
    secrets=("Description",),
)

IMPORTED_IMAGE = Subject(
    type_name="TF::Alicloud::ImageImport",
    region=REGION,
    properties={
        "DiskDeviceMapping": [
            {"OssBucket": "images", "OssObject": "golden.qcow2", "DiskImageSize": 40}
        ],
        "ImageName": "imported",
        "Description": "read from a bucket",
    },
    changes={
        "name": {"ImageName": "imported-2"},
        "description": {"Description": "another text of it"},
        "platform": {"Platform": "Ubuntu"},
    },
    things=images,
    remove=remove_image,
    spoils={"its name": rename, "its description": describe},
    late=hide_images,
    remains=kept_snapshots,
    secrets=("Description",),
)


async def nothing(cloud: EmulatedCloud, thing: str) -> None:
    """What only reads makes nothing that could be removed."""


FOUND_IMAGES = Subject(
    type_name="DATASOURCE::ECS::Images",
    region=REGION,
    properties={"ImageName": "golden-*", "ImageOwnerAlias": "self"},
    changes={"name": {"ImageName": "golden-base"}},
    things=lambda cloud: (),
    remove=nothing,
    tells_id=False,
    only_reads=True,
)
