"""A new image in the place of an old one: copied, named by turns, undone on failure, swapped back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.cloud.ecs import modify_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image, describe_images
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.deletion import Removal, Removed, remove_images
from imageferry.resource_types.image_copies.faults import failed, says
from imageferry.resource_types.image_copies.lineage import (
    Search,
    find_copy,
    identity_of,
    noted_lineage,
    origin_notes,
    own_lineage,
)
from imageferry.resource_types.image_copies.making import Making, Ready
from imageferry.resource_types.image_copies.updates import (
    Change,
    adjust,
    announced,
    finished,
    passing_or_failed,
)
from imageferry.resource_types.image_copies.waiting import make_copy
from imageferry.resource_types.image_copies.wanted import (
    VISIBILITY,
    Phase,
    View,
    aside_name,
    changed_notes,
    copy_name,
    masked,
    may_have_copied,
    number_note,
    step_key,
    text_note,
)

_GONE: Final = "InvalidImageId.NotFound"
_TAKEN_ON: Final = (
    "image_id", "old_id", "operation", "address", "swap", "owner", "began", "began_in", "lost",
)  # fmt: skip
"""Notes of a step that was cut short, which the one that clears it away goes on with."""
_MADE_SOMETHING: Final = frozenset({"image_id", "old_id"})


async def update_copy(
    cloud: ImageCloud, view: View, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring an update forward by one call at most, the one that its notes announced."""
    context = request.context
    change = Change(
        view,
        view.wanted(request.properties, request.region),
        view.wanted(request.previous, request.region),
        step_key(request.token),
        context.get("swap") is True,
    )
    if not context or context.get("step") != change.key:
        former = context or request.unfinished
        if _MADE_SOMETHING & former.keys() or may_have_copied(former):
            return _clear_away(change, request, former)
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
            return await _discard(cloud, change, request)
        case Phase.RESTORE:
            return await _restore(cloud, change, request)
        case _:
            return await _renew(cloud, change, request)


# --- deciding -------------------------------------------------------------------------------------


async def _decide(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """What kind of update this is; nothing is changed yet."""
    wanted, before = change.wanted, change.before
    renews = identity_of(wanted) != identity_of(before) or request.replaces
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
        change, request, Phase.COPY, "copying anew", old_id=current, **origin_notes(request)
    )


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
            return _undo_after(change, replace(request, context=left), outcome)


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
            return _undone(change, request, passing_or_failed(cloud, change, request, error))
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
        return _undone(change, request, passing_or_failed(cloud, change, request, error))
    if change.swaps:
        return announced(change, request, Phase.ADJUST, "comparing")
    return finished(change, request, image_id, old_id=text_note(context, "old_id"))


# --- undoing --------------------------------------------------------------------------------------


def _undone(change: Change, request: HandlerRequest, outcome: Pending | Failed) -> Pending:
    return outcome if isinstance(outcome, Pending) else _undo_after(change, request, outcome)


def _undo_after(change: Change, request: HandlerRequest, failure: Failed) -> Pending:
    """Take back what this step has made, then fail with that failure."""
    context = request.context
    return announced(
        change,
        request,
        Phase.DISCARD,
        "undoing",
        owner=change.key,
        began=number_note(context, "at", request.now),
        lost=may_have_copied(context) or None,
        failure={
            "code": failure.code.value,
            "message": masked(failure.message, change.wanted.secrets),
            "request_id": failure.request_id,
            "cloud_code": failure.cloud_code,
        },
    )


def _clear_away(change: Change, request: HandlerRequest, former: Context) -> Pending:
    """An earlier step ended half way: its image goes and the old name comes back, first of all."""
    notes = {name: former[name] for name in _TAKEN_ON if name in former}
    return announced(
        change,
        replace(request, context=notes),
        Phase.DISCARD,
        "clearing away what an earlier step has begun",
        # That step may have been clearing away itself, for one before it.
        owner=former.get("owner") or former.get("step"),
        began=number_note(former, "began", number_note(former, "at", 0.0)),
        began_in=former.get("began_in") or former.get("region"),
        lost=may_have_copied(former) or None,
    )


async def _discard(cloud: ImageCloud, change: Change, request: HandlerRequest) -> Pending | Failed:
    """Remove the image that is not to be kept; never one that was there before this step."""
    context = request.context
    region = text_note(context, "began_in") or change.wanted.region
    image_id = text_note(context, "image_id")
    kept = {text_note(context, "old_id"), change.view.recorded_id(request)}
    if image_id is not None and context.get("swap") is True:
        return await _swap_back(cloud, change, request, image_id)
    if image_id in kept and image_id is not None:
        return announced(change, request, Phase.RESTORE, "undoing", image_id=None)
    if image_id is None:
        return await _search_lost(cloud, change, request)
    began = number_note(context, "began", 0.0)
    removal = Removal(
        ((region, image_id),),
        {name: value for name, value in context.items() if name not in _REMOVAL_NOTES},
        acting=Phase.DISCARD,
        looking=Phase.DISCARDING,
        physical_id=change.view.physical_id(request, text_note(context, "old_id")),
        born=began,
    )
    may_act = context.get("phase") == Phase.DISCARD
    outcome = await remove_images(cloud, removal, request, may_act=may_act)
    match outcome:
        case Removed():
            return announced(change, request, Phase.RESTORE, "undoing", image_id=None)
        case Failed(message=message):
            failure = _failure(context, outcome)
            words = f"{failure.message}; {image_id} could not be removed: {message}"
            return _with_failure(change, request, replace(failure, message=words))
        case Pending():
            return outcome


