"""Shares of images: one handler over the view of each type."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.sharing.handler import ShareHandler
from imageferry.resource_types.sharing.views import MANY, ONE


def with_many(on: Connection) -> Connected:
    """ALIYUN::ECS::ImageSharePermission."""
    return Connected(ShareHandler(on.images, MANY))


def with_one(on: Connection) -> Connected:
    """TF::Alicloud::ImageSharePermission."""
    return Connected(ShareHandler(on.images, ONE))
