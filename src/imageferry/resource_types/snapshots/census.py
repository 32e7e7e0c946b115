"""SnapshotCensus: the snapshots of an account that carry a lineage, region by region; their removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cloud.snapshots import Snapshot, every_snapshot
from imageferry.model.handlers import Context
from imageferry.ports.traces import Trace, TraceRemoval
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.notes import step_key
from imageferry.resource_types.handling.traces import (
    Found,
    kept_or_gone,
    removal_of,
    removal_request,
    trace_of,
)
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.snapshots.removal import remove_snapshot
from imageferry.resource_types.snapshots.wanted import read_wanted

SNAPSHOT: Final = "snapshot"


class SnapshotCensus:
    """Finds snapshots by their lineage, and deletes them as their type does: never with Force."""

    def __init__(self, cloud: ImageCloud) -> None:
        self._cloud = cloud

    async def traces(self, region: str) -> Sequence[Trace]:
        """Every snapshot of a region with a lineage, in every status; raises CloudError."""
        found = await every_snapshot(self._cloud.client, region, {LINEAGE_KEY: ""})
        return [trace for one in found if (trace := _trace(region, one)) is not None]

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Delete the snapshot, then see that it is gone; by one call at most."""
        if not notes:
            end = await kept_or_gone(trace, self._look(trace), _trace)
            if end is not None:
                return end
        request = removal_request(trace, notes, now)
        key = step_key(request.token)
        return removal_of(await remove_snapshot(self._cloud, read_wanted({}), request, key))

    async def _look(self, trace: Trace) -> Snapshot | None:
        shown = await self._cloud.snapshots.look(trace.region, [trace.thing_id])
        return shown[0] if shown else None


def _trace(region: str, snapshot: Snapshot) -> Trace | None:
    found = Found(
        snapshot.snapshot_id,
        snapshot.tags,
        name=snapshot.name,
        status=snapshot.status,
        created_at=snapshot.created_at,
        size=snapshot.size,
        is_whole=snapshot.status == "accomplished",
        is_under_way=snapshot.status == "progressing",
    )
    return trace_of(SNAPSHOT, region, found)
