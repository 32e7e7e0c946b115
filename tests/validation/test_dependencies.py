"""DependsOn with functions, and instances that no count makes: told as soon as values are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate, validate_given

Reader = Callable[[str], Template]

HEAD = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  First: {Type: String, Default: A}
  Copies: {Type: Number, Default: 2}
Conditions:
  IsTwo: {'Fn::Equals': [{Ref: Copies}, 2]}
Resources:
  A: {Type: ALIYUN::ECS::CopyImage, Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}}
  K:
    Type: ALIYUN::ECS::CopyImage
    Count: {Ref: Copies}
    Properties: {ImageId: m-1, DestinationRegionId: cn-qingdao}
  R:
    Type: ALIYUN::ECS::CopyImage
"""
GOOD = "    Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}\n"
PLACE = {
    "region": "cn-hangzhou",
    "stack_id": "s",
    "stack_name": "n",
    "account_id": "1",
    "tenant_id": "1",
    "resource_group_id": "",
}


def said(template: Template, catalog: Catalog, **given: object) -> list[tuple[str, str]]:
    bound = validate_given(template, catalog, given, PLACE)  # type: ignore[arg-type]
    return [(one.code, one.message) for one in bound.diagnostics if one.is_error]


@pytest.mark.parametrize(
    "depends",
    [
        "{'Fn::If': [IsTwo, A, K]}",
        "{Ref: First}",
        "[{'Fn::If': [IsTwo, A, {Ref: 'ALIYUN::NoValue'}]}, K]",
        "[{'Fn::Join': ['', [A]]}, null, '']",
        "{'Fn::Split': [',', 'A,K']}",
        "{'Fn::TransformNamespace': [DependsOn, {Lookup: {inner: A}}, inner]}",
        "!If [IsTwo, A, K]",
        "'K[1]'",
    ],
    ids=[
        "a-choice",
        "a-parameter",
        "no-value-in-a-list",
        "with-null-and-nothing",
        "a-list-of-names",
        "what-a-module-left",
        "a-short-tag",
        "an-instance",
    ],
)
def test_functions_may_give_names(template_of: Reader, catalog: Catalog, depends: str) -> None:
    template = template_of(HEAD + f"    DependsOn: {depends}\n" + GOOD)
    assert [one for one in validate(template, catalog) if one.code != "IF218"] == []
    assert said(template, catalog) == []


WRONG = {
    "nothing of that name": ("{'Fn::If': [IsTwo, Aa, K]}", {}, "IF204", "depends on 'Aa'"),
    "by a parameter": ("{Ref: First}", {"First": "Z"}, "IF204", "depends on 'Z'"),
    "itself": ("{Ref: First}", {"First": "R"}, "IF208", "depends on itself"),
    "a number": ("{Ref: Copies}", {}, "IF303", "needs names of resources, not a number"),
    "beyond the count": ("'K[2]'", {}, "IF204", "depends on 'K[2]'"),
    "beyond what was given": ("'K[1]'", {"Copies": 1}, "IF204", "depends on 'K[1]'"),
    "beyond, by a function": ("{'Fn::Sub': 'K[${Copies}]'}", {}, "IF204", "depends on 'K[2]'"),
    "what exists later": ("{'Fn::GetAtt': [A, ImageId]}", {}, "IF315", "mentions the resource 'A'"),
    "a function out of place": ("{'Fn::Not': IsTwo}", {}, "IF303 IF304", "not a boolean"),
    "an index without a count": ("{Ref: 'ALIYUN::Index'}", {}, "IF314", "the index has no value"),
}


