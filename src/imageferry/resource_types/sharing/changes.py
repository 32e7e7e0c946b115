"""From what was wanted to what is wanted: whom to grant an image, whom to take it from, who stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.model.handlers import Context, HandlerRequest
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import list_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.sharing.leftovers import OldShare, old_share, old_share_notes
from imageferry.resource_types.sharing.wanted import Former, WantedShare, mark, marks

NOTHING: Final = WantedShare("", "")
"""What is wanted before there is a resource."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step from `previous` to `wanted`, and how the image stood before any of it.

    `renews`: an old account is left over as well; otherwise accounts come and go in place.
    """

    request: HandlerRequest
    wanted: WantedShare
    previous: WantedShare
    former: Former
    renews: bool

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts of either wish that must not be shown."""
        return (*self.wanted.secrets, *self.previous.secrets)

    @property
    def moves(self) -> bool:
        """True where it is another image from now on."""
        return self.previous.image_id != self.wanted.image_id

    def accounts_before(self, shown: tuple[str, ...]) -> tuple[str, ...]:
        """Marks of whoever has the image and did not get it from this resource."""
        mine, there = self._granted_here(), marks(shown, self.secrets)
        if self.moves or self.renews:
            return tuple(one for one in there if one not in mine)
        # Whoever else has got the image since is nobody's business, but for those wanted now.
        wanted = marks(self.wanted.accounts or (), self.secrets)
        new = [one for one in wanted if one in there and one not in mine]
        return tuple(dict.fromkeys((*self.former.accounts, *new)))

    def _granted_here(self) -> set[str]:
        mine: set[str] = set()
        if not self.moves:
            mine |= set(marks(self.previous.accounts or (), self.secrets))
            mine -= set(self.former.accounts)
        if self._is_unfinished_here:
            mine |= set(list_note(self.request.unfinished, "asked"))
        for one in self._old_shares_here():
            mine |= set(one.accounts)
        return mine

    @property
    def _is_unfinished_here(self) -> bool:
        return text_note(self.request.unfinished, "image_id") == self.wanted.image_id

    def _old_shares_here(self) -> list[OldShare]:
        """What an earlier step has left over of the image that is wanted again."""
        found = filter(None, map(old_share, self.request.leftovers))
        return [one for one in found if one.image_id == self.wanted.image_id]

    def public_before(self, is_public: bool | None) -> bool | None:
        """Whether the image was public before anything here was said of that."""
        noted = [one.public for one in self._old_shares_here() if one.public is not None]
        unfinished = self.request.unfinished.get("was_public")
        if self._is_unfinished_here and isinstance(unfinished, bool):
            noted.append(unfinished)
        if not self.moves and self.previous.is_public is not None:
            noted += [] if self.former.is_public is None else [self.former.is_public]
        return noted[0] if noted else is_public

    def revoked(self, former: Former) -> tuple[str, ...]:
        """Marks of those who got the image here, or outside where that is set back, and lose it."""
        if self.renews or self.moves:
            return ()
        observed = self.request.observed.get("Accounts")
        outside = observed if isinstance(observed, list | tuple) else ()
        candidates = [
            *marks(self.previous.accounts or (), self.secrets),
            *list_note(self.request.unfinished, "asked"),
            *marks((one for one in outside if isinstance(one, str)), self.secrets),
        ]
        kept = {*marks(self.wanted.accounts or (), self.secrets), *former.accounts}
        return tuple(one for one in dict.fromkeys(candidates) if one not in kept)

    def public(self, former: Former) -> bool | None:
        """Whether it shall be public: as wanted; where that is withdrawn, as it was before."""
        is_withdrawn = self.wanted.is_public is None and self.previous.is_public is not None
        return former.is_public if is_withdrawn and not self.moves else self.wanted.is_public

    def leftovers(self) -> tuple[Context, ...]:
        """Shares that another one has taken the place of; they go once all has moved on."""
        old = [*filter(None, map(old_share, self.request.leftovers))]
        if self.previous is not NOTHING and (self.moves or self.renews):
            old.append(self._replaced())
        unfinished = self.request.unfinished
        begun = text_note(unfinished, "image_id")
        if begun is not None and (self.renews or not self._is_unfinished_here):
            was_public = unfinished.get("was_public")
            touched = unfinished.get("sets_public") is True and isinstance(was_public, bool)
            region = text_note(unfinished, "region") or self.previous.region
            public = bool(was_public) if touched else None
            old.append(OldShare(begun, region, list_note(unfinished, "asked"), public))
        return old_share_notes(old, self.wanted)

    def _replaced(self) -> OldShare:
        """What this step takes the place of, as far as it was granted here."""
        previous, former = self.previous, self.former
        granted = marks(previous.accounts or (), self.secrets)
        is_set = None not in (previous.is_public, former.is_public)
        return OldShare(
            previous.image_id,
            previous.region,
            tuple(one for one in granted if one not in former.accounts),
            former.is_public if is_set and previous.is_public != former.is_public else None,
            previous.keeps,
        )

    def said(self, former: Former) -> tuple[str, ...]:
        """Who was to lose the image and keeps it, because it was not granted here."""
        if self.renews or self.moves:
            return ()
        kept = self.wanted.accounts or ()
        gone = [one for one in self.previous.accounts or () if one not in kept]
        return told_to_stay(self.previous.image_id, gone, former, self.secrets)


def told_to_stay(
    image_id: str, accounts: Sequence[str], former: Former, secrets: tuple[str, ...]
) -> tuple[str, ...]:
    """A sentence naming those of the accounts who had an image before, and keep it."""
    stay = [one for one in accounts if mark(one, secrets) in former.accounts]
    if not stay:
        return ()
    words = f"{image_id} stays shared with {', '.join(stay)}, who had it before"
    return (masked(words, secrets),)


def noted_former(notes: Mapping[str, Json]) -> Former:
    """How the image stood before, as a step has noted it."""
    public = notes.get("was_public")
    return Former(list_note(notes, "before"), public if isinstance(public, bool) else None)
