"""The ECS actions that image copies need, and STS GetCallerIdentity, as typed functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.client import Action, Client, listed
from imageferry.cloud.endpoints import STS

COPY_IMAGE: Final = Action("CopyImage", repeatable=True)
CANCEL_COPY_IMAGE: Final = Action("CancelCopyImage", repeatable=False)
MODIFY_IMAGE_ATTRIBUTE: Final = Action("ModifyImageAttribute", repeatable=False)
DELETE_IMAGE: Final = Action("DeleteImage", repeatable=False)
TAG_RESOURCES: Final = Action("TagResources", repeatable=False)
UNTAG_RESOURCES: Final = Action("UntagResources", repeatable=False)
JOIN_RESOURCE_GROUP: Final = Action("JoinResourceGroup", repeatable=False)
DESCRIBE_INSTANCES: Final = Action("DescribeInstances", repeatable=True)
DESCRIBE_IMAGE_SHARES: Final = Action("DescribeImageSharePermission", repeatable=True)
DESCRIBE_REGIONS: Final = Action("DescribeRegions", repeatable=True)
DESCRIBE_ZONES: Final = Action("DescribeZones", repeatable=True)
GET_CALLER_IDENTITY: Final = Action("GetCallerIdentity", repeatable=True, product=STS)

Tags = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What CopyImage is asked. None is not sent: the cloud decides."""

    image_id: str
    source_region: str
    destination_region: str
    client_token: str
    name: str | None = None
    description: str | None = None
    encrypted: bool | None = None
    kms_key_id: str | None = None
    resource_group_id: str | None = None
    tags: Tags = ()


def _tags(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]


def copy_parameters(wanted: CopyRequest) -> dict[str, Any]:
    """What CopyImage is told of a copy, but for the token."""
    return {
        "ImageId": wanted.image_id,
        "RegionId": wanted.source_region,
        "DestinationRegionId": wanted.destination_region,
        "DestinationImageName": wanted.name,
        "DestinationDescription": wanted.description,
        "Encrypted": wanted.encrypted,
        "KMSKeyId": wanted.kms_key_id,
        "ResourceGroupId": wanted.resource_group_id,
        "Tag": _tags(wanted.tags),
    }


async def copy_image(client: Client, wanted: CopyRequest) -> str:
    """Start a copy, asked of the source region; the new image's id. Raises CloudError."""
    return (await begin_copy(client, wanted))[0]


async def begin_copy(client: Client, wanted: CopyRequest) -> tuple[str, str]:
    """The same, and the cloud's own id of the request, empty where it gives none."""
    parameters = {**copy_parameters(wanted), "ClientToken": wanted.client_token}
    reply = await client.call(COPY_IMAGE, wanted.source_region, parameters)
    return str(reply["ImageId"]), str(reply.get("RequestId") or "")


async def cancel_copy_image(client: Client, region: str, image_id: str) -> None:
    """Stop an unfinished copy, asked of the destination region. Raises CloudError."""
    await client.call(CANCEL_COPY_IMAGE, region, {"RegionId": region, "ImageId": image_id})


async def modify_image(
    client: Client,
    region: str,
    image_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    family: str | None = None,
) -> None:
    """Change name, description and family; None leaves as it is. Raises CloudError."""
    await client.call(
        MODIFY_IMAGE_ATTRIBUTE,
        region,
        {
            "RegionId": region,
            "ImageId": image_id,
            "ImageName": name,
            "Description": description,
            "ImageFamily": family,
        },
    )


async def delete_image(client: Client, region: str, image_id: str, *, force: bool = False) -> None:
    """Delete an image, with `force` though instances use it. Raises CloudError."""
    await client.call(
        DELETE_IMAGE,
        region,
        {"RegionId": region, "ImageId": image_id, "Force": True if force else None},
    )


async def tag_image(client: Client, region: str, image_id: str, tags: Tags) -> None:
    """Set tags (1 to 20); a key that exists gets the new value. Raises CloudError."""
    await client.call(
        TAG_RESOURCES,
        region,
        {
            "RegionId": region,
            "ResourceType": "image",
            "ResourceId": [image_id],
            "Tag": _tags(tags),
        },
    )


async def untag_image(client: Client, region: str, image_id: str, keys: Sequence[str]) -> None:
    """Take tags off (1 to 20). Raises CloudError."""
    await client.call(
        UNTAG_RESOURCES,
        region,
        {
            "RegionId": region,
            "ResourceType": "image",
            "ResourceId": [image_id],
            "TagKey": list(keys),
        },
    )


async def join_resource_group(client: Client, region: str, image_id: str, group_id: str) -> None:
    """Move an image into a resource group. Raises CloudError."""
    await client.call(
        JOIN_RESOURCE_GROUP,
        region,
        {
            "RegionId": region,
            "ResourceType": "image",
            "ResourceId": image_id,
            "ResourceGroupId": group_id,
        },
    )


async def instances_of_image(client: Client, region: str, image_id: str) -> list[str]:
    """Ids of instances made from an image, ten at most. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_INSTANCES, region, {"RegionId": region, "ImageId": image_id, "PageSize": 10}
    )
    return [str(entry["InstanceId"]) for entry in listed(reply, "Instances", "Instance")]


async def accounts_of_image(client: Client, region: str, image_id: str) -> list[str]:
    """Account ids that an image is shared with, ten at most. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_IMAGE_SHARES, region, {"RegionId": region, "ImageId": image_id, "PageSize": 10}
    )
    return [str(entry["AliyunId"]) for entry in listed(reply, "Accounts", "Account")]


async def region_words(client: Client, region: str) -> dict[str, str]:
    """Each region of the account with its status (empty where not said). Raises CloudError."""
    reply = await client.call(DESCRIBE_REGIONS, region, {"RegionId": region})
    entries = listed(reply, "Regions", "Region")
    return {str(entry["RegionId"]): str(entry.get("Status") or "") for entry in entries}


async def zone_ids(client: Client, region: str) -> list[str]:
    """The zones of a region. Raises CloudError."""
    reply = await client.call(DESCRIBE_ZONES, region, {"RegionId": region})
    return [str(entry["ZoneId"]) for entry in listed(reply, "Zones", "Zone")]


async def caller_account(client: Client, region: str) -> str:
    """The id of the account that the access key belongs to. Raises CloudError."""
    reply = await client.call(GET_CALLER_IDENTITY, region, {})
    return str(reply["AccountId"])
