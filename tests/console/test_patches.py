"""What is sent of a part that has changed: rows and cells that stay are named, and nothing is lost."""

from __future__ import annotations

import pytest

from imageferry.console.patches import changed, patch
from tests.console.patching import mended


def _table(*rows: str) -> str:
    return f"<table><thead><tr><th>Name</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(key: str, *cells: str, head: str = "") -> str:
    inside = "".join(f"<td>{cell}</td>\n" for cell in cells)
    return f'<tr role="row" data-key="{key}"{head}><th>{key}</th>{inside}</tr>\n'


def _group(key: str, *lines: str) -> str:
    return f'<tbody role="rowgroup" data-key="{key}">{"".join(lines)}</tbody>'


_A, _B, _C = (_row(key, f"of {key}", "1 %", "there") for key in "abc")
_LIST = '<ul><li data-key="leaf-a">a</li><li data-key="branch-b"><ul><li data-key="leaf-b">{}</li></ul></li></ul>'
_MAP = (
    '<svg><title>{0}</title><g id="route-1" data-key="s A"><path d="M{1}"/></g>'
    '<g class="place" data-region="x"><path/></g></svg>'
)


@pytest.mark.parametrize(
    ("former", "fresh", "told", "untold"),
    [
        (_table(_A, _B), _table(_A, _B.replace("1 %", "2 %")), ["2 %", 'data-key="a" data-same'], ["of a", "of b"]),
        (_table(_A, _B), _table(_C, _A, _B), ["of c", 'data-key="b" data-same'], ["of a", "of b"]),
        (_table(_A, _B, _C), _table(_C, _A), ['data-key="c" data-same'], ["of a", "of b", "of c"]),
        (_table(_A), _table(_row("a", "of a", "1 %")), ["of a", "1 %"], ["data-same"]),
        (_table(_A), _table(_row("a", "of a", "1 %", "there", head=' class="new"')), ["new", "<td data-same>"], ["of a"]),
        (_table(_A, _A), _table(_A, _A, _B), ["of a", "of b"], ["data-same"]),
        (_table(), _table(_A), ["of a"], ["data-same"]),
        ("<p>one</p>", "<p>another</p>", ["another"], ["data-same"]),
        (_table(_row("a", "&lt;/tr&gt; 1")), _table(_row("a", "&lt;/tr&gt; 1"), _B), ["of b"], ["&lt;"]),
        (
            f"<table>{_group('s', _row('x', 'there', '3 %'), _row('y', 'there', 'queued'))}</table>",
            f"<table>{_group('s', _row('x', 'there', '4 %'), _row('y', 'there', 'queued'))}</table>",
            ["4 %"],
            ["queued", ">there<"],
        ),
        (_LIST.format("1"), _LIST.format("2"), ["branch-b", ">2<", 'data-key="leaf-a" data-same'], [">a<"]),
        (_MAP.format("1", "1"), _MAP.format("2", "1"), ['id="route-1" data-key="s A" data-same'], ["M1"]),
        (_MAP.format("1", "1"), _MAP.format("1", "2"), ["M2"], ["data-same"]),
    ],
    ids=[
        "a cell", "a row more", "a row less, moved", "another number of cells", "a row's own attribute",
        "names that two have", "from nothing", "no rows", "markup as text", "a group of lines",
        "a list in a list", "a title of a drawing", "a route of a drawing",
    ],
)  # fmt: skip
def test_what_stays_is_not_told_again(
    former: str, fresh: str, told: list[str], untold: list[str]
) -> None:
    patched = patch(former, fresh)
    assert mended(former, patched) == fresh
    assert [one for one in told if one not in patched] == []
    assert [one for one in untold if one in patched] == []


def test_only_parts_that_changed_are_told_and_new_ones_are_whole() -> None:
    former = {"rows": _table(_A), "totals": "<b>1</b>"}
    fresh = {"rows": _table(_A, _B), "totals": "<b>1</b>", "map": _table(_A)}
    found = changed(former, fresh)
    assert found.keys() == {"rows", "map"}
    assert found["map"] == fresh["map"]
    assert "data-same" in found["rows"]
