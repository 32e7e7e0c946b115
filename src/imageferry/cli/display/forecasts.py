"""Forecasts as people see them: under each change what the cloud would say, at the end the estimate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from imageferry.cli.display.diagnostics import all_lines
from imageferry.cli.display.rendering import (
    Paint,
    clean,
    counted,
    pad,
    plain,
    show_duration,
    table,
    width,
)
from imageferry.model.forecasts import Backlog, Lookahead, Lookalike

REFUSED: Final = ("!", "red")
THERE_ALREADY: Final = ("=", "cyan")

_MOST_ROUTES: Final = 30
"""So many routes and remains are shown one by one; --json has them all."""


def symbol_of(lookahead: Lookahead, address: str) -> tuple[str, str] | None:
    """The symbol of a change that would not be what the plan says; None for every other."""
    forecast = lookahead.forecasts.get(address)
    if forecast is None:
        return None
    if forecast.lookalike is not None and forecast.lookalike.fits:
        return THERE_ALREADY
    return REFUSED if forecast.is_refused else None


def forecast_lines(lookahead: Lookahead, address: str, paint: Paint = plain) -> list[str]:
    """What stands under a change: refusals and doubts at their lines, what is there, remarks."""
    forecast = lookahead.forecasts.get(address)
    if forecast is None:
        return []
    lines = all_lines(lookahead.diagnostics.get(address, ()), paint)
    if forecast.lookalike is not None and forecast.lookalike.fits and not forecast.is_refused:
        lines += _lookalike_lines(forecast.lookalike)
    lines += [f"note: {clean(note)}" for note in forecast.notes]
    return [f"      {line}" for line in lines]


def _lookalike_lines(lookalike: Lookalike) -> list[str]:
    called = f"{clean(lookalike.physical_id)} in {clean(lookalike.region)}"
    if lookalike.name:
        called += f' ("{clean(lookalike.name)}")'
    return [
        f"already there: {called}, made by this installation, in no stack, and as it is wanted",
        f"  mend: take it in instead: {clean(lookalike.adoption)}",
    ]


# --- the end of a plan ----------------------------------------------------------------------------


def estimate_lines(lookahead: Lookahead, paint: Paint = plain) -> list[str]:
    """What carrying the plan out would take and leave, after its summary; nothing if not looked."""
    if not lookahead.is_looked:
        return []
    lines = []
    if lookahead.backlogs:
        lines.append(paint(_copy_line(lookahead), "bold"))
        lines += _route_lines(lookahead)
    lines += _remains_lines(lookahead)
    lines += [f"note: {clean(note)}" for note in lookahead.notes]
    if lookahead.calls_ahead:
        calls = f"about {counted(lookahead.calls_ahead, 'call')} to the cloud, polling included"
        lines.append(f"{calls}; {counted(lookahead.calls, 'call')} made to look ahead")
    refused = lookahead.refused
    if refused:
        wrong = f"the cloud would refuse {counted(len(refused), 'change')} as things stand"
        lines.append(paint(wrong, "red"))
    return lines


def _copy_line(lookahead: Lookahead) -> str:
    copies = sum(backlog.copies for backlog in lookahead.backlogs)
    gib = sum(backlog.gib for backlog in lookahead.backlogs)
    said = f"to copy: {gib} GiB in {counted(copies, 'image')}"
    said += f" to {counted(len(lookahead.backlogs), 'region')}"
    return f"{said}, about {show_duration(lookahead.seconds or 0.0)}{_basis(lookahead.backlogs)}"


def _basis(backlogs: Sequence[Backlog]) -> str:
    """From what a time is estimated."""
    measured = sum(backlog.is_measured for backlog in backlogs)
    if measured == len(backlogs):
        return " by the pace of earlier copies"
    if measured:
        return " by the pace of earlier copies, and a first guess where there were none"
    return " by a first guess, as no earlier copy to there is known"


def _route_lines(lookahead: Lookahead) -> list[str]:
    """One line a destination: where from, how much, and how it goes through the queue."""
    sources: dict[str, set[str]] = defaultdict(set)
    for forecast in lookahead.forecasts.values():
        if forecast.route is not None:
            sources[forecast.route[1]].add(forecast.route[0])
    shown = lookahead.backlogs[:_MOST_ROUTES]
    heads = [
        f"{', '.join(sorted(map(clean, sources[backlog.region])))} -> {clean(backlog.region)}"
        for backlog in shown
    ]
    columns = max(map(width, heads), default=0)
    lines = [
        f"  {pad(head, columns)}  {_backlog_words(backlog)}"
        for head, backlog in zip(heads, shown, strict=True)
    ]
    if len(lookahead.backlogs) > len(shown):
        lines.append(f"  and {len(lookahead.backlogs) - len(shown)} more; --json has all of them")
    return lines


def _backlog_words(backlog: Backlog) -> str:
    said = f"{backlog.gib} GiB, {counted(backlog.copies, 'copy', 'copies')}, about "
    said += show_duration(backlog.seconds)
    if backlog.ahead or backlog.waves > 1:
        said += f" ({counted(backlog.waves, 'turn')} of {backlog.slots} at once"
        said += f", {backlog.ahead} before ours)" if backlog.ahead else ")"
    return said


def _remains_lines(lookahead: Lookahead) -> list[str]:
    remains = [one for forecast in lookahead.forecasts.values() for one in forecast.remains]
    if not remains:
        return []
    number, gib = sum(one.snapshots for one in remains), sum(one.gib for one in remains)
    lines = [
        f"stay and are billed: {counted(number, 'snapshot')} ({gib} GiB) of "
        f"{counted(len(remains), 'removed image')}"
    ]
    rows = [
        (
            clean(one.region),
            clean(one.physical_id),
            f"{counted(one.snapshots, 'snapshot')}, {one.gib} GiB",
        )
        for one in remains[:_MOST_ROUTES]
    ]
    lines += [f"  {row}" for row in table(rows)]
    if len(remains) > _MOST_ROUTES:
        lines.append(f"  and {len(remains) - _MOST_ROUTES} more; --json has all of them")
    return lines
