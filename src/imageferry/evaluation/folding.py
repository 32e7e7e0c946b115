"""specialise(expression, bindings, index): what an expression means inside one counted instance.

ROS expands `Count` before anything is evaluated: the index becomes a number, and a Select of
something counted becomes the one instance it selects, so that B[i] needs A[i] only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from imageferry.evaluation.errors import EvaluationError, Refusal
from imageferry.evaluation.evaluator import DEPTH, evaluate
from imageferry.evaluation.functions.lists import slice_of
from imageferry.evaluation.references import Contents, MentionKind
from imageferry.evaluation.scopes import MANNERS, Manners, Scope, Unresolved
from imageferry.evaluation.substitution import parts_of, variables_of
from imageferry.model.addresses import parse_address
from imageferry.model.diagnostics import error
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
from imageferry.model.templates import Bindings

_NOTHING_KNOWN: Final = Unresolved()
_MOST_PARTS: Final = 100_000


def specialise(
    expression: Expression,
    bindings: Bindings,
    index: int | None,
    manners: Manners = MANNERS["ros"],
) -> Expression:
    """The expression with the index put in and Selects over counted resources folded.

    A Sub whose text is computed from parameters becomes one whose names can be seen. The same
    expression is returned where nothing changes. Raises EvaluationError for an index beyond a
    counted resource.
    """
    return _specialise(expression, Scope(bindings, _NOTHING_KNOWN, manners, index), 0)


def may_fold(held: Contents, bindings: Bindings) -> bool:
    """False where `specialise` can do no more than put the index in, so evaluation needs no folding.

    `held` is what the expression contains.
    """
    counts = bindings.counts
    if counts and any(
        mention.name in counts
        for mention in held.mentions
        if mention.kind is MentionKind.NAME or mention.kind is MentionKind.ATTRIBUTE
    ):
        return True
    return any(call.function == "sub_text" for call in held.calls)


def _specialise(expression: Expression, scope: Scope, depth: int) -> Expression:
    if depth >= DEPTH:
        raise EvaluationError(
            error("IF305", f"this is nested more than {DEPTH} deep", span=expression.span)
        )
    match expression:
        case Literal() | Reference() | ConditionReference():
            return expression
        case Pseudo(name=name, span=span):
            if name == "index" and scope.index is not None:
                return Literal(scope.index, span)
            return expression
        case Call():
            return _call(expression, scope, depth + 1)
        case Attribute(resource=resource, attribute=attribute, span=span):
            if isinstance(resource, Literal) and isinstance(attribute, Literal):
                return expression
            new_resource = _specialise(resource, scope, depth + 1)
            new_attribute = _specialise(attribute, scope, depth + 1)
            if new_resource is resource and new_attribute is attribute:
                return expression
            return Attribute(new_resource, new_attribute, span)
        case ListOf(items=items, span=span):
            parts = _each(items, scope, depth + 1)
            return expression if parts is items else ListOf(parts, span)
        case MapOf(entries=entries):
            values = tuple(entries.values())
            parts = _each(values, scope, depth + 1)
            if parts is values:
                return expression
            return replace(expression, entries=dict(zip(entries, parts, strict=True)))


def _each(expressions: tuple[Expression, ...], scope: Scope, depth: int) -> tuple[Expression, ...]:
    """Every one specialised; the same tuple where none changed."""
    changed = False
    parts = []
    for expression in expressions:
        part = (
            expression
            if isinstance(expression, (Literal, Reference))
            else _specialise(expression, scope, depth)
        )
        changed = changed or part is not expression
        parts.append(part)
    return tuple(parts) if changed else expressions


def _call(call: Call, scope: Scope, depth: int) -> Expression:
    argument = call.argument
    if isinstance(argument, ListOf):
        items = _each(argument.items, scope, depth)
        if items is not argument.items:
            argument = ListOf(items, argument.span)
    else:
        argument = _specialise(argument, scope, depth)
    if call.function == "select" and isinstance(argument, ListOf):
        folded = _fold(call, argument, scope)
        if folded is not None:
            return folded
    if call.function == "sub_text" and isinstance(argument, ListOf):
        seen = _open_text(call, argument, scope)
        if seen is not None:
            return seen
    if argument is call.argument:
        return call
    return Call(call.function, argument, call.written, call.span)


class _Instances(NamedTuple):
    """The instances that a reference to a counted resource stands for."""

    number: int
    at: Callable[[int], Expression]


def _fold(call: Call, argument: ListOf, scope: Scope) -> Expression | None:
    """The instances that a Select picks; None where it is one to be evaluated later.

    What was written decides: the first two items must be functions, and at most three items.
    """
    written = call.argument
    if not isinstance(written, ListOf) or not 2 <= len(written.items) <= 3:
        return None
    if isinstance(written.items[0], (Literal, ListOf, MapOf)):
        return None
    instances = _instances(argument.items[1], scope)
    if instances is None:
        return None
    lookup = evaluate(argument.items[0], scope)
    if isinstance(lookup, int) and not isinstance(lookup, bool):
        return _fold_index(call, argument, instances, lookup)
    if isinstance(lookup, str) and ":" in lookup:
        return _fold_slice(call, instances, lookup)
    return None


def _fold_slice(call: Call, instances: _Instances, lookup: str) -> Expression:
    try:
        picked = range(instances.number)[slice_of(lookup)]
    except Refusal as refusal:
        raise EvaluationError(
            error(refusal.code, f"'{call.written}' {refusal.message}", span=call.span)
        ) from None
    return ListOf(tuple(map(instances.at, picked)), call.span)


def _fold_index(call: Call, argument: ListOf, instances: _Instances, index: int) -> Expression:
    count = instances.number
    if -count <= index < count:
        return instances.at(index % count)
    if index >= 0 and len(argument.items) == 3:
        return argument.items[2]
    raise EvaluationError(
        error(
            "IF309",
            f"'{call.written}' selects index {index} of {count} counted instances",
            why="the index goes beyond what 'Count' makes",
            remedy="let both resources have the same 'Count', or give a default as third item",
            span=call.span,
        )
    )


def _instances(expression: Expression, scope: Scope) -> _Instances | None:
    counts = scope.bindings.counts
    match expression:
        case Reference(name=name, span=span) if name in counts:
            return _Instances(counts[name], lambda i: Reference(f"{name}[{i}]", span))
        case Attribute(resource=Literal(value=str() as name), attribute=attribute, span=span) if (
            name in counts
        ):
            return _Instances(
                counts[name],
                lambda i: Attribute(Literal(f"{name}[{i}]", span), attribute, span),
            )
        case ListOf(items=items) if items and all(_is_instance(part, scope) for part in items):
            return _Instances(len(items), items.__getitem__)
        case _:
            return None


def _is_instance(expression: Expression, scope: Scope) -> bool:
    """True for what folding an inner slice left: one instance of a counted resource."""
    match expression:
        case Reference(name=name) | Attribute(resource=Literal(value=str() as name)):
            return parse_address(name).logical_id in scope.bindings.counts and name.endswith("]")
        case _:
            return False


def _open_text(call: Call, argument: ListOf, scope: Scope) -> Expression | None:
    """A Sub of computed text as one whose parts can be seen; None where the text is not known."""
    text = evaluate(argument.items[0], scope)
    if not isinstance(text, str):
        return None
    try:
        variables = variables_of(argument.items[1]) if len(argument.items) > 1 else {}
        parts = parts_of(text, variables, scope.manners, call.span)
    except Refusal as refusal:
        raise EvaluationError(
            error(refusal.code, f"'{call.written}' {refusal.message}", span=call.span)
        ) from None
    everything = (inner for part in parts for inner in walk(part))
    if next(islice(everything, _MOST_PARTS, None), None) is not None:
        raise EvaluationError(
            error(
                "IF337",
                f"'{call.written}' has a text that stands for more than {_MOST_PARTS:,} values",
                remedy="use each name once, or build the text in another way",
                span=call.span,
            )
        )
    opened = ListOf(parts, call.span)
    return Call("sub", _specialise(opened, scope, 1), call.written, call.span)
