"""TF::Alicloud::ImageExport: an export of a custom image to a bucket of the stack's region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.exports.wanted import check_export

TYPE_NAME: Final = "TF::Alicloud::ImageExport"
SCHEMA: Final = "tf/image_export.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return check_export(properties)
