"""Whether a deploy takes longer while a thousand look at the console of its home."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulating import IMMEDIATE
from figures import COMMAND, REGION, Figure, at_most, environment, fresh_home, quantity, spend
from servers import served
from templates import copies

ONLOOKERS = 1_000
COPIES = 200
TIMES = 3
_PROGRAM = Path(__file__).with_name("onlookers.py")


@dataclass(frozen=True, slots=True)
class Watched:
    """Deploys beside so many streams: the median of their seconds of wall and of CPU; events told."""

    wall: float
    cpu: float
    told: int
    open: int


def measure() -> Iterator[Figure]:
    """The same deploys by the command line on a served home, with nobody looking and with many."""
    alone, watched = _deploys(0), _deploys(ONLOOKERS)
    what = f"deploy of {COPIES} on a served home"
    yield Figure(f"{what}, nobody looks", quantity(alone.wall, "s"),
                 note=f"CPU {quantity(alone.cpu, 's')}")  # fmt: skip
    yield at_most(
        f"{what}, {ONLOOKERS:,} streams open", watched.wall, alone.wall * 1.25 + 0.5, "s",
        f"CPU {quantity(watched.cpu, 's')}; {watched.open:,} streams stayed open and were told"
        f" {watched.told:,} times",
    )  # fmt: skip


def _deploys(streams: int) -> Watched:
    with fresh_home() as home:
        settings = environment(home, IMAGEFERRY_EMULATOR_SPEED=IMMEDIATE)
        template = home / "copies.json"
        template.write_bytes(copies(COPIES))
        with served(home, settings) as (address, _), _onlookers(address, streams) as crowd:
            spent = [
                spend(
                    [COMMAND, "deploy", str(template), "--stack", f"watched-{number}", "--yes",
                     "--region", REGION, "--json"],
                    settings,
                )
                for number in range(TIMES)
            ]  # fmt: skip
            told = _told(crowd)
    for one in spent:
        if one.code:
            raise RuntimeError(one.output[-500:])
    return Watched(
        statistics.median(one.wall for one in spent),
        statistics.median(one.cpu for one in spent),
        sum(told["events"].values()),
        told["open"],
    )


@contextmanager
def _onlookers(address: str, streams: int) -> Iterator[subprocess.Popen[str]]:
    crowd = subprocess.Popen(
        [sys.executable, str(_PROGRAM), address, str(streams)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert crowd.stdout is not None
    try:
        if crowd.stdout.readline().strip() != "ready":
            raise RuntimeError("the streams were not opened")
        yield crowd
    finally:
        crowd.kill()
        crowd.wait(timeout=30)
        crowd.stdout.close()


def _told(crowd: subprocess.Popen[str]) -> dict:
    """What has come on the streams; they are left then."""
    said, _ = crowd.communicate(timeout=60)
    return json.loads(said)


if __name__ == "__main__":
    from figures import line

    for figure in measure():
        print(line(figure), flush=True)
