"""CloudImages: the images of an account, and who needs each, asked of the cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.client import Client, listed
from imageferry.cloud.ecs import DESCRIBE_IMAGE_SHARES, instances_of_image, region_words
from imageferry.cloud.errors import CloudError
from imageferry.cloud.families import image_from_family
from imageferry.cloud.gathering import PAGE
from imageferry.cloud.images import Image, describe_images
from imageferry.ports.images import ImageSight, ImageUse

_OWN: Final = "self"
_READY: Final = "Available"
_SOLD_OUT: Final = "soldOut"
"""ECS reference, DescribeRegions: the Status of a region that has nothing to give any more."""
_SHARES: Final = 100
"""ECS, DescribeImageSharePermission: the most entries of a page."""


class CloudImages:
    """The Images socket over a client of the cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def regions(self, asked: str) -> Mapping[str, bool]:
        """Every region of the account, sorted, and whether it is open; raises CloudError."""
        words = await region_words(self._client, asked)
        return {region: words[region] != _SOLD_OUT for region in sorted(words)}

    async def look(self, region: str, image_id: str) -> ImageSight | None:
        """An image by its id; raises CloudError."""
        found = await describe_images(self._client, region, ids=[image_id])
        return next((_sight(one) for one in found if one.image_id == image_id), None)

    async def uses(self, region: str, image_ids: Sequence[str]) -> Mapping[str, ImageUse]:
        """Who needs each of some images; what cannot be asked is told as `trouble`."""
        wanted = list(dict.fromkeys(image_ids))
        pages = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
        answers = await asyncio.gather(*(self._page(region, page) for page in pages))
        return {key: use for answer in answers for key, use in answer.items()}

    async def _page(self, region: str, image_ids: Sequence[str]) -> dict[str, ImageUse]:
        try:
            found = await describe_images(self._client, region, ids=image_ids)
        except CloudError as fault:
            return dict.fromkeys(image_ids, _unknown(fault))
        images = [one for one in found if one.image_id in image_ids]
        uses = await asyncio.gather(*(self._use(region, one) for one in images))
        return {one.image_id: use for one, use in zip(images, uses, strict=True)}

    async def _use(self, region: str, image: Image) -> ImageUse:
        try:
            instances, accounts, family = await asyncio.gather(
                instances_of_image(self._client, region, image.image_id),
                self._accounts(region, image.image_id),
                self._is_current(region, image),
            )
        except CloudError as fault:
            return _unknown(fault)
        return ImageUse(
            instances=tuple(instances),
            accounts=tuple(accounts),
            is_public=image.is_public,
            family=image.family if family else "",
            tags=image.tags,
        )

    async def _accounts(self, region: str, image_id: str) -> list[str]:
        """Every account that an image is shared with, all pages."""
        found: list[str] = []
        number = 1
        while True:
            reply = await self._client.call(
                DESCRIBE_IMAGE_SHARES,
                region,
                {
                    "RegionId": region,
                    "ImageId": image_id,
                    "PageSize": _SHARES,
                    "PageNumber": number,
                },
            )
            page = [str(entry["AliyunId"]) for entry in listed(reply, "Accounts", "Account")]
            found += page
            if len(page) < _SHARES:
                return found
            number += 1

    async def _is_current(self, region: str, image: Image) -> bool:
        if not image.family:
            return False
        current = await image_from_family(self._client, region, image.family)
        return current is not None and current.image_id == image.image_id


def _unknown(fault: CloudError) -> ImageUse:
    return ImageUse(trouble=f"{fault.action} in {fault.region}: {fault.message} ({fault.code})")


def _sight(image: Image) -> ImageSight:
    return ImageSight(
        image_id=image.image_id,
        name=image.name,
        status=image.status,
        is_ready=image.status == _READY and image.is_usable,
        is_own=image.owner in {"", _OWN},
        created_at=image.created_at,
        family=image.family,
    )
