"""What a template alone would make, as people see it and as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from imageferry.cli.display.graphs.sketches import route_text
from imageferry.cli.display.rendering import Paint, clean, counted, pad, plain, show_value, width
from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.changes import Action, Replacement
from imageferry.model.outlooks import Foreseen, Gap, Need, Outlook, Prospect
from imageferry.model.plan_json import diagnostic_json
from imageferry.model.values import UNKNOWN, Json, mask

# Beyond so many resources only the first instance of each definition shows its values.
_DETAILED: Final = 40
_MOST_NEEDS: Final = 6


def outlook_lines(outlook: Outlook, paint: Paint = plain) -> list[str]:
    """The whole outlook: a heading, the resources wave by wave, the outputs, one summary line."""
    lines = [*_heading(outlook, paint), ""]
    columns = max((width(_title(one)) for one in outlook.resources), default=0)
    detailed = len(outlook.resources) <= _DETAILED
    told: dict[str, tuple[tuple[str, ...], dict[str, list[str]]]] = {}
    is_shortened = False
    for wave, resources in groupby(outlook.resources, lambda one: one.wave):
        lines.append(paint(f"wave {wave}", "bold"))
        for one in resources:
            lines.append(_resource_line(one, columns, paint))
            remarks, values = _remarks(one), _values(one.properties)
            first = told.setdefault(one.address.logical_id, (remarks, values))
            if first[1] is values or detailed:
                lines += [f"        {part}" for part in remarks if _is_news(part, remarks, first)]
                lines += _value_lines(values, first[1])
            is_shortened = is_shortened or first[1] is not values
        lines.append("")
    if is_shortened:
        what = "only what differs" if detailed else "no values"
        lines += [f"further instances show {what}; --json shows everything", ""]
    lines += _unmade_lines(outlook, paint)
    lines += _output_lines(outlook, paint)
    lines.append(paint(_summary_line(outlook), "bold"))
    return lines


def _heading(outlook: Outlook, paint: Paint) -> list[str]:
    name = paint(clean(outlook.template_name), "bold")
    lines = [
        f'template "{name}" ({outlook.dialect}) by itself: no stack is looked at '
        "(--stack NAME compares it with one)"
    ]
    lines.append(
        f"region: {clean(outlook.region)}" if outlook.region else "region: none is given (--region)"
    )
    if outlook.missing:
        lines.append(f"parameters not given: {', '.join(map(clean, outlook.missing))}")
    return lines


def _title(one: Foreseen) -> str:
    return clean(f"{one.address}[*]" if one.is_open else str(one.address))


def _resource_line(one: Foreseen, columns: int, paint: Paint) -> str:
    symbol, colour = ("+", "green") if one.is_certain else ("?", "yellow")
    head = f"{symbol} {pad(_title(one), columns)}  {clean(one.type_name)}"
    route = clean(route_text(one))
    return "  " + paint(head, colour) + (f"  {route}" if route else "")


def _remarks(one: Foreseen) -> tuple[str, ...]:
    """What is to be said of a resource beside its values."""
    said = []
    if one.condition_reasons:
        said.append(f"perhaps: {_joined(one.condition_reasons)}")
    if one.is_open:
        said.append(f"how often is not known: {_joined(one.count_reasons)}")
    if one.needs:
        said.append(f"after {_needs(one.needs)}")
    return tuple(map(clean, said))


def _is_news(part: str, remarks: Sequence[str], first: tuple[tuple[str, ...], object]) -> bool:
    """True for what is said of the first instance, and for what differs from it."""
    return first[0] is remarks or part not in first[0]


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(reasons)


def _needs(needs: Sequence[Need]) -> str:
    """`Source (GetAtt ImageId), Copy[0..9] (Ref)`; instances in a row are said at once."""
    rows: dict[tuple[str, tuple[str, ...]], list[ResourceAddress]] = {}
    for need in needs:
        rows.setdefault((need.address.logical_id, need.reasons), []).append(need.address)
    said = [
        f"{part} ({', '.join(why)})" for (_, why), row in rows.items() for part in _in_rows(row)
    ]
    more = len(said) - _MOST_NEEDS
    return ", ".join(said[:_MOST_NEEDS]) + (f" and {more} more" if more > 0 else "")


def _in_rows(addresses: Sequence[ResourceAddress]) -> list[str]:
    """Addresses of one definition, those with indexes in a row as `Copy[0..9]`."""
    said: list[str] = []
    indexes = sorted(one.index for one in addresses if one.index is not None)
    said += [str(one) for one in addresses if one.index is None]
    name = addresses[0].logical_id
    for _, row in groupby(enumerate(indexes), lambda pair: pair[1] - pair[0]):
        found = [index for _, index in row]
        ends = f"{found[0]}" if len(found) == 1 else f"{found[0]}..{found[-1]}"
        said.append(f"{name}[{ends}]")
    return said


def _values(properties: Iterable[Prospect]) -> dict[str, list[str]]:
    """The lines of each property: its value, and below it why parts of it are not known."""
    return {clean(one.name): _prospect(one) for one in properties}


def _prospect(one: Prospect) -> list[str]:
    # The name of a property begins the paths of its gaps; an output's paths have none.
    if one.value is UNKNOWN or any(gap.path in {(), (one.name,)} for gap in one.gaps):
        whole = [reason for gap in one.gaps for reason in gap.reasons]
        return [f"({clean(_joined(whole)) or 'known later'})"]
    return [show_value(one.value), *(_gap_line(one.name, gap) for gap in one.gaps)]


def _gap_line(name: str, gap: Gap) -> str:
    path = gap.path if gap.path[:1] == (name,) else (name, *gap.path)
    return f"  {clean(render_path(path))}: ({clean(_joined(gap.reasons))})"


def _value_lines(values: Mapping[str, list[str]], first: Mapping[str, list[str]]) -> list[str]:
    """The values of a resource; of a counted one's further instances only what differs."""
    lines = []
    for name, (value, *gaps) in values.items():
        if values is first or first.get(name) != [value, *gaps]:
            lines.append(f"        {name}: {value}")
            lines += [f"        {gap}" for gap in gaps]
    return lines + [f"        {name}: (none)" for name in first if name not in values]


