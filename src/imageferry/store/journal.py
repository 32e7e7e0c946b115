"""Operations and their step records: opened, entered, appended to under the fence, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from imageferry.model.changes import ChangeKind
from imageferry.model.operations import Operation, StepProgress, StepRecord
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.ports.keeping import Fenced
from imageferry.store.codec import Reader, Writer, dumps
from imageferry.store.codec_journal import (
    StepKey,
    decode_operation,
    decode_progress,
    encode_operation,
    encode_progress,
    encode_record,
    fold_records,
)
from imageferry.store.tables import JOURNAL, OPERATIONS, PROGRESS, STACKS, first_key, last_key

_OPEN: Final = tuple(status.value for status in OperationStatus if status.is_open)

# Written out, since the partial indexes serve no query whose statuses are only bound later.
IS_OPEN: Final = text("operations.status IN ('RUNNING', 'PARKED')")
"""What is true of an operation that holds its stack."""

_BY_ID: Final = select(OPERATIONS).where(OPERATIONS.c.operation_id == bindparam("operation_id"))

# Who holds the operation. Where several may write at once, its row is locked until the commit, and
# an epoch that was raised meanwhile is seen; on SQLite the transaction has the right to write
# already. Nothing is written, since every page written counts.
_MINE: Final = (
    select(
        OPERATIONS.c.number,
        OPERATIONS.c.stack_id,
        OPERATIONS.c.change_set_id,
        STACKS.c.number.label("stack_number"),
        OPERATIONS.c.cancel_requested,
        OPERATIONS.c.entries_since_record,
    )
    .join(STACKS, STACKS.c.stack_id == OPERATIONS.c.stack_id)
    .where(
        OPERATIONS.c.operation_id == bindparam("operation_id"),
        OPERATIONS.c.epoch == bindparam("epoch"),
    )
)
_LOCKED: Final = _MINE.with_for_update(of=OPERATIONS)
_FENCE: Final = _LOCKED.where(OPERATIONS.c.status == OperationStatus.RUNNING.value)
_OPEN_FENCE: Final = _LOCKED.where(IS_OPEN)
_RUNNING: Final = select(
    OPERATIONS.c.operation_id, OPERATIONS.c.epoch, OPERATIONS.c.cancel_requested
).where(OPERATIONS.c.status == OperationStatus.RUNNING.value)
_LOOK: Final = _RUNNING.where(OPERATIONS.c.operation_id.in_(bindparam("asked", expanding=True)))
_LOOK_AT_ONE: Final = _RUNNING.where(OPERATIONS.c.operation_id == bindparam("asked"))
_AT_ONCE: Final = 500
"""Operations in one statement: no database has a limit below that."""
_ROWS: Final = (
    select(JOURNAL.c.key, JOURNAL.c.body)
    .where(JOURNAL.c.key > bindparam("after"), JOURNAL.c.key <= bindparam("last"))
    .order_by(JOURNAL.c.key)
)
_APPEND: Final = insert(JOURNAL)
_LAST: Final = (
    select(OPERATIONS)
    .where(OPERATIONS.c.stack_id == bindparam("of_stack"))
    .order_by(OPERATIONS.c.number.desc())
    .limit(1)
)
_LAST_ID: Final = _LAST.with_only_columns(OPERATIONS.c.operation_id)
_KEY: Final = select(OPERATIONS.c.number, OPERATIONS.c.stack_id, OPERATIONS.c.status).where(
    OPERATIONS.c.operation_id == bindparam("operation_id")
)
_ENTER: Final = (
    update(OPERATIONS)
    .where(OPERATIONS.c.operation_id == bindparam("entered"), IS_OPEN)
    .values(
        epoch=OPERATIONS.c.epoch + 1,
        entries_since_record=OPERATIONS.c.entries_since_record + 1,
    )
)
_CHANGE: Final = update(OPERATIONS).where(OPERATIONS.c.number == bindparam("numbered"))
_OF_OPERATION: Final = PROGRESS.c.operation_number == bindparam("numbered")
_CHANGE_PROGRESS: Final = update(PROGRESS).where(_OF_OPERATION)
_DROP_PROGRESS: Final = delete(PROGRESS).where(_OF_OPERATION)
_ENDED_WITH_IT: Final = tuple(
    status.value for status in (OperationStatus.SUCCEEDED, OperationStatus.FAILED)
)
_DEPLOYS: Final = frozenset({ChangeKind.CREATE, ChangeKind.UPDATE})
_MARK: Final = select(
    select(func.coalesce(func.max(OPERATIONS.c.number), 0)).scalar_subquery(),
    select(func.count()).select_from(OPERATIONS).where(IS_OPEN).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Held:
    """The row of an operation that is mine for the rest of the transaction."""

    number: int
    operation_id: str
    stack_id: str
    change_set_id: str
    stack_number: int
    cancel_requested: bool
    entries_since_record: int


@dataclass(slots=True)
class JournalCopy:
    """The journal of one operation in memory, up to `position`: rows are only ever appended.

    `last_event` is the number of the stack's last event, for who holds the operation.
    """

    position: int = 0
    records: dict[StepKey, StepRecord] = field(default_factory=dict)
    last_event: int | None = None


def hold(connection: Connection, operation_id: str, epoch: int, *, or_parked: bool = False) -> Held:
    """Raise Fenced where the operation is not running at this epoch; otherwise it stays mine."""
    fence = _OPEN_FENCE if or_parked else _FENCE
    row = connection.execute(fence, {"operation_id": operation_id, "epoch": epoch}).first()
    if row is None:
        raise fenced(operation_id)
    return Held(
        row.number,
        operation_id,
        row.stack_id,
        row.change_set_id,
        row.stack_number,
        row.cancel_requested,
        row.entries_since_record,
    )


def running(
    connection: Connection, asked: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], bool]:
    """Of operations and their epochs those that run so, and whether cancelling was requested.

    Nothing is held.
    """
    found: dict[tuple[str, int], bool] = {}
    for first in range(0, len(asked), _AT_ONCE):
        ids = [operation_id for operation_id, _ in asked[first : first + _AT_ONCE]]
        look = (_LOOK, {"asked": ids}) if len(ids) > 1 else (_LOOK_AT_ONE, {"asked": ids[0]})
        for operation_id, epoch, is_cancelled in connection.execute(*look):
            found[operation_id, epoch] = bool(is_cancelled)
    return found


def fenced(operation_id: str) -> Fenced:
    """What is raised where an operation does not run at the epoch of whoever asks."""
    return Fenced(f'operation "{operation_id}" is owned by another process')


def insert_operation(connection: Connection, operation: Operation) -> int:
    """A new operation's row; gives its number."""
    inserted = connection.execute(insert(OPERATIONS).values(encode_operation(operation)))
    key = inserted.inserted_primary_key
    return int(key[0]) if key is not None else 0


