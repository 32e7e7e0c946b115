"""compute(expression, numbers): the arithmetic of Calculate, read by hand and never run as code."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from imageferry.evaluation.errors import Refusal

_LONGEST: Final = 4_096
_DEEPEST: Final = 50
_MOST_BITS: Final = 1_024

_ALLOWED: Final = re.compile(r"[0-9.{}()+\-*/% \t\r\n]*\Z")
_PLACE: Final = re.compile(r"\{([0-9]{0,4})\}")
_TOKEN: Final = re.compile(
    r"[ \t\r\n]*(?:(?P<number>(?:[0-9]{1,310}\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?)"
    r"|(?P<sign>//|\*\*|[()+\-*/%]))"
)


class _Token(NamedTuple):
    """A number, or a sign such as `//`; `sign` is empty for a number."""

    sign: str
    number: int | float


def within(number: int | float) -> int | float:
    """The number, unless it is beyond all bounds."""
    if not math.isfinite(number) if isinstance(number, float) else number.bit_length() > _MOST_BITS:
        raise Refusal("comes to a number that is too large", discreet=True)
    return number


@lru_cache(maxsize=64)
def parse(expression: str) -> int:
    """Check an expression before its numbers are known; gives how many numbers it needs.

    Raises Refusal. Every number stands in for 1 here.
    """
    if len(expression) > _LONGEST:
        raise Refusal(f"has an expression of more than {_LONGEST:,} characters")
    if not _ALLOWED.match(expression):
        raise Refusal(
            "has an expression with other signs than digits, '.', '{', '}', '(', ')', '+', '-', "
            "'*', '/', '%' and blanks"
        )
    places = _PLACE.findall(expression)
    if any(place == "" for place in places) and any(places):
        raise Refusal("has an expression that mixes '{}' with '{0}'")
    needed = max((int(place) + 1 for place in places if place), default=len(places))
    # Only the form is looked at: what divides by zero with ones may not do so later.
    _Reading(_tokens(_filled(expression, [1] * needed)), dry=True).result()
    return needed


def compute(expression: str, numbers: Sequence[int | float]) -> int | float:
    """What an expression comes to with its numbers in place; raises Refusal."""
    needed = parse(expression)
    if needed > len(numbers):
        raise Refusal(
            f"has an expression that needs {needed} numbers, and {len(numbers)} are given"
        )
    return _Reading(_tokens(_filled(expression, numbers)), dry=False).result()


def _filled(expression: str, numbers: Sequence[int | float]) -> str:
    """The expression with the numbers written into it, as a format of Python does."""
    parts: list[str] = []
    end = 0
    for position, found in enumerate(_PLACE.finditer(expression)):
        parts.append(expression[end : found.start()])
        parts.append(repr(numbers[int(found[1]) if found[1] else position]))
        end = found.end()
    parts.append(expression[end:])
    filled = "".join(parts)
    if "{" in filled or "}" in filled:
        raise Refusal("has an expression with '{' or '}' that holds no number")
    return filled


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise Refusal("has an expression that cannot be read", why="a number is malformed")
        position = found.end()
        written = found["number"]
        if written is None:
            if found["sign"] == "**":
                raise Refusal("has an expression with '**', which is not allowed")
            tokens.append(_Token(found["sign"], 0))
        elif written.isdigit():
            tokens.append(_Token("", within(int(written))))
        else:
            tokens.append(_Token("", within(float(written))))
    return tokens


class _Reading:
    """One pass over the tokens, which computes as it reads. `dry` reads only."""

    def __init__(self, tokens: Sequence[_Token], *, dry: bool) -> None:
        self._tokens = tokens
        self._position = 0
        self._dry = dry

    def result(self) -> int | float:
        """The whole expression's number."""
        number = self._sum(0)
        if self._position < len(self._tokens):
            raise _unreadable(self._tokens[self._position].sign or "a number")
        return number

    def _sign(self, *signs: str) -> str:
        """Take one of the signs, if it comes next."""
        if self._position < len(self._tokens) and self._tokens[self._position].sign in signs:
            self._position += 1
            return self._tokens[self._position - 1].sign
        return ""

    def _sum(self, depth: int) -> int | float:
        if depth > _DEEPEST:
            raise Refusal(f"has an expression with brackets more than {_DEEPEST} deep")
        number = self._product(depth)
        while sign := self._sign("+", "-"):
            number = self._apply(sign, number, self._product(depth))
        return number

    def _product(self, depth: int) -> int | float:
        number = self._factor(depth)
        while sign := self._sign("*", "/", "//", "%"):
            number = self._apply(sign, number, self._factor(depth))
        return number

    def _factor(self, depth: int) -> int | float:
        negative = False
        while sign := self._sign("+", "-"):
            negative ^= sign == "-"
        if self._sign("("):
            number = self._sum(depth + 1)
            if not self._sign(")"):
                raise _unreadable("a missing ')'")
        elif self._position < len(self._tokens) and not self._tokens[self._position].sign:
            number = self._tokens[self._position].number
            self._position += 1
        else:
            following = self._tokens[self._position : self._position + 1]
            raise _unreadable(following[0].sign if following else "its end")
        return -number if negative else number

    def _apply(self, sign: str, left: int | float, right: int | float) -> int | float:
        if self._dry:
            return 1
        try:
            return within(_operate(sign, left, right))
        except ZeroDivisionError:
            raise Refusal("divides by zero", discreet=True) from None
        except OverflowError:
            return within(math.inf)


def _operate(sign: str, left: int | float, right: int | float) -> int | float:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "%":
            return left % right
        case "/" if isinstance(left, float) or isinstance(right, float):
            return left / right
        case _:
            # ROS reference, Fn::Calculate: (2+3)/2*3-1 is 5.
            return left // right


def _unreadable(what: str) -> Refusal:
    shown = what if " " in what else f"'{what}'"
    return Refusal("has an expression that cannot be read", why=f"it stops making sense at {shown}")
