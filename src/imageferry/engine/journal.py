"""Journal: one writer that drains a queue of records and commits them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from imageferry.model.changes import ChangeSet
from imageferry.model.events import Event
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Batch, Store


class Journal:
    """The only way by which a running operation writes.

    Callers await their records; whatever gathers while one batch is being committed makes the
    next batch. Once another process owns the operation every call raises Fenced.
    """

    def __init__(self, store: Store, operation_id: str, epoch: int) -> None:
        self._store = store
        self._operation_id = operation_id
        self.epoch = epoch
        self._waiting: list[tuple[Batch, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self.cancel_requested = False

    async def record(
        self,
        records: Sequence[StepRecord] = (),
        events: Sequence[Event] = (),
        *,
        rollback: ChangeSet | None = None,
        stack_status: tuple[StackStatus, str] | None = None,
        reason: str | None = None,
    ) -> None:
        """Commit; returns once it is durable. Nothing to record still checks the ownership."""
        if self._failure is not None:
            raise self._failure
        batch = Batch(tuple(records), tuple(events), rollback, stack_status, reason)
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, committed))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._drain())
        await committed

    async def _drain(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                requested = await self._store.flush(
                    self._operation_id, self.epoch, _together([batch for batch, _ in taken])
                )
            except BaseException as failure:
                self._failure = failure
                for _, committed in [*taken, *self._waiting]:
                    if not committed.done():
                        committed.set_exception(failure)
                self._waiting = []
                if isinstance(failure, Exception):
                    return
                raise
            self.cancel_requested = self.cancel_requested or requested
            for _, committed in taken:
                if not committed.done():
                    committed.set_result(None)

    async def settle(self) -> None:
        """Wait until everything handed in is durable, or known to be refused."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait({self._writer})


def _together(batches: Sequence[Batch]) -> Batch:
    """Batches as one: the last word of each kind stands."""
    if len(batches) == 1:
        return batches[0]
    rollback, stack_status, reason = None, None, None
    for batch in batches:
        rollback = batch.rollback or rollback
        stack_status = batch.stack_status or stack_status
        reason = reason if batch.operation_reason is None else batch.operation_reason
    return Batch(
        [record for batch in batches for record in batch.records],
        [event for batch in batches for event in batch.events],
        rollback,
        stack_status,
        reason,
    )