def load_operation(connection: Connection, operation_id: str) -> Operation | None:
    """One operation."""
    row = connection.execute(_BY_ID, {"operation_id": operation_id}).mappings().first()
    return None if row is None else decode_operation(row)


def last_operation(connection: Connection, stack_id: str) -> Operation | None:
    """The operation of a stack that was opened last."""
    row = connection.execute(_LAST, {"of_stack": stack_id}).mappings().first()
    return None if row is None else decode_operation(row)


def last_operation_id(connection: Connection, stack_id: str) -> str | None:
    """The id of the operation of a stack that was opened last."""
    found: str | None = connection.execute(_LAST_ID, {"of_stack": stack_id}).scalar()
    return found


def origins(connection: Connection, stack_id: str) -> list[str]:
    """The change sets that a stack's outputs and, where these differ, its exports come from."""
    query = select(OPERATIONS).where(
        OPERATIONS.c.stack_id == stack_id, OPERATIONS.c.status.in_(_ENDED_WITH_IT)
    )
    found: list[str] = []
    for row in connection.execute(query.order_by(OPERATIONS.c.number.desc())).mappings():
        operation = decode_operation(row)
        if operation.kind not in _DEPLOYS:
            continue
        has_succeeded = operation.status is OperationStatus.SUCCEEDED
        if has_succeeded or not found:
            found.append(operation.change_set_id)
        if has_succeeded:
            break
    return found


def open_operations(connection: Connection, stack_id: str | None = None) -> list[Operation]:
    """Every open operation, or that of one stack, oldest first."""
    query = select(OPERATIONS).where(IS_OPEN).order_by(OPERATIONS.c.number)
    if stack_id is not None:
        query = query.where(OPERATIONS.c.stack_id == stack_id)
    return [decode_operation(row) for row in connection.execute(query).mappings()]


def operations_mark(connection: Connection) -> int:
    """A number that grows with each operation that is opened or ends; forgetting one changes nothing.

    The newest operation's number rises by one at least when one is opened.
    """
    newest, still_open = connection.execute(_MARK).one()
    return 2 * int(newest) - int(still_open)


