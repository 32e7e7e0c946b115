"""Surveys: what is told of many stacks at once, out of SQL and without any stack decoded."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, func, select

from imageferry.model.operations import Operation, StepProgress
from imageferry.model.stacks import Place, Resource, StackQuery
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Survey
from imageferry.store.bodies import unpack
from imageferry.store.codec import decode_choices, dumps, loads
from imageferry.store.codec_journal import decode_operation, decode_progress
from imageferry.store.journal import IS_OPEN
from imageferry.store.listing import find_page
from imageferry.store.recollections import Recollection, decoded
from imageferry.store.secrets import LazyBox, Vault
from imageferry.store.tables import OPERATIONS, PLACES, PROGRESS, RESOURCES, STACK_BODIES, STACKS

_SOME: Final = 500
"""So many numbers go into one statement."""

_ASKED: Final[BindParameter[str]] = bindparam("asked", expanding=True)
_FIRST: Final = STACKS.c.number * PLACES
_RESOURCES: Final = (
    select(STACKS.c.stack_id, RESOURCES.c.address, RESOURCES.c.body)
    .join(RESOURCES, RESOURCES.c.key.between(_FIRST, _FIRST + (PLACES - 1)))
    .where(STACKS.c.stack_id.in_(_ASKED))
    .order_by(RESOURCES.c.key)
)
_NEWEST: Final = (
    select(func.max(OPERATIONS.c.number))
    .where(OPERATIONS.c.stack_id.in_(_ASKED))
    .group_by(OPERATIONS.c.stack_id)
)
_LAST: Final = select(OPERATIONS).where(OPERATIONS.c.number.in_(_NEWEST))
_PROGRESS: Final = (
    select(OPERATIONS.c.operation_id, PROGRESS.c.written_at, PROGRESS.c.body)
    .join(PROGRESS, PROGRESS.c.operation_number == OPERATIONS.c.number)
    .where(OPERATIONS.c.stack_id.in_(_ASKED), IS_OPEN)
)

_TAGS: Final = b'"tags":'
_NO_TAGS: Final = b'"tags":{}'


def count_stacks(connection: Connection, place: Place) -> dict[tuple[str, StackStatus], int]:
    """How many living stacks there are, by region and status."""
    counted = (
        select(STACKS.c.region, STACKS.c.status, func.count())
        .where(_lives_in(place))
        .group_by(STACKS.c.region, STACKS.c.status)
    )
    return {
        (region, StackStatus(status)): int(number)
        for region, status, number in connection.execute(counted)
    }


def tags_in_use(connection: Connection, place: Place) -> dict[str, set[str]]:
    """Every tag of living stacks, with all values that it has."""
    bodies = (
        select(STACK_BODIES.c.body)
        .join(STACKS, STACK_BODIES.c.stack_number == STACKS.c.number)
        .where(_lives_in(place))
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for packed in connection.execute(bodies).scalars():
        body = unpack(bytes(packed))
        # Most have none: then the word stands there once, and the body need not be read.
        if _NO_TAGS in body and body.count(_TAGS) == 1:
            continue
        for key, value in decode_choices(body).tags.items():
            found[key].add(value)
    return dict(found)


def holder_of(connection: Connection, place: Place, physical_id: str) -> str | None:
    """The id of the newest living stack that has recorded a resource with a physical id."""
    # The database looks for the text, so that only what has it anywhere is read.
    searched = func.instr if connection.dialect.name == "sqlite" else func.strpos
    written = searched(RESOURCES.c.body, f'"physical_id":{dumps(physical_id)}')
    rows = connection.execute(select(RESOURCES.c.key, RESOURCES.c.body).where(written > 0))
    numbers = [key // PLACES for key, body in rows if loads(body)["physical_id"] == physical_id]
    newest: tuple[float, int, str] | None = None
    for first in range(0, len(numbers), _SOME):
        among = STACKS.c.number.in_(numbers[first : first + _SOME])
        columns = select(STACKS.c.created_at, STACKS.c.number, STACKS.c.stack_id)
        for made_at, number, stack_id in connection.execute(columns.where(_lives_in(place), among)):
            one = (float(made_at), int(number), str(stack_id))
            newest = one if newest is None else max(newest, one)
    return None if newest is None else newest[2]


def survey(
    connection: Connection,
    box: LazyBox,
    query: StackQuery,
    offset: int,
    limit: int,
    recollection: Recollection,
) -> Survey:
    """A page of stacks, their resources, their last operations and what is kept of the open ones."""
    stacks, total = find_page(connection, box, query, offset, limit)
    resources: dict[str, dict[str, Resource]] = {one.stack_id: {} for one in stacks}
    operations: dict[str, Operation] = {}
    progress: dict[str, tuple[float, list[StepProgress]]] = {}
    for first in range(0, len(stacks), _SOME):
        asked = {"asked": [one.stack_id for one in stacks[first : first + _SOME]]}
        # The same vault serves all resources of a stack: it opens each secret once.
        readers = {
            stack_id: Vault(connection, box, stack_id).reader() for stack_id in asked["asked"]
        }
        kept = {stack_id: recollection.of(stack_id) for stack_id in readers}
        fresh: dict[str, dict[str, tuple[str, Resource]]] = {one: {} for one in readers}
        for stack_id, address, body in connection.execute(_RESOURCES, asked):
            resources[stack_id][address] = decoded(
                kept[stack_id], fresh[stack_id], readers[stack_id], address, body
            )
        for stack_id, found in fresh.items():
            recollection.keep(stack_id, found)
        for row in connection.execute(_LAST, asked).mappings():
            operations[row["stack_id"]] = decode_operation(row)
        for operation_id, written_at, body in connection.execute(_PROGRESS, asked):
            progress[operation_id] = (written_at, decode_progress(body))
    return Survey(stacks, total, resources, operations, progress)


def _lives_in(place: Place) -> ColumnElement[bool]:
    """An empty region of the place is every region."""
    lives = and_(
        STACKS.c.cloud == place.cloud,
        STACKS.c.account_id == place.account_id,
        STACKS.c.status != StackStatus.DELETED.value,
    )
    return and_(lives, STACKS.c.region == place.region) if place.region else lives
