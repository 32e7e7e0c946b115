"""How the cases of functions are written down, and the bindings that they are evaluated with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.templates import Bindings
from imageferry.model.values import UNKNOWN, Secret

SPAN = Span("t.yml", 7, 3)
HIDDEN = "hunter2-hunter2"

NULL = Reference("Null", SPAN)
LATER = Reference("Later", SPAN)
PASSWORD = Reference("Password", SPAN)
SECRET_LIST = Reference("SecretList", SPAN)
THREE = Reference("Three", SPAN)
NOTHING = Pseudo("no_value", SPAN)
YES = ConditionReference("Yes", SPAN)
NO = ConditionReference("No", SPAN)
UNSETTLED = ConditionReference("Unsettled", SPAN)

BINDINGS = Bindings(
    parameters={
        "Name": "golden",
        "Null": None,
        "Later": UNKNOWN,
        "Password": Secret(HIDDEN),
        "SecretList": Secret(["a", HIDDEN]),
        "SecretMap": Secret({"k": HIDDEN}),
        "Three": ["a", "b", "c"],
        "Map": {"k": "v", "n": None, "deep": {"x": [1, 2]}},
        "Numbers": ["1", "2.5"],
        "True": True,
        "Half": 1.5,
    },
    pseudo={"region": "cn-beijing"},
    conditions={"Yes": True, "No": False, "Inner.Fast": True},
    mappings={"Sizes": {"cn": {"small": 1, "list": [1, 2]}, "5": {"6": "seven"}}},
    answers={
        # 2021-04-07 08:15:10 UTC, a Wednesday.
        Inquiry(InquiryKind.NOW): 1617783310,
        Inquiry(InquiryKind.ZONES, ("cn-beijing",)): ["cn-beijing-a", "cn-beijing-b"],
        Inquiry(InquiryKind.ZONES, ("cn-empty",)): [],
        Inquiry(InquiryKind.EXPORT, ("net",)): "vpc-1",
        Inquiry(InquiryKind.EXPORT, ("hidden",)): Secret(HIDDEN),
        Inquiry(InquiryKind.EXPORT, ("gone",)): None,
        Inquiry(InquiryKind.STACK_OUTPUT, ("net", "Id", "")): "vpc-1",
        Inquiry(InquiryKind.STACK_OUTPUT, ("net", "Id", "cn-beijing")): ["vpc-2"],
        Inquiry(InquiryKind.STACK_OUTPUT, ("net", "No", "")): None,
        Inquiry(InquiryKind.MARKETPLACE_IMAGE, ("cmjj1",)): "m-1",
        Inquiry(InquiryKind.MARKETPLACE_IMAGE, ("cmjj2",)): None,
    },
)


@dataclass(frozen=True)
class Says:
    """Expected instead of a value: a refusal with these words in it."""

    words: str
    code: str = "IF303"


Cases = Mapping[str, Mapping[str, tuple[Any, Any]]]
"""By `dialect function`: name of the case to its argument and what it gives."""


def lifted(value: Any) -> Expression:
    """What stands in a template: an expression, or data that may hold some."""
    match value:
        case (
            Call()
            | Reference()
            | Pseudo()
            | Attribute()
            | ConditionReference()
            | ListOf()
            | MapOf()
            | Literal()
        ):
            return value
        case list():
            parts = tuple(map(lifted, value))
            values = [part.value for part in parts if isinstance(part, Literal)]
            if len(values) == len(parts):
                return Literal(values, SPAN)
            return ListOf(parts, SPAN)
        case dict():
            entries = {key: lifted(entry) for key, entry in value.items()}
            plain = {key: one.value for key, one in entries.items() if isinstance(one, Literal)}
            if len(plain) == len(entries):
                return Literal(plain, SPAN)
            return MapOf(entries, SPAN)
        case _:
            return Literal(value, SPAN)


def call(function: str, argument: Any) -> Call:
    """The function with its one argument, mostly a list."""
    return Call(function, lifted(argument), f"Fn::{function}", SPAN)


def value_of(expression: Expression, dialect: str = "ros") -> Any:
    """The value among BINDINGS."""
    return evaluate(expression, Scope(BINDINGS, Unresolved(), MANNERS[dialect]))


def params(cases: Cases) -> list[Any]:
    """Each case for pytest, with its name."""
    return [
        pytest.param(key, argument, expected, id=f"{key}: {name}")
        for key, named in cases.items()
        for name, (argument, expected) in named.items()
    ]


def check(key: str, argument: Any, expected: Any) -> None:
    """One case: its value, or its refusal, which never shows a secret."""
    dialect, function = key.split()
    if isinstance(expected, Says):
        with pytest.raises(EvaluationError) as refused:
            value_of(call(function, argument), dialect)
        diagnostic = refused.value.diagnostic
        told = f"{diagnostic.message} {diagnostic.why} {diagnostic.remedy}"
        assert expected.words in told
        assert diagnostic.code == expected.code
        assert diagnostic.span is not None
        assert "hunter2" not in told
        return
    found = value_of(call(function, argument), dialect)
    assert found == expected
    assert type(found) is type(expected)
    if isinstance(expected, Secret):
        assert type(found.revealed) is type(expected.revealed)
