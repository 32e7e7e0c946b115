"""Flattened parameters and error replies, both directions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageferry.wire.alibaba_rpc import (
    ErrorReply,
    decode_boolean,
    decode_error,
    decode_list,
    decode_tags,
    encode_error,
    flatten,
    nest,
)


@pytest.mark.parametrize(
    ("parameters", "pairs"),
    [
        pytest.param({"ImageId": "m-1"}, (("ImageId", "m-1"),), id="text"),
        pytest.param(
            {"Encrypted": True, "Force": False},
            (("Encrypted", "true"), ("Force", "false")),
            id="booleans",
        ),
        pytest.param({"PageSize": 100}, (("PageSize", "100"),), id="integer"),
        pytest.param({"Price": 0.5}, (("Price", "0.5"),), id="float"),
        pytest.param({"A": None, "B": "", "C": [], "D": {}}, (("B", ""),), id="nothing and empty"),
        pytest.param(
            {"ResourceId": ["a", "b"]}, (("ResourceId.1", "a"), ("ResourceId.2", "b")), id="list"
        ),
        pytest.param(
            {"Tag": [{"Key": "k", "Value": ""}, {"Key": "l", "Value": "v"}]},
            (("Tag.1.Key", "k"), ("Tag.1.Value", ""), ("Tag.2.Key", "l"), ("Tag.2.Value", "v")),
            id="list of structures",
        ),
        pytest.param(
            {"SystemDisk": {"Size": 40, "Category": "cloud_essd"}},
            (("SystemDisk.Size", "40"), ("SystemDisk.Category", "cloud_essd")),
            id="structure",
        ),
        pytest.param({"F": [{"V": ["a"]}]}, (("F.1.V.1", "a"),), id="deep"),
    ],
)
def test_flatten(parameters: dict[str, object], pairs: tuple[tuple[str, str], ...]) -> None:
    assert flatten(parameters) == pairs


def test_flatten_refuses_what_cannot_be_sent() -> None:
    with pytest.raises(TypeError, match=r'"A\.1" is a bytes'):
        flatten({"A": [b"x"]})


@pytest.mark.parametrize(
    ("pairs", "parameters"),
    [
        pytest.param((("A", "1"), ("A", "2")), {"A": "2"}, id="twice"),
        pytest.param(
            (("Tag.2.Key", "b"), ("Tag.1.Key", "a")),
            {"Tag": [{"Key": "a"}, {"Key": "b"}]},
            id="any order",
        ),
        pytest.param(
            (("L.9", "c"), ("L.10", "d"), ("L.3", "b")),
            {"L": ["b", "c", "d"]},
            id="gaps and numeric order",
        ),
        pytest.param((("L.99999999999999999999", "x"),), {"L": ["x"]}, id="huge index"),
        pytest.param((("L." + "9" * 5000, "x"),), {"L": ["x"]}, id="index too long for an int"),
        pytest.param((("A", "x"), ("A.1", "y")), {"A": ["y"]}, id="value, then parts"),
        pytest.param((("A.1", "y"), ("A", "x")), {"A": ["y"]}, id="parts, then value"),
        pytest.param((("A.B.C", "x"), ("A.B", "y")), {"A": {"B": {"C": "x"}}}, id="inner clash"),
        pytest.param(
            (("A..B", "x"), (".", "y"), ("A.", "z")),
            {"A..B": "x", ".": "y", "A.": "z"},
            id="odd dots",
        ),
        pytest.param(
            ((".".join("abcdefghijk"), "x"),), {".".join("abcdefghijk"): "x"}, id="too deep"
        ),
        pytest.param((("A.²", "x"),), {"A": {"²": "x"}}, id="digit outside ASCII"),
    ],
)
def test_nest(pairs: tuple[tuple[str, str], ...], parameters: dict[str, object]) -> None:
    assert nest(pairs) == parameters


words = st.text(
    st.characters(codec="utf-8", exclude_characters="."), min_size=1, max_size=6
).filter(lambda word: not (word.isascii() and word.isdigit()))
trees = st.recursive(
    st.text(max_size=6),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=12)
        | st.dictionaries(words, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def _depth(tree: object) -> int:
    match tree:
        case dict():
            return 1 + max(map(_depth, tree.values()), default=0)
        case list():
            return 1 + max(map(_depth, tree), default=0)
    return 0


@given(st.dictionaries(words, trees, max_size=4).filter(lambda tree: _depth(tree) <= 8))
def test_what_is_flattened_nests_again(parameters: dict[str, object]) -> None:
    assert nest(flatten(parameters)) == parameters


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=4)), max_size=8))
def test_nest_is_total(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(nest(tuple(pairs)), dict)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("FALSE", False), ("", None), ("yes", None), ("1", None)],
)
def test_booleans(text: str, value: bool | None) -> None:
    assert decode_boolean(text) is value


@pytest.mark.parametrize(
    ("pairs", "tags"),
    [
        pytest.param((("Tag.1.Key", "a"), ("Tag.1.Value", "b")), (("a", "b"),), id="full"),
        pytest.param((("Tag.1.Key", "a"),), (("a", ""),), id="no value is an empty one"),
        pytest.param(
            (("Tag.1.key", "a"), ("Tag.1.value", "b")), (("a", "b"),), id="older spelling"
        ),
        pytest.param((("Tag.1.Value", "b"),), ((None, "b"),), id="value without key"),
        pytest.param((("Tag", "b"),), (), id="no list"),
        pytest.param((("Tag.1", "b"),), (), id="no structure"),
        pytest.param((("Tag.1.Key.1", "b"), ("Tag.1.Value.1", "b")), ((None, ""),), id="too deep"),
    ],
)
def test_tags(pairs: tuple[tuple[str, str], ...], tags: tuple[tuple[str | None, str], ...]) -> None:
    assert decode_tags(nest(pairs).get("Tag")) == tags


@pytest.mark.parametrize(
    ("pairs", "texts"),
    [
        pytest.param((), (), id="absent"),
        pytest.param((("X", "a"),), ("a",), id="plain"),
        pytest.param((("X.1", "a"), ("X.2", "b")), ("a", "b"), id="list"),
        pytest.param((("X.1", "a"), ("X.2.K", "b")), ("a",), id="structures are passed over"),
        pytest.param((("X.K", "b"),), (), id="a structure is no list"),
    ],
)
def test_lists(pairs: tuple[tuple[str, str], ...], texts: tuple[str, ...]) -> None:
    assert decode_list(nest(pairs).get("X")) == texts


@given(st.builds(ErrorReply, st.text(min_size=1), st.text(), st.text(), st.text(), st.text()))
def test_errors_return(error: ErrorReply) -> None:
    assert decode_error(encode_error(error)) == error
    assert all(isinstance(value, str) for value in json.loads(encode_error(error)).values())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"<html>", None, id="page"),
        pytest.param(b"[]", None, id="list"),
        pytest.param(b"\xff", None, id="no text"),
        pytest.param(b'{"Message": "x"}', None, id="no code"),
        pytest.param(b'{"Code": 7}', None, id="code is a number"),
        pytest.param(
            b'{"code": "C", "message": "M", "requestId": "R"}',
            ErrorReply("C", "M", "R"),
            id="small first letters",
        ),
    ],
)
def test_errors_of_others(body: bytes, error: ErrorReply | None) -> None:
    assert decode_error(body) == error
