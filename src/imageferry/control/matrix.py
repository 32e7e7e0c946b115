"""read_matrix(desk, query, …): a page of stacks against regions, as it stands this moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from imageferry.control.cells import Placed, cell_of
from imageferry.control.desk import Desk
from imageferry.control.detections import found_before
from imageferry.control.queries import aged, views_under, with_waiting
from imageferry.control.requests import ResourceView
from imageferry.control.sightings import last_sighting, orphan_cell
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.detections import FoundDrift
from imageferry.model.drift import StackDriftStatus
from imageferry.model.matrix import CellStatus, LineKind, Matrix, MatrixCell, MatrixLine, MatrixRow
from imageferry.model.operations import Operation, StepProgress
from imageferry.model.stacks import Resource, Stack, StackQuery
from imageferry.model.statuses import OperationStatus, ResourceStatus
from imageferry.ports.keeping import Survey

Live: TypeAlias = Callable[[str], Mapping[str, StepProgress] | None]
"""How far the steps of an operation are, by address; None where it is not run in this process."""

_MAKING: Final = frozenset({ChangeKind.CREATE, ChangeKind.UPDATE})
_WITHOUT: Final = (ResourceStatus.DELETED, ResourceStatus.RETAINED)


def not_here(operation_id: str) -> Mapping[str, StepProgress] | None:
    """The Live of a process that runs nothing."""
    return None


async def read_matrix(
    desk: Desk, query: StackQuery, offset: int = 0, limit: int = 25, live: Live = not_here
) -> Matrix:
    """So many stacks of a query after the first `offset`, with where each of their images stands.

    No cloud is asked. `live` tells of operations that are run in this process; of others it counts
    what is kept of them, aged by the time since. The regions are those where something is, comes
    from, or goes to.
    """
    now = desk.clock.now()
    survey = await desk.store.survey(query, offset, limit)
    sighting = await last_sighting(desk)
    rows = await asyncio.gather(*(_row(desk, one, survey, live, now) for one in survey.stacks))
    orphans = () if sighting is None else tuple(map(orphan_cell, sighting.orphans))
    cells = [cell for row in rows for cell in row.cells]
    regions = {cell.region for cell in (*cells, *orphans)}
    regions |= {cell.source_region for cell in cells if cell.source_region}
    return Matrix(
        tuple(rows),
        tuple(sorted(regions)),
        survey.total,
        now,
        orphans,
        None if sighting is None else sighting.seen_at,
        Counter(cell.status for cell in (*cells, *orphans)),
    )


async def read_row(desk: Desk, stack: Stack, live: Live = not_here) -> MatrixRow:
    """The row of one stack, deleted or not."""
    query = StackQuery(stack.place, ids=(stack.stack_id,), with_deleted=True)
    survey = await desk.store.survey(query, 0, 1)
    return await _row(desk, stack, survey, live, desk.clock.now())


async def row_views(
    desk: Desk, stack: Stack, survey: Survey, live: Live, now: float
) -> Sequence[ResourceView]:
    """The resources of a surveyed stack as they stand, those among them that were not begun yet."""
    operation = survey.operations.get(stack.stack_id)
    resources = survey.resources.get(stack.stack_id, {})
    if operation is None:
        return [ResourceView(one) for one in resources.values()]
    if not operation.status.is_open:
        return [ResourceView(one) for one in await _with_missing(desk, operation, resources)]
    written_at, rows = survey.progress.get(operation.operation_id, (0.0, []))
    progress = live(operation.operation_id)
    if progress is None:
        progress = aged(rows, now - written_at)

    async def find(change_set_id: str) -> ChangeSet | None:
        return await desk.plans.find(desk.store, change_set_id)

    return await views_under(desk.store, find, operation, resources, progress, now)


async def _row(desk: Desk, stack: Stack, survey: Survey, live: Live, now: float) -> MatrixRow:
    operation = survey.operations.get(stack.stack_id)
    drifts: Mapping[str, FoundDrift] = {}
    has_drifted = stack.drift is not None and stack.drift.status is StackDriftStatus.DRIFTED
    if has_drifted and desk.documents is not None:
        drifts = {one.logical_id: one for one in await found_before(desk, stack.stack_id)}
    is_open = operation is not None and operation.status.is_open
    placed = [
        cell_of(stack, view, desk.catalog, drifts.get(str(view.resource.address)), is_open=is_open)
        for view in await row_views(desk, stack, survey, live, now)
        if view.resource.status not in _WITHOUT
    ]
    beside = tuple(one.cell for one in placed if one.kind is None)
    return MatrixRow(stack, tuple(_lines(placed)), beside, operation)


def _lines(placed: Iterable[Placed]) -> Iterable[MatrixLine]:
    """The lines of a stack, in the order in which its resources were recorded."""
    lines: dict[tuple[LineKind, tuple[str, ...]], list[MatrixCell]] = {}
    for cell, kind, key in placed:
        if kind is not None:
            lines.setdefault((kind, key), []).append(cell)
    for (kind, key), cells in lines.items():
        by_region: dict[str, list[MatrixCell]] = {}
        for cell in cells:
            by_region.setdefault(cell.region, []).append(cell)
        first = cells[0]
        yield MatrixLine(
            kind,
            _label(kind, key, cells),
            {region: tuple(here) for region, here in by_region.items()},
            first.source_id,
            first.source_region,
        )


def _label(kind: LineKind, key: tuple[str, ...], cells: Sequence[MatrixCell]) -> str:
    names = {cell.name for cell in cells}
    if kind is not LineKind.OTHER and len(names) == 1 and (only := names.pop()):
        return only
    return key[-1]


async def _with_missing(
    desk: Desk, operation: Operation, resources: Mapping[str, Resource]
) -> Iterable[Resource]:
    """What is recorded, and what an operation that failed was to make and never began."""
    if operation.status is not OperationStatus.FAILED or operation.kind not in _MAKING:
        return resources.values()
    change_set = await desk.plans.find(desk.store, operation.change_set_id)
    if change_set is None:
        return resources.values()
    return with_waiting(resources, change_set).values()


def troubles(cells: Iterable[MatrixCell]) -> list[MatrixCell]:
    """The cells that somebody should look at, the worst first."""
    order = (CellStatus.FAILED, CellStatus.MISSING, CellStatus.DRIFTED, CellStatus.ORPHAN)
    found = [cell for cell in cells if cell.status in order]
    return sorted(found, key=lambda cell: order.index(cell.status))
