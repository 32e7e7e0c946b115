"""mentions(expression): the names an expression mentions, in the order they stand."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Span
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


def mentions(expression: Expression) -> Iterator[Mention]:
    """Every mention inside an expression, outermost first; `Fn::GetAtt` of a computed name is none."""
    pending = [expression]
    while pending:
        current = pending.pop()
        match current:
            case Literal():
                pass
            case Reference(name=name, span=span):
                yield Mention(MentionKind.NAME, name, span, None, _instance(name))
            case Pseudo(name=name, span=span):
                yield Mention(MentionKind.PSEUDO, name, span)
            case ConditionReference(name=name, span=span):
                yield Mention(MentionKind.CONDITION, name, span)
            case Attribute(resource=resource, attribute=attribute, span=span):
                if isinstance(resource, Literal) and isinstance(resource.value, str):
                    name = resource.value
                    part = attribute.value if isinstance(attribute, Literal) else None
                    yield Mention(
                        MentionKind.ATTRIBUTE,
                        name,
                        span,
                        attribute=part if isinstance(part, str) else None,
                        address=_instance(name),
                    )
                pending.append(attribute)
                pending.append(resource)
            case Call(argument=argument):
                pending.append(argument)
            case ListOf(items=items):
                pending.extend(reversed(items))
            case MapOf(entries=entries):
                pending.extend(reversed(list(entries.values())))


def _instance(name: str) -> ResourceAddress | None:
    if not name.endswith("]"):
        return None
    address = parse_address(name)
    return None if address.index is None else address
