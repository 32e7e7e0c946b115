"""ALIYUN::ECS::ImageSharePermission: whom an image is shared with, and whether it is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.handling.properties import plain
from imageferry.resource_types.image_copies.rules import region_problems
from imageferry.resource_types.sharing.rules import (
    account_problems,
    number_problems,
    shared_image_problems,
)

TYPE_NAME: Final = "ALIYUN::ECS::ImageSharePermission"
SCHEMA: Final = "ecs/image_share_permission.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the service documents and no schema says, at the path of each property."""
    problems = [*shared_image_problems("ImageId", properties.get("ImageId"))]
    problems += region_problems("RegionId", properties.get("RegionId"))
    accounts = plain(properties.get("Accounts"), [])
    if isinstance(accounts, list | tuple):
        problems += number_problems("Accounts", accounts)
        for position, account in enumerate(accounts):
            problems += account_problems(("Accounts", position), account)
    return problems
