"""Locals: where they are put in, what they may hold, and how much of it."""

from __future__ import annotations

import json
import time

import pytest

from imageferry.dialects.reader import read
from imageferry.dialects.rewriting.locals import MAX_NESTED
from tests.dialects.forms import Document, codes, read_both, ros, shown, template_of, told

REF = {"Ref": "L"}


def thing(**properties: object) -> dict[str, object]:
    return {"Type": "ALIYUN::X::Y", "Properties": properties}


def macro(value: object) -> dict[str, object]:
    return {"L": {"Value": value}}


PUT_IN: dict[str, tuple[Document, dict[str, str]]] = {
    "a value": (
        ros(Locals=macro([1, None]), Resources={"R": thing(P=REF)}),
        {"R": "ALIYUN::X::Y", "R.P": "[1, null]"},
    ),
    "null": (
        ros(Locals=macro(None), Outputs={"O": {"Value": REF}}),
        {"= O": "null"},
    ),
    "a function": (
        ros(Locals=macro({"Fn::Str": {"Ref": "ALIYUN::Region"}}), Resources={"R": thing(P=[REF])}),
        {"R": "ALIYUN::X::Y", "R.P": "str($region)"},
    ),
    "Count": (
        ros(Locals=macro(3), Resources={"R": {"Type": "ALIYUN::X::Y", "Count": REF}}),
        {"R": "ALIYUN::X::Y", "R Count": "3"},
    ),
    "an output": (
        ros(Locals=macro({"Ref": "R"}), Resources={"R": thing()}, Outputs={"O": {"Value": REF}}),
        {"R": "ALIYUN::X::Y", "= O": "@R"},
    ),
    "a condition": (
        ros(
            Locals={"L": {"Type": "Eval", "Value": {"Fn::Equals": [1, 1]}}},
            Conditions={"C": REF, "D": {"Fn::Not": REF}},
        ),
        {"if C": "equals([1, 1])", "if D": "not(equals([1, 1]))"},
    ),
    "the name of a condition": (
        ros(
            Locals=macro("C"),
            Conditions={"C": {"Fn::Equals": [1, 1]}, "D": {"Fn::And": [REF, "C"]}},
        ),
        {"if C": "equals([1, 1])", "if D": "and(?C, ?C)"},
    ),
    "the map of Sub": (
        ros(
            Locals=macro("x"),
            Outputs={"O": {"Value": {"Fn::Sub": ["${a}${b}", {"a": REF, "b": "y"}]}}},
        ),
        {"= O": 'sub("x", "y", "")'},
    ),
    "other locals": (
        ros(
            Locals={
                "L": {"Value": {"Fn::Join": ["-", [{"Ref": "M"}, {"Ref": "M"}]]}},
                "M": {"Type": "Eval", "Value": {"Fn::Str": 1}},
            },
            Outputs={"O": {"Value": REF}},
        ),
        {"= O": 'join("-", str(1), str(1))'},
    ),
    "an index where the instance is": (
        ros(
            Locals=macro({"Ref": "ALIYUN::Index"}),
            Resources={"R": {"Type": "ALIYUN::X::Y", "Count": 2, "Properties": {"P": REF}}},
        ),
        {"R": "ALIYUN::X::Y", "R Count": "2", "R.P": "$index"},
    ),
    "none": (ros(Locals={}, Resources={"R": thing()}), {"R": "ALIYUN::X::Y"}),
}


@pytest.mark.parametrize(("document", "parts"), PUT_IN.values(), ids=PUT_IN)
def test_a_local_is_put_in(document: Document, parts: dict[str, str]) -> None:
    assert shown(template_of(document)) == parts


def chain(length: int) -> dict[str, object]:
    inner = {f"N{n}": {"Value": [{"Ref": f"N{n - 1}"}]} for n in range(2, length + 1)}
    return {"N1": {"Value": 1}, **inner}


