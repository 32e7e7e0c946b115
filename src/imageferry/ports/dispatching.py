"""Dispatcher, Run, RunResult: the socket that hands out operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus

OPERATIONS_AT_ONCE: Final = 300
"""Operations that one process runs at once, where nobody says otherwise.

An operation mostly waits, up to an hour for a copy, so a small number is a bottleneck. One that waits
takes some 50 KiB, shares connections and polls with the others, and on SQLite holds one lock file
open, of the 1,024 files that most systems allow a process."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run of an operation ended for the process that ran it.

    `status` is None where this process no longer owns it. `stopped` is True where it was asked to
    stop before the end: the operation stays open. `stack` is what this run has ended with, None
    where it has not ended anything.
    """

    operation_id: str
    status: OperationStatus | None
    stopped: bool = False
    notes: tuple[str, ...] = field(default=())
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that live: at least `number`; `since` when the first began, None if unknown."""

    number: int
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How processes learn of each other, in seconds.

    `heartbeat`: between two signs of life. `stalled`: the silence after which a process counts as
    gone although its session is there. `sweep`: between two looks for what nobody runs.
    """

    heartbeat: float = 10.0
    stalled: float = 30.0
    sweep: float = 2.0


Run = Callable[[str], Awaitable[RunResult]]
"""Runs one operation by id; re-entrant."""


class Dispatcher(Protocol):
    """Hands out operations to whoever runs them."""

    async def submit(
        self,
        transaction: object | None,
        operation_id: str,
        *,
        stack_id: str,
        not_before: float | None = None,
    ) -> None:
        """Ask for an operation to be run; idempotent by operation id."""
        ...

    async def start(self, run: Run) -> None:
        """Begin to run what was submitted."""
        ...

    async def stop(self, drain: float) -> None:
        """Stop taking new ones and give running ones `drain` seconds to record their calls."""
        ...

    async def is_run(self, operation_id: str) -> bool:
        """Whether a living process runs this open operation, or a worker is about to."""
        ...

    async def crew(self) -> Crew:
        """The workers that would take what is submitted and not run here."""
        ...
