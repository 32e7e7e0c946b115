"""Removing images that were made here: cancel or delete, then wait until they are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imageferry.cloud.ecs import (
    accounts_of_image,
    cancel_copy_image,
    delete_image,
    instances_of_image,
)
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import CONFLICTS, GIVE_UP, again, failed, says
from imageferry.resource_types.handling.lineages import VISIBILITY
from imageferry.resource_types.handling.looks import look_again
from imageferry.resource_types.handling.moments import snapped
from imageferry.resource_types.handling.notes import changed_notes, list_note, number_note
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.imports import stop_import
from imageferry.resource_types.image_copies.notes import Phase, Target, Whose, target_notes
from imageferry.resource_types.image_copies.snapshots import (
    SWEEP_NOTES,
    noted_snapshots,
    sweep,
    tell_snapshots,
    with_snapshots,
)
from imageferry.resource_types.image_copies.watches import (
    STALLED_AFTER,
    estimate,
    poll_after,
    see,
    stalled_for,
)

_UNFINISHED: Final = frozenset({"Creating", "Waiting"})
# These end by themselves: another copy of the image, an import or an export is running.
_BUSY: Final = CONFLICTS | {
    "OperationDenied.ImageCopying",
    "ImageIsExporting",
    "InvalidStatus.ImageIsCreating",
    "IncorrectImageStatus",
}
_CANNOT_CANCEL: Final = frozenset({"CancelNotSupported", "ImageCreatedNotFromCopy"})
# What is no copy cannot be cancelled by its image's id: an import is a task of its own, and the end of
# everything else is waited for.
_BEING_CREATED: Final = "ImageIsCreating"
_BEING_IMPORTED: Final = "ImageIsImporting"
_GONE: Final = "InvalidImageId.NotFound"
_DOUBT: Final = 8.0
"""Seconds for which an image that should be there is looked for: a single look may leave it out.

