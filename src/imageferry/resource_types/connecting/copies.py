"""Image copies, and images that are made: one handler over the view of each type."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, foreseen
from imageferry.resource_types.ecs import copy_image as ecs_copy
from imageferry.resource_types.ecs import custom_image as ecs_image
from imageferry.resource_types.image_copies.handler import ImageCopyHandler
from imageferry.resource_types.image_copies.inspection import ImageAdopter
from imageferry.resource_types.image_copies.tracking import tracking_view
from imageferry.resource_types.image_copies.verification import CopyVerifier
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.tf import image as tf_image
from imageferry.resource_types.tf import image_copy as tf_copy
from imageferry.resource_types.tf import image_import as tf_import


def copy_image(on: Connection) -> Connected:
    """ALIYUN::ECS::CopyImage."""
    return _copies(on, ecs_copy.VIEW)


def image_copy(on: Connection) -> Connected:
    """TF::Alicloud::ImageCopy."""
    return _copies(on, tracking_view(tf_copy.read_wanted, tf_copy.WORDS))


def custom_image(on: Connection) -> Connected:
    """ALIYUN::ECS::CustomImage."""
    return _made(on, ecs_image.VIEW)


def image(on: Connection) -> Connected:
    """TF::Alicloud::Image."""
    return _made(on, tracking_view(tf_image.read_wanted, tf_image.WORDS, tf_image.EDITABLE))


def image_import(on: Connection) -> Connected:
    """TF::Alicloud::ImageImport."""
    return _made(on, tracking_view(tf_import.read_wanted, tf_import.WORDS, tf_import.EDITABLE))


def _copies(on: Connection, view: View) -> Connected:
    foresight = on.looking and on.looking(on.images, view, on.capacity)
    return _image(on, view)._replace(foresight=foresight)


def _made(on: Connection, view: View) -> Connected:
    foresight = foreseen(on, "images.foresight", on.client, view, on.capacity)
    return _image(on, view)._replace(foresight=foresight)


def _image(on: Connection, view: View) -> Connected:
    return Connected(
        ImageCopyHandler(on.images, view),
        ImageAdopter(on.images, view),
        verifier=CopyVerifier(on.images, view),
    )
