"""What functions and references give, against the property that they stand in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

DECLARED = (
    "Parameters:\n  Text: {Type: String}\n  List: {Type: CommaDelimitedList}\n"
    "  Flag: {Type: Boolean}\n  Data: {Type: Json}\n"
    "Conditions:\n  C: {'Fn::Equals': [{Ref: Text}, a]}\n"
)


def ros(line: str, count: str = "") -> str:
    return (
        f"{DECLARED}Resources:\n  B:\n    Type: ALIYUN::ECS::CopyImage\n{count}"
        "    Properties: {ImageId: m-1, DestinationRegionId: x}\n"
        "  A:\n    Type: ALIYUN::ECS::CopyImage\n    Properties:\n      ImageId: m-1\n"
        f"      DestinationRegionId: cn-beijing\n      {line}\n"
    )


COUNTED = "    Count: 2\n"
WRONG: list[tuple[str, str, int, str]] = [
    ("list-parameter-for-text", ros("KMSKeyId: {Ref: List}"), 18, "take one item with 'Fn::Select'"),
    ("split-for-text", ros("KMSKeyId: {'Fn::Split': [',', {Ref: Text}]}"), 18,
     "'Fn::Split' gives a list"),
    ("list-for-boolean", ros("Encrypted: {Ref: List}"), 18, "must be true or false, not a list"),
    ("text-for-list", ros("Tag: {Ref: Text}"), 18, "'Tag' must be a list, not text"),
    ("join-for-list", ros("Tag: {'Fn::Join': [',', {Ref: List}]}"), 18, "cut it with 'Fn::Split'"),
    ("attribute-for-list", ros("Tag: {'Fn::GetAtt': [B, ImageId]}"), 18, "must be a list, not text"),
    ("counted-reference-for-text", ros("KMSKeyId: {Ref: B}", COUNTED), 19, "'B' is a list"),
    ("counted-attribute-for-text", ros("KMSKeyId: {'Fn::GetAtt': [B, ImageId]}", COUNTED), 19,
     "must be a text, not a list"),
    ("member-of-an-item", ros("Tag: [{Key: {Ref: List}}]"), 18, "'Tag[0].Key' must be a text"),
    ("item-of-a-list", ros("Tag: [{Ref: Text}]"), 18, "'Tag[0]' must be a map, not text"),
    ("branch-of-an-if", ros("KMSKeyId: {'Fn::If': [C, {Ref: List}, k]}"), 18, "'List' is a list"),
    ("both-branches-told-once",
     ros("KMSKeyId: {'Fn::If': [C, {Ref: List}, {Ref: List}]}"), 18, "'List' is a list"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "says"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG]
)
def test_wrong_whatever_the_parameters_are(
    template_of: Reader, codes_of: Codes, catalog: Catalog, text: str, line: int, says: str
) -> None:
    faults = validate(template_of(text), catalog)
    assert codes_of(faults) == [("IF503", line)]
    assert faults[0].is_error
    assert faults[0].message.startswith("A: ")
    assert says in f"{faults[0].message} {faults[0].why} {faults[0].remedy}"


FITTING: list[tuple[str, str]] = [
    ("text-for-boolean", ros("Encrypted: {Ref: Text}")),
    ("boolean-for-text", ros("KMSKeyId: {Ref: Flag}")),
    ("number-for-text", ros("KMSKeyId: {'Fn::Length': {Ref: List}}")),
    ("json-for-list", ros("Tag: {Ref: Data}")),
    ("json-for-text", ros("KMSKeyId: {Ref: Data}")),
    ("list-for-list", ros("Tag: {Ref: List}")),
    ("one-of-a-counted", ros("KMSKeyId: {'Fn::Select': [0, {'Fn::GetAtt': [B, ImageId]}]}", COUNTED)),
    ("instance-of-a-counted", ros("KMSKeyId: {Ref: 'B[0]'}", COUNTED)),
    ("nothing", ros("KMSKeyId: {Ref: 'ALIYUN::NoValue'}")),
    ("nothing-in-a-branch", ros("Tag: {'Fn::If': [C, {Ref: Data}, {Ref: 'ALIYUN::NoValue'}]}")),
    ("data-from-jq", ros("Tag: {'Fn::Jq': [First, '.x', {Ref: Data}]}")),
]  # fmt: skip


@pytest.mark.parametrize("text", [c[1] for c in FITTING], ids=[c[0] for c in FITTING])
def test_fitting(template_of: Reader, catalog: Catalog, text: str) -> None:
    assert [one for one in validate(template_of(text), catalog) if one.is_error] == []


def test_exports_of_one_name(template_of: Reader, codes_of: Codes, catalog: Catalog) -> None:
    text = (
        "AWSTemplateFormatVersion: '2010-09-09'\n"
        "Conditions: {C: !Equals [!Ref AWS::Region, a], D: !Not [!Condition C]}\n"
        "Resources:\n  A: {Type: TF::Alicloud::ImageCopy, Properties: {SourceImageId: m-1}}\n"
        "Outputs:\n"
        "  A: {Value: !Ref A, Export: {Name: one}}\n"
        "  B: {Value: !Ref A, Export: {Name: one}}\n"
        "  C: {Value: !Ref A, Export: {Name: !Sub '${AWS::StackName}-x'}}\n"
        "  D: {Value: !Ref A, Export: {Name: !Sub '${AWS::StackName}-x'}}\n"
        "  E: {Value: !Ref A, Export: {Name: two}, Condition: C}\n"
        "  F: {Value: !Ref A, Export: {Name: two}, Condition: D}\n"
    )
    faults = validate(template_of(text), catalog)
    assert codes_of(faults) == [("IF361", 7), ("IF361", 9)]
    assert "'A' and 'B' have the same export name 'one'" in faults[0].message
