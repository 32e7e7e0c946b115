"""A clock that stands still until it is moved."""

from __future__ import annotations

import asyncio


class StillClock:
    """Time goes on by `move` alone."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds > 0:
            self._sleepers.append((self._now + seconds, woken))
            await woken

    @property
    def asleep(self) -> int:
        return sum(not woken.done() for _, woken in self._sleepers)

    async def move(self, seconds: float) -> None:
        """Let time pass, then let everything run that can."""
        self._now += seconds
        for due, woken in self._sleepers:
            if due <= self._now and not woken.done():
                woken.set_result(None)
        await settle()


async def settle() -> None:
    """Let everything run that needs no time."""
    for _ in range(50):
        await asyncio.sleep(0)
