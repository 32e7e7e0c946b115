"""The emulated ECS in another process, to measure against."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from figures import COMMAND, environment

IMMEDIATE = "1000000000"
"""A speed at which copies take no time."""


@contextmanager
def emulator_elsewhere(home: Path, speed: str = IMMEDIATE) -> Iterator[str]:
    """Serve a fresh world from a home of its own; gives the endpoint."""
    home.mkdir(parents=True, exist_ok=True)
    serving = subprocess.Popen(
        [COMMAND, "emulator", "serve", "--port", "0"],
        env=environment(home, IMAGEFERRY_EMULATOR_SPEED=speed),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        words = [word.rstrip(";") for word in first.split() if word.startswith("http://")]
        if not words:
            raise RuntimeError(f"the emulator says no address: {first!r}")
        yield words[0]
    finally:
        serving.terminate()
        serving.wait(timeout=10)
        if serving.stdout is not None:
            serving.stdout.close()
