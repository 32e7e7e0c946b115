"""TF::Alicloud::ImageSharePermission: one image shared with one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.sharing.rules import account_problems, shared_image_problems

TYPE_NAME: Final = "TF::Alicloud::ImageSharePermission"
SCHEMA: Final = "tf/image_share_permission.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return [
        *shared_image_problems("ImageId", properties.get("ImageId")),
        *account_problems(("AccountId",), properties.get("AccountId")),
    ]
