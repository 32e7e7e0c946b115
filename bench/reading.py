"""What reading and validating costs, beside cfn-lint on the same file."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from figures import COMMAND, Figure, at_least, environment, fresh_home, quantity, skipped, spend
from imageferry.assembly.catalogs import open_catalog
from imageferry.control.examination import examine
from templates import written_copies

RESOURCES = 200
FILES = 20
_THEIR_FILES = 4


def measure() -> Iterator[Figure]:
    """One file of 200 resources as a whole process, and many of them in one process."""
    with fresh_home() as home:
        path = home / "copies.yml"
        path.write_bytes(written_copies(RESOURCES))
        around = environment(home)
        ours = min(spend([COMMAND, "validate", str(path)], around).cpu for _ in range(3))
        many = _in_one_process(path)
        yield Figure("read and validate 200 resources, whole process", quantity(ours, "s CPU"))
        yield Figure(
            "read and validate 200 resources, one of many", quantity(many * 1000, "ms CPU")
        )
        yield from _beside_theirs(path, ours, many)


def _in_one_process(path: Path) -> float:
    """Seconds of CPU a file."""
    catalog, source = open_catalog(), path.read_bytes()
    began = time.process_time()
    for number in range(FILES):
        examine(source, f"copies-{number}.yml", catalog)
    return (time.process_time() - began) / FILES


def _beside_theirs(path: Path, ours: float, many: float) -> Iterator[Figure]:
    whole = "cfn-lint on the same file, its CPU beside ours"
    each = "cfn-lint on one of many files, its CPU beside ours"
    program = shutil.which("cfn-lint")
    if program is None:
        yield skipped(whole, "cfn-lint is not installed")
        yield skipped(each, "cfn-lint is not installed")
        return
    around = environment(path.parent)
    one = spend([program, str(path)], around)
    if one.code not in {0, 2, 4, 6, 8, 10, 12, 14}:
        yield skipped(whole, f"cfn-lint does not run here: {one.output[-80:].strip()}")
        return
    yield at_least(whole, one.cpu / ours, 20.0, "times", f"{quantity(one.cpu, 's')} CPU")
    copies = [path.with_name(f"copies-{number}.yml") for number in range(_THEIR_FILES)]
    for copy in copies:
        copy.write_bytes(path.read_bytes())
    all_of_them = spend([program, *map(str, copies)], around)
    theirs = (all_of_them.cpu - one.cpu) / (_THEIR_FILES - 1)
    yield at_least(each, theirs / many, 50.0, "times", f"{quantity(theirs, 's')} CPU a file")
