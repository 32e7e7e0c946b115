"""Stacks under review: kept before any operation has begun to make them, and removed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from imageferry.model.events import Event
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import NameTaken
from imageferry.store import change_sets, journal, stacks
from imageferry.store.events import append_events, last_event
from imageferry.store.secrets import LazyBox, Vault, erase_all_but


def add_stack(connection: Connection, box: LazyBox, stack: Stack, events: Sequence[Event]) -> None:
    """Keep a stack that no operation has made; raises NameTaken."""
    if stack.status is not StackStatus.REVIEWING:
        raise ValueError(f"a stack that is {stack.status.value} is made by an operation")
    namesake = stacks.living_namesake(connection, stack)
    if namesake is not None:
        raise NameTaken(namesake)
    if stacks.stack_number(connection, stack.stack_id) is not None:
        raise NameTaken(stack.stack_id)
    number = stacks.save_stack(connection, Vault(connection, box, stack.stack_id), stack)
    append_events(connection, number, (None, ""), events, 0)


def remove_stack(connection: Connection, box: LazyBox, stack_id: str, event: Event) -> bool:
    """Mark a stack under review DELETED; False where it is not that any more."""
    if stacks.lock_stack(connection, stack_id) is None:
        return False
    found = stacks.numbered_stack(connection, box, stack_id)
    if found is None or found[1].status is not StackStatus.REVIEWING:
        return False
    if journal.last_operation_id(connection, stack_id) is not None:
        return False
    number, stack = found
    change_sets.drop_change_sets(connection, stack_id)
    erase_all_but(connection, stack_id, ())
    gone = replace(
        stack,
        status=StackStatus.DELETED,
        status_reason=event.reason,
        updated_at=event.time,
        is_protected=False,
        policy="",
    )
    stacks.save_stack(connection, None, gone, number)
    append_events(connection, number, (None, ""), [event], last_event(connection, number))
    return True
