"""`imageferry serve` as a process of its own, for clients of other environments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.serving import served

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IMAGEFERRY = Path(sys.executable).with_name("imageferry")
SPEED = "1000000"
AWS_KEY = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens: its address, and the home that it works on."""

    address: str
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of our own commands on the same home."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "IMAGEFERRY_HOME": str(self.home),
            "IMAGEFERRY_EMULATOR_SPEED": SPEED,
            **more,
        }

    def aws(self, region: str = "cn-beijing") -> dict[str, str]:
        """The environment of a client of AWS that is sent here."""
        return self.environment(
            AWS_ENDPOINT_URL=self.address,
            AWS_DEFAULT_REGION=region,
            AWS_REGION=region,
            AWS_EC2_METADATA_DISABLED="true",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            **AWS_KEY,
        )

    def imageferry(self, *arguments: str, code: int = 0) -> str:
        """What one of our own commands prints on the same home."""
        done = run([str(IMAGEFERRY), *arguments], self.environment())
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Served]:
    """Serve a fresh home until the block ends; nothing may have broken meanwhile."""
    with served(home, *options) as site:
        yield Served(site.address, home)
        assert site.stop() == 0
    said = site.log.read_text()
    assert "Traceback" not in said, said


def interpreter(environment: str) -> Path:
    """The Python of an environment of clients; skips where there is none."""
    variable = f"IMAGEFERRY_{environment.upper().replace('-', '_')}_PYTHON"
    found = Path(os.environ.get(variable, ROOT / f".venv-clients/{environment}/bin/python"))
    if not found.exists():
        pytest.skip(f"no environment {environment}: {found} is missing (set {variable})")
    return found


def run(
    command: list[str], environment: dict[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a client to its end."""
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
