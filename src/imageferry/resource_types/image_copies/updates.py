"""Changing an image in place: name, description, family, tags, group; one announced call at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from imageferry.cloud.ecs import join_resource_group, modify_image, tag_image, untag_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.asides import aside
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.lineage import identity_of
from imageferry.resource_types.image_copies.notes import Phase, born_of
from imageferry.resource_types.image_copies.wanted import View, WantedCopy

_STILL_CREATING: Final = "InvalidStatus.ImageIsCreating"
_EVERYTHING: Final = frozenset({"name", "description", "tags", "resource_group", "family"})


@dataclass(frozen=True, slots=True)
class Change:
    """One step that brings a copy from `before` to `wanted`; `key` names what it makes.

    `swaps`: an image left over by an earlier step takes its place again, so that all of it has to
    be compared, not only what differs between the two wishes. `mends`: what was changed outside is
    set back, whatever the type would say to such a change. `tagged` are keys of tags that this step
    or an unfinished one before it may have set, so that whoever turns it back takes them off.
    """

    view: View
    wanted: WantedCopy
    before: WantedCopy
    key: str
    swaps: bool = False
    mends: bool = False
    tagged: tuple[str, ...] = ()

    @property
    def editable(self) -> frozenset[str]:
        """What is brought in line in place."""
        return _EVERYTHING if self.swaps or self.mends else self.view.editable


def finished(
    change: Change,
    request: HandlerRequest,
    image_id: str,
    *,
    old_id: str | None = None,
    notes: tuple[str, ...] = (),
) -> Done:
    """The update has succeeded; an image that was replaced is left over for later.

    The leftovers are all that there are now: those of before, but for one that is in use again.
    """
    kept = [one for one in request.leftovers if one.get("image_id") not in {image_id, old_id}]
    if old_id is not None and old_id != image_id and not change.before.copies_nothing:
        kept.append(
            {
                "image_id": old_id,
                "region": change.before.region,
                "identity": identity_of(change.before),
                **born_of(change.before),
            }
        )
    return Done(
        change.view.physical_id(request, image_id),
        change.view.attributes(request, change.wanted, image_id),
        leftovers=tuple(kept),
        notes=notes,
    )


def announced(
    change: Change, request: HandlerRequest, phase: Phase, status: str, **more: Json
) -> Pending:
    """The next call of this step, to be made once these notes are committed."""
    notes: dict[str, Json] = {
        **request.context,
        "step": change.key,
        "region": change.wanted.region,
        "at": request.now,
        **more,
        "phase": phase,
    }
    context = changed_notes(notes)
    physical_id = change.view.physical_id(request, text_note(context, "image_id"))
    return Pending(physical_id, 0.0, context=context, status_says=status)


def passing_or_failed(
    cloud: ImageCloud, change: Change, request: HandlerRequest, error: CloudError
) -> Pending | Failed:
    """The same call again where that may help, for an hour; Failed otherwise."""
    trouble = request.now - number_note(request.context, "at", request.now)
    if (error.is_passing or error.code == _STILL_CREATING) and trouble <= GIVE_UP:
        image_id = text_note(request.context, "image_id")
        physical_id = change.view.physical_id(request, image_id)
        return again(cloud.client, error, physical_id, request.context, trouble)
    return failed(error, request.context)


async def adjust(
    cloud: ImageCloud, change: Change, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring name, description, family, tags and group of an image to what is wanted.

    What differs is found by looking, each call is announced as `next`, and `done` names what has
    been answered for in this step: the cloud may take a while to show it.
    """
    context, region = request.context, change.wanted.region
    image_id = text_note(context, "image_id") or change.view.recorded_id(request)
    if image_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no image is recorded that could be changed")
    done = list(list_note(context, "done"))
    try:
        image = await cloud.loader.look(region, image_id)
        if image is None:
            words = f"the image {image_id} is no longer in {region}; restore it or make it anew"
            return Failed(ErrorCode.NOT_FOUND, words, context=context)
        needed = [name for name in needed_calls(change, image) if name not in done]
        if needed and text_note(context, "next") == needed[0]:
            await CALLS[needed[0]](cloud, change, image)
            done.append(needed.pop(0))
    except CloudError as error:
        return passing_or_failed(cloud, change, request, error)
    if needed:
        return announced(
            change, request, Phase.ADJUST, f"changing {needed[0]}",
            done=done, next=needed[0], tagged=_tagged(change, image) or None,
        )  # fmt: skip
    old_id = text_note(context, "old_id") if change.swaps else None
    return finished(change, request, image_id, old_id=old_id, notes=_kept(change, image))


