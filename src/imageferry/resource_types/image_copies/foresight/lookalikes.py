"""lookalike_of(preview, …): what is there already where a planned copy would be made; pure."""

from __future__ import annotations

from imageferry.cloud.shelves import Seen
from imageferry.model.forecasts import Lookalike
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, origin_of
from imageferry.resource_types.image_copies.foresight.grounds import Ground
from imageferry.resource_types.image_copies.foresight.previews import (
    NAMED,
    Deed,
    Preview,
    own_images,
)
from imageferry.resource_types.image_copies.words import Words


def lookalike_of(
    preview: Preview, ground: Ground, source: Seen | None, words: Words, installation: str
) -> Lookalike | None:
    """What is there already where a copy would be made: by its name, or by its lineage."""
    wanted = preview.wanted
    is_told = preview.deed in NAMED and preview.knows(words.name, words.region)
    if wanted is None or wanted.copies_nothing or not is_told:
        return None
    if wanted.name is not None:
        candidates = ground.holders(wanted.name, own_images(preview))
    else:
        candidates = [one for one in ground.seen.values() if _is_mine(one, preview, installation)]
    for one in candidates:
        image = one.image
        origin = origin_of(image.tags.get(LINEAGE_KEY, ""))
        is_ours = origin is not None and origin.installation == installation
        fits = preview.deed is Deed.MAKE and _fits(one, preview, source, words)
        if wanted.name is None and not fits:
            continue
        return Lookalike(
            image.image_id,
            wanted.region,
            image.name,
            is_ours=is_ours,
            fits=fits,
            operation_id=origin.operation_id if origin is not None and is_ours else "",
            address=origin.address if origin is not None and is_ours else "",
        )
    return None


def _is_mine(one: Seen, preview: Preview, installation: str) -> bool:
    origin = origin_of(one.image.tags.get(LINEAGE_KEY, ""))
    return origin is not None and (origin.installation, origin.address) == (
        installation,
        str(preview.proposal.address),
    )


def _fits(one: Seen, preview: Preview, source: Seen | None, words: Words) -> bool:
    """True where all that the cloud tells of an image is as wanted; its source is not told."""
    wanted, image = preview.wanted, one.image
    if wanted is None or source is None:
        return False
    if not preview.knows(words.tags, words.description, words.encrypted):
        return False
    tags = {key: value for key, value in image.tags.items() if key != LINEAGE_KEY}
    return (
        image.status == "Available"
        and image.is_copied
        and image.is_encrypted == (wanted.encrypted is True)
        and one.gib == source.gib
        and tags == dict(wanted.tags)
        and image.description == (wanted.description or "")
    )
