"""conform(schema, properties): evaluated properties against a type's schema, all faults at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from imageferry.evaluation.conversions import (
    integer_of_text,
    kind_of,
    number_of_text,
    truth_of_text,
)
from imageferry.model.addresses import PropertyPath, render_path
from imageferry.model.diagnostics import MAX_DIAGNOSTICS, Severity
from imageferry.model.schemas import Problem, PropertySchema, ResourceSchema, ValueType
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value, is_known


class _Dropped(Enum):
    """The type of DROPPED, what remains of a value that counts as not given or is wrong."""

    DROPPED = "dropped"


_DROPPED: Final = _Dropped.DROPPED

_SHOWN: Final = 60

_MOST_SOUGHT: Final = 100
"""Problems after which near words are no longer sought: seeking takes time."""

_MOST_NAMED: Final = MAX_DIAGNOSTICS + 1
"""Unknown names of one resource that are told: more would not be shown."""

_SHAPES: Final[Mapping[ValueType, tuple[str, str]]] = {
    ValueType.STRING: ("a text", "write one text"),
    ValueType.BOOLEAN: ("true or false", "write true or false"),
    ValueType.INTEGER: ("a whole number", "write it in decimal digits"),
    ValueType.NUMBER: ("a number", "write it in decimal digits"),
    ValueType.LIST: ("a list", "write '- ' before each entry, or [ and ] around them"),
    ValueType.MAP: ("a map", "write names with their values, or { and } around them"),
}
"""What a value of each type is called, and how it is written."""

# Patterns stand in schemas, which come with the code: they are no input.
_pattern = lru_cache(maxsize=256)(re.compile)


class Conformed(NamedTuple):
    """Properties as the type wants them, without what was not given, and what is wrong with them."""

    values: Mapping[str, Value]
    problems: tuple[Problem, ...]


def conform(schema: ResourceSchema, properties: Mapping[str, Value]) -> Conformed:
    """The properties with texts converted, old names renewed and nulls left out.

    UNKNOWN passes every check. What a Secret hides is checked and never shown. A property with a
    problem is left out of the values.
    """
    problems: list[Problem] = []
    values = _members(schema.properties, properties, (), problems)
    return Conformed(values, tuple(problems))


def _members(
    schemas: Mapping[str, PropertySchema],
    given: Mapping[str, Value],
    path: PropertyPath,
    problems: list[Problem],
) -> dict[str, Value]:
    """The entries of a map whose members are known by name."""
    values: dict[str, Value] = {}
    broken: set[str] = set()
    renamed: list[str] = []
    for name, value in given.items():
        schema = schemas.get(name)
        if schema is None:
            if len(problems) < _MOST_NAMED:
                problems.append(_unknown(name, schemas, path, seek=len(problems) < _MOST_SOUGHT))
            continue
        if value is None or value is NO_VALUE:
            continue
        if schema.old_name_of is None and (
            value is UNKNOWN or (type(value) is str and value and _suits(schema, value))
        ):
            values[name] = value
            continue
        if schema.old_name_of is not None:
            # The rules are those of the new name.
            schema = schemas[schema.old_name_of]
            renamed.append(name)
        converted = _convert(schema, value, (*path, name), problems)
        if not isinstance(converted, _Dropped):
            values[name] = converted
        elif not _is_unset(schema, value):
            # Wrong is not missing: one fault is told once.
            broken.update((name, schemas[name].old_name_of or name))
    for name in renamed:
        if name in values:
            _rename(name, schemas[name].old_name_of or name, values, path, problems)
    for name, schema in schemas.items():
        if schema.required and name not in values and name not in broken:
            problems.append(_missing(schema, (*path, name)))
    return values


def _suits(schema: PropertySchema, text: str) -> bool:
    """True for a text that is as the schema wants it: so are most values, and none needs a closer look."""
    return (
        schema.value_type is ValueType.STRING
        and (schema.allowed_values is None or text in schema.allowed_values)
        and (schema.min_length is None or len(text) >= schema.min_length)
        and (schema.max_length is None or len(text) <= schema.max_length)
        and (schema.pattern is None or _pattern(schema.pattern).fullmatch(text) is not None)
    )


def _missing(schema: PropertySchema, path: PropertyPath) -> Problem:
    words = f"'{render_path(path)}' is required"
    return Problem("IF502", path, words, remedy=_give(schema) or f"give '{path[-1]}'")


def _give(schema: PropertySchema) -> str:
    """A remedy in the schema's own words for what a value must be; empty where it has none."""
    words = schema.constraint.removesuffix(".")
    if words[:1].isupper() and not words[1:2].isupper():
        words = words[0].lower() + words[1:]
    return f"give it: {words}" if words else ""


