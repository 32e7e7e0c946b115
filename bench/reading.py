"""What reading and validating costs, beside cfn-lint on the same file."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from figures import COMMAND, Figure, at_least, environment, fresh_home, quantity, skipped, spend
from imageferry.assembly.catalogs import open_catalog
from imageferry.control.examination import examine
from templates import stacks_of_many_types

RESOURCES = 200
FILES = 20


def measure() -> Iterator[Figure]:
    """One file of 200 resources as a whole process, and many of them in one process."""
    source = stacks_of_many_types(RESOURCES)
    with fresh_home() as home:
        path = home / "copies.json"
        path.write_bytes(source)
        ours = spend([COMMAND, "validate", str(path)], environment(home))
        yield Figure("read and validate 200 resources, whole process", quantity(ours.cpu, "s CPU"))
        what = "cfn-lint on the same file, its CPU beside ours"
        program = shutil.which("cfn-lint")
        theirs = None
        if program is not None:
            theirs = spend([program, str(path)], environment(home), 60.0)
        if theirs is None or ("E" not in theirs.output and theirs.code not in {0, 2, 4, 6}):
            yield skipped(what, "cfn-lint is not installed here")
        else:
            yield at_least(what, theirs.cpu / ours.cpu, 20.0, "times",
                           f"{quantity(theirs.cpu, 's')} CPU")  # fmt: skip
    catalog = open_catalog()
    began = time.process_time()
    for number in range(FILES):
        examine(source, f"copies-{number}.json", catalog)
    each = (time.process_time() - began) / FILES
    yield Figure(
        "read and validate 200 resources, in one process", quantity(each * 1000, "ms CPU"),
        note="the budget is a fiftieth of cfn-lint's" if theirs is None else
        f"cfn-lint needs {theirs.cpu / each:,.0f} times as much, its start-up included",
    )  # fmt: skip
