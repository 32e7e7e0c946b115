"""Image: what DescribeImages says of one; ImageLoader gathers looks into pages of up to 100 ids."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from imageferry.cloud.client import Action, Client, listed, tag_filters
from imageferry.cloud.gathering import PAGE, Gathering
from imageferry.cloud.texts import percent_of, seconds_of
from imageferry.model.values import Json

DESCRIBE_IMAGES: Final = Action("DescribeImages", repeatable=True)
EVERY_STATUS: Final = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
"""Without a Status the answer holds images that are Available and no others."""
READINGS: Final = 4
"""How often pages are read at most, where images come and go all the while."""


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
            "Tag": tag_filters((tags or {}).items()),
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


class ImageLoader:
    """Looks at images by id; looks of one moment in one region share a page, whoever asks.

    Every look is a fresh one: nothing is kept.
    """

    def __init__(self, client: Client) -> None:
        async def fetch(region: str, ids: Sequence[str]) -> Mapping[str, Image]:
            images = await describe_images(client, region, ids=ids)
            return {image.image_id: image for image in images}

        self._gathering: Gathering[Image] = Gathering(fetch)

    @property
    def pages(self) -> int:
        """How many pages were asked for."""
        return self._gathering.pages

    def look(self, region: str, image_id: str) -> Coroutine[Any, Any, Image | None]:
        """The image as it is now, None where the region does not show it; raises CloudError."""
        return self._gathering.look(region, image_id)
