"""DistributedDispatcher: what is submitted runs once, in whatever process, as long as one lives."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import Timing
from imageferry.ports.keeping import StoreError
from tests.dispatch.queueing import HERE, Runs, Strait, Workshop, until, workshop
from tests.postgres import PostgresServer
from tests.store.samples import PLACE

Program = Callable[[Workshop], Awaitable[None]]
DONE = OperationStatus.SUCCEEDED


def perform(postgres: PostgresServer, program: Program) -> None:
    async def performed() -> None:
        async with workshop(postgres.database()) as here:
            await program(here)

    asyncio.run(performed())


@contextmanager
def child(here: Workshop) -> Iterator[subprocess.Popen[str]]:
    """A worker in another process, ready to take."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dispatch.queue_child", here.url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_what_is_submitted_runs_once_and_leaves_no_job(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        async with here.started() as one, here.started() as other:
            for dispatcher in (one, other, one):
                await dispatcher.submit(None, "op", stack_id=stack_id)
            await until(lambda: here.runs.begun == ["op"])
            await other.submit(None, "op", stack_id=stack_id)
            await asyncio.sleep(0.5)
            assert here.runs.begun == ["op"]
            assert [(job["operation"], job["status"]) for job in here.jobs()] == [("op", "doing")]
            await here.close("op")
            here.runs.end("op", DONE)
            await until(lambda: here.jobs() == [])
            await asyncio.sleep(0.3)
            assert here.runs.begun == ["op"]

    perform(postgres, program)


def test_operations_of_one_stack_take_turns(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        async with here.started() as one, here.started():
            await one.submit(None, "first", stack_id="shared")
            await one.submit(None, "second", stack_id="shared")
            await one.submit(None, "other", stack_id="alone")
            await until(lambda: sorted(here.runs.begun) == ["first", "other"])
            await asyncio.sleep(0.3)
            assert "second" not in here.runs.begun
            here.runs.end("first", DONE)
            await until(lambda: "second" in here.runs.begun)
            here.runs.end("second", DONE)
            here.runs.end("other", DONE)
            await until(lambda: here.jobs() == [])

    perform(postgres, program)


def test_no_more_than_allowed_run_at_once(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        async with here.started(parallel=2) as one:
            for name in ("a", "b", "c"):
                await one.submit(None, name, stack_id=name)
            await until(lambda: here.runs.begun == ["a", "b"])
            await asyncio.sleep(0.3)
            assert here.runs.begun == ["a", "b"]
            here.runs.end("b", DONE)
            await until(lambda: here.runs.begun == ["a", "b", "c"])

    perform(postgres, program)


def test_the_dead_are_relieved_at_once(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        # So long a silence would be allowed: it is the session that tells.
        patient = Timing(heartbeat=10.0, stalled=60.0, sweep=0.5)
        with child(here) as process:
            submitting = here.dispatcher(takes_up=False)
            await submitting.submit(None, "op", stack_id=stack_id)
            assert says(process) == "begun op"
            async with here.started(timing=patient):
                await asyncio.sleep(1.2)
                assert here.runs.begun == [], "the living were not left alone"
                process.kill()
                took = await until(lambda: here.runs.begun == ["op"])
                assert took < 3.0
                here.runs.end("op", DONE)
                await until(lambda: here.jobs() == [])
            await submitting.stop(0.0)

    perform(postgres, program)


def test_the_silent_are_relieved_and_end_nothing_when_they_return(
    postgres: PostgresServer,
) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        async with here.started(parallel=1) as one:
            # Our only place is taken, so that the other process has to take it.
            await one.submit(None, "busy", stack_id="busy")
            await until(lambda: here.runs.begun == ["busy"])
            with child(here) as process:
                await one.submit(None, "op", stack_id=stack_id)
                assert says(process) == "begun op"
                process.send_signal(signal.SIGSTOP)
                here.runs.end("busy", DONE)
                took = await until(lambda: here.runs.begun == ["busy", "op"])
                assert took > 0.3, "its session is there: only its silence may tell"
                (job,) = here.jobs()
                process.send_signal(signal.SIGUSR1)
                process.send_signal(signal.SIGCONT)
                assert says(process) == "left op"
                await asyncio.sleep(0.5)
                assert here.jobs() == [job], "the job is the second process's"
                assert here.runs.begun == ["busy", "op"]
                # It gets on with its life.
                await one.submit(None, "next", stack_id="next")
                assert says(process) == "begun next"
                here.runs.end("op", DONE)

    perform(postgres, program)


def test_who_lost_its_operation_gives_up_its_run(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        async with here.started() as one:
            await one.submit(None, "op", stack_id=stack_id)
            await until(lambda: here.runs.begun == ["op"])
            here.rows(
                "UPDATE imageferry_queue.procrastinate_jobs SET worker_id = NULL"
                " WHERE queueing_lock = 'op'"
            )
            await until(lambda: here.runs.cancelled == ["op"])
            # And what nobody has is handed out again.
            await until(lambda: here.runs.begun == ["op", "op"])

    perform(postgres, program)


@pytest.mark.parametrize(
    "drain", [pytest.param(5.0, id="it ends in time"), pytest.param(0.1, id="it is broken off")]
)
def test_who_stops_hands_back_at_once(postgres: PostgresServer, drain: float) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        leaving = here.dispatcher()
        await leaving.start(here.runs.run)
        await leaving.submit(None, "op", stack_id=stack_id)
        await until(lambda: here.runs.begun == ["op"])
        heirs = Runs(here.store)
        slow = Timing(heartbeat=10.0, stalled=60.0, sweep=30.0)
        async with here.started(heirs, timing=slow):
            if drain > 1:
                here.runs.end("op")
            await leaving.stop(drain)
            assert await until(lambda: heirs.begun == ["op"]) < 1.0

    perform(postgres, program)


def test_the_sweep_takes_what_nobody_has_and_nothing_else(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stranger = Place(PLACE.cloud, "2000000000000002", PLACE.region)
        for name in ("lost", "held", "parked", "ended"):
            await here.open(name)
        await here.open("strange", stranger)
        entry = await here.store.enter("parked")
        assert entry is not None
        await here.store.park("parked", entry.epoch, "too often")
        await here.close("ended")
        theirs = Runs(here.store)
        async with here.started(theirs, parallel=1, timing=Timing(0.2, 60.0, 60.0)) as other:
            await other.submit(None, "held", stack_id="stack-held")
            await until(lambda: theirs.begun == ["held"])
            async with here.started():
                await until(lambda: here.runs.begun == ["lost"])
                await asyncio.sleep(0.6)
                assert here.runs.begun == ["lost"]
                assert theirs.begun == ["held"]
                strangers = Runs(here.store)
                theirs_alone = {"queue": "emulator:2000000000000002",
                                "place": Place(PLACE.cloud, "2000000000000002", "")}  # fmt: skip
                async with here.started(strangers, **theirs_alone):
                    await until(lambda: strangers.begun == ["strange"])
                    await asyncio.sleep(0.4)
                    assert strangers.begun == ["strange"]
                    assert here.runs.begun == ["lost"]

    perform(postgres, program)


def test_a_dead_process_blocks_no_stack(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        with child(here) as process:
            submitting = here.dispatcher(takes_up=False)
            await submitting.submit(None, "op", stack_id=stack_id)
            assert says(process) == "begun op"
            # It dies between the end of the operation and the end of its job.
            await here.close("op")
            process.kill()
        async with here.started() as one:
            await one.submit(None, "later", stack_id=stack_id)
            await until(lambda: here.runs.begun == ["later"])
        await submitting.stop(0.0)

    perform(postgres, program)


def test_fenced_off_it_takes_its_operation_again_only_if_nobody_has_it(
    postgres: PostgresServer,
) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        async with here.started() as one:
            await one.submit(None, "op", stack_id=stack_id)
            await until(lambda: here.runs.begun == ["op"])
            here.runs.lose("op")
            await until(lambda: here.runs.begun == ["op", "op"])
            await here.close("op")
            here.runs.lose("op")
            await until(lambda: here.jobs() == [])

    perform(postgres, program)


def test_a_run_that_breaks_off_is_left_to_others(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def program(here: Workshop) -> None:
        await here.open("op")
        await here.open("secretive")
        async with here.started(takes_up=False) as command:
            await command.submit(None, "op", stack_id="stack-op")
            await command.submit(None, "secretive", stack_id="stack-secretive")
            await until(lambda: sorted(here.runs.begun) == ["op", "secretive"])
            here.runs.break_off("op", StoreError("the disk is full"))
            here.runs.break_off("secretive", KeyError("hunter2"))
            await until(lambda: {job["status"] for job in here.jobs()} == {"todo"})
            heirs = Runs(here.store)
            async with here.started(heirs):
                await until(lambda: sorted(heirs.begun) == ["op", "secretive"])

    with caplog.at_level(logging.WARNING, "imageferry"):
        perform(postgres, program)
    assert 'the run of operation "op" broke off, it stays open: the disk is full' in caplog.messages
    assert not any("hunter2" in said for said in caplog.messages)


def test_a_command_runs_its_own_where_no_worker_lives(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        await here.open("op")
        await here.open("other")
        async with here.started(takes_up=False, timing=Timing(0.2, 1.0, 0.1)) as command:
            assert (await command.crew()).number == 0
            await command.submit(None, "op", stack_id="stack-op")
            assert await until(lambda: here.runs.begun == ["op"]) < 0.8
            await asyncio.sleep(0.5)
            assert here.runs.begun == ["op"], "a command takes nothing else"
            assert await command.is_run("op")
            assert not await command.is_run("other"), "nobody has it, and no worker lives"

    perform(postgres, program)


def test_a_command_leaves_its_own_to_workers_unless_they_are_busy(
    postgres: PostgresServer,
) -> None:
    async def program(here: Workshop) -> None:
        mine = Runs(here.store)
        async with here.started(parallel=1), here.started(mine, takes_up=False) as command:
            await until_crew(here, 1)
            await command.submit(None, "first", stack_id="first")
            await until(lambda: here.runs.begun == ["first"])
            began = time.monotonic()
            await command.submit(None, "second", stack_id="second")
            await until(lambda: mine.begun == ["second"])
            assert 0.8 < time.monotonic() - began < 3.0
            assert here.runs.begun == ["first"]
            here.runs.end("first", DONE)
            mine.end("second", DONE)
            await until(lambda: here.jobs() == [])

    perform(postgres, program)


def test_a_command_takes_over_from_the_dead_where_no_worker_lives(
    postgres: PostgresServer,
) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        with child(here) as process:
            await until_crew(here, 1)
            async with here.started(takes_up=False) as command:
                await command.submit(None, "op", stack_id=stack_id)
                assert says(process) == "begun op"
                assert await command.is_run("op")
                await asyncio.sleep(1.5)
                assert here.runs.begun == []
                process.kill()
                assert await until(lambda: here.runs.begun == ["op"]) < 3.0

    perform(postgres, program)


async def until_crew(here: Workshop, number: int, place: Place = HERE) -> None:
    looking = here.dispatcher(takes_up=False, place=place)
    ends_at = time.monotonic() + 5
    while (await looking.crew()).number != number:
        assert time.monotonic() < ends_at, f"there are never {number} workers"
        await asyncio.sleep(0.02)
    await looking.stop(0.0)


def test_the_crew_is_who_lives_and_serves_this_queue(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        began = time.time()
        async with here.started(), here.started(queue="alibaba:1"), here.started(takes_up=False):
            await until_crew(here, 1)
            with child(here) as process:
                await until_crew(here, 2)
                process.send_signal(signal.SIGSTOP)
                await until_crew(here, 1)
                process.send_signal(signal.SIGCONT)
                await until_crew(here, 2)
                process.kill()
                await until_crew(here, 1)
            looking = here.dispatcher(takes_up=False)
            since = (await looking.crew()).since
            await looking.stop(0.0)
            assert since is not None
            assert abs(since - began) < 5
        await until_crew(here, 0)

    perform(postgres, program)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_an_outage_of_the_server_is_waited_out(how: signal.Signals) -> None:
    server = PostgresServer(durable=True)
    try:

        async def program(here: Workshop) -> None:
            await here.open("theirs")
            theirs = Runs(here.store)
            async with AsyncExitStack() as started:
                other = await started.enter_async_context(here.started(theirs))
                await other.submit(None, "theirs", stack_id="theirs")
                await until(lambda: theirs.begun == ["theirs"])
                one = await started.enter_async_context(here.started())
                await one.submit(None, "before", stack_id="before")
                await until(lambda: "before" in [*here.runs.begun, *theirs.begun])
                before = theirs if "before" in theirs.begun else here.runs
                server.stop(how)
                # For longer than a silence is allowed to last: yet nobody is taken for dead.
                await asyncio.sleep(1.5)
                before.end("before", DONE)
                # What is asked for meanwhile is taken for what it is: not yet in the queue.
                await one.submit(None, "meanwhile", stack_id="meanwhile")
                server.start()
                await until(lambda: [job["operation"] for job in here.jobs()] == ["theirs"])
                await one.submit(None, "after", stack_id="after")
                await until(lambda: "after" in [*here.runs.begun, *theirs.begun])
                await asyncio.sleep(1.5)
                assert sorted([*here.runs.begun, *theirs.begun]) == ["after", "before", "theirs"]
                assert here.runs.cancelled == theirs.cancelled == []

        perform(server, program)
    finally:
        server.close()


def test_a_session_that_is_cut_comes_back(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        async with here.started() as one:
            await one.submit(None, "op", stack_id="op")
            await until(lambda: here.runs.begun == ["op"])
            for _ in range(3):
                here.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'imageferry worker'"
                )
                await asyncio.sleep(0.3)
            here.runs.end("op", DONE)
            await until(lambda: here.jobs() == [])
            await until_crew(here, 1)
            await one.submit(None, "next", stack_id="next")
            await until(lambda: "next" in here.runs.begun)

    perform(postgres, program)


def test_who_was_cut_off_gives_up_what_others_took_over(postgres: PostgresServer) -> None:
    async def program(here: Workshop) -> None:
        stack_id = await here.open("op")
        strait = Strait(here.url)
        async with strait.crossed() as far_url, AsyncExitStack() as started:
            far = Workshop(far_url, here.store)
            cut_off = await started.enter_async_context(far.started())
            await cut_off.submit(None, "op", stack_id=stack_id)
            await until(lambda: far.runs.begun == ["op"])
            near = await started.enter_async_context(here.started())
            await asyncio.sleep(0.5)
            strait.is_open.clear()
            took = await until(lambda: here.runs.begun == ["op"])
            assert took > 0.5, "its session is there: only its silence may tell"
            assert far.runs.cancelled == []
            strait.is_open.set()
            await until(lambda: far.runs.cancelled == ["op"])
            await asyncio.sleep(0.5)
            assert here.runs.begun == ["op"]
            await here.close("op")
            here.runs.end("op", DONE)
            await until(lambda: here.jobs() == [])
            for number in range(20):
                await near.submit(None, f"next{number}", stack_id=f"next{number}")
            await until(lambda: len(here.runs.begun + far.runs.begun) == 22)
            assert len(far.runs.begun) > 1, "it takes nothing any more"

    perform(postgres, program)
