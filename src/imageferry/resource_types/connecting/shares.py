"""Shares of images: one handler over the view of each type."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, foreseen
from imageferry.resource_types.sharing.handler import ShareHandler
from imageferry.resource_types.sharing.verification import share_verifier
from imageferry.resource_types.sharing.views import MANY, ONE
from imageferry.resource_types.sharing.wanted import ShareView


def with_many(on: Connection) -> Connected:
    """ALIYUN::ECS::ImageSharePermission."""
    return _shares(on, MANY)


def with_one(on: Connection) -> Connected:
    """TF::Alicloud::ImageSharePermission."""
    return _shares(on, ONE)


def _shares(on: Connection, view: ShareView) -> Connected:
    handler = ShareHandler(on.images, view)
    return Connected(
        handler,
        foresight=foreseen(on, "sharing.foresight", on.client, view),
        verifier=share_verifier(handler, view),
    )
