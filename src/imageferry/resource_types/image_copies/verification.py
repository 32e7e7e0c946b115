"""Verification of a copy: what was asked for and what the source is, beside what was made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import (
    ErrorCode,
    Failed,
    HandlerRequest,
    Pending,
)
from imageferry.model.verdicts import Against, Comparison, Verdict
from imageferry.resource_types.handling.faults import again, failed, says
from imageferry.resource_types.handling.lineages import VISIBILITY
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.handling.verdicts import hidden
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.comparisons import compare_made
from imageferry.resource_types.image_copies.making import Making, Ready
from imageferry.resource_types.image_copies.reading import keys_of, symptoms
from imageferry.resource_types.image_copies.wanted import View, WantedCopy

_PATIENCE: Final = 900.0
"""Seconds for which a source that cannot be looked at is tried again."""
_ALIAS: Final = "alias/"
_TAG: Final = "tag "
_MISSING: Final = "missing"
_SIGNS: Final = {True: "encrypted", False: "not encrypted"}


async def verified(
    cloud: ImageCloud, making: Making, request: HandlerRequest, image: Image
) -> Ready | Pending | Failed:
    """The end of a copy that is Available and Usable: Ready if it is what it should be.

    Tags may be shown later than the rest, so they are waited for. A source that is gone, or that
    may not be looked at, leaves what was asked for.
    """
    wanted, now, image_id = making.wanted, request.now, image.image_id
    ended = number_note(request.context, "ended", now)
    context = changed_notes(request.context, ended=ended)
    try:
        source, keys = await asyncio.gather(
            _source(cloud, wanted, now),
            keys_of(cloud, wanted.region, image, wanted.key_id),
        )
    except CloudError as error:
        if error.is_passing and now - ended < _PATIENCE:
            physical_id = making.identify(image_id)
            return again(
                cloud.client, error, physical_id, context, now - ended, observes=True, progress=100
            )
        words = f"{image_id} in {wanted.region} was not compared with its source: {says(error)}"
        source, keys = None, None
        remarks: tuple[str, ...] = (words,)
    else:
        remarks = ()
    wrong = [one for one in compare_copy(wanted, image, source, keys) if not one.is_equal]
    if not wrong:
        return Ready(image, notes=remarks)
    if all(one.actual == _MISSING for one in wrong) and now - ended < VISIBILITY:
        return Pending(
            making.identify(image_id),
            max(0.25, min(15.0, (now - ended) / 4)),
            progress=100,
            context=context,
            observes=True,
            status_says="Available, its tags are not shown yet",
        )
    listed = "; ".join(map(str, wrong))
    cloud.watches.forget(image_id)
    return Failed(
        ErrorCode.NOT_STABILIZED,
        masked(
            f"the {wanted.thing} {image_id} in {wanted.region} is not what it should be: {listed}; it"
            f" is deleted together with its resource, and {_made(wanted)} anew by the next deployment",
            wanted.secrets,
        ),
        context=changed_notes(request.context, ended=None),
    )


async def _source(cloud: ImageCloud, wanted: WantedCopy, now: float) -> Image | None:
    """The source of a copy as it was a moment ago; what is made has none. Raises CloudError."""
    if wanted.recipe is not None:
        return None
    return await cloud.sources.look(wanted.source_region, wanted.source_id, now)


def _made(wanted: WantedCopy) -> str:
    return "copied" if wanted.recipe is None else "made"


def compare_copy(
    wanted: WantedCopy, copy: Image, source: Image | None, keys: frozenset[str] | None
) -> tuple[Comparison, ...]:
    """Every value of a copy that can be compared: size, disks, encryption, key, system, tags.

    `keys` are those of its snapshots, None where they are not told. What neither side tells is left
    out. The cloud may give more tags than were asked for (the console's guide: those of the source).
    """
    found: list[Comparison] = []
    if source is not None:
        found += _like_the_source(copy, source)
    if wanted.recipe is not None:
        found += compare_made(wanted.recipe, copy)
    found += _encryption(wanted, copy, source)
    if keys is not None and wanted.key_id is not None:
        found.append(Comparison("key", wanted.key_id, ", ".join(sorted(keys)), Against.ASKED))
    found += [
        Comparison(f'{_TAG}"{key}"', f'"{value}"', _shown(copy.tags.get(key)), Against.ASKED)
        for key, value in wanted.tags
    ]
    return tuple(found)


def _shown(value: str | None) -> str:
    return _MISSING if value is None else f'"{value}"'


def _like_the_source(copy: Image, source: Image) -> list[Comparison]:
    sides = (
        ("size", _gib(copy.size), _gib(source.size)),
        ("disks", _disks(copy), _disks(source)),
        ("architecture", copy.architecture, source.architecture),
        ("boot mode", copy.boot_mode, source.boot_mode),
    )
    return [
        Comparison(what, theirs, ours, Against.SOURCE)
        for what, ours, theirs in sides
        if ours and theirs
    ]


def _gib(size: int | None) -> str:
    return "" if size is None else f"{size} GiB"


def _disks(image: Image) -> str:
    """`system 40 GiB, data 100 GiB`; in no order, for the cloud promises none."""
    return ", ".join(sorted(f"{one.kind} {_gib(one.size)}" for one in image.disks))


def _encryption(wanted: WantedCopy, copy: Image, source: Image | None) -> list[Comparison]:
    """Where nothing is asked, an encrypted source makes an encrypted copy; else it is the account's
    default that decides.
    """
    if not copy.tells_encryption:
        return []
    expected, against = wanted.encrypted, Against.ASKED
    if expected is None and source is not None and source.is_encrypted:
        expected, against = True, Against.SOURCE
    if expected is None:
        return []
    signs = {one.is_encrypted is True for one in copy.disks}
    actual = _SIGNS[signs.pop()] if len(signs) == 1 else "encrypted in part"
    return [Comparison("encryption", _SIGNS[expected], actual, against)]


async def _source_now(cloud: ImageCloud, wanted: WantedCopy) -> Image | None:
    if wanted.recipe is not None:
        return None
    return await cloud.loader.look(wanted.source_region, wanted.source_id)


# --- at any later time ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CopyVerifier:
    """The `ports.Verifier` of one type of image copy, by its view."""

    cloud: ImageCloud
    view: View

    async def __call__(self, request: HandlerRequest) -> Verdict | Failed:
        """Look at a recorded copy and at its source, and compare them."""
        wanted = self.view.wanted(request.properties, request.region)
        image_id = self.view.recorded_id(request) or text_note(request.context, "image_id")
        if image_id is None:
            return Failed(ErrorCode.NOT_FOUND, "no image is recorded")
        region = wanted.source_region if wanted.copies_nothing else wanted.region
        try:
            image, source = await asyncio.gather(
                self.cloud.loader.look(region, image_id),
                _source_now(self.cloud, wanted),
            )
            if image is None:
                return Failed(ErrorCode.NOT_FOUND, f"the image {image_id} is not in {region}")
            keys = await keys_of(self.cloud, region, image, wanted.key_id)
        except CloudError as error:
            return failed(error, request.context)
        health = tuple(
            Comparison(one.name, one.healthy, one.actual, Against.HEALTH) for one in symptoms(image)
        )
        if wanted.copies_nothing:
            remark = f"nothing was copied: {image_id} is the source itself"
            return Verdict(image_id, region, wanted.source_id, region, health, (remark,))
        compared = compare_copy(wanted, image, source, keys)
        if not health:
            compared = (Comparison("usable", "true", "true", Against.HEALTH), *compared)
        return Verdict(
            image_id,
            region,
            wanted.source_id,
            wanted.source_region,
            tuple(hidden(one, wanted.secrets) for one in (*health, *compared)),
            _remarks(wanted, source, keys),
        )


def _remarks(
    wanted: WantedCopy, source: Image | None, keys: frozenset[str] | None
) -> tuple[str, ...]:
    found = []
    if source is None and wanted.recipe is None:
        found.append(
            f"the source {wanted.source_id} is no longer in {wanted.source_region}: what it was"
            " like is not compared"
        )
    if wanted.key_id is not None and keys is None:
        by_alias = wanted.key_id.startswith(_ALIAS)
        why = "it is asked for by an alias" if by_alias else "the cloud does not tell it"
        found.append(f"the key is not compared: {why}")
    return tuple(masked(one, wanted.secrets) for one in found)
