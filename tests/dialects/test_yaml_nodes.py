"""YAML: what plain words mean, merge keys, anchors, places, and both parsers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.dialects.syntax.nodes import MapNode, Node, Scalar, Unreadable, descend, plain
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.dialects.syntax.yaml_scalars import is_odd, resolve
from imageferry.model.diagnostics import Diagnostic


def node(text: str) -> Node:
    warnings: list[Diagnostic] = []
    root, _, _ = read_yaml(text, "t", warnings)
    assert warnings == []
    return root


def places(root: Node) -> dict[str, tuple[int, int]]:
    return {path: (part.span.line, part.span.column) for path, part in descend(root)}


WORDS: dict[str, object] = {
    "yes": True, "No": False, "ON": True, "off": False, "true": True, "FALSE": False,
    "y": "y", "n": "n", "nO": "nO", "": None, "~": None, "null": None, "Null": None, "nil": "nil",
    "0": 0, "-1": -1, "+12": 12, "0x10": 16, "-0x1F": -31, "010": 8, "0b101": 5, "1_000": 1000,
    "08": "08", "0x": "0x", "0b_": "0b_", "1:30": 90, "-1:30": -90, "1:90": "1:90",
    "1.5": 1.5, "-.5": -0.5, "1.": 1.0, "1.5e+3": 1500.0, "1.5e3": "1.5e3", "1e3": "1e3",
    "1e999": "1e999", "1:30.5": 90.5, ".": ".", "..": "..", "-": "-", "+": "+", "1.2.3": "1.2.3",
    "2015-09-01": "2015-09-01", "2015-09-01T10:00:00Z": "2015-09-01T10:00:00Z",
    "10.0.0.0/8": "10.0.0.0/8", "cn-hangzhou": "cn-hangzhou", "no-1": "no-1",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WORDS.items(), ids=[repr(word) for word in WORDS])
def test_a_plain_word_means_what_yaml_1_1_says(text: str, expected: object) -> None:
    found = resolve(text)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", "9" * 401, "1.0e+999"])
def test_a_number_that_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"finite|digits|large"):
        resolve(text)


@pytest.mark.parametrize(
    ("text", "odd"),
    [("0x10", True), ("010", True), ("1_0", True), ("1:30", True), ("0b1", True), ("1_0.5", True),
     ("1:30.5", True), ("10", False), ("-10", False), ("1.5", False), ("08", False), ("0", False)],
)  # fmt: skip
def test_numbers_that_look_otherwise_are_odd(text: str, odd: bool) -> None:
    assert is_odd(text, resolve(text)) is odd


class Loader(yaml.SafeLoader):
    """PyYAML's own reading, dates left as text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, regex) for tag, regex in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@given(st.text(alphabet="0123456789_.:+-xXbeEaAfFyesnoNOTrufl~ ", max_size=9))
@settings(max_examples=400, deadline=None)
def test_plain_words_mean_what_pyyaml_says(word: str) -> None:
    loader = Loader("")
    tag = loader.resolve(yaml.ScalarNode, word, (True, False))
    if tag.endswith(("merge", "value")):
        return
    try:
        expected = loader.construct_object(yaml.ScalarNode(tag, word))
    except (ValueError, IndexError):
        return  # "0b_" and its kin: PyYAML fails where it is text here
    if isinstance(expected, float) and not math.isfinite(expected):
        with pytest.raises(ValueError, match=r"finite|large"):
            resolve(word)
        return
    found = resolve(word)
    assert type(found) is type(expected)
    assert found == expected or found == pytest.approx(expected)


def test_every_node_has_its_place() -> None:
    assert places(node("a:\n  - b: 1\n    c: [x,\n      y]\nd: |\n  text\n")) == {
        "": (1, 1), "/a": (2, 3), "/a/0": (2, 5), "/a/0/b": (2, 8), "/a/0/c": (3, 8),
        "/a/0/c/0": (3, 9), "/a/0/c/1": (4, 7), "/d": (5, 4),
    }  # fmt: skip


def test_columns_count_characters() -> None:
    assert places(node("{复制: 'é', b: 1}"))["/b"] == (1, 14)


def test_keys_have_places_too() -> None:
    root = node("a: 1\n? b\n: 2\n'c': 3\n")
    assert isinstance(root, MapNode)
    spans = {name: (span.line, span.column) for name, span in root.key_spans.items()}
    assert spans == {"a": (1, 1), "b": (2, 3), "c": (4, 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: &x {k: 1}\nb: {<<: *x, l: 2}", {"k": 1, "l": 2}, id="added"),
        pytest.param("a: &x {k: 1}\nb: {k: 2, <<: *x}", {"k": 2}, id="own key wins, before"),
        pytest.param("a: &x {k: 1}\nb: {<<: *x, k: 2}", {"k": 2}, id="own key wins, after"),
        pytest.param(
            "a: [&x {k: 1}, &y {k: 2, l: 3}]\nb: {<<: [*x, *y]}", {"k": 1, "l": 3}, id="first wins"
        ),
        pytest.param("a: &x {k: 1}\nb: {'<<': *x}", {"<<": {"k": 1}}, id="quoted is a name"),
        pytest.param("a: &x {k: 1}\nb: *x", {"k": 1}, id="alias"),
        pytest.param("a: &x k\nb: {*x : 1}", {"k": 1}, id="alias as key"),
        pytest.param("a: {&x k: 1}\nb: {v: *x}", {"v": "k"}, id="anchored key"),
        pytest.param("b: {k: !!str 1, l: ! 2, m: !!int '3'}", {"k": "1", "l": "2", "m": 3}, id="core tags"),
        pytest.param("b: !!map {k: !!seq [1]}", {"k": [1]}, id="core collections"),
    ],
)  # fmt: skip
def test_merge_keys_anchors_and_core_tags(text: str, expected: object) -> None:
    root = plain(node(text))
    assert isinstance(root, dict)
    assert root["b"] == expected


def test_a_tagged_scalar_keeps_its_text() -> None:
    root = node("!Ref no")
    assert root == Scalar("no", "no", root.span, "!Ref")
    assert plain(root) == {"Ref": "no"}


@pytest.mark.parametrize("parser", [yaml.SafeLoader, yaml.CSafeLoader], ids=["python", "libyaml"])
def test_both_parsers_give_the_same_nodes(parser: Any) -> None:
    text = "a: &x [1, !Ref b, 'c']\nd: {<<: {k: ~}, e: *x}\nf: >-\n  x\n  y\n"
    expected = read_yaml(text, "t", [])
    assert read_yaml(text, "t", [], parser) == expected
    with pytest.raises(Unreadable, match="nested"):
        read_yaml("[" * 200, "t", [], parser)
    with pytest.raises(Unreadable, match="not YAML"):
        read_yaml("a: b: c", "t", [], parser)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc<~é", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
@settings(max_examples=150, deadline=None)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    root, _, _ = read_yaml(yaml.safe_dump(value, allow_unicode=True), "t", [])
    assert plain(root) == value
