"""The names that an expression mentions."""

from __future__ import annotations

import pytest

from imageferry.evaluation.references import Mention, MentionKind, mentions
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

SPAN = Span("t.yml", 3, 1)
NAME, ATTRIBUTE = MentionKind.NAME, MentionKind.ATTRIBUTE

CASES: list[tuple[str, Expression, list[Mention]]] = [
    ("literal", Literal({"Ref": "A"}), []),
    ("reference", Reference("A", SPAN), [Mention(NAME, "A", SPAN)]),
    ("instance", Reference("A[3]", SPAN),
     [Mention(NAME, "A[3]", SPAN, address=ResourceAddress("A", 3))]),
    ("pseudo", Pseudo("region", SPAN), [Mention(MentionKind.PSEUDO, "region", SPAN)]),
    ("condition", ConditionReference("C", SPAN), [Mention(MentionKind.CONDITION, "C", SPAN)]),
    ("attribute", Attribute(Literal("A"), Literal("Id"), SPAN),
     [Mention(ATTRIBUTE, "A", SPAN, attribute="Id")]),
    ("computed-attribute", Attribute(Literal("A"), Reference("P", SPAN), SPAN),
     [Mention(ATTRIBUTE, "A", SPAN), Mention(NAME, "P", SPAN)]),
    ("computed-resource", Attribute(Reference("P", SPAN), Literal("Id"), SPAN),
     [Mention(NAME, "P", SPAN)]),
    ("in-order",
     Call("if", ListOf((ConditionReference("C"), Reference("A"), MapOf({"k": Reference("B")}))),
          "Fn::If"),
     [Mention(MentionKind.CONDITION, "C", None), Mention(NAME, "A", None),
      Mention(NAME, "B", None)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_mentions(expression: Expression, expected: list[Mention]) -> None:
    assert list(mentions(expression)) == expected


def test_depth_does_not_matter() -> None:
    expression: Expression = Reference("A")
    for _ in range(10_000):
        expression = ListOf((expression,))
    assert len(list(mentions(expression))) == 1
