"""Survey: looks at regions, sources and dry runs for many planned copies, few calls each, counted."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from imageferry.cloud.client import Client
from imageferry.cloud.ecs import CopyRequest, region_words
from imageferry.cloud.errors import CloudError
from imageferry.cloud.gathering import PAGE
from imageferry.cloud.rehearsals import rehearse_copy
from imageferry.cloud.shelves import IN_THE_MAKING, Seen, Shelf, images_on_shelf
from imageferry.resource_types.image_copies.foresight.grounds import Ground

_AT_ONCE: Final = 16
"""Calls in flight at the same time."""
_MOST_CALLS: Final = 50
"""Calls that are spent on the names of one region."""


class Survey:
    """Looks made on behalf of one plan; `calls` counts them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._places = asyncio.Semaphore(_AT_ONCE)
        self.calls = 0

    async def region_words(self, region: str) -> Mapping[str, str]:
        """Each region of the account with its status; nothing where that cannot be had."""
        async with self._places:
            self.calls += 1
            try:
                return await region_words(self._client, region)
            except CloudError:
                return {}

    async def rehearse(self, request: CopyRequest) -> CloudError | None:
        """The error with which a copy would be refused, None where it would be begun."""
        async with self._places:
            self.calls += 1
            try:
                await rehearse_copy(self._client, request)
            except CloudError as fault:
                return fault
        return None

    async def sources(
        self, region: str, ids: Collection[str]
    ) -> tuple[dict[str, Seen], CloudError | None]:
        """Images of a region by their ids, whoever owns them; or why they could not be seen."""
        ordered = sorted(ids)
        try:
            shelves = [
                await self._shelf(region, ids=ordered[start : start + PAGE])
                for start in range(0, len(ordered), PAGE)
            ]
        except CloudError as fault:
            return {}, fault
        return {one.image.image_id: one for shelf in shelves for one in shelf.images}, None

    async def ground(self, region: str, names: Collection[str], ids: Collection[str]) -> Ground:
        """What a region holds of the account's own images: all, or what concerns us.

        One page tells everything of a region with up to 100 images. Of a fuller one the rest is
        read, or each name looked up, whichever takes fewer calls.
        """
        ground = Ground(region)
        try:
            first = await self._shelf(region, owner="self")
        except CloudError as fault:
            ground.fault = fault
            return ground
        _put(ground, first)
        ground.total = first.total if first.total is not None else len(first.images)
        more = -(-ground.total // PAGE) - 1
        if more <= 0:
            ground.is_whole = ground.is_queue_known = True
        elif more <= min(len(names) + 1, _MOST_CALLS):
            await self._read_on(ground, names, more)
        else:
            await self._look_up(ground, names)
        missing = [image_id for image_id in ids if image_id not in ground.seen]
        if missing:
            found, _ = await self.sources(region, missing)
            ground.seen.update(found)
        if ground.is_whole:
            ground.ahead = tuple(one for one in ground.seen.values() if one.image.status in _QUEUED)
        return ground

    async def _read_on(self, ground: Ground, names: Collection[str], more: int) -> None:
        pages = (self._shelf(ground.region, owner="self", page=page + 2) for page in range(more))
        found = await asyncio.gather(*pages, return_exceptions=True)
        if not _taken_in(ground, found):
            ground.unread.update(name for name in names if not ground.holders(name))
            return
        ground.is_whole = ground.is_queue_known = True

    async def _look_up(self, ground: Ground, names: Collection[str]) -> None:
        # The cloud takes the name as a pattern, so what comes back is compared once more.
        asked = sorted(names)[:_MOST_CALLS]
        ground.unread.update(set(names) - set(asked))
        found = await asyncio.gather(
            *(self._shelf(ground.region, owner="self", name=name) for name in asked),
            return_exceptions=True,
        )
        for name, one in zip(asked, found, strict=True):
            if not _taken_in(ground, [one]):
                ground.unread.add(name)
        try:
            queue = await self._shelf(ground.region, owner="self", statuses=IN_THE_MAKING)
        except CloudError:
            return
        ground.ahead, ground.is_queue_known = queue.images, True

    async def _shelf(
        self,
        region: str,
        *,
        ids: Sequence[str] = (),
        name: str | None = None,
        owner: str | None = None,
        statuses: str | None = None,
        page: int = 1,
    ) -> Shelf:
        async with self._places:
            self.calls += 1
            if statuses is not None:
                return await images_on_shelf(self._client, region, owner=owner, statuses=statuses)
            return await images_on_shelf(
                self._client, region, ids=ids, name=name, owner=owner, page=page
            )


_QUEUED: Final = frozenset(IN_THE_MAKING.split(","))


def _put(ground: Ground, shelf: Shelf) -> None:
    ground.seen.update((one.image.image_id, one) for one in shelf.images)


def _taken_in(ground: Ground, found: Sequence[Shelf | BaseException]) -> bool:
    """Put pages on the ground; False where one of them is missing."""
    is_complete = True
    for one in found:
        match one:
            case Shelf():
                _put(ground, one)
            case CloudError():
                is_complete = False
            case _:
                raise one
    return is_complete
