"""Reading a copy: its properties as the cloud has them, in its type's words, and what else is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Symptom
from imageferry.model.values import Value
from imageferry.resource_types.handling.asides import aside
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.notes import text_note
from imageferry.resource_types.handling.tagging import KEEP_KEY, LINEAGE_KEY
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.wanted import View, WantedCopy
from imageferry.resource_types.image_copies.words import Words

_SYSTEM_TAGS: Final = ("acs:", "aliyun")
_HEALTHY: Final = "Available"
_ALIAS: Final = "alias/"


async def read_copy(cloud: ImageCloud, view: View, request: HandlerRequest) -> Done | Failed:
    """Look at a copy and at what it left over: one page of a region's images for any number.

    Where a key is to be compared, one page of the region's snapshots more: an image does not tell
    with which key it is encrypted, its snapshots do.
    """
    wanted = view.wanted(request.properties, request.region)
    image_id = view.recorded_id(request) or text_note(request.context, "image_id")
    if image_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no image is recorded")
    region = wanted.source_region if wanted.copies_nothing else wanted.region
    try:
        image, leftovers = await asyncio.gather(
            cloud.loader.look(region, image_id), _still_there(cloud, request.leftovers)
        )
        if image is None:
            return Failed(ErrorCode.NOT_FOUND, f"the image {image_id} is not in {region}")
        keys = await keys_of(cloud, region, image, wanted.key_id)
    except CloudError as error:
        return failed(error, request.context)
    return Done(
        view.physical_id(request, image_id),
        view.attributes(request, wanted, image_id),
        leftovers=leftovers,
        # What was not copied here is somebody else's, and has the properties that they gave it.
        observed={} if wanted.copies_nothing else _observed(view, wanted, image, keys),
        symptoms=symptoms(image),
    )


def _observed(
    view: View, wanted: WantedCopy, image: Image, keys: frozenset[str] | None
) -> dict[str, Value]:
    """The properties as they are; an image that its family has put aside is still one of it."""
    observed = observed_properties(view.words, image, keys, [key for key, _ in wanted.tags])
    family = None if wanted.recipe is None else wanted.recipe.family
    if family and image.family == aside(family):
        observed[view.words.family] = family
    return observed


async def _still_there(cloud: ImageCloud, leftovers: Sequence[Context]) -> tuple[Context, ...]:
    """The left over images that exist; what cannot be looked up counts as there."""

    async def is_there(leftover: Context) -> bool:
        image_id, region = text_note(leftover, "image_id"), text_note(leftover, "region")
        if image_id is None or region is None:
            return True
        return await cloud.loader.look(region, image_id) is not None

    answers = await asyncio.gather(*map(is_there, leftovers))
    return tuple(one for one, there in zip(leftovers, answers, strict=True) if there)


async def keys_of(
    cloud: ImageCloud, region: str, image: Image, key_id: str | None
) -> frozenset[str] | None:
    """The keys of an image's snapshots, where one is wanted by its id; None where nobody knows."""
    if key_id is None or key_id.startswith(_ALIAS) or not image.snapshots:
        return None
    found = await cloud.snapshots.look(region, image.snapshots)
    keys = frozenset(one.key_id for one in found if one.key_id)
    return keys or None


def observed_properties(
    words: Words,
    image: Image,
    keys: frozenset[str] | None = None,
    asked_tags: Collection[str] = (),
) -> dict[str, Value]:
    """What the cloud says of an image, by the names that a type gives to it; None for nothing.

    What it cannot tell is left out: the source, limits and leave to force; encryption where no disk
    says so; the key unless `keys` are those of its snapshots. Our own tag and the system's tags are
    nobody's property, and neither is the tag that keeps an image, unless it is one of `asked_tags`.
    """
    hidden = {LINEAGE_KEY, KEEP_KEY} - set(asked_tags)
    observed: dict[str, Value] = {
        name: image.name or None for name in (words.name, words.old_name) if name
    }
    observed[words.description] = image.description or None
    if words.tags:
        observed[words.tags] = [
            {words.tag_key: key, words.tag_value: value}
            for key, value in image.tags.items()
            if key not in hidden and not key.startswith(_SYSTEM_TAGS)
        ]
    if words.resource_group:
        observed[words.resource_group] = image.resource_group or None
    if words.family:
        observed[words.family] = image.family or None
    if words.boot_mode and image.boot_mode:
        observed[words.boot_mode] = image.boot_mode
    if words.encrypted and image.tells_encryption:
        observed[words.encrypted] = image.is_encrypted
    if keys is not None:
        observed[words.key_id] = ", ".join(sorted(keys))
    return observed


def symptoms(image: Image) -> tuple[Symptom, ...]:
    """What is wrong with an image beside its properties: deprecated, unavailable, unusable."""
    found = []
    if image.status != _HEALTHY:
        found.append(Symptom("status", _HEALTHY, image.status))
    if not image.is_usable:
        found.append(Symptom("usable", "true", "false"))
    return tuple(found)
