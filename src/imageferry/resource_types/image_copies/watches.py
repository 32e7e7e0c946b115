"""Watch: what this process remembers of an unfinished copy: pace, estimates, next poll, stalls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from imageferry.cloud.images import Image
from imageferry.resource_types.handling.moments import snapped
from imageferry.resource_types.image_copies.queues import COPIES_AT_ONCE, RegionQueue

SHORTEST_POLL: Final = 0.25
LONGEST_POLL: Final = 75.0
_LONGEST_BEFORE_TURN: Final = 300.0
"""Of a copy whose turn is the next, or a twelfth of its length where that is less."""
_LONGEST_IN_QUEUE: Final = 600.0
"""Of those behind it: they cannot have ended when they are looked at again."""
_FINEST: Final = 0.0115
"""The part of a copy's own length below which nobody looks more often: copies that end at different
times are still looked at no more than 80 times in an hour together."""
_SETTLING: Final = 1.0
"""Seconds after which a copy that was just found in the queue is looked at again: by then those that
were begun together with it are in their places."""
STALLED_AFTER: Final = 900.0
_SECONDS_PER_GIB: Final = 15.0
"""A first guess, replaced by what copies to the region have taken."""
_USUAL_GIB: Final = 40
_JUST_BEGUN: Final = 5
"""Percent up to which a copy counts as seen from its start."""
_AT_ONCE: Final = 5.0
"""Seconds within which a copy that begins to run must be seen to count as seen from its start."""
_NEARLY_DONE: Final = 90
"""Percent from which on a copy that does not move is looked at less and less often."""
_REMEMBERED: Final = 50_000


@dataclass(slots=True)
class Watch:
    """One copy as it was seen; lost with the process, and never relied on for what is done.

    `ran_before` are the seconds for which it had run when this process saw it run first, `base`
    is the time and the percent from which its pace is measured, `finished` when and as what it was
    seen by whoever has announced that it goes. `is_made`: it is no copy, takes no turn in the
    region's queue, and has a pace of its own.
    """

    began_at: float
    region: str = ""
    running_since: float | None = None
    ran_before: float | None = None
    progress: int | None = None
    base: tuple[float, int] | None = None
    changed_at: float = 0.0
    looks_in_queue: int = 0
    first_estimate: float | None = None
    missing_since: float | None = None
    trouble_since: float | None = None
    noted: set[str] = field(default_factory=set)
    finished: tuple[float, Image] | None = None
    is_made: bool = False

    def note(self, key: str, sentence: str) -> tuple[str, ...]:
        """The sentence the first time, nothing after that."""
        if key in self.noted:
            return ()
        self.noted.add(key)
        return (sentence,)


class Watches:
    """The copies that are being watched, and how long copies to each region have taken."""

    __slots__ = ("_at_once", "_guesses", "_paces", "_queues", "_watches")

    def __init__(self, at_once: int = COPIES_AT_ONCE) -> None:
        self._watches: dict[str, Watch] = {}
        self._paces: dict[str, float] = {}
        self._guesses: dict[str, float] = {}
        self._queues: dict[str, RegionQueue] = {}
        self._at_once = at_once

    def watch(self, image_id: str, now: float) -> Watch:
        """What is remembered of an image."""
        found = self._watches.get(image_id)
        if found is None:
            if len(self._watches) >= _REMEMBERED:
                self.forget(next(iter(self._watches)))
            found = self._watches[image_id] = Watch(began_at=now, changed_at=now)
        return found

    def forget(self, image_id: str) -> None:
        """The copy has ended."""
        watch = self._watches.pop(image_id, None)
        if watch is not None and watch.region:
            self._queues[watch.region].leave(image_id)

    def queue(self, region: str) -> RegionQueue:
        """Who runs and who waits in a region."""
        found = self._queues.get(region)
        if found is None:
            found = self._queues[region] = RegionQueue(self._at_once)
        return found

    def learn(self, region: str, image: Image, now: float) -> None:
        """A copy has ended well: remember how fast it was."""
        watch = self._watches.get(image.image_id)
        if watch is None or watch.running_since is None or not watch.base:
            return
        if watch.base[1] >= _JUST_BEGUN or watch.base[0] != watch.running_since:
            return
        pace = (now - watch.running_since) / max(1, image.size or _USUAL_GIB)
        kind = self._kind(region, image)
        former = self._paces.get(kind)
        self._paces[kind] = pace if former is None else (former + pace) / 2

    def expected(self, region: str, image: Image) -> float:
        """Seconds that the copy of an image of that size takes once it runs."""
        kind = self._kind(region, image)
        pace = self._paces.get(kind) or self._guesses.get(kind, _SECONDS_PER_GIB)
        return pace * (image.size or _USUAL_GIB)

    def guess(self, region: str, image: Image, seconds: float) -> None:
        """A running copy will take so long: what counts until one has been seen to its end."""
        self._guesses[self._kind(region, image)] = seconds / max(1, image.size or _USUAL_GIB)

    def _kind(self, region: str, image: Image) -> str:
        """What has a pace of its own: copies to a region, and what is made there."""
        watch = self._watches.get(image.image_id)
        return f"{region}/made" if watch is not None and watch.is_made else region

    def knows(self, region: str) -> bool:
        """True where a copy to the region has been seen from start to end."""
        return region in self._paces


def see(watches: Watches, watch: Watch, region: str, image: Image, now: float) -> None:
    """Take in what the cloud says now of an unfinished copy."""
    watch.missing_since = watch.trouble_since = None
    watch.region = region
    queue = watches.queue(region)
    if image.status == "Waiting":
        watch.changed_at = now
        watch.looks_in_queue += 1
        queue.wait(image.image_id, image.created_at)
        return
    progress = image.progress
    if watch.running_since is None:
        watch.running_since = watch.changed_at = now
        # A process that comes late sees a copy run that began long ago, or has ended already.
        is_fresh = now - watch.began_at < _AT_ONCE or watch.looks_in_queue > 0
        if image.status == "Creating" and is_fresh and (progress or 0) < _JUST_BEGUN:
            watch.base = (now, progress or 0)
        if not watch.is_made:
            queue.run(image.image_id)
    if progress != watch.progress:
        watch.progress = progress
        watch.changed_at = now
    if progress is not None and (watch.base is None or progress < watch.base[1]):
        watch.base = (now, progress)


def estimate(watches: Watches, watch: Watch, region: str, image: Image, now: float) -> float | None:
    """Seconds to the end of a copy, its turn in the queue included; None where nobody knows."""
    queue = watches.queue(region)
    if watch.running_since is None:
        place = queue.place(image.image_id)
        if place is None:
            return None
        expected = watches.expected(region, image)
        starts_in = queue.starts_in(place[0], expected, now)
        return None if starts_in is None else starts_in + expected
    elapsed = now - watch.running_since
    progress = image.progress or 0
    since, from_percent = watch.base or (now, progress)
    if image.remaining is not None and (image.remaining > 0 or progress >= _NEARLY_DONE):
        remaining = float(image.remaining)
        if watch.first_estimate is None:
            watches.guess(region, image, elapsed + remaining)
    elif progress - from_percent >= _JUST_BEGUN:
        remaining = (now - since) * (100 - progress) / (progress - from_percent)
    else:
        expected = watches.expected(region, image)
        remaining = max(expected * (100 - progress) / 100 - elapsed, expected / 10)
    if watch.first_estimate is None:
        watch.first_estimate = elapsed + remaining
    if not watch.is_made:
        queue.run(image.image_id, now + remaining)
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

    The end is noticed within 1.2 per cent of the copy's length. Copies in the queue are looked at
    when their turn should come, and long before they could have run to their end; those whose
    turn is not the next can only move up meanwhile.
    """
    longest = LONGEST_POLL
    if watch.running_since is not None and remaining is not None:
        elapsed = now - watch.running_since
        interval = max(remaining / 4, elapsed * _FINEST)
        if image is not None and (image.progress or 0) >= _NEARLY_DONE:
            # Available and not usable for long, or stuck at 99 %: the end is overdue already.
            interval = max(interval, (now - watch.changed_at) / 4)
    elif image is not None and remaining is not None:
        expected = watches.expected(region, image)
        interval = max(remaining - expected, expected * _FINEST)
        if watch.looks_in_queue == 1:
            interval = min(interval, _SETTLING)
        elif remaining > 2 * expected:
            longest = _LONGEST_IN_QUEUE
        else:
            longest = max(LONGEST_POLL, min(_LONGEST_BEFORE_TURN, expected / 12))
    else:
        # Not shown yet, or in the queue behind copies of others.
        interval = (now - watch.began_at) / 2
        if image is not None and watches.knows(region):
            interval = watches.expected(region, image) / 4
    return snapped(now, min(longest, max(SHORTEST_POLL, interval)))
