"""mended: a part of a page put together again, as the script does it, from what was there and a patch."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ROW = re.compile(
    r'<(tbody|tr|li|g)\b([^>]*?\sdata-key="([^"]*)"[^>]*)>[^<]*(?:<(?!/?\1\b)[^<]*)*</\1>'
)
_SAME = re.compile(r'<(tbody|tr|li|g)(?: id="([^"]*)")? data-key="([^"]*)" data-same></\1>')
_CELL = re.compile(r"<td\b[^>]*>[^<]*(?:<(?!/?td\b)[^<]*)*</td>")


def mended(former: str, patch: str) -> str:
    """The whole markup of a part; raises KeyError where the patch names what never was there."""
    known = {_name(one): one[0] for one in _ROW.finditer(former)}

    def with_cells(row: re.Match[str]) -> str:
        if "<td data-same>" not in row[0]:
            return row[0]
        cells = iter(_CELL.findall(known[_name(row)]))
        return _CELL.sub(
            lambda cell: (
                next(cells) if cell[0] == "<td data-same></td>" else (next(cells), cell[0])[1]
            ),
            row[0],
        )

    return _SAME.sub(lambda one: known[one[2] or one[3]], _ROW.sub(with_cells, patch))


def after(former: Mapping[str, str], patches: Mapping[str, str]) -> dict[str, str]:
    """The parts that a patch has changed, whole."""
    return {
        name: mended(former[name], patch) if name in former else patch
        for name, patch in patches.items()
    }


def _name(row: re.Match[str]) -> str:
    named = re.search(r'\sid="([^"]*)"', row[2])
    return named[1] if named else row[3]
