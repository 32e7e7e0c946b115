"""Functions by what they are given: kinds of arguments, and the names that Fn::FindInMap looks up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.expressions import (
    Call,
    Expression,
    ListOf,
    Literal,
    Reference,
)
from imageferry.model.suggestions import Guesses
from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.kinds import Kind, kind_given
from imageferry.validation.places import Site

_SCALARS: Final = frozenset({Kind.TEXT, Kind.NUMBER, Kind.TRUTH})
_TEXT: Final = frozenset({Kind.TEXT})
_KEYS: Final = frozenset({Kind.TEXT, Kind.NUMBER})
_LIST: Final = frozenset({Kind.LIST})
_TRUTHS: Final = frozenset({Kind.TRUTH, Kind.TEXT})
_ANY: Final = frozenset(Kind)

_Wanted = tuple[frozenset[Kind], ...]

# By the tables of functions of both languages; what takes anything is left out. The last kinds
# hold for every further argument.
_ARGUMENTS: Final[Mapping[str, _Wanted]] = {
    "join": (_TEXT, _LIST),
    "split": (_TEXT, _TEXT),
    "base64_encode": (_SCALARS,),
    "base64_decode": (_TEXT,),
    "length": (_TEXT | _LIST | {Kind.MAP},),
    "find_in_map": (_KEYS, _KEYS, _KEYS, _ANY),
    "list_merge": (_LIST,),
    "each_member_in": (_LIST, _LIST),
    "and": (_TRUTHS,),
    "or": (_TRUTHS,),
    "not": (_TRUTHS,),
    "if": (_TRUTHS, _ANY, _ANY),
}
_STRICTER: Final[Mapping[tuple[str, str], _Wanted]] = {
    ("cloudformation", "select"): (_KEYS, _LIST, _ANY),
    ("ros", "select"): (_KEYS | {Kind.TRUTH}, _TEXT | _LIST | {Kind.MAP}, _ANY),
    ("cloudformation", "sub"): (_SCALARS,),
}
_WANTED: Final[Mapping[str, Mapping[str, _Wanted]]] = {
    dialect: {
        **_ARGUMENTS,
        **{name: wanted for (where, name), wanted in _STRICTER.items() if where == dialect},
    }
    for dialect in ("ros", "cloudformation")
}
_MOST_LISTED: Final = 8
_WHOLE: Final = frozenset({"base64_encode", "base64_decode", "length"})
_ITEMS: Final = frozenset({"join"})

_CODES: Final[Mapping[str, str]] = dict.fromkeys(("and", "or", "not", "if"), "IF311")


def faults_of_calls(
    template: Template, sites: list[Site], catalog: Catalog, guesses: Guesses
) -> Iterator[Diagnostic]:
    """Every function whose arguments cannot be right, whatever the parameters are."""
    doubted: set[tuple[str, str]] = set()
    wanted = _WANTED[template.dialect]
    for site in sites:
        for call in site.calls:
            span = call.span or site.span
            if call.function in wanted:
                yield from _kinds(call, wanted[call.function], template, catalog, span)
            if call.function == "find_in_map":
                yield from _look_up(call, template, span, doubted, guesses)
            elif call.function == "value_of":
                yield from _asked_parameter(call, template, span, guesses)


def arguments_of(call: Call) -> tuple[Expression, ...] | None:
    """The arguments as they are written; None where a function gives them."""
    match call.argument:
        case _ if call.function in _WHOLE:
            return (call.argument,)
        case ListOf(items=items):
            return items
        case Literal(value=list() | tuple() as values, span=span):
            return tuple(Literal(value, span) for value in values)
        case _:
            return None


def _kinds(
    call: Call, wanted: _Wanted, template: Template, catalog: Catalog, span: Span
) -> Iterator[Diagnostic]:
    arguments = arguments_of(call)
    if arguments is None:
        return
    for position, argument in enumerate(arguments):
        allowed = wanted[min(position, len(wanted) - 1)]
        if allowed is _ANY:
            continue
        kind = kind_given(argument, template, catalog)
        if kind is not None and kind not in allowed:
            yield _misfit(call, allowed, kind, argument, span)
            return
    if call.function in _ITEMS and len(arguments) > 1:
        yield from _joined(call, arguments[1], template, catalog, span)


def _misfit(
    call: Call, allowed: frozenset[Kind], kind: Kind, argument: Expression, span: Span
) -> Diagnostic:
    code = _CODES.get(call.function, "IF303")
    *most, last = [one.value for one in Kind if one in allowed]
    words = f"{', '.join(most)} or {last}" if most else last
    return error(
        code,
        f"'{call.written}' needs {words}, not {kind.value}",
        why=_origin(argument, kind),
        remedy=_REMEDIES.get(kind, "") if allowed & _TEXT else _MENDINGS.get(kind, ""),
        span=span,
    )


_REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.LIST: "take one of its items with 'Fn::Select', or make one text of them with 'Fn::Join'",
    Kind.MAP: "give one of its values",
}
_MENDINGS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "cut it with 'Fn::Split', or put it into a list",
    Kind.MAP: "give a list",
}


def _origin(argument: Expression, kind: Kind) -> str:
    match argument:
        case Reference(name=name):
            return f"'{name}' is {kind.value}"
        case Call(written=written):
            return f"'{written}' gives {kind.value}"
        case _:
            return ""


def _joined(
    call: Call, items: Expression, template: Template, catalog: Catalog, span: Span
) -> Iterator[Diagnostic]:
    if not isinstance(items, ListOf):
        return
    for item in items.items:
        kind = kind_given(item, template, catalog)
        if kind is Kind.LIST or kind is Kind.MAP:
            yield error(
                "IF303",
                f"'{call.written}' cannot join {kind.value}",
                why=_origin(item, kind) or "it joins texts",
                remedy=f"give '{item.name}' itself as the list"
                if isinstance(item, Reference) and len(items.items) == 1
                else _REMEDIES[kind],
                span=span,
            )
            return


def _asked_parameter(
    call: Call, template: Template, span: Span, guesses: Guesses
) -> Iterator[Diagnostic]:
    """Fn::ValueOf names a parameter by text."""
    arguments = arguments_of(call)
    match arguments:
        case (Literal(value=str() as name), *_) if name not in template.parameters:
            yield error(
                "IF201",
                f"no parameter is called '{name}'",
                why=f"'{call.written}' asks for an attribute of a parameter",
                remedy=guesses.did_you_mean(name, template.parameters) or "declare it",
                span=span,
            )
        case _:
            return


def _look_up(
    call: Call,
    template: Template,
    span: Span,
    doubted: set[tuple[str, str]],
    guesses: Guesses,
) -> Iterator[Diagnostic]:
    """What is written of a map and its keys, as far as it is text; a default excuses what misses.

    `doubted` are the maps and parameters that were told of: once is enough.
    """
    arguments = arguments_of(call)
    if arguments is None or len(arguments) != 3:
        return
    map_name = _key(arguments[0])
    if map_name is None:
        return
    rows = template.mappings.get(map_name)
    if rows is None:
        yield _missed(call, f"no map '{map_name}'", map_name, template.mappings, span, guesses)
        return
    first, second = _key(arguments[1]), _key(arguments[2])
    if first is not None and first not in rows:
        yield _missed(call, f"no key '{first}' in '{map_name}'", first, rows, span, guesses)
        return
    if first is None:
        yield from _choices(arguments[1], map_name, rows, template, span, doubted)
        if second is not None and rows and not any(second in row for row in rows.values()):
            known = dict.fromkeys(key for row in rows.values() for key in row)
            where = f"no key '{second}' in any part of '{map_name}'"
            yield _missed(call, where, second, known, span, guesses)
        return
    row = rows[first]
    if second is None:
        path = f"{map_name}.{first}"
        yield from _choices(arguments[2], path, row, template, span, doubted)
    elif second not in row:
        yield _missed(
            call, f"no key '{second}' in '{map_name}.{first}'", second, row, span, guesses
        )


def _key(argument: Expression) -> str | None:
    match argument:
        case Literal(value=bool()):
            return None
        case Literal(value=str() | int() | float() as value):
            return str(value)
        case _:
            return None


def _missed(
    call: Call,
    what: str,
    name: str,
    known: Mapping[str, object],
    span: Span,
    guesses: Guesses,
) -> Diagnostic:
    return error(
        "IF310",
        f"'{call.written}' finds {what}",
        why=_those(list(known)),
        remedy=guesses.did_you_mean(name, known),
        span=span,
        names=tuple(_key(one) or "" for one in (arguments_of(call) or ())[:3]),
    )


def _those(names: list[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names[:_MOST_LISTED])
    if len(names) < 2:
        return f"there is only {listed}" if names else "there are none"
    return f"there are {listed}{' …' if len(names) > _MOST_LISTED else ''}"


def _choices(
    argument: Expression,
    path: str,
    known: Mapping[str, object],
    template: Template,
    span: Span,
    doubted: set[tuple[str, str]],
) -> Iterator[Diagnostic]:
    """The values that a parameter may have and the mapping does not know."""
    parameter = template.parameters.get(argument.name) if isinstance(argument, Reference) else None
    if parameter is None or not parameter.allowed_values:
        return
    missing = [one for one in map(str, parameter.allowed_values) if one not in known]
    pair = (path, parameter.name)
    if missing and len(missing) < len(parameter.allowed_values) and pair not in doubted:
        doubted.add(pair)
        listed = ", ".join(f"'{one}'" for one in missing[:5])
        yield warning(
            "IF215",
            f"'{path}' has no key for every value of parameter '{parameter.name}'",
            why=f"its 'AllowedValues' hold {listed}{' …' if len(missing) > 5 else ''} as well",
            remedy="add the keys to the mapping, or take the values out",
            span=span,
        )
