"""evaluate(expression, scope): an expression to a Value, with UNKNOWN for what is not yet known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import EvaluationError, Refusal
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Evaluate, Function, Lazy, Reach, Strict
from imageferry.evaluation.scopes import Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Diagnostic, Span, error
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
from imageferry.model.values import NO_VALUE, UNKNOWN, Value, holds_secret, is_known, reveal

DEPTH: Final = 100
"""How deep expressions may stand in each other; a deeper one has no value."""


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of an expression.

    What only a later step can give is UNKNOWN and makes UNKNOWN whatever needs it. A Secret in
    makes a Secret out. List items and map entries that are NO_VALUE fall away. Values of the
    template and of parameters are handed out as they are: nobody changes them.
    Raises EvaluationError.
    """
    return _evaluate(expression, scope, 0)


def _evaluate(expression: Expression, scope: Scope, depth: int) -> Value:
    match expression:
        case Literal():
            return expression.value
        case Reference():
            return _reference(expression, scope)
        case Call():
            return _call(expression, scope, depth)
        case Pseudo():
            return _pseudo(expression, scope)
        case Attribute():
            return _attribute(expression, scope, depth)
        case MapOf():
            _check_depth(depth, expression.span)
            values = {
                key: _evaluate(entry, scope, depth + 1) for key, entry in expression.entries.items()
            }
            return {key: value for key, value in values.items() if value is not NO_VALUE}
        case ListOf():
            _check_depth(depth, expression.span)
            found = [_evaluate(part, scope, depth + 1) for part in expression.items]
            return [value for value in found if value is not NO_VALUE]
        case ConditionReference():
            return scope.bindings.conditions.get(expression.name, UNKNOWN)


def _check_depth(depth: int, span: Span | None) -> None:
    if depth >= DEPTH:
        raise EvaluationError(error("IF305", f"this is nested more than {DEPTH} deep", span=span))


def _reference(expression: Reference, scope: Scope) -> Value:
    name = expression.name
    bindings = scope.bindings
    if name in bindings.parameters:
        return bindings.parameters[name]
    if name in bindings.absent:
        return None
    count = bindings.counts.get(name)
    try:
        if count is not None:
            return [
                scope.resources.reference(ResourceAddress(name, index)) for index in range(count)
            ]
        return scope.resources.reference(_address(name, scope))
    except LookupError:
        raise EvaluationError(
            error("IF201", f"nothing is called '{name}'", span=expression.span)
        ) from None


def _address(name: str, scope: Scope) -> ResourceAddress:
    """`A[0]` is an instance where `A` is counted, else a name like any other."""
    if name.endswith("]"):
        explicit = parse_address(name)
        if explicit.logical_id in scope.bindings.counts:
            return explicit
    return ResourceAddress(name)


def _pseudo(expression: Pseudo, scope: Scope) -> Value:
    if expression.name == "no_value":
        return NO_VALUE
    if expression.name == "index" and scope.index is not None:
        return scope.index
    value = scope.bindings.pseudo.get(expression.name, NO_VALUE)
    if value is not NO_VALUE:
        return value
    if expression.name == "index":
        raise EvaluationError(
            error(
                "IF314",
                "the index has no value here",
                why="it has one only in the properties of a resource with 'Count'",
                remedy="write the number, or move it into such a resource",
                span=expression.span,
            )
        )
    return UNKNOWN


def _attribute(expression: Attribute, scope: Scope, depth: int) -> Value:
    _check_depth(depth, expression.span)
    resource, secret = opened(_evaluate(expression.resource, scope, depth + 1))
    name, secret_name = opened(_evaluate(expression.attribute, scope, depth + 1))
    if resource is UNKNOWN or name is UNKNOWN:
        return UNKNOWN
    if not isinstance(resource, str) or not isinstance(name, str):
        wrong = kind_of(name if isinstance(resource, str) else resource)
        raise EvaluationError(
            error("IF302", f"'Fn::GetAtt' needs two texts, not {wrong}", span=expression.span)
        )
    bindings = scope.bindings
    if resource in bindings.absent:
        return None
    count = bindings.counts.get(resource)
    try:
        if count is None:
            address = _address(resource, scope)
            return (
                None
                if address.logical_id in bindings.absent
                else scope.resources.attribute(address, name)
            )
        return [
            scope.resources.attribute(ResourceAddress(resource, index), name)
            for index in range(count)
        ]
    except LookupError:
        shown = "that" if secret or secret_name else f"'{name}' of '{resource}'"
        raise EvaluationError(
            error("IF203", f"there is no attribute {shown}", span=expression.span)
        ) from None


