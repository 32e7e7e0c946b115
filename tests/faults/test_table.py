"""The table of faults in docs/reliability.md: complete, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
FAULTS = 94


def rows() -> list[tuple[int, str, str]]:
    text = (ROOT / "docs" / "reliability.md").read_text()
    return [(int(number), fault, said.strip()) for number, fault, said in ROW.findall(text)]


def test_every_fault_has_its_row() -> None:
    assert [number for number, _, _ in rows()] == list(range(1, FAULTS + 1))


def test_each_row_names_a_test_that_exists_or_says_why_there_is_none() -> None:
    wrong = []
    for number, _, said in rows():
        if said.startswith("no test"):
            if ": " not in said:
                wrong.append(f"{number}: no reason is given")
            continue
        path, _, name = said.strip("`").partition("::")
        file = ROOT / "tests" / path
        if not file.is_file() or f"def {name}(" not in file.read_text():
            wrong.append(f"{number}: {said} does not exist")
    assert not wrong, "\n".join(wrong)
