"""Pace: how fast one action may be called by all processes together, and what one of them is lent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

LEASE: Final = 1.0
"""Seconds for which a process is lent calls, and sooner than after which it asks for no more."""

_RECOVERY: Final = 60.0
"""Seconds without throttling after which what was learned is forgotten."""
_SLOWEST: Final = 2.0
_SAME_ANSWER: Final = 1.0
"""Seconds in which further throttling answers are to calls that were sent before the first one."""
_ALIVE: Final = 3.0
"""Seconds since it last asked in which a process counts as one of those that share."""
_SKEW: Final = 60.0
"""Seconds by which the clocks of machines may differ; beyond it a clock has jumped."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit: so many calls in so many seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket that all processes draw from.

    `rate` is in calls a second, `level` the calls that may go at once. `throttled_at` is None
    where the published limit alone holds. Times are seconds since 1970. `holders` are the
    processes that draw from it, and when each last did.
    """

    rate: float
    capacity: float
    level: float
    filled_at: float
    throttled_at: float | None = None
    raised_at: float = 0.0
    holders: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a process says when it asks for calls.

    `throttled` is None, or how many calls a second it had sent when the cloud said: too fast.
    `went_well`: a call has succeeded since it asked last. `unspent` are calls of its last lease.
    """

    holder: str
    limit: Limit | None = None
    throttled: float | None = None
    went_well: bool = False
    unspent: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """So many calls for the length of a lease; `share` is this process's calls a second.

    `share` is None where there is no limit (any more).
    """

    calls: int
    share: float | None


def lent(pace: Pace | None, demand: Demand, now: float) -> tuple[Pace | None, Grant]:
    """The pace after a demand, None where nothing limits it, and what is granted.

    A lease is a second's worth of the rate, divided by those who share; of a published limit whose
    calls were saved up, half of what is there. What a process is lent and dies with is lost, and
    comes back with the rate.
    """
    pace = _published(demand.limit, now) if pace is None else _filled(pace, demand, now)
    if demand.throttled is not None:
        pace = _slowed(pace, demand.throttled, now)
    elif pace is not None and pace.throttled_at is not None:
        pace = _recovered(pace, demand, now)
    if pace is None:
        return None, Grant(0, None)
    holders = {name: at for name, at in pace.holders.items() if abs(now - at) < _ALIVE}
    holders[demand.holder] = now
    share = pace.rate / len(holders)
    saved_up = pace.level / 2 / len(holders) if pace.throttled_at is None else 0.0
    calls = max(0, int(min(pace.level, max(1.0, share * LEASE, saved_up))))
    return replace(pace, level=pace.level - calls, holders=holders), Grant(calls, share)


def _published(limit: Limit | None, now: float) -> Pace | None:
    if limit is None:
        return None
    return Pace(limit.calls / limit.seconds, float(limit.calls), float(limit.calls), now)


def _filled(pace: Pace, demand: Demand, now: float) -> Pace:
    if abs(now - pace.filled_at) > _SKEW and now < pace.filled_at:
        # The clock was set back: count from here.
        pace = replace(pace, filled_at=now, throttled_at=pace.throttled_at and now)
    passed = max(0.0, now - pace.filled_at)
    level = min(pace.capacity, pace.level + passed * pace.rate + demand.unspent)
    return replace(pace, level=level, filled_at=max(now, pace.filled_at))


def _slowed(pace: Pace | None, lately: float, now: float) -> Pace:
    """Half of what was sent lately, by the process that was told so."""
    if (
        pace is not None
        and pace.throttled_at is not None
        and abs(now - pace.throttled_at) < _SAME_ANSWER
    ):
        return pace
    basis = lately if pace is None else min(pace.rate, lately)
    rate = max(_SLOWEST, basis / 2)
    holders = {} if pace is None else pace.holders
    return Pace(rate, rate, 0.0, now, now, now, holders)


def _recovered(pace: Pace, demand: Demand, now: float) -> Pace | None:
    """A tenth faster with every second of success; after a minute without throttling as before."""
    if pace.throttled_at is not None and now - pace.throttled_at > _RECOVERY:
        before = _published(demand.limit, now)
        return None if before is None else replace(before, holders=pace.holders)
    if not demand.went_well or now - pace.raised_at < _SAME_ANSWER:
        return pace
    return replace(pace, rate=pace.rate * 1.1, capacity=pace.capacity * 1.1, raised_at=now)
