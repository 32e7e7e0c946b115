"""Exports of images."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.exports.handler import ImageExportHandler


def image_export(on: Connection) -> Connected:
    """TF::Alicloud::ImageExport."""
    return Connected(ImageExportHandler(on.images))
