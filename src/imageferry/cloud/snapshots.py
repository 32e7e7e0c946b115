"""Snapshot: what DescribeSnapshots says of one; looks in pages of up to 100 ids; DeleteSnapshot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from imageferry.cloud.client import Action, Client, listed

DESCRIBE_SNAPSHOTS: Final = Action("DescribeSnapshots", repeatable=True)
DELETE_SNAPSHOT: Final = Action("DeleteSnapshot", repeatable=False)
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot; `key_id` is empty where it is not encrypted or the cloud does not say."""

    snapshot_id: str
    key_id: str = ""
    is_encrypted: bool = False


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
    return Snapshot(
        str(entry["SnapshotId"]), str(entry.get("KMSKeyId") or ""), entry.get("Encrypted") is True
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
