"""The lineage tag, and finding the copy that an intent may have made already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.images import Image, describe_images
from imageferry.model.handlers import HandlerRequest
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS, lineage
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.wanted import WantedCopy, copy_name

_VALUE_LIMIT: Final = 128
_CLOCK_DIFFERENCE: Final = 900.0
"""Seconds by which the cloud's clock may run behind ours: it refuses requests beyond that."""


def identity_of(wanted: WantedCopy) -> str:
    """A digest of what makes the image: two wishes with the same one are met by one image."""
    made_of: list[object] = [
        wanted.source_id,
        wanted.source_region,
        wanted.region,
        wanted.encrypted,
        wanted.key_id,
        wanted.copies_nothing,
    ]
    if wanted.recipe is not None:
        made_of.append(wanted.recipe)
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def own_lineage(request: HandlerRequest, wanted: WantedCopy) -> str | None:
    """The lineage of what a request makes; None where the user's own tags leave no room."""
    if len(wanted.tags) >= MOST_TAGS:
        return None
    return lineage(request.installation, request.operation_id, request.address)


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
    size = await _source_size(cloud, search.wanted)
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
    size = await _source_size(cloud, wanted)
    return tuple(
        f'{image.image_id} in {wanted.region} is named "{masked(image.name, wanted.secrets)}" and may'
        f" be the {wanted.thing} that was begun here: it was"
        f" {'copied' if wanted.recipe is None else 'made'} since, and never got our tag; it is not"
        ' deleted: take it in with "imageferry adopt", or delete it by hand'
        for image in alike
        if _could_be_ours(image, search, size)
    )


async def _source_size(cloud: ImageCloud, wanted: WantedCopy) -> int | None:
    """The size that the image would have, GiB; None where nobody can tell. Raises CloudError."""
    if wanted.recipe is not None:
        return None
    source = await cloud.loader.look(wanted.source_region, wanted.source_id)
    return None if source is None else source.size


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
        image.is_copied is (search.wanted.recipe is None)
        and image.tags.get(LINEAGE_KEY) in {None, search.lineage}
        and (size is None or image.size == size)
        and _is_young_enough(image, search.since)
    )


def _is_young_enough(image: Image, since: float) -> bool:
    return image.created_at is None or image.created_at >= since - _CLOCK_DIFFERENCE


def _newest(images: list[Image]) -> Image | None:
    return max(images, key=lambda image: image.created_at or 0.0, default=None)
