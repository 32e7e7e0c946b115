"""Figure: one measured number beside its budget; and processes measured as a whole."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

COMMAND = str(Path(sys.executable).with_name("imageferry"))
REGION = "cn-hangzhou"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. `kept` is None where there is no budget, or nothing was measured."""

    what: str
    measured: str
    budget: str = ""
    kept: bool | None = None
    note: str = ""


def at_most(what: str, value: float, limit: float, unit: str, note: str = "") -> Figure:
    """A figure that should not exceed its budget."""
    return Figure(
        what, quantity(value, unit), f"at most {quantity(limit, unit)}", value <= limit, note
    )


def at_least(what: str, value: float, limit: float, unit: str, note: str = "") -> Figure:
    """A figure that should reach its budget."""
    return Figure(
        what, quantity(value, unit), f"at least {quantity(limit, unit)}", value >= limit, note
    )


def skipped(what: str, why: str) -> Figure:
    """A figure that cannot be taken here."""
    return Figure(what, "skipped", note=why)


def quantity(value: float, unit: str) -> str:
    """A number with three significant digits at least, and its unit."""
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def line(figure: Figure) -> str:
    """A figure as one line."""
    verdict = {True: "kept", False: "MISSED", None: ""}[figure.kept]
    note = f"  ({figure.note})" if figure.note else ""
    return (
        f"{figure.what:<58} {figure.measured:>14}   {figure.budget:<20} {verdict:<6}{note}".rstrip()
    )


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process used: seconds of wall and CPU (children included), MiB at its peak."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str


def spend(command: Sequence[str], environment: Mapping[str, str], limit: float = 60.0) -> Spent:
    """Run a command to its end and measure the whole process."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        pieces: list[bytes] = []
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            pieces.append(process.stdout.read() or b"")
            if pid:
                break
            if time.perf_counter() - began > limit:
                process.kill()
            time.sleep(0.002)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(wall, usage.ru_utime + usage.ru_stime, peak_of(usage), process.returncode,
                 b"".join(pieces).decode(errors="replace"))  # fmt: skip


def peak_of(usage: resource.struct_rusage) -> float:
    """The largest resident size, in MiB (macOS counts bytes, Linux KiB)."""
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def median_of(measure: Callable[[], float], times: int) -> float:
    """The median of repeated measurements."""
    return statistics.median(measure() for _ in range(times))


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process on a home of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "IMAGEFERRY_HOME": str(home), "ALIBABA_CLOUD_REGION_ID": REGION, **settings}


@contextmanager
def fresh_home() -> Iterator[Path]:
    """An empty home that is gone afterwards."""
    with TemporaryDirectory(prefix="imageferry-bench-") as folder:
        yield Path(folder)
