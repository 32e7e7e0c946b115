"""OldShare: what is left over of a share whose place another one has taken, as notes and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from imageferry.model.handlers import Context
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import changed_notes, list_note, text_note
from imageferry.resource_types.sharing.wanted import WantedShare, marks


@dataclass(frozen=True, slots=True)
class OldShare:
    """An image that accounts still have, by their marks; `public` is what it is to become again.

    `stays`: nothing is taken back, as the resource was told; but should the image come again, it is
    known who got it here.
    """

    image_id: str
    region: str
    accounts: tuple[str, ...] = ()
    public: bool | None = None
    stays: bool = False


def old_share(leftover: Context) -> OldShare | None:
    """What a leftover says; None for one that says nothing."""
    image_id, region = text_note(leftover, "image_id"), text_note(leftover, "region")
    if image_id is None or region is None:
        return None
    public = leftover.get("public")
    return OldShare(
        image_id,
        region,
        list_note(leftover, "accounts"),
        public if isinstance(public, bool) else None,
        leftover.get("stays") is True,
    )


def old_share_notes(old: Iterable[OldShare], wanted: WantedShare) -> tuple[Context, ...]:
    """The leftovers, one for each image, without what is wanted again."""
    found: dict[str, OldShare] = {}
    for one in old:
        known = found.get(one.image_id)
        if known is not None:
            accounts = tuple(dict.fromkeys((*known.accounts, *one.accounts)))
            public = known.public if known.public is not None else one.public
            one = replace(one, accounts=accounts, public=public)
        found[one.image_id] = one
    here = found.get(wanted.image_id)
    if here is not None:
        kept = marks(wanted.accounts or (), wanted.secrets)
        rest = tuple(one for one in here.accounts if one not in kept)
        found[wanted.image_id] = replace(here, accounts=rest, public=None, stays=False)
    return tuple(_notes(one) for one in found.values() if one.accounts or one.public is not None)


def _notes(one: OldShare) -> dict[str, Json]:
    return changed_notes(
        {"image_id": one.image_id, "region": one.region},
        accounts=list(one.accounts),
        public=one.public,
        stays=one.stays or None,
    )
