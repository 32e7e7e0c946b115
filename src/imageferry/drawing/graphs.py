"""A dependency graph as SVG: boxes in layers with their statuses, arrows in the order of making."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from imageferry.drawing.folding import folded
from imageferry.drawing.layout import Layout, laid_out
from imageferry.drawing.lettering import breadth, fitted
from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import TONES
from imageferry.drawing.pictures import (
    ENGLISH,
    Picture,
    Words,
    framed,
    has_link,
    key_id,
    legend,
    linked,
)
from imageferry.drawing.svg import Svg, element, joined, letters, number, text_at, titled

FOLDED_BEYOND: Final = 400
"""With more boxes than that, counted resources are drawn as one box each."""

_MOST_BOXES: Final = 1500
_MARGIN: Final = 16.0
_BETWEEN: Final = 28.0
"""Pixels between boxes of a row; what goes to lower rows passes there."""
_BELOW_LAYER: Final = 46.0
_BELOW_ROW: Final = 24.0
_HEIGHT: Final = 62.0
_HEIGHT_WITH_NOTE: Final = 77.0
_NARROWEST: Final = 150.0
_WIDEST: Final = 236.0
_HEAD: Final = 7.0
_LANE: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where everything is, in pixels: the middle and the upper edge of each box.

    `rows` are the middles of each row's boxes, `gaps` where lines may pass it, from left to right.
    """

    layout: Layout[str]
    middles: Mapping[str, float]
    rows: Sequence[Sequence[float]]
    gaps: Sequence[Sequence[float]]
    tops: Sequence[float]
    breadth: float
    height: float


def draw_graph(
    nodes: Sequence[Node],
    edges: Iterable[Edge],
    *,
    title: str,
    description: str = "",
    standalone: bool = False,
    fold_beyond: int = FOLDED_BEYOND,
    words: Words = ENGLISH,
) -> Picture:
    """The picture of a graph; `description` is for who listens, by default how many stand how.

    Each box is a group with `id` `key_id("node", key)`, `data-key` and the classes `node` and
    `status-<class>`, so that a page may put a newer one in its place.
    """
    shown, pairs = folded(nodes, edges, fold_beyond)
    left_out = len(shown) - _MOST_BOXES
    shown = shown[:_MOST_BOXES]
    layout = laid_out([node.key for node in shown], pairs)
    boxes = {node.key: node for node in shown}
    sheet = _measured(layout, shown)
    width = max(_width(sheet), 280.0)
    bottom = sheet.tops[-1] + sheet.height if sheet.tops else _MARGIN + 20
    parts = [_edges(sheet), joined(_box(boxes[key], sheet) for row in layout.rows for key in row)]
    if not shown:
        parts.append(text_at(_MARGIN, _MARGIN + 16, words.nothing, "quiet"))
    if left_out > 0:
        bottom += 24
        more = words.more.format(f"{left_out:,}")
        parts.append(text_at(_MARGIN, bottom - 4, more, "quiet"))
    present = {status for node in shown for status, _ in node.parts}
    key, taken = legend(present, words, _MARGIN, bottom + 22, width - 2 * _MARGIN)
    return framed(
        joined([*parts, key]),
        width,
        bottom + _MARGIN + taken,
        kind="graph",
        title=title,
        description=description or _description(nodes),
        has_links=any(has_link(node.href) for node in shown),
        standalone=standalone,
    )


def _description(nodes: Sequence[Node]) -> str:
    counts = Counter((node.status_class, node.status_text) for node in nodes)
    return ", ".join(
        f"{TONES[status].sign} {text or TONES[status].word}: {count:,}"
        for (status, text), count in counts.items()
    )


def _measured(layout: Layout[str], nodes: Sequence[Node]) -> _Sheet:
    widest = max(
        (
            breadth(text[:60], 12.5 if text is node.label else 11, bold=text is node.label)
            for node in nodes
            for text in (node.label, node.kind, node.note, f"WW{node.status_text}")
        ),
        default=0.0,
    )
    box = round(min(max(widest + 24, _NARROWEST), _WIDEST))
    height = _HEIGHT_WITH_NOTE if any(node.note for node in nodes) else _HEIGHT
    step = box + _BETWEEN
    middles = {
        key: round(_MARGIN + place * step - _BETWEEN / 2, 1) for key, place in layout.places.items()
    }
    tops: list[float] = []
    top = _MARGIN
    levels = [layout.layers[row[0]] for row in layout.rows]
    for level, below in zip(levels, [*levels[1:], -1], strict=False):
        tops.append(top)
        top += height + (_BELOW_ROW if level == below else _BELOW_LAYER)
    rows = [[middles[key] for key in row] for row in layout.rows]
    outside = (box + _MARGIN) / 2
    gaps = [
        [row[0] - outside, *((a + b) / 2 for a, b in pairwise(row)), row[-1] + outside]
        for row in rows
    ]
    return _Sheet(layout, middles, rows, gaps, tops, float(box), height)


def _width(sheet: _Sheet) -> float:
    """The width of the picture: all columns, and a margin on either side."""
    step = sheet.breadth + _BETWEEN
    return 2 * _MARGIN + max(sheet.layout.columns * step - _BETWEEN, 0.0)


