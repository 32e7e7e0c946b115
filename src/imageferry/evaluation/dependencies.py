"""dependencies_of(definition, scope): the names that DependsOn gives, written and computed."""

from __future__ import annotations

from collections.abc import Iterator

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Scope
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.expressions import Expression, Pseudo, walk
from imageferry.model.templates import ResourceDefinition
from imageferry.model.values import NO_VALUE, UNKNOWN, Value, holds_secret


def dependencies_of(
    definition: ResourceDefinition, scope: Scope
) -> Iterator[tuple[str, Span | None]]:
    """Every name in `DependsOn` with its place; null, no value, empty and unknown ones are left out.

    Raises EvaluationError where a function fails or gives something else than names.
    """
    yield from definition.depends_on
    for expression in definition.computed_dependencies:
        value = evaluate(expression, scope)
        if holds_secret(value):
            raise EvaluationError(_hidden(definition, expression))
        for name in value if isinstance(value, (list, tuple)) else (value,):
            if name is None or name == "" or name is NO_VALUE or name is UNKNOWN:
                continue
            if not isinstance(name, str):
                raise EvaluationError(_no_name(definition, expression, name))
            yield name, expression.span


def tells_index(expression: Expression) -> bool:
    """True for an expression that differs from instance to instance of a counted resource."""
    return any(isinstance(part, Pseudo) and part.name == "index" for part in walk(expression))


def _no_name(definition: ResourceDefinition, expression: Expression, value: Value) -> Diagnostic:
    return error(
        "IF303",
        f"'DependsOn' of '{definition.logical_id}' needs names of resources, not {kind_of(value)}",
        remedy="let the function give the name of a resource, or a list of names",
        span=expression.span or definition.span,
    )


def _hidden(definition: ResourceDefinition, expression: Expression) -> Diagnostic:
    return error(
        "IF335",
        f"'DependsOn' of '{definition.logical_id}' comes from a secret",
        why="the names that a resource depends on are written down",
        remedy="use a parameter without 'NoEcho'",
        span=expression.span or definition.span,
    )
