"""Watch: what this process remembers of an unfinished copy: pace, estimates, next poll, stalls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from imageferry.cloud.images import Image

SHORTEST_POLL: Final = 0.25
LONGEST_POLL: Final = 75.0
STALLED_AFTER: Final = 900.0
_SECONDS_PER_GIB: Final = 15.0
"""A first guess, replaced by what copies to the region have taken."""
_USUAL_GIB: Final = 40
_JUST_BEGUN: Final = 5
"""Percent up to which a copy counts as seen from its start."""
_NEARLY_DONE: Final = 90
"""Percent from which on a copy that does not move is looked at less and less often."""
_REMEMBERED: Final = 50_000


@dataclass(slots=True)
class Watch:
    """One copy as it was seen; lost with the process, and never relied on for what is done."""

    began_at: float
    running_since: float | None = None
    saw_start: bool = False
    progress: int | None = None
    changed_at: float = 0.0
    first_estimate: float | None = None
    missing_since: float | None = None
    trouble_since: float | None = None
    noted: set[str] = field(default_factory=set)

    def note(self, key: str, sentence: str) -> tuple[str, ...]:
        """The sentence the first time, nothing after that."""
        if key in self.noted:
            return ()
        self.noted.add(key)
        return (sentence,)


class Watches:
    """The copies that are being watched, and how long copies to each region have taken."""

    __slots__ = ("_paces", "_watches")

    def __init__(self) -> None:
        self._watches: dict[str, Watch] = {}
        self._paces: dict[str, float] = {}

    def watch(self, image_id: str, now: float) -> Watch:
        """What is remembered of an image."""
        found = self._watches.get(image_id)
        if found is None:
            if len(self._watches) >= _REMEMBERED:
                self._watches.pop(next(iter(self._watches)))
            found = self._watches[image_id] = Watch(began_at=now, changed_at=now)
        return found

    def forget(self, image_id: str) -> None:
        """The copy has ended."""
        self._watches.pop(image_id, None)

    def learn(self, region: str, image: Image, now: float) -> None:
        """A copy has ended well: remember how fast it was."""
        watch = self._watches.get(image.image_id)
        if watch is None or watch.running_since is None or not watch.saw_start:
            return
        pace = (now - watch.running_since) / max(1, image.size or _USUAL_GIB)
        former = self._paces.get(region)
        self._paces[region] = pace if former is None else (former + pace) / 2

    def expected(self, region: str, image: Image) -> float:
        """Seconds that the copy of an image of that size takes once it runs."""
        return self._paces.get(region, _SECONDS_PER_GIB) * (image.size or _USUAL_GIB)

    def knows(self, region: str) -> bool:
        """True where a copy to the region has been seen from start to end."""
        return region in self._paces


def see(watch: Watch, image: Image, now: float) -> None:
    """Take in what the cloud says now."""
    watch.missing_since = watch.trouble_since = None
    if image.status == "Waiting":
        watch.saw_start = True
        watch.changed_at = now
        return
    if watch.running_since is None:
        watch.running_since = now
        # A process that comes late sees a copy run that began long ago, or has ended already.
        is_fresh = image.status == "Creating" and (image.progress or 0) < _JUST_BEGUN
        watch.saw_start = watch.saw_start or (is_fresh and now - watch.began_at < 5.0)
        watch.changed_at = now
    if image.progress != watch.progress:
        watch.progress = image.progress
        watch.changed_at = now


def estimate(watches: Watches, watch: Watch, region: str, image: Image, now: float) -> float | None:
    """Seconds to the end of a running copy; None while it waits in the cloud's queue."""
    if watch.running_since is None:
        return None
    elapsed = now - watch.running_since
    progress = image.progress or 0
    if image.remaining is not None and (image.remaining > 0 or progress >= 90):
        remaining = float(image.remaining)
    elif watch.saw_start and progress >= 5:
        remaining = elapsed * (100 - progress) / progress
    else:
        expected = watches.expected(region, image)
        remaining = max(expected * (100 - progress) / 100 - elapsed, expected / 10)
    if watch.first_estimate is None:
        watch.first_estimate = elapsed + remaining
    return remaining


def stalled_for(watch: Watch, now: float) -> float | None:
    """Seconds without progress where the copy counts as stalled, else None."""
    idle = now - watch.changed_at
    if watch.running_since is None:
        return None
    if idle >= STALLED_AFTER:
        return idle
    running = now - watch.running_since
    slow = watch.first_estimate is not None and running > 3 * max(watch.first_estimate, 60.0)
    return idle if slow and idle > LONGEST_POLL else None


def poll_after(
    watches: Watches,
    watch: Watch,
    region: str,
    image: Image | None,
    remaining: float | None,
    now: float,
) -> float:
    """Seconds to the next look: a quarter of what remains, at a moment that copies share.

    The end is noticed within half a per cent of the copy's length; of a copy in the queue, the
    next look comes before it could have run to its end.
    """
    elapsed = now - (watch.running_since if watch.running_since is not None else watch.began_at)
    if remaining is None:
        interval = elapsed / 4
        if image is not None and watches.knows(region):
            interval = watches.expected(region, image) / 4
    else:
        interval = max(remaining / 4, elapsed * 0.004)
        if image is not None and (image.progress or 0) >= _NEARLY_DONE:
            # Available and not usable for long, or stuck at 99 %: the end is overdue already.
            interval = max(interval, (now - watch.changed_at) / 4)
    return snapped(now, min(LONGEST_POLL, max(SHORTEST_POLL, interval)))


def snapped(now: float, interval: float) -> float:
    """Seconds to the roundest moment between half an interval and an interval from now.

    Moments are counted in quarters of a second of the wall clock, and the one that the highest
    power of two divides is the roundest: so copies that began apart are soon looked at together.
    """
    first = math.floor((now + interval / 2) * 4) + 1
    last = math.floor((now + interval) * 4)
    if last > first:
        shift = ((first - 1) ^ last).bit_length() - 1
        first = (last >> shift) << shift
    return max(0.01, first / 4 - now)
