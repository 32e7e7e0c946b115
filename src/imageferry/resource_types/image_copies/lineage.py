"""The lineage tag, and finding the copy that an intent may have made already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.cloud.images import Image, describe_images
from imageferry.model.handlers import Context, HandlerRequest
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.notes import text_note
from imageferry.resource_types.image_copies.wanted import (
    LINEAGE_KEY,
    MOST_TAGS,
    WantedCopy,
    copy_name,
    masked,
)

_VALUE_LIMIT: Final = 128
_CLOCK_DIFFERENCE: Final = 900.0
"""Seconds by which the cloud's clock may run behind ours: it refuses requests beyond that."""


def identity_of(wanted: WantedCopy) -> str:
    """A digest of what makes the image: two wishes with the same one are met by one image."""
    made_of = [
        wanted.source_id,
        wanted.source_region,
        wanted.region,
        wanted.encrypted,
        wanted.key_id,
        wanted.copies_nothing,
    ]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def lineage(installation: str, operation_id: str, address: str) -> str:
    """The value of the lineage tag; a long address is cut and told apart by its digest."""
    text = f"{installation}/{operation_id}/{address}"
    if len(text) <= _VALUE_LIMIT and text.isascii():
        return text
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    head = f"{installation}/{operation_id}/"
    kept = "".join(character for character in address if character.isascii())
    return f"{head}{kept[: _VALUE_LIMIT - len(head) - 17]}~{digest}"


class Origin(NamedTuple):
    """What a lineage says: whose installation, which operation, for which address (maybe cut)."""

    installation: str
    operation_id: str
    address: str


def origin_of(value: str) -> Origin | None:
    """The parts of a lineage tag's value; None for one that is none of ours."""
    parts = value.split("/", 2)
    return Origin(*parts) if len(parts) == 3 and all(parts) else None


def own_lineage(request: HandlerRequest, wanted: WantedCopy) -> str | None:
    """The lineage of what a request makes; None where the user's own tags leave no room."""
    if len(wanted.tags) >= MOST_TAGS:
        return None
    return lineage(request.installation, request.operation_id, request.address)


def origin_notes(request: HandlerRequest) -> dict[str, str]:
    """Who makes something, for its notes: a resource may have another address when it goes."""
    return {"operation": request.operation_id, "address": request.address}


def noted_lineage(request: HandlerRequest, context: Context) -> str:
    """The lineage of what an earlier step, or this one, has begun."""
    return lineage(
        request.installation,
        text_note(context, "operation") or request.operation_id,
        text_note(context, "address") or request.address,
    )


def tags_with_lineage(wanted: WantedCopy, value: str | None) -> tuple[tuple[str, str], ...]:
    """The tags that a copy is made with."""
    return wanted.tags if value is None else (*wanted.tags, (LINEAGE_KEY, value))


@dataclass(frozen=True, slots=True)
class Search:
    """What would have been made: where, under which name and lineage, and not before when.

    `is_first`: the one call that was made was refused, so that what only looks like ours is not.
    """

    wanted: WantedCopy
    name: str | None
    lineage: str | None
    since: float
    excluded: Collection[str] = ()
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """`mine` is the copy; `namesake` an image with its name that is not known to be ours.

    `is_likely` is True where the namesake has the size and age that the copy would have. `twins` carry
    the very lineage of `mine`: the cloud has made more than was asked for. `rivals` are images of
    which any could be the copy, and nobody can tell which.
    """

    mine: Image | None = None
    namesake: Image | None = None
    is_likely: bool = False
    twins: tuple[Image, ...] = ()
    rivals: tuple[Image, ...] = ()


