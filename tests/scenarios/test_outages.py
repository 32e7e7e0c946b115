"""The database goes away in the middle of an operation: it waits, and goes on when it is back."""

from __future__ import annotations

import asyncio
import logging
import resource
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.engine.runner import ENTRIES_WITHOUT_RECORD
from imageferry.engine.worker import Worker
from imageferry.model.operations import Operation
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.testing import run_virtually
from tests.postgres import PostgresServer
from tests.scenarios.things import ThingCatalog, Things
from tests.scenarios.workshop import Workshop, workshop

THREE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Base: {Type: ALIYUN::TEST::Thing, Properties: {Name: base}}
  Next: {Type: ALIYUN::TEST::Thing, DependsOn: Base, Properties: {Name: next}}
  Last: {Type: ALIYUN::TEST::Thing, DependsOn: Next, Properties: {Name: last}}
"""


class Lock:
    """Another program that keeps the database to itself for a while."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


class FullDisk:
    """No file of this process may grow any more."""

    def __init__(self, _: Path) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def begin(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, self._before[1]))

    def end(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)

    def close(self) -> None:
        self.end()


class ReadOnly:
    """The file may not be written, as on a disk that the system has made read-only."""

    def __init__(self, _: Path) -> None:
        self._holds = False
        event.listen(Engine, "before_cursor_execute", self._set)

    def begin(self) -> None:
        self._holds = True

    def end(self) -> None:
        self._holds = False

    def close(self) -> None:
        event.remove(Engine, "before_cursor_execute", self._set)

    def _set(self, _: Any, cursor: Any, statement: str, *__: Any) -> None:
        if statement.startswith("BEGIN"):
            cursor.execute(f"PRAGMA query_only = {int(self._holds)}")


