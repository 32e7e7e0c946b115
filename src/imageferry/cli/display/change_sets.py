"""Change sets as people see them before they say yes, and as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.cli.display.diagnostics import all_lines
from imageferry.cli.display.forecasts import (
    estimate_lines,
    forecast_lines,
    symbol_of,
)
from imageferry.cli.display.rendering import Paint, clean, counted, pad, plain, show_value, width
from imageferry.model import fates
from imageferry.model.addresses import render_path
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    PropertyChange,
    ResourceChange,
)
from imageferry.model.expressions import Expression, Literal
from imageferry.model.fates import (
    BLOCKED_SIGN,
    FATES,
    SIGNS,
    WHOLE,
    forcing,
    is_told,
    remarks_of,
    summary_of,
)
from imageferry.model.forecasts import Lookahead
from imageferry.model.plan_json import NOT_LOOKED
from imageferry.model.values import Value

_COLOURS: Final[Mapping[Action, str]] = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "yellow",
    Action.DELETE: "red",
    Action.MOVE: "cyan",
    Action.ADOPT: "cyan",
    Action.NONE: "dim",
}
_BLOCKED: Final = (BLOCKED_SIGN, "red")

_VERBS: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.CREATE: "will be created",
    ChangeKind.UPDATE: "will be updated",
    ChangeKind.DELETE: "will be deleted",
    ChangeKind.ROLLBACK: "will be rolled back",
}
# Beyond so many changes the values of new resources are left out: the change set of hundreds of
# copies must still be read before somebody says yes.
_DETAILED_CHANGES: Final = 40


def route(properties: Mapping[str, Value], region: str) -> str:
    """`source -> destination` of what names a region; the one it leaves out is the stack's own."""
    return _arrow(fates.route(properties, region))


def route_of(change: ResourceChange, region: str) -> str:
    """`source -> destination` of a change, where its resource has such."""
    return _arrow(fates.route_of(change, region))


def _arrow(ends: tuple[str, str] | None) -> str:
    return "" if ends is None else " -> ".join(map(clean, ends))


def summary_line(change_set: ChangeSet) -> str:
    """`plan: 3 to create, 1 unchanged`."""
    counts = summary_of(change_set)
    parts = [f"{counts[fate]} {words}" for fate, words in FATES if counts[fate]]
    if change_set.is_empty and not change_set.blocked:
        parts.insert(0, "nothing to do")
    return f"plan: {', '.join(parts)}"


def change_set_lines(
    change_set: ChangeSet,
    paint: Paint = plain,
    *,
    with_reasons: bool = True,
    lookahead: Lookahead = NOT_LOOKED,
) -> list[str]:
    """The whole change set: a heading, a paragraph for each change, warnings, one summary line.

    `with_reasons` shows why a change is blocked under it; otherwise somebody else says so.
    `lookahead` is what the cloud says of it, shown under each change and after the summary.
    """
    shown = [change for change in change_set.changes if is_told(change)]
    detailed = len(shown) <= _DETAILED_CHANGES
    has_source = change_set.template_name and change_set.kind is not ChangeKind.DELETE
    source = f" from {clean(change_set.template_name)}" if has_source else ""
    name = paint(clean(change_set.stack_name), "bold")
    settled = change_set.is_empty and change_set.kind is ChangeKind.UPDATE
    verb = "needs no change" if settled else _VERBS[change_set.kind]
    lines = [
        f'stack "{name}" {verb}{source} ({change_set.dialect}, {change_set.region})',
        "",
    ]
    columns = max((width(str(change.address)) for change in shown), default=0)
    told: dict[tuple[str, Action], Mapping[str, str]] = {}
    is_shortened = False
    for change in shown:
        address = str(change.address)
        lines.append(_change_line(change, change_set.region, columns, paint, lookahead))
        if change.blocked or change.action not in WHOLE:
            lines += [_property_line(one) for one in change.properties]
        elif detailed:
            values = _values(change)
            first = told.setdefault((change.address.logical_id, change.action), values)
            lines += _value_lines(values, first)
            is_shortened = is_shortened or values is not first
        if with_reasons:
            lines += [f"      {line}" for line in all_lines(change.blocked, paint)]
        lines += forecast_lines(lookahead, address, paint)
    if shown:
        lines.append("")
    if is_shortened:
        lines += ["further instances show only what differs; --json shows everything", ""]
    if not detailed:
        lines += ["values are left out here where all are new or all go; --json shows them", ""]
    lines += all_lines(change_set.warnings, paint)
    lines.append(paint(summary_line(change_set), "bold"))
    return lines + estimate_lines(lookahead, paint)


def _change_line(
    change: ResourceChange, region: str, columns: int, paint: Paint, lookahead: Lookahead
) -> str:
    plain_symbol = (SIGNS[change.action], _COLOURS[change.action])
    symbol, colour = _BLOCKED if change.blocked else plain_symbol
    symbol, colour = symbol_of(lookahead, str(change.address)) or (symbol, colour)
    head = f"{pad(symbol, 3)} {pad(clean(str(change.address)), columns)}  {clean(change.type_name)}"
    remarks = [
        part for part in (route_of(change, region), clean(", ".join(remarks_of(change)))) if part
    ]
    return "  " + paint(head, colour) + "".join(f"  {remark}" for remark in remarks)


def _values(change: ResourceChange) -> dict[str, str]:
    """The values that a resource gets, or has where it goes."""
    if change.action is Action.DELETE:
        return {clean(render_path(one.path)): _side(one.before) for one in change.properties}
    if change.wanted is None:
        return {}
    values = {
        clean(name): _expression(expression)
        for name, expression in change.wanted.properties.items()
    }
    if change.reading is not None:
        # What was read is no property, and what people want to see most.
        found = [one for one in change.properties if one.path[0] not in change.wanted.properties]
        values |= {clean(render_path(one.path)): _side(one.after) for one in found}
    return values


def _value_lines(values: Mapping[str, str], first: Mapping[str, str]) -> list[str]:
    """The values of a resource; of a counted one's further instances only what differs."""
    if values is first:
        return [f"        {name}: {value}" for name, value in values.items()]
    differing = [
        f"        {name}: {value}" for name, value in values.items() if first.get(name) != value
    ]
    return differing + [f"        {name}: (none)" for name in first if name not in values]


def _expression(expression: Expression) -> str:
    return show_value(expression.value) if isinstance(expression, Literal) else "(known later)"


def _property_line(changed: PropertyChange) -> str:
    path = clean(render_path(changed.path))
    line = f"        {path}: {_side(changed.before)} -> {_side(changed.after)}"
    force = forcing(changed)
    if force:
        line += f"  ({force})"
    if changed.remark:
        line += f"  ({clean(changed.remark)})"
    if changed.span is not None:
        line += f"  {clean(str(changed.span))}"
    return line


def _side(value: Value) -> str:
    return "(none)" if value is None else show_value(value)


def change_count(change_set: ChangeSet) -> str:
    """`3 changes`, for the question before executing."""
    return counted(sum(1 for one in change_set.changes if one.action is not Action.NONE), "change")
