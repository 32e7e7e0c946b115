"""Arguments that cannot be right, and names that Fn::FindInMap cannot find, with values unknown."""

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
    "Parameters:\n"
    "  Text: {Type: String}\n"
    "  List: {Type: CommaDelimitedList}\n"
    "  Size: {Type: Number}\n"
    "  Env: {Type: String, AllowedValues: [dev, prod, test]}\n"
    "Mappings:\n"
    "  Sizes: {dev: {Small: m-1, Large: m-2}, prod: {Small: m-3}}\n"
)
"""Eight lines with the version: what is asked of stands on line 13."""


def ros(image: str) -> str:
    return (
        "ROSTemplateFormatVersion: '2015-09-01'\n" + DECLARED + "Resources:\n  A:\n"
        "    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
        f"      ImageId: {image}\n      DestinationRegionId: cn-beijing\n"
    )


def cfn(image: str) -> str:
    return (
        "AWSTemplateFormatVersion: '2010-09-09'\n" + DECLARED + "Resources:\n  A:\n"
        f"    Type: TF::Alicloud::ImageCopy\n    Properties:\n      SourceImageId: {image}\n"
    )


REFUSED: list[tuple[str, str, str, str]] = [
    ("join-of-text", ros("{'Fn::Join': ['-', {Ref: Text}]}"), "IF303",
     "'Fn::Join' needs a list, not text"),
    ("join-of-a-function-that-gives-text", ros("{'Fn::Join': ['-', {'Fn::Sub': '${Text}'}]}"),
     "IF303", "'Fn::Sub' gives text"),
    ("join-of-a-list-in-a-list", ros("{'Fn::Join': ['-', [{Ref: List}]]}"), "IF303",
     "give 'List' itself as the list"),
    ("join-of-a-list-among-texts", cfn("!Join ['-', [a, !Ref List]]"), "IF303",
     "cannot join a list"),
    ("delimiter-that-is-a-list", ros("{'Fn::Join': [{Ref: List}, [a]]}"), "IF303",
     "needs text, not a list"),
    ("split-of-a-list", ros("{'Fn::Select': [0, {'Fn::Split': [',', {Ref: List}]}]}"), "IF303",
     "'Fn::Split' needs text, not a list"),
    ("select-from-a-number", ros("{'Fn::Select': [0, {Ref: Size}]}"), "IF303",
     "needs text, a list or a map, not a number"),
    ("select-from-text", cfn("!Select [0, !Ref Text]"), "IF303", "needs a list, not text"),
    ("select-by-a-list", cfn("!Select [!Ref List, !Ref List]"), "IF303",
     "needs text or a number, not a list"),
    ("list-in-a-text", cfn("!Sub 'm-${List}'"), "IF303", "'List' is a list"),
    ("length-of-a-number", ros("{'Fn::Length': {Ref: Size}}"), "IF303", "not a number"),
    ("base64-of-a-list", cfn("{'Fn::Base64': !Ref List}"), "IF303", "not a list"),
    ("key-that-is-a-list", ros("{'Fn::FindInMap': [Sizes, {Ref: List}, Small]}"), "IF303",
     "'List' is a list"),
    ("condition-that-is-a-list", ros("{'Fn::If': [{Ref: List}, m-1, m-2]}"), "IF311",
     "needs text or a boolean, not a list"),
    ("unknown-map", ros("{'Fn::FindInMap': [Size, {Ref: Env}, Small]}"), "IF310",
     "did you mean 'Sizes'?"),
    ("unknown-first-key", cfn("!FindInMap [Sizes, prd, !Ref Text]"), "IF310",
     "did you mean 'prod'?"),
    ("second-key-that-no-part-has", cfn("!FindInMap [Sizes, !Ref Env, Smal]"), "IF310",
     "no key 'Smal' in any part of 'Sizes'"),
    ("second-key", ros("{'Fn::FindInMap': [Sizes, prod, Large]}"), "IF310",
     "there is only 'Small'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "says"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused_whatever_the_parameters_are(
    template_of: Reader, codes_of: Codes, catalog: Catalog, text: str, code: str, says: str
) -> None:
    faults = [one for one in validate(template_of(text), catalog) if one.code != "IF215"]
    assert codes_of(faults) == [(code, 13)]
    assert faults[0].is_error
    assert says in f"{faults[0].message} {faults[0].why} {faults[0].remedy}"


TAKEN: list[tuple[str, str]] = [
    ("join-of-a-list", ros("{'Fn::Join': ['-', {Ref: List}]}")),
    ("join-of-a-json-parameter",
     ros("{'Fn::Join': ['-', {Ref: Data}]}").replace("  Text:", "  Data: {Type: Json}\n  Text:")),
    ("join-of-numbers", ros("{'Fn::Join': ['-', [{Ref: Size}, {Ref: Text}]]}")),
    ("select-from-a-text-in-ros", ros("{'Fn::Select': ['a', {Ref: Text}]}")),
    ("list-in-a-text-in-ros", ros("{'Fn::Sub': 'm-${List}'}")),
    ("either-kind", cfn("!Select [0, !If [C, !Ref List, !Ref Text]]").replace(
        "Mappings:", "Conditions: {C: !Equals [!Ref Env, dev]}\nMappings:")),
    ("number-as-text-in-cloudformation", cfn("!Select [0, !Split ['', !Ref Size]]")),
    ("key-known-later", ros("{'Fn::FindInMap': [Sizes, {Ref: Text}, Large]}")),
]  # fmt: skip


@pytest.mark.parametrize("text", [c[1] for c in TAKEN], ids=[c[0] for c in TAKEN])
def test_taken(template_of: Reader, catalog: Catalog, text: str) -> None:
    kinds = [one for one in validate(template_of(text), catalog) if one.code in ("IF303", "IF311")]
    if "''" in text and "Split" in text:
        # An empty delimiter is another fault.
        kinds = [one for one in kinds if "delimiter" not in one.message]
    assert kinds == []


@pytest.mark.parametrize(
    "text",
    [
        ros("{'Fn::FindInMap': [Sizes, {Ref: Env}, Small]}"),
        cfn("!FindInMap [Sizes, !Ref Env, Small]"),
        ros(
            "{'Fn::Join': ['', [{'Fn::FindInMap': [Sizes, {Ref: Env}, Small]},"
            " {'Fn::FindInMap': [Sizes, {Ref: Env}, Large]}]]}"
        ),
    ],
    ids=["ros", "cloudformation", "twice-and-told-once"],
)
def test_a_value_that_the_mapping_does_not_know(
    template_of: Reader, codes_of: Codes, catalog: Catalog, text: str
) -> None:
    (fault,) = validate(template_of(text), catalog)
    assert (fault.code, fault.is_error) == ("IF215", False)
    assert "'test'" in fault.why
    assert "parameter 'Env'" in fault.message


def test_a_mapping_for_every_value_is_no_matter(template_of: Reader, catalog: Catalog) -> None:
    text = cfn("!FindInMap [Sizes, !Ref Env, Small]").replace(", test]", "]")
    assert validate(template_of(text), catalog) == ()
