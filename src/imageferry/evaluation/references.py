"""mentions(expression), contents(expression): what an expression names and calls, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Attribute,
    Call,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)


class MentionKind(Enum):
    """What a mention asks of the name: its reference, an attribute, a truth, a pseudo parameter."""

    NAME = "name"
    ATTRIBUTE = "attribute"
    CONDITION = "condition"
    PSEUDO = "pseudo"


class Mention(NamedTuple):
    """One name in an expression.

    A NAME is a parameter or a resource. `attribute` is None where it is computed. `address` is
    the counted instance that the name says (`A[0]`), if it says one.
    """

    kind: MentionKind
    name: str
    span: Span | None
    attribute: str | None = None
    address: ResourceAddress | None = None


class Contents(NamedTuple):
    """What stands inside an expression: mentions, calls, each `Fn::GetAtt`; outermost first."""

    mentions: Sequence[Mention] = ()
    calls: Sequence[Call] = ()
    attributes: Sequence[Attribute] = ()


_NOTHING: Final = Contents()


def mentions(expression: Expression) -> Sequence[Mention]:
    """Every mention inside an expression, outermost first; `Fn::GetAtt` of a computed name is none."""
    return contents(expression).mentions


def contents(expression: Expression) -> Contents:
    """All that others ask of an expression, found in one walk."""
    if isinstance(expression, Literal):
        return _NOTHING
    if isinstance(expression, Reference):
        return Contents((_named(expression),))
    found: list[Mention] = []
    calls: list[Call] = []
    attributes: list[Attribute] = []
    pending: list[Expression] = [expression]
    while pending:
        current = pending.pop()
        # The most frequent first; a match would ask one class after the other for each.
        if isinstance(current, Literal):
            continue
        if isinstance(current, Reference):
            found.append(_named(current))
        elif isinstance(current, Call):
            calls.append(current)
            pending.append(current.argument)
        elif isinstance(current, ListOf):
            pending += current.items[::-1]
        elif isinstance(current, Pseudo):
            found.append(Mention(MentionKind.PSEUDO, current.name, current.span))
        elif isinstance(current, MapOf):
            pending += reversed(tuple(current.entries.values()))
        elif isinstance(current, Attribute):
            attributes.append(current)
            found += _of_attribute(current)
            pending += (current.attribute, current.resource)
        else:
            found.append(Mention(MentionKind.CONDITION, current.name, current.span))
    return Contents(found, calls, attributes)


def _named(reference: Reference) -> Mention:
    name = reference.name
    return Mention(MentionKind.NAME, name, reference.span, None, _instance(name))


def _of_attribute(attribute: Attribute) -> Iterator[Mention]:
    match attribute:
        case Attribute(resource=Literal(value=str() as name), attribute=Literal(value=part)):
            written = part if isinstance(part, str) else None
        case Attribute(resource=Literal(value=str() as name)):
            written = None
        case _:
            return
    yield Mention(MentionKind.ATTRIBUTE, name, attribute.span, written, _instance(name))


def _instance(name: str) -> ResourceAddress | None:
    if not name.endswith("]"):
        return None
    address = parse_address(name)
    return None if address.index is None else address
