"""What the host does to a process: signals, few file descriptors, a log that nobody reads."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import (
    COMMAND,
    FAN_OUT,
    Served,
    environment,
    finish,
    run,
    served_emulator,
    start,
    wait_until,
)

REGIONS = ("cn-shanghai", "cn-beijing", "us-west-1", "eu-central-1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as emulator:
        yield emulator


@pytest.fixture
def deploy(tmp_path: Path, served: Served) -> tuple[str, ...]:
    served.ask("reset", {})
    template = tmp_path / "fan.yml"
    template.write_text(FAN_OUT)
    return ("deploy", "-s", "fan", str(template), "--region", "cn-hangzhou", "--yes", "--json",
            "-p", f"Regions={','.join(REGIONS)}")  # fmt: skip


def of_seconds(served: Served, seconds: float) -> None:
    """From now on a copy takes about so long."""
    served.ask("settings", {"speed": 2400 / seconds})


def all_is_there_once(served: Served) -> None:
    assert Counter(image["region"] for image in served.copies()) == dict.fromkeys(REGIONS, 1)


SIGNALS = {
    "SIGTERM": ((signal.SIGTERM,), {8}),
    "SIGINT": ((signal.SIGINT,), {8}),
    "SIGINT twice": ((signal.SIGINT, signal.SIGINT), {8, 130, -signal.SIGINT}),
}


@pytest.mark.parametrize(("signals", "codes"), SIGNALS.values(), ids=SIGNALS.keys())
def test_asked_to_end_it_ends_in_order(
    tmp_path: Path,
    served: Served,
    deploy: tuple[str, ...],
    signals: tuple[signal.Signals, ...],
    codes: set[int],
) -> None:
    of_seconds(served, 6)
    served.ask("faults", {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 1.0})
    process = start(tmp_path / "home", served, *deploy)
    assert wait_until(lambda: bool(served.copies()), process)
    asked = time.monotonic()
    for one in signals:
        process.send_signal(one)
        time.sleep(0.05)
    code, _, said = finish(process, 30)
    assert code in codes, said
    assert time.monotonic() - asked < 10.0
    of_seconds(served, 0.1)
    code, _, said = run(tmp_path / "home", served, *deploy)
    assert code == 0, said
    all_is_there_once(served)


def test_with_few_file_descriptors(tmp_path: Path, served: Served, deploy: tuple[str, ...]) -> None:
    of_seconds(served, 1)

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))

    starved = subprocess.run(
        [*COMMAND, *deploy],
        env=environment(tmp_path / "home", IMAGEFERRY_ECS_ENDPOINT=served.endpoint),
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=few,
    )
    assert "Traceback" not in starved.stderr
    assert starved.returncode in {0, 1, 4}, starved.stderr
    code, _, said = run(tmp_path / "home", served, *deploy)
    assert code == 0, said
    all_is_there_once(served)


def test_a_pipe_without_a_reader_is_refused(
    tmp_path: Path, served: Served, deploy: tuple[str, ...]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code, _, said = run(tmp_path / "home", served, *deploy, "--log-file", str(pipe))
    assert code == 2
    assert "nobody reads that pipe" in said


def test_a_log_that_nobody_reads(tmp_path: Path, served: Served, deploy: tuple[str, ...]) -> None:
    of_seconds(served, 1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    filler = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(filler, b"x" * 65536)
        code, _, said = run(tmp_path / "home", served, *deploy, "--log-file", str(pipe))
        assert code == 0, said
        assert "Traceback" not in said
    finally:
        os.close(filler)
        os.close(reader)
    all_is_there_once(served)
