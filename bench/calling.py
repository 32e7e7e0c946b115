"""How many calls a second one process makes to an emulator in another."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

from emulating import emulator_elsewhere
from figures import REGION, Figure, at_least, fresh_home, quantity, skipped
from imageferry.assembly.house import open_voice
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.cloud.images import describe_images
from imageferry.settings import resolve

AT_ONCE = 32
CALLS = 6000


def measure() -> Iterator[Figure]:
    """DescribeImages of one id, many at once, signed and checked."""
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint:
        wall, cpu = asyncio.run(_calls(home, endpoint))
    yield at_least("calls a second to an emulator elsewhere, http", CALLS / wall, 2500.0, "/s",
                   f"{quantity(cpu / CALLS * 1000, 'ms')} of our CPU a call;"
                   f" {os.cpu_count()} cores for both processes")  # fmt: skip
    yield skipped("calls a second to an emulator elsewhere, https", "the emulator serves http only")


async def _calls(home: Path, endpoint: str) -> tuple[float, float]:
    settings = resolve({"home": str(home), "ecs_endpoint": endpoint, "cloud": "emulator"}, {})
    clock, entropy = RealClock(), RealEntropy()
    async with open_voice(settings, clock, entropy) as voice:

        async def some(number: int) -> None:
            for _ in range(number):
                await describe_images(voice.client, REGION, ids=["m-golden0000000000001"])

        await some(100)
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(some(CALLS // AT_ONCE) for _ in range(AT_ONCE)))
        return time.perf_counter() - began, time.process_time() - used