class Stopped:
    """The server is stopped, in order or as by a crash."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def begin(self) -> None:
        self._server.stop()

    def end(self) -> None:
        self._server.start()

    def close(self) -> None:
        """Nothing to let go of."""


Break = Lock | FullDisk | ReadOnly | Stopped
Program = Callable[[Workshop, Things, Break], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    own = PostgresServer()
    try:
        yield own
    finally:
        own.close()


@pytest.fixture(params=["locked", "full", "read-only", "stopped"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], None]:
    """Runs a program in virtual time over a database that breaks when the program says so."""
    home = tmp_path / "home"
    home.mkdir()
    path = home / "imageferry.db"

    def run(program: Program) -> None:
        breaks: Break
        match request.param:
            case "stopped":
                own: PostgresServer = request.getfixturevalue("server")
                url, breaks = own.database(), Stopped(own)
            case "full":
                url, breaks = f"sqlite:///{path}", FullDisk(path)
            case "read-only":
                url, breaks = f"sqlite:///{path}", ReadOnly(path)
            case _:
                url, breaks = f"sqlite:///{path}?timeout=0.02", Lock(path)

        async def main() -> None:
            world = Things(slow=30.0)
            async with workshop(home, ThingCatalog(world), url=url) as shop:
                await program(shop, world, breaks)

        try:
            run_virtually(main())
        finally:
            breaks.close()

    return run


async def begun(shop: Workshop) -> Operation:
    planned = await shop.plane.plan(
        StackRequest("demo", shop.region, THREE.encode(), "t.yml", {}, None)
    )
    return await shop.plane.execute(planned, ExecutionOptions())


async def outage_of(shop: Workshop, operation: Operation, *, is_there: bool) -> str | None:
    """What the board says, once there is an outage, or once there is none."""
    for _ in range(200):
        said = shop.worker.board.outage(operation.operation_id)
        if (said is not None) is is_there:
            return said
        await shop.clock.sleep(1)
    return "it never came, or never ended"


def test_it_waits_and_goes_on(
    play: Callable[[Program], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def program(shop: Workshop, world: Things, breaks: Break) -> None:
        operation = await begun(shop)
        running = asyncio.create_task(shop.worker.run(operation.operation_id))
        words = []
        for _ in range(2):
            await shop.clock.sleep(3)
            breaks.begin()
            words.append(await outage_of(shop, operation, is_there=True))
            await shop.clock.sleep(20)
            breaks.end()
            await outage_of(shop, operation, is_there=False)
        assert all(said is not None and "cannot be used" in said for said in words)
        result = await running
        assert result.status is OperationStatus.SUCCEEDED
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED
        assert world.calls == ["create base", "create next", "create last"]
        events = await shop.plane.events(operation.stack_id)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))

    with caplog.at_level(logging.WARNING, "imageferry.engine.outages"):
        play(program)
    # Once for each outage, however often it tried meanwhile.
    assert 1 <= len(caplog.records) <= 2
    assert all("waits for the database" in record.getMessage() for record in caplog.records)


def test_it_gives_up_and_another_finishes(play: Callable[[Program], None]) -> None:
    async def program(shop: Workshop, world: Things, breaks: Break) -> None:
        operation = await begun(shop)
        running = asyncio.create_task(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(3)
        breaks.begin()
        await outage_of(shop, operation, is_there=True)
        began = shop.clock.monotonic()
        await asyncio.wait({running})
        took = shop.clock.monotonic() - began
        breaks.end()
        assert isinstance(running.exception(), StoreUnavailable)
        assert 590 <= took < 610
        assert shop.worker.board.outage(operation.operation_id) is None
        kept = await shop.store.operation(operation.operation_id)
        assert kept is not None
        assert kept.status is OperationStatus.RUNNING
        assert kept.entries_since_record < ENTRIES_WITHOUT_RECORD
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED
        assert world.calls == ["create base", "create next", "create last"]

    play(program)


def test_asked_to_stop_it_waits_no_longer(play: Callable[[Program], None]) -> None:
    async def program(shop: Workshop, world: Things, breaks: Break) -> None:
        operation = await begun(shop)
        running = asyncio.create_task(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(3)
        breaks.begin()
        await outage_of(shop, operation, is_there=True)
        shop.worker.stop()
        result = await running
        breaks.end()
        assert result.stopped
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED
        assert world.calls == ["create base", "create next", "create last"]

    play(program)


def test_away_before_it_is_entered(play: Callable[[Program], None]) -> None:
    async def program(shop: Workshop, world: Things, breaks: Break) -> None:
        operation = await begun(shop)
        breaks.begin()
        running = asyncio.create_task(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(20)
        calls = list(world.calls)
        breaks.end()
        assert calls == []
        assert (await running).status is OperationStatus.SUCCEEDED
        kept = await shop.store.operation(operation.operation_id)
        assert kept is not None
        assert kept.epoch >= 1

    play(program)


@pytest.mark.parametrize("gone", ["deleted", "replaced"])
def test_a_file_that_is_gone_is_not_waited_for(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "home" / "imageferry.db"

    async def main() -> None:
        world = Things()
        async with workshop(tmp_path / "home", ThingCatalog(world)) as shop:
            operation = await begun(shop)
            running = asyncio.create_task(shop.worker.run(operation.operation_id))
            await shop.clock.sleep(3)
            if gone == "replaced":
                other = path.with_name("other.db")
                other.write_bytes(path.read_bytes())
                other.replace(path)
            else:
                path.unlink()
            before = shop.clock.monotonic()
            with pytest.raises(StoreError, match="moved, deleted or replaced") as failure:
                await running
            assert not isinstance(failure.value, StoreUnavailable)
            assert shop.clock.monotonic() - before < 30

    run_virtually(main())


def test_a_limit_of_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        home = tmp_path / "home"
        url = f"sqlite:///{home / 'imageferry.db'}?timeout=0.02"
        async with workshop(home, ThingCatalog(Things()), url=url) as shop:
            operation = await begun(shop)
            lock = Lock(home / "imageferry.db")
            lock.begin()
            worker = Worker(shop.store, shop.catalog, shop.clock, shop.entropy, outage_limit=5.0)
            with pytest.raises(StoreUnavailable, match="writing to it for too long"):
                await worker.run(operation.operation_id)
            assert 5 <= shop.clock.monotonic() < 7
            lock.close()

    run_virtually(main())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_entered_too_often_without_a_record_it_is_set_aside(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = request.getfixturevalue("server").database() if kind == "postgres" else ""

    async def main() -> None:
        world = Things()
        async with workshop(tmp_path / "home", ThingCatalog(world), url=url) as shop:
            operation = await begun(shop)
            for _ in range(ENTRIES_WITHOUT_RECORD):
                await shop.store.enter(operation.operation_id)
            result = await shop.worker.run(operation.operation_id)
            assert result.status is OperationStatus.PARKED
            assert "21 times without recording anything" in result.notes[0]
            assert world.calls == []
            assert await shop.store.unpark(operation.operation_id)
            result = await shop.worker.run(operation.operation_id)
            assert result.status is OperationStatus.SUCCEEDED

    run_virtually(main())
