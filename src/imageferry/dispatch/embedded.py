"""EmbeddedDispatcher: operations as tasks of this process, one owner each by the lock in the home."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from imageferry.dispatch.locks import OperationLock, Presence, remove_stale_locks
from imageferry.dispatch.own_stacks import OwnStacks
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE, Crew, Run, RunResult
from imageferry.ports.keeping import Store, StoreError
from imageferry.ports.senses import Clock

_LOG: Final = logging.getLogger(__name__)

_SECOND_LOOK: Final = 0.1
"""Seconds after which a lock that was held is tried once more: somebody may only have looked."""


class EmbeddedDispatcher:
    """The Dispatcher of one process.

    `locks` is the folder of the lock files. At most `parallel` operations run at once. Where it
    `takes_up` (a worker) the open operations of the store that nobody runs are taken up, when the
    dispatcher starts and every `sweep_every` seconds; with a `place` only those of its cloud and
    account.
    """

    def __init__(
        self,
        locks: Path,
        store: Store,
        clock: Clock,
        *,
        parallel: int = OPERATIONS_AT_ONCE,
        takes_up: bool = False,
        sweep_every: float = 2.0,
        place: Place | None = None,
    ) -> None:
        self._locks = locks
        self._clock = clock
        self._slots = asyncio.Semaphore(parallel)
        self._store = store
        self._takes_up = takes_up
        self._sweep_every = sweep_every
        self._own = None if place is None else OwnStacks(store, place)
        self._presence = Presence(locks)
        self._run: Run | None = None
        self._waiting: dict[str, float | None] = {}
        self._running: dict[str, asyncio.Task[RunResult | None]] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._is_stopped = False

    async def submit(
        self,
        transaction: object | None,
        operation_id: str,
        *,
        stack_id: str,
        not_before: float | None = None,
    ) -> None:
        """Ask for an operation to be run; does nothing where it is waiting or running here.

        The queue is not in the database: the caller submits after its commit, and what a crash
        in between loses, a sweep finds. An operation whose lock another process holds is left
        alone.
        """
        if self._is_stopped or operation_id in self._running or operation_id in self._waiting:
            return
        if self._run is None:
            self._waiting[operation_id] = not_before
        else:
            self._begin(self._run, operation_id, not_before)

    async def start(self, run: Run) -> None:
        """Begin to run what was submitted and, for a worker, what nobody runs."""
        self._run = run
        self._is_stopped = False
        waiting, self._waiting = self._waiting, {}
        for operation_id, not_before in waiting.items():
            self._begin(run, operation_id, not_before)
        if self._takes_up and self._sweeper is None:
            self._presence.announce()
            await self.sweep()
            self._sweeper = asyncio.create_task(self._keep_sweeping())

    async def stop(self, drain: float) -> None:
        """Take no new ones, wait `drain` seconds for those that run, then cancel the rest."""
        self._is_stopped = True
        self._run = None
        self._waiting.clear()
        self._presence.withdraw()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        running = list(self._running.values())
        if not running:
            return
        timer = asyncio.create_task(self._clock.sleep(drain))
        drained = asyncio.create_task(_settle(running))
        await asyncio.wait({timer, drained}, return_when=asyncio.FIRST_COMPLETED)
        for one in (timer, *running):
            one.cancel()
        await asyncio.gather(timer, drained, return_exceptions=True)

    async def wait(self, operation_id: str) -> RunResult | None:
        """Wait for an operation that was submitted here, and give how its run ended.

        None where it does not run here, or where another process has its lock. Raises what the
        run raised.
        """
        running = self._running.get(operation_id)
        return None if running is None else await asyncio.shield(running)

    async def is_run(self, operation_id: str) -> bool:
        """Whether a process of this machine has the operation's lock, or a worker will take it."""
        return OperationLock(self._locks, operation_id).is_held() or self._presence.is_anyone()

    async def crew(self) -> Crew:
        """Whether any worker lives on this home; how many cannot be told."""
        return Crew(int(self._presence.is_anyone()))

    async def sweep(self) -> list[str]:
        """Submit every running operation of the store whose lock is free; gives their ids."""
        operations = await self._store.open_operations()
        remove_stale_locks(self._locks, {operation.operation_id for operation in operations})
        taken_up = []
        for operation in operations:
            operation_id = operation.operation_id
            if (
                operation.status is OperationStatus.RUNNING
                and operation_id not in self._running
                and not OperationLock(self._locks, operation_id).is_held()
                and (self._own is None or await self._own.has(operation.stack_id))
            ):
                await self.submit(None, operation_id, stack_id=operation.stack_id)
                taken_up.append(operation_id)
        return taken_up

    def _begin(self, run: Run, operation_id: str, not_before: float | None) -> None:
        running = asyncio.create_task(
            self._run_alone(run, operation_id, not_before), name=f"operation {operation_id}"
        )
        self._running[operation_id] = running
        running.add_done_callback(lambda _: self._forget(operation_id, running))

    def _forget(self, operation_id: str, running: asyncio.Task[RunResult | None]) -> None:
        if self._running.get(operation_id) is running:
            del self._running[operation_id]
        if not running.cancelled() and (failure := running.exception()) is not None:
            words = _in_words(failure)
            _LOG.error(
                'the run of operation "%s" broke off, it stays open: %s', operation_id, words
            )

    async def _run_alone(
        self, run: Run, operation_id: str, not_before: float | None
    ) -> RunResult | None:
        if not_before is not None:
            await self._clock.sleep(max(0.0, not_before - self._clock.now()))
        async with self._slots:
            lock = OperationLock(self._locks, operation_id)
            if not lock.try_acquire():
                await self._clock.sleep(_SECOND_LOOK)
                if not lock.try_acquire():
                    return None
            has_ended = False
            try:
                result = await run(operation_id)
                has_ended = result.status is not None and not result.status.is_open
                return result
            finally:
                lock.release(has_ended=has_ended)

    async def _keep_sweeping(self) -> None:
        while True:
            await self._clock.sleep(self._sweep_every)
            try:
                await self.sweep()
            except StoreError as failure:
                # A database that is busy or away now may be back at the next look.
                _LOG.warning("open operations cannot be looked for: %s", failure)


async def _settle(running: list[asyncio.Task[RunResult | None]]) -> None:
    await asyncio.gather(*running, return_exceptions=True)


def _in_words(failure: BaseException) -> str:
    # The text of a failure that nobody foresaw may hold anything, a secret too.
    return str(failure) if isinstance(failure, StoreError) else type(failure).__name__
