"""settle_rules(template, bindings): the assertions that the parameters break, each at its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import EvaluationError, Refusal
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.functions.logic import truth_of
from imageferry.evaluation.references import MentionKind, mentions
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.evaluation.seals import opened
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.expressions import Expression
from imageferry.model.templates import Assertion, Bindings, Rule, Template
from imageferry.model.values import UNKNOWN, Value, holds_secret

_SHOWN: Final = 40
_MOST_NAMED: Final = 5


def settle_rules(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    """Every assertion that is false, and every rule that has no truth.

    What is not known yet says nothing: an assertion on it may still hold.
    """
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    for rule in template.rules.values():
        try:
            applies = rule.condition is None or _applies(rule.condition, rule, scope)
        except EvaluationError as fault:
            yield fault.diagnostic
            continue
        if not applies:
            continue
        for assertion in rule.assertions:
            try:
                broken = _is_false(assertion, scope)
            except EvaluationError as fault:
                yield fault.diagnostic
                continue
            if broken:
                yield _broken(rule, assertion, bindings)


def _applies(condition: Expression, rule: Rule, scope: Scope) -> bool:
    """Whether a rule's assertions are made; not while its condition is not known."""
    value, _ = opened(evaluate(condition, scope))
    if value is UNKNOWN:
        return False
    if scope.manners.equals_compares_text:
        # CloudFormation reference, rules: a rule's condition is true or false.
        return _truth(value, "condition", condition.span or rule.span, rule) is True
    # ROS reference, rules: any value counts by its truthiness.
    return bool(value)


def _is_false(assertion: Assertion, scope: Scope) -> bool:
    value, _ = opened(evaluate(assertion.expression, scope))
    if scope.manners.equals_compares_text:
        span = assertion.expression.span or assertion.span
        return _truth(value, "assertion", span, None) is False
    # ROS reference, rules: an assertion fails where its value is false itself and nothing alike.
    return value is False


def _truth(value: Value, what: str, span: Span, rule: Rule | None) -> Value:
    try:
        return truth_of(value)
    except Refusal:
        named = f"the {what} of rule '{rule.name}'" if rule is not None else f"an {what}"
        raise EvaluationError(
            error(
                "IF311",
                f"{named} needs true or false, not {kind_of(value)}",
                remedy="compare with 'Fn::Equals', or ask with 'Fn::Contains'",
                span=span,
            )
        ) from None


def _broken(rule: Rule, assertion: Assertion, bindings: Bindings) -> Diagnostic:
    said = assertion.description.strip()
    return error(
        "IF411",
        f"rule '{rule.name}' is broken{f': {said}' if said else ''}",
        why=_because(assertion.expression, rule.condition, bindings),
        remedy="give parameters that keep the rule",
        span=assertion.span,
    )


def _because(expression: Expression, condition: Expression | None, bindings: Bindings) -> str:
    """The parameters that an assertion looks at, with their values; secrets are not shown."""
    names = [
        mention.name
        for part in (expression, condition)
        if part is not None
        for mention in mentions(part)
        if mention.kind is MentionKind.NAME and mention.name in bindings.parameters
    ]
    shown = [f"{name} = {_shown(bindings.parameters[name])}" for name in dict.fromkeys(names)]
    if not shown:
        return "its assertion is false whatever the parameters are"
    more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
    return f"its assertion is false with {', '.join(shown[:_MOST_NAMED])}{more}"


def _shown(value: Value) -> str:
    if holds_secret(value):
        return "****"
    if value is UNKNOWN:
        return "any value"
    is_text = isinstance(value, str)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"'{cut}'" if is_text else cut
