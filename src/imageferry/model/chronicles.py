"""Chronicle: what a report tells of one stack: where its images stand, what happened, what was verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from imageferry.model.events import Event
from imageferry.model.matrix import MatrixRow
from imageferry.model.verifications import ResourceVerification


class Span(NamedTuple):
    """How long one step of a resource took: from when to when (seconds since 1970).

    `ended_at` is None where it goes on. `has_failed`: it came to no good end.
    """

    address: str
    region: str
    began_at: float
    ended_at: float | None
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Chronicle:
    """Everything that a report tells of one stack.

    `events` are the last ones, oldest first, and `events_before` how many came before those. `spans` are
    in the order in which they began. `verifications` are those found last, by address; `verified_at`
    when (seconds since 1970).
    """

    row: MatrixRow
    events: tuple[Event, ...] = ()
    events_before: int = 0
    spans: tuple[Span, ...] = ()
    verifications: Mapping[str, ResourceVerification] = field(default_factory=dict)
    verified_at: Mapping[str, float] = field(default_factory=dict)
