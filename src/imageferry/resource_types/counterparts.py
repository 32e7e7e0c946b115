"""COUNTERPARTS: the image types of both languages, each as the other one says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.model.counterparts import Counterpart, PropertyCounterpart

# Named here, as their rooms are loaded for whoever uses the types alone.
_COPY_IMAGE: Final = "ALIYUN::ECS::CopyImage"
_IMAGE_COPY: Final = "TF::Alicloud::ImageCopy"
_IMAGE_FAMILY: Final = "IMAGEFERRY::ECS::ImageFamily"
_CUSTOM_IMAGE: Final = "ALIYUN::ECS::CustomImage"
_IMAGE: Final = "TF::Alicloud::Image"

# Property of the one, property of the other.
_SHARED: Final = {
    "ImageId": "SourceImageId",
    "SourceRegionId": "SourceRegionId",
    "DestinationImageName": "ImageName",
    "DestinationDescription": "Description",
    "Encrypted": "Encrypted",
    "KMSKeyId": "KmsKeyId",
}
_TAG_MEMBERS: Final = {"Key": "MapKey", "Value": "MapValue"}


def _reversed(names: Mapping[str, str]) -> dict[str, str]:
    return {there: here for here, there in names.items()}


def _pairs(names: Mapping[str, str]) -> dict[str, PropertyCounterpart]:
    return {here: PropertyCounterpart(there) for here, there in names.items()}


_FROM_SOURCE: Final = Counterpart(
    type_name=_IMAGE_COPY,
    properties={
        **_pairs(_SHARED),
        # Over there both members are required, here a tag may have no value.
        "Tag": PropertyCounterpart("Tags", _TAG_MEMBERS, {"MapValue": ""}),
    },
    stack_region_here="SourceRegionId",
    stack_region_there="DestinationRegionId",
    in_place="AllowCopyInSameRegion",
    lost={
        "ResourceGroupId": "the copy goes to the default resource group there",
        "AllowCopyInSameRegion": "a copy whose two regions are one is refused there, unless it is "
        "encrypted",
    },
    physical_id="Id",
    attributes={"ImageId": "Id"},
    region_attributes=frozenset(("SourceRegionId", "DestinationRegionId")),
)

_FROM_DESTINATION: Final = Counterpart(
    type_name=_COPY_IMAGE,
    properties={
        **_pairs(_reversed(_SHARED)),
        "Name": PropertyCounterpart("DestinationImageName"),
        "Tags": PropertyCounterpart("Tag", _reversed(_TAG_MEMBERS)),
    },
    stack_region_here="DestinationRegionId",
    lost={
        "Force": "an image that instances use is not deleted there",
        "Timeouts": "a copy has no deadline of its own there",
    },
    attributes={"Id": "ImageId"},
)

_SAME_FAMILY: Final = Counterpart(
    type_name=_IMAGE_FAMILY,
    properties=_pairs(
        {name: name for name in ("ImageFamily", "RegionId", "ImageIds", "CurrentImageId")}
    ),
    stack_region_here="RegionId",
    stack_region_there="RegionId",
    attributes={
        name: name
        for name in (
            "ImageId",
            "PreviousImageId",
            "ImageIds",
            "FormerImageIds",
            "DeprecatedImageIds",
            "FoundFamilies",
            "ImageFamily",
            "RegionId",
        )
    },
)

_MADE_IMAGE: Final = {
    "InstanceId": "InstanceId",
    "SnapshotId": "SnapshotId",
    "DiskDeviceMapping": "DiskDeviceMapping",
    "ImageName": "ImageName",
    "Description": "Description",
    "Architecture": "Architecture",
    "Platform": "Platform",
    "ResourceGroupId": "ResourceGroupId",
}
_NO_SUCH_CALL: Final = "the provider that the type there stands for does not send it"

_MADE_HERE: Final = Counterpart(
    type_name=_IMAGE,
    properties={
        **_pairs(_MADE_IMAGE),
        "Tag": PropertyCounterpart("Tags", _TAG_MEMBERS, {"MapValue": ""}),
    },
    # An image there is made in the region of its stack, and no property names it.
    stack_region_here=None,
    stack_region_there="SourceRegionId",
    lost=dict.fromkeys(
        ("ImageFamily", "ImageVersion", "BootMode", "DetectionStrategy", "Features"), _NO_SUCH_CALL
    ),
    physical_id="Id",
    attributes={"ImageId": "Id"},
    region_attributes=frozenset(("SourceRegionId",)),
)

_MADE_THERE: Final = Counterpart(
    type_name=_CUSTOM_IMAGE,
    properties={
        **_pairs(_reversed(_MADE_IMAGE)),
        "Name": PropertyCounterpart("ImageName"),
        "Tags": PropertyCounterpart("Tag", _reversed(_TAG_MEMBERS)),
    },
    stack_region_here="SourceRegionId",
    lost={
        "Force": "an image that instances use is not deleted there",
        "Timeouts": "an image has no deadline of its own there",
    },
    attributes={"Id": "ImageId"},
)

COUNTERPARTS: Final[Mapping[str, Counterpart]] = {
    _COPY_IMAGE: _FROM_SOURCE,
    _IMAGE_COPY: _FROM_DESTINATION,
    _IMAGE_FAMILY: _SAME_FAMILY,
    _CUSTOM_IMAGE: _MADE_HERE,
    _IMAGE: _MADE_THERE,
}
"""By the name of the type here."""

APART: Final[Mapping[str, str]] = {
    "ALIYUN::ECS::ImageSharePermission": "it shares an image with a list of accounts, publishes it, and by "
    "default leaves it so; a TF::Alicloud::ImageSharePermission is one account alone, and takes back",
    "TF::Alicloud::ImageSharePermission": "it is taken back with its resource, while an "
    "ALIYUN::ECS::ImageSharePermission leaves what it shared unless KeepPermission says otherwise",
    "TF::Alicloud::ImageImport": "ROS has no type that imports an image from OSS",
    "TF::Alicloud::ImageExport": "ROS has no type that exports an image to OSS",
    "ALIYUN::ECS::Instance": "of the provider's types only those of images are installed",
    "ALIYUN::ECS::Snapshot": "of the provider's types only those of images are installed",
    "DATASOURCE::ECS::Images": "CloudFormation has no data sources; give the image's id by a parameter",
}
"""Why the other language cannot say a type, for those that have no counterpart."""
