"""Making one snapshot: CreateSnapshot with its token, looking for it where in doubt, and waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.snapshots import (
    Snapshot,
    SnapshotRequest,
    create_snapshot,
    tagged_snapshots,
)
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import (
    GIVE_UP,
    STILL_RUNNING,
    TOKEN_FORGOTTEN,
    again,
    failed,
    says,
    sentenced,
    verdict_note,
)
from imageferry.resource_types.handling.lineages import (
    LINEAGE_KEY,
    MOST_TAGS,
    TOKEN_TRUST,
    VISIBILITY,
    lineage,
    origin_notes,
)
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.snapshots.wanted import WantedSnapshot


class Phase(StrEnum):
    """Where a step stands; CREATE, DELETE and ADJUST announce a call, the others only look."""

    CREATE = "create"
    LOOK = "look"
    WAITING = "waiting"
    REFUSED = "refused"
    SEARCH = "search"
    DELETE = "delete"
    DELETING = "deleting"
    ADJUST = "adjust"


# The cloud makes one snapshot of a disk at a time; both end by themselves.
_BUSY: Final = frozenset({"IncorrectDiskStatus.CreatingSnapshot", "DiskCreatingSnapshot"})
_DENIAL_PATIENCE: Final = 900.0
_CLOCK_DIFFERENCE: Final = 900.0
_SHORTEST: Final = 0.25
_LONGEST: Final = 75.0


@dataclass(frozen=True, slots=True)
class Making:
    """One snapshot to be made: what is wanted, its lineage, and the notes that all answers carry."""

    wanted: WantedSnapshot
    lineage: str | None
    base: Context


def making_of(request: HandlerRequest, wanted: WantedSnapshot, key: str) -> Making:
    """The snapshot of a request; without a lineage where the user's own tags leave no room."""
    full = len(wanted.tags) >= MOST_TAGS
    mine = lineage(request.installation, request.operation_id, request.address)
    base: dict[str, Json] = {"step": key, "began": request.intended_at, **origin_notes(request)}
    return Making(wanted, None if full else mine, base)


