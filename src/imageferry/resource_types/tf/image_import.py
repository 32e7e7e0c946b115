"""TF::Alicloud::ImageImport: an image that is imported from OSS, in the stack's region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.recipes import Recipe
from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.ports.types import Freight
from imageferry.resource_types.handling.properties import plain, text_of
from imageferry.resource_types.image_copies.rules import parse_duration
from imageferry.resource_types.image_copies.wanted import WantedCopy, manifest_of, route_of
from imageferry.resource_types.image_copies.words import Words
from imageferry.resource_types.images.properties import imported_disks
from imageferry.resource_types.images.rules import check_imported

TYPE_NAME: Final = "TF::Alicloud::ImageImport"
SCHEMA: Final = "tf/image_import.schema.json"
EDITABLE: Final = frozenset({"name", "description"})

WORDS: Final = Words(
    source_id="",
    source_region="",
    region=None,
    name="ImageName",
    description="Description",
    encrypted="",
    key_id="",
    tags="",
    tag_key="",
    tag_value="",
    timeouts="Timeouts",
    made_of=("DiskDeviceMapping", "Architecture", "OsType", "Platform", "LicenseType"),
)
# The provider that this type stands for sends these where nothing is said.
_USUAL_SIZE: Final = 5
_USUAL: Final = {"Architecture": "x86_64", "OsType": "linux", "LicenseType": "Auto"}


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedCopy:
    """The image that conformed properties want, in the stack's region."""
    secrets: list[str] = []
    timeouts = plain(properties.get("Timeouts"), secrets)
    limits = timeouts if isinstance(timeouts, Mapping) else {}

    def said(name: str) -> str:
        return text_of(properties.get(name), secrets) or _USUAL[name]

    return WantedCopy(
        source_id="",
        source_region="",
        region=region,
        name=text_of(properties.get("ImageName"), secrets),
        description=text_of(properties.get("Description"), secrets),
        create_timeout=parse_duration(text_of(limits.get("Create"), secrets) or ""),
        delete_timeout=parse_duration(text_of(limits.get("Delete"), secrets) or ""),
        recipe=Recipe(
            imports=imported_disks(properties, secrets, _USUAL_SIZE),
            os_type=said("OsType"),
            platform=text_of(properties.get("Platform"), secrets),
            architecture=said("Architecture"),
            license_type=said("LicenseType"),
        ),
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
    return check_imported(WORDS, properties)
