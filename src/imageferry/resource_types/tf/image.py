"""TF::Alicloud::Image: an image that is made of an instance or of snapshots, in the stack's region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.ports.types import Freight
from imageferry.resource_types.handling.properties import flag_of, plain, tags_of, text_of
from imageferry.resource_types.image_copies.rules import parse_duration
from imageferry.resource_types.image_copies.wanted import WantedCopy, manifest_of, route_of
from imageferry.resource_types.image_copies.words import Words
from imageferry.resource_types.images.properties import MADE_OF, created_recipe
from imageferry.resource_types.images.rules import check_created

TYPE_NAME: Final = "TF::Alicloud::Image"
SCHEMA: Final = "tf/image.schema.json"
EDITABLE: Final = frozenset({"name", "description", "tags", "resource_group"})

WORDS: Final = Words(
    source_id="",
    source_region="",
    region=None,
    name="ImageName",
    description="Description",
    encrypted="",
    key_id="",
    tags="Tags",
    tag_key="MapKey",
    tag_value="MapValue",
    timeouts="Timeouts",
    old_name="Name",
    resource_group="ResourceGroupId",
    made_of=(*MADE_OF, "Architecture", "Platform"),
)
_USUAL_ARCHITECTURE: Final = "x86_64"


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedCopy:
    """The image that conformed properties want, in the stack's region."""
    secrets: list[str] = []
    timeouts = plain(properties.get("Timeouts"), secrets)
    limits = timeouts if isinstance(timeouts, Mapping) else {}
    recipe = created_recipe(properties, secrets)
    # The provider that this type stands for sends its own default where nothing is said.
    recipe = recipe._replace(architecture=recipe.architecture or _USUAL_ARCHITECTURE)
    return WantedCopy(
        source_id="",
        source_region="",
        region=region,
        name=text_of(properties.get("ImageName"), secrets),
        description=text_of(properties.get("Description"), secrets),
        tags=tags_of(properties.get("Tags"), "MapKey", "MapValue", secrets),
        resource_group=text_of(properties.get("ResourceGroupId"), secrets),
        force=flag_of(properties.get("Force"), secrets) is True,
        create_timeout=parse_duration(text_of(limits.get("Create"), secrets) or ""),
        delete_timeout=parse_duration(text_of(limits.get("Delete"), secrets) or ""),
        recipe=recipe,
        secrets=tuple(secrets),
    )


def route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """Where the image is made; it comes from nowhere else."""
    return route_of(read_wanted, properties, region)


def manifest(properties: Mapping[str, Value], region: str) -> Freight | None:
    """The image that is carried here, or made."""
    return manifest_of(read_wanted, properties, region)


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the provider and the API document and no schema says, at the path of each property."""
    return check_created(WORDS, properties, only_one_source=True)
