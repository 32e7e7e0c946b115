"""EmbeddedDispatcher: what is submitted runs once, by whoever has the lock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.dispatch.embedded import EmbeddedDispatcher
from imageferry.dispatch.locks import OperationLock, Presence
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import StoreError
from imageferry.store.sql_store import SqlStore
from tests.dispatch.clocks import StillClock, settle
from tests.store.samples import PLACE, begin, ending, opened, operation_on, stack_named


class Runs:
    """What the dispatcher runs: each run waits until it is ended from outside."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Future[RunResult]] = {}

    async def run(self, operation_id: str) -> RunResult:
        self.begun.append(operation_id)
        end = self._ends[operation_id] = asyncio.get_running_loop().create_future()
        return await end

    async def end(
        self, operation_id: str, status: OperationStatus | None = OperationStatus.SUCCEEDED
    ) -> None:
        self._ends[operation_id].set_result(RunResult(operation_id, status))
        await settle()

    async def break_off(self, operation_id: str, failure: Exception) -> None:
        self._ends[operation_id].set_exception(failure)
        await settle()


class House:
    """A dispatcher with what it stands on."""

    def __init__(self, store: SqlStore, locks: Path) -> None:
        self.store = store
        self.locks = locks
        self.clock = StillClock()
        self.runs = Runs()

    def dispatcher(
        self, *, takes_up: bool = False, parallel: int = 16, place: Place | None = None
    ) -> EmbeddedDispatcher:
        return EmbeddedDispatcher(
            self.locks, self.store, self.clock, parallel=parallel, takes_up=takes_up, place=place
        )

    def lock_files(self) -> list[str]:
        return sorted(path.name for path in self.locks.iterdir() if path.name[0] != ".")


@asynccontextmanager
async def housed(home: Path) -> AsyncIterator[House]:
    async with opened(home) as store:
        yield House(store, home / "locks")


