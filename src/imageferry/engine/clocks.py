"""SteadyClock: the time of one run, which neither jumps nor goes back behind what was recorded."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.model.operations import Operation, StepRecord
from imageferry.ports.senses import Clock


class SteadyClock:
    """The wall clock as it stood when the run began, moved on by the monotonic one.

    So polls, deadlines and windows measure what has passed, whatever becomes of the wall clock
    meanwhile. `wall` is what that says now: the age of what others forget is asked of both.
    """

    __slots__ = ("_clock", "_offset")

    def __init__(self, clock: Clock, not_before: float = 0.0) -> None:
        self._clock = clock
        self._offset = max(clock.now(), not_before) - clock.monotonic()

    def anew(self, not_before: float) -> SteadyClock:
        """As a run begins: what the wall clock says now, but nothing before a recorded moment."""
        return SteadyClock(self._clock, not_before)

    def now(self) -> float:
        """Seconds since 1970, as the run counts them."""
        return self._offset + self._clock.monotonic()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._clock.sleep(seconds)

    def wall(self) -> float:
        """Seconds since 1970, by the wall clock of this moment."""
        return self._clock.now()


def latest(operation: Operation, records: Iterable[StepRecord]) -> float:
    """The last moment that an operation's journal knows of, in seconds since 1970."""
    ends = (
        record.intended_at if record.ended_at is None else record.ended_at for record in records
    )
    return max(operation.started_at, *ends, 0.0)
