"""Real processes over loopback: the emulator served by one, the command line run by others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "imageferry")

FAN_OUT = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Regions: {Type: CommaDelimitedList}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Regions}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]
      DestinationImageName: carried
Outputs:
  Ids: {Value: !GetAtt [Golden, ImageId]}
"""
"""Copies of one image to the regions that are given."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has nothing set but the home."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IMAGEFERRY_", "ALIBABA_CLOUD_", "COLUMNS", "NO_COLOR"))
    }
    return {**kept, "IMAGEFERRY_HOME": str(home), **more}


@dataclass(frozen=True)
class Served:
    """An emulator in another process."""

    endpoint: str
    process: subprocess.Popen[str]

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One question to the control API; a body makes it a POST."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.endpoint}/_emulator/{path}",
            data=content,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def images(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("images")["images"]
        return found

    def copies(self) -> list[dict[str, Any]]:
        return [image for image in self.images() if image["source_image_id"]]


@contextmanager
def served_emulator(home: Path, speed: float = 1e6) -> Iterator[Served]:
    """`imageferry emulator serve` on a free port, ended afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [*COMMAND, "emulator", "serve", "--port", "0"],
        env=environment(home, IMAGEFERRY_EMULATOR_SPEED=str(speed)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, line + process.stdout.read()
        yield Served("http://" + line.split("http://")[1].split(";")[0].strip(), process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
            process.stdout.close()


def start(home: Path, served: Served, *arguments: str) -> subprocess.Popen[str]:
    """A command that is not waited for."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(home, IMAGEFERRY_ECS_ENDPOINT=served.endpoint),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def finish(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str, str]:
    """Its exit code, what it printed and what it said."""
    try:
        out, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        raise AssertionError(f"it did not end in {seconds} s: {said[-2000:]}") from None
    return process.returncode, out, said


def run(home: Path, served: Served, *arguments: str) -> tuple[int, str, str]:
    return finish(start(home, served, *arguments))


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def wait_until(holds: Any, process: subprocess.Popen[str], seconds: float = 20) -> bool:
    """Look until something holds; False where the process ended before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        if process.poll() is not None:
            return bool(holds())
        time.sleep(0.005)
    raise AssertionError("what was waited for did not come")
