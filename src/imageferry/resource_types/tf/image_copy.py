"""TF::Alicloud::ImageCopy: an image copy seen from its destination region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.ports.types import Freight
from imageferry.resource_types.handling.properties import flag_of, plain, tags_of, text_of
from imageferry.resource_types.image_copies.rules import check_copy, parse_duration
from imageferry.resource_types.image_copies.wanted import WantedCopy, manifest_of, route_of
from imageferry.resource_types.image_copies.words import Words

TYPE_NAME: Final = "TF::Alicloud::ImageCopy"
ALIASES: Final = ("TF::Alicloud::CopyImage",)
SCHEMA: Final = "tf/image_copy.schema.json"

WORDS: Final = Words(
    source_id="SourceImageId",
    source_region="SourceRegionId",
    region=None,
    name="ImageName",
    description="Description",
    encrypted="Encrypted",
    key_id="KmsKeyId",
    tags="Tags",
    tag_key="MapKey",
    tag_value="MapValue",
    timeouts="Timeouts",
    old_name="Name",
)


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedCopy:
    """The copy that conformed properties want; its destination is the stack's region."""
    secrets: list[str] = []
    timeouts = plain(properties.get("Timeouts"), secrets)
    limits = timeouts if isinstance(timeouts, Mapping) else {}
    return WantedCopy(
        source_id=text_of(properties.get("SourceImageId"), secrets) or "",
        source_region=text_of(properties.get("SourceRegionId"), secrets) or "",
        region=region,
        name=text_of(properties.get("ImageName"), secrets),
        description=text_of(properties.get("Description"), secrets),
        # The provider that this type stands for sends false where nothing is said.
        encrypted=flag_of(properties.get("Encrypted"), secrets) or False,
        key_id=text_of(properties.get("KmsKeyId"), secrets),
        tags=tags_of(properties.get("Tags"), "MapKey", "MapValue", secrets),
        force=flag_of(properties.get("Force"), secrets) is True,
        create_timeout=parse_duration(text_of(limits.get("Create"), secrets) or ""),
        delete_timeout=parse_duration(text_of(limits.get("Delete"), secrets) or ""),
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
    return check_copy(WORDS, properties, stack_region=region, source_is_here=False)