def _call(call: Call, scope: Scope, depth: int) -> Value:
    function = FUNCTIONS[call.function]
    _check_depth(depth, call.span)
    try:
        match function:
            case Strict():
                return _call_strictly(function, call, scope, depth)
            case Lazy():
                return _call_lazily(function, call, scope, depth)
    except Refusal as refusal:
        raise EvaluationError(
            error(
                refusal.code,
                f"'{call.written}' {refusal.message}",
                why=refusal.why,
                remedy=refusal.remedy,
                span=call.span,
                names=refusal.names,
            )
        ) from None


def _call_strictly(function: Strict, call: Call, scope: Scope, depth: int) -> Value:
    argument = call.argument
    deeper = depth + 1
    values: Sequence[Value]
    if function.shape.whole:
        values = (_evaluate(argument, scope, deeper),)
    else:
        if isinstance(argument, ListOf):
            values = [_evaluate(part, scope, deeper) for part in argument.items]
        else:
            whole, secret = opened(_evaluate(argument, scope, deeper))
            if whole is UNKNOWN or whole is NO_VALUE:
                return whole
            if not isinstance(whole, (list, tuple)):
                raise EvaluationError(misshapen(call, function, kind_of(whole)))
            values = [sealed(value, secret) for value in whole]
        if not function.shape.fits(len(values)):
            raise EvaluationError(misshapen(call, function, str(len(values))))
    if NO_VALUE in values and function.shape.most is not None:
        return NO_VALUE
    if function.reach is Reach.ALL:
        return _apply_to_all(function, values, scope)
    try:
        return function.apply(values, scope)
    except Refusal as refusal:
        raise _discreet(refusal, values) from None


def _apply_to_all(function: Strict, values: Sequence[Value], scope: Scope) -> Value:
    secret = False
    for value in values:
        kind = type(value)
        if kind is str or kind is int or kind is bool or value is None:
            continue
        if not is_known(value):
            return UNKNOWN
        secret = secret or holds_secret(value)
    if not secret:
        return function.apply(values, scope)
    try:
        return sealed(function.apply([reveal(value) for value in values], scope), True)
    except Refusal as refusal:
        raise _discreet(refusal, values) from None


def _discreet(refusal: Refusal, values: Iterable[Value]) -> Refusal:
    """The refusal without its words where a secret might be among them."""
    if refusal.discreet or not any(map(holds_secret, values)):
        return refusal
    return Refusal(
        "refuses its arguments; they hold a secret, so they are not shown", code=refusal.code
    )


def misshapen(call: Call, function: Function, got: str) -> Diagnostic:
    """The diagnostic of a function whose arguments have the wrong shape."""
    shape = function.shape
    least = ", ".join("…" * max(shape.least, 1)) + (", …" if shape.most is None else "")
    return error(
        "IF302",
        f"'{call.written}' needs {shape}, not {got}",
        remedy="" if shape.whole else f"write '{call.written}: [{least}]'",
        span=call.span,
    )


def _call_lazily(function: Lazy, call: Call, scope: Scope, depth: int) -> Value:
    argument = call.argument
    parts: tuple[Expression, ...]
    match argument:
        case ListOf():
            parts = argument.items
        case Literal(value=list() | tuple() as values):
            parts = tuple(Literal(value, argument.span) for value in values)
        case _ if function.shape.bare:
            parts = (argument,)
        case _:
            raise EvaluationError(misshapen(call, function, "anything else"))
    if not function.shape.fits(len(parts)):
        raise EvaluationError(misshapen(call, function, str(len(parts))))
    deeper = depth + 1
    inner: Evaluate = lambda part: _evaluate(part, scope, deeper)  # noqa: E731
    return function.apply(parts, scope, inner)
