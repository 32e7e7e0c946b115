"""bind(template, given, pseudo): all that names stand for, before any resource exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.evaluation.conversions import integer_of_text, kind_of
from imageferry.evaluation.errors import EvaluationError, Refusal
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.functions.logic import truth_of
from imageferry.evaluation.references import MentionKind, mentions
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.evaluation.seals import opened
from imageferry.graph import Graph
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.inquiries import Inquiry
from imageferry.model.reports import ordered
from imageferry.model.templates import Bindings, ResourceDefinition, Template
from imageferry.model.values import UNKNOWN, Value, holds_secret
from imageferry.validation.cycles import condition_cycle
from imageferry.validation.parameters import bind_parameters
from imageferry.validation.rules import settle_rules

MOST_RESOURCES: Final = 20_000
"""The most resources a stack may have once `Count` is expanded."""


class Bound(NamedTuple):
    """Complete bindings, or None where an error forbids them; and every diagnostic."""

    bindings: Bindings | None
    diagnostics: tuple[Diagnostic, ...]


def bind(
    template: Template,
    given: Mapping[str, Value],
    pseudo: Mapping[str, Value],
    previous: Mapping[str, Value] | None = None,
    answers: Mapping[Inquiry, Value] | None = None,
    *,
    partly: bool = False,
) -> Bound:
    """Parameters, the truth of every condition, the counts, and what does not exist.

    `given` are values or texts by parameter name, `pseudo` the pseudo parameters by canonical
    name, `previous` the parameters of the last operation, used where nothing is given, `answers`
    what was asked of the world beside the template. `partly`: what has no value stays UNKNOWN, what
    cannot be settled is left out, both without a fault, and bindings are given in any case.
    """
    parameters = bind_parameters(template, given, previous)
    diagnostics = [
        fault for fault in parameters.diagnostics if not (partly and fault.code == "IF401")
    ]
    # What depends on a missing or a wrong parameter is not told a second time.
    values = {name: parameters.values.get(name, UNKNOWN) for name in template.parameters}
    start = Bindings(values, pseudo, mappings=template.mappings, answers=answers or {})
    conditions = settle_conditions(template, start, diagnostics)
    settled = replace(start, conditions=conditions)
    diagnostics.extend(settle_rules(template, settled))
    bindings = settle_counts(template, settled, diagnostics)
    if not partly and not any(diagnostic.is_error for diagnostic in diagnostics):
        diagnostics.extend(_unsettled(template, bindings))
    complete = not any(diagnostic.is_error for diagnostic in diagnostics)
    return Bound(bindings if complete or partly else None, ordered(diagnostics))


def _unsettled(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    """What has no value although every parameter has one."""
    for name, condition in template.conditions.items():
        if name not in bindings.conditions:
            yield error(
                "IF315",
                f"condition '{name}' cannot be settled before any resource exists",
                why="it depends on a resource, or on a pseudo parameter without a value",
                span=condition.span,
            )
    for name, definition in template.resources.items():
        if definition.count is not None and name not in bindings.counts:
            yield error(
                "IF315",
                f"'Count' of '{name}' cannot be settled before any resource exists",
                why="it depends on a resource, or on a pseudo parameter without a value",
                span=_span(definition),
            )


def settle_conditions(
    template: Template, bindings: Bindings, diagnostics: list[Diagnostic]
) -> dict[str, bool]:
    """The truth of each condition that has one; those that are not known yet are left out."""
    needs = {
        name: {
            mention.name
            for mention in mentions(condition.expression)
            if mention.kind is MentionKind.CONDITION
        }
        for name, condition in template.conditions.items()
    }
    graph = Graph(needs)
    truths: dict[str, bool] = {}
    # Each condition sees the truth of those before it.
    scope = _scope(template, replace(bindings, conditions=truths))
    for name in graph.order():
        condition = template.conditions[name]
        try:
            truth = truth_of(evaluate(condition.expression, scope))
        except EvaluationError as fault:
            diagnostics.append(fault.diagnostic)
        except Refusal as refusal:
            diagnostics.append(
                error(refusal.code, f"condition '{name}' {refusal.message}", span=condition.span)
            )
        else:
            if isinstance(truth, bool):
                truths[name] = truth
    cycle = graph.cycle()
    if cycle:
        diagnostics.append(condition_cycle(template, cycle))
    return truths


def settle_counts(
    template: Template, bindings: Bindings, diagnostics: list[Diagnostic]
) -> Bindings:
    """The bindings with how often each counted resource exists, and which resources do not."""
    counts: dict[str, int] = {}
    hides = False
    scope = _scope(template, bindings)
    for name, definition in template.resources.items():
        if definition.count is None:
            continue
        try:
            value = evaluate(definition.count, scope)
            hides = hides or holds_secret(value)
            count = _count_of(value, definition, _span(definition))
        except EvaluationError as fault:
            diagnostics.append(fault.diagnostic)
            continue
        if isinstance(count, Diagnostic):
            diagnostics.append(count)
        elif count is not None:
            counts[name] = count
    absent = frozenset(
        name
        for name, definition in template.resources.items()
        if definition.condition is not None
        and bindings.conditions.get(definition.condition) is False
    )
    total = sum(counts.get(name, 1) for name in template.resources if name not in absent)
    if total > MOST_RESOURCES:
        # Of what is too much as it is written the reader has told.
        if len(template.resources) <= MOST_RESOURCES:
            diagnostics.append(_too_many(template, counts, total, hides))
        # Nobody may come to expand them.
        counts = {}
    return replace(bindings, counts=counts, absent=absent)


def _scope(template: Template, bindings: Bindings) -> Scope:
    return Scope(bindings, Unresolved(), MANNERS[template.dialect])


def _span(definition: ResourceDefinition) -> Span:
    count = definition.count
    return definition.span if count is None or count.span is None else count.span


def _count_of(value: Value, definition: ResourceDefinition, span: Span) -> int | Diagnostic | None:
    """The number that a Count says; None while it is not known."""
    plain, secret = opened(value)
    if plain is UNKNOWN:
        return None
    number = integer_of_text(plain) if isinstance(plain, str) else plain
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    got = kind_of(plain) if secret or not isinstance(plain, (str, float, int)) else f"'{plain}'"
    if isinstance(plain, bool) and not secret:
        got = str(plain).lower()
    return error(
        "IF312",
        f"'Count' of '{definition.logical_id}' is {got}",
        why="it must be a whole number from 0",
        remedy="write a number such as 3, or 'Fn::Length' of a list",
        span=span,
    )


def _too_many(template: Template, counts: Mapping[str, int], total: int, hides: bool) -> Diagnostic:
    """`hides`: the numbers come from a secret, and are not shown."""
    largest = max(counts, key=lambda name: counts[name])
    made = "too many" if hides else f"{total:,}"
    return error(
        "IF313",
        f"the template makes {made} resources, and {MOST_RESOURCES:,} are the most",
        why="" if hides else f"'{largest}' alone makes {counts[largest]:,}",
        remedy="use several stacks",
        span=_span(template.resources[largest]),
    )
