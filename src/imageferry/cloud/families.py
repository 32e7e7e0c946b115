"""Image families as ECS has them: who is in one, which image launches from it, and changing that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from imageferry.cloud.client import Action, Client
from imageferry.cloud.ecs import MODIFY_IMAGE_ATTRIBUTE
from imageferry.cloud.images import Image, decode_image, describe_images

DESCRIBE_IMAGE_FROM_FAMILY: Final = Action("DescribeImageFromFamily", repeatable=True)
AVAILABLE: Final = "Available"
DEPRECATED: Final = "Deprecated"
OWN: Final = "self"


def newest_first(images: Iterable[Image], order: Sequence[str] = ()) -> list[Image]:
    """Images by age, the newest first; of one moment, what is named later in `order` is newer."""
    places = {image_id: place for place, image_id in enumerate(order)}
    return sorted(
        images,
        key=lambda one: (one.created_at or 0.0, places.get(one.image_id, -1), one.image_id),
        reverse=True,
    )


def launching(family: str, images: Iterable[Image], order: Sequence[str] = ()) -> Image | None:
    """The image that launches from a family, as its newest Available one."""
    there = [one for one in images if one.family == family and one.status == AVAILABLE]
    return next(iter(newest_first(there, order)), None)


async def images_of_family(client: Client, region: str, family: str) -> list[Image]:
    """The account's own images in a family, of every status. Raises CloudError."""
    return await describe_images(client, region, owner=OWN, family=family)


async def image_from_family(client: Client, region: str, family: str) -> Image | None:
    """The image that launches from a family: its newest Available one. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_IMAGE_FROM_FAMILY, region, {"RegionId": region, "ImageFamily": family}
    )
    found: Any = reply.get("Image")
    return decode_image(found) if isinstance(found, dict) and found.get("ImageId") else None


async def put_in_family(
    client: Client,
    region: str,
    image_id: str,
    *,
    family: str | None = None,
    status: str | None = None,
) -> None:
    """Change an image's family, its status (Available, Deprecated), or both in one call.

    None leaves as it is; a family cannot be cleared, only changed. Raises CloudError.
    """
    await client.call(
        MODIFY_IMAGE_ATTRIBUTE,
        region,
        {"RegionId": region, "ImageId": image_id, "ImageFamily": family, "Status": status},
    )
