"""Matrix: stacks and their images against regions, each cell with where that image stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack


class CellStatus(Enum):
    """Where one image stands in one region.

    WAITING: not begun yet. QUEUED: asked for, and waiting for its turn in the cloud. CHANGING: there,
    and being changed in place. MISSING: it should be there, and the cloud has it no longer, or the
    operation ended before it was begun. ORPHAN: it is there, and in nobody's record.
    """

    THERE = "there"
    COPYING = "copying"
    QUEUED = "queued"
    WAITING = "waiting"
    CHANGING = "changing"
    DELETING = "deleting"
    FAILED = "failed"
    MISSING = "missing"
    DRIFTED = "drifted"
    ORPHAN = "orphan"

    @property
    def is_moving(self) -> bool:
        """True where something is under way, or soon will be, without anybody doing more."""
        return self in _MOVING


_MOVING = frozenset(
    {
        CellStatus.COPYING,
        CellStatus.QUEUED,
        CellStatus.WAITING,
        CellStatus.CHANGING,
        CellStatus.DELETING,
    }
)


class LineKind(Enum):
    """What a line of the matrix follows through the regions.

    IMAGE: the copies of one source image. MADE: an image that is no copy. FAMILY: an image family.
    OTHER: a thing of an installed type that says where it goes, and not what it carries.
    """

    IMAGE = "image"
    MADE = "made"
    FAMILY = "family"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One image in one region.

    `address` is its name in the stack, `image_id` its id in the cloud, empty while it has none. `name`
    is what it is to be called there; `source_region` is empty where nothing is carried. `percent` is 0
    to 100, `remaining` an estimate in seconds, `elapsed` the seconds since its step was begun, all None
    where nobody knows. `queue` is the place among those that wait for their turn, from 1, and how many
    they are. `says` is the cloud's word for where it is, `cause` one line on what is wrong, empty where
    nothing is. `changed_at` is in seconds since 1970, 0 for what was never begun. No secret is in it.
    """

    status: CellStatus
    region: str
    stack_id: str
    address: str
    type_name: str
    image_id: str = ""
    name: str = ""
    source_id: str = ""
    source_region: str = ""
    percent: int | None = None
    remaining: float | None = None
    elapsed: float | None = None
    queue: tuple[int, int] | None = None
    says: str = ""
    cause: str = ""
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One image of a stack, or one family, through the regions.

    `label` is what people call it: the name of the source's copies, the family, the address.
    `cells` are by region; a region has several where one image has several copies there.
    """

    kind: LineKind
    label: str
    cells: Mapping[str, tuple[MatrixCell, ...]]
    source_id: str = ""
    source_region: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One stack. `operation` is its last one; `beside` are its things that are no images."""

    stack: Stack
    lines: tuple[MatrixLine, ...]
    beside: tuple[MatrixCell, ...] = ()
    operation: Operation | None = None

    @property
    def cells(self) -> tuple[MatrixCell, ...]:
        """Every image of the stack, line by line, region by region."""
        return tuple(cell for line in self.lines for cells in line.cells.values() for cell in cells)

    @property
    def counts(self) -> Mapping[CellStatus, int]:
        """How many images of the stack stand where; what nothing stands at is left out."""
        return Counter(cell.status for cell in self.cells)

    @property
    def is_open(self) -> bool:
        """True while an operation holds the stack."""
        return self.operation is not None and self.operation.status.is_open


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of stacks against regions, as of a moment (seconds since 1970).

    `regions` are those of the page's cells and orphans, in the order of their names; `total` counts
    the stacks of all pages. `orphans` are those of the last time that somebody has looked for them,
    at `orphans_at`, None where nobody has; those are no stack's.
    """

    rows: tuple[MatrixRow, ...]
    regions: tuple[str, ...]
    total: int
    as_of: float
    orphans: tuple[MatrixCell, ...] = ()
    orphans_at: float | None = None
    counts: Mapping[CellStatus, int] = field(default_factory=dict)
