"""What a change set would do, as pages show it: the facts of the command line's plan in its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from imageferry.console.languages import Language
from imageferry.console.visits import Visit
from imageferry.control.causes import Cause, CauseKind, causes_of
from imageferry.control.desk import Desk
from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.changes import Action, ChangeSet, PropertyChange, ResourceChange
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.fates import (
    BLOCKED_SIGN,
    FATES,
    SIGNS,
    WHOLE,
    fate_of,
    forcing,
    is_told,
    remarks_of,
    route_of,
    summary_of,
    told_properties,
)
from imageferry.model.forecasts import Forecast, Lookahead
from imageferry.model.plan_json import NOT_LOOKED
from imageferry.model.values import Value

ON_A_PAGE: Final = 50
"""Changes on one page."""

LOOKS: Final[Mapping[str, str]] = {
    "create": "there",
    "update": "drifted",
    "replace": "drifted",
    "move": "queued",
    "adopt": "queued",
    "delete": "failed",
    "retain": "orphan",
    "blocked": "failed",
    "unchanged": "unknown",
}
"""By fate, the class of a status: there are no colours but theirs."""

_WORDS: Final[Mapping[str, str]] = {
    "create": "create",
    "update": "update",
    "replace": "replace",
    "move": "move",
    "adopt": "adopt",
    "delete": "delete",
    "retain": "leave behind",
    "blocked": "blocked",
    "unchanged": "unchanged",
}

_CAUSES: Final[Mapping[CauseKind, str]] = {
    CauseKind.EDIT: "the template says so",
    CauseKind.PARAMETER: "the parameter {name}",
    CauseKind.REFERENCE: "the resource {name}",
    CauseKind.ATTRIBUTE: "the attribute {name}",
}


class PropertyLine(NamedTuple):
    """One property before and after; `force` says whether it makes a new resource."""

    path: str
    before: Value
    after: Value
    force: str = ""
    causes: str = ""
    remark: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change: `look` is its class, `sign` what says the same without colour."""

    address: str
    type_name: str
    look: str
    sign: str
    word: str
    route: tuple[str, str] | None
    remarks: Sequence[str]
    properties: Sequence[PropertyLine]
    is_whole: bool
    blocked: Sequence[Diagnostic] = ()
    forecast: Forecast | None = None
    foreseen: Sequence[Diagnostic] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """How many changes meet one fate."""

    fate: str
    number: int
    look: str
    words: str


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A page of a change set. `counts` are of all its changes, `lines` those of the page.

    `sources` are, by destination, the regions that copies come from; there where the cloud was asked.
    """

    counts: Sequence[Counted]
    lines: Sequence[ChangeLine]
    page: int
    pages: int
    total: int
    fate: str
    lookahead: Lookahead = NOT_LOOKED
    sources: Mapping[str, str] = field(default_factory=dict)


async def plan_shown(
    visit: Visit,
    change_set: ChangeSet,
    changed_parameters: frozenset[str] = frozenset(),
    lookahead: Lookahead = NOT_LOOKED,
) -> PlanShown:
    """The page of a change set that is asked for: its number, and one fate alone where one is named."""
    t = visit.language
    fate = visit.query.get("fate", "")
    told = [
        one for one in change_set.changes if is_told(one) and (not fate or fate_of(one) == fate)
    ]
    pages = max(1, -(-len(told) // ON_A_PAGE))
    page = min(visit.page_number, pages)
    shown = told[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    causes = await _causes(visit.core, change_set, changed_parameters, shown)
    met = summary_of(change_set)
    counts = [
        Counted(one, number, LOOKS[one], t(words)) for one, words in FATES if (number := met[one])
    ]
    lines = [_line(t, one, change_set.region, causes, lookahead) for one in shown]
    return PlanShown(counts, lines, page, pages, len(told), fate, lookahead, _sources(lookahead))


async def _causes(
    desk: Desk,
    change_set: ChangeSet,
    changed_parameters: frozenset[str],
    shown: Sequence[ResourceChange],
) -> Mapping[tuple[ResourceAddress, str], tuple[Cause, ...]]:
    """Why the properties that are shown change; reading the template may take a while."""
    if not any(one.properties and one.action not in WHOLE for one in shown):
        return {}
    return await desk.asides(
        change_set.template, lambda: causes_of(change_set, changed_parameters, shown)
    )


def _line(
    t: Language,
    change: ResourceChange,
    region: str,
    causes: Mapping[tuple[ResourceAddress, str], tuple[Cause, ...]],
    lookahead: Lookahead,
) -> ChangeLine:
    fate, address = fate_of(change), str(change.address)
    forecast = lookahead.forecasts.get(address)
    is_whole = change.action in WHOLE and not change.blocked
    return ChangeLine(
        address,
        change.type_name,
        LOOKS[fate],
        BLOCKED_SIGN if change.blocked else SIGNS[change.action].replace("-", "−"),
        t(_WORDS[fate]),
        route_of(change, region),
        [t(one) for one in remarks_of(change)],
        [
            _property(t, one, causes.get((change.address, str(one.path[0])), ()), change.action)
            for one in told_properties(change)
        ],
        is_whole,
        change.blocked,
        forecast,
        lookahead.diagnostics.get(address, ()),
    )


def _property(
    t: Language, one: PropertyChange, causes: Sequence[Cause], action: Action
) -> PropertyLine:
    # What is new, or goes, changes as a whole: no property of it has a cause of its own.
    known = [_cause(t, cause) for cause in causes]
    if action in {Action.UPDATE, Action.REPLACE} and not known:
        known = [t(_CAUSES[CauseKind.EDIT])]
    return PropertyLine(
        render_path(one.path),
        one.before,
        one.after,
        t(forcing(one)) if forcing(one) else "",
        ", ".join(known),
        one.remark,
        "" if one.span is None else f"{one.span.line}:{one.span.column}",
    )


def _cause(t: Language, cause: Cause) -> str:
    said = t(_CAUSES[cause.kind], name=cause.name)
    return said if cause.is_certain else f"{said} ({t('if it changes')})"


def _sources(lookahead: Lookahead) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for forecast in lookahead.forecasts.values():
        if forecast.route is not None:
            found[forecast.route[1]].add(forecast.route[0])
    return {destination: ", ".join(sorted(sources)) for destination, sources in found.items()}
