"""Snapshot: what DescribeSnapshots says of one, in pages of up to 100 ids; making, changing, deleting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from imageferry.cloud.client import Action, Client, listed, listed_pages, tag_filters
from imageferry.cloud.ecs import JOIN_RESOURCE_GROUP, TAG_RESOURCES, UNTAG_RESOURCES, Tags
from imageferry.cloud.images import DESCRIBE_IMAGES, EVERY_STATUS
from imageferry.cloud.texts import gib_of, percent_of, seconds_of

DESCRIBE_SNAPSHOTS: Final = Action("DescribeSnapshots", repeatable=True)
CREATE_SNAPSHOT: Final = Action("CreateSnapshot", repeatable=True)
MODIFY_SNAPSHOT: Final = Action("ModifySnapshotAttribute", repeatable=False)
DELETE_SNAPSHOT: Final = Action("DeleteSnapshot", repeatable=False)
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot; `key_id` is empty where it is not encrypted or the cloud does not say.

    `status` is progressing, accomplished or failed. `size` is that of its disk in GiB, or None,
    `progress` 0 to 100 or None, `remaining` seconds, `created_at` seconds since 1970, `retention_days` None where it stays for ever.
    """

    snapshot_id: str
    key_id: str = ""
    is_encrypted: bool = False
    name: str = ""
    description: str = ""
    status: str = ""
    progress: int | None = None
    remaining: int | None = None
    created_at: float | None = None
    disk_id: str = ""
    retention_days: int | None = None
    resource_group: str = ""
    size: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """What CreateSnapshot is asked. None is not sent: the cloud decides."""

    region: str
    disk_id: str
    client_token: str
    name: str | None = None
    description: str | None = None
    retention_days: int | None = None
    instant_access: bool | None = None
    instant_days: int | None = None
    resource_group: str | None = None
    tags: Tags = ()


async def create_snapshot(client: Client, wanted: SnapshotRequest) -> str:
    """Start a snapshot of a disk; its id. Raises CloudError."""
    reply = await client.call(
        CREATE_SNAPSHOT,
        wanted.region,
        {
            "RegionId": wanted.region,
            "DiskId": wanted.disk_id,
            "SnapshotName": wanted.name,
            "Description": wanted.description,
            "RetentionDays": wanted.retention_days,
            "InstantAccess": wanted.instant_access,
            "InstantAccessRetentionDays": wanted.instant_days,
            "ResourceGroupId": wanted.resource_group,
            "Tag": [{"Key": key, "Value": value} for key, value in wanted.tags],
            "ClientToken": wanted.client_token,
        },
    )
    return str(reply["SnapshotId"])


async def modify_snapshot(
    client: Client,
    region: str,
    snapshot_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    retention_days: int | None = None,
) -> None:
    """Change name, description and retention; None leaves as it is. Raises CloudError."""
    await client.call(
        MODIFY_SNAPSHOT,
        region,
        {
            "RegionId": region,
            "SnapshotId": snapshot_id,
            "SnapshotName": name,
            "Description": description,
            "RetentionDays": retention_days,
        },
    )


def _named(region: str, snapshot_id: str) -> dict[str, Any]:
    return {"RegionId": region, "ResourceType": "snapshot", "ResourceId": [snapshot_id]}


async def tag_snapshot(client: Client, region: str, snapshot_id: str, tags: Tags) -> None:
    """Set tags (1 to 20); a key that exists gets the new value. Raises CloudError."""
    pairs = [{"Key": key, "Value": value} for key, value in tags]
    await client.call(TAG_RESOURCES, region, {**_named(region, snapshot_id), "Tag": pairs})


async def untag_snapshot(
    client: Client, region: str, snapshot_id: str, keys: Sequence[str]
) -> None:
    """Take tags off (1 to 20). Raises CloudError."""
    named = _named(region, snapshot_id)
    await client.call(UNTAG_RESOURCES, region, {**named, "TagKey": list(keys)})


async def move_snapshot(client: Client, region: str, snapshot_id: str, group_id: str) -> None:
    """Move a snapshot into a resource group. Raises CloudError."""
    named = {**_named(region, snapshot_id), "ResourceId": snapshot_id}
    await client.call(JOIN_RESOURCE_GROUP, region, {**named, "ResourceGroupId": group_id})


