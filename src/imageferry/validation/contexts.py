"""Functions where they may not stand, with the wrong number of arguments, or not evaluated at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.evaluation.evaluator import misshapen, unknown_function
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Function, Place
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Attribute, Call, Expression, ListOf, Literal, children
from imageferry.model.templates import Template
from imageferry.validation.places import Site

# CloudFormation guide, condition functions: Sub may stand in conditions, which ROS refuses.
_ALSO: Final[Mapping[tuple[str, Place], frozenset[str]]] = {
    ("cloudformation", Place.CONDITION): frozenset({"sub"}),
}


def faults_of_contexts(template: Template, sites: list[Site]) -> Iterator[Diagnostic]:
    """Every function that cannot be where it is or as it is."""
    for site in sites:
        if isinstance(site.expression, Literal):
            continue
        also = _ALSO.get((template.dialect, site.place), frozenset[str]())
        pending: list[tuple[Expression, Place]] = [(site.expression, site.place)]
        while pending:
            expression, place = pending.pop()
            if isinstance(expression, (Call, Attribute)):
                yield from _faults(expression, place, site, also)
            pending.extend(_inside(expression, place))


def _inside(expression: Expression, place: Place) -> Iterator[tuple[Expression, Place]]:
    match expression:
        case Call(function="if", argument=ListOf(items=(condition, *branches))):
            # What If asks is a condition, wherever the If stands.
            yield condition, Place.CONDITION
            for branch in branches:
                yield branch, place
        case _:
            for inner in children(expression):
                yield inner, place


def _faults(
    expression: Call | Attribute, place: Place, site: Site, also: frozenset[str]
) -> Iterator[Diagnostic]:
    span = expression.span or site.span
    if isinstance(expression, Attribute):
        if not site.sees_resources:
            yield error(
                "IF304",
                f"'Fn::GetAtt' may not stand in {site.says}",
                why="it is settled before any resource exists",
                span=span,
            )
        return
    function = FUNCTIONS.get(expression.function)
    if function is None:
        yield unknown_function(expression)
        return
    if not site.takes_calls:
        yield error(
            "IF304",
            f"'{expression.written}' may not stand in {site.says}",
            remedy="write a word, or 'Ref' of a parameter",
            span=span,
        )
    elif place not in function.places and expression.function not in also:
        allowed = " and ".join(sorted(one.value for one in function.places))
        yield error(
            "IF304",
            f"'{expression.written}' may not stand in {site.says}",
            why=f"it may stand in {allowed}",
            span=span,
        )
    yield from _shape(expression, function)


def _shape(call: Call, function: Function) -> Iterator[Diagnostic]:
    shape = function.shape
    if shape.whole:
        return
    match call.argument:
        case ListOf(items=given) | Literal(value=list() as given):
            if not shape.fits(len(given)):
                yield misshapen(call, function, str(len(given)))
        case _:
            return