@pytest.mark.parametrize(("depends", "given", "code", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_name_is_told_with_the_parameters(
    template_of: Reader,
    catalog: Catalog,
    depends: str,
    given: dict[str, object],
    code: str,
    words: str,
) -> None:
    template = template_of(HEAD + f"    DependsOn: {depends}\n" + GOOD)
    found = said(template, catalog, **given)
    assert [one for one, _ in found] == code.split()
    assert words in found[0][1]


def test_with_the_defaults_it_is_a_warning(template_of: Reader, catalog: Catalog) -> None:
    template = template_of(HEAD + "    DependsOn: {'Fn::If': [IsTwo, Aa, K]}\n" + GOOD)
    (found,) = validate(template, catalog)
    assert (found.code, found.is_error) == ("IF204", False)
    assert "defaults" in found.why


def test_a_circle_that_a_function_closes_is_told(template_of: Reader, catalog: Catalog) -> None:
    more = "  S: {Type: ALIYUN::ECS::CopyImage, DependsOn: R,\n      Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}}\n"
    template = template_of(HEAD + "    DependsOn: {Ref: First}\n" + GOOD + more)
    assert said(template, catalog) == []
    assert said(template, catalog, First="S") == [
        ("IF206", "resources need each other: R -> S -> R")
    ]


@pytest.mark.parametrize(
    ("image", "copies", "codes"),
    [
        ("{Ref: 'K[1]'}", 2, []),
        ("{Ref: 'K[2]'}", 2, ["IF201"]),
        ("{'Fn::GetAtt': ['K[0]', ImageId]}", 0, ["IF201"]),
        ("{'Fn::Sub': '${K[4].ImageId}'}", 2, ["IF201"]),
        ("{'Fn::If': [IsTwo, {Ref: 'K[1]'}, m-1]}", 1, []),
    ],
    ids=["there", "beyond", "none-at-all", "in-a-text", "not-chosen"],
)
def test_an_instance_that_the_count_does_not_make(
    template_of: Reader, catalog: Catalog, image: str, copies: int, codes: list[str]
) -> None:
    properties = f"    Properties: {{ImageId: {image}, DestinationRegionId: cn-beijing}}\n"
    template = template_of(HEAD + properties)
    assert [code for code, _ in said(template, catalog, Copies=copies)] == codes


def test_a_written_count_is_known_without_any_parameter(
    template_of: Reader, catalog: Catalog
) -> None:
    text = HEAD.replace("{Ref: Copies}\n    Prop", "2\n    Prop") + "    DependsOn: 'K[2]'\n" + GOOD
    found = [one for one in validate(template_of(text), catalog) if one.is_error]
    assert [(one.code, one.why) for one in found] == [
        ("IF204", "'Count' of 'K' is 2, so there is 'K[0]' to 'K[1]'")
    ]


@pytest.mark.parametrize("word", ["Metadata", "UpdatePolicy"])
def test_what_stands_beside_the_properties_is_checked(
    template_of: Reader, catalog: Catalog, word: str
) -> None:
    text = HEAD + f"    {word}: {{X: {{Ref: Nobody}}, Y: {{Ref: K}}, Z: {{Ref: 'K[0]'}}}}\n" + GOOD
    found = [one for one in validate(template_of(text), catalog) if one.is_error]
    assert [one.code for one in found] == ["IF201", "IF214"]
    assert f"'{word}' of 'R' cannot say which instance of 'K' it means" in found[1].message


def test_an_update_policy_can_close_a_circle(template_of: Reader, catalog: Catalog) -> None:
    more = "  S:\n    Type: ALIYUN::ECS::CopyImage\n    UpdatePolicy: {X: {Ref: R}}\n" + GOOD
    text = HEAD + "    DependsOn: S\n" + GOOD + more
    assert "IF206" in [one.code for one in validate(template_of(text), catalog)]


@pytest.mark.parametrize(
    ("policy", "codes"),
    [("{Ref: 'ALIYUN::NoValue'}", []), ("{Ref: First}", ["IF316"])],
    ids=["no-value", "a-parameter-with-another-word"],
)
def test_deletion_policies_by_reference(
    template_of: Reader, catalog: Catalog, policy: str, codes: list[str]
) -> None:
    template = template_of(HEAD + f"    DeletionPolicy: {policy}\n" + GOOD)
    assert [code for code, _ in said(template, catalog)] == codes
