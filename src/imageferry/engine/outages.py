"""Outage: waiting, for so long and no longer, until the database can be used again."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from imageferry.ports.keeping import StoreUnavailable
from imageferry.ports.senses import Clock

_LOG: Final = logging.getLogger(__name__)

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries. Each try may enter the operation, and an operation that is entered too
often is set aside: within the usual limit of ten minutes there are fewer tries than that."""

_WENT_ON: Final = 150.0
"""Seconds after which a run is taken to have got on: nothing waits for the database for so long."""


class Outage:
    """The outage that one run of an operation meets, and another one once it went on for a while."""

    def __init__(self, clock: Clock, limit: float, operation_id: str) -> None:
        self._clock = clock
        self._limit = limit
        self._operation_id = operation_id
        self._began_at: float | None = None
        self._tried_at = 0.0
        self._pause = FIRST_PAUSE

    async def wait(self, failure: StoreUnavailable, stop: asyncio.Event) -> None:
        """Wait before the next try, or until `stop`; raises the failure once it took too long."""
        now = self._clock.monotonic()
        if self._began_at is None or now - self._tried_at > _WENT_ON:
            self._began_at, self._pause = now, FIRST_PAUSE
            _LOG.warning(
                'operation "%s" waits for the database, for %.0f s at most: %s',
                self._operation_id,
                self._limit,
                failure,
            )
        left = self._began_at + self._limit - now
        if left <= 0:
            raise failure
        await _sleep(self._clock, min(self._pause, left), stop)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._tried_at = self._clock.monotonic()


async def _sleep(clock: Clock, seconds: float, stop: asyncio.Event) -> None:
    sleepers = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(sleepers, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for sleeper in sleepers:
            sleeper.cancel()
