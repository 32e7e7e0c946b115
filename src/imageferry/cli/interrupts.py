"""Interrupts: the first Ctrl-C asks to stop in order, the second stops at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from imageferry.cli.exits import ExitCode

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """While open, SIGINT and SIGTERM are counted instead of ending the process."""

    def __init__(self, notice: Callable[[], None]) -> None:
        self._notice = notice
        self.asked = False

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def _take(self) -> None:
        if self.asked:
            # At once, as asked for: the journal is made for this.
            os._exit(ExitCode.INTERRUPTED)
        self.asked = True
        self._notice()


async def until_interrupted(serving: Coroutine[Any, Any, None]) -> None:
    """Go on with it until it ends, or until somebody asks to stop; raises what it raises."""
    asked = asyncio.Event()
    going = asyncio.ensure_future(serving)
    with Interrupts(asked.set):
        waiting = asyncio.ensure_future(asked.wait())
        await asyncio.wait({going, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
