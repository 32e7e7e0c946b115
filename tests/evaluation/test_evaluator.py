"""References, attributes, pseudo parameters, conditions, and what holds them."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.addresses import ResourceAddress
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Attribute,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.templates import Bindings
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value

SPAN = Span("t.yml", 2, 5)


class World:
    """Two instances of `Copy`, one `Image`, one that is not there yet."""

    def reference(self, address: ResourceAddress) -> Value:
        if address.logical_id == "Later":
            return UNKNOWN
        if address.logical_id not in ("Copy", "Image"):
            raise LookupError(str(address))
        return f"m-{address}"

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        if name not in ("ImageId", "Outputs.X"):
            raise LookupError(name)
        return f"{name} of {self.reference(address)}"


BINDINGS = Bindings(
    parameters={"Name": "golden", "Which": "ImageId", "Password": Secret("s3cret")},
    pseudo={"region": "cn-hangzhou"},
    conditions={"Yes": True},
    counts={"Copy": 2, "Empty": 0},
    absent=frozenset({"Gone"}),
)


def attribute(resource: Any, name: Any) -> Attribute:
    def part(one: Any) -> Expression:
        return one if isinstance(one, (Reference, Attribute)) else Literal(one)

    return Attribute(part(resource), part(name), SPAN)


VALUES: list[tuple[str, Expression, Any]] = [
    ("literal", Literal({"a": [1]}), {"a": [1]}),
    ("parameter", Reference("Name"), "golden"),
    ("parameter-secret", Reference("Password"), Secret("s3cret")),
    ("resource", Reference("Image"), "m-Image"),
    ("resource-not-there-yet", Reference("Later"), UNKNOWN),
    ("counted-is-a-list", Reference("Copy"), ["m-Copy[0]", "m-Copy[1]"]),
    ("counted-none", Reference("Empty"), []),
    ("instance", Reference("Copy[1]"), "m-Copy[1]"),
    ("absent", Reference("Gone"), None),
    ("attribute", attribute("Image", "ImageId"), "ImageId of m-Image"),
    ("attribute-of-counted", attribute("Copy", "ImageId"),
     ["ImageId of m-Copy[0]", "ImageId of m-Copy[1]"]),
    ("attribute-of-instance", attribute("Copy[0]", "ImageId"), "ImageId of m-Copy[0]"),
    ("attribute-of-absent", attribute("Gone", "ImageId"), None),
    ("attribute-of-computed", attribute("Image", Reference("Which")), "ImageId of m-Image"),
    ("attribute-with-dot", attribute("Image", "Outputs.X"), "Outputs.X of m-Image"),
    ("attribute-not-there-yet", attribute("Image", Reference("Later")), UNKNOWN),
    ("pseudo", Pseudo("region"), "cn-hangzhou"),
    ("pseudo-not-known", Pseudo("stack_id"), UNKNOWN),
    ("pseudo-no-value", Pseudo("no_value"), NO_VALUE),
    ("pseudo-index", Pseudo("index"), 4),
    ("condition", ConditionReference("Yes"), True),
    ("condition-not-settled", ConditionReference("Other"), UNKNOWN),
    ("list-drops-no-value", ListOf((Literal(1), Pseudo("no_value"), Reference("Later"))),
     [1, UNKNOWN]),
    ("map-drops-no-value", MapOf({"a": Pseudo("no_value"), "b": Reference("Gone")}), {"b": None}),
]  # fmt: skip

REFUSED: list[tuple[str, Expression, str]] = [
    ("unknown-name", Reference("Nobody", SPAN), "nothing is called 'Nobody'"),
    ("bracket-of-no-counted", Reference("Image[0]", SPAN), "nothing is called 'Image[0]'"),
    ("unknown-attribute", attribute("Image", "Colour"), "no attribute 'Colour' of 'Image'"),
    ("unknown-attribute-of-counted", attribute("Copy", "Colour"), "no attribute"),
    ("attribute-of-a-number", attribute(5, "ImageId"), "two texts, not a number"),
    ("attribute-named-by-null", attribute("Image", None), "two texts, not null"),
]


@pytest.mark.parametrize(
    ("expression", "expected"), [c[1:] for c in VALUES], ids=[c[0] for c in VALUES]
)
def test_value(expression: Expression, expected: Any) -> None:
    assert evaluate(expression, Scope(BINDINGS, World(), MANNERS["ros"], 4)) == expected


@pytest.mark.parametrize(
    ("expression", "says"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(expression: Expression, says: str) -> None:
    with pytest.raises(EvaluationError, match=r".") as refused:
        evaluate(expression, Scope(BINDINGS, World(), MANNERS["ros"]))
    assert says in refused.value.diagnostic.message
    assert refused.value.diagnostic.span == SPAN


def test_the_index_has_no_value_outside_a_counted_resource() -> None:
    with pytest.raises(EvaluationError) as refused:
        evaluate(Pseudo("index", SPAN), Scope(BINDINGS, World(), MANNERS["ros"]))
    assert refused.value.diagnostic.code == "IF314"


def test_an_attribute_named_by_a_secret_is_not_shown() -> None:
    with pytest.raises(EvaluationError) as refused:
        evaluate(
            attribute("Image", Reference("Password")), Scope(BINDINGS, World(), MANNERS["ros"])
        )
    assert "s3cret" not in repr(refused.value.diagnostic)


def test_values_are_handed_out_and_not_copied() -> None:
    value = ["a", "b"]
    scope = Scope(Bindings({"P": value}, {}), Unresolved(), MANNERS["ros"])
    assert evaluate(Reference("P"), scope) is value
