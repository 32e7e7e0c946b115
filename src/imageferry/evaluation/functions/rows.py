"""Function: one row of the table of functions, and how its arguments are handed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.expressions import Expression
from imageferry.model.values import Value


class Reach(Enum):
    """How far the evaluator looks for UNKNOWN and secrets before it calls a strict function.

    ALL: anything inside the arguments makes the result UNKNOWN or a Secret, and the function sees
    plain data. OWN: the function is given its arguments as they are and deals with both itself.
    """

    ALL = "all"
    OWN = "own"


class Place(Enum):
    """Where in a template a function may stand."""

    # Members are one of a kind; the hash of Enum goes the long way, by the name.
    __hash__ = object.__hash__

    NORMAL = "resource properties and outputs"
    CONDITION = "a condition"
    COUNT = "'Count'"
    RULE = "a rule"


class Shape(NamedTuple):
    """The arguments as they are written: a list of `least` to `most`, or one `whole` value.

    `bare` allows the one argument without a list around it.
    """

    least: int
    most: int | None
    whole: bool = False
    bare: bool = False

    def fits(self, count: int) -> bool:
        """True where a list of `count` arguments is right."""
        return count >= self.least and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        if self.whole:
            return "one value"
        if self.most is None:
            return f"a list of at least {self.least}"
        if self.least == self.most:
            return f"a list of {self.least}"
        return f"a list of {self.least} to {self.most}"


Evaluate = Callable[[Expression], Value]
"""Evaluates an expression in the scope of the call."""

Early = Callable[[Sequence[Value], Manners], None]
"""Looks at arguments before any parameter is known, UNKNOWN for what is not written out; raises
Refusal for what could never work."""


class Strict(NamedTuple):
    """A function of evaluated arguments. It raises Refusal for what it cannot take.

    No argument is NO_VALUE: that makes the result NO_VALUE before the function is called. Only a
    function of any number of arguments sees it.
    """

    apply: Callable[[Sequence[Value], Scope], Value]
    shape: Shape
    reach: Reach = Reach.ALL
    early: Early | None = None


class Lazy(NamedTuple):
    """A function that decides itself which of its arguments are evaluated."""

    apply: Callable[[Sequence[Expression], Scope, Evaluate], Value]
    shape: Shape


Function = Strict | Lazy
