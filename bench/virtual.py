"""A house in virtual time, with the emulator inside, and what is counted and spent there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from figures import REGION, Figure, quantity
from imageferry.assembly.house import House, open_house
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.statuses import OperationStatus
from imageferry.settings import resolve
from imageferry.testing.chance import SeededEntropy
from imageferry.testing.virtual_time import VirtualClock

_MINUTES_AT_FULL_LENGTH = 40.0
"""A copy of the emulator's 40 GiB image lasts so long at speed 1."""


@dataclass
class Spending:
    """Seconds of CPU, the emulator's with them, hours of virtual time, and calls by action."""

    cpu: float = 0.0
    hours: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def called(self) -> str:
        """The calls, the most frequent first."""
        return ", ".join(f"{number} {action}" for action, number in self.calls.most_common())


def spent_figure(what: str, spent: Spending) -> Figure:
    """What was spent as a line of the report; no budget is set for it."""
    calls = f"{sum(spent.calls.values())} calls"
    passed = f" in {quantity(spent.hours, 'h')}" if spent.hours > 0.01 else ""
    return Figure(what, quantity(spent.cpu, "s CPU"), note=f"{calls}{passed}: {spent.called}")


@asynccontextmanager
async def virtual_house(home: Path, minutes: float = 60.0) -> AsyncIterator[House]:
    """A house whose copies take about so many minutes of virtual time; see `run_virtually`."""
    speed = str(_MINUTES_AT_FULL_LENGTH / minutes)
    settings = resolve(
        {"home": str(home), "region": REGION, "emulator_speed": speed, "cloud": "emulator"}, {}
    )
    async with open_house(settings, clock=VirtualClock(), entropy=SeededEntropy(7)) as house:
        yield house


@contextmanager
def spending(house: House) -> Iterator[Spending]:
    """What is spent in here."""
    spent = Spending()
    before, since = Counter(house.voice.client.counts), house.clock.monotonic()
    began = time.process_time()
    yield spent
    spent.cpu = time.process_time() - began
    spent.hours = (house.clock.monotonic() - since) / 3600
    spent.calls = Counter(house.voice.client.counts) - before


async def deploy(house: House, template: bytes, stack: str = "bench", region: str = REGION) -> None:
    """Plan a template, carry it out, and see it succeed."""
    request = StackRequest(stack, region, template, "bench.json")
    await carry_out(house, await house.plane.plan(request))


async def carry_out(house: House, planned: Planned, *, deletes_remains: bool = False) -> None:
    """Carry a plan out to its end, which must be a success."""
    options = ExecutionOptions(deletes_remains=deletes_remains)
    operation = await house.plane.execute(planned, options)
    result = await house.worker.run(operation.operation_id)
    if result.status is not OperationStatus.SUCCEEDED:
        stack = await house.plane.find(planned.stack.name)
        raise RuntimeError(f"the operation ended as {result}: {stack.status_reason}")
