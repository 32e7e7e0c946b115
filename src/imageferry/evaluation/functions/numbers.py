"""Number functions: add, avg, calculate, max, min."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import (
    bounded_data,
    integer_of_text,
    kind_of,
    number_of_text,
)
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.arithmetic import compute, parse, within
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import NO_VALUE, UNKNOWN, Value

_MOST_DIGITS: Final = 100
"""How many digits a rounding may keep, or take away."""


def number_of(value: Value, what: str) -> int | float:
    """A number, or text that is one; raises Refusal, which names the argument as `what`."""
    if isinstance(value, str):
        number = number_of_text(value.strip())
        if number is None:
            raise Refusal(f"needs a number as {what}, not other text")
        return number
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(f"needs a number as {what}, not {kind_of(value)}")
    return within(value)


def whole_number_of(value: Value, what: str, least: int, most: int) -> int:
    """A whole number in its bounds, or text that is one; raises Refusal, likewise."""
    number: Value = integer_of_text(value.strip()) if isinstance(value, str) else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        given = "other text" if isinstance(value, str) else kind_of(value)
        raise Refusal(f"needs a whole number as {what}, not {given}")
    if not least <= number <= most:
        raise Refusal(f"needs {what} from {least} to {most}")
    return number


def _kind(value: Value) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "numbers"
    if isinstance(value, (list, tuple)):
        return "lists"
    if isinstance(value, Mapping):
        return "maps"
    raise Refusal(f"adds numbers, lists or maps, not {kind_of(value)}")


def check_addends(arguments: Sequence[Value], manners: Manners) -> None:
    """At least two of one kind."""
    (given,) = arguments
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of what it adds, not {kind_of(given)}")
    if len(given) < 2:
        raise Refusal(f"needs a list of at least 2, not {len(given)}", code="IF302")
    addends = [opened(one)[0] for one in given]
    kinds = {_kind(one): None for one in addends if one is not None and one is not UNKNOWN}
    if len(kinds) > 1:
        raise Refusal(f"cannot add {' and '.join(kinds)}", remedy="give it one kind of values")


def add(arguments: Sequence[Value], scope: Scope) -> Value:
    """A list of at least two: numbers give their sum, lists and maps become one; null gives null."""
    given, secret = opened(arguments[0])
    if given is UNKNOWN or given is None:
        return given
    check_addends((given,), scope.manners)
    assert isinstance(given, (list, tuple))
    pairs = [opened(one) for one in given]
    secret = secret or any(hidden for _, hidden in pairs)
    addends = [addend for addend, _ in pairs]
    if any(addend is None for addend in addends):
        return None
    if any(addend is UNKNOWN for addend in addends):
        return UNKNOWN
    return sealed(_total(addends), secret)


def _total(addends: Sequence[Value]) -> Value:
    match _kind(addends[0]):
        case "lists":
            return bounded_data([item for part in addends for item in _list(part)])
        case "maps":
            merged: dict[str, Value] = {}
            for part in addends:
                if isinstance(part, Mapping):
                    merged.update(part)
            return bounded_data(merged)
        case _:
            return _sum([number_of(addend, "an addend") for addend in addends])


def _list(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()


def _sum(numbers: Sequence[int | float]) -> int | float:
    try:
        return within(sum(numbers))
    except OverflowError:
        return within(math.inf)


def _rounded(number: int | float, digits: int) -> int | float:
    """Rounded as ROS does: a whole number where no digit is kept."""
    return int(round(number, digits)) if digits <= 0 else round(number, digits)


def _digits(value: Value) -> int:
    return whole_number_of(value, "its number of digits", -_MOST_DIGITS, _MOST_DIGITS)


def check_average(arguments: Sequence[Value], manners: Manners) -> None:
    """The digits, where they are written out."""
    if arguments[0] is not UNKNOWN and arguments[0] is not None:
        _digits(arguments[0])
    if isinstance(arguments[1], (list, tuple)) and not arguments[1]:
        raise Refusal("needs at least one number")


def average(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[digits, numbers]`: their mean, null counting as 0, rounded."""
    digits, given = arguments
    if digits is None or given is None:
        return None
    check_average(arguments, scope.manners)
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of numbers, not {kind_of(given)}")
    numbers = [0 if one is None else number_of(one, "each item of its list") for one in given]
    try:
        return _rounded(within(_sum(numbers) / len(numbers)), _digits(digits))
    except OverflowError:
        return within(math.inf)


def check_calculation(arguments: Sequence[Value], manners: Manners) -> None:
    """The expression and the digits, where they are written out."""
    expression = arguments[0]
    if expression is not UNKNOWN:
        if not isinstance(expression, str):
            raise Refusal(f"needs a text as its expression, not {kind_of(expression)}")
        parse(expression)
    if arguments[1] is not UNKNOWN and arguments[1] is not None:
        _digits(arguments[1])


def calculate(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[expression, digits, numbers]`: what the expression comes to, rounded.

    Whole numbers divide to whole ones, downwards, as in the examples of the ROS reference.
    """
    expression, digits = arguments[0], arguments[1]
    given = arguments[2] if len(arguments) > 2 else None
    if expression is None or digits is None:
        return None
    check_calculation(arguments, scope.manners)
    if given is None:
        given = []
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of numbers, not {kind_of(given)}")
    if any(one is None for one in given):
        return None
    numbers = [number_of(one, "each item of its list") for one in given]
    assert isinstance(expression, str)
    return _rounded(compute(expression, numbers), _digits(digits))


def check_extreme(arguments: Sequence[Value], manners: Manners) -> None:
    """A list of numbers, as far as it is written out."""
    (given,) = arguments
    if given is UNKNOWN or given is None:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of numbers, not {kind_of(given)}")
    for one in given:
        if one is not UNKNOWN and one is not None:
            number_of(one, "each item of its list")


def _extreme(
    arguments: Sequence[Value],
    manners: Manners,
    choose: Callable[[Sequence[int | float]], int | float],
) -> Value:
    check_extreme(arguments, manners)
    (given,) = arguments
    if given is None or given is NO_VALUE or not isinstance(given, (list, tuple)) or not given:
        return None
    if any(one is None for one in given):
        return None
    return choose([number_of(one, "each item of its list") for one in given])


def largest(arguments: Sequence[Value], scope: Scope) -> Value:
    """Max: the largest number of a list; null for an empty one, or with null in it."""
    return _extreme(arguments, scope.manners, max)


def smallest(arguments: Sequence[Value], scope: Scope) -> Value:
    """Min: the smallest number of a list, likewise."""
    return _extreme(arguments, scope.manners, min)
