"""Processes on one queue: dispatchers in this one, runs that end when they are told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from imageferry.assembly.senses import RealClock
from imageferry.dispatch.distributed import DistributedDispatcher
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult, Timing
from imageferry.store.sql_store import SqlStore
from tests.store.samples import (
    PLACE,
    change_set_of,
    ending,
    open_url,
    operation_on,
    stack_event,
    stack_named,
)

QUICK = Timing(heartbeat=0.2, stalled=1.0, sweep=0.1)
QUEUE = "emulator:1000000000000001"
HERE = Place(PLACE.cloud, PLACE.account_id, "")


class Runs:
    """What a dispatcher runs: each run waits until it is ended from outside."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self._ends: dict[str, asyncio.Future[RunResult]] = {}

    async def run(self, operation_id: str) -> RunResult:
        operation = await self._store.operation(operation_id)
        if operation is not None and not operation.status.is_open:
            return RunResult(operation_id, operation.status)
        self.begun.append(operation_id)
        end = self._ends[operation_id] = asyncio.get_running_loop().create_future()
        try:
            return await end
        except asyncio.CancelledError:
            self.cancelled.append(operation_id)
            raise

    def end(self, operation_id: str, status: OperationStatus | None = None) -> None:
        """Let it end; without a status it was told to stop, and the operation stays open."""
        stopped = status is None
        result = RunResult(operation_id, status or OperationStatus.RUNNING, stopped=stopped)
        self._ends[operation_id].set_result(result)

    def lose(self, operation_id: str) -> None:
        """Another process has entered the operation."""
        self._ends[operation_id].set_result(RunResult(operation_id, None))

    def break_off(self, operation_id: str, failure: Exception) -> None:
        self._ends[operation_id].set_exception(failure)


class Workshop:
    """One database with its store, and any number of dispatchers."""

    def __init__(self, url: str, store: SqlStore) -> None:
        self.url = url
        self.store = store
        self.runs = Runs(store)

    def dispatcher(
        self,
        *,
        takes_up: bool = True,
        parallel: int = 16,
        queue: str = QUEUE,
        place: Place = HERE,
        timing: Timing = QUICK,
    ) -> DistributedDispatcher:
        return DistributedDispatcher(
            self.url, queue, place, self.store, RealClock(), timing,
            takes_up=takes_up, parallel=parallel,
        )  # fmt: skip

    @asynccontextmanager
    async def started(
        self, runs: Runs | None = None, **words: Any
    ) -> AsyncIterator[DistributedDispatcher]:
        dispatcher = self.dispatcher(**words)
        await dispatcher.start((runs or self.runs).run)
        try:
            yield dispatcher
        finally:
            await dispatcher.stop(0.2)

    async def open(self, name: str, place: Place = PLACE) -> str:
        """A stack with an open operation of its name, which nobody was asked to run."""
        stack = stack_named(name, place=place)
        operation = operation_on(stack, name, f"changes-{name}")
        await self.store.save_change_set(change_set_of(stack, f"changes-{name}"))
        await self.store.open_operation(operation, stack, [stack_event(operation, stack.status)])
        return stack.stack_id

    async def close(self, name: str) -> None:
        entry = await self.store.enter(name)
        assert entry is not None
        await self.store.close_operation(name, entry.epoch, ending(entry.stack))

    def jobs(self) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT queueing_lock AS operation, status::text, queue_name, worker_id"
            " FROM imageferry_queue.procrastinate_jobs ORDER BY id"
        )

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query, arguments or None)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def workshop(url: str) -> AsyncIterator[Workshop]:
    store = open_url(url)
    try:
        yield Workshop(url, store)
    finally:
        await store.close()


class Strait:
    """A way to the database that can be closed: nothing passes then, and nobody is told."""

    def __init__(self, url: str) -> None:
        self._host, self._port = url.split("@")[1].split("/")[0].split(":")
        self._url = url
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._ways: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def crossed(self) -> AsyncIterator[str]:
        """The database's URL by this way."""
        server = await asyncio.start_server(self._arrive, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield self._url.replace(f":{self._port}/", f":{port}/")
        finally:
            server.close()
            for way in self._ways:
                way.cancel()
            await asyncio.gather(*self._ways, return_exceptions=True)

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._host, int(self._port))
        self._ways.append(asyncio.create_task(self._carry(reader, there[1])))
        self._ways.append(asyncio.create_task(self._carry(there[0], writer)))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                await self.is_open.wait()
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait until something holds; gives how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "what was waited for did not come"
        await asyncio.sleep(0.01)
    return time.monotonic() - began