def _is_unset(schema: PropertySchema, value: Value) -> bool:
    plain = value.revealed if isinstance(value, Secret) else value
    return plain is None or (plain == "" and schema.empty_is_unset)


def _unknown(
    name: str, known: Mapping[str, PropertySchema], path: PropertyPath, *, seek: bool
) -> Problem:
    near = did_you_mean(name, known) if seek else ""
    return Problem(
        "IF501",
        (*path, name),
        f"there is no property '{render_path((*path, name))}'",
        why="" if near else f"known are {', '.join(sorted(known))}",
        remedy=near or "write one of these, or take it out",
    )


def _rename(
    old: str, new: str, values: dict[str, Value], path: PropertyPath, problems: list[Problem]
) -> None:
    """Move a value from a property's old name to its new one."""
    value = values.pop(old)
    both_known = is_known(value) and is_known(values.get(new))
    if new in values and both_known and values[new] != value:
        problems.append(
            Problem(
                "IF508",
                (*path, old),
                f"'{old}' and '{new}' differ",
                why=f"'{old}' is the old word for '{new}'",
                remedy=f"give '{new}' alone",
            )
        )
        return
    problems.append(
        Problem(
            "IF508",
            (*path, old),
            f"'{old}' is the old word for '{new}'",
            remedy=f"write '{new}'",
            severity=Severity.WARNING,
        )
    )
    values.setdefault(new, value)


