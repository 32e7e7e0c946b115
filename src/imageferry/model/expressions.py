"""Literal, Parameter and resource references, Call, ListOf, MapOf: what is not yet a value.

Names are already canonical here: pseudo parameters and functions have the words of this module's
readers, not those of a dialect. Every expression knows its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from imageferry.model.diagnostics import Span
from imageferry.model.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the template, without any function inside."""

    value: Value
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`Ref` to a parameter or a resource, by name: `Name`, or `Name[0]` for one instance."""

    name: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A pseudo parameter by canonical name, such as `region`, `stack_name` or `index`."""

    name: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """`Fn::GetAtt`: an attribute of a resource; either part may itself be an expression."""

    resource: Expression
    attribute: Expression
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class ConditionReference:
    """The truth of a named condition."""

    name: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An intrinsic function by canonical name (`join`, `find_in_map`), with its arguments.

    `arguments` is the function's one argument as it was written: mostly a ListOf. `written` is
    the name in the template, for messages.
    """

    function: str
    argument: Expression
    written: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list that holds expressions."""

    items: tuple[Expression, ...]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map that holds expressions; `key_spans` is where each key stands."""

    entries: Mapping[str, Expression]
    span: Span | None = None
    key_spans: Mapping[str, Span] | None = None


Expression: TypeAlias = (
    "Literal | Reference | Pseudo | Attribute | ConditionReference | Call | ListOf | MapOf"
)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside one."""
    match expression:
        case Literal() | Reference() | Pseudo() | ConditionReference():
            return ()
        case Attribute(resource=resource, attribute=attribute):
            return (resource, attribute)
        case Call(argument=argument):
            return (argument,)
        case ListOf(items=items):
            return items
        case MapOf(entries=entries):
            return tuple(entries.values())


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it, outermost first."""
    pending = [expression]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))
