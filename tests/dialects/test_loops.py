"""Loops: what they make, over what, and what is said where they cannot."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from imageferry.dialects.limits import MAX_RESOURCES
from imageferry.dialects.reader import read
from imageferry.dialects.rewriting.loops import MAX_WRITTEN_OUT
from imageferry.dialects.vocabulary import BEYOND_CODES
from tests.dialects.forms import (
    Document,
    cfn,
    codes,
    extended,
    read_both,
    shown,
    template_of,
    told,
)

THING = {"Type": "AWS::X::Y"}


def loop(over: object, body: object, identifier: object = "I") -> dict[str, object]:
    return {"Fn::ForEach::Loop": [identifier, over, body]}


def thing(**properties: object) -> dict[str, object]:
    return {"Type": "AWS::X::Y", "Properties": properties}


MADE: dict[str, tuple[Document, dict[str, str]]] = {
    "a list": (
        extended(Resources=loop(["A", "B"], {"R${I}": thing(Name={"Ref": "I"})})),
        {"RA": "AWS::X::Y", "RA.Name": '"A"', "RB": "AWS::X::Y", "RB.Name": '"B"'},
    ),
    "no items": (extended(Resources={"R": THING} | loop([], {"R${I}": THING})), {"R": "AWS::X::Y"}),
    "texts": (
        extended(
            Resources=loop(
                ["A"], {"R${I}": thing(Plain="x-${I}", Sub={"Fn::Sub": "${I}/${AWS::Region}"})}
            )
        ),
        {"RA": "AWS::X::Y", "RA.Plain": '"x-A"', "RA.Sub": 'sub("A/", $region)'},
    ),
    "a name without what a name cannot have": (
        extended(Resources=loop(["cn-a_1"], {"R&{I}": thing(Of={"Ref": "I"}, To="&{I}")})),
        {"Rcna1": "AWS::X::Y", "Rcna1.Of": '"cn-a_1"', "Rcna1.To": '"cna1"'},
    ),
    "numbers": (
        extended(Resources=loop([1, 2], {"R${I}": THING})),
        {"R1": "AWS::X::Y", "R2": "AWS::X::Y"},
    ),
    "names of other things": (
        extended(
            Conditions=loop(["A"], {"Is${I}": {"Fn::Equals": [{"Ref": "I"}, "A"]}}),
            Resources={
                "Fn::ForEach::Other": [
                    "I",
                    ["A"],
                    {
                        "R${I}": {
                            "Type": "AWS::X::Y",
                            "Condition": "Is${I}",
                            "DependsOn": ["Before${I}"],
                            "DeletionPolicy": {"Fn::If": ["Is${I}", "Retain", "Delete"]},
                        }
                    },
                ],
                "BeforeA": THING,
            },
        ),
        {
            "if IsA": 'equals(["A", "A"])',
            "RA": "AWS::X::Y if IsA",
            "RA after": "BeforeA",
            "RA DeletionPolicy": 'if(?IsA, "Retain", "Delete")',
            "BeforeA": "AWS::X::Y",
        },
    ),
    "outputs and attributes": (
        extended(
            Resources={"RA": THING},
            Outputs=loop(
                ["A"],
                {
                    "Fn::ForEach::Attributes": [
                        "P",
                        ["Arn", "Id"],
                        {
                            "O${I}${P}": {
                                "Value": {"Fn::GetAtt": [{"Fn::Sub": "R${I}"}, {"Ref": "P"}]}
                            }
                        },
                    ]
                },
            ),
        ),
        {"RA": "AWS::X::Y", "= OAArn": '"RA"."Arn"', "= OAId": '"RA"."Id"'},
    ),
    "inside of properties": (
        extended(Resources={"R": thing(Tags={"k": "v"} | loop(["a", "b"], {"t${I}": "${I}!"}))}),
        {"R": "AWS::X::Y", "R.Tags": '{"k": "v", "ta": "a!", "tb": "b!"}'},
    ),
    "properties themselves": (
        extended(Resources={"R": thing(**loop(["A"], {"P${I}": 1}))}),
        {"R": "AWS::X::Y", "R.PA": "1"},
    ),
    "over rows of a mapping": (
        extended(
            Mappings={"M": {"a": {"l": ["x", "y"]}, "b": {"l": ["z"]}}},
            Resources=loop(
                ["a", "b"],
                {
                    "Fn::ForEach::Inner": [
                        "J",
                        {"Fn::FindInMap": ["M", {"Ref": "I"}, "l"]},
                        {"R${I}${J}": THING},
                    ]
                },
            ),
        ),
        {"Rax": "AWS::X::Y", "Ray": "AWS::X::Y", "Rbz": "AWS::X::Y"},
    ),
    "over a parameter's default": (
        extended(
            Parameters={"L": {"Type": "CommaDelimitedList", "Default": "A, B"}},
            Resources=loop({"Ref": "L"}, {"R${I}": THING}),
        ),
        {"RA": "AWS::X::Y", "RB": "AWS::X::Y"},
    ),
    "over an empty default": (
        extended(
            Parameters={"L": {"Type": "CommaDelimitedList", "Default": ""}},
            Resources={"R": THING} | loop({"Ref": "L"}, {"R${I}": THING}),
        ),
        {"R": "AWS::X::Y"},
    ),
    "over a list with a parameter": (
        extended(
            Parameters={"S": {"Type": "String", "Default": "B"}},
            Resources=loop(["A", {"Ref": "S"}], {"R${I}": THING}),
        ),
        {"RA": "AWS::X::Y", "RB": "AWS::X::Y"},
    ),
}


@pytest.mark.parametrize(("document", "made"), MADE.values(), ids=MADE)
def test_a_loop_makes(document: Document, made: dict[str, str]) -> None:
    template = template_of(document)
    assert shown(template) == made
    assert template.transforms == ("AWS::LanguageExtensions",)


GIVEN: dict[str, tuple[Any, list[str]]] = {
    "text with commas": ("A, B", ["RA", "RB"]),
    "a list": (["A", "C"], ["RA", "RC"]),
    "numbers": ([1, 2], ["R1", "R2"]),
    "one": ("A", ["RA"]),
    "nothing": ("", []),
    "no items": ([], []),
}


@pytest.mark.parametrize(("value", "names"), GIVEN.values(), ids=GIVEN)
def test_what_the_caller_gives_counts_before_the_default(value: Any, names: list[str]) -> None:
    document = extended(
        Parameters={"L": {"Type": "CommaDelimitedList", "Default": "D"}},
        Resources={"Fixed": THING} | loop({"Ref": "L"}, {"R${I}": THING}),
    )
    assert list(template_of(document, {"L": value}).resources) == ["Fixed", *names]


def test_a_pseudo_parameter_may_be_given() -> None:
    document = extended(
        Mappings={"M": {"cn-a": {"l": ["x"]}}},
        Resources=loop({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "l"]}, {"R${I}": THING}),
    )
    assert list(template_of(document, {"AWS::Region": "cn-a"}).resources) == ["Rx"]
    assert codes(read_both(document, {})) == ["IF154"]
    assert read_both(document, {}).has_errors
    assert not read_both(document).has_errors


def test_a_loop_that_has_no_items_yet_is_checked_as_it_stands() -> None:
    document = extended(
        Parameters={"L": {"Type": "CommaDelimitedList"}},
        Conditions={"Fn::ForEach::C": ["J", {"Ref": "L"}, {"Is${J}": {"Fn::Equals": ["a", "b"]}}]},
        Resources=loop(
            {"Ref": "L"},
            {
                "R&{I}": {
                    "Type": "AWS::X::Y",
                    "Condition": "Is${I}",
                    "DependsOn": ["Other${I}"],
                    "Properties": {
                        "A": {"Ref": "I"},
                        "B": "to ${I}",
                        "C": {"Fn::Sub": "x-${I}-${AWS::Region}"},
                        "D": {"Fn::GetAtt": ["R&{I}", "Id"]},
                        "E": {"Fn::GetAtt": ["Other${I}", "Id"]},
                    },
                }
            },
        ),
    )
    reading = read_both(document)
    assert codes(reading) == ["IF154", "IF154"]
    assert not reading.has_errors
    assert reading.template is not None
    assert shown(reading.template) == {
        "if Is${L:Item}": 'equals(["a", "b"])',
        "R${L:Item}": "AWS::X::Y if Is${L:Item}",
        "R${L:Item}.A": "unresolved(null)",
        "R${L:Item}.B": 'unresolved("to ${L:Item}")',
        "R${L:Item}.C": 'sub("x-", unresolved(null), "-", $region)',
        "R${L:Item}.D": '"R${L:Item}"."Id"',
        "R${L:Item}.E": "unresolved(null)",
    }


FAULTS: dict[str, tuple[Document, list[tuple[str, int]]]] = {
    "without the transform": (cfn(Resources=loop(["A"], {"R${I}": THING})), [("IF152", 4)]),
    "no list of three": (
        extended(Resources={"R": THING, "Fn::ForEach::L": 3}),
        [("IF153", 8)],
    ),
    "an identifier that is none": (
        extended(Resources={"R": THING} | loop(["A"], {"R${I}": THING}, identifier="I-I")),
        [("IF153", 8)],
    ),
    "a body that is no map": (
        extended(Resources={"R": THING} | loop(["A"], [THING])),
        [("IF153", 8)],
    ),
    "an empty body": (extended(Resources={"R": THING} | loop(["A"], {})), [("IF153", 13)]),
    "a name without the identifier": (
        extended(Resources=loop(["A"], {"Same": THING})),
        [("IF153", 11)],
    ),
    "the same name twice": (
        extended(Resources=loop(["A", "A"], {"R${I}": THING})),
        [("IF153", 12)],
    ),
    "the name of a resource": (
        extended(Resources={"RA": THING} | loop(["A"], {"R${I}": THING})),
        [("IF153", 14)],
    ),
    "a second loop of the name": (
        extended(
            Resources=loop(["A"], {"R${I}": THING}),
            Outputs=loop(["A"], {"O${I}": {"Value": 1}}),
        ),
        [("IF153", 18)],
    ),
    "a loop called like a resource": (
        extended(Resources={"Loop": THING} | loop(["A"], {"R${I}": THING})),
        [("IF153", 8)],
    ),
    "over no parameter": (
        extended(Resources={"R": THING} | loop({"Ref": "R"}, {"R${I}": THING})),
        [("IF153", 11)],
    ),
    "over a parameter that is no list": (
        extended(
            Parameters={"S": {"Type": "String", "Default": "a,b"}},
            Resources={"R": THING} | loop({"Ref": "S"}, {"R${I}": THING}),
        ),
        [("IF153", 17)],
    ),
    "over a secret": (
        extended(
            Parameters={"S": {"Type": "CommaDelimitedList", "NoEcho": True}},
            Resources={"R": THING} | loop({"Ref": "S"}, {"R${I}": THING}),
        ),
        [("IF153", 17)],
    ),
    "over another function": (
        extended(Resources={"R": THING} | loop({"Fn::GetAtt": ["R", "Id"]}, {"R${I}": THING})),
        [("IF153", 10)],
    ),
    "over a row that is not there": (
        extended(
            Mappings={"M": {"a": {"b": ["c"]}}},
            Resources={"R": THING} | loop({"Fn::FindInMap": ["M", "a", "x"]}, {"R${I}": THING}),
        ),
        [("IF153", 19)],
    ),
    "a name that a resource cannot have": (
        extended(Resources=loop(["a-b"], {"R${I}": THING})),
        [("IF140", 11)],
    ),
    "in a mapping": (
        extended(Mappings=loop(["A"], {"M${I}": {}}), Resources={"R": THING}),
        [("IF153", 5)],
    ),
}


@pytest.mark.parametrize(("document", "faults"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_loop_is_told_at_its_line(
    document: Document, faults: list[tuple[str, int]]
) -> None:
    reading = read_both(document)
    lines = [line for _, _, line in told(reading)]
    assert list(zip(codes(reading), lines, strict=True)) == faults
    assert not {code for code, _ in faults} & BEYOND_CODES


def test_loops_without_end_are_refused_at_once() -> None:
    body: object = {"R${A}x${B}x${C}": THING}
    for identifier in "CBA":
        body = {f"Fn::ForEach::{identifier}": [identifier, list(range(1000)), body]}
    begun = time.perf_counter()
    reading = read(json.dumps(extended(Resources=body)).encode(), "template")
    assert codes(reading) == ["IF155"]
    assert f"{MAX_WRITTEN_OUT:,}" in reading.diagnostics[0].message
    assert time.perf_counter() - begun < 10


def test_more_resources_than_a_stack_may_have_are_not_read() -> None:
    over = [f"n{number}" for number in range(MAX_RESOURCES + 1)]
    document = extended(Resources=loop(over, {"R${I}": THING}))
    reading = read(json.dumps(document).encode(), "template")
    assert reading.template is None
    assert codes(reading) == ["IF194"]
    assert f"{MAX_RESOURCES + 1:,} resources" in reading.diagnostics[0].message


def test_a_long_item_counts_by_its_length() -> None:
    document = extended(
        Resources=loop(["x" * 100_000], {"R&{I}": thing(**{f"P{n}": "${I}" for n in range(1000)})})
    )
    assert "IF155" in codes(read(json.dumps(document).encode(), "template"))


def test_a_fault_of_the_body_is_told_once() -> None:
    body = {"R${I}": {"Type": "AWS::X::Y", "Odd": 1, "Properties": {"P": {"Fn::Nope": 1}}}}
    document = extended(Resources=loop(list(range(6000)), body))
    reading = read(json.dumps(document).encode(), "template")
    assert sorted(codes(reading)) == ["IF143", "IF170", "IF191"]
    assert reading.template is not None
    assert len(reading.template.resources) == 6000


def test_what_a_loop_makes_stands_where_its_body_stands() -> None:
    source = b"""AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Loop:
    - I
    - [A, B]
    - R${I}:
        Type: AWS::X::Y
        Properties:
          P: !Ref I
