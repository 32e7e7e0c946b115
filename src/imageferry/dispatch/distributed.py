"""DistributedDispatcher: operations handed to any number of processes by a queue on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from procrastinate import App, exceptions
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from imageferry.dispatch.connector import GuardedConnector
from imageferry.dispatch.line import CREWS, Line, Process, conninfo_of, crew_of
from imageferry.dispatch.own_stacks import OwnStacks
from imageferry.dispatch.queue_tables import prepare
from imageferry.model.operations import Operation
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE, Crew, Run, Timing
from imageferry.ports.keeping import Store, StoreError, StoreUnavailable
from imageferry.ports.senses import Clock

_LOG: Final = logging.getLogger(__name__)

_TASK: Final = "imageferry.run"
_UNFINISHED: Final = frozenset({Status.TODO.value, Status.DOING.value})

_IN_QUEUE: Final = (
    "SELECT id, worker_id FROM procrastinate_jobs"
    " WHERE queueing_lock = %(operation_id)s AND status IN ('todo', 'doing')"
)

_LONGEST_DOUBT: Final = 1.0
"""Seconds at most for which a process must look dead before its work is handed out again."""

_RESPITE: Final = 1.0
"""Seconds before something that did not come about is tried again."""

_RETURN: Final = 2.0
"""Seconds that processes may need to open their sessions again once the database is back."""

_WORKERS_LOOK: Final = 0.5

_LEFT_TO_WORKERS: Final = 1.0
"""Seconds for which a command leaves its operation to the workers that live."""

_COMMANDS_LOOK: Final = 0.25
_AFTER_FAILURE: Final = 5.0
_FORGOTTEN_AFTER: Final = 86_400.0
"""Seconds of silence after which a process's row goes; one that returns later begins anew."""


class _HandedBack(Exception):
    """The operation is open and this process does not go on with it: the queue keeps its job."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An operation that was submitted here: its stack, and since when it has waited."""

    stack_id: str
    since: float


