"""home: every image in every region, what is on its way, what went wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from imageferry.console.cells import (
    ShownCell,
    cell_words,
    region_names,
    shown,
)
from imageferry.console.languages import Language
from imageferry.console.statuses import look_of, sign_of, word_of
from imageferry.console.views.matrix_maps import matrix_map
from imageferry.console.visits import PREFIX, Visit, stack_path
from imageferry.control.matrix import read_matrix, troubles
from imageferry.model.command_lines import CommandLine, command_line
from imageferry.model.matrix import CellStatus, LineKind, Matrix, MatrixCell, MatrixRow
from imageferry.model.stacks import Place, Stack, StackQuery
from imageferry.model.statuses import WAYS, StackStatus, Verb

ON_A_PAGE: Final = 25
_MOST_TOLD: Final = 8
_MOST_REVIEWS: Final = 3
_LONGEST_SEARCH: Final = 200

GROUPS: Final[Mapping[str, tuple[StackStatus, ...]]] = {
    "moving": tuple(one for one in StackStatus if not one.is_final),
    "failed": tuple(one for one in StackStatus if look_of(one) == "failed"),
    "there": tuple(one for one in StackStatus if look_of(one) == "there"),
    "undone": tuple(one for one in StackStatus if one.is_restored),
    "reviewing": (StackStatus.REVIEWING,),
}
"""Which statuses of stacks a filter means, by its name in the query."""

_LOOKS: Final[Mapping[str, str]] = {
    "moving": "copying", "failed": "failed", "there": "there", "undone": "cancelled",
    "reviewing": "waiting",
}  # fmt: skip


_WANTS_A_LOOK: Final = frozenset({"failed", "missing", "drifted"})


class Total(NamedTuple):
    """How many stacks there are of a group; `name` is empty for all of them."""

    name: str
    number: int
    word: str
    look: str
    sign: str
    is_chosen: bool


class ShownLine(NamedTuple):
    """A line of the table; `cells` has one entry a column, each what is in that region."""

    label: str
    hint: str
    cells: tuple[tuple[str, tuple[ShownCell, ...]], ...]


class ShownRow(NamedTuple):
    """A stack in the table: its head and its lines. `retry` is where it is tried again, or empty."""

    stack: Stack
    look: str
    word: str
    href: str
    lines: tuple[ShownLine, ...]
    beside: int
    retry: str


class _Choice(NamedTuple):
    """What of the matrix is asked for."""

    search: str
    group: str
    region: str
    to: str

    @property
    def narrows(self) -> bool:
        return any(self)


async def home(visit: Visit) -> Mapping[str, object] | Response:
    """The matrix of a page of stacks, with its map and what is to be looked at."""
    t, desk = visit.language, visit.core
    asked = _choice(visit)
    query = StackQuery(
        replace(desk.place, region=asked.region),
        statuses=GROUPS.get(asked.group, ()),
        search=asked.search,
        open_first=True,
    )
    counts = await desk.store.count_stacks(desk.place)
    page = visit.page_number
    matrix = await read_matrix(desk, query, (page - 1) * ON_A_PAGE, ON_A_PAGE, visit.desk.live)
    pages = -(-matrix.total // ON_A_PAGE)
    if page > max(pages, 1):
        # Stacks that were counted when the link was made are gone.
        kept = [(name, value) for name, value in visit.query.multi_items() if name != "page"]
        return RedirectResponse(f"{PREFIX}/?{urlencode([*kept, ('page', str(max(pages, 1)))])}")
    words, names = cell_words(t), region_names(desk.regions, t)
    columns = _columns(matrix, asked.to, with_orphans=page == 1)
    rows = [_shown_row(visit, row, columns, words) for row in matrix.rows]
    return {
        "title": t("Images"),
        "section": "home",
        "asked": asked,
        "is_new": not counts and not asked.narrows,
        "first_steps": _first_steps(desk.place),
        "totals": _totals(t, counts, asked),
        "tally": _tally(matrix, words),
        "map": matrix_map(matrix, t, words, names),
        "needs": await _needs(visit, matrix, words, counts),
        "moving": _moving(matrix, t, words),
        "columns": [(region, names.get(region, "")) for region in columns],
        "rows": rows,
        "orphans": _orphans(matrix, t, words, columns) if page == 1 else (),
        "orphans_at": matrix.orphans_at,
        "total": matrix.total,
        "page": page,
        "pages": pages,
        "homes": sorted({region for region, _ in counts} | ({asked.region} - {""})),
        "regions": sorted({*matrix.regions, *names} | ({asked.to} - {""})),
        "names": names,
    }


def _choice(visit: Visit) -> _Choice:
    def said(name: str) -> str:
        return visit.query.get(name, "").strip()[:_LONGEST_SEARCH]

    group = said("status")
    return _Choice(said("q"), group if group in GROUPS else "", said("region"), said("to"))


# --- totals ---------------------------------------------------------------------------------------


def _totals(
    t: Language, counts: Mapping[tuple[str, StackStatus], int], asked: _Choice
) -> list[Total]:
    """How many stacks are how, of the region that is asked for; each leads to just those."""
    by_status: dict[StackStatus, int] = {}
    for (region, status), number in counts.items():
        if asked.region in {"", region}:
            by_status[status] = by_status.get(status, 0) + number
    words = {
        "moving": t("under way"),
        "failed": t("failed"),
        "there": t("as they should be"),
        "undone": t("rolled back"),
        "reviewing": t("to be reviewed"),
    }
    every = sum(by_status.values())
    found = [Total("", every, t("stack") if every == 1 else t("stacks"), "", "", not asked.group)]
    for name, statuses in GROUPS.items():
        number = sum(by_status.get(status, 0) for status in statuses)
        look = _LOOKS[name]
        found.append(Total(name, number, words[name], look, sign_of(look), name == asked.group))
    return found


def _tally(matrix: Matrix, words: Mapping[CellStatus, str]) -> list[tuple[str, str, str, int]]:
    """How many images of this page stand where: look, sign, word and number."""
    return [
        (look_of(status), sign_of(look_of(status)), words[status], matrix.counts[status])
        for status in CellStatus
        if matrix.counts.get(status)
    ]


# --- the table ------------------------------------------------------------------------------------


def _columns(matrix: Matrix, only: str, *, with_orphans: bool) -> list[str]:
    if only:
        return [only]
    orphans = matrix.orphans if with_orphans else ()
    return sorted({cell.region for row in matrix.rows for cell in row.cells} | {
        cell.region for cell in orphans
    })  # fmt: skip


def _shown_row(
    visit: Visit, row: MatrixRow, columns: list[str], words: Mapping[CellStatus, str]
) -> ShownRow:
    stack, t = row.stack, visit.language
    lines = tuple(
        ShownLine(line.label, _hint(t, line.kind, line.source_id, line.source_region), tuple(
            (region, _worst_first(tuple(
                shown(cell, t, words) for cell in line.cells.get(region, ())
            )))
            for region in columns
        ))
        for line in row.lines
    )  # fmt: skip
    has_failed = look_of(stack.status) == "failed" and Verb.RETRY in WAYS[stack.status]
    return ShownRow(
        stack,
        look_of(stack.status),
        word_of(stack.status, stack.dialect),
        stack_path(stack.stack_id),
        lines,
        len(row.beside),
        stack_path(stack.stack_id, "retry") if has_failed and visit.may_write else "",
    )


def _worst_first(cells: tuple[ShownCell, ...]) -> tuple[ShownCell, ...]:
    """The cells of one place; what wants a look is not folded away where there are many."""
    return tuple(sorted(cells, key=lambda one: one.look not in _WANTS_A_LOOK))


def _hint(t: Language, kind: LineKind, source_id: str, source_region: str) -> str:
    match kind:
        case LineKind.IMAGE:
            if not source_region:
                return t("copies of {image}", image=source_id or "…")
            return t("copies of {image} in {region}", image=source_id or "…", region=source_region)
        case LineKind.MADE:
            return t("image made here")
        case LineKind.FAMILY:
            return t("image family")
        case LineKind.OTHER:
            return t("another resource")


def _orphans(
    matrix: Matrix, t: Language, words: Mapping[CellStatus, str], columns: list[str]
) -> list[tuple[str, tuple[ShownCell, ...]]]:
    """The orphans by column: what the first of each is, and how many there are."""
    by_region: dict[str, list[MatrixCell]] = {}
    for cell in matrix.orphans:
        by_region.setdefault(cell.region, []).append(cell)
    found = []
    for region in columns:
        cells = by_region.get(region, [])
        told = tuple(
            shown(cell, t, words)._replace(
                word=t.count(len(cells), "orphan", "orphans"), note=cell.image_id, is_id=True
            )
            for cell in cells[:1]
        )
        found.append((region, told))
    return found if by_region.keys() & set(columns) else []


# --- what is to be looked at ----------------------------------------------------------------------


class News(NamedTuple):
    """A line of a list beside the map."""

    cell: ShownCell
    name: str
    region: str


async def _needs(
    visit: Visit,
    matrix: Matrix,
    words: Mapping[CellStatus, str],
    counts: Mapping[tuple[str, StackStatus], int],
) -> Mapping[str, object]:
    """What waits for somebody: what went wrong here and on other pages, and what is to be reviewed."""
    names = {row.stack.stack_id: row.stack.name for row in matrix.rows}
    found = troubles(cell for row in matrix.rows for cell in row.cells)
    here = [
        News(shown(cell, visit.language, words), names[cell.stack_id], cell.region)
        for cell in found[:_MOST_TOLD]
    ]
    told = {cell.stack_id for cell in found}
    elsewhere: list[tuple[Stack, str, str]] = []
    for group in ("failed", "undone"):
        # What was rolled back has no image left that could say so.
        if len(here) + len(elsewhere) < _MOST_TOLD:
            wrong, _ = await _of_group(visit, counts, group, _MOST_TOLD)
            elsewhere += [
                (one, look_of(one.status), word_of(one.status, one.dialect))
                for one in wrong
                if one.stack_id not in told
            ][: _MOST_TOLD - len(here) - len(elsewhere)]
    reviews, total = await _of_group(visit, counts, "reviewing", _MOST_REVIEWS)
    return {
        "here": here,
        "more": len(found) - len(here),
        "elsewhere": elsewhere,
        "reviews": {"here": reviews, "more": total - len(reviews)},
        "orphans": len(matrix.orphans),
    }


async def _of_group(
    visit: Visit, counts: Mapping[tuple[str, StackStatus], int], group: str, most: int
) -> tuple[Sequence[Stack], int]:
    """The newest stacks of a group, and how many there are; nothing is read where there are none."""
    if not any(number for (_, status), number in counts.items() if status in GROUPS[group]):
        return (), 0
    query = StackQuery(visit.core.place, statuses=GROUPS[group])
    return await visit.core.store.find_page(query, 0, most)


def _moving(matrix: Matrix, t: Language, words: Mapping[CellStatus, str]) -> Mapping[str, object]:
    """What is on its way, what arrives first at the top."""

    def arrival(cell: MatrixCell) -> tuple[bool, float, int]:
        return cell.remaining is None, cell.remaining or 0.0, -(cell.percent or 0)

    names = {row.stack.stack_id: row.stack.name for row in matrix.rows}
    under_way = {CellStatus.COPYING, CellStatus.QUEUED, CellStatus.CHANGING}
    found = sorted(
        (cell for row in matrix.rows for cell in row.cells if cell.status in under_way),
        key=arrival,
    )
    told = [News(shown(cell, t, words), names[cell.stack_id], cell.region) for cell in found]
    return {"here": told[:_MOST_TOLD], "more": max(0, len(told) - _MOST_TOLD)}


# --- nothing yet ----------------------------------------------------------------------------------

SOURCE: Final = "m-golden0000000000001"
SOURCE_REGION: Final = "cn-hangzhou"
"""The image that the emulator has from the beginning, for who has no other to try with."""


def _first_steps(place: Place) -> list[CommandLine]:
    return list(_steps(place.cloud == "emulator"))


def _steps(has_source: bool) -> Iterator[CommandLine]:
    source = SOURCE if has_source else "IMAGE_ID"
    yield command_line(
        "deploy", {"stack": "golden", "region": SOURCE_REGION}, "examples/fan-out.ros.yml"
    )
    yield command_line(
        "distribute", {"from": SOURCE_REGION, "to": ["cn-shanghai", "ap-southeast-1"]}, source
    )
