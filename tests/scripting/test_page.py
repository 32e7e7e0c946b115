"""The page about Python: its examples are run from top to bottom, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imageferry import Engine, Run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("kind", "table"), [(Engine, "an engine"), (Run, "a run")])
def test_every_method_has_its_row(kind: type, table: str) -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    rows = page.split(f"| of {table} |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)[(`]", re.sub(r"\|[^|\n]*\|\n", "|\n", rows)))
    assert named == {name for name in vars(kind) if not name.startswith("_")}


def test_the_examples_run(tmp_path: Path) -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 4
    # The reader's first and second example are run before the third deletes what they made.
    script = "\n".join(examples)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IMAGEFERRY")},
        "IMAGEFERRY_HOME": str(tmp_path / "home"),
        "IMAGEFERRY_EMULATOR_SPEED": "100000",
    }
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    said = ran.stdout.splitlines()
    assert "Create Golden[0] cn-hangzhou -> cn-shanghai" in said
    assert "eu-central-1 True" in said
    assert any("CopyImag" in line and "CopyImage" in line for line in said)
    assert "IN_SYNC []" in said
    assert re.search(r"True after \d{3,} seconds", said[-1])
