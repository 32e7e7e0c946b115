"""Removing a snapshot that was made here, and whatever a lost call may have made; until it is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.snapshots import delete_snapshot, images_of_snapshot
from imageferry.model.handlers import Context, Done, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import CONFLICTS, GIVE_UP, again, failed, says
from imageferry.resource_types.handling.lineages import MOST_TAGS, VISIBILITY, noted_lineage
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.snapshots.making import Phase, find_snapshots
from imageferry.resource_types.snapshots.wanted import WantedSnapshot

_GONE: Final = "InvalidSnapshotId.NotFound"
# These end by themselves: the snapshot, or something that is made of it, is in the making.
_BUSY: Final = CONFLICTS | {
    "InvalidOperation.RelatedSnapshotNotFinished",
    "IncorrectDiskStatus.CreatingSnapshot",
}
_IMAGE_PATIENCE: Final = 120.0
"""Seconds for which an image that was just deleted may still count as a user of the snapshot."""
_DOUBT: Final = 8.0
"""Seconds for which a snapshot that should be there is looked for: one look may leave it out."""


async def remove_snapshot(
    cloud: ImageCloud, wanted: WantedSnapshot, request: HandlerRequest, key: str
) -> Done | Pending | Failed:
    """Bring the removal forward by one call at most, and by none unless it was announced."""
    context = request.context
    if context.get("step") != key or context.get("deletes") is not True:
        noted = _begin(request, key)
        if noted is None:
            return Done(request.physical_id)
        observes = noted["phase"] != Phase.DELETE
        return Pending(
            request.physical_id, 0.0, context=noted, observes=observes, status_says="deleting"
        )
    match context.get("phase"):
        case Phase.SEARCH:
            return await _search(cloud, wanted, request)
        case Phase.DELETING:
            return await _see_gone(cloud, request)
        case _:
            return await _delete(cloud, request)


def _begin(request: HandlerRequest, key: str) -> dict[str, Json] | None:
    """The notes of this step from those of an earlier one and the record; None: nothing was made."""
    former = request.context
    named = (text_note(former, "snapshot_id"), request.physical_id, *list_note(former, "targets"))
    targets = [one for one in dict.fromkeys(named) if one]
    at = number_note(former, "at", number_note(former, "since", request.made_at))
    in_doubt = former.get("phase") in {Phase.CREATE, Phase.LOOK, Phase.SEARCH}
    if not targets and not (in_doubt or not former):
        return None
    notes: dict[str, Json] = {
        "step": key,
        "deletes": True,
        "targets": targets,
        "at": request.now,
        "born": at if former.get("phase") == Phase.WAITING else None,
        "phase": Phase.DELETE,
    }
    if in_doubt or not targets:
        notes |= {
            "phase": Phase.SEARCH,
            "operation": text_note(former, "operation") or request.operation_id,
            "address": text_note(former, "address") or request.address,
            "began": number_note(former, "began", at),
            "until": max(at + VISIBILITY, number_note(former, "until", 0.0)),
        }
    return changed_notes(notes)


async def _search(
    cloud: ImageCloud, wanted: WantedSnapshot, request: HandlerRequest
) -> Done | Pending | Failed:
    """The id was never said: find the snapshot by its lineage, or be sure that there is none."""
    context, now = request.context, request.now
    until, targets = number_note(context, "until", now), list(list_note(context, "targets"))
    mine = noted_lineage(request, context) if len(wanted.tags) < MOST_TAGS else None
    began = number_note(context, "began", 0.0)
    try:
        found = await find_snapshots(cloud, request.region, wanted, mine, began)
    except CloudError as error:
        trouble = now - request.intended_at
        return look_again(cloud.client, error, request.physical_id, context, trouble, SEARCH_LIMIT)
    if mine is None and len(found) > 1:
        listed = ", ".join(one.snapshot_id for one in found)
        words = f"any of {listed} in {request.region} may be the snapshot: none is deleted"
        return Done(request.physical_id, notes=(words,))
    targets = list(dict.fromkeys([*targets, *(one.snapshot_id for one in found)]))
    if not found and now < until:
        what = "a snapshot that may have been begun"
        return still_looking(request.physical_id, until - now, context, what)
    if not targets:
        return Done(request.physical_id)
    notes = changed_notes(context, phase=Phase.DELETE, targets=targets, at=now, until=None)
    return Pending(request.physical_id, 0.0, context=notes, status_says="deleting")


async def _delete(cloud: ImageCloud, request: HandlerRequest) -> Done | Pending | Failed:
    """The announced DeleteSnapshot of the first that is left; never with Force."""
    context, now = request.context, request.now
    target = list_note(context, "targets")[0]
    trouble = now - number_note(context, "at", now)
    client = cloud.client.confirmed(request.confirm)
    try:
        await delete_snapshot(client, request.region, target)
    except CloudError as error:
        if error.code == _GONE:
            # Not shown yet, or gone: the looks that follow tell which.
            return _deleting(request, context, "deleting")
        if error.is_passing or error.code in _BUSY:
            if trouble > GIVE_UP:
                return await _kept_busy(cloud, request, target, error)
            return again(cloud.client, error, request.physical_id, context, trouble)
        return await _held(cloud, request, target, error, trouble)
    return _deleting(request, changed_notes(context, asked=now), "deleting")


async def _held(
    cloud: ImageCloud, request: HandlerRequest, target: str, error: CloudError, trouble: float
) -> Pending | Failed:
    """The cloud keeps it, as something was made of it: who that is, and how to be rid of it."""
    words = says(error)
    if error.code == "SnapshotCreatedImage":
        try:
            users = await images_of_snapshot(cloud.client, request.region, target)
        except CloudError:
            users = []
        if not users and trouble <= _IMAGE_PATIENCE:
            pending = again(cloud.client, error, request.physical_id, request.context, trouble)
            return replace(pending, status_says="waiting for an image made of it to be gone")
        if users:
            words += f"; used by {', '.join(users)}; delete the image first, or retain the snapshot"
    elif error.code == "SnapshotCreatedDisk":
        words += (
            "; disks were made of it: release them, or delete it with Force in the cloud's console"
        )
    return failed(error, request.context, message=words)


async def _kept_busy(
    cloud: ImageCloud, request: HandlerRequest, target: str, error: CloudError
) -> Failed:
    """What is made of it, or with it, does not come to an end: who that is, as far as it is told."""
    words = says(error)
    if error.code in _BUSY:
        try:
            users = await images_of_snapshot(cloud.client, request.region, target)
        except CloudError:
            users = []
        held = (
            f"held by {', '.join(users)}" if users else "something is still made of it or with it"
        )
        words += f"; {held} after an hour; delete again when that has ended, or retain the snapshot"
    # The next step begins its hour anew.
    return failed(error, request.context, message=words)


def _deleting(request: HandlerRequest, context: Context, status: str) -> Pending:
    return Pending(
        request.physical_id,
        0.25,
        context=changed_notes(context, phase=Phase.DELETING, since=request.now, missing=None),
        observes=True,
        status_says=status,
    )


async def _see_gone(cloud: ImageCloud, request: HandlerRequest) -> Done | Pending | Failed:
    """Look whether it is gone; one that was not yet shown when it was asked to go is asked again."""
    context, now = request.context, request.now
    target, *others = list_note(context, "targets")
    since = number_note(context, "since", now)
    try:
        shown = await cloud.snapshots.look(request.region, [target])
    except CloudError as error:
        return look_again(cloud.client, error, request.physical_id, context, now - since)
    asked = "asked" in context
    if shown:
        if asked and now - since < VISIBILITY:
            pause = max(0.25, min(15.0, (now - since) / 4))
            return Pending(
                request.physical_id, pause, context=context, observes=True, status_says="deleting"
            )
        pressing = changed_notes(context, phase=Phase.DELETE, asked=None)
        return Pending(request.physical_id, 0.0, context=pressing, status_says="deleting")
    missing = number_note(context, "missing", now)
    hidden_until = max(number_note(context, "born", 0.0) + VISIBILITY, missing + _DOUBT)
    if not asked and now < hidden_until and _may_be_there(context, now):
        notes = changed_notes(context, missing=missing)
        pause = max(0.25, min(15.0, (now - missing) / 4))
        return Pending(
            request.physical_id, pause, context=notes, observes=True, status_says="not shown"
        )
    if not others:
        return Done(request.physical_id)
    notes = changed_notes(
        context, phase=Phase.DELETE, targets=others, at=now, asked=None, missing=None
    )
    return Pending(request.physical_id, 0.0, context=notes, status_says="deleting")


def _may_be_there(context: Context, now: float) -> bool:
    """True for one so young that it may only not be shown yet."""
    return "born" in context and now < number_note(context, "born", 0.0) + VISIBILITY
