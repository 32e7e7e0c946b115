"""patch(former, fresh): a part of a page without what whoever looks at it has already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

SAME: Final = "data-same"
"""The attribute of an element that stands for the one in its place, which stays as it is."""

_ROW: Final = re.compile(
    r"""<(?P<tag>tbody|tr|li|g)\b(?P<head>[^>]*?\sdata-key="(?P<key>[^"]*)"[^>]*)>"""
    r"""[^<]*(?:<(?!/?(?P=tag)\b)[^<]*)*</(?P=tag)>"""
)
"""A row that has a name, and no other row of its kind in it. What is shown is escaped, so that neither
`<` nor `>` stand in any text or attribute but as markup."""

_CELL: Final = re.compile(r"<td\b[^>]*>[^<]*(?:<(?!/?td\b)[^<]*)*</td>")
_ID: Final = re.compile(r'\sid="([^"]*)"')
_KEY: Final = re.compile(r'\sdata-key="[^"]*"')


class _Row(NamedTuple):
    name: str
    tag: str
    head: str
    whole: str
    start: int
    end: int


def patch(former: str, fresh: str) -> str:
    """The fresh markup, in which rows and cells that were there are named, and not told again."""
    known = {row.name: row for row in _rows(former)}
    pieces, at = [], 0
    for row in _rows(fresh):
        before = known.get(row.name)
        if before is None or before.tag != row.tag:
            continue
        pieces += [fresh[at : row.start], _shortened(before, row)]
        at = row.end
    return "".join((*pieces, fresh[at:]))


def changed(former: Mapping[str, str], fresh: Mapping[str, str]) -> dict[str, str]:
    """The parts that are not as they were; what was never told is whole."""
    return {
        name: patch(former[name], text) if name in former else text
        for name, text in fresh.items()
        if former.get(name) != text
    }


def _rows(markup: str) -> list[_Row]:
    """The rows by the names that a page tells them apart by; none where two have the same."""
    found = []
    for one in _ROW.finditer(markup):
        named = _ID.search(one["head"])
        name = named[1] if named else one["key"]
        found.append(_Row(name, one["tag"], one["head"], one[0], one.start(), one.end()))
    return found if len({row.name for row in found}) == len(found) else []


def _shortened(before: _Row, row: _Row) -> str:
    if before.whole == row.whole:
        names = "".join(one[0] for one in (_ID.search(row.head), _KEY.search(row.head)) if one)
        return f"<{row.tag}{names} {SAME}></{row.tag}>"
    cells, others = _CELL.findall(row.whole), _CELL.findall(before.whole)
    if len(cells) != len(others):
        return row.whole
    former = iter(others)
    return _CELL.sub(
        lambda cell: f"<td {SAME}></td>" if cell[0] == next(former) else cell[0], row.whole
    )
