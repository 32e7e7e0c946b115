"""Exports of images."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, foreseen
from imageferry.resource_types.exports.handler import ImageExportHandler


def image_export(on: Connection) -> Connected:
    """TF::Alicloud::ImageExport."""
    handler = ImageExportHandler(on.images)
    return Connected(handler, foresight=foreseen(on, "exports.foresight", on.client))
