"""Upkeep of a database: what nobody needs any more is removed, and the room it took given back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    exists,
    func,
    not_,
    select,
)

from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.upkeep import PASSING_DOCUMENTS, Pruned
from imageferry.store import journal
from imageferry.store.bodies import unpack
from imageferry.store.codec import loads
from imageferry.store.databases import Database, transaction
from imageferry.store.secrets import erase_all_but, erase_without_stack
from imageferry.store.tables import (
    AUDIT,
    CHANGE_SETS,
    DOCUMENTS,
    EVENTS,
    JOURNAL,
    OPERATIONS,
    RESOURCES,
    SECRETS,
    STACK_BODIES,
    STACKS,
    first_key,
    last_key,
)

_OPEN: Final = tuple(status.value for status in OperationStatus if status.is_open)
_MANY: Final = 500
"""How many ids one statement names: every database has a limit for that."""


_MARKS_COUNT: Final = 86_400.0
"""Seconds for which no record of the audit goes; no signed request counts as long as that."""


class _OnlyLooking(Exception):
    """Ends the transaction of a pruning that was only to be tried."""


def prune(
    database: Database, before: float, *, events: bool = False, only_look: bool = False
) -> Pruned:
    """Remove what ended before a moment (seconds since 1970), in one transaction.

    Nothing that a stack, an open operation or a retry needs goes: of a living stack everything of
    its last operation stays, and of earlier ones their rows; of the audit its last day. `events`: the history of those
    earlier operations goes too; the numbers of the rest stay as they are. `only_look` changes
    nothing. Raises StoreError.
    """
    pruned = Pruned()
    try:
        with transaction(database, writes=True) as connection:
            pruned = _prune(connection, before, events=events)
            if only_look:
                raise _OnlyLooking
    except _OnlyLooking:
        return pruned
    return pruned


def give_back_room(database: Database) -> None:
    """Let the database's file shrink to what it holds, where the database has a file of ours."""
    if database.connection.dialect.name != "sqlite":
        # The server does so by itself.
        return
    driver: Any = database.connection.connection.driver_connection
    driver.execute("VACUUM")
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _prune(connection: Connection, before: float, *, events: bool) -> Pruned:
    stacks = _deleted_stacks(connection, before)
    gone = [stack_id for _, stack_id in stacks]
    operations = _operations_of(connection, gone)
    ended = _ended_operations(connection, before, gone)
    _clear_journals(connection, [*operations, *(number for number, _, _ in ended)])
    removed_events = _clear_events_of_stacks(connection, [number for number, _ in stacks])
    if events:
        removed_events += _clear_events_of(connection, [number for number, _, _ in ended])
    change_sets = _clear_change_sets(connection, before, gone)
    documents = _clear_documents(connection, before, gone)
    audit = _clear_audit(connection, before)
    _clear_stacks(connection, stacks)
    return Pruned(
        stacks=len(stacks),
        operations=len(operations),
        journals=len(ended),
        change_sets=change_sets,
        events=removed_events,
        documents=documents,
        audit=audit,
    )


def _deleted_stacks(connection: Connection, before: float) -> list[tuple[int, str]]:
    """Number and id of stacks that were deleted before, with nothing open on them."""
    is_open = exists().where(
        OPERATIONS.c.stack_id == STACKS.c.stack_id, OPERATIONS.c.status.in_(_OPEN)
    )
    query = select(STACKS.c.number, STACKS.c.stack_id).where(
        STACKS.c.status == StackStatus.DELETED.value, STACKS.c.updated_at < before, not_(is_open)
    )
    return [(row.number, row.stack_id) for row in connection.execute(query)]


def _operations_of(connection: Connection, stack_ids: Sequence[str]) -> list[int]:
    found: list[int] = []
    for some in _in_parts(stack_ids):
        query = select(OPERATIONS.c.number).where(OPERATIONS.c.stack_id.in_(some))
        found += connection.execute(query).scalars()
    return found


