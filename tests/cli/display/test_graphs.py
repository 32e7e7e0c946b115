"""The graph of a template as text, DOT and Mermaid; and how counted resources are folded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imageferry.cli.display.graphs.dot import dot_lines
from imageferry.cli.display.graphs.graphs import FORMS
from imageferry.cli.display.graphs.mermaid import mermaid_lines
from imageferry.cli.display.graphs.sketches import Arrow, Box, Sketch, sketch_of
from imageferry.cli.display.graphs.text import text_lines
from imageferry.cli.display.rendering import width
from tests.cli import golden
from tests.cli.outlooks import CHAIN, copies, counted, outlook
from tests.cli.shop import Shop

SOURCE = copies("Source", "m-1", count=False)
ALL_OF_SOURCE = copies("Copy", "{Fn::GetAtt: [Source, ImageId]}")
SAME_INDEX = copies("Next", "{Fn::Select: [{Ref: 'ALIYUN::Index'}, {Fn::GetAtt: [Copy, ImageId]}]}")
ALL_OF_COPY = copies("Last", "{Fn::Select: ['0', {Fn::GetAtt: [Copy, ImageId]}]}", count=False)
FIRST_OF_COPY = copies("Next", "{Fn::GetAtt: ['Copy[0]', ImageId]}")
ONE_OF_COPY = copies("Last", "{Fn::GetAtt: ['Copy[3]', ImageId]}", count=False)
REVERSED = copies(
    "Next",
    "{Fn::Select: [{Fn::Select: [{Ref: 'ALIYUN::Index'}, [9,8,7,6,5,4,3,2,1,0]]},"
    " {Fn::GetAtt: [Copy, ImageId]}]}",
)


def arrows(sketch: Sketch) -> list[str]:
    return [
        f"{sketch.boxes[one.first].title} > {sketch.boxes[one.then].title}: {'; '.join(one.reasons)}"
        for one in sketch.arrows
    ]


FOLDS = [
    ("one needs all", [SOURCE, ALL_OF_SOURCE], ["Source > Copy[0..9]: GetAtt ImageId"]),
    (
        "each needs its own index",
        [SOURCE, ALL_OF_SOURCE, SAME_INDEX],
        [
            "Source > Copy[0..9]: GetAtt ImageId",
            "Copy[0..9] > Next[0..9]: GetAtt ImageId, same index",
        ],
    ),
    ("all are needed by one", [copies("Copy", "m-1"), ALL_OF_COPY], ["Copy[0..9] > Last: GetAtt ImageId"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "expected"), [pytest.param(r, e, id=title) for title, r, e in FOLDS]
)
def test_counted_resources_are_folded(resources: list[str], expected: list[str]) -> None:
    assert arrows(sketch_of(outlook(counted(*resources, number=10)))) == expected


UNFOLDED = [
    ("one needs one of them", [copies("Copy", "m-1"), ONE_OF_COPY], {"Copy"}),
    ("many need one of them", [copies("Copy", "m-1"), FIRST_OF_COPY], {"Copy"}),
    ("no rule is seen", [copies("Copy", "m-1"), REVERSED], {"Copy", "Next"}),
    ("what needs the unfolded by index", [copies("Copy", "m-1"), SAME_INDEX, ONE_OF_COPY], {"Copy", "Next"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "unfolded"), [pytest.param(r, e, id=title) for title, r, e in UNFOLDED]
)
def test_what_arrows_do_not_allow_stays_unfolded(resources: list[str], unfolded: set[str]) -> None:
    found = outlook(counted(*resources, number=10))
    sketch = sketch_of(found)
    singles = {
        box.title.partition("[")[0] for box in sketch.boxes if re.search(r"\[\d\]$", box.title)
    }
    assert singles == unfolded
    # Whatever is folded, what comes before what is the same.
    assert {one.title.partition("[")[0] for one in sketch.boxes} == {
        one.address.logical_id for one in found.resources
    }


def test_expand_unfolds_everything() -> None:
    found = outlook(counted(SOURCE, ALL_OF_SOURCE, SAME_INDEX, number=10))
    sketch = sketch_of(found, expand=True)
    assert len(sketch.boxes) == 21
    assert len(sketch.arrows) == 20
    assert "Copy[7] > Next[7]: GetAtt ImageId" in arrows(sketch)


def test_few_instances_are_drawn_one_by_one() -> None:
    sketch = sketch_of(outlook(counted(SOURCE, ALL_OF_SOURCE, number=8)))
    assert len(sketch.boxes) == 9


def test_500_copies_are_one_box() -> None:
    sketch = sketch_of(outlook(counted(SOURCE, ALL_OF_SOURCE, SAME_INDEX, number=500)))
    assert [(box.title, box.remark) for box in sketch.boxes[1:]] == [
        ("Copy[0..499]", "500 routes"), ("Next[0..499]", "500 routes"),
    ]  # fmt: skip


# Every letter that a logical id of ROS may have, among them those that mean something to somebody.
ODD_NAMES = [
    'quote"d', "back\\slash", "ends\\", "a -> b", "[x]", "{y}", "<b>bold</b>", "a;b", "&amp;",
    "end", "graph", "1. list", "- item", "`code`", "*bold*", "#35;", "源 镜像", "%% comment",
    "a|b", "${Name}", "node\\n", "emoji 🚢", "e\u0301", "x[*]", "\u202ereversed", "subgraph",
]  # fmt: skip

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|->|[{}\[\]=]|\s+')


def dot_tokens(text: str) -> list[str]:
    """The tokens of DOT's grammar; what is none of them is a fault."""
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        assert found is not None, text[place : place + 40]
        tokens.append(found[0])
        place = found.end()
    return [token for token in tokens if not token.isspace()]


