"""An operation opened on a stack, where nothing stands against it; one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from imageferry.model.changes import ChangeKind
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.ports.keeping import Outdated, Overtaken, Protection, StackBusy, StoreError
from imageferry.store import change_sets, journal, stacks
from imageferry.store.events import append_events, last_event
from imageferry.store.secrets import LazyBox, Vault, are_kept


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to be opened; see `ports.keeping.Store.open_operation` for what each part means."""

    operation: Operation
    stack: Stack
    events: Sequence[Event]
    mark: int | None
    follows: str | None
    protection: Protection


def open_operation(connection: Connection, box: LazyBox, opening: Opening) -> Operation:
    """The operation that is open then: this one, or the one that its token has opened before."""
    operation = opening.operation
    if operation.client_token is not None:
        earlier = journal.operation_of_token(connection, operation.client_token, opening.stack)
        if earlier is not None:
            return earlier
    _refuse_busy(connection, opening)
    _refuse_outdated(connection, opening)
    stack = _as_chosen(connection, opening)
    vault = Vault(connection, box, stack.stack_id)
    stack_number = stacks.save_stack(connection, vault, stack)
    number = journal.insert_operation(connection, operation)
    change_sets.spend_change_sets(connection, stack.stack_id)
    last = last_event(connection, stack_number)
    opened = (number, operation.operation_id)
    append_events(connection, stack_number, opened, opening.events, last)
    return operation


def _refuse_busy(connection: Connection, opening: Opening) -> None:
    stack = opening.stack
    namesake = stacks.living_namesake(connection, stack)
    for holder in (stack.stack_id, namesake):
        busy = journal.open_operations(connection, holder) if holder is not None else []
        if busy:
            raise StackBusy(busy[0])
    if namesake is not None:
        raise StoreError(
            f'a stack named "{stack.name}" exists already in "{stack.place.region}" '
            f"(its id is {namesake}); update it, or choose another name"
        )


def _refuse_outdated(connection: Connection, opening: Opening) -> None:
    operation, stack = opening.operation, opening.stack
    if opening.mark is not None and opening.mark != journal.operations_mark(connection):
        raise Overtaken
    follows = opening.follows
    if follows is not None and follows != journal.last_operation_id(connection, stack.stack_id):
        raise Outdated
    if stacks.is_deleted(connection, stack.stack_id):
        # Without any operation it was only under review, and removed meanwhile.
        raise Outdated
    secret_ids = change_sets.secrets_of(connection, operation.change_set_id)
    if secret_ids is None or not are_kept(connection, stack.stack_id, secret_ids):
        raise StoreError(
            f'the change set "{operation.change_set_id}" of stack "{stack.name}" is not kept '
            "any more, since another operation ended after it was made; plan again"
        )


def _as_chosen(connection: Connection, opening: Opening) -> Stack:
    """The stack with what is chosen for it: as recorded, since that may change at any time, or given.

    Raises Outdated where it is to be deleted, and was protected after that was planned.
    """
    stack, wish = opening.stack, opening.protection
    number = stacks.stack_number(connection, stack.stack_id)
    recorded = stack if number is None else stacks.with_choices(connection, stack, number)
    is_removal = opening.operation.kind is ChangeKind.DELETE
    if is_removal and recorded.is_protected and not stack.is_protected:
        raise Outdated
    return stacks.chosen(recorded, wish)
