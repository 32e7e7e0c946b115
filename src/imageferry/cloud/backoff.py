"""When to try a failed call again, and how long to wait before; pure."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.errors import CloudError, ErrorClass

MAX_TRIES: Final = 4
PATIENCE: Final = 3.0
"""Seconds that one call may spend waiting between its tries: longer waits are the caller's."""

_FIRST_DELAY: Final = {
    ErrorClass.THROTTLED: 0.4,
    ErrorClass.TRANSIENT: 0.1,
    ErrorClass.UNCERTAIN: 0.1,
}
_LONGEST: Final = 2.0


def next_delay(
    error: CloudError, tries: int, waited: float, *, repeatable: bool, jitter: float
) -> float | None:
    """Seconds before the next try, or None where there shall be none.

    `tries` are those made so far (from 1), `waited` the seconds waited between them, `jitter` a
    number from 0 to 1. `repeatable`: a call that reads, or carries a token, so that it may be
    repeated after a lost reply; others only where the failed one had no effect for certain.
    """
    first = _FIRST_DELAY.get(error.kind)
    if first is None or tries >= MAX_TRIES:
        return None
    if error.kind is ErrorClass.UNCERTAIN and not repeatable:
        return None
    delay: float = min(_LONGEST, first * 2 ** (tries - 1)) * (0.5 + jitter)
    if error.retry_after is not None:
        # The cloud's own word wins; a little is added so that many callers do not return at once.
        delay = error.retry_after * (1.0 + 0.1 * jitter)
    return delay if waited + delay <= PATIENCE else None


def later(elapsed: float, retry_after: float | None, jitter: float) -> float:
    """Seconds until a whole step tries again: a quarter of the trouble so far, 1 to 30 s."""
    if retry_after is not None:
        return retry_after * (1.0 + 0.1 * jitter)
    return min(30.0, max(1.0, elapsed / 4)) * (0.75 + 0.5 * jitter)
