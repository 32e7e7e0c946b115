"""IMAGEFERRY::ECS::ImageFamily: an image family of a region, and which image launches from it."""

from __future__ import annotations

from typing import Final

from imageferry.model.families import FAMILY_TYPE
from imageferry.resource_types.families.wanted import check

__all__ = ["SCHEMA", "TYPE_NAME", "check"]

TYPE_NAME: Final = FAMILY_TYPE
SCHEMA: Final = "ecs/image_family.schema.json"