def _unmade_lines(outlook: Outlook, paint: Paint) -> list[str]:
    if not outlook.unmade:
        return []
    rows = [
        f"    {clean(one.logical_id)}  {clean(one.type_name)}"
        f"  condition '{clean(one.condition)}' is false"
        for one in outlook.unmade
    ]
    return [paint("not made", "bold"), *rows, ""]


def _output_lines(outlook: Outlook, paint: Paint) -> list[str]:
    if not outlook.outputs:
        return []
    lines = [paint("outputs", "bold")]
    for name, (value, *gaps) in _values(outlook.outputs).items():
        lines += [f"    {name}: {value}", *(f"    {gap}" for gap in gaps)]
    return [*lines, ""]


def summary(outlook: Outlook) -> dict[str, int]:
    """How many resources would be made, of how many the number is not known, and so on.

    `perhaps` are those whose condition is not settled, `unknown` counts values.
    """
    fates = Counter(
        "open" if one.is_open and one.is_certain else "create" if one.is_certain else "perhaps"
        for one in outlook.resources
    )
    return {
        **{fate: fates[fate] for fate in ("create", "open", "perhaps")},
        "not_made": len(outlook.unmade),
        "unknown": sum(len(part.gaps) for one in outlook.resources for part in one.properties),
    }


def _summary_line(outlook: Outlook) -> str:
    counts = summary(outlook)
    parts = [f"{counts['create']} to create"] if counts["create"] else []
    if counts["open"]:
        parts.append(f"{counts['open']} in a number not known yet")
    if counts["perhaps"]:
        parts.append(f"{counts['perhaps']} perhaps")
    if not parts:
        parts.append("nothing to create")
    if counts["not_made"]:
        parts.append(f"{counts['not_made']} not made")
    if counts["unknown"]:
        parts.append(f"{counted(counts['unknown'], 'value')} not known yet")
    return f"plan: {', '.join(parts)}"


def outlook_json(outlook: Outlook) -> dict[str, Json]:
    """The object of `plan --json` without a stack: the keys of a plan, and why what is unknown."""
    return {
        "stack_name": None,
        "template": outlook.template_name,
        "dialect": outlook.dialect,
        "description": outlook.description,
        "region": outlook.region or None,
        "parameters": {
            name: None if name in outlook.missing else mask(value)
            for name, value in outlook.parameters.items()
        },
        "missing_parameters": list(outlook.missing),
        "conditions": dict(outlook.conditions),
        "changes": [_change_json(one) for one in outlook.resources],
        "not_made": [
            {"logical_id": one.logical_id, "type": one.type_name, "condition": one.condition}
            for one in outlook.unmade
        ],
        "outputs": [
            {"name": one.name, "value": mask(one.value), "unknown": _gaps_json(one.gaps)}
            for one in outlook.outputs
        ],
        "summary": {**summary(outlook)},
        "warnings": [diagnostic_json(warning) for warning in outlook.warnings],
    }


def _change_json(one: Foreseen) -> dict[str, Json]:
    return {
        "logical_id": str(one.address),
        "type": one.type_name,
        "action": Action.CREATE.value,
        "replacement": Replacement.NO.value,
        "condition": one.condition,
        "condition_unknown": list(one.condition_reasons),
        "count_known": not one.is_open,
        "count_unknown": list(one.count_reasons),
        "wave": one.wave,
        "route": route_text(one) or None,
        "depends_on": [
            {"logical_id": str(need.address), "reasons": list(need.reasons)} for need in one.needs
        ],
        "properties": [
            {
                "path": part.name,
                "before": None,
                "after": mask(part.value),
                "requires_replacement": Replacement.NO.value,
                "unknown": _gaps_json(part.gaps),
                "line": part.span.line if part.span else None,
                "column": part.span.column if part.span else None,
            }
            for part in one.properties
        ],
    }


def _gaps_json(gaps: Sequence[Gap]) -> list[Json]:
    return [{"path": render_path(gap.path), "reasons": list(gap.reasons)} for gap in gaps]
