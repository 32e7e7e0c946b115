"""How long images take to be made, and where each of them is at a moment; pure.

Nothing here waits or remembers: an image keeps the moments at which its making starts and ends, and
its status and progress follow from the clock. So copies go on while no process lives, and a jump of
the clock over many ends leaves the same world as a slow walk.
"""

from __future__ import annotations

import heapq
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COPY_SECONDS_PER_GIB = 60.0
MAKE_SECONDS_PER_GIB = 6.0
"""Images and snapshots made within a region, where nothing crosses the sea."""
_IMMEDIATE = 0.001


@dataclass(frozen=True, slots=True)
class Span:
    """When the making of an image starts and ends; with `fails_at` percent it ends in failure."""

    starts_at: float
    ends_at: float
    fails_at: float | None = None

    def full_seconds(self) -> float:
        """How long the whole making lasts, also that which fails on its way."""
        length = self.ends_at - self.starts_at
        return length if self.fails_at is None else length / max(self.fails_at, 1e-9) * 100


def status(span: Span, now: float) -> str:
    """The status word of ECS."""
    if now < span.starts_at:
        return "Waiting"
    if now < span.ends_at:
        return "Creating"
    return "Available" if span.fails_at is None else "CreateFailed"


def percent(span: Span, now: float) -> int:
    """Progress, 0 to 100; 100 is shown at the end only, and it never goes back."""
    if now >= span.ends_at:
        return 100 if span.fails_at is None else int(span.fails_at)
    if now < span.starts_at:
        return 0
    return min(99, int(100 * (now - span.starts_at) / span.full_seconds()))


def remaining_seconds(span: Span, now: float) -> int:
    """Seconds on the caller's clock until the making is expected to end."""
    if now >= span.ends_at:
        return 0
    return math.ceil(span.starts_at + span.full_seconds() - max(now, span.starts_at)) + (
        math.ceil(span.starts_at - now) if now < span.starts_at else 0
    )


def seconds_for(image_id: str, gib: int, per_gib: float) -> float:
    """Seconds that an image of this size takes at speed 1: within 7 % of the rate, by its id."""
    spread = zlib.crc32(image_id.encode()) / 0xFFFFFFFF * 0.14 - 0.07
    return gib * per_gib * (1 + spread)


def span_from(starts_at: float, seconds: float, speed: float, fails_at: float | None) -> Span:
    """The span of a making that starts at a moment and takes `seconds` at speed 1."""
    length = seconds / speed
    if fails_at is not None:
        length *= fails_at / 100
    return Span(starts_at, starts_at + (0.0 if length < _IMMEDIATE else length), fails_at)


def start_in_queue(now: float, latest_ends: list[float], running: int) -> float:
    """When one more copy starts, given the `running` latest ends of the copies before it.

    First come, first served: the place that falls free first is the one whose last copy has the
    earliest end among those.
    """
    return now if len(latest_ends) < running else max(now, min(latest_ends))


def rescaled(span: Span, now: float, seconds: float, speed: float) -> Span:
    """A running span at another speed: its progress stays, the rest goes at the new pace."""
    full = span.full_seconds()
    done = (now - span.starts_at) / full if full > 0 else 1.0
    length = seconds / speed
    if length < _IMMEDIATE:
        return Span(span.starts_at, now, span.fails_at)
    return span_from(now - done * length, seconds, speed, span.fails_at)


@dataclass(frozen=True, slots=True)
class Queued:
    """An unfinished copy in a region's queue; `seconds` at speed 1."""

    image_id: str
    span: Span
    seconds: float


def replanned(
    queue: Iterable[Queued], now: float, running: int, speed: float
) -> Mapping[str, Span]:
    """New spans for the copies that have not started, first come first served.

    Needed when a place falls free early (cancel), or when speed or the number of places changes.
    """
    ends: list[float] = []
    waiting: list[Queued] = []
    for copy in queue:
        if copy.span.starts_at <= now:
            if copy.span.ends_at > now:
                ends.append(copy.span.ends_at)
        else:
            waiting.append(copy)
    heapq.heapify(ends)
    spans: dict[str, Span] = {}
    for copy in waiting:
        starts_at = now
        while len(ends) >= max(1, running):
            starts_at = heapq.heappop(ends)
        span = span_from(starts_at, copy.seconds, speed, copy.span.fails_at)
        spans[copy.image_id] = span
        heapq.heappush(ends, span.ends_at)
    return spans
