"""Roster: the parts of one stack that a deed is about, each with its region, image and cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from imageferry.console.visits import Visit
from imageferry.control.matrix import read_row
from imageferry.model.matrix import CellStatus, MatrixCell
from imageferry.model.stacks import Stack

MOST_SHOWN = 200
"""So many parts are listed; more are named in a field."""


class Roster(NamedTuple):
    """The parts that are listed, how many there are, and in how many regions."""

    cells: tuple[MatrixCell, ...]
    total: int
    images: int
    regions: tuple[str, ...]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.total - len(self.cells)


async def roster_of(
    visit: Visit, stack: Stack, wanted: Callable[[MatrixCell], bool] = lambda cell: True
) -> Roster:
    """The parts of a stack that are wanted, those with images and those without."""
    row = await read_row(visit.core, stack, visit.desk.live)
    cells = [cell for cell in (*row.cells, *row.beside) if wanted(cell)]
    return Roster(
        tuple(cells[:MOST_SHOWN]),
        len(cells),
        sum(1 for cell in cells if cell.image_id),
        tuple(sorted({cell.region for cell in cells if cell.region})),
    )


def is_unfinished(cell: MatrixCell) -> bool:
    """Whether something is still to be made there."""
    return cell.status in {CellStatus.FAILED, CellStatus.MISSING, CellStatus.WAITING}


def chosen_parts(visit: Visit, name: str, more: str) -> tuple[str, ...]:
    """The parts that were ticked, and those that were named in the field beside."""
    typed = visit.form.text(more).replace(",", "\n").splitlines()
    return tuple(dict.fromkeys(filter(None, (*visit.form.all(name), *map(str.strip, typed)))))


def preselected(visit: Visit, names: Sequence[str] = ()) -> frozenset[str]:
    """What is ticked already: of the form where one was sent, else what the path asks for."""
    return frozenset(names or visit.query.getlist("part"))
