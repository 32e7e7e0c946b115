"""The list of stacks: searched, filtered by status, region and language, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from imageferry.console.statuses import look_of, word_of
from imageferry.console.views.standings import Tally, standing_in, tally_of
from imageferry.console.visits import Visit
from imageferry.model.command_lines import CommandLine, OptionValue, command_line
from imageferry.model.drift import STACK_DRIFT_WORDS, StackDriftStatus
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import StackStatus

_ON_A_PAGE: Final = 50
_LONGEST_SEARCH: Final = 255

GROUPS: Final[Mapping[str, tuple[StackStatus, ...]]] = MappingProxyType(
    {
        "there": (StackStatus.CREATED, StackStatus.UPDATED),
        "running": (
            StackStatus.CREATING,
            StackStatus.UPDATING,
            StackStatus.DELETING,
            StackStatus.CREATE_ROLLING_BACK,
            StackStatus.UPDATE_ROLLING_BACK,
        ),
        "failed": (
            StackStatus.CREATE_FAILED,
            StackStatus.UPDATE_FAILED,
            StackStatus.DELETE_FAILED,
            StackStatus.CREATE_ROLLBACK_FAILED,
            StackStatus.UPDATE_ROLLBACK_FAILED,
        ),
        "rolled-back": (StackStatus.CREATE_ROLLED_BACK, StackStatus.UPDATE_ROLLED_BACK),
        "review": (StackStatus.REVIEWING,),
        "deleted": (StackStatus.DELETED,),
    }
)
"""Statuses in the groups that people ask for, by the word in the query."""

DIALECTS: Final[Mapping[str, str]] = MappingProxyType(
    {"ros": "ROS", "cloudformation": "CloudFormation"}
)

_DRIFT_LOOKS: Final[Mapping[StackDriftStatus, str]] = MappingProxyType(
    {
        StackDriftStatus.IN_SYNC: "there",
        StackDriftStatus.DRIFTED: "drifted",
        StackDriftStatus.NOT_CHECKED: "unknown",
        StackDriftStatus.UNKNOWN: "unknown",
    }
)


@dataclass(frozen=True, slots=True)
class StackRow:
    """One line of the list."""

    stack: Stack
    look: str
    word: str
    dialect: str
    tally: Tally
    drift: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class StatusChip:
    """One choice of the status: its word in the query, its label and sign, and how many have it.

    `count` is None where nobody has counted: something else narrows the list as well.
    """

    name: str
    label: str
    look: str
    count: int | None
    is_chosen: bool


async def stacks(visit: Visit) -> Mapping[str, object]:
    """The values of the page; the newest stack comes first."""
    store = visit.core.store
    query = _query_of(visit)
    counts = await store.count_stacks(visit.plane.place)
    survey = await store.survey(query, (visit.page_number - 1) * _ON_A_PAGE, _ON_A_PAGE)
    rows = []
    for stack in survey.stacks:
        tally = tally_of(await standing_in(visit, stack, survey))
        look, word = look_of(stack.status), word_of(stack.status, stack.dialect)
        rows.append(StackRow(stack, look, word, DIALECTS[stack.dialect], tally, drift_of(stack)))
    region = query.place.region
    regions = sorted({name for name, _ in counts} | ({region} if region else set()))
    return {
        "title": visit.language("Stacks"),
        "section": "stacks",
        "rows": rows,
        "total": survey.total,
        "pages": -(-survey.total // _ON_A_PAGE),
        "chips": await _chips(visit, query, counts),
        "regions": regions,
        "region": region,
        "dialects": DIALECTS,
        "dialect": query.dialect,
        "search": query.search,
        "chosen": _chosen_group(visit),
        "is_narrowed": bool(query.search or query.statuses or region or query.dialect),
        "commands": [_line_of(visit, query)],
    }


def drift_of(stack: Stack) -> tuple[str, str] | None:
    """The look and the word of what the last comparison has found; None where nobody compared."""
    mark = stack.drift
    if mark is None:
        return None
    return _DRIFT_LOOKS[mark.status], STACK_DRIFT_WORDS[stack.dialect][mark.status]


def _query_of(visit: Visit) -> StackQuery:
    """What the query asks for; words that mean nothing narrow nothing."""
    asked = visit.query
    dialect = asked.get("language", "")
    return StackQuery(
        replace(visit.plane.place, region=asked.get("region", "").strip()[:64]),
        statuses=GROUPS.get(_chosen_group(visit), ()),
        search=asked.get("search", "").strip()[:_LONGEST_SEARCH],
        dialect=dialect if dialect in DIALECTS else "",
    )


def _chosen_group(visit: Visit) -> str:
    asked = visit.query.get("status", "")
    return asked if asked in GROUPS else ""


async def _chips(
    visit: Visit, query: StackQuery, counts: Mapping[tuple[str, StackStatus], int]
) -> list[StatusChip]:
    t = visit.language
    labels = {
        "there": t("there"),
        "running": t("running"),
        "failed": t("failed"),
        "rolled-back": t("rolled back"),
        "review": t("under review"),
        "deleted": t("deleted"),
    }
    region, chosen = query.place.region, _chosen_group(visit)
    is_counted = not (query.search or query.dialect)
    living = {
        status: sum(n for (where, one), n in counts.items() if one is status and where == region)
        if region
        else sum(n for (_, one), n in counts.items() if one is status)
        for status in StackStatus
    }
    gone = replace(query, statuses=GROUPS["deleted"])
    if is_counted:
        _, living[StackStatus.DELETED] = await visit.core.store.find_page(gone, 0, 0)
    alive = sum(living[status] for status in StackStatus if status is not StackStatus.DELETED)
    return [
        StatusChip("", t("all"), "", alive if is_counted else None, not chosen),
        *(
            StatusChip(
                name,
                labels[name],
                "waiting" if name == "review" else look_of(statuses[0]),
                sum(living[status] for status in statuses) if is_counted else None,
                name == chosen,
            )
            for name, statuses in GROUPS.items()
        ),
    ]


def _line_of(visit: Visit, query: StackQuery) -> CommandLine:
    cloud = visit.plane.place.cloud
    options: dict[str, OptionValue] = {
        "deleted": StackStatus.DELETED in query.statuses,
        "region": query.place.region,
        "cloud": None if cloud == "emulator" else cloud,
    }
    return command_line("list", options)
