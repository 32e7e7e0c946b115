"""docs/errors.md explains exactly the codes that the source gives, each once."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| (IF\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def codes_given() -> set[str]:
    found: set[str] = set()
    for module in (ROOT / "src").rglob("*.py"):
        found.update(re.findall(r"[\"'](IF\d{3})[\"']", module.read_text(encoding="utf-8")))
    return found


def rows() -> list[tuple[str, str, str]]:
    return _ROW.findall((ROOT / "docs" / "errors.md").read_text(encoding="utf-8"))


def test_there_are_codes() -> None:
    assert len(codes_given()) > 100


def test_every_code_is_explained() -> None:
    assert sorted(codes_given() - {code for code, _, _ in rows()}) == []


def test_nothing_is_explained_that_is_never_given() -> None:
    assert sorted({code for code, _, _ in rows()} - codes_given()) == []


def test_no_code_is_explained_twice() -> None:
    assert [
        code for code, times in Counter(code for code, _, _ in rows()).items() if times > 1
    ] == []


@pytest.mark.parametrize(("code", "meaning", "mending"), rows(), ids=[row[0] for row in rows()])
def test_a_row_says_what_it_means_and_how_to_mend_it(code: str, meaning: str, mending: str) -> None:
    assert len(meaning) > 10, code
    assert len(mending) > 5, code


def test_codes_stand_in_order() -> None:
    order = [code for code, _, _ in rows()]
    assert order == sorted(order)


def test_machines_are_told_what_the_page_says() -> None:
    """src/imageferry/cli/display/codes.py is written by `docs/codes.py`."""
    checked = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "codes.py"), "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
