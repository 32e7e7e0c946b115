"""Undoing what a renewal has begun: its image goes, and the name that was put aside comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.cloud.ecs import modify_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.handling.faults import failed, says
from imageferry.resource_types.handling.lineages import VISIBILITY, noted_lineage
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.deletion import Removal, Removed, remove_images
from imageferry.resource_types.image_copies.lineage import Search, find_copy, untagged_copies
from imageferry.resource_types.image_copies.notes import Phase, may_have_copied, noted_birth
from imageferry.resource_types.image_copies.snapshots import SWEEP_NOTES
from imageferry.resource_types.image_copies.updates import (
    Change,
    announced,
    passing_or_failed,
)
from imageferry.resource_types.image_copies.wanted import aside_name

_TAKEN_ON: Final = (
    "image_id", "old_id", "operation", "address", "swap", "owner", "began", "began_in", "lost",
    "given",
)  # fmt: skip
"""Notes of a step that was cut short, which the one that clears it away goes on with."""
_REMOVAL_NOTES: Final = SWEEP_NOTES | {"asked", "uncancellable", "targets", "at"}


def undone(change: Change, request: HandlerRequest, outcome: Pending | Failed) -> Pending:
    """The outcome while it is Pending; the first step back where it failed."""
    return outcome if isinstance(outcome, Pending) else undo_after(change, request, outcome)


def undo_after(change: Change, request: HandlerRequest, failure: Failed) -> Pending:
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
        failure=_failure_notes(change, failure),
    )


def clear_away(change: Change, request: HandlerRequest, former: Context) -> Pending:
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


async def discard(cloud: ImageCloud, change: Change, request: HandlerRequest) -> Pending | Failed:
    """Remove the image that is not to be kept; never one that was there before this step."""
    context, wanted = request.context, change.wanted
    region = text_note(context, "began_in") or wanted.region
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
        sweeps=request.deletes_remains,
        whose=noted_birth(context),
    )
    may_act = context.get("phase") == Phase.DISCARD
    outcome = await remove_images(cloud, removal, request, may_act=may_act)
    match outcome:
        case Removed(notes=notes):
            told = dict.fromkeys(SWEEP_NOTES)
            restoring = announced(change, request, Phase.RESTORE, "undoing", image_id=None, **told)
            return replace(restoring, notes=notes)
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
    search = Search(wanted, None, mark, began, known_images(change, request))
    told: tuple[str, ...] = ()
    try:
        found = await find_copy(cloud, search)
        if found.mine is None and now >= began + VISIBILITY:
            told = await untagged_copies(cloud, search, text_note(context, "owner"))
    except CloudError as error:
        return passing_or_failed(cloud, change, request, error)
    if found.mine is not None:
        return announced(
            change, request, Phase.DISCARD, "undoing", image_id=found.mine.image_id, lost=None
        )
    if now >= began + VISIBILITY:
        return replace(announced(change, request, Phase.RESTORE, "undoing"), notes=told)
    status = f"looking for {wanted.a_thing} that may have been begun"
    return Pending(
        change.view.physical_id(request, text_note(context, "old_id")),
        max(0.25, min(15.0, began + VISIBILITY - now)),
        context=context,
        observes=True,
        status_says=status,
    )


def known_images(change: Change, request: HandlerRequest) -> tuple[str, ...]:
    """The ids of the resource's images that were there before this step, left over ones too."""
    known = [
        change.view.recorded_id(request),
        text_note(request.context, "old_id"),
        *(text_note(leftover, "image_id") for leftover in request.leftovers),
    ]
    return tuple(image_id for image_id in known if image_id is not None)


async def restore(cloud: ImageCloud, change: Change, request: HandlerRequest) -> Pending | Failed:
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
        failure=_failure_notes(change, failure),
    )


def _failure_notes(change: Change, failure: Failed) -> Context:
    return {
        "code": failure.code.value,
        "message": masked(failure.message, change.wanted.secrets),
        "request_id": failure.request_id,
        "cloud_code": failure.cloud_code,
    }


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