def _edges(sheet: _Sheet) -> Svg:
    """Every edge as one line, and all heads together."""
    layout = sheet.layout
    lines: list[Svg] = []
    heads: list[str] = []
    for first, then in layout.edges:
        lines.append(_line(first, then, _way(first, then, sheet)))
        x, y = sheet.middles[then], sheet.tops[layout.row_of[then]]
        heads.append(f"M{number(x)} {number(y)}l-4 {number(-_HEAD)}h8z")
    for first, then in layout.turned:
        # It goes up, since the two come before each other: the head is at the upper end.
        upper, lower = sorted((first, then), key=lambda key: layout.row_of[key])
        if layout.row_of[upper] == layout.row_of[lower]:
            continue
        lines.append(_line(first, then, _way(upper, lower, sheet)))
        x, y = sheet.middles[upper], sheet.tops[layout.row_of[upper]] + sheet.height
        heads.append(f"M{number(x)} {number(y)}l-4 {number(_HEAD)}h8z")
    if heads:
        lines.append(element("path", {"class": "head", "d": "".join(heads)}))
    return joined(lines)


def _line(first: str, then: str, way: str) -> Svg:
    return element("path", {"class": "edge", "data-before": first, "data-after": then, "d": way})


def _way(first: str, then: str, sheet: _Sheet) -> str:
    """A line from a box down to another, between the boxes of the rows that it passes."""
    rows = sheet.layout.row_of
    x, y = sheet.middles[first], sheet.tops[rows[first]] + sheet.height
    aim = sheet.middles[then]
    layers = sheet.layout.layers
    way = [f"M{number(x)} {number(y)}"]
    before: float | None = None
    for row in range(rows[first] + 1, rows[then]):
        # Lines that leave a layer of many rows and lines that come to it have their own lanes.
        passed = layers[sheet.layout.rows[row][0]]
        lane = _LANE if passed == layers[first] else -_LANE if passed == layers[then] else 0.0
        if lane == before and sheet.gaps[row] == sheet.gaps[row - 1]:
            # As it has passed the row above, it passes this one.
            y = sheet.tops[row] + sheet.height
            way[-1] = f"V{number(y)}"
            continue
        before = lane
        gap = _gap(row, x, aim, lane, sheet)
        way += _curve(x, y, gap, sheet.tops[row])
        x, y = gap, sheet.tops[row] + sheet.height
        way.append(f"V{number(y)}")
    way += _curve(x, y, aim, sheet.tops[rows[then]] - _HEAD)
    return "".join(way)


def _curve(x: float, y: float, to_x: float, to_y: float) -> list[str]:
    if x == to_x:
        return [f"V{number(to_y)}"]
    middle = number((y + to_y) / 2)
    return [f"C{number(x)} {middle} {number(to_x)} {middle} {number(to_x)} {number(to_y)}"]


def _gap(row: int, x: float, aim: float, lane: float, sheet: _Sheet) -> float:
    """Where a line that is at `x` and goes to `aim` best passes a row."""
    gaps = sheet.gaps[row]
    found = [place for place in (x, aim) if _is_clear(place, sheet.rows[row], sheet.breadth)]
    last = len(gaps) - 1
    for place in (x, aim):
        at = bisect_left(gaps, place)
        for one in (at - 1, at):
            inner = gaps[min(max(one, 0), last)]
            found.append(inner + (lane if 0 < one < last else 0.0))
    near = x if lane > 0 else aim
    return min(found, key=lambda place: (abs(place - x) + abs(place - aim), abs(place - near)))


def _is_clear(place: float, middles: Sequence[float], breadth: float) -> bool:
    """True where a line may go straight down, past every box of the row."""
    at = bisect_left(middles, place)
    return all(abs(place - one) > breadth / 2 + 4 for one in middles[max(at - 1, 0) : at + 1])


def _box(node: Node, sheet: _Sheet) -> Svg:
    """One box: label, kind, sign and status, a note, and how far it is."""
    wide, high = sheet.breadth, sheet.height
    room = wide - 24
    left = sheet.middles[node.key] - wide / 2
    tone = TONES[node.status_class]
    said = node.status_text or tone.word
    told = [part for part in (node.label, node.kind, f"{tone.sign} {said}", node.note) if part]
    inside = [
        titled("\n".join(told)),
        element("rect", {"class": "box", "width": wide, "height": high, "rx": 7}),
        element("path", {"class": "bar", "d": f"M5 0H7a-7 7 0 0 0 -7 7{_side(high)}"}),
        text_at(15, 20, fitted(node.label, room, 12.5, bold=True), "title"),
        text_at(15, 35, fitted(node.kind, room, 11), "small quiet"),
        element(
            "text",
            {"x": 15, "y": 51, "class": "small state"},
            element("tspan", {"class": "sign"}, letters(tone.sign)),
            letters(f" {fitted(said, room - 16, 11)}"),
        ),
    ]
    if node.note:
        inside.append(text_at(15, 66, fitted(node.note, room, 11), "small"))
    inside += _strip(node, room, high)
    box = element(
        "g",
        {
            "id": key_id("node", node.key),
            "class": f"node {node.status_class.css}",
            "data-key": node.key,
            "transform": f"translate({number(left)} {number(_top(node, sheet))})",
        },
        *inside,
    )
    return linked(node.href, f"{node.label}: {said}", box)


def _top(node: Node, sheet: _Sheet) -> float:
    return sheet.tops[sheet.layout.row_of[node.key]]


def _side(high: float) -> str:
    return f"V{number(high - 7)}a7 7 0 0 0 7 7H5z"


def _strip(node: Node, room: float, high: float) -> list[Svg]:
    """How far the box is, or what it stands for in proportion: a strip at its lower edge."""
    y = high - 6
    if node.parts:
        total = sum(count for _, count in node.parts)
        strips, x = [], 15.0
        for status, count in node.parts:
            wide = room * count / total
            strip = element("rect", {"class": "bar", "x": x, "y": y, "width": wide, "height": 3})
            strips.append(element("g", {"class": status.css}, strip))
            x += wide
        return strips
    if node.percent is None:
        return []
    wide = room * min(max(node.percent, 0.0), 100.0) / 100
    return [element("rect", {"class": "bar", "x": 15, "y": y, "width": wide, "height": 3})]
