"""Nonces: which signed requests this process has admitted, so that none is admitted again."""

from __future__ import annotations

from dataclasses import dataclass, field

LARGEST = 400_000
"""Marks in one generation: about 50 MB. More in two windows, and the oldest are forgotten early."""


@dataclass(slots=True)
class Nonces:
    """Marks of admitted requests, and when each came first.

    Two generations, each at least two clock windows long: a request's date may lie a window ahead,
    and holds for another behind. `window` is in seconds, and so are the moments.
    """

    window: float
    largest: int = LARGEST
    _young: dict[int, float] = field(default_factory=dict, repr=False)
    _old: dict[int, float] = field(default_factory=dict, repr=False)
    _born: float = 0.0

    def first_seen(self, mark: str) -> float | None:
        """When a request with that mark was admitted; None where none was."""
        known = hash(mark)
        seen = self._young.get(known)
        return self._old.get(known) if seen is None else seen

    def remember(self, mark: str, now: float) -> None:
        """Keep a mark; the one that is kept already keeps its moment."""
        if now - self._born > 2 * self.window or len(self._young) >= self.largest:
            self._old, self._young, self._born = self._young, {}, now
        known = hash(mark)
        if known not in self._old:
            self._young.setdefault(known, now)

    def forget(self, mark: str) -> None:
        """Let a request come again that nothing was done for."""
        self._young.pop(hash(mark), None)
        self._old.pop(hash(mark), None)
