"""Flushing: what a batch says beside its records and events."""

from __future__ import annotations

from sqlalchemy import Connection

from imageferry.ports.keeping import Batch
from imageferry.store import change_sets, journal, stacks
from imageferry.store.codec import dumps
from imageferry.store.secrets import LazyBox


def flush_rest(connection: Connection, box: LazyBox, held: journal.Held, batch: Batch) -> None:
    """Write how the operation is undone, its reason, and the status of its stack, where given."""
    if batch.rollback is not None:
        change_sets.save_change_set(connection, box, batch.rollback, spent=True)
        rollback_id = batch.rollback.change_set_id
        # Who cancelled has been heard: the next one means the rollback itself.
        turned = {"rollback_id": rollback_id, "cancel_requested": False}
        journal.change_operation(connection, held.number, **turned)
    if batch.operation_reason is not None:
        reason = dumps(batch.operation_reason)
        journal.change_operation(connection, held.number, reason=reason)
    if batch.stack_status is not None:
        stacks.save_status(connection, held.stack_number, *batch.stack_status)


def says_nothing(batch: Batch) -> bool:
    """True of a batch that only asks whether the operation is still mine and goes on."""
    has_steps = bool(batch.records or batch.events)
    has_rest = (batch.rollback, batch.stack_status, batch.operation_reason) != (None, None, None)
    return not has_steps and not has_rest