def needed_calls(change: Change, image: Image) -> list[str]:
    """The calls, in order, that bring an image to what is wanted: tags first, then the rest."""
    needed: list[str] = []
    if "tags" in change.editable:
        if _superfluous(change, image):
            needed.append("untag")
        if _missing(change, image):
            needed.append("tag")
    if any(new(change, image) for new in (_new_name, _new_description, _new_family)):
        needed.append("modify")
    if change.wanted.resource_group not in {None, image.resource_group}:
        needed.append("group")
    return needed


def _superfluous(change: Change, image: Image) -> list[str]:
    wanted = dict(change.wanted.tags)
    candidates = [*(key for key, _ in change.before.tags), *change.tagged]
    keys = [
        key
        for key in (image.tags if change.swaps else dict.fromkeys(candidates))
        if key in image.tags and key not in wanted and not key.startswith(("acs:", "imageferry:"))
    ]
    if len(wanted) >= MOST_TAGS and LINEAGE_KEY in image.tags:
        keys.append(LINEAGE_KEY)
    return keys


def _missing(change: Change, image: Image) -> list[tuple[str, str]]:
    return [(key, value) for key, value in change.wanted.tags if image.tags.get(key) != value]


def _tagged(change: Change, image: Image) -> list[str]:
    """The keys to note before they are set; one that holds a secret is not written down."""
    known = {key for key, _ in change.before.tags}
    new = [key for key, _ in _missing(change, image) if key not in known]
    secrets = change.wanted.secrets
    return [key for key in dict.fromkeys([*change.tagged, *new]) if masked(key, secrets) == key]


def _new_name(change: Change, image: Image) -> str | None:
    wanted = change.wanted.name
    return wanted if "name" in change.editable and wanted not in {None, image.name} else None


def _new_description(change: Change, image: Image) -> str | None:
    wanted = change.wanted.description
    editable = "description" in change.editable
    return wanted if editable and wanted not in {None, image.description} else None


def _new_family(change: Change, image: Image) -> str | None:
    """The family to go back into; one that put the image aside knows why."""
    recipe = change.wanted.recipe
    wanted = None if recipe is None else recipe.family
    if wanted is None or "family" not in change.editable:
        return None
    return wanted if image.family not in {wanted, aside(wanted)} else None


def _kept(change: Change, image: Image) -> tuple[str, ...]:
    removed = change.before.description is not None and change.wanted.description is None
    if not (removed and "description" in change.editable and image.description):
        return ()
    return (f"{image.image_id} keeps its old description: the cloud cannot clear one",)


async def _untag(cloud: ImageCloud, change: Change, image: Image) -> None:
    keys = _superfluous(change, image)
    await untag_image(cloud.client, change.wanted.region, image.image_id, keys)


async def _tag(cloud: ImageCloud, change: Change, image: Image) -> None:
    await tag_image(cloud.client, change.wanted.region, image.image_id, _missing(change, image))


async def _modify(cloud: ImageCloud, change: Change, image: Image) -> None:
    await modify_image(
        cloud.client,
        change.wanted.region,
        image.image_id,
        name=_new_name(change, image),
        description=_new_description(change, image),
        family=_new_family(change, image),
    )


async def _group(cloud: ImageCloud, change: Change, image: Image) -> None:
    group = change.wanted.resource_group or ""
    await join_resource_group(cloud.client, change.wanted.region, image.image_id, group)


CALLS: Final = {"untag": _untag, "tag": _tag, "modify": _modify, "group": _group}
