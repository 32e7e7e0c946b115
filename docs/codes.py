"""Writes src/imageferry/cli/display/codes.py, the codes that machines are told of, from docs/errors.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"
ROOM = ROOT / "src" / "imageferry" / "cli" / "display" / "codes.py"
BEGIN, END = '_ROWS: Final = r"""\n', '"""\n'
_ROW = re.compile(r"^\| (IF\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows() -> str:
    """One line a code: the code, what it means, how to mend it."""
    found = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return "".join(f"{' | '.join(map(plain, row))}\n" for row in found)


def plain(cell: str) -> str:
    """A cell without Markdown: code in quotes, links by their words."""
    words = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", cell)
    return re.sub(r"`([^`]+)`", r"'\1'", words).replace("\\|", "/")


def room_with(table: str) -> str:
    """The room with its table replaced."""
    text = ROOM.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{ROOM.name} has no table")
    return before + begin + table + end + after


def main() -> None:
    """Rewrite the table; with --check only tell whether it is true."""
    wanted = room_with(rows())
    if "--check" in sys.argv[1:]:
        sys.exit(0 if ROOM.read_text(encoding="utf-8") == wanted else "the codes are not true")
    ROOM.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
