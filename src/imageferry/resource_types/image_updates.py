"""Changing a copy: in place, by a new image behind the same id, by a replacement, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from imageferry.cloud.ecs import join_resource_group, modify_image, tag_image, untag_image
from imageferry.cloud.errors import CloudError, handler_code
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.image_faults import GIVE_UP, again, failed, says
from imageferry.resource_types.image_lineage import LINEAGE_KEY, MOST_TAGS
from imageferry.resource_types.image_wanted import (
    ImageCloud,
    Phase,
    View,
    WantedCopy,
    aside_name,
    changed_notes,
    list_note,
    number_note,
    text_note,
)

_STILL_CREATING: Final = "InvalidStatus.ImageIsCreating"


@dataclass(frozen=True, slots=True)
class Change:
    """One step that brings a copy from `before` to `wanted`; `key` names what it makes."""

    view: View
    wanted: WantedCopy
    before: WantedCopy
    key: str

    def identify(self, request: HandlerRequest, image_id: str | None) -> str | None:
        """The physical id to answer with."""
        return self.view.physical_id(request, image_id)


def finished(
    change: Change,
    request: HandlerRequest,
    image_id: str,
    *,
    old_id: str | None,
    notes: tuple[str, ...] = (),
) -> Done:
    """The update has succeeded; the image that was replaced is left over for later."""
    kept = [one for one in request.leftovers if one.get("image_id") not in {image_id, old_id}]
    if old_id is not None and old_id != image_id and not change.before.copies_nothing:
        kept.append(
            {
                "image_id": old_id,
                "region": change.before.region,
                "identity": change.before.identity(),
            }
        )
    return Done(
        change.view.physical_id(request, image_id),
        change.view.attributes(request, change.wanted, image_id),
        leftovers=tuple(kept),
        notes=notes,
    )


def announced(
    change: Change, request: HandlerRequest, phase: Phase, *, status: str = "", **more: Json
) -> Pending:
    """The next call of this step, to be made once these notes are committed."""
    image_id = text_note(more, "image_id") or text_note(request.context, "image_id")
    notes = changed_notes(request.context, **{**more, "phase": phase, "at": request.now})
    return Pending(
        change.identify(request, image_id),
        0.0,
        context=changed_notes(notes, step=change.key, region=change.wanted.region),
        status_says=status,
    )


def passing_or_failed(
    cloud: ImageCloud, change: Change, request: HandlerRequest, error: CloudError
) -> Pending | Failed:
    """The same call again where that may help, for an hour; Failed otherwise."""
    trouble = request.now - number_note(request.context, "at", request.now)
    if (error.is_passing or error.code == _STILL_CREATING) and trouble <= GIVE_UP:
        image_id = text_note(request.context, "image_id")
        return again(
            cloud, error, change.identify(request, image_id), request.context, trouble
        )
    return failed(error, request.context)


# --- changing places ------------------------------------------------------------------------------


async def put_aside(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Pending | Failed:
    """The announced renaming of the image that is replaced, unless it has been done."""
    old_id = text_note(request.context, "old_id")
    region = change.before.region
    try:
        old = None if old_id is None else await cloud.loader.look(region, old_id)
        if old is not None and old.name and old.name != aside_name(_own_name(old, change), change.key):
            await modify_image(
                cloud.client, region, old.image_id, name=aside_name(_own_name(old, change), change.key)
            )
    except CloudError as error:
        if error.code != "InvalidImageId.NotFound":
            return _or_undone(change, request, passing_or_failed(cloud, change, request, error))
    return announced(change, request, Phase.RENAME, status="renaming")


def _own_name(image: Image, change: Change) -> str:
    """The name that the replaced image was known by before it was put aside."""
    return change.before.name or image.name


async def take_place(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """The announced renaming of the new image to the wanted name, unless it has been done."""
    context, region = request.context, change.wanted.region
    image_id = text_note(context, "image_id") or ""
    wanted = change.wanted
    try:
        image = await cloud.loader.look(region, image_id)
        if image is None or (wanted.name is not None and image.name != wanted.name):
            await modify_image(cloud.client, region, image_id, name=wanted.name)
    except CloudError as error:
        return _or_undone(change, request, passing_or_failed(cloud, change, request, error))
    if context.get("swap") is True:
        return announced(change, request, Phase.ADJUST, done=None)
    return finished(change, request, image_id, old_id=text_note(context, "old_id"))


def _or_undone(
    change: Change, request: HandlerRequest, outcome: Pending | Failed
) -> Pending | Failed:
    """A failure that leaves names or a new image behind is first undone."""
    return outcome if isinstance(outcome, Pending) else undo_after(change, request, outcome)


def undo_after(change: Change, request: HandlerRequest, failure: Failed) -> Pending:
    """Undo what this step has made, then fail with that failure."""
    return announced(
        change,
        request,
        Phase.RESTORE,
        status="undoing",
        owner=change.key,
        began=number_note(request.context, "at", request.now),
        failure={
            "code": failure.code.value,
            "message": failure.message,
            "request_id": failure.request_id,
            "cloud_code": failure.cloud_code,
        },
    )


async def restore_name(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Pending | Failed:
    """The announced renaming of a put aside image back to its own name, if it needs that."""
    context, region = request.context, change.before.region
    old_id, name = text_note(context, "old_id"), change.before.name
    owner = text_note(context, "owner") or change.key
    try:
        if old_id is not None and name is not None:
            old = await cloud.loader.look(region, old_id)
            if old is not None and old.name == aside_name(name, owner):
                await modify_image(cloud.client, region, old_id, name=name)
    except CloudError as error:
        outcome = passing_or_failed(cloud, change, request, error)
        if isinstance(outcome, Pending):
            return outcome
        failure = context.get("failure")
        former = failure if isinstance(failure, dict) else {"code": handler_code(error).value}
        words = f"{former.get('message', 'the change was undone')}; {old_id} keeps another name: "
        return announced(
            change, request, Phase.DISCARD, failure={**former, "message": words + says(error)}
        )
    return announced(change, request, Phase.DISCARD, status="undoing")


def failure_of(context: Context) -> Failed | None:
    """The failure that is being undone; None where an earlier step's remains are cleared away."""
    found = context.get("failure")
    if not isinstance(found, dict):
        return None
    return Failed(
        ErrorCode(found["code"]),
        str(found.get("message", "")),
        request_id=str(found.get("request_id", "")),
        cloud_code=str(found.get("cloud_code", "")),
    )