def _ended_operations(
    connection: Connection, before: float, gone: Sequence[str]
) -> list[tuple[int, str, str]]:
    """Number, stack id and change set id of operations that ended before and have a successor,
    on living stacks, and whose journal is still there.
    """
    later = OPERATIONS.alias("later")
    has_successor = exists().where(
        later.c.stack_id == OPERATIONS.c.stack_id, later.c.number > OPERATIONS.c.number
    )
    query = select(OPERATIONS.c.number, OPERATIONS.c.stack_id, OPERATIONS.c.change_set_id).where(
        OPERATIONS.c.status.not_in(_OPEN), OPERATIONS.c.ended_at < before, has_successor
    )
    found = [(row.number, row.stack_id, row.change_set_id) for row in connection.execute(query)]
    left_out = set(gone)
    return [one for one in found if one[1] not in left_out and _has_journal(connection, one[0])]


def _has_journal(connection: Connection, number: int) -> bool:
    query = select(JOURNAL.c.key).where(_between(JOURNAL.c.key, number)).limit(1)
    return connection.execute(query).first() is not None


def _clear_journals(connection: Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        connection.execute(delete(JOURNAL).where(_between(JOURNAL.c.key, number)))


def _clear_events_of_stacks(connection: Connection, numbers: Iterable[int]) -> int:
    removed = 0
    for number in numbers:
        of_stack = _between(EVENTS.c.key, number)
        counted = select(func.coalesce(func.sum(EVENTS.c.count), 0)).where(of_stack)
        removed += int(connection.execute(counted).scalar_one())
        connection.execute(delete(EVENTS).where(of_stack))
    return removed


def _clear_events_of(connection: Connection, numbers: Sequence[int]) -> int:
    removed = 0
    for some in _in_parts(numbers):
        of_operations = EVENTS.c.operation_number.in_(some)
        counted = select(func.coalesce(func.sum(EVENTS.c.count), 0)).where(of_operations)
        removed += int(connection.execute(counted).scalar_one())
        connection.execute(delete(EVENTS).where(of_operations))
    return removed


def _clear_change_sets(connection: Connection, before: float, gone: Sequence[str]) -> int:
    """Those of stacks that go, and old ones that no last operation and none that ended lately
    was made from.
    """
    later = OPERATIONS.alias("later")
    is_needed = exists().where(
        (OPERATIONS.c.change_set_id == CHANGE_SETS.c.change_set_id)
        | (OPERATIONS.c.rollback_id == CHANGE_SETS.c.change_set_id),
        (OPERATIONS.c.ended_at >= before)
        | OPERATIONS.c.status.in_(_OPEN)
        | not_(
            exists().where(
                later.c.stack_id == OPERATIONS.c.stack_id, later.c.number > OPERATIONS.c.number
            )
        ),
    )
    old = select(CHANGE_SETS.c.number, CHANGE_SETS.c.stack_id).where(
        CHANGE_SETS.c.created_at < before, not_(is_needed)
    )
    rows = _but_origins(connection, [(row.number, row.stack_id) for row in connection.execute(old)])
    for some in _in_parts(gone):
        of_gone = select(CHANGE_SETS.c.number, CHANGE_SETS.c.stack_id).where(
            CHANGE_SETS.c.stack_id.in_(some)
        )
        rows += [(row.number, row.stack_id) for row in connection.execute(of_gone)]
    numbers = sorted({number for number, _ in rows})
    for part in _in_parts(numbers):
        connection.execute(delete(CHANGE_SETS).where(CHANGE_SETS.c.number.in_(part)))
    for stack_id in sorted({stack_id for _, stack_id in rows}.difference(gone)):
        _erase_unused(connection, stack_id)
    erase_without_stack(connection)
    return len(numbers)


def _but_origins(connection: Connection, rows: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without those that the outputs of living stacks come from: a rollback evaluates them again."""
    needed: set[int] = set()
    for stack_id in {stack_id for _, stack_id in rows}:
        origins = select(CHANGE_SETS.c.number).where(
            CHANGE_SETS.c.change_set_id.in_(journal.origins(connection, stack_id))
        )
        needed.update(connection.execute(origins).scalars())
    return [row for row in rows if row[0] not in needed]


def _erase_unused(connection: Connection, stack_id: str) -> None:
    """Erase the secrets of a living stack that no row refers to any more."""
    query = select(SECRETS.c.secret_id).where(SECRETS.c.stack_id == stack_id)
    kept = set(connection.execute(query).scalars())
    if not kept:
        return
    texts = _texts_of(connection, stack_id)
    sets = select(CHANGE_SETS.c.secret_ids).where(CHANGE_SETS.c.stack_id == stack_id)
    needed = {entry for text in connection.execute(sets).scalars() for entry in loads(text)}
    needed |= {secret_id for secret_id in kept if any(secret_id in text for text in texts)}
    erase_all_but(connection, stack_id, needed)


def _texts_of(connection: Connection, stack_id: str) -> list[str]:
    """Everything that is recorded of a stack and of what runs on it."""
    number = connection.execute(
        select(STACKS.c.number).where(STACKS.c.stack_id == stack_id)
    ).scalar()
    if number is None:
        return []
    bodies = select(STACK_BODIES.c.body, STACK_BODIES.c.template).where(
        STACK_BODIES.c.stack_number == number
    )
    texts = []
    for body, template in connection.execute(bodies):
        texts += [str(unpack(bytes(body))), bytes(template).decode("latin-1")]
    resources = select(RESOURCES.c.body).where(_between(RESOURCES.c.key, number))
    texts += connection.execute(resources).scalars()
    running = select(OPERATIONS.c.number).where(
        OPERATIONS.c.stack_id == stack_id, OPERATIONS.c.status.in_(_OPEN)
    )
    for operation in connection.execute(running).scalars().all():
        rows = select(JOURNAL.c.body).where(_between(JOURNAL.c.key, operation))
        texts += connection.execute(rows).scalars()
    return texts


def _clear_stacks(connection: Connection, stacks: Sequence[tuple[int, str]]) -> None:
    for number, stack_id in stacks:
        connection.execute(delete(RESOURCES).where(_between(RESOURCES.c.key, number)))
        connection.execute(delete(SECRETS).where(SECRETS.c.stack_id == stack_id))
        connection.execute(delete(OPERATIONS).where(OPERATIONS.c.stack_id == stack_id))
        connection.execute(delete(STACK_BODIES).where(STACK_BODIES.c.stack_number == number))
        connection.execute(delete(STACKS).where(STACKS.c.number == number))


def _clear_documents(connection: Connection, before: float, gone: Sequence[str]) -> int:
    """Those of stacks that go, and old ones of kinds that count no longer then."""
    passed = (DOCUMENTS.c.kind.in_(sorted(PASSING_DOCUMENTS)), DOCUMENTS.c.updated_at < before)
    removed = connection.execute(delete(DOCUMENTS).where(*passed)).rowcount
    for some in _in_parts(gone):
        of_gone = DOCUMENTS.c.parent.in_(some) | DOCUMENTS.c.document_id.in_(some)
        removed += connection.execute(delete(DOCUMENTS).where(of_gone)).rowcount
    return removed


def _clear_audit(connection: Connection, before: float) -> int:
    """Old records; but a mark refuses the same request once more for as long as that may count."""
    newest = connection.execute(select(func.max(AUDIT.c.at))).scalar()
    if newest is None:
        return 0
    old = delete(AUDIT).where(AUDIT.c.at < min(before, newest - _MARKS_COUNT))
    return connection.execute(old).rowcount


def _between(key: ColumnElement[int], number: int) -> ColumnElement[bool]:
    return key.between(first_key(number), last_key(number))


def _in_parts(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for first in range(0, len(ids), _MANY):
        yield ids[first : first + _MANY]
