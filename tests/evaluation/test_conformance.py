"""Values against a type's schema: conversions, old names, what is unset, all faults at once."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.evaluation.conformance import conform
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import PropertySchema, ResourceSchema, ValueType
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret

V = ValueType


def prop(value_type: ValueType, **more: Any) -> PropertySchema:
    return PropertySchema(value_type, **more)


TAG = prop(
    V.MAP,
    members={
        "Key": prop(V.STRING, required=True, min_length=1, max_length=128),
        "Value": prop(V.STRING, max_length=128),
    },
)
SCHEMA = ResourceSchema(
    "X::Copy",
    "",
    {
        "Image": prop(V.STRING, required=True),
        "ImageName": prop(
            V.STRING,
            empty_is_unset=True,
            min_length=2,
            max_length=8,
            pattern="[a-z][a-z0-9-]*",
            pattern_says="it begins with a letter",
        ),
        "Name": prop(V.STRING, old_name_of="ImageName"),
        "Encrypted": prop(V.BOOLEAN),
        "Size": prop(V.INTEGER),
        "Price": prop(V.NUMBER),
        "Platform": prop(V.STRING, allowed_values=("linux", "windows")),
        "Tags": prop(V.LIST, items=TAG, max_items=3),
        "Labels": prop(V.MAP, items=prop(V.STRING)),
        "Any": prop(V.ANY),
        "Loose": prop(V.LIST),
        "Pair": prop(V.LIST, items=prop(V.STRING), min_items=2, max_items=2),
    },
    {},
    "",
)

GOOD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("as-it-is", {"ImageName": "ab"}, {"ImageName": "ab"}),
    ("null-is-unset", {"ImageName": None, "Tags": None}, {}),
    ("no-value-is-unset", {"Tags": NO_VALUE}, {}),
    ("empty-is-unset", {"ImageName": ""}, {}),
    ("empty-stays-where-it-may", {"Image": ""}, {"Image": ""}),
    ("unknown-passes", {"ImageName": UNKNOWN, "Encrypted": UNKNOWN, "Tags": UNKNOWN},
     {"ImageName": UNKNOWN, "Encrypted": UNKNOWN, "Tags": UNKNOWN}),
    ("number-to-text", {"Image": 5}, {"Image": "5"}),
    ("boolean-to-text", {"Image": True}, {"Image": "true"}),
    ("true-text", {"Encrypted": "true"}, {"Encrypted": True}),
    ("True-text", {"Encrypted": "True"}, {"Encrypted": True}),
    ("yes", {"Encrypted": "yes"}, {"Encrypted": True}),
    ("one", {"Encrypted": 1}, {"Encrypted": True}),
    ("zero-text", {"Encrypted": "0"}, {"Encrypted": False}),
    ("integer-text", {"Size": "40"}, {"Size": 40}),
    ("whole-float", {"Size": 40.0}, {"Size": 40}),
    ("number-text", {"Price": "1.5"}, {"Price": 1.5}),
    ("tags", {"Tags": [{"Key": "a", "Value": 1}]}, {"Tags": [{"Key": "a", "Value": "1"}]}),
    ("tags-drop-null", {"Tags": [None, {"Key": "a", "Value": None}, NO_VALUE]},
     {"Tags": [{"Key": "a"}]}),
    ("tags-unknown-inside", {"Tags": [UNKNOWN, {"Key": UNKNOWN}]},
     {"Tags": [UNKNOWN, {"Key": UNKNOWN}]}),
    ("map-of-any-names", {"Labels": {"x": 1, "y": None}}, {"Labels": {"x": "1"}}),
    ("any", {"Any": {"x": [1]}}, {"Any": {"x": [1]}}),
    ("loose-list", {"Loose": [1, None, "x"]}, {"Loose": [1, "x"]}),
    ("secret", {"ImageName": Secret("golden")}, {"ImageName": Secret("golden")}),
    ("secret-converted", {"Encrypted": Secret("true")}, {"Encrypted": Secret(True)}),
    ("secret-null", {"ImageName": Secret(None)}, {}),
    ("secret-empty", {"ImageName": Secret("")}, {}),
]  # fmt: skip

BAD: list[tuple[str, dict[str, Any], list[tuple[str, tuple[Any, ...], str]]]] = [
    ("unknown-property", {"ImageNam": "x"},
     [("IF501", ("ImageNam",), "did you mean 'ImageName'?")]),
    ("unknown-property-far", {"Zzz": "x"}, [("IF501", ("Zzz",), "known are")]),
    ("unknown-even-if-null", {"ImageNam": None}, [("IF501", ("ImageNam",), "")]),
    ("required", {"Image": None}, [("IF502", ("Image",), "is required")]),
    ("required-and-wrong-is-one-fault", {"Image": []}, [("IF503", ("Image",), "a text, not a list")]),
    ("list-for-text", {"ImageName": ["x"]}, [("IF503", ("ImageName",), "a text, not a list")]),
    ("text-for-list", {"Tags": "x"}, [("IF503", ("Tags",), "a list, not the text 'x'")]),
    ("list-for-map", {"Labels": []}, [("IF503", ("Labels",), "a map, not a list")]),
    ("word-for-boolean", {"Encrypted": "maybe"}, [("IF503", ("Encrypted",), "'maybe'")]),
    ("two-for-boolean", {"Encrypted": 2}, [("IF503", ("Encrypted",), "a number")]),
    ("fraction-for-integer", {"Size": 1.5}, [("IF503", ("Size",), "a whole number")]),
    ("boolean-for-integer", {"Size": True}, [("IF503", ("Size",), "not a boolean")]),
    ("infinite", {"Price": float("inf")}, [("IF503", ("Price",), "a number")]),
    ("underscores", {"Size": "1_000"}, [("IF503", ("Size",), "'1_000'")]),
    ("too-short", {"ImageName": "a"}, [("IF504", ("ImageName",), "2 to 8 characters, and has 1")]),
    ("too-long", {"ImageName": "a" * 9}, [("IF504", ("ImageName",), "and has 9")]),
    ("pattern", {"ImageName": "1ab"}, [("IF505", ("ImageName",), "it begins with a letter")]),
    ("pattern-line-end", {"ImageName": "ab\n"}, [("IF505", ("ImageName",), "")]),
    ("not-allowed", {"Platform": "Linux"}, [("IF506", ("Platform",), "did you mean 'linux'?")]),
    ("too-many-items", {"Tags": [{"Key": "a"}] * 4}, [("IF507", ("Tags",), "and has 4")]),
    ("too-few-items", {"Pair": ["a"]}, [("IF507", ("Pair",), "2 to 2 items, and has 1")]),
    ("inside", {"Tags": [{"Key": "a"}, {"Key": "", "Valu": "x"}]},
     [("IF504", ("Tags", 1, "Key"), "'Tags[1].Key'"),
      ("IF501", ("Tags", 1, "Valu"), "did you mean 'Value'?")]),
    ("required-inside", {"Tags": [{"Value": "x"}]},
     [("IF502", ("Tags", 0, "Key"), "'Tags[0].Key' is required")]),
    ("old-and-new-differ", {"Name": "ab", "ImageName": "cd"},
     [("IF508", ("Name",), "'Name' and 'ImageName' differ")]),
    ("old-name-follows-the-rules-of-the-new", {"Name": "1ab"},
     [("IF505", ("Name",), "it begins with a letter")]),
    ("all-at-once", {"Image": {}, "Size": "x", "Other": 1},
     [("IF503", ("Image",), ""), ("IF503", ("Size",), ""), ("IF501", ("Other",), "")]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in GOOD], ids=[c[0] for c in GOOD])
def test_conforms(given: dict[str, Any], expected: dict[str, Any]) -> None:
    conformed = conform(SCHEMA, {"Image": "m-1", **given})
    assert conformed.problems == ()
    assert conformed.values == {"Image": "m-1", **expected}
    for name, value in expected.items():
        assert type(conformed.values[name]) is type(value)


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_does_not_conform(given: dict[str, Any], expected: list[Any]) -> None:
    problems = conform(SCHEMA, {"Image": "m-1", **given}).problems
    assert [(one.code, one.path) for one in problems] == [one[:2] for one in expected]
    for problem, (_, _, says) in zip(problems, expected, strict=True):
        assert says in f"{problem.message} {problem.why} {problem.remedy}"
        assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    "given",
    [{"Name": "ab"}, {"Name": "ab", "ImageName": "ab"}],
    ids=["old-alone", "both-the-same"],
)
def test_an_old_name_is_moved_with_a_warning(given: dict[str, Any]) -> None:
    conformed = conform(SCHEMA, {"Image": "m-1", **given})
    assert conformed.values == {"Image": "m-1", "ImageName": "ab"}
    (problem,) = conformed.problems
    assert problem.severity is Severity.WARNING
    assert problem.path == ("Name",)


def test_an_old_name_beside_a_value_known_later_is_only_a_warning() -> None:
    conformed = conform(SCHEMA, {"Image": "m-1", "Name": "ab", "ImageName": UNKNOWN})
    assert [one.severity for one in conformed.problems] == [Severity.WARNING]


@pytest.mark.parametrize(
    "given",
    [
        {"ImageName": Secret("s3cret!!")},
        {"ImageName": Secret("s3cret-which-is-much-too-long")},
        {"Encrypted": Secret("s3cret")},
        {"Platform": Secret("s3cret")},
        {"Tags": Secret([{"s3cret": 1}])},
        {"Tags": [{"Key": "a", "Value": Secret(["s3cret"])}]},
        {"Name": Secret("s3cret"), "ImageName": "ab"},
    ],
    ids=["pattern", "length", "boolean", "allowed", "key", "inside", "renamed"],
)
def test_a_secret_is_checked_and_not_shown(given: dict[str, Any]) -> None:
    problems = conform(SCHEMA, {"Image": "m-1", **given}).problems
    assert problems
    assert "s3cret" not in repr(problems)
