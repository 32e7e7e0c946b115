"""Exports: two outputs of one template under one name."""

from __future__ import annotations

from collections.abc import Iterator

from imageferry.model.diagnostics import Diagnostic, error
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
from imageferry.model.templates import Output, Template


def faults_of_exports(template: Template) -> Iterator[Diagnostic]:
    """Every export name that is surely that of an earlier output as well.

    Outputs under different conditions may share a name, since only one of them may exist.
    """
    seen: dict[tuple[object, ...], Output] = {}
    for output in template.outputs.values():
        if output.export_name is None:
            continue
        earlier = seen.setdefault(_bare(output.export_name), output)
        if earlier is output or earlier.condition != output.condition:
            continue
        name = output.export_name
        shown = f" '{name.value}'" if isinstance(name, Literal) else ""
        yield error(
            "IF361",
            f"the outputs '{earlier.name}' and '{output.name}' have the same export name{shown}",
            why="a name is exported once in each account and region",
            remedy="give one of them another name",
            span=name.span or output.span,
        )


def _bare(expression: Expression) -> tuple[object, ...]:
    """The expression without its places: equal where two surely give the same."""
    match expression:
        case Literal(value=value):
            return ("literal", str(value))
        case Reference(name=name) | Pseudo(name=name) | ConditionReference(name=name):
            return (type(expression).__name__, name)
        case Attribute(resource=resource, attribute=attribute):
            return ("attribute", _bare(resource), _bare(attribute))
        case Call(function=function, argument=argument):
            return (function, _bare(argument))
        case ListOf(items=items):
            return ("list", *map(_bare, items))
        case MapOf(entries=entries):
            return ("map", *((key, _bare(entry)) for key, entry in entries.items()))
