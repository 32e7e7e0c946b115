"""Gathering: looks at things by id, those of one moment and region in one page of up to 100 ids."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

PAGE: Final = 100
TOGETHER: Final = 0.01
"""Seconds for which a look waits for others of its region."""

Thing = TypeVar("Thing")
Fetch = Callable[[str, Sequence[str]], Awaitable[Mapping[str, Thing]]]
"""Those of up to 100 ids that a region shows, by id; raises CloudError."""


class Gathering(Generic[Thing]):
    """Looks at things by id; looks of one moment in one region share a page, whoever asks.

    Every look is a fresh one: nothing is kept. `pages` counts the pages asked for.
    """

    def __init__(self, fetch: Fetch[Thing]) -> None:
        self._fetch_page = fetch
        self._wanted: dict[str, dict[str, list[asyncio.Future[Thing | None]]]] = {}
        self._asked: set[str] = set()
        self._fetching: set[asyncio.Task[None]] = set()
        self.pages = 0

    async def look(self, region: str, thing_id: str) -> Thing | None:
        """The thing as it is now, None where the region does not show it; raises CloudError."""
        loop = asyncio.get_running_loop()
        wanted = self._wanted.get(region)
        if wanted is None:
            wanted = self._wanted[region] = {}
            if region in self._asked:
                # Operations that look at one moment are woken some fractions of it apart.
                loop.call_later(TOGETHER, self._ask, region)
            else:
                # Two turns of the loop, so that steps woken together have all come this far.
                self._asked.add(region)
                loop.call_soon(loop.call_soon, self._ask, region)
        # A future for each who asks: one that is cancelled takes nothing from the others.
        found: asyncio.Future[Thing | None] = loop.create_future()
        wanted.setdefault(thing_id, []).append(found)
        return await found

    def _ask(self, region: str) -> None:
        wanted = self._wanted.pop(region)
        ids = sorted(wanted)
        for start in range(0, len(ids), PAGE):
            page = {thing_id: wanted[thing_id] for thing_id in ids[start : start + PAGE]}
            fetch = asyncio.ensure_future(self._fetch(region, page))
            self._fetching.add(fetch)
            fetch.add_done_callback(self._fetching.discard)

    async def _fetch(
        self, region: str, wanted: Mapping[str, Sequence[asyncio.Future[Thing | None]]]
    ) -> None:
        self.pages += 1
        try:
            shown = await self._fetch_page(region, list(wanted))
        except BaseException as error:
            for askers in wanted.values():
                for found in askers:
                    if not found.done():
                        found.set_exception(error)
                        found.exception()  # seen: who has ended meanwhile will not ask for it
            if isinstance(error, Exception):
                return
            raise
        for thing_id, askers in wanted.items():
            for found in askers:
                if not found.done():
                    found.set_result(shown.get(thing_id))
