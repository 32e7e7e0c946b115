"""What Metadata says of parameters, and fields of parameters that have no effect."""

from __future__ import annotations

import pytest

from tests.dialects.forms import Document, cfn, codes, read_both, ros, shown, told

THING = {"R": {"Type": "AWS::X::Y"}}
PARAMETER = {"P": {"Type": "String"}}


def interface(**parts: object) -> dict[str, object]:
    return {"AWS::CloudFormation::Interface": parts}


def groups(*names: object) -> list[object]:
    return [{"Label": {"default": "x"}, "Parameters": list(names)}]


NAMED: dict[str, tuple[Document, list[str]]] = {
    "groups of cloudformation": (
        cfn(
            Parameters=PARAMETER,
            Metadata=interface(ParameterGroups=groups("P", "Q")),
            Resources=THING,
        ),
        ["'ParameterGroups' names 'Q', which is no parameter"],
    ),
    "labels of cloudformation": (
        cfn(
            Parameters=PARAMETER,
            Metadata=interface(ParameterLabels={"Q": {"default": "x"}}),
            Resources=THING,
        ),
        ["'ParameterLabels' names 'Q', which is no parameter"],
    ),
    "groups and hidden ones of ros": (
        ros(
            Parameters=PARAMETER,
            Metadata={
                "ALIYUN::ROS::Interface": {"ParameterGroups": groups("Q"), "Hidden": ["P", "X"]}
            },
        ),
        [
            "'ParameterGroups' names 'Q', which is no parameter",
            "'Hidden' names 'X', which is no parameter",
        ],
    ),
    "other shapes": (
        cfn(
            Parameters=PARAMETER,
            Metadata=interface(ParameterGroups="x", ParameterLabels=[1], Hidden={}),
            Resources=THING,
        ),
        [],
    ),
    "no map": (ros(Metadata="x"), []),
}


@pytest.mark.parametrize(("document", "messages"), NAMED.values(), ids=NAMED)
def test_metadata_names_parameters(document: Document, messages: list[str]) -> None:
    reading = read_both(document)
    assert codes(reading) == ["IF160"] * len(messages)
    assert [message for _, message, _ in told(reading)] == messages
    assert not reading.has_errors


def test_labels_stand_in_the_metadata_of_cloudformation() -> None:
    labels = {"P": {"default": "A word"}, "Q": {"default": None}}
    parameters = {"P": {"Type": "String"}, "Q": {"Type": "String"}}
    metadata = interface(ParameterLabels=labels)
    template = read_both(cfn(Parameters=parameters, Metadata=metadata, Resources=THING)).template
    assert template is not None
    assert [one.label for one in template.parameters.values()] == ["A word", ""]


EFFECTS: dict[str, tuple[dict[str, object], list[str]]] = {
    "a length of a number": ({"Type": "Number", "MinLength": 1}, ["IF161"]),
    "a bound of a text": ({"Type": "String", "MaxValue": 1}, ["IF161"]),
    "a pattern of a number": ({"Type": "Number", "AllowedPattern": "a"}, ["IF161"]),
    "a length of a list": ({"Type": "CommaDelimitedList", "MaxLength": 3}, []),
    "a bound of a number": ({"Type": "Number", "MinValue": 1}, []),
    "null": ({"Type": "Number", "MinLength": None}, []),
    "a length of JSON": ({"Type": "Json", "MinLength": 1}, []),
    "confirmed and shown": ({"Type": "String", "Confirm": True}, ["IF161"]),
    "confirmed and secret": ({"Type": "String", "Confirm": True, "NoEcho": True}, []),
    "confirmed, a number": ({"Type": "Number", "Confirm": True, "NoEcho": True}, ["IF161"]),
    "not confirmed": ({"Type": "String", "Confirm": False}, []),
}


@pytest.mark.parametrize(("fields", "expected"), EFFECTS.values(), ids=EFFECTS)
def test_a_field_without_effect_is_a_warning(
    fields: dict[str, object], expected: list[str]
) -> None:
    reading = read_both(ros(Parameters={"P": fields}))
    assert codes(reading) == expected
    assert not reading.has_errors


def test_properties_may_be_chosen_as_a_whole_in_ros() -> None:
    chosen = {"Fn::If": ["C", {"A": 1, "B": {"Ref": "R"}}, {"A": 2}]}
    document = ros(
        Conditions={"C": {"Fn::Equals": [1, 1]}},
        Resources={"R": {"Type": "X"}, "S": {"Type": "X", "Properties": chosen}},
    )
    reading = read_both(document)
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template) == {
        "if C": "equals([1, 1])",
        "R": "X",
        "S": "X",
        "S.A": "if(?C, 1, 2)",
        "S.B": "if(?C, @R, $no_value)",
    }
