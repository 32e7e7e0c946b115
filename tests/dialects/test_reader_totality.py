"""The reader is total: whatever the bytes, it answers with a template or with diagnostics."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.dialects.reader import read

GOOD = [
    path.read_bytes()
    for path in sorted((Path(__file__).parent.parent / "templates" / "good").iterdir())
]
SPLINTERS = [
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\n", b"\t", b"  ", b"- ", b"? ", b"&a ",
    b"*a", b"<<: ", b"!Ref ", b"!Sub ", b"!GetAtt ", b"!If ", b"!Not ", b"!!set ", b"!x ", b"${",
    b"Fn::Sub: ", b"Fn::GetAtt: ", b"Fn::If: ", b"Ref: ", b"Condition: ", b"null", b"~", b"no",
    b"010", b"1:30", b".nan", b"1e999", b"#", b"---\n", b"...\n", b"%TAG ! x\n", b"\xff", b"\0",
    b"\xed\xa0\x80", b"\\ud800", b"|\n", b">\n", b"Type: ", b"Properties: ", b"Resources:\n",
    b"Transform: x\n", b"Default: ", b"Count: ", b"AllowedValues: ", b"{{resolve:ssm:a}}",
]  # fmt: skip


def check(source: bytes) -> None:
    reading = read(source, "t")
    assert reading.template is not None or reading.has_errors
    for diagnostic in reading.diagnostics:
        assert diagnostic.code.startswith("IF1")
        assert diagnostic.message
        assert len(diagnostic.message) < 400
        if diagnostic.code != "IF199":
            assert diagnostic.span is not None
            assert diagnostic.span.line >= 1
            assert diagnostic.span.column >= 1
    assert read(source, "t") == reading


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes(source: bytes) -> None:
    check(source)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_as_a_template(text: str) -> None:
    head = "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n"
    check((head + text).encode("utf-8", "surrogatepass"))


@given(st.lists(st.sampled_from(SPLINTERS), max_size=40))
@settings(max_examples=300, deadline=None)
def test_splinters_of_templates(parts: list[bytes]) -> None:
    check(b"".join(parts))
    check(b"ROSTemplateFormatVersion: '2015-09-01'\nOutputs:\n  A:\n    Value: " + b"".join(parts))


@given(st.sampled_from(GOOD), st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=300, deadline=None)
def test_damaged_templates(source: bytes, seed: int, wounds: int) -> None:
    chance = random.Random(seed)
    for _ in range(wounds):
        start = chance.randrange(len(source) + 1)
        end = min(len(source), start + chance.choice([0, 0, 1, 2, 10, 60]))
        source = source[:start] + chance.choice([b"", *SPLINTERS]) + source[end:]
    check(source)
