"""ALIYUN::ECS::CopyImage: an image copy seen from its source region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.handlers import HandlerRequest
from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.ports.types import Freight
from imageferry.resource_types.handling.properties import flag_of, tags_of, text_of
from imageferry.resource_types.image_copies.rules import check_copy
from imageferry.resource_types.image_copies.wanted import (
    View,
    WantedCopy,
    image_itself,
    manifest_of,
    recorded_image,
    route_of,
)
from imageferry.resource_types.image_copies.words import Words

TYPE_NAME: Final = "ALIYUN::ECS::CopyImage"
SCHEMA: Final = "ecs/copy_image.schema.json"

WORDS: Final = Words(
    source_id="ImageId",
    source_region="SourceRegionId",
    region="DestinationRegionId",
    name="DestinationImageName",
    description="DestinationDescription",
    encrypted="Encrypted",
    key_id="KMSKeyId",
    tags="Tag",
    tag_key="Key",
    tag_value="Value",
    same_region="AllowCopyInSameRegion",
    tells_same_region=True,
    resource_group="ResourceGroupId",
)


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedCopy:
    """The copy that conformed properties want; the source is in the stack's region by default."""
    secrets: list[str] = []
    return WantedCopy(
        source_id=text_of(properties.get("ImageId"), secrets) or "",
        source_region=text_of(properties.get("SourceRegionId"), secrets) or region,
        region=text_of(properties.get("DestinationRegionId"), secrets) or region,
        name=text_of(properties.get("DestinationImageName"), secrets),
        description=text_of(properties.get("DestinationDescription"), secrets),
        encrypted=flag_of(properties.get("Encrypted"), secrets),
        key_id=text_of(properties.get("KMSKeyId"), secrets),
        tags=tags_of(properties.get("Tag"), "Key", "Value", secrets),
        resource_group=text_of(properties.get("ResourceGroupId"), secrets),
        same_region_allowed=flag_of(properties.get("AllowCopyInSameRegion"), secrets) is True,
        secrets=tuple(secrets),
    )


def route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """From the source's region to the copy's."""
    return route_of(read_wanted, properties, region)


def manifest(properties: Mapping[str, Value], region: str) -> Freight | None:
    """The image that is carried here, or made."""
    return manifest_of(read_wanted, properties, region)


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return check_copy(WORDS, properties, stack_region=region, source_is_here=True)


def _attributes(request: HandlerRequest, wanted: WantedCopy, image_id: str) -> dict[str, Value]:
    return {
        "ImageId": image_id,
        "SourceRegionId": wanted.source_region,
        "DestinationRegionId": wanted.region,
    }


VIEW: Final = View(
    wanted=read_wanted,
    physical_id=image_itself,
    attributes=_attributes,
    recorded_id=recorded_image,
    renews=False,
    editable=frozenset({"resource_group"}),
    words=WORDS,
)
