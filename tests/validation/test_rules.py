"""Rules: what the parameters break, what cannot be told yet, and names in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate, validate_given

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]


def ros(rules: str, environment: str = "") -> str:
    """Rules begin on line 6."""
    return (
        "ROSTemplateFormatVersion: '2015-09-01'\nParameters:\n"
        f"  Env: {{Type: String{environment}}}\n  Size: {{Type: String, NoEcho: true, Default: ''}}\n"
        f"Rules:\n{rules}"
        "Resources:\n  A:\n    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
        "      ImageId: {'Fn::Sub': 'm-${Env}${Size}'}\n      DestinationRegionId: cn-beijing\n"
    )


def cfn(rules: str, environment: str = "") -> str:
    return (
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n"
        f"  Env: {{Type: String{environment}}}\n  Size: {{Type: String, NoEcho: true, Default: ''}}\n"
        f"Rules:\n{rules}"
        "Resources:\n  A:\n    Type: TF::Alicloud::ImageCopy\n"
        "    Properties: {SourceImageId: !Sub 'm-${Env}${Size}'}\n"
    )


def rule(assertion: str, condition: str = "", words: str = "only in production") -> str:
    """The assertion stands on line 8, or on line 9 after a condition."""
    asked = f"    RuleCondition: {condition}\n" if condition else ""
    return (
        f"  Big:\n{asked}    Assertions:\n      - Assert: {assertion}\n"
        f"        AssertDescription: {words}\n"
    )


IS_PROD = "{'Fn::Equals': [{Ref: Env}, prod]}"
NEVER = "{'Fn::Equals': [a, b]}"

GIVEN: list[tuple[str, str, Mapping[str, Any], list[tuple[str, int]], str]] = [
    ("broken", ros(rule(IS_PROD)), {"Env": "dev"}, [("IF411", 8)],
     "rule 'Big' is broken: only in production"),
    ("broken-in-cloudformation", cfn(rule(IS_PROD)), {"Env": "dev"}, [("IF411", 8)],
     "its assertion is false with Env = 'dev'"),
    ("kept", ros(rule(IS_PROD)), {"Env": "prod"}, [], ""),
    ("kept-in-cloudformation", cfn(rule(IS_PROD)), {"Env": "prod"}, [], ""),
    ("does-not-apply", ros(rule(NEVER, IS_PROD)), {"Env": "dev"}, [], ""),
    ("applies", ros(rule(NEVER, IS_PROD)), {"Env": "prod"}, [("IF411", 9)], "Env = 'prod'"),
    ("applies-in-cloudformation", cfn(rule(NEVER, IS_PROD)), {"Env": "prod"}, [("IF411", 9)],
     "Env = 'prod'"),
    ("contains", cfn(rule("{'Fn::Contains': [[a, b], {Ref: Env}]}")), {"Env": "c"},
     [("IF411", 8)], "Env = 'c'"),
    ("secret-is-not-shown", ros(rule("{'Fn::Equals': [{Ref: Size}, 2]}")),
     {"Env": "dev", "Size": "4711"}, [("IF411", 8)], "Size = ****"),
    ("missing-parameter-is-told-once", ros(rule(IS_PROD)), {}, [("IF401", 3)], "no value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "given", "expected", "says"), [c[1:] for c in GIVEN], ids=[c[0] for c in GIVEN]
)
def test_with_parameters(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    text: str,
    given: Mapping[str, Any],
    expected: list[tuple[str, int]],
    says: str,
) -> None:
    bound = validate_given(template_of(text), catalog, given, {"region": "cn-hangzhou"})
    assert codes_of(bound.diagnostics) == expected
    assert (bound.bindings is None) == bool(expected)
    assert says in " ".join(f"{one.message} {one.why}" for one in bound.diagnostics)
    assert "4711" not in str(bound.diagnostics)
    # The command that needs no stack says the same.
    told = validate(template_of(text), catalog, given=given, region="cn-hangzhou")
    assert codes_of(told) == expected


def test_broken_by_the_defaults_is_a_warning(
    template_of: Reader, codes_of: Codes, catalog: Catalog
) -> None:
    faults = validate(template_of(ros(rule(IS_PROD), ", Default: dev")), catalog)
    assert codes_of(faults) == [("IF411", 8)]
    assert not faults[0].is_error
    assert faults[0].why.endswith("so it is with the defaults of the parameters")


@pytest.mark.parametrize("text", [ros(rule(NEVER)), cfn(rule(NEVER))], ids=["ros", "cfn"])
def test_broken_whatever_the_parameters_are(
    template_of: Reader, codes_of: Codes, catalog: Catalog, text: str
) -> None:
    faults = validate(template_of(text), catalog)
    assert codes_of(faults) == [("IF411", 8)]
    assert faults[0].is_error
    assert "whatever the parameters are" in faults[0].why


def test_nothing_is_said_of_parameters_without_values(
    template_of: Reader, catalog: Catalog
) -> None:
    assert validate(template_of(ros(rule(IS_PROD))), catalog) == ()


NAMES: list[tuple[str, str, list[tuple[str, int]], str]] = [
    ("unknown-parameter", ros(rule("{'Fn::Equals': [{Ref: Envi}, prod]}")), [("IF201", 8)],
     "did you mean 'Env'?"),
    ("unknown-parameter-in-the-condition",
     cfn(rule(IS_PROD, "{'Fn::Equals': [{Ref: Envi}, prod]}")), [("IF201", 7)],
     "did you mean 'Env'?"),
    ("resource", ros(rule("{'Fn::Equals': [{Ref: A}, prod]}")), [("IF315", 8)],
     "rule 'Big' mentions the resource 'A'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "says"), [c[1:] for c in NAMES], ids=[c[0] for c in NAMES]
)
def test_names(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    text: str,
    expected: list[tuple[str, int]],
    says: str,
) -> None:
    faults = validate(template_of(text), catalog)
    assert codes_of(faults) == expected
    assert says in " ".join(f"{one.message} {one.remedy}" for one in faults)


def test_an_assertion_fails_only_where_it_is_false(template_of: Reader, catalog: Catalog) -> None:
    """ROS: what is empty or zero is not false."""
    text = ros(rule("{'Fn::Length': {Ref: Env}}"))
    bound = validate_given(template_of(text), catalog, {"Env": ""}, {"region": "x"})
    assert "IF411" not in {one.code for one in bound.diagnostics}


def test_a_condition_counts_by_its_truthiness(template_of: Reader, catalog: Catalog) -> None:
    """ROS: a condition that is empty does not hold."""
    text = ros(rule(NEVER, "{Ref: Env}"))
    template = template_of(text)
    for given, broken in (("", False), ("x", True)):
        bound = validate_given(template, catalog, {"Env": given}, {"region": "x"})
        assert ("IF411" in {one.code for one in bound.diagnostics}) is broken


def test_what_only_the_service_can_check_breaks_no_rule(
    template_of: Reader, catalog: Catalog
) -> None:
    asks = "{'Fn::Contains': [[a], {'Fn::ValueOf': [Env, Tags.x]}]}"
    template = template_of(cfn(rule(asks)))
    bound = validate_given(template, catalog, {"Env": "x"}, {"region": "x"})
    assert [(one.code, one.is_error) for one in bound.diagnostics] == [("IF336", False)]
    assert bound.bindings is not None


def test_value_of_names_a_parameter(template_of: Reader, codes_of: Codes, catalog: Catalog) -> None:
    asks = "{'Fn::Contains': [[a], {'Fn::ValueOf': [Envi, Tags.x]}]}"
    faults = [one for one in validate(template_of(cfn(rule(asks))), catalog) if one.is_error]
    assert codes_of(faults) == [("IF201", 8)]
    assert faults[0].remedy == "did you mean 'Env'?"
