"""The bench is in nobody's path but its own: every room of it loads, so none is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_every_room_of_the_bench_loads() -> None:
    rooms = sorted(path.stem for path in BENCH.glob("*.py"))
    code = f"import sys; sys.path.insert(0, {str(BENCH)!r}); import {', '.join(rooms)}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
