"""The snapshots that deleted copies leave: noted, deleted one announced call at a time, or named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.cloud.snapshots import delete_snapshot
from imageferry.model.handlers import Context, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, says
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.notes import Whose

SWEEP_NOTES: Final = frozenset(
    {"snapshots", "ours", "unmade", "gone", "swept", "kept", "sweep", "tried"}
)
"""What a removal notes of snapshots: those of each image, the images that were made here, those that
were never made whole, the images that are gone, and of each snapshot that it is deleted, kept and
why, next, since when tried."""

_CLOCK_DIFFERENCE: Final = 900.0
_NOT_THERE: Final = "InvalidSnapshotId.NotFound"
# ECS reference, DeleteSnapshot: what ends by itself, and for how long (seconds) that is waited for.
# An image that has just gone may still count as made from its snapshots.
_ENDS: Final[Mapping[str, float]] = {
    "SnapshotCreatedImage": 60.0,
    "InvalidOperation.RelatedSnapshotNotFinished": 1800.0,
    "Operation.Conflict": 600.0,
    "OperationConflict": 600.0,
}
_BETWEEN: Final = 5.0
_USED: Final[Mapping[str, str]] = {
    "SnapshotCreatedImage": "another image was made from it",
    "SnapshotCreatedDisk": "a disk was made from it",
}
_NOT_OURS: Final = "its image was not made here"
_UNMADE: Final = frozenset({"CreateFailed", "UnAvailable"})
_STAY: Final = "the cloud keeps the snapshots of deleted images, and bills them"


class Behind(NamedTuple):
    """The snapshots behind one image; no image id where an older record did not keep it."""

    region: str
    image_id: str
    ids: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name of its notes."""
        return f"{self.region}/{self.image_id}"


def noted_snapshots(context: Context) -> tuple[Behind, ...]:
    """What a removal has noted of snapshots; its older form knew only their region."""
    noted = context.get("snapshots")
    found = []
    for key, listed in (noted if isinstance(noted, Mapping) else {}).items():
        region, _, image_id = key.partition("/")
        if isinstance(listed, list | tuple):
            ids = tuple(one for one in listed if isinstance(one, str))
            found.append(Behind(region, image_id, ids))
    return tuple(found)


def with_snapshots(
    context: Context,
    region: str,
    image: Image,
    request: HandlerRequest,
    *,
    whose: Whose = Whose.COPIED,
) -> Context:
    """The notes with an image's snapshots, which stay when it goes, and whether it is ours.

    An image that was there before its resource was begun was taken in, and its snapshots belong to
    whoever made it. A copy has snapshots of its own; what is no copy has them where `whose` says so.
    """
    if not image.snapshots or (whose is Whose.GIVEN and not image.is_copied):
        return context
    known = context.get("snapshots")
    former = known if isinstance(known, Mapping) else {}
    behind = Behind(region, image.image_id, image.snapshots)
    before = former.get(behind.key)
    merged = [*(before if isinstance(before, list | tuple) else ()), *image.snapshots]
    ours = list_note(context, "ours")
    came_along = image.is_copied or whose is Whose.MADE
    if came_along and _was_made_here(image, request) and behind.key not in ours:
        ours = (*ours, behind.key)
    unmade = list_note(context, "unmade")
    if image.status in _UNMADE and behind.key not in unmade:
        unmade = (*unmade, behind.key)
    return changed_notes(
        context,
        snapshots={**former, behind.key: list(dict.fromkeys(merged))},
        ours=list(ours) or None,
        unmade=list(unmade) or None,
    )


def _was_made_here(image: Image, request: HandlerRequest) -> bool:
    if image.created_at is None or request.made_at <= 0:
        return False
    return image.created_at >= request.made_at - _CLOCK_DIFFERENCE


# --- deleting them --------------------------------------------------------------------------------


