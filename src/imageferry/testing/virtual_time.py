"""Virtual time: an event loop in which an hour of polling takes milliseconds, and its clock."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

Result = TypeVar("Result")

START = 1_760_000_000.0
"""When virtual time begins, in seconds since 1970."""


class _JumpingSelector(selectors.SelectSelector):
    """A selector that moves the loop's clock instead of waiting, while no thread is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self.threads_at_work > 0:
            return super().select(0.05 if timeout is None else min(timeout, 0.05))
        self.elapsed += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time: an hour of polling passes in milliseconds."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.elapsed

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As in every loop, but time stands still until it is done.

        What names its executor, as the store does, is done in this thread and in turn: handing it
        to another takes far longer than most of it. Without one (`asyncio.to_thread`) it has a
        thread, since it may wait for what happens here.
        """
        if executor is not None:
            done: asyncio.Future[Any] = self.create_future()
            self.call_soon(_carry_out, done, func, args)
            return done
        self._jumping.threads_at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._one_less)
        return future

    def _one_less(self, _: asyncio.Future[Any]) -> None:
        self._jumping.threads_at_work -= 1


def _carry_out(done: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """As a thread does: also where nobody waits for it any more."""
    try:
        result = func(*args)
    except Exception as failure:
        if not done.cancelled():
            done.set_exception(failure)
    else:
        if not done.cancelled():
            done.set_result(result)


class VirtualClock:
    """The Clock socket over a VirtualTimeLoop; time stands still outside of it."""

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._passed = 0.0

    def _elapsed(self) -> float:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._passed
        self._passed = max(self._passed, loop.time())
        return self._passed

    def now(self) -> float:
        """Seconds since 1970."""
        return self._start + self._elapsed()

    def monotonic(self) -> float:
        """Seconds since the loop began."""
        return self._elapsed()

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)  # noqa: TID251  (the loop's time is virtual)


_LAST_WORDS = 60.0
"""Virtual seconds that what was cancelled has to end in."""


async def _end_the_rest() -> None:
    """Cancel what nobody has waited for, as `asyncio.run` does."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for one in rest:
        one.cancel()
    if rest:
        ended, _ = await asyncio.wait(rest, timeout=_LAST_WORDS)
        for one in ended:
            # What it still raised is asked for, so that it is not told as never seen.
            _ = one.cancelled() or one.exception()


def run_virtually(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time."""
    loop = VirtualTimeLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        try:
            loop.run_until_complete(_end_the_rest())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
