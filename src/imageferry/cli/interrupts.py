"""Interrupts: the first Ctrl-C asks to stop in order, the second stops at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

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
