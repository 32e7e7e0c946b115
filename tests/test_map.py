"""docs/architecture.md lists exactly the rooms that exist, each with what it says of itself."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "imageferry"


def documented() -> dict[str, str]:
    """Every module on the page, by its path below the package, with its line."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = text.partition("<!-- map: begin -->")[2].partition("<!-- map: end -->")[0]
    found: dict[str, str] = {}
    folder = ""
    about: list[str] = []
    for line in drawing.splitlines():
        if heading := re.fullmatch(r"### `(.+?)/?`", line):
            folder = "" if heading[1] == "imageferry" else f"{heading[1]}/"
            about = []
        elif entry := re.fullmatch(r"- `([^`]+)`: (.*)", line):
            found[folder + entry[1]] = entry[2]
        elif line and not about:
            about.append(line)
            found[f"{folder}__init__.py"] = line
    return found


def first_lines() -> dict[str, str]:
    """Every module that exists, with the first line of its docstring."""
    return {
        module.relative_to(SOURCE).as_posix(): (
            ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
        ).split("\n")[0]
        for module in SOURCE.rglob("*.py")
    }


def test_the_map_lists_exactly_the_rooms_that_exist() -> None:
    on_the_page, there = documented(), first_lines()
    assert sorted(there.keys() - on_the_page.keys()) == [], 'not on the map: run "make docs"'
    assert sorted(on_the_page.keys() - there.keys()) == [], 'on the map only: run "make docs"'


@pytest.mark.parametrize(("module", "line"), sorted(first_lines().items()))
def test_a_room_says_on_the_map_what_it_says_itself(module: str, line: str) -> None:
    assert line, f"{module} does not say what lives there"
    assert documented().get(module) == line
