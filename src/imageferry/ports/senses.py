"""Clock, Entropy: the sockets of time and chance."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time. Everything that waits or looks at a clock does it through this socket."""

    def now(self) -> float:
        """Seconds since 1970, by the wall clock."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Entropy(Protocol):
    """Chance: the only source of new ids, nonces and jitter."""

    def new_id(self) -> str:
        """A new UUID, as 36 lower-case characters."""
        ...

    def nonce(self) -> str:
        """A value never used before, of letters and digits."""
        ...

    def jitter(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...
