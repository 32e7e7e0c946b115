"""ALIYUN::ECS::Instance: one instance, made of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.instances.rules import check_instance

TYPE_NAME: Final = "ALIYUN::ECS::Instance"
SCHEMA: Final = "ecs/instance.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the service documents and no schema says, at the path of each property."""
    return check_instance(properties)
