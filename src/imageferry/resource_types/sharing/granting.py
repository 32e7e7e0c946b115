"""Bringing an image's shares to a goal: look, announce one call, make it, and look once more."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.cloud.shares import PER_CALL, accounts_sharing, modify_shares
from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed, says
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.sharing.wanted import marks, stands_for

_IN_MAKING: Final = frozenset({"Creating", "Waiting"})
_DEAD: Final = frozenset({"CreateFailed", "UnAvailable"})
_GONE: Final = "InvalidImageId.NotFound"
_SO_ALREADY: Final = frozenset({"Image.Public", "Image.NotPublic"})
_UNSEEN: Final = 60.0
"""Seconds for which an image is waited for that one of the two looks shows, and the other does not."""
_ABSENT: Final = 30.0
"""Seconds for which an image that no look shows is waited for: somebody may just have made it. One of
the same stack has been seen before its share begins.
"""
_SHOWN_WITHIN: Final = 30.0
"""Seconds within which the cloud shows what a call has done; then the call is made again."""
_CALLS: Final = 3
"""How often one call is made that is answered well and has no effect."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who has an image now. `accounts` None: not told; `image` None: no look shows it."""

    image: Image | None
    accounts: tuple[str, ...] | None

    @property
    def is_public(self) -> bool | None:
        """Whether anybody may have it; None where no look shows it."""
        return None if self.image is None else self.image.is_public


@dataclass(frozen=True, slots=True)
class Goal:
    """What one image's shares shall be.

    `granted` are accounts that shall have it, `revoked` marks of those that shall not; of all others
    nothing is said. `public` None says nothing of publicity. `removes`: an image that is gone is as good.
    """

    image_id: str
    region: str
    granted: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    public: bool | None = None
    removes: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def grants(self) -> bool:
        """True where somebody may get the image who does not have it."""
        return bool(self.granted) or self.public is True


class _Deed(NamedTuple):
    """One call: what it does, to which accounts, and a short name that tells it from others."""

    verb: str
    accounts: tuple[str, ...]
    key: str


_SAYS: Final = {
    "revoke": "taking accounts off",
    "grant": "sharing",
    "publish": "publishing",
    "unpublish": "unpublishing",
}


async def look(cloud: ImageCloud, region: str, image_id: str) -> Audience | None:
    """Who has an image now, None where it is not there; raises CloudError."""
    image, accounts = await asyncio.gather(
        cloud.loader.look(region, image_id), _accounts(cloud, region, image_id)
    )
    return None if image is None and accounts is None else Audience(image, accounts)


async def _accounts(cloud: ImageCloud, region: str, image_id: str) -> tuple[str, ...] | None:
    try:
        return await accounts_sharing(cloud.client, region, image_id)
    except CloudError as error:
        if error.code == _GONE:
            return None
        raise


def _next_deed(goal: Goal, audience: Audience) -> _Deed | None:
    """The next call that is needed: room is made first, so that the quota is not in the way."""
    shown = audience.accounts or ()
    revoked = tuple(
        one for one in shown if any(stands_for(marked, one) for marked in goal.revoked)
    )[:PER_CALL]
    granted = tuple(one for one in goal.granted if one not in shown)[:PER_CALL]

    def deed(verb: str, accounts: tuple[str, ...] = ()) -> _Deed:
        said = " ".join((verb, goal.image_id, *accounts))
        return _Deed(verb, accounts, f"{verb}-{hashlib.sha256(said.encode()).hexdigest()[:16]}")

    if revoked:
        return deed("revoke", revoked)
    if granted:
        return deed("grant", granted)
    if goal.public is None or audience.image is None or audience.image.is_public == goal.public:
        return None
    return deed("publish" if goal.public else "unpublish")


async def proceed(
    cloud: ImageCloud,
    goal: Goal,
    audience: Audience | None,
    request: HandlerRequest,
    notes: Mapping[str, Json],
    physical_id: str | None,
) -> Pending | Failed | None:
    """Bring an image one call nearer to its goal; None where it is there.

    Whom this step grants the image is written down as `asked` before the call, and is from then on
    nobody who had it `before`; `sets_public` says that publicity was touched.
    """
    waits = _unready(goal, audience, request.now, notes, physical_id)
    if waits is not None:
        return waits
    deed = None if audience is None else _next_deed(goal, audience)
    if deed is None:
        return None
    now, status = request.now, _SAYS[deed.verb]
    if text_note(notes, "next") == deed.key:
        return await _call(cloud, goal, deed, request, notes, physical_id)
    called_at = number_note(notes, "called_at", now)
    repeats = text_note(notes, "called") == deed.key
    if repeats and now - called_at < _SHOWN_WITHIN:
        pause = max(0.25, min(5.0, (now - called_at) / 2))
        return Pending(physical_id, pause, context=notes, observes=True, status_says=status)
    tries = number_note(notes, "tries", 0) + 1 if repeats else 1
    if tries > _CALLS:
        words = f"{status} {goal.image_id} in {goal.region} is answered well and has no effect"
        return Failed(
            ErrorCode.NOT_STABILIZED,
            masked(words, goal.secrets),
            retriable=True,
            context=changed_notes(notes, called=None, called_at=None, tries=None),
        )
    announced = changed_notes(notes, next=deed.key, tries=tries, at=now)
    if not deed.accounts:
        announced["sets_public"] = True
    if deed.verb == "grant":
        new = marks(deed.accounts, goal.secrets)
        announced["asked"] = list(dict.fromkeys((*list_note(notes, "asked"), *new)))
        announced["before"] = [one for one in list_note(notes, "before") if one not in new]
    return Pending(physical_id, 0.0, context=announced, status_says=status)


