"""Keeping: which old copies of one region go by count and age; protections stand above it; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple


class Keeping(NamedTuple):
    """How many of the newest stay, and for how many seconds one stays; None where it is not asked.

    Where both are given, a copy goes only if it is beyond both; where neither is, none goes.
    """

    last: int | None = None
    seconds: float | None = None

    @property
    def retires(self) -> bool:
        """True where anything may go at all."""
        return self.last is not None or self.seconds is not None


KEEP_ALL: Final = Keeping()


class Aged(NamedTuple):
    """A copy as retention sees it: `born` is when its version was made, in seconds since 1970."""

    name: str
    born: float


def beyond(copies: Sequence[Aged], keeping: Keeping, now: float) -> tuple[str, ...]:
    """The copies of one region (oldest first) that may go; the newest never does."""
    if not keeping.retires:
        return ()
    # The newest is the one that launches; whatever is asked for, it is not among them.
    spared = max(1, keeping.last or 1)
    old = copies[: max(0, len(copies) - spared)]
    return tuple(
        one.name for one in old if keeping.seconds is None or now - one.born > keeping.seconds
    )


def retired(
    copies: Sequence[Aged], keeping: Keeping, now: float, protected: Collection[str]
) -> tuple[str, ...]:
    """The copies of one region that go: beyond what is kept, and not protected."""
    return tuple(name for name in beyond(copies, keeping, now) if name not in protected)
