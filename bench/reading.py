"""What reading and validating costs, beside cfn-lint on the same files, and at its worst."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from figures import (
    COMMAND,
    Figure,
    at_least,
    at_most,
    environment,
    fresh_home,
    quantity,
    skipped,
    spend,
)
from imageferry.assembly.catalogs import open_catalog
from imageferry.control.examination import examine
from templates import large_templates, written_copies

RESOURCES = 200
FILES = 20
LARGE = 512 * 1024
CORPUS = Path(
    os.environ.get("IMAGEFERRY_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus"
)
_THEIR_FILES = 8
_THEIR_SHARE = 5
"""Of the corpus cfn-lint reads every fifth file: it takes long."""
_THEIR_CODES = {0, 2, 4, 6, 8, 10, 12, 14}
_SUFFIXES = {".yml", ".yaml", ".json", ".template"}


def measure() -> Iterator[Figure]:
    """One file of 200 resources, many of them, the corpus, and what is large in an odd way."""
    with fresh_home() as home:
        path = home / "copies.yml"
        path.write_bytes(written_copies(RESOURCES))
        around = environment(home)
        spend([COMMAND, "validate", str(path)], around)
        ours = min(spend([COMMAND, "validate", str(path)], around).cpu for _ in range(5))
        source = path.read_bytes()
        many = _in_one_process({f"copies-{n}.yml": source for n in range(FILES)}) / FILES
        yield Figure("read and validate 200 resources, whole process", quantity(ours, "s CPU"))
        yield Figure(
            "read and validate 200 resources, one of many", quantity(many * 1000, "ms CPU")
        )
        program = _cfn_lint()
        if program is None:
            yield skipped("cfn-lint beside imageferry", "cfn-lint is not installed")
        else:
            yield from _beside_theirs(program, path, around, ours, many)
        yield from _corpus(program, around)
    yield from _at_its_worst()


def _in_one_process(sources: Mapping[str, bytes]) -> float:
    """Seconds of CPU for all of them."""
    catalog = open_catalog()
    began = time.process_time()
    for name, source in sources.items():
        examine(source, name, catalog)
    return time.process_time() - began


def _cfn_lint() -> str | None:
    """The program itself: what pyenv puts before it would count as its own cost."""
    found = shutil.which("cfn-lint")
    if found is None or Path(found).parent.name != "shims":
        return found
    behind = Path(found).parents[1].glob("versions/*/bin/cfn-lint")
    return str(next(behind, found))


def _beside_theirs(
    program: str, path: Path, around: Mapping[str, str], ours: float, many: float
) -> Iterator[Figure]:
    whole = "cfn-lint on the same file, its CPU beside ours"
    spent = [spend([program, str(path)], around) for _ in range(2)]
    one = min(spent, key=lambda run: run.cpu)
    if one.code not in _THEIR_CODES:
        yield skipped(whole, f"cfn-lint does not run here: {one.output[-80:].strip()}")
        return
    yield at_least(whole, one.cpu / ours, 20.0, "times", f"{quantity(one.cpu, 's')} CPU")
    copies = [path.with_name(f"copies-{number}.yml") for number in range(_THEIR_FILES)]
    for copy in copies:
        copy.write_bytes(path.read_bytes())
    theirs = (_theirs(program, copies, around) - one.cpu) / (_THEIR_FILES - 1)
    each = "cfn-lint on one of many such files, its CPU beside ours"
    yield at_least(each, theirs / many, 50.0, "times", f"{quantity(theirs, 's')} CPU a file")


def _theirs(program: str, paths: Sequence[Path], around: Mapping[str, str]) -> float:
    return min(spend([program, *map(str, paths)], around, limit=120.0).cpu for _ in range(2))


def _corpus(program: str | None, around: Mapping[str, str]) -> Iterator[Figure]:
    """Published templates of both languages, in one process."""
    found = sorted(path for path in CORPUS.rglob("*") if path.suffix in _SUFFIXES)
    if not found:
        yield skipped("the corpus in one process", "there is none: set IMAGEFERRY_CORPUS")
        return
    spent = _in_one_process({str(path): path.read_bytes() for path in found})
    size = sum(path.stat().st_size for path in found) / 1024
    yield Figure(
        f"the corpus in one process, {len(found)} templates",
        quantity(spent, "s CPU"),
        note=f"{quantity(spent / len(found) * 1000, 'ms')} a template,"
        f" {quantity(size / spent, 'KiB')} a second",
    )
    share = [path for path in found if path.is_relative_to(CORPUS / "cfn")][::_THEIR_SHARE]
    if program is None or len(share) < 2:
        return
    first, *rest = share
    ours = _in_one_process({str(path): path.read_bytes() for path in rest})
    # What the first one costs, start included, is not counted.
    theirs = _theirs(program, share, around) - _theirs(program, [first], around)
    yield at_least(
        f"cfn-lint on {len(rest)} templates of it, its CPU beside ours",
        theirs / ours,
        50.0,
        "times",
        f"{quantity(theirs / len(rest), 's')} CPU a file; it knows the types and we do not",
    )


def _at_its_worst() -> Iterator[Figure]:
    """Templates of 512 KB that consist of one thing only, each as JSON and as YAML."""
    catalog = open_catalog()
    for what, template in large_templates(LARGE):
        text = json.dumps(template).encode()
        spent = {}
        # Any JSON is YAML in flow style, unless it begins with a brace.
        for form, source in (("JSON", text), ("YAML", b"--- " + text)):
            began = time.process_time()
            examine(source, f"large.{form.lower()}", catalog)
            spent[form] = time.process_time() - began
        slower = max(spent, key=lambda form: spent[form])
        yield at_most(f"512 KB of {what}", spent[slower], 1.0, "s CPU", f"as {slower}")
