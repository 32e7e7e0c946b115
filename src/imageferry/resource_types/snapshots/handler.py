"""SnapshotHandler: makes a snapshot of a disk, reads, changes and removes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.snapshots import Snapshot
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    Symptom,
)
from imageferry.model.values import Value
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.notes import step_key
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.snapshots.changes import change_snapshot
from imageferry.resource_types.snapshots.making import make_snapshot, making_of
from imageferry.resource_types.snapshots.removal import remove_snapshot
from imageferry.resource_types.snapshots.wanted import read_wanted

_SYSTEM_TAGS: Final = ("acs:", "aliyun")
_HEALTHY: Final = "accomplished"


class SnapshotHandler:
    """The handler of snapshots; see `ports.Handler` for what it promises."""

    def __init__(self, cloud: ImageCloud) -> None:
        self._cloud = cloud

    async def create(self, request: HandlerRequest) -> Outcome:
        """CreateSnapshot, then wait until it is accomplished."""
        key, wanted = step_key(request.token), read_wanted(request.properties)
        if request.context.get("step", key) != key:
            request = replace(request, context={})
        return await make_snapshot(self._cloud, making_of(request, wanted, key), request)

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the snapshot: its properties as they are there, or NOT_FOUND."""
        snapshot_id, region = request.physical_id, request.region
        if snapshot_id is None:
            return Failed(ErrorCode.NOT_FOUND, "no snapshot is recorded")
        try:
            shown = await self._cloud.snapshots.look(region, [snapshot_id])
        except CloudError as error:
            return failed(error, request.context)
        if not shown:
            return Failed(ErrorCode.NOT_FOUND, f"the snapshot {snapshot_id} is not in {region}")
        (snapshot,) = shown
        well = snapshot.status in {"", _HEALTHY}
        return Done(
            snapshot_id,
            {"SnapshotId": snapshot_id},
            observed=_observed(snapshot),
            symptoms=() if well else (Symptom("status", _HEALTHY, snapshot.status),),
        )

    async def update(self, request: HandlerRequest) -> Outcome:
        """Change in place what ECS can change; the engine replaces for anything else."""
        # What somebody else has set since counts as set before: it is taken off again.
        wanted = read_wanted(request.properties)
        before = read_wanted({**request.previous, **request.observed})
        key = step_key(request.token)
        return await change_snapshot(self._cloud, wanted, before, request, key)

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Delete whatever this resource has made, finished or not, and wait until it is gone."""
        wanted = read_wanted(request.properties or request.previous)
        return await remove_snapshot(self._cloud, wanted, request, step_key(request.token))

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Nothing is ever left over: a snapshot is replaced by the engine."""
        return Done(request.physical_id)


def _observed(snapshot: Snapshot) -> dict[str, Value]:
    """What the cloud says of a snapshot; of its instant access it tells nothing that is to be relied on."""
    observed: dict[str, Value] = {
        "SnapshotName": snapshot.name or None,
        "Description": snapshot.description or None,
        "RetentionDays": snapshot.retention_days,
        "ResourceGroupId": snapshot.resource_group or None,
        "Tags": [
            {"Key": key, "Value": value}
            for key, value in snapshot.tags.items()
            if key != LINEAGE_KEY and not key.startswith(_SYSTEM_TAGS)
        ],
    }
    if snapshot.disk_id:
        observed["DiskId"] = snapshot.disk_id
    return observed
