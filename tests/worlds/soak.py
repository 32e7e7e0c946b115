"""`python -m tests.worlds.soak`: as many seeded histories as asked for, on all cores, with figures."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.worlds.charts import draw_voyage
from tests.worlds.language import source_of, world_of
from tests.worlds.sailing import sail
from tests.worlds.shrinking import shrink

TOLD_EVERY = 10.0


@dataclass
class Tally:
    """What a soak has seen so far."""

    histories: int = 0
    operations: int = 0
    calls: int = 0
    met: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)


def report_of(seed: int, *, shrinks: bool = True) -> str:
    """What is wrong with a seed's history, the smallest scenario that shows it, and its log."""
    voyage, wrongs = draw_voyage(seed), []
    if shrinks:
        voyage, wrongs = shrink(voyage, lambda one: sail(one).wrongs)
    passage = sail(voyage)
    return "\n".join(
        [
            *(wrongs or passage.wrongs),
            f"repeat it: make soak SEED={seed} HISTORIES=1",
            "the smallest scenario that shows it:",
            source_of(world_of(voyage)),
            "its log:",
            *passage.lines,
        ]
    )


def _sailed(seed: int) -> tuple[int, bool, int, int, Counter[str]]:
    voyage = draw_voyage(seed)
    passage = sail(voyage)
    return seed, bool(passage.wrongs), len(voyage.legs) + 1, passage.calls, passage.met


def soak(seeds: Iterator[int], processes: int, seconds: float | None) -> Tally:
    """Histories until the seeds or the seconds are spent."""
    tally, began = Tally(), time.monotonic()
    told = began
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for seed, is_bad, operations, calls, met in pool.imap_unordered(_sailed, seeds, 8):
            tally.histories += 1
            tally.operations += operations
            tally.calls += calls
            tally.met += met
            if is_bad:
                tally.failed.append(seed)
                print(f"seed {seed} failed", flush=True)
            now = time.monotonic()
            if now - told > TOLD_EVERY:
                told = now
                rate = tally.histories / (now - began)
                print(f"{tally.histories} histories, {rate:.1f} a second", flush=True)
            if seconds is not None and now - began > seconds:
                pool.terminate()
                break
    return tally


def _seeds(first: int, histories: int | None) -> Iterator[int]:
    last = sys.maxsize if histories is None else first + histories
    yield from range(first, last)


_GROUPS = (
    ("faults of the cloud that calls met", ("fault ",)),
    ("crashes", ("crash ",)),
    ("pauses, another engine taking over and the first coming back", ("pause ",)),
    ("writes that found the database away", ("database away ",)),
)


def page_of(tally: Tally, first: int, took: float) -> list[str]:
    """The figures of a soak, as docs/reliability.md has them."""
    last = first + tally.histories - 1
    lines = [
        f"{tally.histories:,} histories, seeds {first} to {last}, in {took:.0f} s"
        f" ({tally.histories / max(took, 0.001):.1f} a second): {tally.operations:,} operations,"
        f" {tally.calls:,} calls; every invariant was checked after each operation.",
        "",
        "| | times |",
        "|---|---|",
    ]
    rest = dict(tally.met)
    for title, prefixes in _GROUPS:
        found = {name: rest.pop(name) for name in sorted(rest) if name.startswith(prefixes)}
        words = ", ".join(
            f"{name.removeprefix(prefixes[0])} {number:,}"
            for name, number in sorted(found.items(), key=lambda one: (-one[1], one[0]))
        )
        lines.append(f"| {title}: {words} | {sum(found.values()):,} |")
    lines += [f"| {name} | {number:,} |" for name, number in sorted(rest.items())]
    lines += ["", f"Failing seeds: {', '.join(map(str, sorted(tally.failed))) or 'none'}."]
    return lines


def main() -> int:
    """1 where any history broke an invariant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--histories", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    histories = given.histories
    if histories is None and given.seconds is None:
        histories = 2000
    began = time.monotonic()
    tally = soak(_seeds(given.seed, histories), given.processes, given.seconds)
    took = time.monotonic() - began
    print("\n".join(page_of(tally, given.seed, took)))
    for seed in sorted(tally.failed)[:5]:
        print(f"--- seed {seed}\n{report_of(seed)}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
