"""Image families."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.families.handler import ImageFamilyHandler


def image_family(on: Connection) -> Connected:
    """IMAGEFERRY::ECS::ImageFamily."""
    return Connected(ImageFamilyHandler(on.client, on.images.loader))
