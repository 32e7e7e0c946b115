"""Queries for images."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection
from imageferry.resource_types.image_queries.handler import ImageQueryHandler


def images(on: Connection) -> Connected:
    """DATASOURCE::ECS::Images."""
    return Connected(ImageQueryHandler(on.client))
