"""The layout of graphs: what comes first stands above, nothing lies on anything, and always alike."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.drawing.layout import laid_out, spread

NUMBERS = range(24)
EDGES = st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)), max_size=40)


@settings(max_examples=60)
@given(names=st.lists(st.sampled_from(NUMBERS), unique=True), edges=EDGES)
def test_any_graph_is_laid_out(names: list[int], edges: list[tuple[int, int]]) -> None:
    layout = laid_out(names, edges)
    assert laid_out(names, edges) == layout
    assert sorted(name for row in layout.rows for name in row) == sorted(names)
    meant = {(a, b) for a, b in edges if a in names and b in names and a != b}
    assert {*layout.edges, *layout.turned} == meant
    assert not set(layout.edges) & set(layout.turned)
    for first, then in layout.edges:
        assert layout.row_of[first] < layout.row_of[then]
        assert layout.layers[first] < layout.layers[then]
    for row in layout.rows:
        places = [layout.places[name] for name in row]
        assert all(right - left >= 1 - 1e-9 for left, right in pairwise(places))
        assert places[0] >= 0.5 - 1e-9
        assert places[-1] <= layout.columns - 0.5 + 1e-9


@settings(max_examples=60)
@given(edges=EDGES)
def test_nothing_is_turned_where_nothing_goes_in_a_circle(edges: list[tuple[int, int]]) -> None:
    forward = [(min(pair), max(pair)) for pair in edges]
    assert laid_out(list(NUMBERS), forward).turned == ()


SHAPES = {
    "nothing": ([], [], []),
    "one": (["A"], [], [("A",)]),
    "three that need nothing": (["A", "B", "C"], [], [("A", "B", "C")]),
    "a chain": (["C", "B", "A"], [("A", "B"), ("B", "C")], [("A",), ("B",), ("C",)]),
    "a fan": (
        ["S", "A", "B", "C"],
        [("S", "A"), ("S", "B"), ("S", "C")],
        [("S",), ("A", "B", "C")],
    ),
    "a diamond": (
        ["A", "B", "C", "D"],
        [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")],
        [("A",), ("B", "C"), ("D",)],
    ),
    "what would cross is turned round": (
        ["A", "B", "X", "Y"],
        [("A", "Y"), ("B", "X")],
        [("A", "B"), ("Y", "X")],
    ),
    "a source of late things stands low": (
        ["A", "B", "C", "Late"],
        [("A", "B"), ("B", "C"), ("Late", "C")],
        [("A",), ("B", "Late"), ("C",)],
    ),
    "what needs nothing stands below": (
        ["Lone", "A", "B"],
        [("A", "B")],
        [("A",), ("B",), ("Lone",)],
    ),
}


@pytest.mark.parametrize(
    ("names", "edges", "rows"), [pytest.param(*shape, id=name) for name, shape in SHAPES.items()]
)
def test_shapes(
    names: list[str], edges: list[tuple[str, str]], rows: list[tuple[str, ...]]
) -> None:
    assert list(laid_out(names, edges).rows) == rows


def test_wide_layers_are_wrapped_in_their_order() -> None:
    copies = [f"Copy[{number}]" for number in range(20)]
    layout = laid_out(["Source", *copies], [("Source", copy) for copy in copies])
    assert [name for row in layout.rows[1:] for name in row] == copies
    assert [len(row) for row in layout.rows] == [1, 4, 4, 4, 4, 4]
    assert {layout.layers[copy] for copy in copies} == {1}
    assert layout.columns == 4
    assert layout.places["Source"] == 2.0
    lone = laid_out(copies[:7], [])
    assert [len(row) for row in lone.rows] == [4, 3]
    # The last row begins where the others begin.
    assert lone.places["Copy[4]"] == lone.places["Copy[0]"]


def test_what_goes_in_a_circle_is_drawn_with_one_edge_turned() -> None:
    layout = laid_out(["A", "B", "C"], [("A", "B"), ("B", "C"), ("C", "A")])
    assert len(layout.turned) == 1
    assert len(layout.edges) == 2


@settings(max_examples=60)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=12))
def test_places_are_near_to_what_is_wished(wishes: list[float]) -> None:
    columns = 14.0
    places = spread(wishes, columns)
    assert all(right - left >= 1 - 1e-6 for left, right in pairwise(places))
    assert places[0] >= 0.5 and places[-1] <= columns - 0.5 + 1e-6
    if all(0.5 <= wish <= columns - 0.5 for wish in wishes) and all(
        right - left >= 1 for left, right in pairwise(wishes)
    ):
        assert places == pytest.approx(wishes)