async def make_snapshot(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring one snapshot forward from where the notes say it stands."""
    match request.context.get("phase"):
        case Phase.LOOK:
            until = number_note(request.context, "until", request.now)
            return await _look(cloud, making, request, until)
        case Phase.WAITING:
            return await _observe(cloud, making, request)
        case _:
            return await _start(cloud, making, request)


async def _start(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Done | Pending | Failed:
    """CreateSnapshot, or a look first where its token is too old to be trusted."""
    context, now, wanted = request.context, request.now, making.wanted
    if request.uncertain and not context:
        return await _look(cloud, making, request, max(request.visible_by, now))
    if context and now - number_note(context, "at", now) >= TOKEN_TRUST:
        return await _look(cloud, making, request, now + VISIBILITY)
    tags = wanted.tags
    if making.lineage is not None:
        tags = (*tags, (LINEAGE_KEY, making.lineage))
    asked = SnapshotRequest(
        region=request.region,
        disk_id=wanted.disk_id,
        client_token=request.token,
        name=wanted.name,
        description=wanted.description,
        retention_days=wanted.retention_days,
        instant_access=wanted.instant_access,
        instant_days=wanted.instant_days,
        resource_group=wanted.resource_group,
        tags=tags,
    )
    try:
        snapshot_id = await create_snapshot(cloud.client, asked)
    except CloudError as error:
        return await _not_started(cloud, making, request, error)
    return _begun(making, snapshot_id, now)


def _begun(making: Making, snapshot_id: str, now: float, *notes: str) -> Pending:
    context = changed_notes(making.base, phase=Phase.WAITING, snapshot_id=snapshot_id, at=now)
    return Pending(
        snapshot_id,
        _SHORTEST,
        progress=0,
        context=context,
        observes=True,
        status_says="the snapshot has begun",
        notes=notes,
    )


async def _not_started(
    cloud: ImageCloud, making: Making, request: HandlerRequest, error: CloudError
) -> Done | Pending | Failed:
    context, now = request.context, request.now
    at = number_note(context, "at", request.intended_at)
    since = number_note(context, "since", at)
    lost = context.get("lost") is True or error.may_have_worked
    trouble = now - since
    # Once no earlier call can have worked, the token counts from the next one on.
    fresh = not lost and now - at > VISIBILITY
    notes = changed_notes(
        making.base, phase=Phase.CREATE, at=now if fresh else at, since=since, lost=lost or None
    )
    if error.is_passing or error.code in STILL_RUNNING:
        if trouble > GIVE_UP:
            return failed(error, notes)
        return again(cloud.client, error, None, notes, trouble)
    if error.code in _BUSY and trouble <= making.wanted.timeout:
        pending = again(cloud.client, error, None, notes, trouble)
        return replace(pending, status_says="waiting for another snapshot of the disk")
    if lost or request.repeated or error.code in TOKEN_FORGOTTEN:
        # This answer is no word on the earlier call: what that one may have made is looked for.
        until = max(request.visible_by, at + VISIBILITY)
        return await _look(cloud, making, request, until, refusal=error)
    return failed(error, changed_notes(making.base, phase=Phase.REFUSED))


async def _look(
    cloud: ImageCloud,
    making: Making,
    request: HandlerRequest,
    until: float,
    *,
    refusal: CloudError | None = None,
) -> Done | Pending | Failed:
    """Look for the snapshot that may be there; call again only when `until` has passed without."""
    context, now = request.context, request.now
    since = number_note(context, "since", number_note(context, "at", request.intended_at))
    verdict = context.get("verdict")
    if refusal is not None:
        # The cloud may repeat what it was told, and notes are kept as they are.
        verdict = verdict_note(refusal, masked(says(refusal), making.wanted.secrets))
    notes = changed_notes(making.base, phase=Phase.LOOK, until=until, since=since, verdict=verdict)
    try:
        found = await find_snapshots(cloud, request.region, making.wanted, making.lineage, since)
    except CloudError as error:
        return look_again(cloud.client, error, None, notes, now - since, SEARCH_LIMIT)
    if found:
        told = f"found {found[0].snapshot_id}, the snapshot that was begun before"
        return _begun(making, found[0].snapshot_id, now, told)
    if now < until:
        return still_looking(None, until - now, notes, "a snapshot that was begun before")
    if isinstance(verdict, Mapping):
        return sentenced(verdict, changed_notes(making.base, phase=Phase.REFUSED))
    announced = changed_notes(making.base, phase=Phase.CREATE, at=now, since=since)
    return Pending(None, 0.0, context=announced, status_says="not found")


async def find_snapshots(
    cloud: ImageCloud, region: str, wanted: WantedSnapshot, mine: str | None, since: float
) -> list[Snapshot]:
    """The snapshots that an intent has made, the newest first; raises CloudError.

    By the lineage tag; where the user's own tags left no room for it, by all of those, disk and name.
    """
    tags = wanted.tags if mine is None else ((LINEAGE_KEY, mine),)
    found = [
        one
        for one in await tagged_snapshots(cloud.client, region, tags)
        if (one.created_at is None or one.created_at >= since - _CLOCK_DIFFERENCE)
        and one.disk_id in {"", wanted.disk_id}
        and (
            mine is not None
            or (one.name == (wanted.name or one.name) and LINEAGE_KEY not in one.tags)
        )
    ]
    return sorted(found, key=lambda one: one.created_at or 0.0, reverse=True)


# --- waiting --------------------------------------------------------------------------------------


async def _observe(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Done | Pending | Failed:
    """Look at the snapshot; nothing but its own end, or the time limit, ends the wait."""
    context, now, region = request.context, request.now, request.region
    snapshot_id = text_note(context, "snapshot_id") or ""
    elapsed = now - number_note(context, "at", now)
    try:
        shown = await cloud.snapshots.look(region, [snapshot_id])
    except CloudError as error:
        if not error.is_passing and elapsed > _DENIAL_PATIENCE:
            return failed(error, context)
        return again(cloud.client, error, snapshot_id, context, elapsed, observes=True)
    if not shown:
        return _not_shown(request, snapshot_id)
    (snapshot,) = shown
    if snapshot.status == "accomplished":
        return _accomplished(making, request, snapshot)
    progress = "" if snapshot.progress is None else f" at {snapshot.progress}%"
    if snapshot.status == "failed":
        words = f"the snapshot {snapshot_id} in {region} has failed{progress}"
        return Failed(ErrorCode.NOT_STABILIZED, words, context=context, cloud_code="failed")
    left = making.wanted.timeout - elapsed
    if left <= 0:
        words = (
            f"the snapshot {snapshot_id} in {region} was not finished within"
            f" {making.wanted.timeout / 60:g} min (Timeout); it is {snapshot.status}{progress}"
        )
        return Failed(ErrorCode.NOT_STABILIZED, words, context=context)
    remaining = _estimate(snapshot, elapsed)
    pause = _SHORTEST + elapsed / 4 if remaining is None else remaining / 4
    return Pending(
        snapshot_id,
        max(_SHORTEST, min(_LONGEST, pause, left)),
        progress=snapshot.progress,
        context=changed_notes(context, missing=None),
        observes=True,
        status_says=f"progressing{progress.replace(' at', '')}",
        remaining=remaining,
    )


def _accomplished(making: Making, request: HandlerRequest, snapshot: Snapshot) -> Done | Pending:
    """Done once it shows the tags that it was made with, which may come a while later."""
    context, now = request.context, request.now
    missing = [key for key, value in making.wanted.tags if snapshot.tags.get(key) != value]
    since = number_note(context, "ended", now)
    if not missing or now - since >= VISIBILITY:
        words = f"{snapshot.snapshot_id} does not show all of its tags"
        attributes = {"SnapshotId": snapshot.snapshot_id}
        return Done(snapshot.snapshot_id, attributes, notes=(words,) if missing else ())
    return Pending(
        snapshot.snapshot_id,
        max(_SHORTEST, min(15.0, (now - since) / 4)),
        progress=100,
        context=changed_notes(context, ended=since),
        observes=True,
        status_says="accomplished, its tags not shown yet",
    )


def _estimate(snapshot: Snapshot, elapsed: float) -> float | None:
    if snapshot.remaining:
        return float(snapshot.remaining)
    if not snapshot.progress:
        return None
    return elapsed * (100 - snapshot.progress) / snapshot.progress


def _not_shown(request: HandlerRequest, snapshot_id: str) -> Pending | Failed:
    """A new snapshot is not shown at once; one that stays hidden too long is gone."""
    context, now = request.context, request.now
    missing = number_note(context, "missing", now)
    if now - missing >= VISIBILITY:
        words = (
            f"the snapshot {snapshot_id} has not been shown in {request.region} for"
            f" {VISIBILITY / 60:.0f} min; it was deleted"
        )
        return Failed(ErrorCode.NOT_FOUND, words, context=context)
    return Pending(
        snapshot_id,
        max(_SHORTEST, min(15.0, (now - missing) / 4)),
        context=changed_notes(context, missing=missing),
        observes=True,
        status_says="not shown yet",
    )
