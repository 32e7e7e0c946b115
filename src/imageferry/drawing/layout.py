"""A graph in layers: what comes first stands above, wide layers in rows, few crossings; no pixels."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

from imageferry.graph import Graph

Name = TypeVar("Name", bound=Hashable)

_SWEEPS: Final = 4
_COUNTED_EDGES: Final = 2500
"""Beyond so many edges crossings are no more counted: the last order stands."""
_MOST_IN_A_ROW: Final = 10


@dataclass(frozen=True, slots=True)
class Layout(Generic[Name]):
    """Rows from above to below, and where in its row each name stands.

    `places` are in widths of a box with its gap, the middle of the box, from 0.5 at the left edge;
    `columns` is how many such widths the drawing is wide. `edges` go from an upper row to a lower
    one, `turned` are those that go up, as the names come before each other in a circle. `layers`
    has the layer of each name: all rows of a wrapped layer have one.
    """

    rows: tuple[tuple[Name, ...], ...]
    places: Mapping[Name, float]
    row_of: Mapping[Name, int]
    layers: Mapping[Name, int]
    columns: float
    edges: tuple[tuple[Name, Name], ...]
    turned: tuple[tuple[Name, Name], ...]


def laid_out(names: Sequence[Name], edges: Iterable[tuple[Name, Name]]) -> Layout[Name]:
    """The layout of a graph; the same names and edges give the same one.

    Edges with an unknown end, from a name to itself, or given before, are left out.
    """
    known = dict.fromkeys(names)
    pairs = list(dict.fromkeys(pair for pair in edges if _is_edge(pair, known)))
    joined = {end for pair in pairs for end in pair}
    layers, down, turned = _layered([name for name in known if name in joined], pairs)
    ordered = _ordered(layers, down)
    lone = [name for name in known if name not in joined]
    widest = _row_width(max(map(len, [*ordered, lone]), default=0))
    rows: list[tuple[Name, ...]] = []
    fixed: list[int] = []
    for layer in [*ordered, lone]:
        # Rows of one layer are about equally full.
        count = -(-len(layer) // widest)
        size = -(-len(layer) // count) if count else 1
        found = [tuple(layer[at : at + size]) for at in range(0, len(layer), size)]
        rows += found
        fixed += [size if len(found) > 1 or layer is lone else 0] * len(found)
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    places, columns = _placed(rows, fixed, down, row_of)
    last = len(ordered)
    layers = {**layers, **dict.fromkeys(lone, last)}
    return Layout(tuple(rows), places, row_of, layers, columns, tuple(down), tuple(turned))


def _is_edge(pair: tuple[Name, Name], known: Mapping[Name, None]) -> bool:
    return pair[0] in known and pair[1] in known and pair[0] != pair[1]


def _row_width(most: int) -> int:
    """How many boxes stand in a row at most, where the widest layer has `most`."""
    if most <= 4:
        return max(most, 1)
    wanted = 4
    while wanted < _MOST_IN_A_ROW and wanted * wanted * 2 < most:
        wanted += 1
    return wanted


def _layered(
    names: Sequence[Name], pairs: Sequence[tuple[Name, Name]]
) -> tuple[dict[Name, int], list[tuple[Name, Name]], list[tuple[Name, Name]]]:
    """The layer of each name, the edges that go down, and those that would close a circle."""
    turned: list[tuple[Name, Name]] = []
    down = list(pairs)
    while True:
        before: dict[Name, list[Name]] = {name: [] for name in names}
        for first, then in down:
            before[then].append(first)
        graph = Graph(before)
        order = graph.order()
        if len(order) == len(before):
            break
        circle = graph.cycle()
        # Each of the circle needs the next one.
        broken = (circle[0], circle[-1])
        down.remove(broken)
        turned.append(broken)
    layers: dict[Name, int] = {}
    for name in order:
        layers[name] = max((layers[other] + 1 for other in before[name]), default=0)
    after = graph.after()
    for name in reversed(order):
        # What nothing stands above comes down to just above what needs it.
        if not before[name] and after[name]:
            layers[name] = min(layers[other] for other in after[name]) - 1
    return {name: layers[name] for name in names}, down, turned


def _ordered(layers: Mapping[Name, int], edges: Sequence[tuple[Name, Name]]) -> list[list[Name]]:
    """The names of each layer from left to right, so that few edges cross."""
    rows: list[list[Name]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name, layer in layers.items():
        rows[layer].append(name)
    above: dict[Name, list[Name]] = {name: [] for name in layers}
    below: dict[Name, list[Name]] = {name: [] for name in layers}
    for first, then in edges:
        above[then].append(first)
        below[first].append(then)
    counts = len(edges) <= _COUNTED_EDGES
    best, fewest = [list(row) for row in rows], _crossings(rows, below) if counts else 0
    for sweep in range(_SWEEPS if fewest or not counts else 0):
        neighbours = above if sweep % 2 == 0 else below
        at = _positions(rows)
        for layer in range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows))):
            row = rows[layer]
            wish = {name: _middle([at[one] for one in neighbours[name]], at[name]) for name in row}
            row.sort(key=wish.__getitem__)
            at.update(_in_row(row))
        crossings = _crossings(rows, below) if counts else 0
        if crossings < fewest or not counts:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _positions(rows: Iterable[Sequence[Name]]) -> dict[Name, float]:
    """Where each name stands in its row, from 0 at the left to 1 at the right."""
    return {name: place for row in rows for name, place in _in_row(row).items()}


def _in_row(row: Sequence[Name]) -> dict[Name, float]:
    return {name: (number + 0.5) / len(row) for number, name in enumerate(row)}


def _middle(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(rows: Sequence[Sequence[Name]], below: Mapping[Name, Sequence[Name]]) -> int:
    """How many pairs of edges between neighbouring layers cross."""
    total = 0
    for upper, lower in pairwise(rows):
        at = {name: number for number, name in enumerate(lower)}
        ends = [end for one in upper for end in sorted(at[x] for x in below[one] if x in at)]
        total += _inversions(ends, len(lower))
    return total


def _inversions(ends: Sequence[int], size: int) -> int:
    """How many pairs stand in the wrong order; a binary indexed tree counts those before."""
    tree = [0] * (size + 1)
    total = 0
    for seen, end in enumerate(ends):
        place, not_after = end + 1, 0
        while place:
            not_after += tree[place]
            place &= place - 1
        total += seen - not_after
        place = end + 1
        while place <= size:
            tree[place] += 1
            place += place & -place
    return total


def _placed(
    rows: Sequence[Sequence[Name]],
    fixed: Sequence[int],
    edges: Sequence[tuple[Name, Name]],
    row_of: Mapping[Name, int],
) -> tuple[dict[Name, float], float]:
    """The middle of each box: rows centred, then drawn to what they are joined with.

    `fixed` are the widths of rows that stay where they are, one below the other; 0 for the rest.
    """
    columns = float(max(map(len, rows), default=0))
    places: dict[Name, float] = {}
    for row, size in zip(rows, fixed, strict=True):
        spare = (columns - (size or len(row))) / 2
        places |= {name: spare + number + 0.5 for number, name in enumerate(row)}
    near: dict[Name, list[Name]] = {name: [] for name in row_of}
    for first, then in edges:
        near[first].append(then)
        near[then].append(first)
    free = [row for row, size in zip(rows, fixed, strict=True) if not size]
    for turn in (free, free[::-1], free):
        for row in turn:
            wishes = [_middle([places[one] for one in near[name]], places[name]) for name in row]
            places |= dict(zip(row, spread(wishes, columns), strict=True))
    return places, columns


def spread(wishes: Sequence[float], columns: float) -> list[float]:
    """Places as near to the wished ones as may be: in their order, at least 1 apart, all inside.

    That they are 1 apart makes equal steps of them, so it is enough to let no wish, less its
    number, be smaller than the one before: whoever would, shares the mean.
    """
    blocks: list[tuple[float, int]] = []
    for number, wish in enumerate(wishes):
        total, size = wish - number, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            before, others = blocks.pop()
            total, size = total + before, size + others
        blocks.append((total, size))
    most = columns - len(wishes) + 0.5
    level = [min(max(total / size, 0.5), most) for total, size in blocks for _ in range(size)]
    return [place + number for number, place in enumerate(level)]
