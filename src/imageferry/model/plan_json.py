"""Change sets, forecasts and diagnostics as JSON objects: what `--json` and the console's pages give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from imageferry.model.addresses import render_path
from imageferry.model.changes import ChangeSet, ResourceChange
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.fates import route_of, summary_of, told_properties
from imageferry.model.forecasts import Forecast, Lookahead, Remains
from imageferry.model.values import Json, mask

NOT_LOOKED: Final = Lookahead()
"""What is foreseen where the cloud was not asked."""


def change_set_json(
    change_set: ChangeSet, cloud: str, lookahead: Lookahead = NOT_LOOKED
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
        "summary": {**summary_of(change_set)},
        "foresight": estimate_json(lookahead),
        "warnings": [diagnostic_json(warning) for warning in change_set.warnings],
    }


def _change_json(change: ResourceChange, region: str, lookahead: Lookahead) -> dict[str, Json]:
    ends = route_of(change, region)
    return {
        "logical_id": str(change.address),
        "type": change.type_name,
        "action": change.action.value,
        "replacement": change.replacement.value,
        "physical_id": change.physical_id,
        "moved_from": None if change.moved_from is None else str(change.moved_from),
        "route": None if ends is None else " -> ".join(ends),
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
            for one in told_properties(change)
        ],
    }


def forecast_json(lookahead: Lookahead, address: str) -> Json:
    """The key `foresight` of one change; null where nobody looked."""
    forecast = lookahead.forecasts.get(address)
    if forecast is None:
        return None
    return {
        "refused": forecast.is_refused,
        "objections": [
            {**diagnostic_json(diagnostic), "doubt": one.doubt.value, "cloud_code": one.cloud_code}
            for one, diagnostic in zip(
                forecast.objections, lookahead.diagnostics.get(address, ()), strict=True
            )
        ],
        "already_there": _standing_json(forecast),
        "route": None if forecast.route is None else list(forecast.route),
        "gib": forecast.gib,
        "seconds": forecast.seconds,
        "snapshots_left": _remains_json(forecast.remains),
        "notes": list(forecast.notes),
    }


def _standing_json(forecast: Forecast) -> Json:
    lookalike = forecast.lookalike
    if lookalike is None:
        return None
    return {
        "id": lookalike.physical_id,
        "region": lookalike.region,
        "name": lookalike.name,
        "ours": lookalike.is_ours,
        "adoption": lookalike.adoption or None,
        "holder": lookalike.holder or None,
    }


def _remains_json(remains: Iterable[Remains]) -> Json:
    return [
        {"region": one.region, "id": one.physical_id, "snapshots": one.snapshots, "gib": one.gib}
        for one in remains
    ]


def estimate_json(lookahead: Lookahead) -> Json:
    """The key `foresight` of a whole plan; null where nobody looked."""
    if not lookahead.is_looked:
        return None
    remains = [one for forecast in lookahead.forecasts.values() for one in forecast.remains]
    return {
        "gib": sum(backlog.gib for backlog in lookahead.backlogs),
        "copies": sum(backlog.copies for backlog in lookahead.backlogs),
        "seconds": lookahead.seconds,
        "regions": [
            {
                "region": backlog.region,
                "copies": backlog.copies,
                "gib": backlog.gib,
                "seconds": backlog.seconds,
                "measured": backlog.is_measured,
                "queue": {"at_once": backlog.slots, "ahead": backlog.ahead, "turns": backlog.waves},
            }
            for backlog in lookahead.backlogs
        ],
        "calls_made": lookahead.calls,
        "calls_ahead": lookahead.calls_ahead,
        "snapshots_left": {
            "snapshots": sum(one.snapshots for one in remains),
            "gib": sum(one.gib for one in remains),
            "images": _remains_json(remains),
        },
        "refused": list(lookahead.refused),
        "notes": list(lookahead.notes),
    }


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Json]:
    """One diagnostic for machines; the place is null where there is none."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "why": diagnostic.why,
        "remedy": diagnostic.remedy,
        "source": span.source if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
    }
