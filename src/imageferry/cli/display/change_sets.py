"""Change sets as people see them before they say yes, and as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.cli.display.diagnostics import all_lines, diagnostic_json
from imageferry.cli.display.forecasts import (
    estimate_json,
    estimate_lines,
    forecast_json,
    forecast_lines,
    symbol_of,
)
from imageferry.cli.display.rendering import Paint, clean, counted, pad, plain, show_value, width
from imageferry.model.addresses import render_path
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from imageferry.model.expressions import Expression, Literal
from imageferry.model.forecasts import Lookahead
from imageferry.model.values import Json, Value, mask

_SYMBOLS: Final[Mapping[Action, tuple[str, str]]] = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("-/+", "yellow"),
    Action.DELETE: ("-", "red"),
    Action.MOVE: (">", "cyan"),
    Action.ADOPT: ("=", "cyan"),
    Action.NONE: (" ", "dim"),
}
_BLOCKED: Final = ("!", "red")

_VERBS: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.CREATE: "will be created",
    ChangeKind.UPDATE: "will be updated",
    ChangeKind.DELETE: "will be deleted",
    ChangeKind.ROLLBACK: "will be rolled back",
}
_SUMMARY: Final[tuple[tuple[str, str], ...]] = (
    ("create", "to create"),
    ("update", "to update"),
    ("replace", "to replace"),
    ("move", "to move"),
    ("adopt", "to adopt"),
    ("delete", "to delete"),
    ("retain", "to leave behind"),
    ("blocked", "blocked"),
    ("unchanged", "unchanged"),
)
# Beyond so many changes the values of new resources are left out: the change set of hundreds of
# copies must still be read before somebody says yes.
_DETAILED_CHANGES: Final = 40

_NOT_LOOKED: Final = Lookahead()

_SOURCE: Final = "SourceRegionId"
_DESTINATION: Final = "DestinationRegionId"


def route(properties: Mapping[str, Value], region: str) -> str:
    """`source -> destination` of what names a region; the one it leaves out is the stack's own."""
    if _SOURCE not in properties and _DESTINATION not in properties:
        return ""
    ends = [properties.get(name) or region for name in (_SOURCE, _DESTINATION)]
    return " -> ".join(clean(str(mask(end))) for end in ends)


def known_properties(properties: Mapping[str, Expression]) -> dict[str, Value]:
    """The properties whose values are known before anything is done."""
    return {
        name: expression.value
        for name, expression in properties.items()
        if isinstance(expression, Literal)
    }


def route_of(change: ResourceChange, region: str) -> str:
    """`source -> destination` of a change, where its resource has such."""
    if change.wanted is not None:
        return route(known_properties(change.wanted.properties), region)
    return route({str(one.path[0]): one.before for one in change.properties if one.path}, region)


def summary(change_set: ChangeSet) -> dict[str, int]:
    """How many resources meet which fate; a blocked one counts only as that."""
    fates = Counter(_fate(change) for change in change_set.changes)
    return {fate: fates.get(fate, 0) for fate, _ in _SUMMARY}


def _fate(change: ResourceChange) -> str:
    if change.blocked:
        return "blocked"
    if change.action is Action.DELETE and change.retained:
        return "retain"
    return "unchanged" if change.action is Action.NONE else change.action.value.lower()


def summary_line(change_set: ChangeSet) -> str:
    """`plan: 3 to create, 1 unchanged`."""
    counts = summary(change_set)
    parts = [f"{counts[fate]} {words}" for fate, words in _SUMMARY if counts[fate]]
    if change_set.is_empty and not change_set.blocked:
        parts.insert(0, "nothing to do")
    return f"plan: {', '.join(parts)}"


def change_set_lines(
    change_set: ChangeSet,
    paint: Paint = plain,
    *,
    with_reasons: bool = True,
    lookahead: Lookahead = _NOT_LOOKED,
) -> list[str]:
    """The whole change set: a heading, a paragraph for each change, warnings, one summary line.

    `with_reasons` shows why a change is blocked under it; otherwise somebody else says so.
    `lookahead` is what the cloud says of it, shown under each change and after the summary.
    """
    shown = [change for change in change_set.changes if _is_shown(change)]
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
        if change.blocked or change.action not in _WHOLE:
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


def _is_shown(change: ResourceChange) -> bool:
    return bool(change.action is not Action.NONE or change.blocked or change.properties)


