"""bind_parameters(template, given): given values converted and held against their constraints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.evaluation.conversions import (
    is_shallow,
    kind_of,
    number_of_text,
    parse_json,
    truth_of_text,
)
from imageferry.evaluation.scopes import MANNERS, Manners
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.suggestions import did_you_mean
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value, contains, holds_secret, reveal
from imageferry.validation.constraints import violations

_HOW_TO_GIVE: Final[Mapping[str, str]] = {
    "string": "give one text",
    "number": "give it in decimal digits, such as 10 or 2.5",
    "boolean": "give true or false",
    "json": 'give JSON text, such as \'["cn-beijing"]\' or \'{"key": "value"}\'',
    "text_list": "give texts with commas between them, such as a,b",
    "number_list": "give numbers with commas between them, such as 1,2",
}


class BoundParameters(NamedTuple):
    """The values of all parameters that have one, NoEcho ones as Secret, and what is wrong."""

    values: Mapping[str, Value]
    diagnostics: tuple[Diagnostic, ...]


def bind_parameters(
    template: Template,
    given: Mapping[str, Value],
    previous: Mapping[str, Value] | None = None,
) -> BoundParameters:
    """What each parameter stands for: the given value, else the previous one, else the default.

    A given null counts as not given. What was a Secret stays one, whatever the template says of it by
    now: another template must not show what was hidden. All faults are told at once, at the
    parameter's line; no diagnostic holds a secret.
    """
    values: dict[str, Value] = {}
    diagnostics = list(_unknown(template, given))
    for declared in template.parameters.values():
        value, span = _chosen(declared, given, previous or {})
        parameter = replace(declared, no_echo=True) if holds_secret(value) else declared
        if value is NO_VALUE:
            diagnostics.append(_missing(parameter))
            continue
        if parameter.kind == "stored":
            diagnostics.append(stored(parameter))
            continue
        try:
            converted = convert(parameter, reveal(value), MANNERS[template.dialect])
        except Unfit as fault:
            diagnostics.append(unfit(parameter, fault, span))
            continue
        diagnostics.extend(violations(parameter, converted, MANNERS[template.dialect], span))
        values[parameter.name] = _guarded(parameter, converted)
    return BoundParameters(values, tuple(diagnostics))


def _chosen(
    parameter: Parameter, given: Mapping[str, Value], previous: Mapping[str, Value]
) -> tuple[Value, Span]:
    """The value to convert and the place that a fault of it is told at."""
    name = parameter.name
    for values in (given, previous):
        if values.get(name) is not None:
            return values[name], parameter.span
    if name in previous and not parameter.has_default:
        return None, parameter.span
    if parameter.has_default:
        return parameter.default, parameter.default_span or parameter.span
    return NO_VALUE, parameter.span


def _guarded(parameter: Parameter, value: Value) -> Value:
    if not parameter.no_echo or value is None or isinstance(value, Secret):
        return value
    return Secret(value)


def _missing(parameter: Parameter) -> Diagnostic:
    return error(
        "IF401",
        f"parameter '{parameter.name}' has no value",
        why="the template gives it no default",
        remedy=f"give it with '-p {parameter.name}=…'",
        span=parameter.span,
    )


def _unknown(template: Template, given: Mapping[str, Value]) -> Iterator[Diagnostic]:
    for name in given:
        if name not in template.parameters:
            yield error(
                "IF402",
                f"the template has no parameter '{name}'",
                remedy=did_you_mean(name, template.parameters)
                or _list_of_names(template.parameters),
            )


def _list_of_names(parameters: Mapping[str, Parameter]) -> str:
    if not parameters:
        return "the template has no parameters at all"
    names = list(parameters)
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"its parameters are {', '.join(names[:10])}{more}"


class Unfit(Exception):
    """A value is not of the parameter's type; the words go on after the parameter's name."""


def unfit(parameter: Parameter, fault: Unfit, span: Span) -> Diagnostic:
    """What is told of a value that is not of the parameter's type."""
    remedy = _HOW_TO_GIVE.get(parameter.kind, "declare it as a String, and give the value itself")
    words = f"parameter '{parameter.name}' {fault}"
    return error("IF403", words, why=parameter.constraint_description, remedy=remedy, span=span)