async def until(true: Callable[[], bool]) -> None:
    """Let the loop turn, the store's thread too, until something holds."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0)


async def submit(dispatcher: EmbeddedDispatcher, *operation_ids: str) -> None:
    for operation_id in operation_ids:
        await dispatcher.submit(None, operation_id, stack_id="stack")
    await settle()


def test_what_is_submitted_runs_once(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher()
            await submit(dispatcher, "early", "early")
            assert house.runs.begun == []
            await dispatcher.start(house.runs.run)
            await submit(dispatcher, "early", "late", "late")
            assert house.runs.begun == ["early", "late"]
            assert OperationLock(house.locks, "early").is_held()
            waiting = asyncio.create_task(dispatcher.wait("early"))
            await settle()
            await house.runs.end("early")
            assert await waiting == RunResult("early", OperationStatus.SUCCEEDED)
            assert house.lock_files() == ["late"]
            assert await dispatcher.wait("early") is None
            # Once it has ended it may be asked for again: the run is re-entrant.
            await submit(dispatcher, "early")
            assert house.runs.begun == ["early", "late", "early"]
            await house.runs.end("early", None)
            await house.runs.end("late", OperationStatus.PARKED)
            assert house.lock_files() == ["early", "late"]
            assert not OperationLock(house.locks, "late").is_held()
            await dispatcher.stop(0.0)

    asyncio.run(program())


def test_what_another_process_runs_is_left_alone(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher()
            await dispatcher.start(house.runs.run)
            theirs = OperationLock(house.locks, "op")
            assert theirs.try_acquire()
            await submit(dispatcher, "op")
            waiting = asyncio.create_task(dispatcher.wait("op"))
            await house.clock.move(1.0)
            assert await waiting is None
            assert house.runs.begun == []
            assert theirs.is_mine
            assert await dispatcher.is_run("op")
            assert not await dispatcher.is_run("another")
            # It may have been somebody who only looked: the second look finds the lock free.
            await submit(dispatcher, "op")
            theirs.release()
            await house.clock.move(1.0)
            assert house.runs.begun == ["op"]
            await house.runs.end("op")
            assert not await dispatcher.is_run("op")
            await dispatcher.stop(0.0)

    asyncio.run(program())


def test_no_more_than_allowed_run_at_once(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher(parallel=2)
            await dispatcher.start(house.runs.run)
            await submit(dispatcher, "a", "b", "c")
            assert house.runs.begun == ["a", "b"]
            assert not OperationLock(house.locks, "c").is_held()
            await house.runs.end("b")
            assert house.runs.begun == ["a", "b", "c"]
            await dispatcher.stop(0.0)

    asyncio.run(program())


def test_not_before_its_time(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher()
            await dispatcher.start(house.runs.run)
            await dispatcher.submit(None, "later", stack_id="s", not_before=1060.0)
            await dispatcher.submit(None, "past", stack_id="s", not_before=900.0)
            await house.clock.move(59.0)
            assert house.runs.begun == ["past"]
            await house.clock.move(1.0)
            assert house.runs.begun == ["past", "later"]
            await dispatcher.stop(0.0)

    asyncio.run(program())


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        pytest.param(StoreError("the disk is full"), "the disk is full", id="foreseen"),
        pytest.param(KeyError("hunter2"), "KeyError", id="not foreseen"),
    ],
)
def test_a_run_that_breaks_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, failure: Exception, says: str
) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher()
            await dispatcher.start(house.runs.run)
            await submit(dispatcher, "op", "other")
            waiting = asyncio.create_task(dispatcher.wait("op"))
            await settle()
            await house.runs.break_off("op", failure)
            with pytest.raises(type(failure)):
                await waiting
            assert not OperationLock(house.locks, "op").is_held()
            assert house.lock_files() == ["op", "other"]
            await house.runs.end("other")
            await dispatcher.stop(0.0)

    with caplog.at_level(logging.WARNING):
        asyncio.run(program())
    assert f'the run of operation "op" broke off, it stays open: {says}' in caplog.messages
    assert "hunter2" not in caplog.text


def test_stopping_gives_time_and_then_ends(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            dispatcher = house.dispatcher()
            await dispatcher.start(house.runs.run)
            await submit(dispatcher, "quick", "slow")
            stopping = asyncio.create_task(dispatcher.stop(10.0))
            await settle()
            await submit(dispatcher, "too late")
            await house.runs.end("quick")
            await house.clock.move(9.0)
            assert not stopping.done()
            assert OperationLock(house.locks, "slow").is_held()
            await house.clock.move(1.0)
            assert stopping.done()
            await stopping
            assert house.runs.begun == ["quick", "slow"]
            assert house.lock_files() == ["slow"]
            assert not OperationLock(house.locks, "slow").is_held()

            again = asyncio.create_task(dispatcher.start(house.runs.run))
            await again
            await submit(dispatcher, "third")
            stopping = asyncio.create_task(dispatcher.stop(10.0))
            await settle()
            await house.runs.end("third")
            await stopping
            assert house.clock.asleep == 0

    asyncio.run(program())


def test_a_worker_takes_up_what_nobody_runs(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            stacks = {name: stack_named(name) for name in ("a", "held", "parked", "ended", "new")}
            for name in ("a", "held", "parked", "ended"):
                await begin(house.store, stacks[name], operation_on(stacks[name], name, name))
            await house.store.park("parked", 1, "too often")
            await house.store.close_operation("ended", 1, ending(stacks["ended"]))
            held, stale = OperationLock(house.locks, "held"), OperationLock(house.locks, "ended")
            assert held.try_acquire()
            assert stale.try_acquire()
            stale.release()

            plain = house.dispatcher()
            await plain.start(house.runs.run)
            await settle()
            assert house.runs.begun == []
            assert not Presence(house.locks).is_anyone()
            worker = house.dispatcher(takes_up=True)
            await worker.start(house.runs.run)
            await settle()
            assert Presence(house.locks).is_anyone()
            assert house.runs.begun == ["a"]
            assert house.lock_files() == ["a", "held"]

            new = stacks["new"]
            await begin(house.store, new, operation_on(new, "new", "new"))
            await house.clock.move(2.0)
            await until(lambda: house.runs.begun == ["a", "new"])
            held.release()
            await until(lambda: house.clock.asleep == 1)
            await house.clock.move(2.0)
            await until(lambda: house.runs.begun == ["a", "new", "held"])
            await worker.stop(0.0)
            assert not Presence(house.locks).is_anyone()
            await plain.stop(0.0)

    asyncio.run(program())


def test_a_worker_leaves_the_stacks_of_other_accounts_alone(tmp_path: Path) -> None:
    async def program() -> None:
        async with housed(tmp_path) as house:
            ours, theirs = (
                stack_named("ours"),
                stack_named("theirs", place=replace(PLACE, account_id="2")),
            )
            for stack in (ours, theirs):
                await begin(house.store, stack, operation_on(stack, stack.name, stack.name))
            worker = house.dispatcher(takes_up=True, place=replace(PLACE, region=""))
            assert (await worker.crew()).number == 0
            await worker.start(house.runs.run)
            await until(lambda: house.runs.begun == ["ours"])
            assert (await worker.crew()).number == 1
            other = house.dispatcher(takes_up=True, place=Place(PLACE.cloud, "2", ""))
            await other.start(house.runs.run)
            await until(lambda: house.runs.begun == ["ours", "theirs"])
            await worker.stop(0.0)
            await other.stop(0.0)

    asyncio.run(program())


def test_a_worker_outlives_a_database_that_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            house = House(store, tmp_path / "locks")
            worker = house.dispatcher(takes_up=True)
            await worker.start(house.runs.run)
            await store.close()
            await until(lambda: house.clock.asleep == 1)
            await house.clock.move(2.0)
            await until(lambda: house.clock.asleep == 1)
            await worker.stop(0.0)

    with caplog.at_level(logging.WARNING):
        asyncio.run(program())
    assert any("open operations cannot be looked for" in said for said in caplog.messages)
