"""Image families."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection
from imageferry.resource_types.families.handler import ImageFamilyHandler
from imageferry.resource_types.families.verification import family_verifier


def image_family(on: Connection) -> Connected:
    """IMAGEFERRY::ECS::ImageFamily."""
    handler = ImageFamilyHandler(on.client, on.images.loader)
    return Connected(handler, verifier=family_verifier(handler))