def _change_line(
    change: ResourceChange, region: str, columns: int, paint: Paint, lookahead: Lookahead
) -> str:
    symbol, colour = _BLOCKED if change.blocked else _SYMBOLS[change.action]
    symbol, colour = symbol_of(lookahead, str(change.address)) or (symbol, colour)
    head = f"{pad(symbol, 3)} {pad(clean(str(change.address)), columns)}  {clean(change.type_name)}"
    remarks = [part for part in (route_of(change, region), _remark(change)) if part]
    return "  " + paint(head, colour) + "".join(f"  {remark}" for remark in remarks)


def _remark(change: ResourceChange) -> str:
    parts = []
    if change.action in {Action.DELETE, Action.ADOPT} and change.physical_id:
        parts.append(clean(change.physical_id))
    if change.moved_from is not None:
        # A deletion may be of what has no index any longer, under the index that is left over.
        was = "it was" if change.action is Action.DELETE else "moved from"
        parts.append(f"{was} {clean(str(change.moved_from))}")
    keeps_old = change.wanted is not None and change.wanted.replacement_policy == "Retain"
    if change.action is Action.REPLACE and keeps_old:
        parts.append("the old one stays in the cloud, as its policy says")
    elif change.repairs:
        parts.append("after deleting what an earlier attempt left unfinished")
    elif change.action is Action.UPDATE and not (
        change.properties or change.reading or change.renews
    ):
        parts.append("once more, since its last update failed")
    if change.reading is not None and change.action is not Action.DELETE:
        parts.append("read" if change.reading.attributes is not None else "read in its turn")
    if change.renews:
        parts.append("made anew behind its Ref, since it is gone from the cloud")
    if change.retained:
        parts.append("stays in the cloud")
    if change.replacement is Replacement.MAYBE:
        parts.append("replaced if a value known later differs")
    return ", ".join(parts)


# What is shown of these are values, not differences.
_WHOLE: Final = frozenset({Action.CREATE, Action.DELETE})


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
    if changed.requires_replacement is Replacement.YES:
        line += "  (forces replacement)"
    elif changed.requires_replacement is Replacement.MAYBE:
        line += "  (forces replacement if it differs)"
    if changed.remark:
        line += f"  ({clean(changed.remark)})"
    if changed.span is not None:
        line += f"  {clean(str(changed.span))}"
    return line


def _side(value: Value) -> str:
    return "(none)" if value is None else show_value(value)


def change_set_json(
    change_set: ChangeSet, cloud: str, lookahead: Lookahead = _NOT_LOOKED
) -> dict[str, Json]:
    """The object of `plan --json`; `foresight` is null where the cloud was not asked."""
    return {
        "stack_name": change_set.stack_name,
        "stack_id": change_set.stack_id,
        "change_set_id": change_set.change_set_id,
        "cloud": cloud,
        "region": change_set.region,
        "dialect": change_set.dialect,
        "kind": change_set.kind.value,
        "changes": [
            _change_json(change, change_set.region, lookahead) for change in change_set.changes
        ],
        "summary": {**summary(change_set)},
        "foresight": estimate_json(lookahead),
        "warnings": [diagnostic_json(warning) for warning in change_set.warnings],
    }


def _change_json(change: ResourceChange, region: str, lookahead: Lookahead) -> dict[str, Json]:
    return {
        "logical_id": str(change.address),
        "type": change.type_name,
        "action": change.action.value,
        "replacement": change.replacement.value,
        "physical_id": change.physical_id,
        "moved_from": None if change.moved_from is None else str(change.moved_from),
        "route": route_of(change, region) or None,
        "blocked": [diagnostic_json(reason) for reason in change.blocked],
        "foresight": forecast_json(lookahead, str(change.address)),
        "properties": [
            {
                "path": render_path(one.path),
                "before": mask(one.before),
                "after": mask(one.after),
                "requires_replacement": one.requires_replacement.value,
                "remark": one.remark,
                "line": one.span.line if one.span else None,
                "column": one.span.column if one.span else None,
            }
            for one in _properties(change)
        ],
    }


def _properties(change: ResourceChange) -> Iterable[PropertyChange]:
    """The changed properties; all those of a new resource, whether or not the plan lists them."""
    if change.properties or change.action is not Action.CREATE or change.wanted is None:
        return change.properties
    spans = change.wanted.property_spans
    return [
        PropertyChange((name,), None, _known(expression), span=spans.get(name))
        for name, expression in change.wanted.properties.items()
    ]


def _known(expression: Expression) -> Value:
    return expression.value if isinstance(expression, Literal) else "(known later)"


def change_count(change_set: ChangeSet) -> str:
    """`3 changes`, for the question before executing."""
    return counted(sum(1 for one in change_set.changes if one.action is not Action.NONE), "change")
