"""JSON: the same values as the standard library, with places, and nothing more than JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import Unreadable, descend, plain
from imageferry.model.diagnostics import Diagnostic

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1, 4]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_the_standard_library_writes_is_read_back(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    warnings: list[Diagnostic] = []
    assert plain(read_json(text, "t", warnings)) == value
    assert warnings == []


@given(st.text(alphabet='{}[]",:0123456789.-+eEtrufalsn \n\\', max_size=12))
@settings(max_examples=500, deadline=None)
def test_what_the_standard_library_refuses_is_refused(text: str) -> None:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        expected = json.loads(text, parse_constant=refuse)
    except ValueError:
        with pytest.raises(Unreadable):
            read_json(text, "t", [])
        return
    if "Infinity" in json.dumps(expected):  # the standard library reads 1e999 so
        with pytest.raises(Unreadable, match="too large"):
            read_json(text, "t", [])
        return
    assert plain(read_json(text, "t", [])) == expected


def test_every_node_has_its_place() -> None:
    root = read_json('{\n "a": [1, {"b":\n  "é"}],\n "c": null}', "t", [])
    assert {path: (part.span.line, part.span.column) for path, part in descend(root)} == {
        "": (1, 1), "/a": (2, 7), "/a/0": (2, 8), "/a/1": (2, 11), "/a/1/b": (3, 3), "/c": (4, 7),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param("", (1, 1), "ends before", id="nothing"),
        pytest.param("[1,\n 2", (2, 3), "list that begins on line 1", id="open list"),
        pytest.param('{"a"\n 1}', (2, 2), "':' is missing after the key 'a'", id="no colon"),
        pytest.param('{"a": "b', (1, 7), "not closed", id="open text"),
        pytest.param('["\\x"]', (1, 3), "names no character", id="escape"),
        pytest.param('["\\u12g4"]', (1, 4), "names no character", id="unicode escape"),
        pytest.param("[1, // x\n 2]", (1, 5), "comment", id="comment in a list"),
        pytest.param('{"a": 1 # x\n}', (1, 9), "comment", id="comment after a value"),
        pytest.param("{a: 1}", (1, 2), "a key is expected", id="bare key"),
        pytest.param("['a']", (1, 2), "single quotes", id="single quotes"),
        pytest.param("[True]", (1, 2), "'True' is no JSON value", id="word of another language"),
        pytest.param("[01]", (1, 2), "'01' is no JSON value", id="leading zero"),
        pytest.param("[+1]", (1, 2), "'+1' is no JSON value", id="plus"),
        pytest.param("[,]", (1, 2), "a value is expected", id="lone comma"),
        pytest.param("[1,]", (1, 3), "',' stands before the end", id="trailing comma"),
        pytest.param("[1] 2", (1, 5), "after the end", id="second document"),
    ],
)
def test_a_fault_is_told_at_its_place(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(text, "t", [])
    diagnostic = caught.value.diagnostic
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == place
    assert words in diagnostic.message
    assert diagnostic.remedy


def test_a_duplicate_key_tells_both_places_and_the_last_counts() -> None:
    warnings: list[Diagnostic] = []
    root = read_json('{"a": 1,\n "a": 2}', "t", warnings)
    assert plain(root) == {"a": 2}
    (warning,) = warnings
    assert warning.span is not None
    assert warning.span.line == 2
    assert "line 1, column 2" in warning.why
