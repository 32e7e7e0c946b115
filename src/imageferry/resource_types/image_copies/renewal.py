"""A new image in the place of an old one: copied, named by turns, swapped back."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.cloud.ecs import modify_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import describe_images
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.handling.lineages import origin_notes
from imageferry.resource_types.handling.notes import changed_notes, list_note, step_key, text_note
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.lineage import identity_of, own_lineage
from imageferry.resource_types.image_copies.making import Making, Ready
from imageferry.resource_types.image_copies.notes import Phase, born_of, may_have_copied
from imageferry.resource_types.image_copies.undoing import (
    clear_away,
    discard,
    restore,
    undo_after,
    undone,
)
from imageferry.resource_types.image_copies.updates import (
    Change,
    adjust,
    announced,
    finished,
    passing_or_failed,
)
from imageferry.resource_types.image_copies.waiting import make_copy
from imageferry.resource_types.image_copies.wanted import View, aside_name, copy_name

_GONE: Final = "InvalidImageId.NotFound"
_MADE_SOMETHING: Final = frozenset({"image_id", "old_id"})


async def update_copy(
    cloud: ImageCloud, view: View, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring an update forward by one call at most, the one that its notes announced."""
    context = request.context
    # Another family that somebody gave the image since is no other recipe: it was made as recorded.
    observed = {
        name: value for name, value in request.observed.items() if name != view.words.family
    }
    change = Change(
        view,
        view.wanted(request.properties, request.region),
        view.wanted({**request.previous, **observed}, request.region),
        step_key(request.token),
        context.get("swap") is True,
        bool(request.observed),
        (*list_note(context, "tagged"), *list_note(request.unfinished, "tagged")),
    )
    if not context or context.get("step") != change.key:
        former = context or request.unfinished
        if _MADE_SOMETHING & former.keys() or may_have_copied(former):
            return clear_away(change, request, former)
        return await _decide(cloud, change, replace(request, context={}))
    match context.get("phase"):
        case None | Phase.PLAN:
            return await _decide(cloud, change, request)
        case Phase.ADJUST:
            return await adjust(cloud, change, request)
        case Phase.ASIDE:
            return await _put_aside(cloud, change, request)
        case Phase.RENAME:
            return await _take_place(cloud, change, request)
        case Phase.DISCARD | Phase.DISCARDING:
            return await discard(cloud, change, request)
        case Phase.RESTORE:
            return await restore(cloud, change, request)
        case _:
            return await _renew(cloud, change, request)


# --- deciding -------------------------------------------------------------------------------------


