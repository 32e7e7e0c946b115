"""Asides: long reckoning over a template, done in a thread, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from imageferry.evaluation.confinement import runs_programs

Result = TypeVar("Result")

_LONG: Final = 32 * 1024
"""Bytes of a template that take some hundredths of a second to read and check."""

_PATTERN: Final = b"AllowedPattern"
"""A pattern is looked at where parameters are bound, and may take a second as programs do."""

_AT_ONCE: Final = 2
"""Threads; more would only take turns, and each turn is one that the loop does not have."""


class Asides:
    """Does what needs nothing of the event loop: where it stands if it is short, else beside it.

    What is given must change nothing that the loop looks at meanwhile.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="imageferry-aside")

    async def __call__(self, source: bytes, work: Callable[[], Result]) -> Result:
        """What `work` gives, or raises; `source` is the template that it is about."""
        if len(source) < _LONG and not runs_programs(source) and _PATTERN not in source:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Begin nothing more; what is being done may end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