# --- in place -------------------------------------------------------------------------------------


async def adjust(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring name, description, tags and group of an image to what is wanted, a call at a time.

    What differs is found by looking; `done` names what has been answered for in this step, since
    the cloud may take a while to show it.
    """
    context, region = request.context, change.wanted.region
    recorded = change.view.recorded_id(request)
    image_id = text_note(context, "image_id") or recorded
    if image_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no image is recorded that could be changed")
    done = list_note(context, "done")
    try:
        image = await cloud.loader.look(region, image_id)
        if image is None:
            return _vanished(region, image_id, context)
        needed = [name for name in needs(change, image) if name not in done]
        if needed and text_note(context, "next") == needed[0]:
            await _CALLS[needed[0]](cloud, change, image)
            done = (*done, needed.pop(0))
    except CloudError as error:
        return passing_or_failed(cloud, change, request, error)
    if needed:
        return announced(
            change, request, Phase.ADJUST, status="changing", done=list(done), next=needed[0]
        )
    swap_old = text_note(context, "old_id") if context.get("swap") is True else None
    return finished(change, request, image_id, old_id=swap_old, notes=_kept(change, image))


def _vanished(region: str, image_id: str, context: Context) -> Failed:
    return Failed(
        ErrorCode.NOT_FOUND,
        f"the image {image_id} is no longer in {region}; "
        "give the copy another source or key, or declare it under another name, to make it anew",
        context=context,
    )


def needs(change: Change, image: Image) -> list[str]:
    """The calls, in order, that bring an image to what is wanted: tags first, then the rest."""
    wanted, editable = change.wanted, change.view.editable
    needed: list[str] = []
    if "tags" in editable:
        if _superfluous(change, image):
            needed.append("untag")
        if _missing(change, image):
            needed.append("tag")
    if _new_name(change, image) or _new_description(change, image):
        needed.append("modify")
    if wanted.resource_group not in {None, image.resource_group}:
        needed.append("group")
    return needed


def _superfluous(change: Change, image: Image) -> list[str]:
    wanted = dict(change.wanted.tags)
    keys = [key for key, _ in change.before.tags if key not in wanted and key in image.tags]
    if len(wanted) >= MOST_TAGS and LINEAGE_KEY in image.tags:
        keys.append(LINEAGE_KEY)
    return keys


def _missing(change: Change, image: Image) -> list[tuple[str, str]]:
    return [(key, value) for key, value in change.wanted.tags if image.tags.get(key) != value]


def _new_name(change: Change, image: Image) -> str | None:
    wanted = change.wanted.name
    return wanted if "name" in change.view.editable and wanted not in {None, image.name} else None


def _new_description(change: Change, image: Image) -> str | None:
    wanted = change.wanted.description
    editable = "description" in change.view.editable
    return wanted if editable and wanted not in {None, image.description} else None


def _kept(change: Change, image: Image) -> tuple[str, ...]:
    removed = change.before.description is not None and change.wanted.description is None
    if not removed or "description" not in change.view.editable or not image.description:
        return ()
    return (
        f"{image.image_id} keeps its old description: the cloud cannot clear one",
    )


async def _untag(cloud: ImageCloud, change: Change, image: Image) -> None:
    await untag_image(
        cloud.client, change.wanted.region, image.image_id, _superfluous(change, image)
    )


async def _tag(cloud: ImageCloud, change: Change, image: Image) -> None:
    await tag_image(cloud.client, change.wanted.region, image.image_id, _missing(change, image))


async def _modify(cloud: ImageCloud, change: Change, image: Image) -> None:
    await modify_image(
        cloud.client,
        change.wanted.region,
        image.image_id,
        name=_new_name(change, image),
        description=_new_description(change, image),
    )


async def _group(cloud: ImageCloud, change: Change, image: Image) -> None:
    group = change.wanted.resource_group or ""
    await join_resource_group(cloud.client, change.wanted.region, image.image_id, group)


_CALLS: Final = {"untag": _untag, "tag": _tag, "modify": _modify, "group": _group}
