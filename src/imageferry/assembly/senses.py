"""RealClock, RealEntropy: the machine's own clocks and chance behind their sockets."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
import uuid


class RealClock:
    """The Clock socket by the machine's own clocks."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class RealEntropy:
    """The Entropy socket by the operating system."""

    def __init__(self) -> None:
        self._prefix = ""
        self._numbers = itertools.count()

    def new_id(self) -> str:
        """A UUID of version 4."""
        return str(uuid.uuid4())

    def nonce(self) -> str:
        """32 hexadecimal digits, never the same again: a process's own 20, and a number."""
        # Each call to the cloud needs one, and the operating system is asked once for all.
        if not self._prefix:
            self._prefix = secrets.token_hex(10)
        return f"{self._prefix}{next(self._numbers):012x}"

    def jitter(self) -> float:
        """A number from 0 up to 1."""
        return secrets.randbelow(1 << 30) / (1 << 30)