def odd_sketch() -> Sketch:
    boxes = tuple(Box(name, "T::T", "a -> b", 1, bool(i % 2)) for i, name in enumerate(ODD_NAMES))
    chain = tuple(Arrow(i, i + 1, (f"GetAtt {ODD_NAMES[i]}", "Ref")) for i in range(len(boxes) - 1))
    return Sketch('a "b"\\', (*boxes, Box("x[*]", "T::T", "", 2)), chain)


def test_dot_quotes_every_name() -> None:
    tokens = dot_tokens("\n".join(dot_lines(odd_sketch())))
    assert tokens[:2] == ["digraph", '"a \\"b\\"\\\\"']
    assert tokens.count("{") == tokens.count("}") == 1
    assert tokens.count("[") == tokens.count("]")
    names = {tokens[i - 1] for i, token in enumerate(tokens) if token == "->"}
    assert len(names) == len(ODD_NAMES) - 1
    declared = [
        tokens[i - 1] for i, token in enumerate(tokens) if token == "[" and tokens[i - 2] != "->"
    ]
    boxes = [name for name in declared if name.startswith('"')]
    assert len(set(boxes)) == len(boxes) == len(ODD_NAMES) + 1
    assert names <= set(boxes)


_MERMAID = [
    re.compile(r"flowchart LR"),
    re.compile(r'  n\d+(\["[^"\[`<>]*(?:<br/>|[^"`<>])*"\]|\(\["(?:<br/>|[^"`<>])*"\]\))'),
    re.compile(r'  n\d+ (-->|-\.->)(\|"(?:<br/>|[^"`<>|])*"\|)? n\d+'),
    re.compile(r"  classDef doubtful stroke-dasharray: 5 5"),
    re.compile(r"  class (n\d+,)*n\d+ doubtful"),
]


def test_mermaid_has_nothing_to_misread() -> None:
    lines = mermaid_lines(odd_sketch())
    for line in lines:
        assert any(form.fullmatch(line) for form in _MERMAID), line
    text = "\n".join(lines)
    for mark in ("%%", "`", "*bold", "{y", "\\", "|b", '"1. '):
        assert mark not in text
    assert "#38;amp" not in text
    assert 'n1["back#92;slash<br/>' in text


def test_text_fits_the_terminal() -> None:
    found = outlook(CHAIN)
    for columns in (40, 60, 80):
        lines = text_lines(sketch_of(found, with_parameters=True), columns)
        assert max(map(width, lines)) <= columns
    whole = text_lines(sketch_of(found))
    assert all(not line.endswith("…") for line in whole)
    rows = [line for line in whole if "ALIYUN::ECS::CopyImage" in line]
    assert len({width(line.partition("ALIYUN::")[0]) for line in rows}) == 1


@pytest.mark.parametrize("form", FORMS)
def test_golden_graphs(tmp_path: Path, form: str) -> None:
    shop = Shop(tmp_path)
    template = shop.path("stack.yml", CHAIN)
    said = shop.run("plan", template, "--graph", form, "--show-parameters").stdout
    golden.check(f"graph-{form}.txt", said.replace(template, "stack.yml"))
    again = shop.run("plan", template, "--graph", form, "--show-parameters").stdout
    assert again.replace(template, "stack.yml") == said.replace(template, "stack.yml")
    drawn = shop.object("plan", template, "--graph", form, "--show-parameters")
    assert drawn == {"form": form, "graph": said}


def test_a_template_without_resources_draws_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    template = shop.path("t.yml", "ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n")
    assert shop.run("plan", template, "--graph", "text").stdout == "0 boxes in 0 waves\n"
    assert dot_tokens(shop.run("plan", template, "--graph", "dot").stdout)[-1] == "}"
    assert shop.run("plan", template, "--graph", "mermaid").stdout == "flowchart LR\n"
