"""The pace of calls: what is lent, learned and shared; counts of calls in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import pytest

from imageferry.cloud.buckets import Buckets, MemoryPaces
from imageferry.model.paces import LEASE, Demand, Grant, Limit, lent
from imageferry.ports.keeping import StoreUnavailable
from imageferry.testing import VirtualClock, run_virtually

NOW = 1_760_000_000.0
REGION, ACTION = "cn-hangzhou", "CopyImage"


class Counted:
    """Paces in memory that count what they are asked, and can be away."""

    def __init__(self) -> None:
        self.within = MemoryPaces()
        self.leases: list[float] = []
        self.surveys = 0
        self.is_away = False

    async def lease(self, key: str, demand: Demand, now: float) -> Grant:
        self.leases.append(now)
        if self.is_away:
            raise StoreUnavailable("away")
        return self.within.lend(key, demand, now)

    async def known(self) -> Collection[str]:
        self.surveys += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return await self.within.known()


class Caller:
    """One process that calls as fast as it may; `sent` are the moments of its calls."""

    def __init__(
        self, clock: VirtualClock, paces: Counted, name: str, limit: Limit | None = None
    ) -> None:
        self.clock = clock
        self.buckets = Buckets({} if limit is None else {ACTION: limit}, clock)
        self.paces, self.name = paces, name
        self.sent: list[float] = []

    async def join(self) -> Caller:
        await self.buckets.share(self.paces, "1", self.name)
        return self

    async def call(self) -> None:
        while True:
            wait = await self.buckets.admit(REGION, ACTION, 1.0)
            if not wait:
                break
            await self.clock.sleep(wait)
        self.sent.append(self.clock.monotonic())
        self.buckets.succeeded(REGION, ACTION)

    async def call_for(self, seconds: float, every: float = 0.01) -> None:
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.call()
            await self.clock.sleep(every)


def play(scenario: Callable[[VirtualClock, Counted], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario(VirtualClock(), Counted())

    run_virtually(run())


def between(moments: list[float], first: float, last: float) -> int:
    return sum(1 for moment in moments if first <= moment < last)


def test_what_has_no_limit_is_never_held_back_and_asks_for_nothing() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        caller = await Caller(clock, paces, "a").join()
        for _ in range(5000):
            await caller.call()
        assert set(caller.sent) == {0.0}
        assert (paces.leases, paces.surveys) == ([], 1)

    play(scenario)


def test_two_processes_stay_within_a_published_limit_with_one_lease_a_second() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        limit = Limit(100, 10.0)
        callers = [await Caller(clock, paces, name, limit).join() for name in "ab"]
        await asyncio.gather(*(caller.call_for(60.0) for caller in callers))
        sent = sorted(moment for caller in callers for moment in caller.sent)
        # What was saved up, and the rate: never more, and not much less.
        assert len(sent) <= 100 + 10 * 61
        assert len(sent) >= 100 + 10 * 55
        assert between(sent, 20.0, 50.0) <= 10 * 31
        shares = [between(caller.sent, 20.0, 50.0) for caller in callers]
        assert min(shares) >= 0.3 * sum(shares)
        assert len(paces.leases) <= 2 * 62

    play(scenario)


def test_throttling_of_one_slows_the_other() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        told, other = [await Caller(clock, paces, name).join() for name in "ab"]
        await asyncio.gather(told.call_for(5.0), other.call_for(5.0))
        before = between(other.sent, 0.0, 5.0)
        told.buckets.throttled(REGION, ACTION)
        # The other one looks every ten seconds at what was learned.
        await asyncio.gather(told.call_for(25.0), other.call_for(25.0))
        unheard = between(other.sent, 6.0, 8.0)
        heard = between(told.sent, 11.0, 13.0) + between(other.sent, 11.0, 13.0)
        assert (before, unheard) == (pytest.approx(500, abs=10), pytest.approx(200, abs=10))
        assert heard <= unheard

    play(scenario)


def test_throttling_halves_the_pace_success_raises_it_and_a_minute_ends_it() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        caller = await Caller(clock, paces, "a").join()
        await caller.call_for(4.0)
        caller.buckets.throttled(REGION, ACTION)
        await caller.call_for(20.0)
        first, later = between(caller.sent, 5.0, 7.0), between(caller.sent, 20.0, 22.0)
        assert 60 <= first <= 120
        assert later > 1.5 * first
        await caller.call_for(62.0)
        leases = len(paces.leases)
        await caller.call_for(5.0)
        assert len(paces.leases) == leases
        assert await paces.known() == ()

    play(scenario)


def test_answers_to_calls_already_under_way_do_not_slow_twice() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        callers = [await Caller(clock, paces, name).join() for name in "ab"]
        await asyncio.gather(*(caller.call_for(4.0) for caller in callers))
        for _ in range(20):
            for caller in callers:
                caller.buckets.throttled(REGION, ACTION)
        await asyncio.gather(*(caller.call_for(3.0) for caller in callers))
        assert sum(between(caller.sent, 5.0, 7.0) for caller in callers) >= 60

    play(scenario)


def test_the_lease_of_a_killed_process_is_lost_for_its_second_only() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        killed, other = [await Caller(clock, paces, name).join() for name in "ab"]
        await asyncio.gather(killed.call_for(4.0), other.call_for(4.0))
        for caller in (killed, other):
            caller.buckets.throttled(REGION, ACTION)
        await asyncio.gather(killed.call_for(2.0), other.call_for(2.0))
        alone = clock.monotonic()
        await other.call_for(20.0)
        # Half of some 60 a second until the other no longer counts as one that shares, then all.
        assert between(other.sent, alone + 1.0, alone + 2.0) <= 45
        assert between(other.sent, alone + 4.0, alone + 9.0) >= 5 * 60

    play(scenario)


@pytest.mark.parametrize("learned", [True, False], ids=["lent before", "never lent"])
def test_without_the_database_a_process_goes_on_with_what_it_was_lent_last(learned: bool) -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        caller = await Caller(clock, paces, "a", Limit(600, 60.0)).join()
        if learned:
            await caller.call_for(120.0)
        paces.is_away = True
        began = clock.monotonic()
        await caller.call_for(100.0)
        sent = between(caller.sent, began, began + 100.0)
        assert 0 < sent <= (100 * 10 + 10 if learned else 600 + 100 * 10)

    play(scenario)


def test_who_is_far_back_in_the_line_is_told_to_come_again() -> None:
    async def scenario(clock: VirtualClock, paces: Counted) -> None:
        caller = await Caller(clock, paces, "a", Limit(10, 10.0)).join()
        waits = await asyncio.gather(
            *(caller.buckets.admit(REGION, ACTION, 1.0) for _ in range(50))
        )
        assert clock.monotonic() <= 3.0
        assert 5 <= waits.count(0.0) <= 8
        assert max(waits) >= 2.0

    play(scenario)


@pytest.mark.parametrize(
    "jump", [-3600.0, 3600.0, -315_360_000.0], ids=["-1 h", "+1 h", "-10 years"]
)
def test_a_jump_of_the_clock_neither_stops_nor_frees_a_pace(jump: float) -> None:
    pace, _ = lent(None, Demand("a", throttled=40.0), NOW)
    total = 0
    for second in range(1, 31):
        now = NOW + second + (jump if second >= 10 else 0.0)
        pace, grant = lent(pace, Demand("a"), now)
        if pace is None:
            # More than a minute has passed, by the clock: forgotten, as it would be anyway.
            assert jump > 0
            return
        total += grant.calls
    assert 20 * 20 <= total <= 20 * 31


def test_what_was_not_spent_is_given_back() -> None:
    pace, first = lent(None, Demand("a", Limit(100, 100.0)), NOW)
    _, second = lent(pace, Demand("a", Limit(100, 100.0), unspent=first.calls), NOW + LEASE)
    assert (first.calls, second.calls) == (50, 50)