async def find_copy(cloud: ImageCloud, search: Search) -> Finding:
    """Look for a copy by lineage tag, then by name, in every status; raises CloudError.

    An image that has the name and not the tag is reported, never taken. Where the user's own
    tags left no room for ours, name, size, origin, age, description and all tags must fit.
    """
    region = search.wanted.region
    if search.lineage is not None:
        tagged = await describe_images(
            cloud.client, region, tags={LINEAGE_KEY: search.lineage}, owner="self"
        )
        ours = [image for image in tagged if _is_ours(image, search)]
        if ours:
            return _among(ours)
    if search.name is None and search.lineage is not None:
        return Finding()
    if search.name is not None:
        found = await describe_images(cloud.client, region, name=search.name, owner="self")
        named = [image for image in found if image.name == search.name]
    else:
        named = await describe_images(
            cloud.client, region, tags=dict(search.wanted.tags), owner="self"
        )
    named = [image for image in named if image.image_id not in search.excluded]
    ours = [image for image in named if _is_ours(image, search)]
    if ours or not named:
        return _among(ours)
    source = await cloud.loader.look(search.wanted.source_region, search.wanted.source_id)
    size = None if source is None else source.size
    likely = [image for image in named if _could_be_ours(image, search, size)]
    if search.lineage is None and search.is_first:
        likely = []
    elif search.lineage is None:
        wanted_tags = dict(search.wanted.tags)
        said = search.wanted.description
        alike = [
            image for image in likely
            if image.tags == wanted_tags and said in {None, image.description}
        ]  # fmt: skip
        if len(alike) > 1:
            # No lineage tells them apart: which of them is ours is not guessed.
            return Finding(rivals=tuple(alike))
        if alike:
            return Finding(alike[0])
    if search.name is None:
        return Finding()
    return Finding(None, _newest(likely) or _newest(named), bool(likely))


async def untagged_copies(
    cloud: ImageCloud, search: Search, maker: str | None = None
) -> tuple[str, ...]:
    """Sentences on images that may be the copy, though the cloud never gave them our tag.

    They have its exact name (or the one that a renewal by the step `maker` gives), its size and
    age, and nobody's lineage. Whose they are nobody can tell, so they are told and never taken.
    Raises CloudError.
    """
    wanted = search.wanted
    if wanted.name is None:
        return ()
    names = [wanted.name, *([] if maker is None else [copy_name(wanted.name, maker)])]
    alike: list[Image] = []
    for name in names:
        found = await describe_images(cloud.client, wanted.region, name=name, owner="self")
        alike += [
            image
            for image in found
            if image.name == name
            and LINEAGE_KEY not in image.tags
            and image.image_id not in search.excluded
        ]
    if not alike:
        return ()
    source = await cloud.loader.look(wanted.source_region, wanted.source_id)
    size = None if source is None else source.size
    return tuple(
        f'{image.image_id} in {wanted.region} is named "{masked(image.name, wanted.secrets)}" and may'
        " be the copy that was begun here: it was copied since, and never got our tag; it is not"
        ' deleted: take it in with "imageferry adopt", or delete it in the console'
        for image in alike
        if _could_be_ours(image, search, size)
    )


def _among(ours: list[Image]) -> Finding:
    """The newest of images that carry the lineage that is looked for, the others as its twins."""
    mine = _newest(ours)
    return Finding(mine, twins=tuple(image for image in ours if image is not mine))


def _is_ours(image: Image, search: Search) -> bool:
    return (
        search.lineage is not None
        and image.tags.get(LINEAGE_KEY) == search.lineage
        and image.image_id not in search.excluded
        and _is_young_enough(image, search.since)
    )


def _could_be_ours(image: Image, search: Search, size: int | None) -> bool:
    # Another lineage is another intent's, of this or another installation.
    return (
        image.is_copied
        and image.tags.get(LINEAGE_KEY) in {None, search.lineage}
        and (size is None or image.size == size)
        and _is_young_enough(image, search.since)
    )


def _is_young_enough(image: Image, since: float) -> bool:
    return image.created_at is None or image.created_at >= since - _CLOCK_DIFFERENCE


def _newest(images: list[Image]) -> Image | None:
    return max(images, key=lambda image: image.created_at or 0.0, default=None)
