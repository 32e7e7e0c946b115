"""`make bench`: every figure of the budgets, one line each; it never fails."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from typing import Final

import baking
import calling
import crashing
import deploying
import distributing
import overviewing
import paging
import peers
import planning
import reading
import starting
import thronging
import waiting
import watching
import working
import writing
from figures import Figure, line, skipped
from imageferry.cli.main import calm_collector

ROOMS: Final[tuple[tuple[str, Callable[[], Iterator[Figure]]], ...]] = (
    # Those that measure whole processes come first: a child's peak memory counts ours at its birth.
    ("starting", starting.measure),
    ("deploying", deploying.measure),
    ("writing", writing.measure),
    ("crashing", crashing.measure),
    ("calling", calling.measure),
    ("reading", reading.measure),
    ("waiting", waiting.measure),
    ("distributing", distributing.measure),
    ("overviewing", overviewing.measure),
    ("paging", paging.measure),
    ("baking", baking.measure),
    ("planning", planning.measure),
    ("working", working.measure),
    ("watching", watching.measure),
    ("thronging", thronging.measure),
    ("peers", peers.measure),
)
TIME_LIMIT: Final = 400.0
"""Seconds after which no further room is begun."""


def main() -> None:
    """Measure room by room; a room that breaks says so and the next one begins."""
    # As every command does first.
    calm_collector()
    began = time.perf_counter()
    missed = 0
    print(
        f"python {platform.python_version()}, {os.cpu_count()} cores,"
        f" {platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    )
    for name, measure in ROOMS:
        if time.perf_counter() - began > TIME_LIMIT:
            print(line(skipped(name, f"{TIME_LIMIT:g} s have passed")), flush=True)
            continue
        try:
            for figure in measure():
                missed += figure.kept is False
                print(line(figure), flush=True)
        except Exception as fault:
            print(line(skipped(name, f"broke: {type(fault).__name__}: {fault}")), flush=True)
    print(f"{missed} missed, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