async def sweep(
    cloud: ImageCloud, request: HandlerRequest, physical_id: str | None, base: Context
) -> Pending | Context:
    """Delete the next snapshot, if it was announced, and announce the one after it.

    The notes once there is none left: each is deleted, was gone, or is kept with a reason.
    """
    context = changed_notes(request.context, **base)
    following = _next(context)
    if following is None:
        return changed_notes(context, sweep=None, tried=None)
    if text_note(context, "sweep") != "/".join(following):
        return _announce(context, following, physical_id, request.now)
    region, snapshot_id = following
    trouble = request.now - number_note(context, "tried", request.now)
    swept: list[str] = [*list_note(context, "swept")]
    kept: dict[str, Json] = dict(_kept(context))
    try:
        await delete_snapshot(cloud.client, region, snapshot_id)
        swept.append(snapshot_id)
    except CloudError as error:
        if error.is_passing and trouble <= GIVE_UP:
            return again(cloud.client, error, physical_id, context, trouble)
        if trouble < _ENDS.get(error.code, 0.0):
            words = f"waiting to delete {snapshot_id}: {error.code}"
            return Pending(physical_id, _BETWEEN, context=context, status_says=words)
        if error.code == _NOT_THERE:
            swept.append(snapshot_id)
        else:
            kept[snapshot_id] = _USED.get(error.code) or says(error)
    context = changed_notes(context, swept=swept or None, kept=kept or None)
    following = _next(context)
    if following is None:
        return changed_notes(context, sweep=None, tried=None)
    return _announce(context, following, physical_id, request.now)


def _announce(
    context: Context, following: tuple[str, str], physical_id: str | None, now: float
) -> Pending:
    notes = changed_notes(context, sweep="/".join(following), tried=now)
    return Pending(physical_id, 0.0, context=notes, status_says="deleting snapshots")


def _next(context: Context) -> tuple[str, str] | None:
    """The next snapshot to be deleted, with its region; never one of an image that is not ours."""
    ours = list_note(context, "ours")
    settled = {*list_note(context, "swept"), *_kept(context)}
    for behind in noted_snapshots(context):
        if behind.key in ours:
            for snapshot_id in behind.ids:
                if snapshot_id not in settled:
                    return behind.region, snapshot_id
    return None


def _kept(context: Context) -> dict[str, str]:
    found = context.get("kept")
    if not isinstance(found, Mapping):
        return {}
    return {key: why for key, why in found.items() if isinstance(why, str)}


# --- naming what stays ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of snapshots in the end: sentences, and what stays as `Done.remains` has it."""

    notes: tuple[str, ...] = ()
    remains: tuple[Context, ...] = ()


async def tell_snapshots(cloud: ImageCloud, context: Context, *, sweeps: bool) -> Told:
    """Name the snapshots that are deleted, and those that stay; `sweeps`: they were to go."""
    notes: list[str] = []
    remains: list[Context] = []
    swept = list_note(context, "swept")
    for region, ids in _by_region(noted_snapshots(context), swept):
        is_one = len(ids) == 1
        notes.append(f"{_named(region, ids)} {'is' if is_one else 'are'} deleted")
    for behind in noted_snapshots(context):
        left = [one for one in behind.ids if one not in swept]
        # Whether a copy leaves any that was cancelled, or has failed, is not published.
        if context.get("cancelled") is True or behind.key in list_note(context, "unmade"):
            left = await _still_there(cloud, behind.region, left)
        for why, ids in _by_reason(context, behind, left, sweeps=sweeps):
            notes.append(_sentence(behind.region, ids, why))
            told = {"kind": "snapshot", "region": behind.region, "of": behind.image_id}
            remains.append({**told, "ids": list(ids), **({"why": why} if why else {})})
    return Told(tuple(notes), tuple(remains))


def _by_region(noted: Sequence[Behind], chosen: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    for region in dict.fromkeys(one.region for one in noted):
        ids = [one for behind in noted if behind.region == region for one in behind.ids]
        wanted = [one for one in ids if one in chosen]
        if wanted:
            yield region, wanted


async def _still_there(cloud: ImageCloud, region: str, ids: Sequence[str]) -> list[str]:
    try:
        return [one.snapshot_id for one in await cloud.snapshots.look(region, ids)] if ids else []
    except CloudError:
        return list(ids)


def _by_reason(
    context: Context, behind: Behind, left: Sequence[str], *, sweeps: bool
) -> Iterator[tuple[str, list[str]]]:
    """The snapshots that stay, by why they do; no reason where nobody wanted them gone."""
    kept = _kept(context)
    reasons: dict[str, list[str]] = {}
    for one in left:
        why = kept.get(one, _NOT_OURS) if sweeps else ""
        reasons.setdefault(why, []).append(one)
    yield from reasons.items()


def _sentence(region: str, ids: Sequence[str], why: str) -> str:
    stays = "stays" if len(ids) == 1 else "stay"
    return f"{_named(region, ids)} {stays}: {why or _STAY}"


def _named(region: str, ids: Sequence[str]) -> str:
    return f"snapshot{'' if len(ids) == 1 else 's'} {', '.join(ids)} in {region}"
