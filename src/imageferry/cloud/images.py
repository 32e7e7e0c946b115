"""Image: what DescribeImages says of one; ImageLoader gathers looks into pages of up to 100 ids."""

from __future__ import annotations

import asyncio
import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

from imageferry.cloud.client import Action, Client, listed

DESCRIBE_IMAGES: Final = Action("DescribeImages", repeatable=True)
EVERY_STATUS: Final = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
"""Without a Status the answer holds images that are Available and no others."""
PAGE: Final = 100
READINGS: Final = 4
"""How often pages are read at most, where images come and go all the while."""
TOGETHER: Final = 0.01
"""Seconds for which a look waits for others of its region."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image as the cloud sees it now.

    `progress` is 0 to 100 or None, `size` GiB, `remaining` seconds, `created_at` seconds since
    1970; each None where the cloud does not say. `is_usable` is True where it says nothing;
    `tells_encryption` where it says of each disk whether it is encrypted.
    """

    image_id: str
    name: str
    status: str
    description: str = ""
    progress: int | None = None
    is_usable: bool = True
    is_copied: bool = False
    is_encrypted: bool = False
    tells_encryption: bool = False
    size: int | None = None
    remaining: int | None = None
    created_at: float | None = None
    owner: str = ""
    resource_group: str = ""
    snapshots: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def _seconds(text: str) -> float | None:
    """`2019-11-15T06:07:05Z` as seconds since 1970."""
    try:
        date, clock = text.rstrip("Z").split("T")
        year, month, day = (int(part) for part in date.split("-"))
        parts = [int(part) for part in clock.split(":")]
        hour, minute, second = (*parts, 0)[:3]
        return float(calendar.timegm((year, month, day, hour, minute, second)))
    except ValueError:
        return None


@lru_cache(maxsize=128)
def _percent(text: str) -> int | None:
    digits = text.strip().rstrip("%")
    return min(100, int(digits)) if digits.isascii() and digits.isdigit() else None


def decode_image(entry: Mapping[str, Any]) -> Image:
    """One member of `Images.Image`."""
    disks = listed(entry, "DiskDeviceMappings", "DiskDeviceMapping")
    times, snapshots, encrypted, told = [], [], False, bool(disks)
    for disk in disks:
        remaining = disk.get("RemainTime")
        if isinstance(remaining, int):
            times.append(remaining)
        if disk.get("SnapshotId"):
            snapshots.append(disk["SnapshotId"])
        encrypted = encrypted or disk.get("Encrypted") is True
        told = told and "Encrypted" in disk
    size, progress = entry.get("Size"), entry.get("Progress")
    return Image(
        image_id=entry["ImageId"],
        name=entry.get("ImageName") or "",
        status=entry.get("Status") or "",
        description=entry.get("Description") or "",
        progress=_percent(progress) if isinstance(progress, str) else None,
        is_usable=entry.get("Usable") is not False,
        is_copied=entry.get("IsCopied") is True,
        is_encrypted=encrypted,
        tells_encryption=told,
        size=size if isinstance(size, int) else None,
        remaining=max(times) if times else None,
        created_at=_seconds(entry.get("CreationTime") or ""),
        owner=entry.get("ImageOwnerAlias") or "",
        resource_group=entry.get("ResourceGroupId") or "",
        snapshots=tuple(snapshots),
        tags={
            tag["TagKey"]: tag.get("TagValue") or ""
            for tag in listed(entry, "Tags", "Tag")
            if tag.get("TagKey")
        },
    )


