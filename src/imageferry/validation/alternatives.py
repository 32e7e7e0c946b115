"""Both branches of an If whose condition is not known yet, each against the property's schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from imageferry.evaluation.conformance import conform
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.expressions import Call, Expression, ListOf
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import UNKNOWN
from imageferry.ports.types import Catalog
from imageferry.validation.properties import placed, span_of

_MOST: Final = 16


def faults_of_alternatives(template: Template, catalog: Catalog) -> Iterator[Diagnostic]:
    """What is wrong with a branch whatever the parameters are."""
    unknown = dict.fromkeys(template.parameters, UNKNOWN)
    bindings = Bindings(unknown, {"index": UNKNOWN}, mappings=template.mappings)
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    for definition in template.resources.values():
        found = catalog.find(definition.type_name)
        if found is None:
            continue
        for key, expression in definition.properties.items():
            if type(expression) is not Call or key not in found.schema.properties:
                continue
            for branch in _branches(expression):
                try:
                    value = evaluate(branch, scope)
                except EvaluationError as fault:
                    yield placed(fault.diagnostic, branch.span)
                    continue
                for problem in conform(found.schema, {key: value}).problems:
                    if problem.path[0] == key:
                        span = branch.span or span_of(problem, definition)
                        yield Diagnostic(
                            problem.code,
                            problem.severity,
                            f"{definition.logical_id}: {problem.message}",
                            problem.why,
                            problem.remedy,
                            span,
                        )


def _branches(expression: Expression) -> Iterator[Expression]:
    """The values that the Ifs at the top of an expression may choose; none where there is no If."""
    pending = [expression]
    for _ in range(_MOST):
        if not pending:
            return
        match pending.pop():
            case Call(function="if", argument=ListOf(items=(_, if_true, if_false))):
                pending += [if_false, if_true]
            case chosen if chosen is not expression:
                yield chosen
            case _:
                return
