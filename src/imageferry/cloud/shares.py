"""With whom an image is shared, every page of it, and ModifyImageSharePermission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cloud.client import Action, Client, listed

DESCRIBE_SHARES: Final = Action("DescribeImageSharePermission", repeatable=True)
MODIFY_SHARES: Final = Action("ModifyImageSharePermission", repeatable=False)
PER_CALL: Final = 10
"""Accounts that one call adds or removes; the cloud passes over the rest without a word."""
_PAGE: Final = 100


async def accounts_sharing(client: Client, region: str, image_id: str) -> tuple[str, ...]:
    """Every account that an own image is shared with, each once. Raises CloudError."""
    found: dict[str, None] = {}
    number = 1
    while True:
        reply = await client.call(
            DESCRIBE_SHARES,
            region,
            {"RegionId": region, "ImageId": image_id, "PageSize": _PAGE, "PageNumber": number},
        )
        page = listed(reply, "Accounts", "Account")
        found |= {str(entry["AliyunId"]): None for entry in page if entry.get("AliyunId")}
        total = reply.get("TotalCount")
        if len(page) < _PAGE or (isinstance(total, int) and number * _PAGE >= total):
            return tuple(found)
        number += 1


async def modify_shares(
    client: Client,
    region: str,
    image_id: str,
    *,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
    is_public: bool | None = None,
) -> None:
    """Share an image with accounts, or no longer (ten of each at most); publish or unpublish it.

    Raises CloudError; `Image.Public` and `Image.NotPublic` say that it was so before.
    """
    await client.call(
        MODIFY_SHARES,
        region,
        {
            "RegionId": region,
            "ImageId": image_id,
            "AddAccount": list(added[:PER_CALL]),
            "RemoveAccount": list(removed[:PER_CALL]),
            "IsPublic": is_public,
        },
    )