def _convert(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    """The value in the type of the schema; DROPPED where it is unset or has a problem."""
    if value is UNKNOWN:
        return value
    if isinstance(value, Secret):
        return _convert_secret(schema, value, path, problems)
    match schema.value_type:
        case ValueType.STRING:
            return _text(schema, value, path, problems)
        case ValueType.BOOLEAN:
            return _truth(schema, value, path, problems)
        case ValueType.INTEGER | ValueType.NUMBER:
            return _number(schema, value, path, problems)
        case ValueType.LIST:
            return _list(schema, value, path, problems)
        case ValueType.MAP:
            return _map(schema, value, path, problems)
        case ValueType.ANY:
            return value


def _convert_secret(
    schema: PropertySchema, value: Secret, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    found: list[Problem] = []
    if value.revealed is None or value.revealed is NO_VALUE:
        return _DROPPED
    converted = _convert(schema, value.revealed, path, found)
    # Every word that might hold a part of the secret is left out, and so is the way inside it.
    problems.extend(
        Problem(
            problem.code,
            path,
            f"'{render_path(path)}' is not as it must be",
            why="it holds a secret, which is not shown",
            remedy=_give(schema) or schema.pattern_says,
            severity=problem.severity,
        )
        for problem in found
    )
    return converted if isinstance(converted, _Dropped) else Secret(converted)


def _wrong_type(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> _Dropped:
    wanted, remedy = _SHAPES[schema.value_type]
    got = f"the text {_shown(value)}" if isinstance(value, str) else kind_of(value)
    words = f"'{render_path(path)}' must be {wanted}, not {got}"
    problems.append(Problem("IF503", path, words, remedy=remedy))
    return _DROPPED


def _shown(value: Value) -> str:
    """A value for a message, not too long."""
    text = str(value)
    return f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}'"


def _text(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    if isinstance(value, str):
        text = value
        if not text and schema.empty_is_unset:
            return _DROPPED
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (int, float)):
        text = str(value)
    else:
        return _wrong_type(schema, value, path, problems)
    if not _allowed(schema, text, path, problems):
        return _DROPPED
    least, most = schema.min_length, schema.max_length
    if (least is not None and len(text) < least) or (most is not None and len(text) > most):
        words = f"must have {_range(least, most)} characters, and has {len(text):,}"
        remedy = "shorten it" if most is not None and len(text) > most else "write a longer text"
        if not text:
            words, remedy = "may not be empty", _give(schema) or remedy
        problems.append(Problem("IF504", path, f"'{render_path(path)}' {words}", remedy=remedy))
        return _DROPPED
    if schema.pattern is not None and not _pattern(schema.pattern).fullmatch(text):
        problems.append(
            Problem(
                "IF505",
                path,
                f"'{render_path(path)}' cannot be {_shown(text)}",
                why=schema.pattern_says or f"it must match '{schema.pattern}'",
                remedy="write it in that form",
            )
        )
        return _DROPPED
    return text


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"at most {most}" if not least else f"{least} to {most}"


def _truth(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    truth: bool | None = None
    if isinstance(value, bool):
        truth = value
    elif isinstance(value, str):
        if not value and schema.empty_is_unset:
            return _DROPPED
        truth = truth_of_text(value)
    elif value in (0, 1):
        truth = value == 1
    if truth is None:
        return _wrong_type(schema, value, path, problems)
    return truth if _allowed(schema, truth, path, problems) else _DROPPED


def _number(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    whole = schema.value_type is ValueType.INTEGER
    number: int | float | None = None
    if isinstance(value, str):
        if not value and schema.empty_is_unset:
            return _DROPPED
        number = integer_of_text(value) if whole else number_of_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        number = None
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    if whole and isinstance(number, float):
        number = int(number) if number.is_integer() else None
    if number is None:
        return _wrong_type(schema, value, path, problems)
    return number if _allowed(schema, number, path, problems) else _DROPPED


def _list(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    if not isinstance(value, (list, tuple)):
        if value == "" and schema.empty_is_unset:
            return _DROPPED
        return _wrong_type(schema, value, path, problems)
    least, most = schema.min_items, schema.max_items
    given = [item for item in value if item is not None and item is not NO_VALUE]
    if (least is not None and len(given) < least) or (most is not None and len(given) > most):
        over = 0 if most is None else len(given) - most
        problems.append(
            Problem(
                "IF507",
                path,
                f"'{render_path(path)}' must have {_range(least, most)} items, "
                f"and has {len(given)}",
                remedy=f"take {over} out" if over > 0 else f"add {(least or 0) - len(given)}",
            )
        )
        return _DROPPED
    if schema.items is None:
        return given
    return _items(schema.items, value, path, problems)


def _items(
    schema: PropertySchema, items: Sequence[Value], path: PropertyPath, problems: list[Problem]
) -> list[Value]:
    converted: list[Value] = []
    for position, item in enumerate(items):
        if item is None or item is NO_VALUE:
            continue
        one = _convert(schema, item, (*path, position), problems)
        if not isinstance(one, _Dropped):
            converted.append(one)
    return converted


def _map(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> Value | _Dropped:
    if not isinstance(value, Mapping):
        if value == "" and schema.empty_is_unset:
            return _DROPPED
        return _wrong_type(schema, value, path, problems)
    if schema.members is not None:
        return _members(schema.members, value, path, problems)
    given = {k: v for k, v in value.items() if v is not None and v is not NO_VALUE}
    if schema.items is None:
        return given
    converted: dict[str, Value] = {}
    for key, entry in given.items():
        one = _convert(schema.items, entry, (*path, key), problems)
        if not isinstance(one, _Dropped):
            converted[key] = one
    return converted


def _allowed(
    schema: PropertySchema, value: Value, path: PropertyPath, problems: list[Problem]
) -> bool:
    if schema.allowed_values is None or value in schema.allowed_values:
        return True
    allowed = ", ".join(str(one) for one in schema.allowed_values)
    problems.append(
        Problem(
            "IF506",
            path,
            f"'{render_path(path)}' cannot be {_shown(value)}",
            why=f"allowed are {allowed}",
            remedy=did_you_mean(str(value), map(str, schema.allowed_values), "choose one of these"),
        )
    )
    return False
