"""Pace: a token bucket per region and action that learns its rate from throttling answers; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit: so many calls in so many seconds."""

    calls: int
    seconds: float


PUBLISHED_LIMITS: Final[Mapping[str, Limit]] = {"CopyImage": Limit(1000, 60.0)}
"""ECS reference, CopyImage: 1000 calls in 60 seconds by one account."""

_RECOVERY: Final = 60.0
_SLOWEST: Final = 2.0
_WINDOW: Final = 5.0


class Pace:
    """How fast one action may be called in one region.

    Without a published limit there is none until the cloud throttles; then the rate is half of
    what was sent lately, grows by a tenth with every second of success, and the limit is dropped
    after a minute without throttling.
    """

    __slots__ = (
        "_filled_at",
        "_learned",
        "_level",
        "_limit",
        "_raised_at",
        "_rate",
        "_sent",
        "_throttled_at",
        "_window_at",
    )

    def __init__(self, limit: Limit | None, now: float) -> None:
        self._limit = limit
        self._throttled_at = self._raised_at = now
        self._sent = 0
        self._window_at = now
        self._start(now)

    def _start(self, now: float) -> None:
        limit = self._limit
        self._rate = limit.calls / limit.seconds if limit is not None else 0.0
        self._level = float(limit.calls) if limit is not None else 0.0
        self._learned = False
        self._filled_at = now

    def take(self, now: float) -> float:
        """Take one call: 0 if it may go at once, else the seconds to wait before it goes.

        The call is counted as sent in either case.
        """
        if now - self._window_at > _WINDOW:
            self._window_at, self._sent = now, 0
        self._sent += 1
        if self._learned and now - self._throttled_at > _RECOVERY:
            self._start(now)
        if not self._rate:
            return 0.0
        capacity = self._limit.calls if self._limit and not self._learned else max(1.0, self._rate)
        self._level = min(capacity, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now
        self._level -= 1.0
        return 0.0 if self._level >= 0 else -self._level / self._rate

    def give_back(self) -> None:
        """A call that was taken is not made after all."""
        self._sent -= 1
        self._level += 1.0

    def throttled(self, now: float) -> None:
        """The cloud has said: too fast."""
        if self._learned and now - self._throttled_at < 1.0:
            return  # answers to calls that were sent before the first one slowed us
        lately = self._sent / max(1.0, now - self._window_at)
        basis = min(self._rate, lately) if self._rate else lately
        self._rate = max(_SLOWEST, basis / 2)
        self._level = min(self._level, 0.0)
        self._learned = True
        self._throttled_at = self._raised_at = self._filled_at = now

    def succeeded(self, now: float) -> None:
        """A call has gone through."""
        if self._learned and now - self._raised_at >= 1.0:
            self._rate *= 1.1
            self._raised_at = now


class Buckets:
    """The pace of every region and action that was called."""

    __slots__ = ("_limits", "_paces")

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limits = limits
        self._paces: dict[tuple[str, str], Pace] = {}

    def pace(self, region: str, action: str, now: float) -> Pace:
        """The pace of one action in one region."""
        pace = self._paces.get((region, action))
        if pace is None:
            pace = self._paces[(region, action)] = Pace(self._limits.get(action), now)
        return pace
