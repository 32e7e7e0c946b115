"""ALIYUN::ECS::CustomImage: an image that is made of an instance or of snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.handlers import HandlerRequest
from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.ports.types import Freight
from imageferry.resource_types.handling.properties import tags_of, text_of
from imageferry.resource_types.image_copies.wanted import (
    View,
    WantedCopy,
    image_itself,
    manifest_of,
    recorded_image,
    route_of,
)
from imageferry.resource_types.image_copies.words import Words
from imageferry.resource_types.images.properties import MADE_OF, created_recipe
from imageferry.resource_types.images.rules import check_created

TYPE_NAME: Final = "ALIYUN::ECS::CustomImage"
SCHEMA: Final = "ecs/custom_image.schema.json"

WORDS: Final = Words(
    source_id="",
    source_region="",
    region="SourceRegionId",
    name="ImageName",
    description="Description",
    encrypted="",
    key_id="",
    tags="Tag",
    tag_key="Key",
    tag_value="Value",
    resource_group="ResourceGroupId",
    family="ImageFamily",
    boot_mode="BootMode",
    made_of=(*MADE_OF, "ImageVersion", "Platform", "DetectionStrategy", "Features"),
)


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedCopy:
    """The image that conformed properties want; it is made where its instance or snapshot is."""
    secrets: list[str] = []
    return WantedCopy(
        source_id="",
        source_region="",
        region=text_of(properties.get("SourceRegionId"), secrets) or region,
        name=text_of(properties.get("ImageName"), secrets),
        description=text_of(properties.get("Description"), secrets),
        tags=tags_of(properties.get("Tag"), "Key", "Value", secrets),
        resource_group=text_of(properties.get("ResourceGroupId"), secrets),
        recipe=created_recipe(properties, secrets),
        secrets=tuple(secrets),
    )


def route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """Where the image is made; it comes from nowhere else."""
    return route_of(read_wanted, properties, region)


def manifest(properties: Mapping[str, Value], region: str) -> Freight | None:
    """The image that is carried here, or made."""
    return manifest_of(read_wanted, properties, region)


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return check_created(WORDS, properties, only_one_source=False)


def _attributes(request: HandlerRequest, wanted: WantedCopy, image_id: str) -> dict[str, Value]:
    return {"ImageId": image_id, "SourceRegionId": wanted.region}


VIEW: Final = View(
    wanted=read_wanted,
    physical_id=image_itself,
    attributes=_attributes,
    recorded_id=recorded_image,
    renews=False,
    editable=frozenset({"resource_group"}),
    words=WORDS,
)
