"""The emulated ECS in another process, to measure against."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from figures import COMMAND, environment

IMMEDIATE = "1000000000"
"""A speed at which copies take no time."""


@contextmanager
def emulator_elsewhere(home: Path, speed: str = IMMEDIATE) -> Iterator[str]:
    """Serve a fresh world from a home of its own; gives the endpoint."""
    home.mkdir(parents=True, exist_ok=True)
    with _serving([COMMAND, "emulator", "serve", "--port", "0"], home, speed) as address:
        yield address


@contextmanager
def secure_emulator_elsewhere(home: Path) -> Iterator[str]:
    """The same over https; its certificate is `certificate.pem` in the home."""
    home.mkdir(parents=True, exist_ok=True)
    program = str(Path(__file__).with_name("serving.py"))
    with _serving([sys.executable, program, str(home)], home, IMMEDIATE) as address:
        yield address


@contextmanager
def _serving(command: Sequence[str], home: Path, speed: str) -> Iterator[str]:
    serving = subprocess.Popen(
        command,
        env=environment(home, IMAGEFERRY_EMULATOR_SPEED=speed),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        words = [word.rstrip(";") for word in first.split() if word.startswith("http")]
        if not words:
            raise RuntimeError(f"the emulator says no address: {first!r}")
        yield words[0]
    finally:
        serving.terminate()
        serving.wait(timeout=10)
        if serving.stdout is not None:
            serving.stdout.close()
