"""The shared pace of calls: two stores on one database, two processes' worth of callers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from imageferry.cloud.buckets import Buckets
from imageferry.model.paces import Demand, Limit
from imageferry.store.databases import open_database
from imageferry.store.lanes import Lanes
from imageferry.store.paces import SqlPaces
from imageferry.testing import VirtualClock, run_virtually
from tests.postgres import PostgresServer

REGION, ACTION = "cn-hangzhou", "CopyImage"
KEY = f"1/{REGION}/{ACTION}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'paces.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


@asynccontextmanager
async def two_processes(url: str) -> AsyncIterator[list[SqlPaces]]:
    """Two stores of their own on one database."""
    lanes = [Lanes(open_database(url)) for _ in range(2)]
    try:
        yield [SqlPaces(lane) for lane in lanes]
    finally:
        for lane in lanes:
            await lane.close()


async def call_for(clock: VirtualClock, buckets: Buckets, seconds: float) -> list[float]:
    """Call as fast as it is allowed, twenty times a second at most; the moments of the calls."""
    sent, end = [], clock.monotonic() + seconds
    while clock.monotonic() < end:
        wait = await buckets.admit(REGION, ACTION, 1.0)
        if wait:
            await clock.sleep(wait)
            continue
        sent.append(clock.monotonic())
        buckets.succeeded(REGION, ACTION)
        await clock.sleep(0.05)
    return sent


def test_two_processes_together_stay_within_a_published_limit(url: str) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with two_processes(url) as both:
            callers = []
            for name, paces in zip("ab", both, strict=True):
                callers.append(Buckets({ACTION: Limit(20, 10.0)}, clock))
                await callers[-1].share(paces, "1", name)
            sent = await asyncio.gather(*(call_for(clock, one, 30.0) for one in callers))
        assert 20 + 2 * 26 <= sum(map(len, sent)) <= 20 + 2 * 31
        assert min(map(len, sent)) >= 15

    run_virtually(run())


def test_throttling_of_one_process_slows_the_other(url: str) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with two_processes(url) as both:
            told, other = (Buckets({}, clock) for _ in both)
            await told.share(both[0], "1", "a")
            await other.share(both[1], "1", "b")
            await asyncio.gather(call_for(clock, told, 4.0), call_for(clock, other, 4.0))
            told.throttled(REGION, ACTION)
            sent = await asyncio.gather(call_for(clock, told, 8.0), call_for(clock, other, 8.0))
            # By now the other has looked: both are on one pace of some 20 a second.
            later = [moment for one in sent for moment in one if moment >= 10.5]
            assert len(later) <= 1.5 * 30
            assert await both[1].known() == {KEY}

    run_virtually(run())


def test_what_was_learned_outlives_the_process_and_ends_with_its_minute(url: str) -> None:
    async def run() -> None:
        async with two_processes(url) as both:
            first, second = both
            assert await first.known() == frozenset()
            throttled = await first.lease(KEY, Demand("a", throttled=40.0), 1000.0)
            assert throttled.share == 20.0
            grant = await second.lease(KEY, Demand("b"), 1001.0)
            assert (grant.calls, grant.share) == (10, 10.0)
            freed = await second.lease(KEY, Demand("b"), 1062.0)
            assert freed.share is None
            assert await first.known() == frozenset()

    run_virtually(run())


def test_leases_of_one_moment_never_lend_more_than_there_is(url: str) -> None:
    async def run() -> None:
        async with two_processes(url) as both:
            demand = Limit(100, 1000.0)
            grants = await asyncio.gather(
                *(
                    both[number % 2].lease(KEY, Demand(f"p{number}", demand), 1000.0)
                    for number in range(40)
                )
            )
        assert 50 <= sum(grant.calls for grant in grants) <= 100

    run_virtually(run())
