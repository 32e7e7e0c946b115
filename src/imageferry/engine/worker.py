"""Worker: runs operations in this process, by id, until it is told to stop."""

from __future__ import annotations

import asyncio

from imageferry.engine.board import Board
from imageferry.engine.execution import Patience
from imageferry.engine.runner import Surroundings, run_operation
from imageferry.engine.waves import Parts
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import Store
from imageferry.ports.senses import Clock, Entropy
from imageferry.ports.types import Catalog


class Worker:
    """What a dispatcher hands operations to."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        clock: Clock,
        entropy: Entropy,
        patience: Patience | None = None,
    ) -> None:
        self.board = Board()
        self._surroundings = Surroundings(
            Parts(store, clock, entropy, self.board), catalog, patience or Patience()
        )
        self._stop = asyncio.Event()

    async def run(self, operation_id: str) -> RunResult:
        """Run one operation to its end, or until `stop`; raises StoreError."""
        return await run_operation(self._surroundings, operation_id, self._stop)

    def stop(self) -> None:
        """End every run as soon as its calls under way are recorded; operations stay open."""
        self._stop.set()
