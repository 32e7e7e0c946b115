"""Shelf: what a region holds, one page of images at a time, each with the size of its disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.client import Client, listed
from imageferry.cloud.images import EVERY_STATUS, Image, decode_image, page_of_images

IN_THE_MAKING: Final = "Creating,Waiting"


@dataclass(frozen=True, slots=True)
class Seen:
    """An image with `gib`, the size of all its disks; None where the cloud does not say."""

    image: Image
    gib: int | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the images that fit, and how many there are in all; None where not said."""

    images: tuple[Seen, ...]
    total: int | None


async def images_on_shelf(
    client: Client,
    region: str,
    *,
    ids: Sequence[str] = (),
    name: str | None = None,
    owner: str | None = None,
    statuses: str = EVERY_STATUS,
    page: int = 1,
) -> Shelf:
    """One page of up to 100 images in order; raises CloudError."""
    entries, total = await page_of_images(
        client, region, ids=ids, name=name, owner=owner, statuses=statuses, number=page
    )
    seen = tuple(
        Seen(decode_image(entry), _gib(entry)) for entry in entries if entry.get("ImageId")
    )
    return Shelf(seen, total)


def _gib(entry: Mapping[str, Any]) -> int | None:
    """The size of all disks: `Size` is the system disk's alone, and a disk's own is a text."""
    sizes = [
        str(disk.get("Size", ""))
        for disk in listed(entry, "DiskDeviceMappings", "DiskDeviceMapping")
    ]
    known = [int(size) for size in sizes if size.isascii() and size.isdigit()]
    whole = entry.get("Size")
    if len(known) == len(sizes) and known:
        return sum(known)
    return whole if isinstance(whole, int) else None
