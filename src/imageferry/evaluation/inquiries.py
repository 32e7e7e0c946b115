"""inquiries(template, bindings): what a template asks of the world beside it, given what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Manners, Scope, Unresolved
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
    walk,
)
from imageferry.model.inquiries import Inquiry
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value

ASKING: Final = frozenset(
    {"format_time", "get_azs", "get_stack_output", "import_value", "marketplace_image"}
)
"""The functions whose value is an answer, by canonical name."""


class _Noted(Mapping[Inquiry, Value]):
    """Answers that note each question they are asked."""

    def __init__(self, answers: Mapping[Inquiry, Value]) -> None:
        self._answers = answers
        self.asked: dict[Inquiry, None] = {}

    def __getitem__(self, inquiry: Inquiry) -> Value:
        self.asked[inquiry] = None
        return self._answers[inquiry]

    def __iter__(self) -> Iterator[Inquiry]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)


def asks(expression: Expression | None) -> bool:
    """True where an expression holds a function whose value is an answer."""
    if expression is None:
        return False
    # Asked of every property of every resource, and mostly denied: no generator, plain text first.
    pending = [expression]
    while pending:
        part = pending.pop()
        match part:
            case Literal() | Reference() | Pseudo() | ConditionReference():
                continue
            case Call():
                if part.function in ASKING:
                    return True
                pending.append(part.argument)
            case ListOf():
                pending.extend(part.items)
            case MapOf():
                pending.extend(part.entries.values())
            case Attribute():
                pending.append(part.resource)
                pending.append(part.attribute)
    return False


def asking_parts(template: Template) -> Template | None:
    """The template with only those expressions that ask something; None where none does.

    Conditions stay whole, since they may be what others depend on.
    """
    conditions = any(asks(condition.expression) for condition in template.conditions.values())
    rules = {
        name: rule
        for name, rule in template.rules.items()
        if asks(rule.condition) or any(asks(one.expression) for one in rule.assertions)
    }
    resources = {
        name: replace(
            definition,
            properties={
                key: expression
                for key, expression in definition.properties.items()
                if asks(expression)
            },
        )
        for name, definition in template.resources.items()
        if asks(definition.count)
        or any(
            type(expression) is not Literal and asks(expression)
            for expression in definition.properties.values()
        )
    }
    outputs = {
        name: output
        for name, output in template.outputs.items()
        if asks(output.value) or asks(output.export_name)
    }
    if not (conditions or rules or resources or outputs):
        return None
    return replace(template, rules=rules, resources=resources, outputs=outputs)


def inquiries(template: Template, bindings: Bindings, manners: Manners) -> frozenset[Inquiry]:
    """Every question that comes up while the template is evaluated, answered ones among them.

    Nothing is asked by what does not exist or is not chosen; a condition or a count that waits for
    an answer holds back what depends on it, so ask again once that is known.
    """
    noted = _Noted(bindings.answers)
    scope = Scope(replace(bindings, answers=noted), Unresolved(), manners)
    for expression, index in _standing(template, bindings):
        if asks(expression):
            _try(expression, replace(scope, index=index))
    return frozenset(noted.asked)


def written_at(
    inquiry: Inquiry, template: Template, bindings: Bindings, manners: Manners
) -> Span | None:
    """Where the function stands that asks a question; None where nobody can tell."""
    found: Span | None = None
    for expression, index in _standing(template, bindings):
        for part in walk(expression):
            if not (isinstance(part, Call) and part.function in ASKING):
                continue
            noted = _Noted(bindings.answers)
            _try(part, Scope(replace(bindings, answers=noted), Unresolved(), manners, index))
            if inquiry in noted.asked:
                # Walking goes inward: the last one is what asks, not what holds it.
                found = part.span
        if found is not None:
            return found
    return None


def _standing(template: Template, bindings: Bindings) -> Iterator[tuple[Expression, int | None]]:
    """Every expression that is evaluated as far as is known, for each index that it depends on."""
    for condition in template.conditions.values():
        yield condition.expression, None
    for rule in template.rules.values():
        if rule.condition is not None:
            yield rule.condition, None
        for assertion in rule.assertions:
            yield assertion.expression, None
    for name, definition in template.resources.items():
        if name in bindings.absent or _waits(definition.condition, template, bindings):
            continue
        if definition.count is not None:
            yield definition.count, None
            if name not in bindings.counts:
                continue
        for expression in definition.properties.values():
            if definition.count is None:
                yield expression, None
            elif _tells_index(expression):
                yield from ((expression, index) for index in range(bindings.counts[name]))
            elif bindings.counts[name]:
                yield expression, 0
    for output in template.outputs.values():
        if bindings.conditions.get(output.condition or "") is False:
            continue
        if _waits(output.condition, template, bindings):
            continue
        yield output.value, None
        if output.export_name is not None:
            yield output.export_name, None


def _waits(condition: str | None, template: Template, bindings: Bindings) -> bool:
    return (
        condition is not None
        and condition in template.conditions
        and condition not in bindings.conditions
    )


def _tells_index(expression: Expression) -> bool:
    return any(isinstance(part, Pseudo) and part.name == "index" for part in walk(expression))


def _try(expression: Expression, scope: Scope) -> None:
    """Evaluate only for what is asked on the way; faults are told by whoever needs the value."""
    try:
        evaluate(expression, scope)
    except EvaluationError:
        return
