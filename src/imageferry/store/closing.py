"""The end of an operation, in one transaction: its stack, resources, events, and secrets erased."""

from __future__ import annotations

from sqlalchemy import Connection

from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.ports.keeping import Closing
from imageferry.store import change_sets, journal, stacks
from imageferry.store.events import append_events, last_event
from imageferry.store.journal import Held
from imageferry.store.secrets import LazyBox, Vault, are_any_kept, erase_all_but, forgetful_writer


def close_operation(
    connection: Connection, box: LazyBox, held: Held, closing: Closing, last: int | None
) -> None:
    """End an operation that is held. `last`: the number of the stack's last event, if it is known."""
    is_deleted = closing.stack.status is StackStatus.DELETED
    vault = Vault(connection, box, held.stack_id)
    ended = stacks.with_choices(connection, closing.stack, held.stack_number)
    stacks.save_stack(connection, None if is_deleted else vault, ended, held.stack_number)
    writer = forgetful_writer() if is_deleted else vault.writer()
    stacks.replace_resources(connection, writer, held.stack_number, closing.resources)
    journal.end_operation(connection, held, closing.status, closing.reason, closing.ended_at)
    if last is None:
        last = last_event(connection, held.stack_number)
    operation = (held.number, held.operation_id)
    append_events(connection, held.stack_number, operation, closing.events, last)
    needed = set() if is_deleted else _needed(connection, held, closing.status, vault.used)
    erase_all_but(connection, held.stack_id, needed)


def _needed(
    connection: Connection, held: Held, status: OperationStatus, used: set[str]
) -> set[str]:
    """The ids of the secrets of a stack that something may still ask for; `used` by its record."""
    needed = used | change_sets.secrets_waiting(connection, held.stack_id)
    if status is not OperationStatus.SUCCEEDED:
        # It may be tried again with the same parameters.
        needed |= change_sets.secrets_of(connection, held.change_set_id) or set()
    if are_any_kept(connection, held.stack_id):
        # A rollback evaluates the outputs of what it restores once more.
        for origin in journal.origins(connection, held.stack_id):
            needed |= change_sets.secrets_of(connection, origin) or set()
    return needed
