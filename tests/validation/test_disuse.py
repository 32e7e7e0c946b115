"""What is declared and never used: each at its line, and nothing that is used in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

COPY = (
    "Resources:\n  A:\n    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
    "      ImageId: {image}\n      DestinationRegionId: cn-beijing\n"
)
CFN = (
    "AWSTemplateFormatVersion: '2010-09-09'\n{more}"
    "Resources:\n  A:\n    Type: TF::Alicloud::ImageCopy\n    Properties: {{SourceImageId: {image}}}\n"
)


def ros(more: str = "", image: str = "m-1") -> str:
    return f"ROSTemplateFormatVersion: '2015-09-01'\n{more}" + COPY.replace("{image}", image)


def cfn(more: str = "", image: str = "m-1") -> str:
    return CFN.format(more=more, image=image)


PICKER = (
    "Parameters:\n  P: {Type: String}\n  Q:\n    Type: String\n"
    "    AssociationPropertyMetadata: {%s: P}\n"
)

UNUSED: list[tuple[str, str, list[tuple[str, int]]]] = [
    ("parameter", ros("Parameters:\n  P: {Type: String}\n"), [("IF217", 3)]),
    ("cloudformation-parameter", cfn("Parameters:\n  P: {Type: String}\n"), [("IF217", 3)]),
    ("in-a-group-only",
     ros("Parameters:\n  P: {Type: String}\nMetadata:\n  ALIYUN::ROS::Interface:\n"
         "    ParameterGroups: [{Parameters: [P]}]\n"), [("IF217", 3)]),
    ("in-a-comment-only",
     ros("Parameters:\n  P: {Type: String}\n# Ref: P\n"), [("IF217", 3)]),
    ("in-words-only",
     ros("Description: what P is\nParameters:\n  P: {Type: String}\n"), [("IF217", 4)]),
    ("condition", ros("Conditions:\n  C: {'Fn::Equals': [a, b]}\n"), [("IF218", 3)]),
    ("cloudformation-condition",
     cfn("Conditions:\n  C: !Equals [a, b]\n"), [("IF218", 3)]),
    ("mapping", ros("Mappings:\n  M: {a: {b: c}}\n"), [("IF219", 3)]),
    ("another-mapping",
     ros("Mappings:\n  M: {a: {b: m-1}}\n  N: {a: {b: c}}\n", "{'Fn::FindInMap': [M, a, b]}"),
     [("IF219", 4)]),
    ("all-three",
     ros("Parameters:\n  P: {Type: String}\nMappings:\n  M: {a: {b: c}}\n"
         "Conditions:\n  C: {'Fn::Equals': [a, b]}\n"),
     [("IF217", 3), ("IF219", 5), ("IF218", 7)]),
    ("parameter-of-an-unused-condition",
     ros("Parameters:\n  P: {Type: String}\nConditions:\n  C: {'Fn::Equals': [{Ref: P}, b]}\n"),
     [("IF218", 5)]),
    ("as-a-word-of-a-picker-s-own",
     ros(PICKER % "LocaleKey", "{Ref: Q}"), [("IF217", 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in UNUSED], ids=[c[0] for c in UNUSED])
def test_unused(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    text: str,
    expected: list[tuple[str, int]],
) -> None:
    faults = validate(template_of(text), catalog, source=text.encode())
    assert codes_of(faults) == expected
    assert not any(one.is_error for one in faults)


PARAMETER = "Parameters:\n  P: {Type: String}\n"
USED: list[tuple[str, str]] = [
    ("ref", ros(PARAMETER, "{Ref: P}")),
    ("by-a-picker", ros(PICKER % "ZoneId", "{Ref: Q}")),
    ("short-ref", cfn(PARAMETER, "!Ref P")),
    ("sub", ros(PARAMETER, "{'Fn::Sub': 'm-${P}'}")),
    ("in-a-condition",
     ros(PARAMETER + "Conditions:\n  C: {'Fn::Equals': [{Ref: P}, b]}\n",
         "{'Fn::If': [C, m-1, m-2]}")),
    ("in-an-output", ros(PARAMETER) + "Outputs:\n  O: {Value: {Ref: P}}\n"),
    ("in-a-policy", ros(PARAMETER).replace("    Prop", "    DeletionPolicy: {Ref: P}\n    Prop")),
    ("in-a-kept-attribute",
     ros(PARAMETER).replace("    Prop", "    UpdatePolicy: {X: {Ref: P}}\n    Prop")),
    ("in-a-kept-attribute-by-tag",
     ros(PARAMETER).replace("    Prop", "    UpdatePolicy: {X: !Ref P}\n    Prop")),
    ("by-the-picker-of-another",
     ros("Parameters:\n  P: {Type: String}\n  Q:\n    Type: String\n"
         "    AssociationPropertyMetadata: {ZoneId: '${P}'}\n", "{Ref: Q}")),
    ("by-the-picker-inside-an-expression",
     ros("Parameters:\n  P: {Type: String}\n  Q:\n    Type: String\n"
         "    AssociationPropertyMetadata:\n"
         "      Visible: {Condition: {'Fn::Equals': ['${ P }', x]}}\n", "{Ref: Q}")),
    ("misspelt-where-it-is-used",
     ros("Parameters:\n  Prefix: {Type: String}\n", "{Ref: Prefex}")),
    ("condition-misspelt",
     ros("Conditions:\n  IsProd: {'Fn::Equals': [a, b]}\n", "{'Fn::If': [IsProt, m-1, m-2]}")),
    ("asked-for-an-attribute",
     ros(PARAMETER, "{'Fn::GetAtt': [P, ImageId]}")),
    ("called-as-a-resource", ros("Parameters:\n  A: {Type: String}\n")),
    ("by-a-computed-name", ros("Parameters:\n  P: {Type: String}\n  Q: {Type: String}\n",
                               "{Ref: {'Fn::Join': ['', [P, {Ref: Q}]]}}")),
    ("condition-of-an-output",
     ros("Conditions:\n  C: {'Fn::Equals': [a, b]}\n")
     + "Outputs:\n  O: {Value: 1, Condition: C}\n"),
    ("condition-of-a-condition",
     ros("Conditions:\n  C: {'Fn::Equals': [a, b]}\n  D: {'Fn::Not': C}\n",
         "{'Fn::If': [D, m-1, m-2]}")),
    ("mapping-by-a-computed-name",
     ros("Parameters:\n  P: {Type: String}\nMappings:\n  M: {a: {b: c}}\n",
         "{'Fn::FindInMap': [{Ref: P}, a, b]}")),
    ("no-resources-at-all",
     "ROSTemplateFormatVersion: '2015-09-01'\nParameters:\n  P: {Type: String}\n"),
]  # fmt: skip


@pytest.mark.parametrize("text", [c[1] for c in USED], ids=[c[0] for c in USED])
def test_used(template_of: Reader, catalog: Catalog, text: str) -> None:
    faults = validate(template_of(text), catalog, source=text.encode())
    assert [one for one in faults if one.code in ("IF217", "IF218", "IF219")] == []


def test_without_the_text_nothing_is_said(template_of: Reader, catalog: Catalog) -> None:
    assert validate(template_of(UNUSED[0][1]), catalog) == ()


@pytest.mark.parametrize(
    "nasty",
    ["\n" * 400_000, "${" * 200_000, "${" + " " * 400_000, "Ref" + " " * 400_000 + "]",
     "Ref:" * 100_000, "Condition  " * 40_000, "# " * 200_000],
    ids=["lines", "opened", "opened-and-blank", "blanks", "refs", "conditions", "comments"],
)  # fmt: skip
def test_any_text_is_read_once(template_of: Reader, catalog: Catalog, nasty: str) -> None:
    """What takes more than one pass over the text would not come to an end here."""
    text = UNUSED[9][1]
    faults = validate(template_of(text), catalog, source=(text + nasty).encode())
    assert {one.code for one in faults} == {"IF217", "IF218", "IF219"}
