"""Expressions to and from JSON: a list of a letter, the parts, and the place."""

from __future__ import annotations

from typing import Any

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
from imageferry.store.codec import Reader, Writer


def encode_expression(writer: Writer, expression: Expression) -> list[Any]:
    """An expression as JSON."""
    place = writer.span(expression.span)
    match expression:
        case Literal(value=value):
            return ["L", writer.value(value), place]
        case Reference(name=name):
            return ["R", name, place]
        case Pseudo(name=name):
            return ["P", name, place]
        case ConditionReference(name=name):
            return ["C", name, place]
        case Attribute(resource=resource, attribute=attribute):
            parts = [encode_expression(writer, resource), encode_expression(writer, attribute)]
            return ["A", *parts, place]
        case Call(function=function, argument=argument, written=written):
            return ["F", function, encode_expression(writer, argument), written, place]
        case ListOf(items=items):
            return ["I", [encode_expression(writer, entry) for entry in items], place]
        case MapOf(entries=entries, key_spans=key_spans):
            encoded = {key: encode_expression(writer, entry) for key, entry in entries.items()}
            places = None
            if key_spans is not None:
                places = {key: writer.span(span) for key, span in key_spans.items()}
            return ["M", encoded, places, place]


def decode_expression(reader: Reader, document: list[Any]) -> Expression:
    """The expression that `encode_expression` wrote."""
    place = reader.span(document[-1])
    match document[:-1]:
        case ["L", value]:
            return Literal(reader.value(value), place)
        case ["R", name]:
            return Reference(name, place)
        case ["P", name]:
            return Pseudo(name, place)
        case ["C", name]:
            return ConditionReference(name, place)
        case ["A", resource, attribute]:
            return Attribute(
                decode_expression(reader, resource), decode_expression(reader, attribute), place
            )
        case ["F", function, argument, written]:
            return Call(function, decode_expression(reader, argument), written, place)
        case ["I", entries]:
            return ListOf(tuple(decode_expression(reader, entry) for entry in entries), place)
        case ["M", entries, places]:
            decoded = {key: decode_expression(reader, entry) for key, entry in entries.items()}
            key_spans = None
            if places is not None:
                key_spans = {
                    key: span
                    for key, entry in places.items()
                    if (span := reader.span(entry)) is not None
                }
            return MapOf(decoded, place, key_spans)
        case _:
            raise ValueError(f'a kept expression has the unknown form "{document[0]}"')
