"""Looking at a family of a region: one page of it, and what is wanted and not in it yet."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable

from imageferry.cloud.client import Client
from imageferry.cloud.families import images_of_family, newest_first
from imageferry.cloud.images import Image, ImageLoader
from imageferry.resource_types.families.succession import Membership
from imageferry.resource_types.families.wanted import WantedFamily


async def look_at_family(
    client: Client, loader: ImageLoader, wanted: WantedFamily, others: Collection[str] = ()
) -> Membership:
    """The family as it is, with the images `others` that may leave it. Raises CloudError."""
    page = await images_of_family(client, wanted.region, wanted.family)
    found = {one.image_id: one for one in page}
    sought = [one for one in (*wanted.members, *sorted(others)) if one not in found]
    looks = await asyncio.gather(*(loader.look(wanted.region, one) for one in sought))
    there = found | {one.image_id: one for one in looks if one is not None}
    leaving = frozenset(others) - frozenset(wanted.members)
    return Membership(
        members={one: there[one] for one in wanted.members if one in there},
        leaving={one: there[one] for one in sorted(leaving) if one in there},
        strangers={
            key: one
            for key, one in found.items()
            if key not in wanted.members and key not in leaving
        },
    )


def chosen(wanted: WantedFamily, membership: Membership, statuses: Iterable[str]) -> Image | None:
    """The member that is to be current: the one that is named, else the newest of these statuses."""
    if wanted.current is not None:
        return membership.members.get(wanted.current)
    fit = frozenset(statuses)
    members = [one for one in membership.members.values() if one.status in fit]
    return next(iter(newest_first(members, wanted.members)), None)
