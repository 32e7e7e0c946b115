"""DATASOURCE::ECS::Images: images that are there already, found by what they are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.image_queries.rules import check_query

TYPE_NAME: Final = "DATASOURCE::ECS::Images"
SCHEMA: Final = "ecs/images.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return check_query(properties)