async def _swap_back(
    cloud: ImageCloud, change: Change, request: HandlerRequest, image_id: str
) -> Pending | Failed:
    """The announced renaming of an image that was taken again, so that the name is free."""
    name, region = change.before.name, change.before.region
    try:
        image = None if name is None else await cloud.loader.look(region, image_id)
        if image is not None and name is not None and image.name == name:
            await modify_image(cloud.client, region, image_id, name=aside_name(name, change.key))
    except CloudError as error:
        outcome = passing_or_failed(cloud, change, request, error)
        if isinstance(outcome, Pending):
            return outcome
    return announced(change, request, Phase.RESTORE, "undoing", image_id=None)


_REMOVAL_NOTES: Final = frozenset({"asked", "uncancellable", "snapshots", "targets", "at"})


async def _search_lost(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Pending | Failed:
    """The copy whose answer was lost may be there: find it by its lineage, or be sure it is not."""
    context, now = request.context, request.now
    if context.get("lost") is not True or text_note(context, "operation") is None:
        return announced(change, request, Phase.RESTORE, "undoing")
    began = number_note(context, "began", 0.0)
    wanted = replace(change.wanted, region=text_note(context, "began_in") or change.wanted.region)
    mark = noted_lineage(request, context)
    search = Search(wanted, None, mark, began, _known(change, request))
    try:
        found = await find_copy(cloud, search)
    except CloudError as error:
        return passing_or_failed(cloud, change, request, error)
    if found.mine is not None:
        return announced(
            change, request, Phase.DISCARD, "undoing", image_id=found.mine.image_id, lost=None
        )
    if now >= began + VISIBILITY:
        return announced(change, request, Phase.RESTORE, "undoing")
    status = "looking for a copy that may have been begun"
    return Pending(
        change.view.physical_id(request, text_note(context, "old_id")),
        min(15.0, began + VISIBILITY - now),
        context=context,
        observes=True,
        status_says=status,
    )


def _known(change: Change, request: HandlerRequest) -> tuple[str, ...]:
    known = [
        change.view.recorded_id(request),
        text_note(request.context, "old_id"),
        *(text_note(leftover, "image_id") for leftover in request.leftovers),
    ]
    return tuple(image_id for image_id in known if image_id is not None)


async def _restore(cloud: ImageCloud, change: Change, request: HandlerRequest) -> Pending | Failed:
    """The announced renaming of an image that was put aside back to its name; then the end."""
    context, region, name = request.context, change.before.region, change.before.name
    old_id = text_note(context, "old_id")
    owner = text_note(context, "owner") or change.key
    try:
        old: Image | None = None
        if old_id is not None and name is not None:
            old = await cloud.loader.look(region, old_id)
        if old is not None and name is not None and old.name == aside_name(name, owner):
            await modify_image(cloud.client, region, old.image_id, name=name)
    except CloudError as error:
        outcome = passing_or_failed(cloud, change, request, error)
        if isinstance(outcome, Pending):
            return outcome
        failure = _failure(context, failed(error, {}))
        words = f"{failure.message}; {old_id} could not be given its name back: {says(error)}"
        return replace(failure, message=words, context=_left_behind(change, context))
    if isinstance(context.get("failure"), Mapping):
        rest = _left_behind(change, changed_notes(context, old_id=None, owner=None))
        return replace(_failure(context, None), context=rest)
    plan: Context = {"step": change.key, "phase": Phase.PLAN}
    physical_id = change.view.physical_id(request, change.view.recorded_id(request))
    return Pending(physical_id, 0.0, context=plan)


def _left_behind(change: Change, context: Context) -> Context:
    """The notes of a failed step: what it could not take back, for whoever comes next."""
    kept = {name: context[name] for name in _TAKEN_ON if name in context}
    return {
        **kept,
        "step": change.key,
        "region": text_note(context, "began_in") or change.wanted.region,
        "phase": Phase.WAITING if "image_id" in kept else Phase.REFUSED,
    }


def _with_failure(change: Change, request: HandlerRequest, failure: Failed) -> Pending:
    return announced(
        change,
        request,
        Phase.RESTORE,
        "undoing",
        failure={
            "code": failure.code.value,
            "message": masked(failure.message, change.wanted.secrets),
            "request_id": failure.request_id,
            "cloud_code": failure.cloud_code,
        },
    )


def _failure(context: Context, otherwise: Failed | None) -> Failed:
    """The failure that is being undone."""
    found = context.get("failure")
    if not isinstance(found, Mapping):
        words = "what an earlier step has begun could not be undone"
        code = ErrorCode.INTERNAL_FAILURE if otherwise is None else otherwise.code
        return Failed(code, words)
    return Failed(
        ErrorCode(found["code"]),
        str(found.get("message", "")),
        request_id=str(found.get("request_id", "")),
        cloud_code=str(found.get("cloud_code", "")),
    )
