"""Queries for images."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.image_queries.handler import ImageQueryHandler


def images(on: Connection) -> Connected:
    """DATASOURCE::ECS::Images."""
    return Connected(ImageQueryHandler(on.client))
