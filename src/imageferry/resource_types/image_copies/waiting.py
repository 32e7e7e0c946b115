"""Waiting for one copy: what each status means, the deadline, cancelling at the deadline."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.ecs import cancel_copy_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.handling.faults import again, failed, says
from imageferry.resource_types.handling.lineages import VISIBILITY
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.imports import why_it_failed
from imageferry.resource_types.image_copies.making import (
    Making,
    Ready,
    look,
    look_at_source,
    start_copy,
)
from imageferry.resource_types.image_copies.notes import Phase
from imageferry.resource_types.image_copies.snapshots import tell_snapshots, with_snapshots
from imageferry.resource_types.image_copies.verification import verified
from imageferry.resource_types.image_copies.watches import (
    Watch,
    estimate,
    poll_after,
    see,
    stalled_for,
)

_RUNNING: Final = frozenset({"Waiting", "Creating"})
_ENDED_WELL: Final = frozenset({"Available", "Deprecated"})
_ENDED_BADLY: Final = frozenset({"CreateFailed", "UnAvailable"})
_DENIAL_PATIENCE: Final = 900.0
_CANCEL_PATIENCE: Final = 300.0
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd"}


async def make_copy(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Ready | Pending | Failed:
    """Bring one copy forward from where the notes say it stands."""
    context = request.context
    match context.get("phase"):
        case Phase.LOOK:
            until = number_note(context, "until", request.now)
            return await look(cloud, making, request, until)
        case Phase.SOURCE:
            return await look_at_source(cloud, making, request)
        case Phase.WAITING:
            return await observe(cloud, making, request)
        case Phase.CANCEL:
            return await _cancel(cloud, making, request)
        case Phase.CANCELLED:
            return await _see_cancelled(cloud, making, request)
        case _:
            return await start_copy(cloud, making, request)


async def observe(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Ready | Pending | Failed:
    """Look at the copy; nothing but its own end, or the deadline, ends the wait."""
    context, now, region = request.context, request.now, making.wanted.region
    image_id = text_note(context, "image_id") or ""
    watch = cloud.watches.watch(image_id, now)
    watch.is_made = making.wanted.recipe is not None
    physical_id = making.identify(image_id)
    try:
        image = await cloud.loader.look(region, image_id)
    except CloudError as error:
        watch.trouble_since = since = watch.trouble_since or now
        if not error.is_passing and now - since > _DENIAL_PATIENCE:
            return failed(error, context)
        return again(
            cloud.client,
            error,
            physical_id,
            context,
            now - since,
            observes=True,
            progress=watch.progress,
        )
    if image is None:
        return _not_shown(cloud, making, request, watch)
    if image.status in _ENDED_WELL and image.is_usable:
        if "ended" not in context:
            cloud.watches.learn(region, image, now)
        ready = await verified(cloud, making, request, image) if making.verifies else Ready(image)
        if isinstance(ready, Ready):
            cloud.watches.forget(image_id)
        return ready
    if image.status in _ENDED_BADLY:
        cloud.watches.forget(image_id)
        return Failed(
            ErrorCode.NOT_STABILIZED,
            f"the {making.wanted.thing} {image_id} in {region} has ended as {image.status}"
            f"{'' if image.progress is None else f' at {image.progress}%'}"
            f"{await _why(cloud, making, request)}",
            context=context,
            cloud_code=image.status,
        )
    see(cloud.watches, watch, region, image, now)
    return _goes_on(cloud, making, request, watch, image)


async def _why(cloud: ImageCloud, making: Making, request: HandlerRequest) -> str:
    """What the cloud says of an import that has failed; nothing where it says nothing."""
    task_id = text_note(request.context, "task")
    if task_id is None:
        return ""
    reason = await why_it_failed(cloud.client, making.wanted.region, task_id)
    return f"; {masked(reason, making.wanted.secrets)}" if reason else ""


def _goes_on(
    cloud: ImageCloud, making: Making, request: HandlerRequest, watch: Watch, image: Image
) -> Pending | Failed:
    now, region, context = request.now, making.wanted.region, request.context
    limit = making.wanted.create_timeout
    left: float | None = None
    if limit is not None and watch.running_since is not None:
        if watch.ran_before is None:
            # What the clock says of the time when no process lived, never less than nothing.
            since = number_note(context, "running_since", now)
            watch.ran_before = max(0.0, watch.running_since - since)
        if "running_since" not in context:
            context = changed_notes(context, running_since=now)
        left = limit - watch.ran_before - (now - watch.running_since)
        if left <= 0 and image.status not in _RUNNING:
            # What is no longer made cannot be cancelled either, and is deleted with its resource.
            waiting = changed_notes(context, phase=Phase.WAITING)
            rest = f"it is {image.status}, but not usable"
            return _too_late(making, image.image_id, waiting, rest)
        if left <= 0 and watch.is_made:
            # Nothing but a copy can be cancelled by its image's id.
            waiting = changed_notes(context, phase=Phase.WAITING)
            rest = "it goes on being made, and is deleted together with its resource"
            return _too_late(making, image.image_id, waiting, rest)
        if left <= 0:
            return Pending(
                making.identify(image.image_id),
                0.0,
                progress=image.progress,
                context=changed_notes(context, phase=Phase.CANCEL, at=now),
                status_says="the time limit has passed; cancelling",
            )
    remaining = estimate(cloud.watches, watch, region, image, now)
    pause = poll_after(cloud.watches, watch, region, image, remaining, now)
    if left is not None:
        pause = max(0.05, min(pause, left))
    place = cloud.watches.queue(region).place(image.image_id)
    watch.noted.update(list_note(context, "noted"))
    status, notes = status_of(image, watch, now, region)
    if notes:
        # Kept with the step, so that no later process says it again.
        context = changed_notes(context, noted=sorted(watch.noted))
    return Pending(
        making.identify(image.image_id),
        pause,
        progress=image.progress,
        context=context,
        observes=True,
        status_says=status if place is None else says_place(place, region),
        remaining=None if stalled_for(watch, now) is not None else remaining,
        notes=notes,
        queue=place,
    )


def says_place(place: tuple[int, int], region: str) -> str:
    """`queued, 3rd of 7 in cn-shanghai`."""
    number, of = place
    ending = "th" if number % 100 in {11, 12, 13} else _ORDINALS.get(number % 10, "th")
    return f"queued, {number}{ending} of {of} in {region}"


def status_of(image: Image, watch: Watch, now: float, region: str) -> tuple[str, tuple[str, ...]]:
    """A phrase for an unfinished copy, and a note where something is out of the ordinary."""
    where = f"{image.image_id} in {region}"
    if image.status in _ENDED_WELL:
        return f"{image.status}, not yet usable", ()
    if image.status == "Waiting":
        return "Waiting", ()
    progress = "" if image.progress is None else f" {image.progress}%"
    if image.status != "Creating":
        words = f"{where} has the status {image.status}, which is not known here; still waiting"
        return f"{image.status}{progress}", watch.note(image.status, words)
    idle = stalled_for(watch, now)
    if idle is not None:
        stalled = f"no progress for {idle / 60:.0f} min"
        thing = "image" if watch.is_made else "copy"
        words = f"the {thing} {where} looks stalled: {stalled}{progress and f' at{progress}'}"
        return f"Creating{progress}, {stalled}", watch.note("stalled", words)
    return f"Creating{progress}", ()


def _not_shown(
    cloud: ImageCloud, making: Making, request: HandlerRequest, watch: Watch
) -> Pending | Failed:
    """A new image is not shown at once; one that stays hidden too long is gone."""
    context, now, region = request.context, request.now, making.wanted.region
    image_id = text_note(context, "image_id") or ""
    watch.missing_since = since = watch.missing_since or now
    if now - since >= VISIBILITY:
        cloud.watches.forget(image_id)
        return Failed(
            ErrorCode.NOT_FOUND,
            f"the {making.wanted.thing} {image_id} has not been shown in {region} for {VISIBILITY / 60:.0f} min; "
            "it was deleted, or cancelled by somebody else",
            context=context,
        )
    remaining = cloud.watches.expected(region, Image(image_id, "", "")) if not watch.progress else 0
    return Pending(
        making.identify(image_id),
        min(15.0, poll_after(cloud.watches, watch, region, None, None, now)),
        progress=watch.progress,
        context=context,
        observes=True,
        status_says="not shown yet",
        remaining=remaining or None,
    )


# --- at the deadline ------------------------------------------------------------------------------


def _too_late(making: Making, image_id: str, context: Context, rest: str) -> Failed:
    limit = making.wanted.create_timeout or 0.0
    return Failed(
        ErrorCode.NOT_STABILIZED,
        f"the {making.wanted.thing} {image_id} in {making.wanted.region} was not ready {limit:g} s after it had "
        f"begun to run; {rest}",
        context=context,
    )


async def _cancel(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Ready | Pending | Failed:
    """The announced CancelCopyImage, unless the copy has just ended by itself."""
    context, now, region = request.context, request.now, making.wanted.region
    image_id = text_note(context, "image_id") or ""
    waiting = changed_notes(context, phase=Phase.WAITING)
    trouble = now - number_note(context, "at", now)
    try:
        image = await cloud.loader.look(region, image_id)
        if image is not None and image.status not in _RUNNING:
            return await observe(cloud, making, request)
        if image is not None:
            context = with_snapshots(context, region, image, request)
            careful = cloud.confirmed(request.confirm)
            await cancel_copy_image(careful.client, region, image_id)
    except CloudError as error:
        if error.is_passing:
            return again(cloud.client, error, making.identify(image_id), context, trouble)
        if error.code == "InvalidImageId.NotFound":
            pass
        elif error.code == "IncorrectImageStatus" and trouble < _CANCEL_PATIENCE:
            # It has just ended, one way or the other: the next look says which.
            return again(cloud.client, error, making.identify(image_id), context, trouble)
        else:
            rest = f"it could not be cancelled: {says(error)}; it is deleted once it has ended"
            return _too_late(making, image_id, waiting, rest)
    return Pending(
        making.identify(image_id),
        0.25,
        context=changed_notes(context, phase=Phase.CANCELLED, at=now),
        observes=True,
        status_says="cancelled at the time limit",
    )


async def _see_cancelled(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Pending | Failed:
    context, now, region = request.context, request.now, making.wanted.region
    image_id = text_note(context, "image_id") or ""
    waiting = changed_notes(context, phase=Phase.WAITING)
    elapsed = now - number_note(context, "at", now)
    try:
        image = await cloud.loader.look(region, image_id)
    except CloudError as error:
        if not error.is_passing and elapsed > _DENIAL_PATIENCE:
            return failed(error, waiting)
        return again(
            cloud.client, error, making.identify(image_id), context, elapsed, observes=True
        )
    if image is None:
        cloud.watches.forget(image_id)
        nothing_left = changed_notes(making.base, phase=Phase.REFUSED)
        told = await tell_snapshots(cloud, changed_notes(context, cancelled=True), sweeps=False)
        rest = "; ".join(("it was cancelled", *told.notes))
        return _too_late(making, image_id, nothing_left, rest)
    if image.status in _RUNNING and elapsed < _CANCEL_PATIENCE:
        return Pending(
            making.identify(image_id),
            max(0.25, min(15.0, elapsed / 4)),
            context=context,
            observes=True,
            status_says="cancelled at the time limit",
        )
    rest = f"it was cancelled, and is {image.status} all the same"
    return _too_late(making, image_id, waiting, rest)
