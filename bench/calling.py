"""How many calls a second one process makes to an emulator in another."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

from emulating import emulator_elsewhere, secure_emulator_elsewhere
from figures import REGION, Figure, at_least, fresh_home, quantity
from imageferry.assembly.house import open_voice
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.cloud.images import describe_images
from imageferry.settings import resolve

AT_ONCE = 32
CALLS = 3200


def measure() -> Iterator[Figure]:
    """DescribeImages of one id, many at once, signed and checked; the best of three rounds."""
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint:
        yield _figure("http", home, endpoint, 2500.0)
    with fresh_home() as home, secure_emulator_elsewhere(home / "cloud") as endpoint:
        trusted = {"SSL_CERT_FILE": str(home / "cloud" / "certificate.pem")}
        former = {name: os.environ.get(name, "") for name in trusted}
        os.environ.update(trusted)
        try:
            yield _figure("https", home, endpoint, 1000.0)
        finally:
            os.environ.update(former)


def _figure(scheme: str, home: Path, endpoint: str, budget: float) -> Figure:
    wall, cpu = min(asyncio.run(_calls(home, endpoint)) for _ in range(3))
    note = (
        f"{quantity(cpu / CALLS * 1000, 'ms')} of our CPU a call; {os.cpu_count()} cores for both"
    )
    return at_least(
        f"calls a second to an emulator elsewhere, {scheme}", CALLS / wall, budget, "/s", note
    )


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