FAULTS: dict[str, tuple[Document, list[str], str]] = {
    "a query": (
        ros(Locals={"L": {"Type": "DATASOURCE::ECS::Images"}}),
        ["IF180"],
        "the local 'L' is a query of 'DATASOURCE::ECS::Images', which is not made here",
    ),
    "a query with a value": (
        ros(Locals={"L": {"Type": "DATASOURCE::ECS::Images", "Value": 1}}),
        ["IF180", "IF157"],
        "the local 'L' cannot have 'Value'",
    ),
    "a query named outside": (
        ros(Locals={"L": {"Type": "DATASOURCE::ECS::Images"}}, Outputs={"O": {"Value": REF}}),
        ["IF180", "IF158"],
        "the data source 'L' is named outside of 'Locals'",
    ),
    "no value": (ros(Locals={"L": {}}), ["IF144"], "the local 'L' has no 'Value'"),
    "properties": (
        ros(Locals={"L": {"Value": 1, "Properties": {}}}),
        ["IF157"],
        "the local 'L' cannot have 'Properties'",
    ),
    "another field": (
        ros(Locals={"L": {"Value": 1, "Vale": 1}}),
        ["IF143"],
        "a local has no field 'Vale'",
    ),
    "a type that is none": (
        ros(Locals={"L": {"Type": "Marco", "Value": 1}}),
        ["IF157"],
        "'Marco' is no type of a local",
    ),
    "no map": (ros(Locals={"L": 1}), ["IF145"], "the local 'L' must be a map, not the number 1"),
    "no section": (ros(Locals=[]), ["IF145"], "the section 'Locals' must be a map, not a list"),
    "the name of a parameter": (
        ros(Parameters={"L": {"Type": "String"}}, Locals=macro(1)),
        ["IF141"],
        "'L' is the name of a parameter and of a local",
    ),
    "the name of a resource": (
        ros(Locals=macro(1), Resources={"L": thing()}),
        ["IF141"],
        "'L' is the name of a local and of a resource",
    ),
    "itself": (ros(Locals=macro([REF])), ["IF159"], "the local 'L' needs itself"),
    "a circle": (
        ros(Locals={"A": {"Value": {"Ref": "B"}}, "B": {"Value": {"Ref": "A"}}, "L": {"Value": 1}}),
        ["IF159"],
        "the local 'A' needs itself",
    ),
    "too deep": (
        ros(Locals=chain(MAX_NESTED + 1)),
        ["IF159"],
        "the local 'N6' holds locals nested more than 5 deep",
    ),
    "an evaluated one that mentions a resource": (
        ros(
            Locals={"L": {"Type": "Eval", "Value": {"Fn::Sub": "${R.Id}"}}},
            Resources={"R": thing()},
        ),
        ["IF157"],
        "the local 'L' mentions the resource 'R'",
    ),
    "an attribute": (
        ros(Locals=macro({}), Outputs={"O": {"Value": {"Fn::GetAtt": ["L", "Id"]}}}),
        ["IF158"],
        "'L' is a local and has no attributes",
    ),
    "in the text of Sub": (
        ros(Locals=macro(1), Outputs={"O": {"Value": {"Fn::Sub": "${L}"}}}),
        ["IF158"],
        "the local 'L' is not seen in the text of Sub",
    ),
    "in Metadata": (
        ros(Locals=macro(1), Resources={"R": {"Type": "X", "Metadata": {"a": REF}}}),
        ["IF158"],
        "the local 'L' cannot be named in 'Metadata'",
    ),
    "in DeletionPolicy": (
        ros(Locals=macro("Retain"), Resources={"R": {"Type": "X", "DeletionPolicy": REF}}),
        ["IF158"],
        "the local 'L' cannot be named in 'DeletionPolicy'",
    ),
    "in DependsOn": (
        ros(Locals=macro("R"), Resources={"R": {"Type": "X", "DependsOn": [REF]}}),
        ["IF158"],
        "the local 'L' cannot be named in 'DependsOn'",
    ),
    "in UpdatePolicy": (
        ros(Locals=macro(1), Resources={"R": {"Type": "X", "UpdatePolicy": {"a": REF}}}),
        ["IF158", "IF146"],
        "the local 'L' cannot be named in 'UpdatePolicy'",
    ),
    "in Rules": (
        ros(Locals=macro(True), Rules={"A": {"Assertions": [{"Assert": REF}]}}),
        ["IF158"],
        "the local 'L' cannot be named in 'Rules'",
    ),
}