async def _decide(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """What kind of update this is; nothing is changed yet."""
    wanted, before = change.wanted, change.before
    renews = identity_of(wanted) != identity_of(before) or request.replaces or request.renews
    if not renews:
        return await adjust(cloud, change, request)
    if not (change.view.renews or request.replaces):
        words = "this change needs a new image, and replacements are not allowed"
        return Failed(ErrorCode.NOT_UPDATABLE, words)
    current = change.view.recorded_id(request)
    if wanted.copies_nothing:
        return finished(change, request, wanted.source_id, old_id=current)
    former = await _usable_leftover(cloud, change, request)
    if former is not None:
        return announced(
            change, request, Phase.ASIDE, "taking the former image again",
            image_id=former, old_id=current, swap=True,
        )  # fmt: skip
    refusal = await _name_refused(cloud, change, request, current)
    if refusal is not None:
        return refusal
    return announced(
        change, request, Phase.COPY, "copying anew" if wanted.recipe is None else "making it anew",
        old_id=current, **origin_notes(request),
    )  # fmt: skip


async def _usable_leftover(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> str | None:
    """An image left over by an earlier step that is just what is wanted now."""
    identity, region = identity_of(change.wanted), change.wanted.region
    for leftover in reversed(request.leftovers):
        image_id = text_note(leftover, "image_id")
        if image_id is None or leftover.get("identity") != identity:
            continue
        try:
            image = await cloud.loader.look(region, image_id)
        except CloudError:
            continue  # copying anew is always right; looking was only the shorter way
        if image is not None and image.status == "Available" and image.is_usable:
            # A description cannot be cleared, so one too many cannot be mended.
            if change.wanted.description is None and image.description:
                continue
            return image_id
    return None


async def _name_refused(
    cloud: ImageCloud, change: Change, request: HandlerRequest, current: str | None
) -> Failed | None:
    """See, before an hour's copying, whether the name that it shall have in the end is free."""
    name, region = change.wanted.name, change.wanted.region
    if name is None:
        return None
    ours = {current, *(leftover.get("image_id") for leftover in request.leftovers)}
    try:
        found = await describe_images(cloud.client, region, name=name, owner="self")
    except CloudError:
        return None  # the copy itself will say it
    for image in found:
        if image.name == name and image.image_id not in ours:
            return Failed(
                ErrorCode.ALREADY_EXISTS,
                f'the name "{name}" is taken in {region} by {image.image_id}; '
                "choose another name, or delete or rename that image",
                cloud_code="InvalidImageName.Duplicated",
            )
    return None


def _takes_turns(change: Change, old_id: str | None) -> bool:
    """Whether old and new image bear names in one region, so that they change places."""
    return (
        old_id is not None
        and change.wanted.name is not None
        and change.before.name is not None
        and change.wanted.region == change.before.region
        and not change.before.copies_nothing
    )


# --- copying and changing places ------------------------------------------------------------------


async def _renew(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """Copy and wait; then the names change places, or the step is done."""
    context, wanted = request.context, change.wanted
    old_id = text_note(context, "old_id")
    turns = _takes_turns(change, old_id)
    name = wanted.name
    if name is not None and turns:
        name = copy_name(name, change.key)
    base = {
        "step": change.key,
        "region": wanted.region,
        "old_id": old_id,
        **origin_notes(request),
        **born_of(wanted),
    }
    known = [old_id, *(text_note(leftover, "image_id") for leftover in request.leftovers)]
    making = Making(
        wanted=wanted,
        name=name,
        lineage=own_lineage(request, wanted),
        identify=lambda image_id: change.view.physical_id(request, image_id),
        base=changed_notes(base),
        excluded=tuple(image_id for image_id in known if image_id is not None),
    )
    outcome = await make_copy(cloud, making, request)
    match outcome:
        case Pending():
            return outcome
        case Ready(image=image) if turns:
            return announced(change, request, Phase.ASIDE, "renaming", image_id=image.image_id)
        case Ready(image=image):
            return finished(change, request, image.image_id, old_id=old_id)
        case Failed(context=left):
            if left.get("phase") == Phase.REFUSED:
                return outcome
            return undo_after(change, replace(request, context=left), outcome)


async def _put_aside(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Pending | Failed:
    """The announced renaming of the image that is replaced, unless it has been done."""
    old_id, own = text_note(request.context, "old_id"), change.before.name
    try:
        if old_id is not None and own is not None and _takes_turns(change, old_id):
            old = await cloud.loader.look(change.before.region, old_id)
            aside = aside_name(own, change.key)
            if old is not None and old.name != aside:
                await modify_image(cloud.client, change.before.region, old_id, name=aside)
    except CloudError as error:
        if error.code != _GONE:
            return undone(change, request, passing_or_failed(cloud, change, request, error))
    return announced(change, request, Phase.RENAME, "renaming")


async def _take_place(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """The announced renaming of the new image to the wanted name, unless it has been done."""
    context, region, name = request.context, change.wanted.region, change.wanted.name
    image_id = text_note(context, "image_id") or ""
    try:
        image = await cloud.loader.look(region, image_id)
        if name is not None and (image is None or image.name != name):
            await modify_image(cloud.client, region, image_id, name=name)
    except CloudError as error:
        return undone(change, request, passing_or_failed(cloud, change, request, error))
    if change.swaps:
        return announced(change, request, Phase.ADJUST, "comparing")
    return finished(change, request, image_id, old_id=text_note(context, "old_id"))
