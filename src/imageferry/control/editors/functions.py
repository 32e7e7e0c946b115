"""Functions in schemas for editors: each with the form of its argument, and where they may stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from imageferry.control.editors.words import LONG_NAME, Style, Writing, either, listed, mapped, text
from imageferry.dialects.vocabulary import Dialect, Function, Shape
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.model.values import Json


def function_schema(style: Style) -> Writing:
    """A map with one function in its long form."""
    properties: Writing = {
        name: argument_schema(style, function) for name, function in style.dialect.functions.items()
    }
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": style.rewritten,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


def value_schema(style: Style) -> Writing:
    """Any value, with functions anywhere inside; a map of one function must be a right one."""
    return {
        "if": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"pattern": LONG_NAME},
        },
        "then": style.ref("Function"),
        "else": {"items": style.ref("Value"), "additionalProperties": style.ref("Value")},
    }


def condition_schema(style: Style) -> Writing:
    """What gives true or false: the name of a condition, or a function."""
    forms: list[Writing] = [
        {"type": ["string", "boolean"]},
        {
            "type": "object",
            "properties": {"Condition": style.ref("Value")},
            "required": ["Condition"],
            "additionalProperties": False,
        },
        style.ref("Function"),
    ]
    if style.dialect.manners.reference_expressions:
        # ROS takes a condition in a list of its own for that condition.
        forms.append({"type": "array", "minItems": 1, "maxItems": 1})
    return style.nullable(style.lax(either(*forms)))


def argument_schema(style: Style, function: Function) -> Writing:
    """The argument of a function in its long form."""
    return style.nullable(_ARGUMENTS.get(function.shape, _plain)(style, function))


def _plain(style: Style, function: Function) -> Writing:
    """As the table of functions counts the arguments; the whole list may be computed."""
    row = FUNCTIONS.get(function.canonical)
    if row is None or row.shape.whole:
        return style.ref("Value")
    counted: Writing = {**listed(style.ref("Value")), "minItems": row.shape.least}
    if row.shape.most is not None:
        counted["maxItems"] = row.shape.most
    if row.shape.bare:
        return either(counted, style.ref("Value"))
    return style.evaluated(counted)


def _reference(style: Style, function: Function) -> Writing:
    plain: Writing = {"type": ["string", "number"]}
    return style.evaluated(plain) if style.dialect.manners.reference_expressions else plain


def _attribute(style: Style, function: Function) -> Writing:
    part = style.lax(style.evaluated({"type": ["string", "number"]}))
    first = part if style.dialect.manners.reference_expressions else text()
    pair: Writing = {"type": "array", "items": [first, part], "minItems": 2, "maxItems": 2}
    return either(pair, text()) if style.dialect.manners.dotted_attribute else pair


def _substitution(style: Style, function: Function) -> Writing:
    whole: Writing = {"type": ["string", "number", "boolean"]}
    first = style.evaluated(whole) if style.dialect.manners.reference_expressions else whole
    names = style.nullable(mapped(style.ref("Value")))
    pair: Writing = {"type": "array", "items": [first, names], "minItems": 1, "maxItems": 2}
    return either(whole, pair)


def _choice(style: Style, function: Function) -> Writing:
    value = style.ref("Value")
    return {
        "type": "array",
        "items": [style.ref("Condition"), value, value],
        "minItems": 3,
        "maxItems": 3,
    }


def _conditions(style: Style, function: Function) -> Writing:
    return {**listed(style.ref("Condition")), "minItems": 1}


def _negation(style: Style, function: Function) -> Writing:
    one: Writing = {**listed(style.ref("Condition")), "minItems": 1, "maxItems": 1}
    return either(one, style.ref("Condition")) if style.dialect.manners.nulls else one


def _condition(style: Style, function: Function) -> Writing:
    return text()


def _lookup(style: Style, function: Function) -> Writing:
    return {**listed(style.ref("Value")), "minItems": 3, "maxItems": 4}


_ARGUMENTS: Final[Mapping[Shape, Callable[[Style, Function], Writing]]] = {
    Shape.REFERENCE: _reference,
    Shape.ATTRIBUTE: _attribute,
    Shape.SUBSTITUTION: _substitution,
    Shape.CHOICE: _choice,
    Shape.CONDITIONS: _conditions,
    Shape.NEGATION: _negation,
    Shape.CONDITION: _condition,
    Shape.LOOKUP: _lookup,
}

_SCALAR: Final = "scalar"
_SEQUENCE: Final = "sequence"
_MAPPING: Final = "mapping"


def custom_tags(dialect: Dialect) -> list[Json]:
    """The short tags with each kind of argument they take, as YAML language servers want them."""
    return [f"{tag} {kind}" for tag, function in dialect.tags.items() for kind in _kinds(function)]


def _kinds(function: Function) -> tuple[str, ...]:
    """How an argument may be written behind a short tag."""
    match function.shape:
        case Shape.CONDITION:
            return (_SCALAR,)
        case Shape.REFERENCE:
            return (_SCALAR, _MAPPING)
        case Shape.ATTRIBUTE | Shape.SUBSTITUTION:
            return (_SCALAR, _SEQUENCE)
        case Shape.CHOICE | Shape.CONDITIONS | Shape.LOOKUP:
            return (_SEQUENCE,)
        case _:
            row = FUNCTIONS.get(function.canonical)
            takes_list = row is not None and not row.shape.whole and not row.shape.bare
            return (_SEQUENCE, _MAPPING) if takes_list else (_SCALAR, _SEQUENCE, _MAPPING)
