"""Time of a voyage: it leaps, threads take none, and this machine's own clock may be wrong."""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from imageferry.testing import START

GARBAGE = 2_000_000
"""Objects that may have been made and not freed before they are looked through."""


class Crash(BaseException):
    """The process dies here, as far as the code can tell."""


class _Leaping(selectors.SelectSelector):
    """Nothing comes from outside, so nobody is asked: time leaps to the next thing to do."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for something that nobody does")
        self.elapsed += timeout
        return []


class SteadyLoop(asyncio.SelectorEventLoop):
    """Virtual time in which threads take none either: a seed gives the same run every time."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._leaping.elapsed

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as failure:
            future.set_exception(failure)
        return future


def run_steadily(main: Coroutine[Any, Any, None]) -> list[str]:
    """Run to the end in steady time; whatever was raised where nobody was there to see it."""
    loop = SteadyLoop()
    unseen: list[str] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Crash):
            unseen.append(f"{context['message']}: {context.get('exception')!r}")

    loop.set_exception_handler(note)
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return unseen


class TrueClock:
    """The time that the loop has, from `testing.START` on."""

    def __init__(self, loop: SteadyLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        """Seconds since 1970."""
        return START + self._loop.time()

    def monotonic(self) -> float:
        """Seconds since the loop was made."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)


class LocalClock:
    """The clock of this machine, which may be wrong: `skew` seconds before the cloud's."""

    def __init__(self, true: TrueClock) -> None:
        self._true = true
        self.skew = 0.0

    def now(self) -> float:
        return self._true.now() + self.skew

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)


@contextmanager
def undisturbed() -> Iterator[None]:
    """The collector of garbage rests, since it costs a quarter of a short voyage; it comes now and then."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > GARBAGE:
            gc.collect()
        if was_enabled:
            gc.enable()
