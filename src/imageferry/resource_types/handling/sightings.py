"""Sightings: what was seen when a call was announced, for the call itself; once, and not for long."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

Seen = TypeVar("Seen")

_HOLDS_FOR: Final = 5.0
"""Seconds for which nobody looks again: an announcement is committed within a fraction of one."""
_MOST: Final = 1000


class Sightings(Generic[Seen]):
    """What this process has just seen, by the token of the step that looked.

    Between an announcement and its call lies the commit of the announcement and nothing else, so a
    second look would tell the same. Whoever comes later, or another process, finds nothing here and
    looks; so does whoever asks twice, as the call may have been made by then.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, Seen]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, token: str, at: float, seen: Seen) -> None:
        """Keep what was seen at a time, in seconds since 1970."""
        if len(self._seen) >= _MOST:
            # Steps that were broken off have left theirs behind; the oldest was noted first.
            del self._seen[next(iter(self._seen))]
        self._seen[token] = (at, seen)

    def take(self, token: str, now: float) -> tuple[float, Seen] | None:
        """What was seen a moment ago and when, and nothing from then on."""
        kept = self._seen.pop(token, None)
        return kept if kept is not None and 0 <= now - kept[0] <= _HOLDS_FOR else None