class DistributedDispatcher:
    """The Dispatcher of one process among many, on the queue of one cloud and account.

    Every process that runs operations is a worker of Procrastinate, with its heartbeat, and holds
    an advisory lock in the database for as long as it lives. Where it `takes_up` (a worker), it
    takes whatever its `queue` has, at most `parallel` at once, and hands out again what a dead
    process has left, of its own `place` (whose region is empty). Elsewhere (a command) it takes
    only what was submitted here, and only if no worker does so soon.
    """

    def __init__(
        self,
        url: str,
        queue: str,
        place: Place,
        store: Store,
        clock: Clock,
        timing: Timing,
        *,
        takes_up: bool = False,
        parallel: int = OPERATIONS_AT_ONCE,
    ) -> None:
        self._conninfo = conninfo_of(url, f"imageferry {'worker' if takes_up else 'command'}")
        self._queue = queue
        self._own = OwnStacks(store, place)
        self._store = store
        self._clock = clock
        self._timing = timing
        self._doubt = min(_LONGEST_DOUBT, timing.sweep)
        self._takes_up = takes_up
        self._parallel = parallel
        self._opening = asyncio.Lock()
        self._line: Line | None = None
        self._app: App | None = None
        self._connector: GuardedConnector | None = None
        self._worker: Worker | None = None
        self._run: Run | None = None
        self._sides: list[asyncio.Task[None]] = []
        self._wanted: dict[str, _Wanted] = {}
        self._running: dict[str, asyncio.Task[object]] = {}
        self._suspects: dict[tuple[str, int | None], float] = {}
        self._is_stopped = False

    async def submit(
        self,
        transaction: object | None,
        operation_id: str,
        *,
        stack_id: str,
        not_before: float | None = None,
    ) -> None:
        """Ask for an operation to be run; does nothing where it waits or runs anywhere.

        The caller submits after its commit. What is lost in between, or while the database is
        away, a sweep finds. Raises StoreError where the queue cannot be set up.
        """
        if operation_id in self._running:
            return
        if not self._takes_up:
            self._wanted.setdefault(operation_id, _Wanted(stack_id, self._clock.monotonic()))
        try:
            await self._defer(operation_id, stack_id)
        except StoreUnavailable as failure:
            _LOG.warning('operation "%s" is not in the queue yet: %s', operation_id, failure)

    async def start(self, run: Run) -> None:
        """Begin to run what the queue hands to this process. Raises StoreError."""
        line, app, connector = await self._opened()
        self._run = run
        self._is_stopped = False
        if self._takes_up:
            await line.show(CREWS, crew_of(self._queue))
        if not self._sides:
            self._sides = [
                asyncio.create_task(self._serve(app, connector), name="queue worker"),
                asyncio.create_task(self._keep_sweeping(), name="queue sweep"),
            ]

    async def stop(self, drain: float) -> None:
        """Take no new ones, wait `drain` seconds for those that run, and hand back the rest."""
        self._is_stopped = True
        if self._sides:
            serving, sweeping = self._sides
            sweeping.cancel()
            if self._line is not None:
                self._line.leave()
            if self._worker is not None:
                self._worker.shutdown_graceful_timeout = drain
                self._worker.stop()  # type: ignore[no-untyped-call]
            timer = asyncio.create_task(self._clock.sleep(drain + 1.0))
            await asyncio.wait({timer, serving}, return_when=asyncio.FIRST_COMPLETED)
            for one in (timer, serving):
                one.cancel()
            await asyncio.gather(timer, serving, sweeping, return_exceptions=True)
        self._sides = []
        self._run = None
        self._wanted.clear()
        self._suspects.clear()
        line, self._line, self._app, self._connector = self._line, None, None, None
        if line is not None:
            await line.close()

    async def is_run(self, operation_id: str) -> bool:
        """Whether a living process has its job, or a worker of this queue will take it."""
        line, _, _ = await self._opened()
        jobs = await line.ask(_IN_QUEUE, {"operation_id": operation_id}, patient=False)
        processes = await line.processes(self._queue, patient=False)
        owners = {one["worker_id"] for one in jobs}
        return any(
            one.silent < self._timing.stalled and (one.is_crew or one.worker_id in owners)
            for one in processes.values()
            if one.is_held
        )

    async def crew(self) -> Crew:
        """The workers that live and serve this queue; raises StoreError."""
        line, _, _ = await self._opened()
        living = [one for one in (await line.processes(self._queue, patient=False)).values()
                  if one.is_crew and one.silent < self._timing.stalled]  # fmt: skip
        begun = [one.since for one in living if one.since is not None]
        return Crew(len(living), min(begun, default=None))

    async def sweep(self) -> list[str]:
        """Hand out again what no living process has; gives the operation ids. Raises StoreError.

        What looks dead is looked at twice, unless it has been silent for too long. Who has just
        come back from an outage gives others the time to come back as well.
        """
        line, _, connector = await self._opened()
        mine = dict(self._running)
        operations = await self._open_operations()
        jobs = await self._jobs()
        processes = await line.processes(self._queue)
        back_for = self._clock.monotonic() - line.returned_at
        hears = back_for > self._timing.heartbeat + _RETURN
        sees = back_for > self._timing.sweep + _RETURN
        doubts: dict[tuple[str, int | None], Job | Operation] = {}
        handed_out = []
        for job in jobs:
            operation_id = str(job.queueing_lock)
            if job.status != Status.DOING.value or not self._is_ours(job):
                continue
            if operation_id in mine:
                if job.worker_id != connector.worker_id and operation_id in self._running:
                    # We were silent for too long: another process owns it by now.
                    mine[operation_id].cancel()
            elif hears and _is_stalled(processes, job.worker_id, self._timing.stalled):
                handed_out += await self._relieve(connector, job, "has given no sign of life")
            elif job.worker_id == connector.worker_id or (
                sees and not _is_held(processes, job.worker_id)
            ):
                doubts[(operation_id, job.worker_id)] = job
        known = {str(job.queueing_lock) for job in jobs}
        for operation in operations:
            if operation.operation_id not in known | self._running.keys():
                doubts[(operation.operation_id, None)] = operation
        for case in self._confirmed(doubts):
            match case:
                case Job():
                    if str(case.queueing_lock) not in self._running:
                        handed_out += await self._relieve(connector, case, "is gone")
                case Operation():
                    if not self._takes_up or await self._own.has(case.stack_id):
                        await self._defer(case.operation_id, case.stack_id)
                        handed_out.append(case.operation_id)
        return handed_out

    async def _opened(self) -> tuple[Line, App, GuardedConnector]:
        async with self._opening:
            if self._line is None or self._app is None or self._connector is None:
                line = Line(self._conninfo, self._clock)
                try:
                    await prepare(line)
                except BaseException:
                    # Whatever it was, also a cancellation: its sessions do not stay open.
                    await line.close()
                    raise
                connector = GuardedConnector(line, None if self._takes_up else self._claims)
                # Procrastinate knows connectors by what they do.
                app = App(connector=cast(BaseConnector, connector))
                app.task(name=_TASK, queue=self._queue, retry=True)(self._carry)
                self._line, self._app, self._connector = line, app, connector
            return self._line, self._app, self._connector

    async def _defer(self, operation_id: str, stack_id: str) -> None:
        line, app, _ = await self._opened()
        if await line.ask(_IN_QUEUE, {"operation_id": operation_id}, patient=False):
            return
        try:
            await app.configure_task(
                _TASK, queue=self._queue, lock=stack_id, queueing_lock=operation_id
            ).defer_async(operation_id=operation_id)
        except exceptions.AlreadyEnqueued:
            _LOG.debug('operation "%s" is in the queue already', operation_id)

    async def _claims(self) -> list[str]:
        """What a command may take now: nothing yet where a worker lives that may do so."""
        now = self._clock.monotonic()
        waiting = {one: wanted for one, wanted in self._wanted.items() if one not in self._running}
        if not waiting:
            return []
        patient = [one for one, wanted in waiting.items() if now - wanted.since < _LEFT_TO_WORKERS]
        if patient and (await self.crew()).number:
            return [one for one in waiting if one not in patient]
        return list(waiting)

    async def _carry(self, operation_id: str) -> None:
        """What the queue calls. Whoever raises here leaves the job to others."""
        run = self._run
        running = asyncio.current_task()
        if run is None or running is None or operation_id in self._running:
            raise _HandedBack(operation_id)
        self._running[operation_id] = cast("asyncio.Task[object]", running)
        try:
            result = await run(operation_id)
        except Exception as failure:
            # The text of a failure that nobody foresaw may hold anything, a secret too.
            words = str(failure) if isinstance(failure, StoreError) else type(failure).__name__
            _LOG.error('the run of operation "%s" broke off, it stays open: %s',
                       operation_id, words)  # fmt: skip
            if not self._takes_up:
                self._wanted.pop(operation_id, None)
            elif not self._is_stopped:
                await self._clock.sleep(_AFTER_FAILURE)
            raise _HandedBack(operation_id) from None
        finally:
            del self._running[operation_id]
        if result.stopped:
            raise _HandedBack(operation_id)
        if result.status is None:
            # Another process entered. It owns the operation, unless it has died meanwhile.
            await self._clock.sleep(_RESPITE)
            found = await self._store.operation(operation_id)
            if found is not None and found.status is OperationStatus.RUNNING:
                raise _HandedBack(operation_id)

    async def _serve(self, app: App, connector: GuardedConnector) -> None:
        look = min(self._timing.sweep, _WORKERS_LOOK if self._takes_up else _COMMANDS_LOOK)
        while not self._is_stopped:
            self._worker = Worker(
                app,
                queues=[self._queue],
                concurrency=self._parallel,
                fetch_job_polling_interval=look,
                shutdown_graceful_timeout=_RESPITE,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._timing.heartbeat,
                stalled_worker_timeout=max(_FORGOTTEN_AFTER, 10 * self._timing.stalled),
            )
            try:
                await self._worker.run()  # type: ignore[no-untyped-call]
            except Exception as failure:
                if self._is_stopped:
                    return
                _LOG.warning("the queue's worker begins anew: %s", type(failure).__name__)
                await self._clock.sleep(_RESPITE)

    async def _keep_sweeping(self) -> None:
        is_blind = False
        while True:
            try:
                for operation_id in await self.sweep():
                    _LOG.info('operation "%s" is handed out again', operation_id)
                is_blind = False
            except (StoreError, exceptions.ConnectorException) as failure:
                if not is_blind:
                    _LOG.warning("open operations cannot be looked for: %s", failure)
                is_blind = True
            await self._clock.sleep(self._doubt if self._suspects else self._timing.sweep)

    async def _open_operations(self) -> list[Operation]:
        """The operations that run or should: of a worker all, of a command those it wants."""
        if self._takes_up:
            found = await self._store.open_operations()
        else:
            looked = [await self._store.operation(one) for one in self._wanted]
            found = [one for one in looked if one is not None]
        return [one for one in found if one.status is OperationStatus.RUNNING]

    async def _jobs(self) -> Sequence[Job]:
        _, app, _ = await self._opened()
        if self._takes_up:
            found = list(await app.job_manager.list_jobs_async(task=_TASK))
        else:
            found = []
            for stack_id in {wanted.stack_id for wanted in self._wanted.values()}:
                found += await app.job_manager.list_jobs_async(task=_TASK, lock=stack_id)
        return [job for job in found if job.status in _UNFINISHED]

    def _is_ours(self, job: Job) -> bool:
        """A worker minds its own queue; a command, what it was asked for, wherever that stands."""
        return job.queue == self._queue or not self._takes_up

    def _confirmed(
        self, doubts: dict[tuple[str, int | None], Job | Operation]
    ) -> list[Job | Operation]:
        """What has looked dead for long enough; what looks alive again is forgotten."""
        now = self._clock.monotonic()
        self._suspects = {key: self._suspects.get(key, now) for key in doubts}
        return [doubts[key] for key, since in self._suspects.items() if now - since >= self._doubt]

    async def _relieve(self, connector: GuardedConnector, job: Job, why: str) -> list[str]:
        operation_id = str(job.queueing_lock)
        if job.id is None or not await connector.hand_back(job.id, job.worker_id, self._queue):
            return []
        _LOG.warning('operation "%s" is taken from process %s, which %s',
                     operation_id, job.worker_id, why)  # fmt: skip
        return [operation_id]


def _is_held(processes: dict[int, Process], worker_id: int | None) -> bool:
    return worker_id in processes and processes[worker_id].is_held


def _is_stalled(processes: dict[int, Process], worker_id: int | None, limit: float) -> bool:
    return worker_id in processes and processes[worker_id].silent >= limit
