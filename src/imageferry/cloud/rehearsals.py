"""Asking without doing: CopyImage as a dry run, and what a region holds, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.client import Action, Client
from imageferry.cloud.ecs import CopyRequest, cancel_copy_image
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.cloud.images import DESCRIBE_IMAGES, EVERY_STATUS, PAGE, Image, decode_image

_DESCRIBE_REGIONS: Final = Action("DescribeRegions", repeatable=True)
# Without a token a second one could begin a second copy where dry runs are not known.
_COPY_IMAGE: Final = Action("CopyImage", repeatable=False)
IN_THE_MAKING: Final = "Creating,Waiting"

# ECS reference, CopyImage, DryRun: a request that would succeed is answered by an error as well.
_PASSED: Final = "DryRunOperation"
_PASSED_SAYS: Final = "validation has been passed with dryrun flag set"


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
    reply = await client.call(
        DESCRIBE_IMAGES,
        region,
        {
            "RegionId": region,
            "Status": statuses,
            "ImageId": ",".join(ids) or None,
            "ImageName": name,
            "ImageOwnerAlias": owner,
            "PageSize": PAGE,
            "PageNumber": page,
        },
    )
    total = reply.get("TotalCount")
    entries = [entry for entry in _entries(reply, "Images", "Image") if entry.get("ImageId")]
    seen = tuple(Seen(decode_image(entry), _gib(entry)) for entry in entries)
    return Shelf(seen, total if isinstance(total, int) else None)


def _gib(entry: Mapping[str, Any]) -> int | None:
    """The size of all disks: `Size` is the system disk's alone, and a disk's own is a text."""
    sizes = [str(disk.get("Size", "")) for disk in _entries(entry, "DiskDeviceMappings", _DISK)]
    known = [int(size) for size in sizes if size.isascii() and size.isdigit()]
    whole = entry.get("Size")
    if len(known) == len(sizes) and known:
        return sum(known)
    return whole if isinstance(whole, int) else None


_DISK: Final = "DiskDeviceMapping"


async def region_words(client: Client, region: str) -> dict[str, str]:
    """Each region of the account with its status (empty where not said). Raises CloudError."""
    reply = await client.call(_DESCRIBE_REGIONS, region, {"RegionId": region})
    entries = _entries(reply, "Regions", "Region")
    return {str(entry["RegionId"]): str(entry.get("Status") or "") for entry in entries}


async def rehearse_copy(client: Client, wanted: CopyRequest) -> None:
    """Ask whether a copy would be begun, without its token, and begin none.

    Raises the CloudError with which it would be refused, or UNCERTAIN `DryRunIgnored` where the
    address that was asked knows no dry run; what it has begun instead is cancelled at once.
    """
    try:
        reply = await client.call(
            _COPY_IMAGE,
            wanted.source_region,
            {
                "ImageId": wanted.image_id,
                "RegionId": wanted.source_region,
                "DestinationRegionId": wanted.destination_region,
                "DestinationImageName": wanted.name,
                "DestinationDescription": wanted.description,
                "Encrypted": wanted.encrypted,
                "KMSKeyId": wanted.kms_key_id,
                "ResourceGroupId": wanted.resource_group_id,
                "Tag": [{"Key": key, "Value": value} for key, value in wanted.tags],
                "DryRun": True,
            },
        )
    except CloudError as error:
        if error.code == _PASSED or _PASSED_SAYS in error.message.lower():
            return
        raise
    image_id = reply.get("ImageId")
    said = "the address that was asked knows no dry run"
    if isinstance(image_id, str) and image_id:
        region = wanted.destination_region
        said += f", and began {image_id} in {region}"
        try:
            await cancel_copy_image(client, region, image_id)
            said += ", which was cancelled"
        except CloudError as error:
            said += f", which could not be cancelled ({error.code})"
    raise CloudError(
        "DryRunIgnored",
        said,
        ErrorClass.UNCERTAIN,
        action=_COPY_IMAGE.name,
        region=wanted.source_region,
    )


def _entries(reply: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    box = reply.get(outer)
    found = box.get(inner) if isinstance(box, dict) else None
    return found if isinstance(found, list) else []
