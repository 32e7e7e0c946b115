"""Taking an image in that exists already, one announced call at a time, and noting how it was found."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.cloud.ecs import tag_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json, Value
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS, origin_notes
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.lineage import own_lineage
from imageferry.resource_types.image_copies.notes import Phase
from imageferry.resource_types.image_copies.updates import CALLS, Change, needed_calls
from imageferry.resource_types.image_copies.wanted import View, WantedCopy

LINEAGE_CALL: Final = "lineage"
"""The call that sets our tag, as `done` and `next` name it; the others are those of CALLS."""


class Mismatch(NamedTuple):
    """A property of an image that is not as it is wanted: `part` is one of WantedCopy's."""

    part: str
    found: Value
    wanted: Value


def differing(wanted: WantedCopy, image: Image) -> list[Mismatch]:
    """What the cloud tells of an image and is wanted otherwise; what is not wanted may be anything."""
    pairs: list[tuple[str, Value, Value]] = [
        ("name", image.name, wanted.name),
        ("description", image.description, wanted.description),
        ("encrypted", image.is_encrypted, wanted.encrypted if image.tells_encryption else None),
        ("resource_group", image.resource_group, wanted.resource_group),
    ]
    found = [Mismatch(*pair) for pair in pairs if pair[2] is not None and pair[1] != pair[2]]
    missing = {key: value for key, value in wanted.tags if image.tags.get(key) != value}
    if missing:
        there = {key: image.tags[key] for key in missing if key in image.tags}
        found.append(Mismatch("tags", there, missing))
    return found


def unsuitable(wanted: WantedCopy, image: Image) -> str:
    """Why an image cannot be taken in whatever it is to be; empty where it can."""
    if image.owner not in {"", "self"}:
        return f"{image.image_id} belongs to somebody else"
    if wanted.copies_nothing or image.image_id == wanted.source_id:
        return f"{image.image_id} is the source itself, and no copy of it"
    if image.status != "Available" or not image.is_usable:
        status = image.status if image.status != "Available" else "Available, and not usable yet"
        return f"{image.image_id} is {status}; only an Available image can be taken in"
    return ""


def leaves_room(wanted: WantedCopy, image: Image) -> bool:
    """True where the image's tags and those that are wanted leave room for ours."""
    keys = {*image.tags, *(key for key, _ in wanted.tags)}
    return LINEAGE_KEY in image.tags or len(keys) < MOST_TAGS


def found_notes(wanted: WantedCopy, image: Image) -> dict[str, Json]:
    """An image as it was found, for whoever gives it back: name, description, group and tags.

    None stands for a text that holds one of our secrets, which no notes may show.
    """

    def shown(text: str) -> Json:
        return text if masked(text, wanted.secrets) == text else None

    tags: dict[str, Json] = {
        key: shown(value)
        for key, value in image.tags.items()
        if key != LINEAGE_KEY and not key.startswith("acs:") and shown(key) is not None
    }
    return {
        "name": shown(image.name),
        "description": shown(image.description),
        "resource_group": shown(image.resource_group),
        "tags": tags,
    }


def asked_parts(wanted: WantedCopy, adopts: Context) -> list[str]:
    """What an adoption sets, or one before it has set: `name`, `tag team`; a tag of each key."""
    texts = {
        "name": wanted.name,
        "description": wanted.description,
        "resource_group": wanted.resource_group,
    }
    parts = [part for part, text in texts.items() if text is not None]
    parts += [f"tag {key}" for key, _ in wanted.tags]
    return list(dict.fromkeys((*list_note(adopts, "asked"), *parts)))


async def take_in(
    cloud: ImageCloud, view: View, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring an adoption forward: our tag first, then what can be edited; nothing is ever made.

    What was found when it was planned is looked at once more: an image that has changed meanwhile
    and cannot be brought to what is wanted is refused.
    """
    adopts = request.adopts or {}
    image_id = text_note(adopts, "id") or ""
    if request.physical_id is None:
        # What references gave before the former image went is what they go on to give.
        request = replace(request, physical_id=text_note(adopts, "stands_for"))
    wanted = view.wanted(request.properties, request.region)
    key = step_key(request.token)
    former = request.context if request.context.get("step") == key else {}
    notes = _notes(adopts, request, key, former)
    try:
        image = await cloud.loader.look(wanted.region, image_id)
        refusal = _refusal(view, wanted, image, image_id)
        if image is None or refusal:
            return Failed(ErrorCode.NOT_UPDATABLE, refusal, context=notes)
        change = Change(view, wanted, wanted, key)
        done = list(list_note(former, "done"))
        needed = [one for one in _needed(change, request, image) if one not in done]
        if needed and text_note(former, "next") == needed[0]:
            await _call(cloud, change, request, image, needed[0])
            done.append(needed.pop(0))
    except CloudError as error:
        trouble = request.now - number_note(former, "at", request.now)
        if error.is_passing and trouble <= GIVE_UP:
            physical_id = view.physical_id(request, image_id)
            return again(cloud.client, error, physical_id, notes, trouble)
        # A call that was refused for good has changed nothing that would have to be put back.
        return failed(error, notes if error.is_passing else changed_notes(notes, next=None))
    if needed:
        noted: dict[str, Json] = {**adopts, "asked": list[Json](asked_parts(wanted, adopts))}
        announced = changed_notes(notes, done=done, next=needed[0], at=request.now, adopts=noted)
        says = "taking it in" if needed[0] == LINEAGE_CALL else f"changing {needed[0]}"
        return Pending(
            view.physical_id(request, image_id), 0.0, context=announced, status_says=says
        )
    deed = "copied" if wanted.recipe is None else "made"
    said = f"{image_id} in {wanted.region} is taken in; nothing was {deed}"
    return Done(
        view.physical_id(request, image_id),
        view.attributes(request, wanted, image_id),
        notes=(said,),
    )


def _notes(adopts: Context, request: HandlerRequest, key: str, former: Context) -> dict[str, Json]:
    notes: dict[str, Json] = {**former, **origin_notes(request)}
    return changed_notes(notes, step=key, phase=Phase.ADOPT, adopts=dict(adopts))


def _refusal(view: View, wanted: WantedCopy, image: Image | None, image_id: str) -> str:
    if image is None:
        return f"the image {image_id} is not in {wanted.region}"
    refusal = unsuitable(wanted, image)
    fixed = [one for one in differing(wanted, image) if one.part not in view.editable]
    if not refusal and fixed:
        parts = ", ".join(f"{one.part} {one.found!r} and not {one.wanted!r}" for one in fixed)
        refusal = f"{image_id} has {parts}"
    return refusal


def _needed(change: Change, request: HandlerRequest, image: Image) -> list[str]:
    """The calls that are needed, in order: ours first, so that what we touch can be found."""
    value = own_lineage(request, change.wanted)
    is_ours = image.tags.get(LINEAGE_KEY) == value
    tags_it = value is not None and not is_ours and leaves_room(change.wanted, image)
    return [*([LINEAGE_CALL] if tags_it else []), *needed_calls(change, image)]


async def _call(
    cloud: ImageCloud, change: Change, request: HandlerRequest, image: Image, name: str
) -> None:
    if name != LINEAGE_CALL:
        await CALLS[name](cloud, change, image)
        return
    value = own_lineage(request, change.wanted) or ""
    await tag_image(cloud.client, change.wanted.region, image.image_id, [(LINEAGE_KEY, value)])
