"""What pages over many stacks cost: a page of the matrix, a copy's story, a report, out of 20,000 resources."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from figures import Figure, at_most, fresh_home, quantity
from fleets import STACKS, fill, settings_of
from imageferry.assembly.house import open_house
from imageferry.control.chronicles import read_chronicle
from imageferry.control.copy_stories import read_story
from imageferry.control.matrix import read_matrix
from imageferry.drawing.pages.report import report_page
from imageferry.model.stacks import StackQuery

PAGE: Final = 25
TIMES: Final = 9


def measure() -> Iterator[Figure]:
    """CPU of one page, once the types are loaded; the fleet is 1,000 stacks of 20 resources."""
    with fresh_home() as home:
        began = time.perf_counter()
        asyncio.run(fill(home))
        filled = time.perf_counter() - began
        spent = asyncio.run(_overviews(home))
    yield Figure(f"filling a home with {STACKS} stacks", quantity(filled, "s"))
    yield at_most(f"CPU of a page of the matrix, {PAGE} stacks, the newest", spent[0], 30.0, "ms")
    yield at_most(f"CPU of a page of the matrix, {PAGE} stacks, all open", spent[1], 30.0, "ms",
                  note="warm; the first time, their change sets and journals are read as well")  # fmt: skip
    yield at_most(f"CPU of a page of the matrix, {PAGE} stacks, searched for", spent[2], 30.0, "ms")
    yield at_most("CPU of a copy's story", spent[3], 30.0, "ms")
    yield Figure("CPU of a report of one stack", quantity(spent[4], "ms"))


async def _overviews(home: Path) -> list[float]:
    async with open_house(settings_of(home)) as house:
        plane, live = house.plane, house.board.progress
        stack = await plane.find("fleet-0003")
        query = StackQuery(plane.place)
        held = StackQuery(plane.place, open_first=True)
        sought = StackQuery(plane.place, search="T-00")

        async def report() -> None:
            report_page([await read_chronicle(plane.desk, stack)], house.clock.now())

        # The first page of a process loads the types.
        await read_matrix(plane.desk, query, PAGE, 1, live)
        return [
            await _spent(lambda: read_matrix(plane.desk, query, 0, PAGE, live)),
            await _spent(lambda: read_matrix(plane.desk, held, 0, PAGE, live)),
            await _spent(lambda: read_matrix(plane.desk, sought, 0, PAGE, live)),
            await _spent(lambda: read_story(plane.desk, stack, "UsEast1", live)),
            await _spent(report),
        ]


async def _spent(deed: Callable[[], Awaitable[object]]) -> float:
    """The median of what the whole process spends on it, in milliseconds."""
    found = []
    for _ in range(TIMES):
        began = time.process_time()
        await deed()
        found.append((time.process_time() - began) * 1000)
    return statistics.median(found)
