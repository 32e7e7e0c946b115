"""`validate` with nothing but paths takes a shorter way in, and says and does the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "copy-image.ros.yml")
BROKEN = "ROSTemplateFormatVersion: '2015-09-01'\nResources: {A: {Type: ALIYUN::ECS::CopyImag}}\n"


def run(*arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-m", "imageferry", "validate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broken.yml").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "beside.txt").write_text("words", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "code"),
    [
        pytest.param([EXAMPLE], 0, id="valid"),
        pytest.param(["broken.yml"], 2, id="not valid"),
        pytest.param([EXAMPLE, "broken.yml"], 2, id="two files"),
        pytest.param(["."], 2, id="a folder"),
        pytest.param(["missing.yml"], 2, id="no such file"),
    ],
)
def test_the_short_way_says_the_same(folder: Path, names: list[str], code: int) -> None:
    paths = [str(folder / name) for name in names]
    short, long = run(*paths), run("--no-color", *paths)
    assert (short.returncode, short.stdout, short.stderr) == (code, long.stdout, long.stderr)
    assert long.returncode == code


def test_the_short_way_loads_no_library_for_flags() -> None:
    loaded = run(EXAMPLE, options=("-X", "importtime")).stderr
    assert "imageferry.control.examination" in loaded
    assert "| click" not in loaded
    assert "logging" not in loaded


def test_a_reader_that_goes_away_is_no_fault() -> None:
    command = f'"{sys.executable}" -m imageferry validate "{EXAMPLE}" | true'
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
