"""Errands: what the control plane has begun for a caller who does not wait, until its house closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

_log = logging.getLogger(__name__)


class Errands:
    """Runs coroutines beside whoever asked; what one raises is logged, and hurts nobody else."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._count = 0

    @property
    def ended(self) -> int:
        """How many have come to their end: who looks on sees by it that there may be news."""
        return self._count

    def begin(self, errand: Coroutine[None, None, None], name: str | None = None) -> None:
        """Let one run."""
        running = asyncio.get_running_loop().create_task(errand, name=name)
        self._running.add(running)
        running.add_done_callback(self._ended)

    def begin_once(self, name: str, errand: Callable[[], Coroutine[None, None, None]]) -> None:
        """Let one run, unless one of that name runs already."""
        if all(one.get_name() != name for one in self._running):
            self.begin(errand(), name)

    async def close(self) -> None:
        """End those that still run, and wait for that."""
        running = tuple(self._running)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until nothing runs any more."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, errand: asyncio.Task[None]) -> None:
        self._running.discard(errand)
        self._count += 1
        if not errand.cancelled() and errand.exception() is not None:
            _log.error("what was begun for a caller has failed", exc_info=errand.exception())
