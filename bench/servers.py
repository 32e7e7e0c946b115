"""`imageferry serve` on a home, as a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from figures import COMMAND


@contextmanager
def served(home: Path, settings: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server on a free port, and its process; it is ended afterwards."""
    with (home / "serve.log").open("w") as log:
        server = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", "--json", "--rate", "0"],
            env=settings, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert server.stdout is not None
    try:
        said = ""
        for line in server.stdout:
            said += line
            if line.startswith("}"):
                break
        yield json.loads(said)["address"], server
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()
