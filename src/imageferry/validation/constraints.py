"""violations(parameter, value): a converted value against AllowedValues, pattern, lengths, bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from imageferry.evaluation.conversions import number_of_text, parse_json, truth_of_text
from imageferry.evaluation.patterns import PatternFault, match_all
from imageferry.evaluation.scopes import Manners
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.suggestions import did_you_mean
from imageferry.model.templates import Parameter
from imageferry.model.values import UNKNOWN, Value

_SHOWN = 60
_MOST_ALIKE = 20
_MOST_SOUGHT = 300
_SIMPLE = (str, int, float, bool, type(None))


def violations(
    parameter: Parameter, value: Value, manners: Manners, span: Span
) -> Iterator[Diagnostic]:
    """Every constraint that a value breaks, and what looks like a slip; null breaks none."""
    if value is None or value is UNKNOWN:
        return
    if isinstance(value, (list, tuple)) and any(item == "" for item in value):
        yield warning(
            "IF410",
            f"the list of parameter '{parameter.name}' has an empty item",
            why="nothing stands before, after or between its commas; the item is kept",
            remedy="take the comma out where no item is missing",
            span=span,
        )
    most = manners.longest_parameter
    if most is not None and isinstance(value, str) and len(value.encode()) > most:
        yield warning(
            "IF193",
            f"the value of parameter '{parameter.name}' has more than {most:,} bytes",
            why="its service refuses that; it is used here",
            remedy="shorten it if the template is also used there",
            span=span,
        )
    for code, says, remedy in _broken(parameter, value, manners):
        yield error(
            code,
            f"parameter '{parameter.name}' {says}",
            why=parameter.constraint_description,
            remedy=remedy,
            span=(parameter.pattern_span or span) if code == "IF409" else span,
        )


_Broken = tuple[str, str, str]


def _broken(parameter: Parameter, value: Value, manners: Manners) -> Iterator[_Broken]:
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    is_list = parameter.kind in ("text_list", "number_list")
    yield from _not_allowed(parameter, items if is_list else [value])
    yield from _not_matching(parameter, items if is_list else [value])
    if is_list and manners.lengths_of_items:
        for item in items:
            yield from _wrong_length(parameter, item)
    else:
        yield from _wrong_length(parameter, value)
    if parameter.kind in ("number", "number_list"):
        for item in items:
            yield from _out_of_bounds(parameter, item)


def _shown(parameter: Parameter, value: Value) -> str:
    """The value for a message; nothing of it where it must not be echoed."""
    if parameter.no_echo:
        return "the given value"
    text = str(value)
    return f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}'"


def _comparable(parameter: Parameter, value: Value) -> Value:
    """A value or an allowed value in the one form in which the two are compared."""
    if isinstance(value, str):
        if parameter.kind in ("number", "number_list"):
            return number_of_text(value)
        if parameter.kind == "boolean":
            truth = truth_of_text(value)
            return value if truth is None else truth
        if parameter.kind == "json":
            return _json_of(value)
        return value
    if parameter.kind in ("string", "text_list"):
        return ("true" if value else "false") if isinstance(value, bool) else str(value)
    return value


def _json_of(text: str) -> Value:
    """What a text says as JSON, the way a parameter of that type is read; else the text."""
    try:
        return parse_json(text) if text else text
    except ValueError:
        return text


def _not_allowed(parameter: Parameter, values: Sequence[Value]) -> Iterator[_Broken]:
    if parameter.allowed_values is None:
        return
    wrong = _outside(parameter, values, parameter.allowed_values)
    listed = ", ".join(f"'{one}'" for one in parameter.allowed_values[:20])
    more = "" if len(parameter.allowed_values) <= 20 else " …"
    for value in wrong[:_MOST_ALIKE]:
        yield (
            "IF404",
            f"cannot be {_shown(parameter, value)}; allowed are {listed}{more}",
            "" if parameter.no_echo else _guess(value, parameter.allowed_values),
        )
    if len(wrong) > _MOST_ALIKE:
        yield "IF404", f"has {len(wrong) - _MOST_ALIKE} more items that are not allowed", ""


def _outside(
    parameter: Parameter, values: Sequence[Value], allowed: Sequence[Value]
) -> list[Value]:
    """The values that are none of those allowed; both may be many."""
    comparable = [_comparable(parameter, one) for one in allowed]
    simple = frozenset(one for one in comparable if isinstance(one, _SIMPLE))
    others = [one for one in comparable if not isinstance(one, _SIMPLE)]
    found = []
    for value in values:
        one = _comparable(parameter, value)
        if one not in simple if isinstance(one, _SIMPLE) else one not in others:
            found.append(value)
    return found


def _guess(value: Value, allowed: Sequence[Value]) -> str:
    # Longer lists are not sought in: that takes longer than all else.
    return did_you_mean(str(value), map(str, allowed)) if len(allowed) <= _MOST_SOUGHT else ""


def _not_matching(parameter: Parameter, values: Sequence[Value]) -> Iterator[_Broken]:
    if parameter.allowed_pattern is None:
        return
    texts = [value for value in values if isinstance(value, str)]
    try:
        matches = match_all(parameter.allowed_pattern, texts)
    except PatternFault as fault:
        yield (
            "IF409",
            f"cannot be checked: its 'AllowedPattern' {fault}",
            "write the pattern without look-around and nested repetition",
        )
        return
    for text, matched in zip(texts, matches, strict=True):
        if not matched:
            yield (
                "IF405",
                f"cannot be {_shown(parameter, text)}; it must match '{parameter.allowed_pattern}'",
                "",
            )


def _wrong_length(parameter: Parameter, value: Value) -> Iterator[_Broken]:
    least, most = parameter.min_length, parameter.max_length
    if (least is None and most is None) or not isinstance(value, (str, list, tuple, Mapping)):
        return
    size = len(value)
    if (least is not None and size < least) or (most is not None and size > most):
        unit = "characters" if isinstance(value, str) else "items"
        if least is None:
            wanted = f"at most {most}"
        else:
            wanted = f"at least {least}" if most is None else f"{least} to {most}"
        # A secret's length is a part of it.
        got = "" if parameter.no_echo else f", and has {size}"
        yield "IF406", f"must have {wanted} {unit}{got}", ""


def _out_of_bounds(parameter: Parameter, value: Value) -> Iterator[_Broken]:
    number = number_of_text(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return
    least, most = parameter.min_value, parameter.max_value
    if least is not None and number < least:
        yield "IF407", f"must be at least {least:g}, and is {_shown(parameter, value)}", ""
    if most is not None and number > most:
        yield "IF407", f"must be at most {most:g}, and is {_shown(parameter, value)}", ""
