"""Bindings: conditions, counts and what does not exist, before any resource does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.model.values import Secret
from imageferry.validation.bindings import bind

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

TEMPLATE = """
Parameters:
  Regions: {Type: Json, Default: [a, b]}
  Environment: {Type: String, Default: test}
  Password: {Type: String, NoEcho: true, Default: ''}
  Wanted: {Type: Boolean, Default: true}
Conditions:
  Both: {'Fn::And': [IsProduction, {Ref: Wanted}]}
  IsProduction: {'Fn::Equals': [{Ref: Environment}, production]}
  IsNot: {'Fn::Not': IsProduction}
  IsWanted: {Ref: Wanted}
  Protected: {'Fn::Not': {'Fn::Equals': [{Ref: Password}, '']}}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {'Fn::Length': {Ref: Regions}}
    Properties: {}
  Only:
    Type: ALIYUN::ECS::CopyImage
    Condition: Both
"""


def test_everything_is_settled(template_of: Reader) -> None:
    bound = bind(
        template_of(TEMPLATE),
        {"Regions": '["a", "b", "c"]', "Environment": "production"},
        {"region": "cn-hangzhou"},
    )
    assert bound.diagnostics == ()
    assert bound.bindings is not None
    assert bound.bindings.conditions == {
        "Both": True, "IsProduction": True, "IsNot": False, "IsWanted": True, "Protected": False,
    }  # fmt: skip
    assert bound.bindings.counts == {"Copy": 3}
    assert bound.bindings.absent == frozenset()
    assert bound.bindings.pseudo == {"region": "cn-hangzhou"}


def test_a_false_condition_makes_a_resource_absent(template_of: Reader) -> None:
    bound = bind(template_of(TEMPLATE), {"Password": "s3cret"}, {})
    assert bound.bindings is not None
    assert bound.bindings.absent == {"Only"}
    assert bound.bindings.conditions["Protected"] is True
    assert bound.bindings.parameters["Password"] == Secret("s3cret")
    assert "s3cret" not in repr(bound)


def count(written: str) -> str:
    return (
        "Parameters:\n  Half: {Type: Number, Default: 1.5}\n  None: {Type: Json, Default: Null}\n"
        "  Text: {Type: String, Default: '3'}\n  Hidden: {Type: Number, NoEcho: true, Default: 2}\n"
        "  HiddenText: {Type: String, NoEcho: true, Default: s3cret}\n"
        f"Resources:\n  A:\n    Type: ALIYUN::ECS::CopyImage\n    Count: {written}\n"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0", 0),
        ("3", 3),
        ("'3'", 3),
        ("{Ref: Text}", 3),
        ("{'Fn::Length': {Ref: None}}", 0),
        ("{'Fn::Length': []}", 0),
        ("{Ref: Hidden}", 2),
        ("20000", 20_000),
    ],
    ids=["zero", "number", "text", "parameter", "null-list", "empty-list", "secret", "most"],
)
def test_count(template_of: Reader, written: str, expected: int) -> None:
    bound = bind(template_of(count(written)), {}, {})
    assert bound.diagnostics == ()
    assert bound.bindings is not None
    assert bound.bindings.counts == {"A": expected}


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("-1", "IF312", "'-1'"),
        ("1.0", "IF312", "'1.0'"),
        ("{Ref: Half}", "IF312", "'1.5'"),
        ("true", "IF312", "is true"),
        ("many", "IF312", "'many'"),
        ("[1]", "IF312", "a list"),
        ("{Ref: HiddenText}", "IF312", "text"),
        ("20001", "IF313", "20,001"),
        ("1000000000", "IF313", "1,000,000,000"),
        ("{Ref: B}", "IF315", "resource"),
    ],
    ids=[
        "negative", "float", "float-parameter", "boolean", "word", "list", "secret", "beyond",
        "huge", "resource",
    ],
)  # fmt: skip
def test_count_refused(
    template_of: Reader, codes_of: Codes, written: str, code: str, says: str
) -> None:
    bound = bind(template_of(count(written)), {}, {})
    assert codes_of(bound.diagnostics) == [(code, 11)]
    assert says in bound.diagnostics[0].message
    assert "s3cret" not in repr(bound.diagnostics)
    assert bound.bindings is None


def test_two_counts_together_are_too_many(template_of: Reader, codes_of: Codes) -> None:
    text = "Resources:\n" + "".join(
        f"  {name}: {{Type: ALIYUN::ECS::CopyImage, Count: 11000}}\n" for name in ("A", "B")
    )
    assert codes_of(bind(template_of(text), {}, {}).diagnostics) == [("IF313", 3)]


def test_conditions_that_need_each_other(template_of: Reader, codes_of: Codes) -> None:
    text = "Conditions:\n  A: {'Fn::Not': B}\n  B: {'Fn::Not': A}\nResources: {}\n"
    bound = bind(template_of(text), {}, {})
    assert codes_of(bound.diagnostics) == [("IF207", 3)]
    assert "A -> B -> A" in bound.diagnostics[0].message


def test_a_condition_that_is_no_truth(template_of: Reader, codes_of: Codes) -> None:
    text = "Conditions:\n  A: {'Fn::Select': [0, [x]]}\nResources: {}\n"
    bound = bind(template_of(text), {}, {})
    assert codes_of(bound.diagnostics) == [("IF311", 3)]


def test_what_follows_from_a_missing_parameter_is_not_told_again(
    template_of: Reader, codes_of: Codes
) -> None:
    text = TEMPLATE.replace(", Default: [a, b]", "").replace(", Default: test", "")
    bound = bind(template_of(text), {}, {})
    assert {code for code, _ in codes_of(bound.diagnostics)} == {"IF401"}
    assert len(bound.diagnostics) == 2


def test_previous_parameters_are_used(template_of: Reader) -> None:
    bound = bind(template_of(TEMPLATE), {}, {}, {"Regions": ["x"], "Environment": "production"})
    assert bound.bindings is not None
    assert bound.bindings.counts == {"Copy": 1}
    assert bound.bindings.conditions["IsProduction"] is True
