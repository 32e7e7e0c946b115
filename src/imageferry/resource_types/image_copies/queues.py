"""RegionQueue: who runs and who waits among the unfinished copies of one region; Capacity."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final, NamedTuple

COPIES_AT_ONCE: Final = 5
"""How many copies a region runs at once; further ones wait in its queue.

Elastic Compute Service, "Copy a custom image": five tasks at once; an older edition said one."""

_Turn = tuple[float, int]


class Capacity(NamedTuple):
    """How much a region takes: copies that run at once, and custom images (0: not known)."""

    queue: int = COPIES_AT_ONCE
    quota: int = 0


class RegionQueue:
    """Only copies of our own that this process watches are in it; others may stand between them.

    Waiting copies stand in the order in which the cloud made them, and those of one second in the
    order in which they were seen. `ends` are the estimated ends of running ones, in seconds of
    the watcher's clock.
    """

    __slots__ = ("_at_once", "_seen", "_turns", "_waiting", "ends")

    def __init__(self, at_once: int = COPIES_AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: list[_Turn] = []
        self._turns: dict[str, _Turn] = {}
        self._seen = 0
        self.ends: dict[str, float | None] = {}

    def wait(self, image_id: str, created_at: float | None) -> None:
        """The copy waits; a second time changes nothing."""
        if image_id in self._turns:
            return
        self._seen += 1
        turn = self._turns[image_id] = (created_at or 0.0, self._seen)
        insort(self._waiting, turn)

    def run(self, image_id: str, end: float | None = None) -> None:
        """The copy runs; `end` is when it is expected to be ready."""
        if image_id in self._turns:
            self._drop(image_id)
        self.ends[image_id] = end

    def leave(self, image_id: str) -> None:
        """The copy has ended, or is not watched any longer."""
        if self.ends.pop(image_id, self) is self and image_id in self._turns:
            self._drop(image_id)

    def place(self, image_id: str) -> tuple[int, int] | None:
        """Its place among the waiting ones, from 1, and how many they are; None if it runs."""
        turn = self._turns.get(image_id)
        if turn is None:
            return None
        return bisect_left(self._waiting, turn) + 1, len(self._waiting)

    @property
    def slots(self) -> int:
        """How many copies take turns: as many as are seen to run, else what the region allows."""
        return len(self.ends) or self._at_once

    def starts_in(self, place: int, expected: float, now: float) -> float | None:
        """Seconds until the copy at a place begins to run; None while no running end is known.

        `expected` is how long one copy to the region takes.
        """
        ends = sorted(end for end in self.ends.values() if end is not None)
        if not ends:
            return None
        rounds, turn = divmod(place - 1, len(ends))
        return max(0.0, ends[turn] - now) + rounds * expected

    def _drop(self, image_id: str) -> None:
        del self._waiting[bisect_left(self._waiting, self._turns.pop(image_id))]
