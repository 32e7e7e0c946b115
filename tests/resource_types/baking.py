"""Images that are made in the emulated cloud: their types, what they are made of, and who makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.emulator.controls import list_images
from imageferry.model.values import Value
from tests.resource_types.copying import Cloud, Resource

CUSTOM = "ALIYUN::ECS::CustomImage"
IMAGE = "TF::Alicloud::Image"
IMPORT = "TF::Alicloud::ImageImport"
REGION = "ap-southeast-1"
INSTANCE = "i-golden0000000000002"
SNAPSHOT = "s-golden0000000000002"
DISK = {"OssBucket": "golden", "OssObject": "golden.raw", "DiskImageSize": 20}
SOURCES: Mapping[str, Mapping[str, Value]] = {
    CUSTOM: {"InstanceId": INSTANCE},
    IMAGE: {"InstanceId": INSTANCE},
    IMPORT: {"DiskDeviceMapping": [DISK]},
}
OTHERS: Mapping[str, Mapping[str, Value]] = {
    CUSTOM: {"SnapshotId": SNAPSHOT},
    IMAGE: {"SnapshotId": SNAPSHOT},
    IMPORT: {"DiskDeviceMapping": [{**DISK, "OssObject": "second.raw"}]},
}
CALLS = {CUSTOM: "CreateImage", IMAGE: "CreateImage", IMPORT: "ImportImage"}
TYPES = pytest.mark.parametrize(
    "type_name", [CUSTOM, IMAGE, IMPORT], ids=["custom image", "image", "import"]
)
CREATED = pytest.mark.parametrize("type_name", [CUSTOM, IMAGE], ids=["custom image", "image"])
AFTER = pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])


def wanted(type_name: str, **more: Value) -> dict[str, Value]:
    return {**SOURCES[type_name], "ImageName": "baked", **more}


def other(type_name: str, **more: Value) -> dict[str, Value]:
    return {**OTHERS[type_name], "ImageName": "baked", **more}


def made(cloud: Cloud) -> list[dict[str, Any]]:
    return [one for one in list_images(cloud.emulator.world) if one["origin"] != "first"]


def resource_of(cloud: Cloud, type_name: str) -> Resource:
    return Resource(cloud, type_name, region=REGION)
