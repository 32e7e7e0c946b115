"""Buckets: the calls that this process may make, region by region and action by action."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from imageferry.model.paces import LEASE, Demand, Grant, Limit, Pace, lent
from imageferry.ports.keeping import StoreError
from imageferry.ports.pacing import Paces
from imageferry.ports.senses import Clock

PUBLISHED_LIMITS: Final[Mapping[str, Limit]] = {"CopyImage": Limit(1000, 60.0)}
"""ECS reference, CopyImage: 1000 calls in 60 seconds by one account."""

_WINDOW: Final = 5.0
"""Seconds over which it is counted how many calls were sent lately."""
_SURVEY: Final = 10.0
"""Seconds between two looks at what other processes have learned, while calls are made."""
_SAME_ANSWER: Final = 1.0


class MemoryPaces:
    """The `ports.Paces` of one process that shares with nobody."""

    __slots__ = ("_paces",)

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    async def lease(self, key: str, demand: Demand, now: float) -> Grant:
        """Calls for one second."""
        return self.lend(key, demand, now)

    async def known(self) -> Collection[str]:
        """The keys that were found to be limited."""
        return tuple(self._paces)

    def lend(self, key: str, demand: Demand, now: float) -> Grant:
        """The same at once, for whoever cannot reach what is shared."""
        after, grant = lent(self._paces.get(key), demand, now)
        if after is None:
            self._paces.pop(key, None)
        else:
            self._paces[key] = after
        return grant


class _Bucket:
    """What this process holds of one key. Times are monotonic."""

    __slots__ = (
        "calls",
        "is_limited",
        "key",
        "limit",
        "sent",
        "share",
        "throttled",
        "throttled_at",
        "turn",
        "until",
        "waiting",
        "went_well",
        "window_at",
    )

    def __init__(self, key: str, limit: Limit | None, now: float) -> None:
        self.key = key
        self.limit = limit
        self.is_limited = limit is not None
        self.calls = 0
        self.until = now
        self.share: float | None = None
        self.sent = 0
        self.window_at = now
        self.throttled: float | None = None
        self.throttled_at = now - _SAME_ANSWER
        self.went_well = False
        self.waiting = 0
        self.turn = asyncio.Lock()


class Buckets:
    """The calls that this process may make.

    What has no published limit costs nothing until the cloud throttles it; from then on, and for
    published limits, calls are lent for a second at a time by `paces`. Where these cannot be
    reached, the process goes on with a second's worth of what it was lent last.
    """

    def __init__(self, limits: Mapping[str, Limit], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._alone = MemoryPaces()
        self._paces: Paces = self._alone
        self._owner = ""
        self._holder = ""
        self._known: Collection[str] = ()
        self._surveys_at = float("inf")
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    async def share(self, paces: Paces, owner: str, holder: str) -> None:
        """Share with the other processes of an account; `holder` is this one among them."""
        self._paces, self._owner, self._holder = paces, owner, holder
        self._buckets.clear()
        await self._survey(self._clock.monotonic())

    async def admit(self, region: str, action: str, patience: float) -> float:
        """Count one call: 0 where it may go, else the seconds after which to ask again.

        Waits a little longer than `patience` seconds at most.
        """
        now = self._clock.monotonic()
        if now >= self._surveys_at:
            await self._survey(now)
        bucket = self._of(region, action, now)
        if now - bucket.window_at > _WINDOW:
            bucket.window_at, bucket.sent = now, 0
        bucket.sent += 1
        if not bucket.is_limited:
            return 0.0
        if bucket.calls and now < bucket.until and not bucket.waiting:
            bucket.calls -= 1
            return 0.0
        return await self._in_line(bucket, now + patience)

    def throttled(self, region: str, action: str) -> None:
        """The cloud has said: too fast."""
        now = self._clock.monotonic()
        bucket = self._of(region, action, now)
        if now - bucket.throttled_at < _SAME_ANSWER:
            return  # an answer to a call that was sent before the first one slowed us
        bucket.throttled = bucket.sent / max(1.0, now - bucket.window_at)
        bucket.throttled_at = now
        bucket.is_limited = True
        bucket.calls, bucket.until = 0, now

    def succeeded(self, region: str, action: str) -> None:
        """A call has gone through."""
        bucket = self._buckets.get((region, action))
        if bucket is not None:
            bucket.went_well = True

    def _of(self, region: str, action: str, now: float) -> _Bucket:
        bucket = self._buckets.get((region, action))
        if bucket is None:
            key = f"{self._owner}/{region}/{action}"
            bucket = self._buckets[region, action] = _Bucket(key, self._limits.get(action), now)
            bucket.is_limited = bucket.is_limited or key in self._known
        return bucket

    async def _in_line(self, bucket: _Bucket, gives_up_at: float) -> float:
        ahead = bucket.waiting
        if bucket.share is not None and ahead > bucket.share * LEASE:
            bucket.sent -= 1
            return ahead / bucket.share
        bucket.waiting += 1
        try:
            async with bucket.turn:
                while bucket.is_limited:
                    now = self._clock.monotonic()
                    if now < bucket.until and not bucket.calls:
                        if now >= gives_up_at:
                            bucket.sent -= 1
                            return bucket.until - now
                        await self._clock.sleep(bucket.until - now)
                    elif now >= bucket.until:
                        await self._lease(bucket, now)
                    else:
                        bucket.calls -= 1
                        break
                return 0.0
        finally:
            bucket.waiting -= 1

    async def _lease(self, bucket: _Bucket, now: float) -> None:
        throttled, went_well = bucket.throttled, bucket.went_well
        demand = Demand(self._holder, bucket.limit, throttled, went_well, bucket.calls)
        bucket.throttled, bucket.went_well, bucket.calls = None, False, 0
        try:
            grant = await self._paces.lease(bucket.key, demand, self._clock.now())
        except StoreError:
            # Told once it can be: others are to know that it was too fast.
            bucket.throttled = bucket.throttled if throttled is None else throttled
            grant = self._unshared(bucket, demand)
        bucket.calls, bucket.share = grant.calls, grant.share
        bucket.is_limited = grant.share is not None
        bucket.until = now + LEASE

    def _unshared(self, bucket: _Bucket, demand: Demand) -> Grant:
        if bucket.share is None:
            # Nothing was ever lent: half of what a process alone would have.
            alone = self._alone.lend(bucket.key, demand, self._clock.now())
            return Grant((alone.calls + 1) // 2, alone.share)
        share = bucket.share if demand.throttled is None else bucket.share / 2
        return Grant(max(1, int(share * LEASE)), share)

    async def _survey(self, now: float) -> None:
        """What others have learned slows this process, too."""
        self._surveys_at = now + _SURVEY
        try:
            self._known = await self._paces.known()
        except StoreError:
            return
        for bucket in self._buckets.values():
            bucket.is_limited = bucket.is_limited or bucket.key in self._known
