"""Workers on PostgreSQL: killed, paused and cut off; everything ends right, and nothing twice."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from imageferry.model.statuses import StackStatus
from tests.e2e.processes import COMMAND, Served, served_emulator
from tests.e2e.workers import (
    REGION,
    TEMPLATE,
    Fleet,
    come_true,
    counted_calls,
    farewell,
    fleet,
    forget_faults,
    wish,
)
from tests.postgres import PostgresServer

STACKS = 300
FAST = 1e6
SLOW = 60.0


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as served:
        yield served


@pytest.fixture
def workers(tmp_path: Path, postgres: PostgresServer, cloud: Served) -> Iterator[Fleet]:
    cloud.ask("reset", {})
    forget_faults(cloud)
    # What is looked at here is the workers: no copy waits for another.
    cloud.ask("settings", {"speed": FAST, "running_copies": STACKS})
    with fleet(tmp_path, postgres.database(), cloud) as found:
        yield found


def slow_replies(served: Served, action: str, seconds: float) -> None:
    served.ask("faults", {"kind": "slow", "action": action, "count": None, "seconds": seconds})


def test_three_hundred_stacks_survive_workers_killed_at_random(workers: Fleet) -> None:
    chance = random.Random(300)
    served = workers.served

    async def program() -> None:
        async with workers.house() as house:
            await house.store.installation()
            workers.witness()
            # A reply that comes late holds the moment between call and record open.
            slow_replies(served, "CopyImage", 0.15)
            served.ask("settings", {"speed": 500.0})
            for _ in range(3):
                workers.start()
            opening = asyncio.create_task(open_all())
            kills = between = 0
            await come_true(lambda: len(served.copies()) > 5, 30, "the first copies")
            while not opening.done() or workers.open_operations():
                await asyncio.sleep(chance.uniform(0.6, 1.4))
                if kills >= 10:
                    continue
                before = workers.unrecorded()
                workers.kill(chance.choice(workers.workers))
                kills += 1
                # What the living have begun they have recorded by then; the dead have not.
                await asyncio.sleep(0.3)
                between += bool(before & workers.unrecorded())
                workers.start()
            stacks = await opening
            print(f"{kills} kills, {between} of them between a call and its record")
            assert kills >= 5
            assert between > 0, "no kill fell between a call and its record"
            for stack_id in stacks:
                view = await house.plane.view(stack_id)
                assert view.stack.status is StackStatus.CREATED, view.stack
                numbers = [event.sequence for event in await house.plane.events(stack_id)]
                assert numbers == list(range(1, len(numbers) + 1))

    async def open_all() -> list[str]:
        async with workers.house() as house:
            return [await wish(house, f"s{number}", Name=f"n{number}") for number in range(STACKS)]

    asyncio.run(program())
    names = Counter(image["name"] for image in served.copies())
    assert names == {f"n{number}": 1 for number in range(STACKS)}
    assert {image["status"] for image in served.copies()} == {"Available"}
    entered = workers.number("SELECT sum(epoch) FROM operations")
    assert workers.number("SELECT count(*) FROM owners") == entered
    assert entered > STACKS, "nothing was ever taken over"
    assert workers.unrecorded() == set()
    jobs = "SELECT count(*) FROM imageferry_queue.procrastinate_jobs"
    assert workers.number(jobs) == 0


PAUSED = 8


@pytest.mark.parametrize("action", ["CopyImage", "ModifyImageAttribute", "DeleteImage"])
def test_a_paused_worker_that_returns_changes_nothing(workers: Fleet, action: str) -> None:
    served = workers.served

    async def program() -> None:
        async with workers.house() as house:
            paused = workers.start()
            names = [f"first{number}" for number in range(PAUSED)]
            stacks: list[str] = []
            if action != "CopyImage":
                stacks = [await wish(house, f"s{n}", Name=name) for n, name in enumerate(names)]
                await ended("the copies")
            before = state(served)
            slow_replies(served, action, 1.0)
            for number in range(PAUSED):
                if action == "DeleteImage":
                    await farewell(house, stacks[number])
                else:
                    await wish(house, f"s{number}", Name=f"second{number}")
            await come_true(lambda: state(served) != before, 30, f"the first {action}")
            paused.send_signal(signal.SIGSTOP)
            forget_faults(served)
            workers.start()
            await ended("what the second worker took over")
            if action == "ModifyImageAttribute":
                # A rename that came late would be seen.
                for number in range(PAUSED):
                    await wish(house, f"s{number}", Name=f"third{number}")
                await ended("the third names")
            after = state(served)
            entries = workers.number("SELECT sum(epoch) FROM operations")
            assert entries > workers.number("SELECT count(*) FROM operations")
            written = journal(workers)
            with counted_calls(served) as calls:
                paused.send_signal(signal.SIGCONT)
                await asyncio.sleep(2.5)
                made = calls()
            assert state(served) == after
            assert journal(workers) == written
            assert workers.number("SELECT sum(epoch) FROM operations") == entries
            # A copy may be asked for once more, with a token that the cloud knows already.
            assert made.keys() <= {"CopyImage"}
            if action != "DeleteImage":
                wanted = "second" if action == "CopyImage" else "third"
                assert sorted(image["name"] for image in served.copies()) == [
                    f"{wanted}{number}" for number in range(PAUSED)
                ]
            else:
                assert served.copies() == []
            # And it gets on with its life.
            assert workers.stop(workers.workers[1]) == 0
            await wish(house, "later", Name="later")
            await ended("what the first took afterwards")
            assert paused.poll() is None

    async def ended(what: str) -> None:
        await come_true(lambda: workers.open_operations() == 0, 40, what)

    asyncio.run(program())


def state(served: Served) -> list[tuple[str, str, str]]:
    """What of the cloud a call could change."""
    return sorted((one["image_id"], one["name"], str(one["tags"])) for one in served.copies())


def journal(workers: Fleet) -> list[tuple[object, ...]]:
    return workers.rows("SELECT key, md5(body) FROM journal ORDER BY key")


def test_a_worker_whose_sessions_are_cut_goes_on(workers: Fleet) -> None:
    served = workers.served

    async def program() -> None:
        async with workers.house() as house:
            slow_replies(served, "CopyImage", 0.2)
            served.ask("settings", {"speed": 1000.0})
            await house.store.installation()
            first, second = workers.start(), workers.start()
            # Also while they begin.
            for _ in range(75):
                await asyncio.sleep(0.02)
                workers.cut()
            for number in range(40):
                await wish(house, f"s{number}", Name=f"n{number}")
            for _ in range(4):
                await asyncio.sleep(0.7)
                workers.cut()
            await come_true(lambda: workers.open_operations() == 0, 40, "all stacks")
            assert first.poll() is None
            assert second.poll() is None

    asyncio.run(program())
    names = Counter(image["name"] for image in served.copies())
    assert names == {f"n{number}": 1 for number in range(40)}


def test_told_to_stop_it_hands_over_at_once(workers: Fleet) -> None:
    served = workers.served

    async def program() -> None:
        async with workers.house() as house:
            served.ask("settings", {"speed": SLOW})
            leaving = workers.start()
            for number in range(5):
                await wish(house, f"s{number}", Name=f"n{number}")
            await come_true(lambda: len(served.copies()) == 5, 20, "five copies")
            workers.start("--concurrency", "50")
            await come_true(lambda: "working" in workers.said(2), 20, "the second")
            began = time.monotonic()
            assert workers.stop(leaving) == 0
            # Not the ten seconds after which it would have been cut short.
            assert time.monotonic() - began < 9
            await come_true(lambda: workers.said(2).count(" taken ") == 5, 20, "the handing over")
            assert workers.said(1).count(" handed back ") == 5
            served.ask("settings", {"speed": FAST})
            await come_true(lambda: workers.open_operations() == 0, 20, "the end")

    asyncio.run(program())
    assert len(served.copies()) == 5


def command(workers: Fleet, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env={**workers.environment("desk"), **settings},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_left_to_workers_and_drained(workers: Fleet, tmp_path: Path) -> None:
    template = tmp_path / "golden.yml"
    template.write_bytes(TEMPLATE)
    deploy = ("deploy", str(template), "-s", "one", "--region", REGION, "--yes", "-p", "Name=one")
    done = command(workers, *deploy, "--no-wait")
    assert done.returncode == 0, done.stderr
    assert "no worker lives on this database" in done.stderr
    assert workers.served.copies() == []
    drained = command(workers, "worker", "--drain", "--json")
    assert drained.returncode == 0, drained.stderr
    assert json.loads(drained.stdout) | {"account_id": ""} == {
        "cloud": "emulator", "account_id": "", "succeeded": 1, "failed": 0, "parked": 0,
    }  # fmt: skip
    assert len(workers.served.copies()) == 1
    workers.served.ask("faults", {"kind": "copy_fails", "action": "CopyImage", "count": None})
    other = (*deploy[:3], "two", *deploy[4:-1], "Name=two")
    assert command(workers, *other, "--no-wait").returncode == 0
    drained = command(workers, "worker", "--once")
    assert drained.returncode == 1, drained.stderr
    assert "1 without success" in drained.stderr


def test_a_deploy_leaves_the_work_to_a_worker_and_follows(workers: Fleet, tmp_path: Path) -> None:
    template = tmp_path / "golden.yml"
    template.write_bytes(TEMPLATE)
    workers.start()
    deadline = time.monotonic() + 20
    while "working" not in workers.said(1):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    deploy = ("deploy", str(template), "-s", "one", "--region", REGION, "--yes", "-p", "Name=one")
    done = command(workers, *deploy)
    assert done.returncode == 0, done.stderr
    assert 'stack "one" is CREATE_COMPLETE' in done.stdout
    assert workers.said(1).count(" ended ") == 1
    left = command(workers, *deploy[:-1], "Name=two", "--no-wait")
    assert "left to the workers of this database" in left.stdout
    assert "1 worker for this cloud and account" in command(workers, "doctor").stdout


def test_the_emulator_inside_a_process_is_refused(workers: Fleet) -> None:
    done = command(workers, "worker", IMAGEFERRY_ECS_ENDPOINT="")
    assert done.returncode == 2
    assert "IF870" in done.stderr
    assert "set IMAGEFERRY_ECS_ENDPOINT to an emulator that is served" in done.stderr


def test_too_few_heartbeats_are_refused(workers: Fleet) -> None:
    done = command(workers, "worker", IMAGEFERRY_STALLED="0.6")
    assert done.returncode == 2
    assert "set IMAGEFERRY_STALLED to three times IMAGEFERRY_HEARTBEAT" in done.stderr
