"""References to resources whose condition is false, where the language does not take that for null."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from imageferry.evaluation.errors import EvaluationError, Refusal
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.functions.logic import truth_of
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.expressions import (
    Attribute,
    Call,
    Expression,
    ListOf,
    Literal,
    Reference,
    children,
)
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import UNKNOWN
from imageferry.validation.places import Site

# ROS gives null for what does not exist; CloudFormation says "Unresolved resource dependencies".
_REFUSING: Final = frozenset({"cloudformation"})


class Absence(NamedTuple):
    """A reference to what does not exist, and the resource that it stands in, if in one."""

    logical_id: str | None
    diagnostic: Diagnostic


def absences(
    template: Template, everywhere: Iterable[Site], bindings: Bindings
) -> Iterator[Absence]:
    """Every reference to an absent resource from what is there; what an If does not choose is not."""
    if not bindings.absent or template.dialect not in _REFUSING:
        return
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    outputs = {output.span: output.condition for output in template.outputs.values()}
    for site in everywhere:
        if site.resource is not None:
            if site.resource.logical_id in bindings.absent:
                continue
        elif not bindings.conditions.get(outputs.get(site.span) or "", True):
            continue
        if bindings.absent.isdisjoint(mention.name for mention in site.mentions):
            continue
        for name, span in _reached(site.expression, scope):
            if name in bindings.absent:
                logical_id = None if site.resource is None else site.resource.logical_id
                yield Absence(logical_id, _absent(template, site, name, span or site.span))


def _reached(expression: Expression, scope: Scope) -> Iterator[tuple[str, Span | None]]:
    """The names that are asked for, whatever is not known yet."""
    pending = [expression]
    while pending:
        current = pending.pop()
        match current:
            case Reference(name=name, span=span):
                yield name, span
            case Attribute(resource=Literal(value=str() as name), span=span):
                yield name, span
            case Call(function="if", argument=ListOf(items=(condition, if_true, if_false))):
                truth = _truth(condition, scope)
                if truth is not None:
                    pending.append(if_true if truth else if_false)
            case _:
                pending.extend(children(current))


def _truth(condition: Expression, scope: Scope) -> bool | None:
    try:
        truth = truth_of(evaluate(condition, scope))
    except (EvaluationError, Refusal):
        # That is told where it is evaluated.
        return None
    return None if truth is UNKNOWN else bool(truth)


def _absent(template: Template, site: Site, name: str, span: Span) -> Diagnostic:
    condition = template.resources[name].condition
    return error(
        "IF220",
        f"{site.says} mentions '{name}', which does not exist",
        why=f"its condition '{condition}' is false",
        remedy=f"choose with 'Fn::If: [{condition}, …, …]', or give both the same condition",
        span=span,
    )