async def page_of_images(
    client: Client,
    region: str,
    *,
    ids: Sequence[str] = (),
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    owner: str | None = None,
    statuses: str = EVERY_STATUS,
    number: int = 1,
) -> tuple[list[Mapping[str, Any]], int | None]:
    """One page of images as the cloud sent them, and how many there are in all; raises CloudError.

    The number is None where the cloud does not say.
    """
    reply = await client.call(
        DESCRIBE_IMAGES,
        region,
        {
            "RegionId": region,
            "Status": statuses,
            "ImageId": ",".join(ids) or None,
            "ImageName": name,
            "ImageOwnerAlias": owner,
            "Tag": [
                {"Key": key, "Value": value} if value else {"Key": key}
                for key, value in (tags or {}).items()
            ],
            "PageSize": PAGE,
            "PageNumber": number,
        },
    )
    total = reply.get("TotalCount")
    return listed(reply, "Images", "Image"), total if isinstance(total, int) else None


async def describe_images(
    client: Client,
    region: str,
    *,
    ids: Sequence[str] = (),
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    owner: str | None = None,
) -> list[Image]:
    """Images of every status that fit, each once, all pages; raises CloudError.

    A tag with an empty value stands for every value of its key. What comes or goes while pages are
    read moves the others from page to page, so they are read anew where their number has changed.
    """
    images: dict[str, Image] = {}
    number, reading, first = 1, 1, None
    while True:
        page, total = await page_of_images(
            client, region, ids=ids, name=name, tags=tags, owner=owner, number=number
        )
        if number == 1:
            images, first = {}, total
        images |= {one.image_id: one for one in map(decode_image, _told(page))}
        if total != first and reading < READINGS:
            number, reading = 1, reading + 1
        elif len(page) < PAGE or (total is not None and number * PAGE >= total):
            return list(images.values())
        else:
            number += 1


def _told(page: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in page if entry.get("ImageId")]


_Wanted: TypeAlias = dict[str, list[asyncio.Future[Image | None]]]
"""The ids of one page, and those who wait for each."""


class ImageLoader:
    """Looks at images by id; looks of one moment in one region share a page, whoever asks.

    Every look is a fresh one: nothing is kept. `pages` counts the pages asked for.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._wanted: dict[str, _Wanted] = {}
        self._asked: set[str] = set()
        self._pages: set[asyncio.Task[None]] = set()
        self.pages = 0

    async def look(self, region: str, image_id: str) -> Image | None:
        """The image as it is now, None where the region does not show it; raises CloudError."""
        wanted = self._wanted.get(region)
        loop = asyncio.get_running_loop()
        if wanted is None:
            wanted = self._wanted[region] = {}
            if region in self._asked:
                # Operations that look at one moment are woken some fractions of it apart.
                loop.call_later(TOGETHER, self._ask, region)
            else:
                # Two turns of the loop, so that steps woken together have all come this far.
                self._asked.add(region)
                loop.call_soon(loop.call_soon, self._ask, region)
        # A future for each who asks: one that is cancelled takes nothing from the others.
        found: asyncio.Future[Image | None] = loop.create_future()
        askers = wanted.get(image_id)
        if askers is None:
            wanted[image_id] = [found]
        else:
            askers.append(found)
        return await found

    def _ask(self, region: str) -> None:
        wanted = self._wanted.pop(region)
        ids = sorted(wanted)
        for start in range(0, len(ids), PAGE):
            page = {image_id: wanted[image_id] for image_id in ids[start : start + PAGE]}
            fetch = asyncio.ensure_future(self._fetch(region, page))
            self._pages.add(fetch)
            fetch.add_done_callback(self._pages.discard)

    async def _fetch(self, region: str, wanted: _Wanted) -> None:
        self.pages += 1
        try:
            images = await describe_images(self._client, region, ids=list(wanted))
        except BaseException as error:
            for askers in wanted.values():
                for found in askers:
                    if not found.done():
                        found.set_exception(error)
                        found.exception()  # seen: who has ended meanwhile will not ask for it
            if isinstance(error, Exception):
                return
            raise
        by_id = {image.image_id: image for image in images}
        for image_id, askers in wanted.items():
            image = by_id.get(image_id)
            for found in askers:
                if not found.done():
                    found.set_result(image)
