"""An open operation entered: its epoch raised, and all of it loaded for who owns it now."""

from __future__ import annotations

from sqlalchemy import Connection

from imageferry.model.operations import JOURNAL_SCHEMA
from imageferry.ports.keeping import Entry, StoreError
from imageferry.store import journal, stacks
from imageferry.store.change_sets import Planned
from imageferry.store.journal import JournalCopy
from imageferry.store.secrets import LazyBox, Vault


def enter(
    connection: Connection, box: LazyBox, planned: Planned, operation_id: str
) -> tuple[Entry, JournalCopy] | None:
    """What the owner is given, with a copy of the journal; None where the operation is not open.

    Raises StoreError where newer code began it, or rows of it are missing.
    """
    entered = journal.raise_epoch(connection, operation_id)
    if entered is None:
        return None
    number, operation = entered
    if operation.schema > JOURNAL_SCHEMA:
        raise StoreError(
            f'operation "{operation_id}" was begun by a newer imageferry (its journal has '
            f"version {operation.schema}, this one knows {JOURNAL_SCHEMA}); run that version"
        )
    found = stacks.numbered_stack(connection, box, operation.stack_id)
    change_set = planned.load(connection, operation.change_set_id)
    if found is None or change_set is None:
        raise StoreError(f'rows of operation "{operation_id}" are missing from the database')
    stack_number, stack = found
    rollback = None
    if operation.rollback_id is not None:
        rollback = planned.load(connection, operation.rollback_id)
    vault = Vault(connection, box, operation.stack_id)
    copy = JournalCopy()
    journal.refresh(connection, vault.reader(), number, copy)
    entry = Entry(
        operation=operation,
        epoch=operation.epoch,
        stack=stack,
        resources=stacks.load_resources(connection, vault, stack_number),
        change_set=change_set,
        rollback=rollback,
        records=tuple(copy.records.values()),
    )
    return entry, copy
