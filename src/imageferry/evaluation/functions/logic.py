"""Logic: if, equals, and, or, not. Their truth is never secret, since what exists shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imageferry.evaluation.conversions import kind_of, text_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.rows import Evaluate
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened
from imageferry.model.expressions import Expression
from imageferry.model.values import UNKNOWN, Unknown, Value, is_known, reveal

_TRUTHS = {"true": True, "false": False}


def truth_of(value: Value) -> bool | Unknown:
    """A condition's value as a truth, or UNKNOWN; a boolean's text counts. Raises Refusal."""
    plain, _ = opened(value)
    if isinstance(plain, bool) or plain is UNKNOWN:
        return plain
    if isinstance(plain, str) and plain.lower() in _TRUTHS:
        return _TRUTHS[plain.lower()]
    raise Refusal(
        f"needs true or false, not {kind_of(plain)}",
        code="IF311",
        remedy="compare with 'Fn::Equals'",
    )


def choose(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """`[condition, a, b]`: a or b; only the chosen one is evaluated."""
    condition, if_true, if_false = arguments
    truth = truth_of(evaluate(condition))
    if truth is UNKNOWN:
        return UNKNOWN
    return evaluate(if_true if truth else if_false)


def equals(arguments: Sequence[Value], scope: Scope) -> Value:
    """Whether two values are equal: as JSON values in ROS, as texts in CloudFormation."""
    if not all(map(is_known, arguments)):
        return UNKNOWN
    left, right = map(reveal, arguments)
    if scope.manners.equals_compares_text:
        return comparable(left, scope.manners) == comparable(right, scope.manners)
    return left == right


def comparable(value: Value, manners: Manners) -> Value:
    """The value with its numbers and truths as texts, for a dialect that compares texts."""
    match value:
        case bool() | int() | float():
            return text_of(value, manners)
        case Mapping():
            return {key: comparable(entry, manners) for key, entry in value.items()}
        case list() | tuple():
            return [comparable(entry, manners) for entry in value]
        case _:
            return value


def _settled(arguments: Iterable[Expression], evaluate: Evaluate, settles: bool) -> bool | Unknown:
    """`settles` as soon as one truth is that; its opposite if all are the opposite."""
    result: bool | Unknown = not settles
    for argument in arguments:
        truth = truth_of(evaluate(argument))
        if truth is UNKNOWN:
            result = UNKNOWN
        elif truth is settles:
            return settles
    return result


def both(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """And: false as soon as one is false."""
    return _settled(arguments, evaluate, False)


def either(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """Or: true as soon as one is true."""
    return _settled(arguments, evaluate, True)


def negate(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """Not."""
    truth = truth_of(evaluate(arguments[0]))
    return UNKNOWN if truth is UNKNOWN else not truth
