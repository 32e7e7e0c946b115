"""query_images(client, …): the images that fit what is asked, as the cloud sends them, all pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from imageferry.cloud.client import Client
from imageferry.cloud.gathering import PAGE
from imageferry.cloud.images import READINGS, page_of_images
from imageferry.model.values import Json


class Found(NamedTuple):
    """What fits, the newest first; `total` is how many do, which may be more than were read."""

    images: tuple[Mapping[str, Any], ...]
    total: int


async def query_images(
    client: Client, region: str, filters: Mapping[str, Json], *, most: int
) -> Found:
    """Images of a region by the filters of DescribeImages; raises CloudError.

    Where more than `most` fit, they are only counted. What comes or goes while pages are read moves
    the others from page to page, so they are read anew where their number has changed.
    """
    images: dict[str, Mapping[str, Any]] = {}
    number, reading, first = 1, 1, None
    while True:
        page, total = await page_of_images(client, region, filters=filters, number=number)
        if number == 1:
            images, first = {}, total
        images |= {one["ImageId"]: one for one in page if one.get("ImageId")}
        if (total or 0) > most or len(images) > most:
            return Found((), max(total or 0, len(images)))
        if total != first and reading < READINGS:
            number, reading = 1, reading + 1
        elif len(page) < PAGE or (total is not None and number * PAGE >= total):
            newest = sorted(images.values(), key=_made, reverse=True)
            return Found(tuple(newest), len(newest))
        else:
            number += 1


def _made(image: Mapping[str, Any]) -> tuple[str, str]:
    # Times of one form sort as texts; ids tell those of one second apart.
    return str(image.get("CreationTime") or ""), str(image["ImageId"])