def stored(parameter: Parameter) -> Diagnostic:
    """What is told of a parameter that only names where its value is kept."""
    return error(
        "IF413",
        f"the value of parameter '{parameter.name}' cannot be looked up",
        why=f"the values of '{parameter.type_name}' are kept in a service that is not asked here",
        remedy="declare it as a String, and give the value itself",
        span=parameter.span,
    )


def convert(parameter: Parameter, value: Value, manners: Manners) -> Value:
    """A plain value in the type of a parameter; null stays null. Raises Unfit."""
    if value is None or value is UNKNOWN:
        return value
    match parameter.kind:
        case "string":
            return _text(parameter, value, manners)
        case "number":
            return _number(parameter, value, manners)
        case "boolean":
            return _truth(parameter, value)
        case "json":
            return _data(parameter, value)
        case "text_list":
            return _list(parameter, value)
        case "number_list":
            return [_number(parameter, item, manners) for item in _list(parameter, value)]
        case _:
            return UNKNOWN


def _shown(parameter: Parameter, value: Value) -> str:
    if parameter.no_echo or not isinstance(value, str):
        return kind_of(value)
    return f"'{value if len(value) <= 60 else value[:60] + '…'}'"


def _scalar_text(value: Value) -> str | None:
    """A scalar as text, the way it stands in JSON; None for what is no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None


def _text(parameter: Parameter, value: Value, manners: Manners) -> Value:
    if value is parameter.default and not manners.number_stays_text and parameter.has_default:
        # ROS keeps a default that is a number or a boolean as it stands.
        if _scalar_text(value) is None:
            raise Unfit(f"must be a text, not {kind_of(value)}")
        return value
    text = _scalar_text(value)
    if text is None:
        raise Unfit(f"must be a text, not {kind_of(value)}")
    return text


def _number(parameter: Parameter, value: Value, manners: Manners) -> Value:
    number: int | float | None = None
    if isinstance(value, str):
        number = number_of_text(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value if math.isfinite(value) else None
    if number is None:
        raise Unfit(f"must be a number, not {_shown(parameter, value)}")
    if manners.number_stays_text:
        return value if isinstance(value, str) else str(value)
    return number


def _truth(parameter: Parameter, value: Value) -> Value:
    truth = value if isinstance(value, bool) else None
    if isinstance(value, str):
        truth = truth_of_text(value)
    elif not isinstance(value, bool) and isinstance(value, int) and value in (0, 1):
        truth = value == 1
    if truth is None:
        raise Unfit(f"must be 'true' or 'false', not {_shown(parameter, value)}")
    return truth


def _data(parameter: Parameter, value: Value) -> Value:
    if value == "" and isinstance(value, str):
        return value
    if isinstance(value, str):
        try:
            return parse_json(value)
        except ValueError as fault:
            raise Unfit(f"must be JSON, and its text is not: {fault}") from None
    if not is_shallow(value):
        raise Unfit("is nested too deep")
    if contains(value, _is_no_json):
        raise Unfit("must be JSON, and a number in it is not finite")
    return value


def _is_no_json(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _list(parameter: Parameter, value: Value) -> list[Value]:
    if isinstance(value, (list, tuple)):
        items = [_scalar_text(item) for item in value]
    else:
        text = _scalar_text(value)
        if text is None:
            raise Unfit(f"must be a list or a text with commas, not {kind_of(value)}")
        items = list(text.split(",")) if text else []
    if parameter.trims_items:
        items = [item if item is None else item.strip() for item in items]
    if None in items:
        raise Unfit("must be a list of texts, and holds something else")
    return [item for item in items if item is not None]
