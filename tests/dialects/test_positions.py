"""Names inside the text of Sub are told where they stand."""

from __future__ import annotations

import time

import pytest

from imageferry.dialects.reader import read
from imageferry.evaluation.references import mentions

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\nOutputs:\n  A:\n    Value: "
LINE, COLUMN = 5, 12
"""Where the value begins."""

Place = tuple[str, int, int]
WRITTEN: dict[str, tuple[str, list[Place]]] = {
    "plain": ("!Sub x ${A} y", [("A", 5, 19)]),
    "quoted": ("!Sub 'x ${A}${B}'", [("A", 5, 20), ("B", 5, 24)]),
    "in double quotes": ('!Sub "${A}"', [("A", 5, 18)]),
    "the same name twice": ("!Sub '${A}-${A}'", [("A", 5, 18), ("A", 5, 23)]),
    "long form": ("{'Fn::Sub': 'x ${A}'}", [("A", 5, 27)]),
    "a list with a map": (
        "!Sub ['${V} ${A}', {V: !Ref B}]",
        [("B", 5, 35), ("A", 5, 24)],
    ),
    "kept signs are passed by": ("!Sub '${!A} ${A}'", [("A", 5, 24)]),
    "a block": ("!Sub |\n      one\n        ${A}\n\n      ${B} ${A}\n", [("A", 7, 9), ("B", 9, 7), ("A", 9, 12)]),
    "a block's first line": ("!Sub |-\n      ${A}\n", [("A", 6, 7)]),
    "on the next line": ("!Sub\n      'x ${A}'\n", [("A", 6, 10)]),
    "behind an escape": (r'!Sub "\x41${A}"', [("A", 5, 12)]),
    "behind what is found": (r'!Sub "${A}\x41${B}"', [("A", 5, 18), ("B", 5, 12)]),
    "wider letters": ("!Sub '镜像 ${A}'", [("A", 5, 21)]),
}  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_a_name_has_its_place(written: str, expected: list[Place]) -> None:
    template = read(f"{HEAD}{written}\n".encode(), "t.yml").template
    assert template is not None
    found = [
        (one.name, one.span.line, one.span.column)
        for one in mentions(template.outputs["A"].value)
        if one.span is not None
    ]
    assert found == expected


def test_json_too() -> None:
    source = (
        '{"ROSTemplateFormatVersion": "2015-09-01", "Resources": {}, "Outputs":\n'
        ' {"A": {"Value": {"Fn::Sub": "x\\n${A}"}}}}'
    )
    template = read(source.encode(), "t.json").template
    assert template is not None
    (mention,) = mentions(template.outputs["A"].value)
    assert mention.span is not None
    assert (mention.span.line, mention.span.column) == (2, source.splitlines()[1].index("${") + 1)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\r"], ids=["next line", "separator", "return"])
def test_where_lines_are_counted_otherwise_the_text_is_named(end: str) -> None:
    source = HEAD.replace("Resources", f"Description: 'a{end} b'\nResources") + "!Sub 'x ${A}'\n"
    template = read(source.encode(), "t.yml").template
    assert template is not None
    (mention,) = mentions(template.outputs["A"].value)
    assert mention.span is not None
    assert mention.span.column == COLUMN


@pytest.mark.parametrize(
    "written",
    [
        "!Sub '" + "${A}" * 60_000 + "'",
        "!Sub |\n" + "      ${A} ${B}\n" * 30_000,
        '!Sub "\\x41' + "a\\n${A}" * 40_000 + '"',
    ],
    ids=["one line", "many lines", "escapes"],
)
def test_many_names_take_time_in_proportion(written: str) -> None:
    start = time.process_time()
    assert read(f"{HEAD}{written}\n".encode(), "t.yml").diagnostics is not None
    assert time.process_time() - start < 4
