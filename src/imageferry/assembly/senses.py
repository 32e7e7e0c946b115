"""RealClock, RealEntropy: the machine's own clocks and chance behind their sockets."""

from __future__ import annotations

import asyncio
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

    def new_id(self) -> str:
        """A UUID of version 4."""
        return str(uuid.uuid4())

    def nonce(self) -> str:
        """32 hexadecimal digits."""
        return secrets.token_hex(16)

    def jitter(self) -> float:
        """A number from 0 up to 1."""
        return secrets.randbelow(1 << 30) / (1 << 30)
