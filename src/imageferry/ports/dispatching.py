"""Dispatcher, Run, RunResult: the socket that hands out operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from imageferry.model.statuses import OperationStatus


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run of an operation ended for the process that ran it.

    `status` is None where this process no longer owns it. `stopped` is True where it was asked to
    stop before the end: the operation stays open.
    """

    operation_id: str
    status: OperationStatus | None
    stopped: bool = False
    notes: tuple[str, ...] = field(default=())


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
