"""The events of a stack: newest first, live, filtered, and as a file of JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response, StreamingResponse

from imageferry.console.statuses import look_of, word_of
from imageferry.console.views.frames import frame
from imageferry.console.views.standings import look_at, regions_by_address
from imageferry.console.visits import Visit
from imageferry.control.aftermath import find_aftermath
from imageferry.model.command_lines import stack_line
from imageferry.model.events import Event
from imageferry.model.stacks import Stack

_ON_A_PAGE: Final = 50
_BATCH: Final = 500
_MOST_READ: Final = 2_500
"""So many events are looked through for one page; a filter that few pass goes on with the next one."""

_ENDINGS: Final[Mapping[str, str]] = {
    "failed": "FAILED",
    "complete": "COMPLETE",
    "running": "IN_PROGRESS",
}
"""What the words of a status end in, by the choice in the query."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the history."""

    event: Event
    look: str
    word: str
    region: str


@dataclass(frozen=True, slots=True)
class _Sieve:
    """Which events are asked for; what is empty lets all pass."""

    resource: str
    region: str
    ending: str
    text: str
    dialect: str
    regions: Mapping[str, str]

    def passes(self, event: Event) -> bool:
        address = event.address
        logical_id = address.partition("[")[0]
        if self.resource and self.resource not in {address, logical_id}:
            return False
        if self.region and self.regions.get(address) != self.region:
            return False
        if self.ending and not word_of(event.status, self.dialect).endswith(self.ending):
            return False
        if not self.text:
            return True
        told = (address, event.reason, event.physical_id or "", event.type_name)
        return any(self.text in one.casefold() for one in told)

    @property
    def is_open(self) -> bool:
        """True where everything passes."""
        return not (self.resource or self.region or self.ending or self.text)


async def events(visit: Visit) -> Mapping[str, object] | Response:
    """The values of the page, or the whole history as a file."""
    stack = await visit.stack()
    standing = await look_at(visit, stack)
    regions = regions_by_address(visit, stack, standing.views)
    sieve = _sieve_of(visit, stack, regions)
    form = visit.query.get("format", "")
    if form in _FORMS:
        return _file(visit, stack, sieve, form)
    found, older = await _page(visit, stack, sieve)
    aftermath = await find_aftermath(visit.core, standing.operation)
    return {
        **await frame(visit, "events", stack),
        "rows": [
            EventRow(
                one,
                look_of(one.status),
                word_of(one.status, stack.dialect),
                regions.get(one.address, "" if one.address else stack.place.region),
            )
            for one in found
        ],
        "known": regions,
        "older": older,
        "before": _before(visit),
        "cause": aftermath.cause,
        "resources": sorted({address.partition("[")[0] for address in regions}),
        "regions": sorted(set(regions.values())),
        "chosen": {
            "resource": sieve.resource,
            "region": sieve.region,
            "status": visit.query.get("status", "") if sieve.ending else "",
            "search": visit.query.get("search", "").strip()[:200],
        },
        "is_narrowed": not sieve.is_open,
        "commands": [stack_line("events", stack, resource=sieve.resource)],
    }


def _sieve_of(visit: Visit, stack: Stack, regions: Mapping[str, str]) -> _Sieve:
    asked = visit.query
    return _Sieve(
        asked.get("resource", "").strip()[:300],
        asked.get("region", "").strip()[:64],
        _ENDINGS.get(asked.get("status", ""), ""),
        asked.get("search", "").strip()[:200].casefold(),
        stack.dialect,
        regions,
    )


def _before(visit: Visit) -> int | None:
    asked = visit.query.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None


async def _page(visit: Visit, stack: Stack, sieve: _Sieve) -> tuple[list[Event], int | None]:
    """So many events that pass, newest first; with where older ones begin, None where none are."""
    store, before, found, read = visit.core.store, _before(visit), list[Event](), 0
    limit = _ON_A_PAGE + 1 if sieve.is_open else _BATCH
    while read < _MOST_READ:
        batch = await store.events_before(stack.stack_id, before, limit)
        read += len(batch)
        for event in batch:
            if sieve.passes(event):
                if len(found) == _ON_A_PAGE:
                    return found, found[-1].sequence
                found.append(event)
        if len(batch) < limit:
            return found, None
        before = batch[-1].sequence
    return found, before


# --- files ----------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "sequence",
    "time",
    "resource",
    "type",
    "status",
    "region",
    "physical_id",
    "reason",
    "operation_id",
)


def _row(event: Event, sieve: _Sieve) -> dict[str, str | int]:
    at = datetime.fromtimestamp(event.time, UTC).isoformat(timespec="milliseconds")
    return {
        "sequence": event.sequence,
        "time": at.replace("+00:00", "Z"),
        "resource": event.address,
        "type": event.type_name,
        "status": word_of(event.status, sieve.dialect),
        "region": sieve.regions.get(event.address, ""),
        "physical_id": event.physical_id or "",
        "reason": event.reason,
        "operation_id": event.operation_id,
    }


def _as_json_lines(rows: list[dict[str, str | int]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: list[dict[str, str | int]]) -> str:
    """Rows as lines of CSV, in which no cell is a formula."""
    page = io.StringIO()
    csv.writer(page).writerows([_harmless(row[name]) for name in _COLUMNS] for row in rows)
    return page.getvalue()


def _harmless(cell: str | int) -> str | int:
    """A cell that no spreadsheet reckons: what begins as a formula does begins with a quote."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


_FORMS: Final[Mapping[str, tuple[str, str, Callable[[list[dict[str, str | int]]], str]]]] = {
    "jsonl": ("application/x-ndjson; charset=utf-8", "", _as_json_lines),
    # Without the mark at its start, spreadsheets read it in the letters of their system.
    "csv": ("text/csv; charset=utf-8", "\ufeff" + ",".join(_COLUMNS) + "\r\n", as_csv),
}


def _file(visit: Visit, stack: Stack, sieve: _Sieve, form: str) -> Response:
    """The events that pass as a file, oldest first, read as it is sent."""
    kind, head, written = _FORMS[form]

    async def lines() -> AsyncIterator[bytes]:
        yield head.encode()
        after = 0
        while batch := await visit.plane.events(stack.stack_id, after, _BATCH):
            after = batch[-1].sequence
            yield written([_row(one, sieve) for one in batch if sieve.passes(one)]).encode(
                "utf-8", "replace"
            )

    name = f"{stack.name}-events.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), media_type=kind, headers=headers)
