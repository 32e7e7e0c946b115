"""imageferry.Engine as it runs: its thread, several threads and processes, what is interrupted."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import imageferry
from tests.homes import lay_database
from tests.postgres import PostgresServer

FAN_OUT = Path(__file__).parents[2] / "examples/fan-out.ros.yml"
SLOW = 1.0
QUICK = 100_000.0
THREAD = "imageferry-engine"


def engine(home: Path, speed: float = QUICK, **more: Any) -> imageferry.Engine:
    lay_database(home)
    return imageferry.Engine(
        home=home, region="cn-hangzhou", emulator_speed=speed, environment={}, **more
    )


def deploy(opened: imageferry.Engine, name: str) -> imageferry.Run:
    return opened.deploy(FAN_OUT, stack=name, parameters={"ImageName": name})


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == THREAD]


def kept(deed: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread that does something, and what has come of it: what it gave, or what it raised."""
    found: list[object] = []

    def act() -> None:
        try:
            found.append(deed())
        except Exception as fault:
            found.append(fault)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread, found


def test_events_that_nobody_exhausts_leave_nothing(tmp_path: Path) -> None:
    with engine(tmp_path) as opened:
        run = deploy(opened, "one")
        for event in run.events():
            assert event.status == "CREATE_IN_PROGRESS"
            break
        assert run.wait(30).is_ok
        rest = run.events()
        next(rest)
    assert threads() == []
    for late in (rest.__next__, run.wait, run.progress, opened.stacks):
        with pytest.raises(imageferry.EngineError, match=r"closed|not open"):
            late()
    gc.collect()


def test_calls_of_other_threads_end_with_the_engine(tmp_path: Path) -> None:
    with engine(tmp_path, SLOW) as opened:
        run = deploy(opened, "one")
        waiting = [kept(run.wait), kept(lambda: list(run.events()))]
        time.sleep(0.2)
        assert all(thread.is_alive() for thread, _ in waiting)
    for thread, found in waiting:
        thread.join(5)
        assert not thread.is_alive()
        assert [type(one) for one in found] == [imageferry.EngineError]
        assert "closed" in str(found[0])
    assert threads() == []


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Interrupts as a terminal has them: what a shell started in its background ignores them."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("deed", ["wait", "events"])
def test_an_interrupt_leaves_the_operation_open_and_the_thread_closed(
    deed: str, tmp_path: Path
) -> None:
    lives: dict[str, Callable[[imageferry.Run], object]] = {
        "wait": lambda run: run.wait(),
        "events": lambda run: list(run.events()),
    }
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt), engine(tmp_path, SLOW) as opened:  # noqa: PT012
        run = deploy(opened, "one")
        timer.start()
        lives[deed](run)
    timer.join()
    assert threads() == []
    with engine(tmp_path) as later:
        assert later.stack("one").is_running
        again = later.attach("one")
        assert again.operation_id == run.operation_id
        again.cancel()


def test_an_engine_is_opened_once_at_a_time_and_again_later(tmp_path: Path) -> None:
    opened = engine(tmp_path)
    with opened:
        with pytest.raises(imageferry.EngineError, match="open already"):
            opened.__enter__()
        assert opened.stacks() == []
    with opened:
        assert opened.stacks() == []
    assert threads() == []


def test_two_engines_on_one_home_see_and_follow_each_other(tmp_path: Path) -> None:
    with engine(tmp_path) as one, engine(tmp_path) as other:
        mine, theirs = deploy(one, "first"), deploy(other, "second")
        followed = other.attach("first")
        assert [run.wait(30).is_ok for run in (mine, theirs, followed)] == [True] * 3
        assert {stack.name for stack in one.stacks()} == {"first", "second"}
        assert list(followed.events()) == list(mine.events())


def test_many_threads_share_an_engine(tmp_path: Path) -> None:
    with engine(tmp_path) as opened:
        names = [f"stack-{number}" for number in range(6)]

        def life(name: str) -> tuple[bool, int, str]:
            run = deploy(opened, name)
            seen = len(list(run.events()))
            created = run.wait(30).is_ok
            return created, seen, opened.delete(name).wait(30).ending.value

        begun = [kept(lambda name=name: life(name)) for name in names]
        for thread, found in begun:
            thread.join(60)
            assert found == [(True, 8, "succeeded")]
        assert opened.stacks() == []


def test_what_another_process_runs_is_followed_and_outlives_it(tmp_path: Path) -> None:
    lay_database(tmp_path)
    command = Path(sys.executable).with_name("imageferry")
    other = subprocess.Popen(
        [command, "deploy", FAN_OUT, "--stack", "one", "--yes"],
        env={
            "PATH": os.environ["PATH"], "IMAGEFERRY_HOME": str(tmp_path),
            "IMAGEFERRY_EMULATOR_SPEED": "600", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with engine(tmp_path, 600.0) as opened:
            until = time.monotonic() + 20
            while not opened.stacks():
                assert time.monotonic() < until
                time.sleep(0.02)
            run = opened.attach("one")
            with pytest.raises(imageferry.LockedError) as held:
                opened.plan(FAN_OUT, stack="one", parameters={"Team": "other"})
            assert held.value.operation_id == run.operation_id
            assert opened.retry("one").operation_id == run.operation_id
            seen = []
            for event in run.events():
                if not seen:
                    other.kill()
                seen.append(event.status)
            assert seen.count("CREATE_COMPLETE") == 4
            assert run.wait(30).is_ok
    finally:
        other.kill()
        other.wait(10)


def test_an_engine_on_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    with (
        engine(tmp_path, database_url=postgres.database()) as one,
        engine(tmp_path, database_url=one._engine._settings.database_url) as other,
    ):
        run = deploy(one, "one")
        assert other.attach("one").wait(30).is_ok
        assert run.result().is_ok
        assert one.delete("one").wait(30).is_ok
    assert threads() == []
