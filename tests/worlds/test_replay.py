"""A seed gives the same history byte for byte, also in another process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds.charts import draw_voyage
from tests.worlds.sailing import sail

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from tests.worlds.charts import draw_voyage
from tests.worlds.sailing import sail
for seed in (11, 12, 13):
    log = "\\n".join(sail(draw_voyage(seed)).lines)
    print(hashlib.sha256(log.encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", [11, 12, 13, 2000])
def test_the_same_seed_twice(seed: int) -> None:
    first, second = sail(draw_voyage(seed)), sail(draw_voyage(seed))
    assert first == second
    assert first.lines


def test_the_same_seed_in_processes_that_hash_otherwise() -> None:
    here = [
        hashlib.sha256("\n".join(sail(draw_voyage(seed)).lines).encode()).hexdigest()
        for seed in (11, 12, 13)
    ]
    for hashes in ("1", "2"):
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ended.stdout.split() == here