def operation_of_token(connection: Connection, token: str, stack: Stack) -> Operation | None:
    """The operation that the same caller's token opened on this stack, or on a living namesake."""
    place = stack.place
    query = (
        select(OPERATIONS)
        .join(STACKS, STACKS.c.stack_id == OPERATIONS.c.stack_id)
        .where(
            OPERATIONS.c.client_token == token,
            STACKS.c.cloud == place.cloud,
            STACKS.c.account_id == place.account_id,
            STACKS.c.region == place.region,
            STACKS.c.name == stack.name,
            (STACKS.c.stack_id == stack.stack_id) | (STACKS.c.status != StackStatus.DELETED.value),
        )
        .order_by(OPERATIONS.c.number.desc())
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else decode_operation(row)


def raise_epoch(connection: Connection, operation_id: str) -> tuple[int, Operation] | None:
    """Enter an open operation, and give its number with it; None where it is not open."""
    if connection.execute(_ENTER, {"entered": operation_id}).rowcount == 0:
        return None
    row = connection.execute(_BY_ID, {"operation_id": operation_id}).mappings().one()
    return row["number"], decode_operation(row)


def change_operation(connection: Connection, number: int, **columns: Any) -> None:
    """Set some columns of an operation that is held."""
    connection.execute(_CHANGE, {"numbered": number, **columns})


def request_cancel(connection: Connection, operation_id: str, *, of_rollback: bool) -> bool:
    """Raise the flag of an open operation, if it is being undone just as `of_rollback` says."""
    column = OPERATIONS.c.rollback_id
    asked = (
        update(OPERATIONS)
        .where(
            OPERATIONS.c.operation_id == operation_id,
            IS_OPEN,
            column.is_not(None) if of_rollback else column.is_(None),
        )
        .values(cancel_requested=True)
    )
    return connection.execute(asked).rowcount > 0


def change_open(
    connection: Connection, operation_id: str, statuses: Sequence[OperationStatus], **columns: Any
) -> bool:
    """Set some columns of an operation in one of these statuses; False where it is in none."""
    changed = (
        update(OPERATIONS)
        .where(
            OPERATIONS.c.operation_id == operation_id,
            OPERATIONS.c.status.in_([status.value for status in statuses]),
        )
        .values(**columns)
    )
    return connection.execute(changed).rowcount > 0


def end_operation(
    connection: Connection, held: Held, status: OperationStatus, reason: str, ended_at: float
) -> None:
    """Give a held operation its final status; its progress is of no use any more."""
    ending = {"status": status.value, "reason": dumps(reason), "ended_at": ended_at}
    change_operation(connection, held.number, **ending)
    connection.execute(_DROP_PROGRESS, {"numbered": held.number})


def operation_key(connection: Connection, operation_id: str) -> tuple[int, str, bool] | None:
    """Number and stack id of an operation, and whether it is open."""
    row = connection.execute(_KEY, {"operation_id": operation_id}).first()
    return None if row is None else (row.number, row.stack_id, row.status in _OPEN)


def refresh(connection: Connection, reader: Reader, number: int, copy: JournalCopy) -> None:
    """Bring a copy of the journal up to date with what is committed."""
    first = first_key(number)
    bounds = {"after": first + copy.position, "last": last_key(number)}
    for key, body in connection.execute(_ROWS, bounds):
        fold_records(reader, body, copy.records)
        copy.position = key - first


def append_records(
    connection: Connection,
    writer: Writer,
    held: Held,
    copy: JournalCopy,
    records: Sequence[StepRecord],
) -> JournalCopy:
    """Write what the records say that the journal does not; gives the news as a copy of its own.

    The caller joins the news to `copy` once they are committed.
    """
    news = JournalCopy(position=copy.position)
    body = []
    for record in records:
        key = (record.phase, record.step_id)
        previous = news.records.get(key) or copy.records.get(key)
        said = encode_record(writer, record, previous)
        news.records[key] = record
        if said is not None:
            body.append(said)
    if body:
        news.position += 1
        row = {"key": first_key(held.number) + news.position, "body": dumps(body)}
        connection.execute(_APPEND, row)
    if records and held.entries_since_record:
        change_operation(connection, held.number, entries_since_record=0)
    return news


def save_progress(
    connection: Connection, number: int, progress: Sequence[StepProgress], now: float
) -> None:
    """Replace the one progress row of a held operation."""
    columns = {"written_at": now, "body": encode_progress(progress)}
    changed = connection.execute(_CHANGE_PROGRESS, {"numbered": number, **columns})
    if changed.rowcount == 0:
        connection.execute(insert(PROGRESS).values(operation_number=number, **columns))


def load_progress(connection: Connection, operation_id: str) -> tuple[float, list[StepProgress]]:
    """The progress row of an operation and when it was written."""
    query = (
        select(PROGRESS.c.written_at, PROGRESS.c.body)
        .join(OPERATIONS, OPERATIONS.c.number == PROGRESS.c.operation_number)
        .where(OPERATIONS.c.operation_id == operation_id)
    )
    row = connection.execute(query).first()
    return (0.0, []) if row is None else (row.written_at, decode_progress(row.body))
