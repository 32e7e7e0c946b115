"""ImageQueryHandler: images found by their properties; it changes nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.cloud.client import Client, listed, tag_filters
from imageferry.cloud.errors import CloudError
from imageferry.cloud.image_queries import query_images
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    reading_id,
)
from imageferry.model.values import Json, Value
from imageferry.resource_types.handling.faults import failed, says
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.properties import flag_of, masked, tags_of, text_of

MOST: Final = 500
"""How many images one query may find: all that they say of themselves is kept in the record."""

_TEXTS: Final = (
    "ImageId",
    "ImageName",
    "ImageFamily",
    "ImageOwnerAlias",
    "OSType",
    "Architecture",
    "SnapshotId",
    "InstanceType",
    "ActionType",
    "Usage",
    "ResourceGroupId",
)
_FLAGS: Final = ("IsPublic", "IsSupportCloudinit", "IsSupportIoOptimized")


class ImageQueryHandler:
    """Every question is one look at the cloud; there is nothing that could be made or deleted."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def _look(self, request: HandlerRequest) -> Outcome:
        secrets: list[str] = []
        filters = filters_of(request.properties, secrets)
        try:
            found = await query_images(self._client, request.region, filters, most=MOST)
        except CloudError as refused:
            return failed(refused, {}, message=masked(says(refused), tuple(secrets)))
        if found.total > MOST:
            return Failed(
                ErrorCode.INVALID_REQUEST,
                f"{found.total} images fit, and {MOST} are the most that are kept;"
                " say more of those that are wanted, such as ImageOwnerAlias or ImageName",
            )
        images = [_shown(image) for image in found.images]
        return Done(
            request.physical_id or reading_id(request.token),
            {"ImageIds": [image["ImageId"] for image in images], "Images": images},
        )

    create = read = update = _look

    async def _forget(self, request: HandlerRequest) -> Outcome:
        return Done(None)

    delete = clean_up = _forget


def filters_of(properties: Mapping[str, Value], secrets: list[str]) -> dict[str, Json]:
    """The parameters of DescribeImages that conformed properties ask for."""
    status = text_of(properties.get("Status"), secrets) or "Available"
    filters: dict[str, Json] = {
        "Status": ",".join(word.strip() for word in status.split(",") if word.strip())
    }
    for name in _TEXTS:
        text = text_of(properties.get(name), secrets)
        if text is not None:
            filters[name] = text
    for name in _FLAGS:
        flag = flag_of(properties.get(name), secrets)
        if flag is not None:
            filters[name] = flag
    tags = tags_of(properties.get("Tags"), "Key", "Value", secrets)
    if tags:
        filters["Tag"] = tag_filters(tags)
    return filters


def _shown(image: Mapping[str, Any]) -> dict[str, Value]:
    """An image as the cloud tells it, without the tag by which things are found again."""
    shown = dict(image)
    tags = listed(image, "Tags", "Tag")
    if tags:
        kept = [dict(tag) for tag in tags if tag.get("TagKey") != LINEAGE_KEY]
        shown["Tags"] = {"Tag": kept}
    return shown