async def _call(
    cloud: ImageCloud,
    goal: Goal,
    deed: _Deed,
    request: HandlerRequest,
    notes: Mapping[str, Json],
    physical_id: str | None,
) -> Pending | Failed | None:
    try:
        await modify_shares(
            cloud.client,
            goal.region,
            goal.image_id,
            added=deed.accounts if deed.verb == "grant" else (),
            removed=deed.accounts if deed.verb == "revoke" else (),
            is_public={"publish": True, "unpublish": False}.get(deed.verb),
        )
    except CloudError as error:
        if goal.removes and error.code == _GONE:
            return None
        if error.code not in _SO_ALREADY:
            return troubled(cloud, goal, error, request, notes, physical_id)
    called = changed_notes(notes, next=None, called=deed.key, called_at=request.now, at=None)
    says_status = _SAYS[deed.verb]
    return Pending(physical_id, 0.0, context=called, observes=True, status_says=says_status)


def troubled(
    cloud: ImageCloud,
    goal: Goal,
    error: CloudError,
    request: HandlerRequest,
    notes: Mapping[str, Json],
    physical_id: str | None,
) -> Pending | Failed:
    """The same once more where that may help, for an hour; Failed otherwise."""
    at = number_note(notes, "at", number_note(notes, "trouble", request.now))
    trouble = request.now - at
    if error.is_passing and trouble <= GIVE_UP:
        noted = changed_notes(notes, trouble=at)
        if error.may_have_worked:
            # It may be so by now: that is looked at before the call is announced again.
            noted = changed_notes(noted, next=None)
        announced = text_note(noted, "next") is not None
        return again(cloud.client, error, physical_id, noted, trouble, observes=not announced)
    return failed(
        error, changed_notes(notes, trouble=None), message=masked(says(error), goal.secrets)
    )


def _unready(
    goal: Goal,
    audience: Audience | None,
    now: float,
    notes: Mapping[str, Json],
    physical_id: str | None,
) -> Pending | Failed | None:
    """Why nothing can be called yet, or ever; None where it can."""
    where = f"{goal.image_id} in {goal.region}"
    since = number_note(notes, "since", now)
    image = None if audience is None else audience.image

    def refuse(code: ErrorCode, words: str) -> Failed:
        return Failed(code, masked(words, goal.secrets), context=notes)

    if image is not None and image.owner not in {"", "self"}:
        if goal.removes:
            return None
        words = f"{where} belongs to somebody else; only its owner can share or publish an image"
        return refuse(ErrorCode.INVALID_REQUEST, words)
    if audience is None or audience.accounts is None or (image is None and goal.public is not None):
        if goal.removes and audience is None:
            return None
        patience = _ABSENT if audience is None else _UNSEEN
        if now - since < patience:
            status = f"no such image is shown yet: looking for it, {patience:.0f} s at most"
            return _wait(physical_id, notes, since, now, status)
        words = (
            f"there is no image {where} that is this account's own; give the id of a custom image"
        )
        return refuse(ErrorCode.NOT_FOUND, f"{words} of this account, and the region that it is in")
    if image is None or not goal.grants or goal.removes:
        return None
    if image.status in _DEAD:
        words = f"{where} is {image.status}; only an Available image can be shared or published"
        return refuse(ErrorCode.INVALID_REQUEST, words)
    if image.status in _IN_MAKING:
        if now - since < GIVE_UP:
            return _wait(
                physical_id, notes, since, now, f"waiting for the image: {image.status}",
                progress=image.progress,
            )  # fmt: skip
        words = f"{where} is still {image.status} after an hour; share it once it is Available"
        return refuse(ErrorCode.NOT_STABILIZED, words)
    return None


def _wait(
    physical_id: str | None,
    notes: Mapping[str, Json],
    since: float,
    now: float,
    status: str,
    progress: int | None = None,
) -> Pending:
    pause = max(0.5, min(15.0, (now - since) / 4))
    noted = changed_notes(notes, since=since)
    return Pending(
        physical_id, pause, progress=progress, context=noted, observes=True, status_says=status
    )
