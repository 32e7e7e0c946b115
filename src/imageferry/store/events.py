"""Events: appended without a gap, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select

from imageferry.model.events import Event
from imageferry.store.codec import decode_events, decode_last_events, encode_events
from imageferry.store.tables import EVENTS, OPERATIONS, first_key, last_key

_LAST: Final = (
    select(EVENTS.c.key + EVENTS.c.count - 1)
    .where(EVENTS.c.key.between(bindparam("first"), bindparam("last")))
    .order_by(EVENTS.c.key.desc())
    .limit(1)
)
_APPEND: Final = insert(EVENTS)

_BACKWARDS: Final = (
    select(EVENTS.c.key, OPERATIONS.c.operation_id, EVENTS.c.body)
    .outerjoin(OPERATIONS, OPERATIONS.c.number == EVENTS.c.operation_number)
    .where(EVENTS.c.key.between(bindparam("first"), bindparam("last")))
    .order_by(EVENTS.c.key.desc())
)

# From the row that holds the event after `after`: several events of one commit share a row.
_READ: Final = (
    select(EVENTS.c.key, OPERATIONS.c.operation_id, EVENTS.c.body)
    .outerjoin(OPERATIONS, OPERATIONS.c.number == EVENTS.c.operation_number)
    .where(
        EVENTS.c.key
        >= select(func.coalesce(func.max(EVENTS.c.key), bindparam("first")))
        .where(EVENTS.c.key.between(bindparam("first"), bindparam("next")))
        .scalar_subquery(),
        EVENTS.c.key <= bindparam("last"),
    )
    .order_by(EVENTS.c.key)
)


def last_event(connection: Connection, stack_number: int) -> int:
    """The sequence number of a stack's last event, 0 where it has none."""
    first = first_key(stack_number)
    found = connection.execute(_LAST, {"first": first, "last": last_key(stack_number)}).scalar()
    return 0 if found is None else found - first


def append_events(
    connection: Connection,
    stack_number: int,
    operation: tuple[int | None, str],
    events: Sequence[Event],
    last: int,
) -> int:
    """Write events, numbered from the one after `last` on; gives the last number then.

    `operation` is number and id of the open operation, which the transaction holds (of none where
    there was never one): nobody else numbers events of the same stack meanwhile, or the key is
    refused.
    """
    if not events:
        return last
    operation_number, operation_id = operation
    row = {
        "key": first_key(stack_number) + last + 1,
        "count": len(events),
        "operation_number": operation_number,
        "body": encode_events(events, operation_id),
    }
    connection.execute(_APPEND, row)
    return last + len(events)


def load_events(
    connection: Connection, stack_id: str, stack_number: int, after: int, limit: int
) -> list[Event]:
    """At most `limit` events of a stack after a sequence number, oldest first."""
    first = first_key(stack_number)
    bounds = {"first": first, "next": first + max(after, 0) + 1, "last": last_key(stack_number)}
    found: list[Event] = []
    with connection.execute(_READ, bounds) as rows:
        for key, operation_id, body in rows:
            events = decode_events(stack_id, key - first, operation_id, body)
            found += [event for event in events if event.sequence > after]
            if len(found) >= limit:
                break
    return found[: max(limit, 0)]


def events_before(
    connection: Connection, stack_id: str, stack_number: int, before: int | None, limit: int
) -> list[Event]:
    """At most `limit` events of a stack before a sequence number, or the last, newest first."""
    first = first_key(stack_number)
    last = last_key(stack_number) if before is None else first + before - 1
    # Every row has one event at least.
    query = _BACKWARDS.limit(max(limit, 0))
    found: list[Event] = []
    with connection.execute(query, {"first": first, "last": last}) as rows:
        for key, operation_id, body in rows:
            found += decode_last_events(
                stack_id, key - first, operation_id, body, before, limit - len(found)
            )
            if len(found) >= limit:
                break
    return found
