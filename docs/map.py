"""Writes the room map of docs/architecture.md from the modules' first docstring lines."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "imageferry"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- map: begin -->", "<!-- map: end -->"


def first_line(module: Path) -> str:
    """The first line of a module's docstring, empty where it has none."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split("\n")[0]


def rooms() -> dict[str, dict[str, str]]:
    """Every module's first docstring line by its name, grouped by folder; packages first."""
    found: dict[str, dict[str, str]] = {}
    for module in sorted(SOURCE.rglob("*.py"), key=lambda path: (path.parent, path.name)):
        folder = module.parent.relative_to(SOURCE).as_posix()
        found.setdefault("" if folder == "." else folder, {})[module.name] = first_line(module)
    return found


def drawn() -> str:
    """The map as Markdown."""
    lines = [BEGIN]
    for folder, modules in rooms().items():
        about = modules.pop("__init__.py", "")
        lines += ["", f"### `{folder or 'imageferry'}{'/' if folder else ''}`", "", about, ""]
        lines += [f"- `{name}`: {line}" for name, line in modules.items()]
    return "\n".join([*lines, "", END])


def page_with(drawing: str) -> str:
    """The page with its map replaced by a drawing."""
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} has no map between {BEGIN} and {END}")
    return before + drawing + after


def main() -> None:
    """Rewrite the map; with --check only tell whether it is true."""
    wanted = page_with(drawn())
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == wanted else "the map is not true")
    PAGE.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