"""
    template = read(source, "template").template
    assert template is not None
    assert [one.span.line for one in template.resources.values()] == [7, 7]
    assert [one.property_spans["P"].line for one in template.resources.values()] == [10, 10]


def test_short_tags_stand_for_items_too() -> None:
    source = b"""AWSTemplateFormatVersion: '2010-09-09'
Transform: [AWS::LanguageExtensions]
Parameters: {L: {Type: CommaDelimitedList, Default: "A"}}
Resources:
  Fn::ForEach::Loop:
    - I
    - !Ref L
    - R${I}:
        Type: AWS::X::Y
        Properties:
          P: !Ref I
          Q: !Sub "x${I}"
          S: !GetAtt R${I}.Id
          T: !GetAtt [!Sub "R${I}", !Ref I]
"""
    reading = read(source, "template")
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template) == {
        "RA": "AWS::X::Y",
        "RA.P": '"A"',
        "RA.Q": '"xA"',
        "RA.S": '"RA"."Id"',
        "RA.T": '"RA"."A"',
    }


def test_ros_has_no_loops() -> None:
    source = b"""ROSTemplateFormatVersion: '2015-09-01'
Outputs: {O: {Value: {'Fn::ForEach::L': [I, [a], {}]}}}
"""
    assert codes(read(source, "template")) == ["IF170"]
