"""Worker: runs operations in this process, by id, until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Final

from imageferry.engine.board import Board
from imageferry.engine.clocks import SteadyClock
from imageferry.engine.execution import Patience
from imageferry.engine.outages import Outage
from imageferry.engine.runner import Surroundings, run_operation
from imageferry.engine.waves import Parts
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import Store, StoreUnavailable
from imageferry.ports.senses import Clock, Entropy
from imageferry.ports.types import Catalog

OUTAGE_LIMIT: Final = 600.0
"""Seconds that an operation waits for a database that is away."""


class Worker:
    """What a dispatcher hands operations to."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        clock: Clock,
        entropy: Entropy,
        patience: Patience | None = None,
        *,
        outage_limit: float = OUTAGE_LIMIT,
    ) -> None:
        self.board = Board()
        self._surroundings = Surroundings(
            Parts(store, SteadyClock(clock), entropy, self.board), catalog, patience or Patience()
        )
        self._stop = asyncio.Event()
        self._outage_limit = outage_limit

    async def run(self, operation_id: str) -> RunResult:
        """Run one operation to its end, or until `stop`.

        While the database is away it waits and enters the operation anew, as after a crash; raises
        StoreError where that takes too long, or is of no use.
        """
        clock, board = self._surroundings.parts.clock, self.board
        outage = Outage(clock, self._outage_limit, operation_id)
        try:
            while True:
                try:
                    return await run_operation(self._surroundings, operation_id, self._stop)
                except StoreUnavailable as failure:
                    board.hold_up(operation_id, str(failure))
                    await outage.wait(failure, self._stop)
                if self._stop.is_set():
                    return RunResult(operation_id, OperationStatus.RUNNING, stopped=True)
        finally:
            board.give_up(operation_id)

    def stop(self) -> None:
        """End every run as soon as its calls under way are recorded; operations stay open."""
        self._stop.set()
