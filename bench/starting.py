"""How long the command line takes to begin."""

from __future__ import annotations

from collections.abc import Iterator

from figures import COMMAND, Figure, at_most, environment, fresh_home, median_of, spend

SMALL = "examples/copy-image.ros.yml"


def measure() -> Iterator[Figure]:
    """`--version` and `validate` of a small file, whole process, the median of nine runs."""
    with fresh_home() as home:
        around = environment(home)
        for what, command, limit in (
            ("imageferry --version", [COMMAND, "--version"], 120.0),
            ("imageferry validate of a small file", [COMMAND, "validate", SMALL], 250.0),
        ):
            spend(command, around)
            wall = median_of(lambda command=command: spend(command, around).wall * 1000, 9)
            yield at_most(what, wall, limit, "ms")
