"""Pictures of graphs: every box where it belongs, its status told, large ones folded."""

from __future__ import annotations

import re
import time

import pytest

from imageferry.drawing.folding import folded
from imageferry.drawing.graphs import draw_graph
from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import StatusClass
from imageferry.drawing.pictures import Words, key_id
from tests.drawing.reading import classes, corner, every, parsed, words

CLASSES = (StatusClass.DONE, StatusClass.RUNNING, StatusClass.FAILED)


def node(key: str, status: StatusClass = StatusClass.DONE, **more: object) -> Node:
    return Node(key, key, "ALIYUN::ECS::CopyImage", status, status.value)._replace(**more)


def copies(number: int) -> list[Node]:
    return [node(f"Copy[{at}]", CLASSES[at % 3]) for at in range(number)]


def fan(number: int) -> tuple[list[Node], list[Edge]]:
    made = copies(number)
    edges = [Edge("Source", one.key) for one in made] + [Edge(one.key, "Family") for one in made]
    return [node("Source"), *made, node("Family", StatusClass.WAITING)], edges


SIZES = [0, 1, 3, 20, 77]


@pytest.mark.parametrize("number", SIZES)
def test_no_box_lies_on_another_and_no_line_on_a_box(number: int) -> None:
    nodes, edges = fan(number)
    picture = draw_graph(nodes, edges, title="golden")
    root = parsed(picture.svg)
    assert picture == draw_graph(nodes, edges, title="golden")
    boxes = {}
    for group in every(root, "g", "node"):
        x, y = corner(group)
        rect = every(group, "rect", "box")[0]
        wide, high = float(rect.get("width", 0)), float(rect.get("height", 0))
        assert x >= 0 and y >= 0
        assert x + wide <= picture.width and y + high <= picture.height
        for left, top, right, bottom in boxes.values():
            assert x >= right or x + wide <= left or y >= bottom or y + high <= top
        boxes[group.get("data-key")] = (x, y, x + wide, y + high)
    assert set(boxes) == {one.key for one in nodes}
    lines = every(root, "path", "edge")
    assert {(one.get("data-before"), one.get("data-after")) for one in lines} == set(edges)
    for line in lines:
        d = line.get("d", "")
        x, y = map(float, re.findall(r"-?[\d.]+", d)[:2])
        # A line is upright wherever it passes a row of boxes.
        for to in re.findall(r"V([\d.]+)|C[-\d. ]+ ([-\d.]+) ([\d.]+)", d):
            if to[0]:
                for left, top, right, bottom in boxes.values():
                    passes = y < bottom - 0.1 and float(to[0]) > top + 0.1
                    assert not (passes and left < x < right)
                y = float(to[0])
            else:
                x, y = float(to[1]), float(to[2])


def test_a_box_tells_all_that_is_known() -> None:
    one = node(
        "Copy[3]", StatusClass.RUNNING, status_text="CREATE_IN_PROGRESS", note="a → b", percent=43
    )
    root = parsed(draw_graph([one], [], title="golden").svg)
    group = every(root, "g", "node")[0]
    assert classes(group) == ["node", "status-running"]
    assert group.get("id") == key_id("node", "Copy[3]")
    texts = ["".join(text.itertext()) for text in every(group, "text")]
    assert texts == ["Copy[3]", "ALIYUN::ECS::CopyImage", "⟳ CREATE_IN_PROGRESS", "a → b"]
    bar, box = every(group, "rect", "bar")[0], every(group, "rect", "box")[0]
    assert float(bar.get("width", 0)) == pytest.approx(
        0.43 * (float(box.get("width", 0)) - 24), abs=0.1
    )


@pytest.mark.parametrize(("percent", "share"), [(-5.0, 0.0), (250.0, 1.0)])
def test_no_bar_is_wider_than_its_box(percent: float, share: float) -> None:
    group = parsed(draw_graph([node("A", percent=percent)], [], title="x").svg)
    bar, box = every(group, "rect", "bar")[0], every(group, "rect", "box")[0]
    assert float(bar.get("width", 0)) == share * (float(box.get("width", 0)) - 24)


def test_many_copies_are_one_box_that_tells_how_they_stand() -> None:
    nodes, edges = fan(500)
    boxes, pairs = folded(nodes, edges, 400)
    assert [one.key for one in boxes] == ["Source", "Copy[*]", "Family"]
    assert pairs == [Edge("Source", "Copy[*]"), Edge("Copy[*]", "Family")]
    one = boxes[1]
    assert (one.label, one.status_class) == ("Copy × 500", StatusClass.FAILED)
    assert one.status_text == "166 failed"
    assert one.note == "✕ 166 · ⟳ 167 · ✓ 167"
    root = parsed(draw_graph(nodes, edges, title="golden").svg)
    assert len(every(root, "g", "node")) == 3
    assert "running" in words(root)
    assert (
        len(every(parsed(draw_graph(nodes, edges, title="x", fold_beyond=502).svg), "g", "node"))
        == 502
    )


def test_only_as_much_is_folded_as_must_be() -> None:
    nodes = [*copies(30), *(node(f"Few[{at}]") for at in range(5)), node("Lone")]
    boxes, _ = folded(nodes, [], 10)
    assert [one.key for one in boxes] == ["Copy[*]", *(f"Few[{at}]" for at in range(5)), "Lone"]
    assert folded(nodes, [], 36)[0] == nodes


def test_folds_that_need_each_other_are_drawn_all_the_same() -> None:
    nodes = [node(f"{name}[{at}]") for at in range(5) for name in ("A", "B")]
    edges = [Edge(f"A[{at}]", f"B[{at}]") for at in range(5)]
    edges += [Edge(f"B[{at}]", f"A[{at + 1}]") for at in range(4)]
    root = parsed(draw_graph(nodes, edges, title="x", fold_beyond=2).svg)
    assert len(every(root, "path", "edge")) == 2


def test_what_is_too_much_is_counted() -> None:
    nodes = [node(f"N{at}") for at in range(1600)]
    picture = draw_graph(nodes, [], title="x", words=Words(more="noch {}"))
    assert len(every(parsed(picture.svg), "g", "node")) == 1500
    assert "noch 100" in words(parsed(picture.svg))


def test_nothing_is_said_to_be_nothing() -> None:
    assert "there is nothing to draw" in words(parsed(draw_graph([], [], title="x").svg))


def test_five_hundred_boxes_are_drawn_at_once() -> None:
    nodes = [node(f"N{at}") for at in range(500)]
    edges = [Edge(f"N{at * 7 // 9}", f"N{at}") for at in range(1, 500)]
    fastest = 9.0
    for _ in range(5):
        begun = time.process_time()
        draw_graph(nodes, edges, title="x", fold_beyond=500)
        fastest = min(fastest, time.process_time() - begun)
    # Here it takes 40 ms; a bound that no busy machine breaks.
    assert fastest < 0.4
