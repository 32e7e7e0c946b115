"""What it takes to make one image current in its family, call by call; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from imageferry.cloud.families import AVAILABLE, DEPRECATED, newest_first
from imageferry.cloud.images import Image
from imageferry.resource_types.families.wanted import WantedFamily

ENDED_WELL: Final = frozenset({AVAILABLE, DEPRECATED})
UNFINISHED: Final = frozenset({"Creating", "Waiting"})
MOST_FORMER: Final = 20
"""How far back a family can be rolled."""


class Marking(NamedTuple):
    """One change of an image: its family, its status, or both; None leaves as it is."""

    image_id: str
    family: str | None
    status: str | None

    @property
    def key(self) -> str:
        """The same for the same change of the same image."""
        return " ".join((self.image_id, self.family or "-", self.status or "-"))


@dataclass(frozen=True, slots=True)
class Owned:
    """What was done to images here, so that it can be undone, and nothing else.

    `marked` is the family that each had before it was put into this one; `deprecated` are those
    that were Available before.
    """

    marked: Mapping[str, str] = field(default_factory=dict)
    deprecated: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Every image that was touched."""
        return frozenset(self.marked) | self.deprecated


class Membership(NamedTuple):
    """A family as it is seen: its wanted members by id, those that leave it, and everybody else's."""

    members: Mapping[str, Image]
    leaving: Mapping[str, Image]
    strangers: Mapping[str, Image]


def is_ahead(one: Image, of: Image) -> bool:
    """Whether a family may launch from the one rather than from the other: newer, or as new.

    Times are told in whole seconds, so that of two equal ones nobody can say which wins.
    """
    return one.image_id != of.image_id and (one.created_at or 0.0) >= (of.created_at or 0.0)


def rivals(membership: Membership, family: str, current: Image) -> list[Image]:
    """Somebody else's images that launch from the family before the one that is to."""
    return [
        one
        for one in newest_first(membership.strangers.values())
        if one.family == family and one.status == AVAILABLE and is_ahead(one, current)
    ]


def calls_for(
    wanted: WantedFamily,
    membership: Membership,
    current: Image,
    owned: Owned,
    undeprecatable: Collection[str] = (),
) -> list[Marking]:
    """The calls, in order, after which the family launches `current`; nothing where it is so.

    First the current one can launch; then what is newer is deprecated, the newest last, so that there
    is one to launch from at every moment and the last call decides; then what is older is put in.
    """
    members = [one for one in membership.members.values() if one.status in ENDED_WELL]
    others = [one for one in newest_first(members, wanted.members) if one != current]
    ahead = [one for one in reversed(others) if is_ahead(one, current)]
    behind = [one for one in reversed(others) if not is_ahead(one, current)]
    calls = [_call(current, wanted.family, AVAILABLE)]
    calls += [_retired(wanted, one, undeprecatable) for one in ahead]
    calls += [
        _call(one, wanted.family, AVAILABLE if one.image_id in owned.deprecated else None)
        for one in behind
    ]
    calls += [
        released(wanted, one, owned, restores=_may_return(one, owned, current))
        for one in membership.leaving.values()
    ]
    return [call for call in calls if call.family or call.status]


def _call(image: Image, family: str | None, status: str | None) -> Marking:
    """What differs from what an image is."""
    return Marking(
        image.image_id,
        None if family == image.family else family,
        None if status == image.status else status,
    )


def _retired(wanted: WantedFamily, image: Image, undeprecatable: Collection[str]) -> Marking:
    """A newer member is deprecated; one that is shared cannot be, and is put aside instead."""
    is_aside = image.family == wanted.aside and image.status == AVAILABLE
    if image.image_id in undeprecatable or is_aside:
        # Also where it was in no family yet: that it is aside is what says that it is a member.
        is_hidden = image.family == wanted.family and image.status == DEPRECATED
        return _call(image, image.family if is_hidden else wanted.aside, None)
    return _call(image, wanted.family, DEPRECATED)


def _may_return(image: Image, owned: Owned, current: Image) -> bool:
    """Whether an image that leaves can launch again without taking the current one's place."""
    return image.image_id in owned.marked or not is_ahead(image, current)


def released(wanted: WantedFamily, image: Image, owned: Owned, *, restores: bool = True) -> Marking:
    """What gives an image back as it was found; nothing of what others have done to it since."""
    is_ours = image.family in {wanted.family, wanted.aside}
    if not is_ours or image.status not in ENDED_WELL:
        return Marking(image.image_id, None, None)
    family = image.family
    if image.image_id in owned.marked:
        family = owned.marked[image.image_id] or wanted.aside
    restored = restores and image.image_id in owned.deprecated
    return _call(image, family, AVAILABLE if restored else None)


def after(call: Marking, image: Image, owned: Owned) -> Owned:
    """What is owned once a member has been changed: noted before it is, so that nothing is forgotten."""
    marked, deprecated = dict(owned.marked), set(owned.deprecated)
    if call.family is not None:
        marked.setdefault(image.image_id, image.family)
    if call.status == DEPRECATED:
        deprecated.add(image.image_id)
    return Owned(marked, frozenset(deprecated))


def older_than(
    current: Image, membership: Membership, owned: Owned, order: Sequence[str]
) -> tuple[str, ...]:
    """What a new family would have launched before its current image, the last one first."""
    there = [
        one
        for one in membership.members.values()
        if one.status == AVAILABLE or one.image_id in owned.deprecated
    ]
    ordered = [one.image_id for one in newest_first([*there, current], order)]
    behind = ordered[ordered.index(current.image_id) + 1 :]
    return tuple(one for one in behind if one != current.image_id)[:MOST_FORMER]


def former_after(former: Sequence[str], before: str | None, current: str) -> tuple[str, ...]:
    """What was current before, the last one first, once `current` is.

    Going back to one of them forgets those that came after it: rolling back again goes further back.
    """
    if before in {None, current}:
        return tuple(former)
    if current in former:
        return tuple(former[former.index(current) + 1 :])
    return tuple([*filter(None, (before,)), *former][:MOST_FORMER])
