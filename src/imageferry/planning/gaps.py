"""gaps(expression): what in a value is not known yet, where, and every reason for it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Scope
from imageferry.model.addresses import PropertyPath, parse_address
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
    children,
)
from imageferry.model.outlooks import Gap
from imageferry.model.templates import Condition
from imageferry.model.values import NO_VALUE, UNKNOWN, Unknown, Value, is_known


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Where reasons are looked for: the scope of the values, and what the conditions say."""

    scope: Scope
    conditions: Mapping[str, Condition]


def gaps(expression: Expression, place: Unsettled, path: PropertyPath = ()) -> Iterator[Gap]:
    """Each place of the value that is not known, outermost first, with its reasons."""
    value = _value(expression, place)
    if is_known(value):
        return
    match expression:
        case MapOf(entries=entries):
            for name, entry in entries.items():
                yield from gaps(entry, place, (*path, name))
        case ListOf(items=items):
            position = 0
            for part in items:
                yield from gaps(part, place, (*path, position))
                # What has no value leaves no place in the list.
                position += _value(part, place) is not NO_VALUE
        case _:
            yield Gap(path, reasons(expression, place))


def reasons(expression: Expression, place: Unsettled) -> tuple[str, ...]:
    """Why an expression has no value yet, each reason once, in the order they stand."""
    return tuple(dict.fromkeys(_reasons(expression, place)))


def condition_reasons(name: str, place: Unsettled) -> tuple[str, ...]:
    """Why a condition is not settled; nothing where it is."""
    return reasons(ConditionReference(name), place)


def _value(expression: Expression, place: Unsettled) -> Value | Unknown:
    try:
        return evaluate(expression, place.scope)
    except EvaluationError:
        # A part by itself may be none of the values that its function takes.
        return None


def _reasons(expression: Expression, place: Unsettled) -> Iterator[str]:
    match expression:
        case Literal():
            return
        case Reference(name=name):
            yield from _of_name(name, place)
        case Pseudo(name=name):
            yield from _of_pseudo(name, place)
        case Attribute():
            yield from _of_attribute(expression, place)
        case ConditionReference(name=name):
            yield from _of_condition(name, place)
        case Call():
            yield from _of_call(expression, place)
        case ListOf() | MapOf():
            for part in children(expression):
                yield from _reasons(part, place)


def _of_name(name: str, place: Unsettled) -> Iterator[str]:
    bindings = place.scope.bindings
    if name in bindings.parameters:
        if not is_known(bindings.parameters[name]):
            yield f"parameter '{name}' is not given"
    elif parse_address(name).logical_id not in bindings.absent and name not in bindings.absent:
        yield f"known after '{name}' is made: Ref {name}"


def _of_pseudo(name: str, place: Unsettled) -> Iterator[str]:
    if _value(Pseudo(name), place) is not UNKNOWN:
        return
    written = {canonical: word for word, canonical in place.scope.manners.pseudo_names.items()}
    word = written.get(name, name)
    match name:
        case "region":
            yield f"no region is given for '{word}'"
        case "index":
            yield f"'{word}' is known once the count is"
        case _:
            yield f"'{word}' is known once there is a stack"


def _of_attribute(expression: Attribute, place: Unsettled) -> Iterator[str]:
    resource = _value(expression.resource, place)
    name = _value(expression.attribute, place)
    if not isinstance(resource, str) or not isinstance(name, str):
        for part in children(expression):
            yield from _reasons(part, place)
        return
    if place.scope.bindings.absent.isdisjoint((resource, parse_address(resource).logical_id)):
        yield f"known after '{resource}' is made: GetAtt {resource}.{name}"


def _of_condition(name: str, place: Unsettled) -> Iterator[str]:
    if name in place.scope.bindings.conditions or name not in place.conditions:
        return
    inner = reasons(place.conditions[name].expression, place)
    because = f": {'; '.join(inner)}" if inner else ""
    yield f"condition '{name}' is not settled{because}"


def _of_call(call: Call, place: Unsettled) -> Iterator[str]:
    if is_known(_value(call, place)):
        return
    parts: tuple[Expression, ...] = children(call)
    match call:
        case Call(function="if", argument=ListOf(items=(condition, if_true, if_false))):
            # Only the branch that is taken counts, and neither does while that is open.
            truth = _value(condition, place)
            chosen = if_true if str(truth).lower() == "true" else if_false
            parts = (condition if truth is UNKNOWN else chosen,)
        case _:
            pass
    found = [reason for part in parts for reason in _reasons(part, place)]
    yield from found
    if not found:
        # Only a question to the world, and what the reader has refused, have no value of their own.
        name = f"'{call.written}'" if call.written else "it"
        refused = call.function == "unresolved"
        yield f"{name} has no value here" if refused else f"{name} is answered for a stack"