@pytest.mark.parametrize(("document", "expected", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_local_is_told(document: Document, expected: list[str], message: str) -> None:
    reading = read_both(document)
    assert sorted(codes(reading)) == sorted(expected)
    assert message in [said for _, said, _ in told(reading)]


def test_as_many_as_may_be_nested_are() -> None:
    template = template_of(ros(Locals=chain(MAX_NESTED), Outputs={"O": {"Value": {"Ref": "N5"}}}))
    assert shown(template) == {"= O": "[[[[1]]]]"}


def test_what_asks_a_query_has_no_value() -> None:
    reading = read_both(
        ros(
            Locals={
                "Q": {"Type": "DATASOURCE::ECS::Images", "Properties": {"ImageName": "x"}},
                "L": {"Type": "Eval", "Value": {"Fn::Str": {"Fn::GetAtt": ["Q", "ImageIds"]}}},
            },
            Outputs={"O": {"Value": REF}},
        )
    )
    assert codes(reading) == ["IF180"]
    assert reading.template is not None
    assert shown(reading.template) == {"= O": "str(unresolved(null))"}


def test_locals_that_repeat_each_other_are_refused_at_once() -> None:
    locals_: dict[str, object] = {"N0": {"Value": ["x"] * 100}}
    for n in range(1, 5):
        locals_[f"N{n}"] = {"Value": [{"Ref": f"N{n - 1}"}] * 100}
    source = json.dumps(ros(Locals=locals_, Outputs={"O": {"Value": {"Ref": "N4"}}})).encode()
    begun = time.perf_counter()
    assert codes(read(source, "template")) == ["IF155"]
    assert time.perf_counter() - begun < 2


def nested(depth: int, value: object) -> object:
    for _ in range(depth):
        value = [value]
    return value


def test_locals_do_not_nest_values_deeper_than_a_template_may() -> None:
    locals_ = {"A": {"Value": nested(60, 1)}, "L": {"Value": nested(60, {"Ref": "A"})}}
    assert codes(read_both(ros(Locals=locals_))) == ["IF107"]


def test_many_locals_in_a_row_take_no_time() -> None:
    source = json.dumps(ros(Locals=chain(5_000))).encode()
    begun = time.perf_counter()
    assert "IF159" in codes(read(source, "template"))
    assert time.perf_counter() - begun < 3


def test_short_tags_name_locals_too() -> None:
    source = b"""ROSTemplateFormatVersion: '2015-09-01'
Locals:
  L:
    Value: !Join ['-', [a, !Ref 'ALIYUN::Region']]
Outputs:
  O: {Value: !Ref L}
"""
    reading = read(source, "template")
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template) == {"= O": 'join("-", "a", $region)'}
    span = reading.template.outputs["O"].value.span
    assert span is not None
    assert span.line == 4


def stack(body: object) -> dict[str, object]:
    return {"Type": "ALIYUN::ROS::Stack", "Properties": {"TemplateBody": body, "Name": REF}}


def test_the_template_of_a_nested_stack_is_left_alone() -> None:
    body = {"Parameters": {"L": {"Type": "String"}}, "Outputs": {"O": {"Value": REF}}}
    found = shown(template_of(ros(Locals=macro("x"), Resources={"R": stack(body)})))
    assert found["R.Name"] == '"x"'
    assert json.loads(found["R.TemplateBody"]) == body


def test_a_nested_template_has_no_locals_where_the_outer_one_has() -> None:
    nested = {"R": stack({"Locals": {"M": {"Value": 1}}})}
    assert codes(read_both(ros(Locals=macro("x"), Resources=nested))) == ["IF158"]
    without = {"R": {"Type": "ALIYUN::ROS::Stack", "Properties": {"TemplateBody": {"Locals": {}}}}}
    assert codes(read_both(ros(Resources=without))) == []


@pytest.mark.parametrize(
    ("mentioned", "errors"),
    [
        ("P", ["IF180"]),
        ("L", ["IF180"]),
        ("ALIYUN::Region", ["IF180"]),
        ("R", ["IF180", "IF157"]),
        ("Q", ["IF180", "IF201"]),
    ],
    ids=["a-parameter", "a-local", "a-pseudo-parameter", "a-resource", "nothing"],
)
def test_what_a_query_mentions_is_checked(mentioned: str, errors: list[str]) -> None:
    query = {"Type": "DATASOURCE::ECS::Zones", "Properties": {"Region": {"Ref": mentioned}}}
    document = ros(
        Parameters={"P": {"Type": "String"}},
        Locals={"D": query, **macro("x")},
        Resources={"R": thing(X=REF)},
    )
    assert sorted(codes(read_both(document))) == sorted(errors)
