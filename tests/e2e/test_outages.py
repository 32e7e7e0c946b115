"""A database that goes away under a real deploy: it says so, waits, and ends with one copy each."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.processes import COMMAND, FAN_OUT, Served, environment, served_emulator, wait_until
from tests.postgres import PostgresServer

REGIONS = ("cn-beijing", "eu-central-1", "ap-southeast-1")


@dataclass
class Told:
    """A process, and the lines that it has said so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def count(self, words: str) -> int:
        return sum(words in line for line in list(self.lines))

    def ended(self, seconds: float) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("".join(self.lines)) from None
        self._reader.join(5)
        return code


Begin = Callable[..., Told]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that keeps what it has committed, however it ends."""
    own = PostgresServer(durable=True)
    try:
        yield own
    finally:
        own.close()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as served:
        yield served


@pytest.fixture
def slow(cloud: Served) -> Served:
    """The cloud without any copy yet; one of them takes about forty seconds."""
    cloud.ask("reset", {})
    cloud.ask("settings", {"speed": 60.0})
    return cloud


@pytest.fixture
def begin(tmp_path: Path, slow: Served) -> Iterator[Begin]:
    """Begins a deploy of three copies over a database."""
    template = tmp_path / "three.yml"
    template.write_text(FAN_OUT)
    begun: list[subprocess.Popen[str]] = []

    def start(database_url: str = "", **more: str) -> Told:
        if database_url:
            more["IMAGEFERRY_DATABASE_URL"] = database_url
        process = subprocess.Popen(
            [*COMMAND, "deploy", "-s", "three", str(template), "--region", "cn-hangzhou", "--yes",
             "-p", f"Regions={','.join(REGIONS)}"],
            env=environment(tmp_path / "home", IMAGEFERRY_ECS_ENDPOINT=slow.endpoint, **more),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        begun.append(process)
        return Told(process)

    yield start
    for process in begun:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def is_well_ended(told: Told, slow: Served) -> None:
    """Exit 0, one copy an intent, and each outage told once."""
    code = told.ended(40)
    assert code == 0, "".join(told.lines)
    copies = slow.copies()
    assert sorted(one["region"] for one in copies) == sorted(REGIONS), copies
    assert {one["status"] for one in copies} == {"Available"}


def test_a_server_that_is_stopped_twice(begin: Begin, slow: Served, server: PostgresServer) -> None:
    told = begin(server.database())
    assert wait_until(lambda: len(slow.copies()) == 3, told.process)
    for number, how in enumerate((signal.SIGINT, signal.SIGQUIT), 1):
        server.stop(how)
        assert wait_until(lambda n=number: told.count("waiting for it: ") == n, told.process)
        time.sleep(1)
        assert told.process.poll() is None, "".join(told.lines)
        server.start()
        assert wait_until(lambda n=number: told.count("the database is back") == n, told.process)
    slow.ask("settings", {"speed": 1e6})
    is_well_ended(told, slow)
    assert told.count("waiting for it: ") == 2
    assert not told.count("Traceback")


def test_stopped_while_the_calls_are_made(
    begin: Begin, slow: Served, server: PostgresServer
) -> None:
    held = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 1.0}
    slow.ask("faults", held)
    told = begin(server.database())
    # The calls are on their way, and their answers come to nowhere.
    assert wait_until(lambda: len(slow.copies()) >= 1, told.process)
    server.stop(signal.SIGQUIT)
    time.sleep(2)
    server.start()
    slow.ask("settings", {"speed": 1e6})
    is_well_ended(told, slow)


def test_a_file_that_another_program_keeps(begin: Begin, slow: Served, tmp_path: Path) -> None:
    path = tmp_path / "home" / "imageferry.db"
    told = begin(f"sqlite:///{path}?timeout=0.2")
    assert wait_until(lambda: len(slow.copies()) == 3, told.process)
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    slow.ask("settings", {"speed": 1e6})
    assert wait_until(lambda: told.count("waiting for it: ") == 1, told.process)
    assert told.count("another process has been writing to it for too long") == 1
    other.execute("ROLLBACK")
    other.close()
    is_well_ended(told, slow)
    assert told.count("the database is back") == 1


def test_a_disk_that_is_full_for_a_while(begin: Begin, slow: Served) -> None:
    told = begin()
    assert wait_until(lambda: len(slow.copies()) == 3, told.process)
    before = resource.prlimit(told.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(told.process.pid, resource.RLIMIT_FSIZE, (1024, before[1]))
    slow.ask("settings", {"speed": 1e6})
    assert wait_until(lambda: told.count("waiting for it: ") == 1, told.process)
    resource.prlimit(told.process.pid, resource.RLIMIT_FSIZE, before)
    is_well_ended(told, slow)
    assert told.count("the database is back") == 1


def test_away_for_too_long(begin: Begin, slow: Served, server: PostgresServer) -> None:
    url = server.database()
    told = begin(url, IMAGEFERRY_DATABASE_PATIENCE="2")
    assert wait_until(lambda: len(slow.copies()) == 3, told.process)
    server.stop()
    assert told.ended(20) == 1
    assert told.count("[IF811]") == 1
    assert not told.count("Traceback")
    server.start()
    slow.ask("settings", {"speed": 1e6})
    again = begin(url)
    is_well_ended(again, slow)
    assert again.count("re-attached to operation") == 1


def test_a_database_that_is_away_at_the_start(tmp_path: Path, slow: Served) -> None:
    done = subprocess.run(
        [*COMMAND, "list", "--json"],
        env=environment(
            tmp_path / "home", IMAGEFERRY_ECS_ENDPOINT=slow.endpoint,
            IMAGEFERRY_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/x",
        ),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    shown = json.loads(done.stdout)
    assert "IF811" in done.stdout + done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert shown
