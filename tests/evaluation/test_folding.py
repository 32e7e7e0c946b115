"""Counted instances: the index put in, Selects of counted resources folded, names made visible."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.folding import may_fold, specialise
from imageferry.evaluation.references import MentionKind, contents, mentions
from imageferry.model.addresses import ResourceAddress
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
from imageferry.model.templates import Bindings
from imageferry.model.values import Secret

SPAN = Span("t.yml", 9, 9)
INDEX = Pseudo("index", SPAN)
BINDINGS = Bindings(
    parameters={
        "List": ["x", "y", "z"],
        "One": 1,
        "Digit": "1",
        "Slice": "1:",
        "Text": "${A[0]} of ${Name}",
        "Hidden": Secret(1),
    },
    pseudo={},
    counts={"A": 3, "B": 3, "None": 0},
)


def lit(value: Any) -> Literal:
    return Literal(value, SPAN)


def select(*items: Expression) -> Call:
    return Call("select", ListOf(items, SPAN), "Fn::Select", SPAN)


def att(name: str) -> Attribute:
    return Attribute(lit(name), lit("ImageId"), SPAN)


A = Reference("A", SPAN)

FOLDED: list[tuple[str, Expression, Expression]] = [
    ("index", INDEX, lit(2)),
    ("index-inside", MapOf({"a": ListOf((INDEX, A))}), MapOf({"a": ListOf((lit(2), A))})),
    ("index-in-sub", Call("sub", ListOf((lit("n-"), INDEX)), "Fn::Sub"),
     Call("sub", ListOf((lit("n-"), lit(2))), "Fn::Sub")),
    ("ref", select(INDEX, A), Reference("A[2]", SPAN)),
    ("attribute", select(INDEX, att("A")), att("A[2]")),
    ("parameter-index", select(Reference("One"), A), Reference("A[1]", SPAN)),
    ("negative", select(Call("select", ListOf((lit(0), lit([-1]))), "Fn::Select"), A),
     Reference("A[2]", SPAN)),
    ("slice", select(Reference("Slice"), A),
     ListOf((Reference("A[1]", SPAN), Reference("A[2]", SPAN)), SPAN)),
    ("select-of-slice", select(Reference("One"), select(Reference("Slice"), A)),
     Reference("A[2]", SPAN)),
    ("default-beyond", select(INDEX, Reference("None"), lit("d")), lit("d")),
    ("default-not-used", select(INDEX, A, lit("d")), Reference("A[2]", SPAN)),
    ("parameter-list-only-index", select(INDEX, Reference("List")),
     select(lit(2), Reference("List"))),
    ("inside-another-call", Call("jq", ListOf((lit("First"), lit("."), select(INDEX, A))), "J"),
     Call("jq", ListOf((lit("First"), lit("."), Reference("A[2]", SPAN))), "J")),
    ("computed-text", Call("sub_text", ListOf((Reference("Text"), MapOf({"Name": INDEX}))), "S"),
     Call("sub", ListOf((Reference("A[0]", None), Literal(" of "), lit(2))), "S")),
]  # fmt: skip

SAME: list[tuple[str, Expression]] = [
    ("literal", lit([1])),
    ("reference", A),
    ("condition", ConditionReference("C")),
    ("attribute", att("A")),
    ("literal-index-is-not-folded", select(lit(0), A)),
    ("digit-text-is-not-folded", select(Reference("Digit"), A)),
    ("four-items-are-not-folded", select(Reference("One"), A, lit("d"), lit("told"))),
    ("resource-index", select(Reference("Plain"), A)),
    ("not-counted", select(Reference("One"), Reference("Plain"))),
    ("secret-index", select(Reference("Hidden"), A)),
    ("text-known-later",
     Call("sub_text", ListOf((Reference("Plain"), MapOf({}))), "Fn::Sub")),
    ("map", MapOf({"a": ListOf((A, Pseudo("region")))})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"), [c[1:] for c in FOLDED], ids=[c[0] for c in FOLDED]
)
def test_folded(expression: Expression, expected: Expression) -> None:
    assert specialise(expression, BINDINGS, 2) == expected


@pytest.mark.parametrize("expression", [c[1] for c in SAME], ids=[c[0] for c in SAME])
def test_what_does_not_change_is_the_same_object(expression: Expression) -> None:
    assert specialise(expression, BINDINGS, 2) is expression


@pytest.mark.parametrize(
    "expression",
    [select(INDEX, Reference("None")), select(Call("ref", lit("Two"), "Ref"), A)],
    ids=["beyond", "negative-beyond"],
)
def test_an_index_beyond_the_instances_is_refused(expression: Call) -> None:
    bindings = Bindings({**BINDINGS.parameters, "Two": -4}, {}, counts=BINDINGS.counts)
    with pytest.raises(EvaluationError) as refused:
        specialise(expression, bindings, 2)
    assert refused.value.diagnostic.code == "IF309"
    assert refused.value.diagnostic.span == SPAN


def test_a_negative_index_is_refused_even_with_a_default() -> None:
    bindings = Bindings({"Minus": -4}, {}, counts={"A": 3})
    with pytest.raises(EvaluationError):
        specialise(select(Reference("Minus"), A, lit("d")), bindings, 0)


def test_a_slice_with_a_step_of_0_is_refused() -> None:
    bindings = Bindings({"Step": "::0"}, {}, counts={"A": 3})
    with pytest.raises(EvaluationError):
        specialise(select(Reference("Step"), A), bindings, 0)


def test_after_folding_one_instance_is_mentioned() -> None:
    folded = specialise(select(INDEX, att("A")), BINDINGS, 1)
    (mention,) = mentions(folded)
    assert mention.kind is MentionKind.ATTRIBUTE
    assert mention.address == ResourceAddress("A", 1)
    assert mention.attribute == "ImageId"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (select(INDEX, A), True),
        (att("B"), True),
        (Call("sub_text", ListOf((Reference("Text"),)), "Fn::Sub"), True),
        (select(INDEX, Reference("List")), False),
        (lit("A"), False),
    ],
    ids=["counted", "attribute", "computed-text", "parameter", "literal"],
)
def test_may_fold(expression: Expression, expected: bool) -> None:
    assert may_fold(contents(expression), BINDINGS) is expected


def test_deep_nesting_is_refused() -> None:
    expression: Expression = INDEX
    for _ in range(5_000):
        expression = ListOf((expression,), SPAN)
    with pytest.raises(EvaluationError) as refused:
        specialise(expression, BINDINGS, 1)
    assert refused.value.diagnostic.code == "IF305"