async def tagged_snapshots(client: Client, region: str, tags: Tags) -> list[Snapshot]:
    """The snapshots that have all of the tags, 100 at most. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_SNAPSHOTS,
        region,
        {
            "RegionId": region,
            "Tag": [{"Key": key, "Value": value} for key, value in tags],
            "PageSize": PAGE,
        },
    )
    entries = listed(reply, "Snapshots", "Snapshot")
    return [_decode(entry) for entry in entries if entry.get("SnapshotId")]


async def every_snapshot(client: Client, region: str, tags: Mapping[str, str]) -> list[Snapshot]:
    """The snapshots that have all of the tags, each once, all pages. Raises CloudError.

    A tag with an empty value stands for every value of its key.
    """
    found: dict[str, Snapshot] = {}
    parameters: dict[str, Any] = {
        "RegionId": region,
        "Tag": tag_filters(tags.items()),
        "MaxResults": PAGE,
    }
    async for entry in listed_pages(
        client, DESCRIBE_SNAPSHOTS, region, parameters, "Snapshots", "Snapshot"
    ):
        if entry.get("SnapshotId"):
            one = _decode(entry)
            found[one.snapshot_id] = one
    return list(found.values())


async def images_of_snapshot(client: Client, region: str, snapshot_id: str) -> list[str]:
    """Ids of the images that use a snapshot, ten at most. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_IMAGES,
        region,
        {
            "RegionId": region,
            "SnapshotId": snapshot_id,
            "Status": EVERY_STATUS,
            "ImageOwnerAlias": "self",
            "PageSize": 10,
        },
    )
    return [str(entry["ImageId"]) for entry in listed(reply, "Images", "Image")]


async def describe_snapshots(
    client: Client, region: str, ids: Sequence[str]
) -> dict[str, Snapshot]:
    """Those of the snapshots (up to 100) that exist, by id. Raises CloudError."""
    reply = await client.call(
        DESCRIBE_SNAPSHOTS,
        region,
        {"RegionId": region, "SnapshotIds": json.dumps(list(ids[:PAGE])), "PageSize": PAGE},
    )
    entries = listed(reply, "Snapshots", "Snapshot")
    found = [_decode(entry) for entry in entries if entry.get("SnapshotId")]
    return {one.snapshot_id: one for one in found}


async def delete_snapshot(client: Client, region: str, snapshot_id: str) -> None:
    """Delete a snapshot that nothing was made from; never with Force. Raises CloudError."""
    await client.call(DELETE_SNAPSHOT, region, {"RegionId": region, "SnapshotId": snapshot_id})


def _decode(entry: Mapping[str, Any]) -> Snapshot:
    progress, remaining = entry.get("Progress"), entry.get("RemainTime")
    days = entry.get("RetentionDays")
    return Snapshot(
        str(entry["SnapshotId"]),
        str(entry.get("KMSKeyId") or ""),
        entry.get("Encrypted") is True,
        name=str(entry.get("SnapshotName") or ""),
        description=str(entry.get("Description") or ""),
        status=str(entry.get("Status") or ""),
        progress=percent_of(progress) if isinstance(progress, str) else None,
        remaining=remaining if isinstance(remaining, int) else None,
        created_at=seconds_of(str(entry.get("CreationTime") or "")),
        disk_id=str(entry.get("SourceDiskId") or ""),
        retention_days=days if isinstance(days, int) and days > 0 else None,
        resource_group=str(entry.get("ResourceGroupId") or ""),
        size=gib_of(entry.get("SourceDiskSize")),
        tags={
            tag["TagKey"]: tag.get("TagValue") or ""
            for tag in listed(entry, "Tags", "Tag")
            if tag.get("TagKey")
        },
    )


class _Batch(NamedTuple):
    """Ids that are looked at together, and the answer for all of them."""

    ids: set[str]
    answer: asyncio.Future[dict[str, Snapshot]]


class SnapshotLoader:
    """Looks at snapshots by id; looks of one moment in one region share a page. Nothing is kept."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._gathering: dict[str, _Batch] = {}
        self._fetching: set[asyncio.Task[None]] = set()

    async def look(self, region: str, ids: Sequence[str]) -> list[Snapshot]:
        """Those of an image's snapshots that exist; raises CloudError."""
        batch = self._gathering.get(region)
        if batch is None:
            loop = asyncio.get_running_loop()
            batch = self._gathering[region] = _Batch(set(), loop.create_future())
            # Two turns of the loop: whoever was woken by the same page of images has asked by then.
            loop.call_soon(loop.call_soon, self._ask, region)
        batch.ids.update(ids)
        found = await asyncio.shield(batch.answer)
        return [found[one] for one in ids if one in found]

    def _ask(self, region: str) -> None:
        fetch = asyncio.ensure_future(self._fetch(region, self._gathering.pop(region)))
        self._fetching.add(fetch)
        fetch.add_done_callback(self._fetching.discard)

    async def _fetch(self, region: str, batch: _Batch) -> None:
        ids = sorted(batch.ids)
        pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
        try:
            replies = await asyncio.gather(
                *(describe_snapshots(self._client, region, page) for page in pages)
            )
        except BaseException as error:
            batch.answer.set_exception(error)
            batch.answer.exception()  # seen: a caller that was cancelled will not ask for it
            if isinstance(error, Exception):
                return
            raise
        batch.answer.set_result({key: one for reply in replies for key, one in reply.items()})
