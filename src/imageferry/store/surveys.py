"""Surveys: what is told of many stacks at once, out of SQL and without any stack decoded."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from imageferry.model.stacks import Place
from imageferry.model.statuses import StackStatus
from imageferry.store.bodies import unpack
from imageferry.store.codec import decode_choices, dumps, loads
from imageferry.store.tables import PLACES, RESOURCES, STACK_BODIES, STACKS

_SOME: Final = 500
"""So many numbers go into one statement."""

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


def _lives_in(place: Place) -> ColumnElement[bool]:
    """An empty region of the place is every region."""
    lives = and_(
        STACKS.c.cloud == place.cloud,
        STACKS.c.account_id == place.account_id,
        STACKS.c.status != StackStatus.DELETED.value,
    )
    return and_(lives, STACKS.c.region == place.region) if place.region else lives