It is also what a deletion takes longer whose process died behind its call: that a call was announced
does not say that it was sent. A blind second one, whose answer would say, is not worth it: only from
an image that is shown can the snapshots behind it be noted before it goes.
"""


_FRESH: Final = 30.0
"""Seconds for which a look at an image counts that was made to announce its end."""
_SOON: Final = 0.25
"""Seconds within which it is looked whether a deleted image is gone, together with others."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Images to be removed.

    `acting` and `looking` are the phases that announce the next call and that only wait; `base`
    are notes that every context keeps. `force` deletes although instances use it. `born` is when
    the youngest of them was begun: until it must have become visible, not being shown does not
    mean being gone. `deadline` (seconds since 1970) ends the wait. `sweeps`: the snapshots that they
    leave go as well, as far as they were made here, which `whose` tells of what is no copy.
    """

    targets: tuple[Target, ...]
    base: Context
    acting: Phase = Phase.REMOVE
    looking: Phase = Phase.REMOVING
    physical_id: str | None = None
    force: bool = False
    born: float = 0.0
    deadline: float | None = None
    sweeps: bool = False
    whose: Whose = Whose.COPIED


@dataclass(frozen=True, slots=True)
class Removed:
    """All are gone; `notes` and `remains` name the snapshots that stay."""

    notes: tuple[str, ...] = ()
    remains: tuple[Context, ...] = ()


async def remove_images(
    cloud: ImageCloud, removal: Removal, request: HandlerRequest, *, may_act: bool
) -> Removed | Pending | Failed:
    """Bring the removal forward by one call at most, and by none unless it was announced."""
    now, context = request.now, request.context
    since = number_note(context, "at", now)
    asked = _asked(context)
    if list_note(context, "gone") == tuple(target_notes(removal.targets)):
        return await _all_gone(cloud, removal, request)
    announced = _announced(cloud, removal, now) if may_act and not asked else None
    if announced is not None:
        return await _act(cloud, removal, request, *announced, since, asked)
    try:
        looks = await asyncio.gather(
            *(cloud.loader.look(region, image_id) for region, image_id in removal.targets)
        )
    except CloudError as error:
        notes = _notes(removal, context, since, asked, removal.looking)
        return look_again(cloud.client, error, removal.physical_id, notes, now - since)
    pairs = list(zip(removal.targets, looks, strict=True))
    shown = [(region, image) for (region, _), image in pairs if image is not None]
    hidden = [image_id for (_, image_id), image in pairs if image is None]
    if not shown:
        doubts = [_may_be_hidden(cloud, removal, one, asked, now) for one in hidden]
        if not any(doubts):
            return await _all_gone(cloud, removal, request)
        return _wait(cloud, removal, context, since, asked, None, now, "not shown yet")
    if removal.deadline is not None and now >= removal.deadline:
        names = ", ".join(f"{image.image_id} in {region}" for region, image in shown)
        return Failed(
            ErrorCode.NOT_STABILIZED,
            f"{names} is not gone within the time limit",
            context=_notes(removal, context, since, asked, removal.acting),
        )
    for region, image in shown:
        context = with_snapshots(context, region, image, request, whose=removal.whose)
    if context.get("snapshots") != request.context.get("snapshots"):
        # Once the image is gone nobody can say any longer what stood behind it, and a process that
        # dies behind the call would be the only one that knew.
        notes = _notes(removal, context, since, asked, removal.acting)
        return _announce(cloud, removal, shown, notes, now)
    refused = list_note(context, "uncancellable")
    for region, image in shown:
        running = image.status in _UNFINISHED
        if running and image.image_id in refused:
            continue
        if image.image_id in asked and now - asked[image.image_id] < VISIBILITY:
            continue
        if not may_act:
            notes = _notes(removal, context, since, asked, removal.acting)
            return _announce(cloud, removal, shown, notes, now)
        return await _act(cloud, removal, request, region, image, since, asked)
    says_status = _says_waiting(shown[0][1]) if refused else "deleting"
    return _wait(cloud, removal, context, since, asked, shown[0], now, says_status)


def _announce(
    cloud: ImageCloud,
    removal: Removal,
    shown: Sequence[tuple[str, Image]],
    notes: Context,
    now: float,
) -> Pending:
    for _, image in shown:
        if image.status not in _UNFINISHED:
            cloud.watches.watch(image.image_id, now).finished = (now, image)
    return Pending(removal.physical_id, 0.0, context=notes, status_says="deleting")


def _announced(cloud: ImageCloud, removal: Removal, now: float) -> tuple[str, Image] | None:
    """The one image that was just seen, and whose end is announced: no second look is needed.

    What has been made stays made, and its id is never given to another image.
    """
    if len(removal.targets) != 1 or (removal.deadline is not None and now >= removal.deadline):
        return None
    region, image_id = removal.targets[0]
    watch = cloud.watches.watch(image_id, now)
    seen, watch.finished = watch.finished, None
    return None if seen is None or now - seen[0] > _FRESH else (region, seen[1])


def _asked(context: Context) -> dict[str, float]:
    found = context.get("asked")
    if not isinstance(found, Mapping):
        return {}
    return {key: at for key, at in found.items() if isinstance(at, int | float)}


def _notes(
    removal: Removal,
    context: Context,
    since: float,
    asked: Mapping[str, float],
    phase: Phase,
) -> dict[str, Json]:
    return changed_notes(
        removal.base,
        phase=phase,
        at=since,
        targets=target_notes(removal.targets),
        asked=dict(asked) or None,
        uncancellable=context.get("uncancellable"),
        cancelled=context.get("cancelled"),
        stalled=context.get("stalled"),
        importing=context.get("importing"),
        **{name: context[name] for name in SWEEP_NOTES if name in context},
    )


def _may_be_hidden(
    cloud: ImageCloud, removal: Removal, image_id: str, asked: Mapping[str, float], now: float
) -> bool:
    """True where an image that is not shown, and was not asked to go, may be there all the same.

    The doubt lasts from the first look that left it out: until then no look may have come through.
    """
    watch = cloud.watches.watch(image_id, now)
    since = watch.missing_since = now if watch.missing_since is None else watch.missing_since
    return image_id not in asked and now < max(removal.born + VISIBILITY, since + _DOUBT)


def _wait(
    cloud: ImageCloud,
    removal: Removal,
    context: Context,
    since: float,
    asked: Mapping[str, float],
    shown: tuple[str, Image] | None,
    now: float,
    status: str,
) -> Pending:
    watches = [cloud.watches.watch(image_id, now) for _, image_id in removal.targets]
    # Where a look has left something out, the next ones come soon after it: several must agree.
    waited = now - since
    if shown is None:
        waited = now - max((one.missing_since or now for one in watches), default=now)
    pause = max(0.25, min(15.0, waited / 4))
    progress = None
    if shown is not None and shown[1].status in _UNFINISHED:
        region, image = shown
        watch = cloud.watches.watch(image.image_id, now)
        watch.is_made = not image.is_copied
        see(cloud.watches, watch, region, image, now)
        remaining = estimate(cloud.watches, watch, region, image, now)
        pause = poll_after(cloud.watches, watch, region, image, remaining, now)
        progress = image.progress
    if removal.deadline is not None:
        pause = max(0.25, min(pause, removal.deadline - now))
    pending = Pending(
        removal.physical_id,
        pause,
        progress=progress,
        context=_notes(removal, context, since, asked, removal.looking),
        observes=True,
        status_says=status,
    )
    return pending if shown is None else _telling_stall(cloud, pending, *shown, now)


def _says_waiting(image: Image) -> str:
    return f"waiting for the {'copy' if image.is_copied else 'image'} to end, to delete it"


def _telling_stall(
    cloud: ImageCloud, pending: Pending, region: str, image: Image, now: float
) -> Pending:
    """The wait with a note, once, where nothing has changed for long: it may never end by itself."""
    watch = cloud.watches.watch(image.image_id, now)
    idle = stalled_for(watch, now)
    if image.status not in _UNFINISHED:
        idle = now - watch.changed_at if now - watch.changed_at >= STALLED_AFTER else None
    if idle is None:
        return pending
    minutes = f"no change for {idle / 60:.0f} min"
    words = f"removing {image.image_id} in {region} looks stalled: {pending.status_says}, {minutes}"
    is_told = pending.context.get("stalled") is True
    return replace(
        pending,
        context=changed_notes(pending.context, stalled=True),
        status_says=f"{pending.status_says}, {minutes}",
        notes=pending.notes if is_told else (*pending.notes, words),
    )


async def _act(
    cloud: ImageCloud,
    removal: Removal,
    request: HandlerRequest,
    region: str,
    image: Image,
    since: float,
    asked: Mapping[str, float],
) -> Pending | Failed:
    now, image_id = request.now, image.image_id
    context = with_snapshots(request.context, region, image, request, whose=removal.whose)
    cancels = image.status in _UNFINISHED and image.is_copied
    imports = image_id in list_note(context, "importing") and image.status in _UNFINISHED
    if cancels or imports:
        context = changed_notes(context, cancelled=True)
    pressing = _notes(removal, context, since, asked, removal.acting)
    try:
        if cancels:
            await cancel_copy_image(cloud.client, region, image_id)
        elif imports:
            if not await stop_import(cloud, region, image_id):
                return _wait_for_end(removal, pressing, image, "cancelled")
        else:
            await delete_image(cloud.client, region, image_id, force=removal.force)
    except CloudError as error:
        if error.code != _GONE:
            return await _not_removed(
                cloud, removal, error, region, image, pressing, now, now - since, cancels=cancels
            )
    asked = {**asked, image_id: now}
    return Pending(
        removal.physical_id,
        snapped(now, _SOON),
        context=_notes(removal, context, since, asked, removal.looking),
        observes=True,
        status_says="cancelled" if cancels or imports else "deleting",
    )


def _wait_for_end(
    removal: Removal, pressing: Mapping[str, Json], image: Image, what: str
) -> Pending:
    kept = (*list_note(pressing, "uncancellable"), image.image_id)
    return Pending(
        removal.physical_id,
        1.0,
        progress=image.progress,
        context=changed_notes(pressing, uncancellable=kept, phase=removal.looking),
        observes=True,
        status_says=_says_waiting(image),
        notes=(f"{image.image_id} cannot be {what}; it is deleted once it has ended",),
    )


async def _not_removed(
    cloud: ImageCloud,
    removal: Removal,
    error: CloudError,
    region: str,
    image: Image,
    pressing: Mapping[str, Json],
    now: float,
    trouble: float,
    *,
    cancels: bool,
) -> Pending | Failed:
    if error.is_passing:
        if trouble > GIVE_UP:
            return failed(error, pressing)
        pending = again(cloud.client, error, removal.physical_id, pressing, trouble)
        return _telling_stall(cloud, pending, region, image, now)
    if cancels and error.code in _CANNOT_CANCEL:
        return _wait_for_end(removal, pressing, image, "cancelled")
    if error.code == _BEING_CREATED:
        return _wait_for_end(removal, pressing, image, "deleted yet")
    if error.code == _BEING_IMPORTED and image.image_id not in list_note(pressing, "importing"):
        importing = (*list_note(pressing, "importing"), image.image_id)
        announced = changed_notes(pressing, importing=importing)
        words = "cancelling the import"
        return Pending(removal.physical_id, 0.0, context=announced, status_says=words)
    if error.code in _BUSY:
        # A copy that has just ended, or another one that reads from this image: look again.
        pending = again(cloud.client, error, removal.physical_id, pressing, trouble)
        return _telling_stall(cloud, pending, region, image, now)
    words = says(error) + await _who_holds(cloud, region, image.image_id, error.code)
    return failed(error, pressing, message=words)


async def _who_holds(cloud: ImageCloud, region: str, image_id: str, code: str) -> str:
    """Who uses an image that the cloud does not delete for that; empty if it cannot be told."""
    try:
        match code:
            case "ImageUsingByInstance":
                users = await instances_of_image(cloud.client, region, image_id)
                remedy = "release them, or delete with Force where the type has it"
                return f"; used by {', '.join(users)}; {remedy}" if users else ""
            case "ImageUseShared":
                accounts = await accounts_of_image(cloud.client, region, image_id)
                shared = f"; shared with {', '.join(accounts)}" if accounts else ""
                return f"{shared}; stop sharing it first"
            case _:
                return ""
    except CloudError:
        return "; who uses it could not be asked"


async def _all_gone(
    cloud: ImageCloud, removal: Removal, request: HandlerRequest
) -> Removed | Pending:
    for _, image_id in removal.targets:
        cloud.watches.forget(image_id)
    context = request.context
    if removal.sweeps and noted_snapshots(context):
        base = {"phase": removal.acting, "gone": target_notes(removal.targets)}
        swept = await sweep(cloud, request, removal.physical_id, base)
        if isinstance(swept, Pending):
            return swept
        context = swept
    told = await tell_snapshots(cloud, context, sweeps=removal.sweeps)
    return Removed(told.notes, told.remains)
