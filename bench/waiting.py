"""What waiting costs, in virtual time: polls, CPU, and how late an end is noticed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from figures import REGION, Figure, at_most, fresh_home
from imageferry.assembly.house import open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.emulator.world import World
from imageferry.settings import resolve
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually
from templates import DESTINATIONS, copies

_MINUTES_AT_FULL_LENGTH = 40.0
"""A copy of the emulator's 40 GiB image lasts so long at speed 1."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One deploy in virtual time: seconds of CPU, seconds from the last end to the close, polls of
    all regions, hours that passed.
    """

    cpu: float
    late: float
    polls: int
    hours: float


def measure() -> Iterator[Figure]:
    """Twenty regions for an hour, and one region for half an hour."""
    hour = _waited(len(DESTINATIONS), 60.0)
    yield at_most("20 regions, 60-minute copies, in virtual time", hour.cpu, 5.0, "s")
    polls = hour.polls / len(DESTINATIONS)
    yield at_most("polls of a region in a 60-minute copy", polls, 80.0, "")
    half = _waited(1, 30.0)
    yield at_most("noticing the end of a 30-minute copy, late by", half.late / 18, 2.0, "%")
    hundred = _waited(100, 60.0)
    yield Figure("DescribeImages calls, 100 copies in 20 regions, 60 min",
                 f"{hundred.polls}", note=f"{hundred.polls / 20:.0f} a region")  # fmt: skip
    together = _waited(1000, 60.0, running=1000)
    yield at_most(
        "1,000 copies in 20 regions, 60 minutes, all at once", together.cpu, 5.0, "s",
        f"{together.polls / len(DESTINATIONS):.0f} polls a region, the emulator's CPU with it",
    )  # fmt: skip
    thousand = _waited(1000, 60.0)
    each = thousand.polls / len(DESTINATIONS) / thousand.hours
    yield at_most(
        "polls of a region in an hour, 1,000 copies in 20 regions, five at a time", each, 80.0, "",
        f"{thousand.hours:.1f} hours, {thousand.cpu:.0f} s CPU with the emulator's",
    )  # fmt: skip


def _waited(number: int, minutes: float, running: int = 0) -> Wait:
    """So many copies of so many minutes; `running` of a region at once, where it is not five."""
    with fresh_home() as home:
        if running:
            _let_run(home, running)
        began = time.process_time()
        late, polls, hours = run_virtually(_deploy(home, number, minutes))
        return Wait(time.process_time() - began, late, polls, hours)


async def _deploy(home: Path, number: int, minutes: float) -> tuple[float, int, float]:
    clock = VirtualClock()
    speed = _MINUTES_AT_FULL_LENGTH / minutes
    settings = resolve(
        {"home": str(home), "region": REGION, "emulator_speed": str(speed), "cloud": "emulator"}, {}
    )
    async with open_house(settings, clock=clock, entropy=SeededEntropy(7)) as house:
        planned = await house.plane.plan(
            StackRequest("bench", REGION, copies(number), "copies.json")
        )
        before = house.voice.client.counts["DescribeImages"]
        operation = await house.plane.execute(planned, ExecutionOptions())
        result = await house.worker.run(operation.operation_id)
        if result.status is None or result.status.is_open:
            raise RuntimeError(f"the run ended as {result}")
        polls = house.voice.client.counts["DescribeImages"] - before
        return clock.now() - _last_end(home), polls, clock.monotonic() / 3600


def _let_run(home: Path, running: int) -> None:
    world = World(home / "emulator.db", now=VirtualClock().now, entropy=Random(1).randbytes)
    world.choose({"running_copies": running})
    world.close()


def _last_end(home: Path) -> float:
    """When the last copy really ended, as the emulated world has it."""
    with closing(sqlite3.connect(home / "emulator.db")) as world:
        ends_at: float = world.execute("SELECT max(ends_at) FROM images").fetchone()[0]
        return ends_at
