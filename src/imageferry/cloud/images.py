"""Image: what DescribeImages says of one; ImageLoader gathers looks into pages of up to 100 ids."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from imageferry.cloud.client import Action, Client, listed
from imageferry.cloud.texts import percent_of, seconds_of
from imageferry.model.values import Json

DESCRIBE_IMAGES: Final = Action("DescribeImages", repeatable=True)
EVERY_STATUS: Final = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
"""Without a Status the answer holds images that are Available and no others."""
PAGE: Final = 100
READINGS: Final = 4
"""How often pages are read at most, where images come and go all the while."""
TOGETHER: Final = 0.01
"""Seconds for which a look waits for others of its region."""


class Disk(NamedTuple):
    """A disk of an image; `size` in GiB. None and empty where the cloud does not say."""

    kind: str
    size: int | None
    is_encrypted: bool | None


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
    architecture: str = ""
    boot_mode: str = ""
    family: str = ""
    is_public: bool = False
    disks: tuple[Disk, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=512)
def _gib(digits: str) -> int | None:
    """A disk's size, which is text where an image's is a number."""
    return int(digits) if digits.isascii() and digits.isdigit() else None


def decode_image(entry: Mapping[str, Any]) -> Image:
    """One member of `Images.Image`."""
    disks = listed(entry, "DiskDeviceMappings", "DiskDeviceMapping")
    times, snapshots, encrypted, told = [], [], False, bool(disks)
    shown = []
    for disk in disks:
        remaining = disk.get("RemainTime")
        if isinstance(remaining, int):
            times.append(remaining)
        if disk.get("SnapshotId"):
            snapshots.append(disk["SnapshotId"])
        encrypted = encrypted or disk.get("Encrypted") is True
        told = told and "Encrypted" in disk
        shown.append(
            Disk(disk.get("Type") or "", _gib(str(disk.get("Size"))), disk.get("Encrypted"))
        )
    size, progress = entry.get("Size"), entry.get("Progress")
    return Image(
        image_id=entry["ImageId"],
        name=entry.get("ImageName") or "",
        status=entry.get("Status") or "",
        description=entry.get("Description") or "",
        progress=percent_of(progress) if isinstance(progress, str) else None,
        is_usable=entry.get("Usable") is not False,
        is_copied=entry.get("IsCopied") is True,
        is_encrypted=encrypted,
        tells_encryption=told,
        size=size if isinstance(size, int) else None,
        remaining=max(times) if times else None,
        created_at=seconds_of(entry.get("CreationTime") or ""),
        owner=entry.get("ImageOwnerAlias") or "",
        resource_group=entry.get("ResourceGroupId") or "",
        snapshots=tuple(snapshots),
        architecture=entry.get("Architecture") or "",
        boot_mode=entry.get("BootMode") or "",
        family=entry.get("ImageFamily") or "",
        is_public=entry.get("IsPublic") is True,
        disks=tuple(shown),
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
    family: str | None = None,
    statuses: str = EVERY_STATUS,
    number: int = 1,
    filters: Mapping[str, Json] = MappingProxyType({}),
) -> tuple[list[Mapping[str, Any]], int | None]:
    """One page of images as the cloud sent them, and how many there are in all; raises CloudError.

    The number is None where the cloud does not say. `filters` are parameters of the action by their
    own names, over those that the other arguments give.
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
            "ImageFamily": family,
            "Tag": [
                {"Key": key, "Value": value} if value else {"Key": key}
                for key, value in (tags or {}).items()
            ],
            "PageSize": PAGE,
            "PageNumber": number,
            **filters,
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
    family: str | None = None,
) -> list[Image]:
    """Images of every status that fit, each once, all pages; raises CloudError.

    A tag with an empty value stands for every value of its key. What comes or goes while pages are
    read moves the others from page to page, so they are read anew where their number has changed.
    """
    images: dict[str, Image] = {}
    number, reading, first = 1, 1, None
    while True:
        page, total = await page_of_images(
            client,
            region,
            ids=ids,
            name=name,
            tags=tags,
            owner=owner,
            family=family,
            number=number,
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
