"""From what was wanted to what is wanted: whom to grant an image, whom to take it from, who stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.model.handlers import Context, HandlerRequest
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import list_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.sharing.wanted import (
    Former,
    WantedShare,
    is_mark_of_secret,
    mark,
    marks,
)

NOTHING: Final = WantedShare("", "")
"""What is wanted before there is a resource."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step from `previous` to `wanted`, and how the image stood before any of it.

    `renews`: an old share is left over; otherwise accounts come and go in place.
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

    def accounts_before(self, shown: tuple[str, ...]) -> tuple[str, ...]:
        """Marks of whoever has the image and did not get it from this resource."""
        mine, there = self._granted_here(), marks(shown, self.secrets)
        if self.previous is NOTHING or self.renews:
            return tuple(one for one in there if one not in mine)
        # Whoever else has got the image since is nobody's business, but for those wanted now.
        wanted = marks(self.wanted.accounts or (), self.secrets)
        new = [one for one in wanted if one in there and one not in mine]
        return tuple(dict.fromkeys((*self.former.accounts, *new)))

    def _granted_here(self) -> set[str]:
        request, secrets = self.request, self.secrets
        mine: set[str] = set()
        if self.previous.image_id == self.wanted.image_id:
            mine |= set(marks(self.previous.accounts or (), secrets)) - set(self.former.accounts)
        if text_note(request.unfinished, "image_id") == self.wanted.image_id:
            mine |= set(list_note(request.unfinished, "asked"))
        for leftover in request.leftovers:
            found = leftover_pair(leftover)
            if found is not None and found[0] == self.wanted.image_id:
                mine.add(mark(found[1], secrets))
        return mine

    def public_before(self, is_public: bool | None) -> bool | None:
        """Whether the image was public before anything here was said of that."""
        if self.previous.is_public is not None and self.former.is_public is not None:
            return self.former.is_public
        return is_public

    def revoked(self, former: Former) -> tuple[str, ...]:
        """The accounts that got the image here, or outside where that is set back, and lose it."""
        if self.renews:
            return ()
        asked = list_note(self.request.unfinished, "asked")
        observed = self.request.observed.get("Accounts")
        candidates = [
            *(self.previous.accounts or ()),
            *(one for one in asked if not is_mark_of_secret(one)),
            *(observed if isinstance(observed, list | tuple) else ()),
        ]
        kept = self.wanted.accounts or ()
        return tuple(
            one
            for one in dict.fromkeys(one for one in candidates if isinstance(one, str))
            if one not in kept and mark(one, self.secrets) not in former.accounts
        )

    def public(self, former: Former) -> bool | None:
        """Whether it shall be public: as wanted; where that is withdrawn, as it was before."""
        if self.wanted.is_public is None and self.previous.is_public is not None:
            return former.is_public
        return self.wanted.is_public

    def leftovers(self) -> tuple[Context, ...]:
        """Shares that another one has taken the place of; they go once all has moved on."""
        if not self.renews:
            return self.request.leftovers
        unfinished, region = self.request.unfinished, self.previous.region
        found: dict[tuple[str, str] | None, Context] = {
            leftover_pair(one): one for one in self.request.leftovers
        }
        old = pair_of(self.previous)
        if all(old) and mark(old[1], self.secrets) not in self.former.accounts:
            found[old] = {"image_id": old[0], "region": region, "account": old[1]}
        begun = text_note(unfinished, "image_id")
        for account in list_note(unfinished, "asked"):
            # What is a digest by now cannot be asked to go.
            if begun is not None and not is_mark_of_secret(account):
                place = text_note(unfinished, "region") or region
                found[begun, account] = {"image_id": begun, "region": place, "account": account}
        wanted = pair_of(self.wanted)
        return tuple(one for pair, one in found.items() if pair != wanted)

    def said(self, former: Former) -> tuple[str, ...]:
        """Who was to lose the image and keeps it, because it was not granted here."""
        if self.renews:
            return ()
        gone = [one for one in self.previous.accounts or () if one not in self._wanted_accounts()]
        return told_to_stay(self.previous.image_id, gone, former, self.secrets)

    def _wanted_accounts(self) -> tuple[str, ...]:
        return self.wanted.accounts or ()


def told_to_stay(
    image_id: str, accounts: list[str], former: Former, secrets: tuple[str, ...]
) -> tuple[str, ...]:
    """A sentence naming those of the accounts who had an image before, and keep it."""
    stay = [one for one in accounts if mark(one, secrets) in former.accounts]
    if not stay:
        return ()
    words = f"{image_id} stays shared with {', '.join(stay)}, who had it before"
    return (masked(words, secrets),)


def pair_of(wanted: WantedShare) -> tuple[str, str]:
    """The image and the one account of a share that is nothing else."""
    accounts = wanted.accounts or ("",)
    return wanted.image_id, accounts[0]


def leftover_pair(leftover: Context) -> tuple[str, str] | None:
    """The image and the account of a share that was left over."""
    image_id, account = text_note(leftover, "image_id"), text_note(leftover, "account")
    return None if image_id is None or account is None else (image_id, account)


def noted_former(notes: Mapping[str, Json]) -> Former:
    """How the image stood before, as a step has noted it."""
    public = notes.get("was_public")
    return Former(list_note(notes, "before"), public if isinstance(public, bool) else None)
