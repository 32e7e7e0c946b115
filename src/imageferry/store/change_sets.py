"""Change sets: kept, found, and forgotten once nobody can execute them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, insert, not_, select, update

from imageferry.model.changes import ChangeSet
from imageferry.store.bodies import pack, pack_template, unpack, unpack_template
from imageferry.store.codec import dumps, loads
from imageferry.store.codec_changes import decode_change_set, encode_change_set
from imageferry.store.secrets import LazyBox, Vault, are_kept, erase_without_stack
from imageferry.store.tables import CHANGE_SET_BODIES, CHANGE_SETS, STACKS

ABANDONED_AFTER: Final = 86_400.0
"""Seconds after which a change set is dropped whose stack never came to be."""

_SAME: Final = CHANGE_SETS.c.change_set_id == bindparam("same")
_REPLACED: Final = delete(CHANGE_SETS).where(_SAME)
_KEEP: Final = insert(CHANGE_SETS)
_KEEP_BODY: Final = insert(CHANGE_SET_BODIES)
_LOAD: Final = (
    select(CHANGE_SETS.c.stack_id, CHANGE_SET_BODIES.c.body, CHANGE_SET_BODIES.c.template)
    .join(CHANGE_SET_BODIES, CHANGE_SET_BODIES.c.change_set_number == CHANGE_SETS.c.number)
    .where(_SAME)
)
_SECRETS: Final = select(CHANGE_SETS.c.secret_ids).where(_SAME)
_WAITS: Final = (CHANGE_SETS.c.stack_id == bindparam("of_stack")) & not_(CHANGE_SETS.c.spent)
_SECRETS_WAITING: Final = select(CHANGE_SETS.c.secret_ids).where(_WAITS)
_SPEND: Final = update(CHANGE_SETS).where(_WAITS)
_DROP_ALL: Final = delete(CHANGE_SETS).where(CHANGE_SETS.c.stack_id == bindparam("of_stack"))
_DROP_ABANDONED: Final = delete(CHANGE_SETS).where(
    not_(CHANGE_SETS.c.spent),
    CHANGE_SETS.c.created_at < bindparam("since"),
    not_(exists().where(STACKS.c.stack_id == CHANGE_SETS.c.stack_id)),
)

_REMEMBERED: Final = 2
"""How many change sets are kept in memory as they were planned."""


def save_change_set(
    connection: Connection, box: LazyBox, change_set: ChangeSet, *, spent: bool
) -> None:
    """Keep a change set, in place of an earlier one of its id. `spent`: it is being executed."""
    vault = Vault(connection, box, change_set.stack_id)
    body = pack(encode_change_set(vault.writer(), change_set))
    template = pack_template(vault, change_set.template, change_set.bindings.parameters)
    connection.execute(_REPLACED, {"same": change_set.change_set_id})
    row = {
        "change_set_id": change_set.change_set_id,
        "stack_id": change_set.stack_id,
        "created_at": change_set.created_at,
        "spent": spent,
        "secret_ids": dumps(sorted(vault.used)),
    }
    key = connection.execute(_KEEP, row).inserted_primary_key
    number = int(key[0]) if key is not None else 0
    bodies = {"change_set_number": number, "body": body, "template": template}
    connection.execute(_KEEP_BODY, bodies)


def load_change_set(connection: Connection, box: LazyBox, change_set_id: str) -> ChangeSet | None:
    """A kept change set."""
    row = connection.execute(_LOAD, {"same": change_set_id}).first()
    if row is None:
        return None
    vault = Vault(connection, box, row.stack_id)
    template = unpack_template(vault, row.template)
    return decode_change_set(vault.reader(), unpack(row.body), template)


class Planned:
    """The last change sets as they were planned: who plans mostly executes at once, and who watches
    asks again and again.
    """

    def __init__(self, box: LazyBox) -> None:
        self._box = box
        # Replaced as a whole, since several threads may do so.
        self._kept: tuple[ChangeSet, ...] = ()

    def remember(self, change_set: ChangeSet) -> None:
        """Keep one that is saved."""
        self._kept = (*self._without(change_set.change_set_id), change_set)[-_REMEMBERED:]

    def recalled(self, change_set_id: str) -> ChangeSet | None:
        """One that was remembered."""
        for planned in self._kept:
            if planned.change_set_id == change_set_id:
                return planned
        return None

    def load(self, connection: Connection, change_set_id: str) -> ChangeSet | None:
        """A kept change set, from memory where that says the same."""
        planned = self.recalled(change_set_id)
        if planned is not None and is_whole(connection, planned):
            return planned
        self._kept = self._without(change_set_id)
        found = load_change_set(connection, self._box, change_set_id)
        if found is not None:
            self.remember(found)
        return found

    def _without(self, change_set_id: str) -> tuple[ChangeSet, ...]:
        return tuple(one for one in self._kept if one.change_set_id != change_set_id)


def is_whole(connection: Connection, change_set: ChangeSet) -> bool:
    """True where the change set is kept, and every secret in it."""
    secret_ids = secrets_of(connection, change_set.change_set_id)
    return secret_ids is not None and are_kept(connection, change_set.stack_id, secret_ids)


def secrets_of(connection: Connection, change_set_id: str) -> set[str] | None:
    """The ids of the secrets in a change set; None where it is not kept."""
    found = connection.execute(_SECRETS, {"same": change_set_id}).scalar()
    return None if found is None else set(loads(found))


def secrets_waiting(connection: Connection, stack_id: str) -> set[str]:
    """The ids of the secrets in change sets of a stack that may still be executed."""
    found = connection.execute(_SECRETS_WAITING, {"of_stack": stack_id}).scalars()
    return {entry for text in found for entry in loads(text)}


def spend_change_sets(connection: Connection, stack_id: str) -> None:
    """An operation begins: what was planned for the stack before is out of date."""
    connection.execute(_SPEND, {"of_stack": stack_id, "spent": True})


def drop_change_sets(connection: Connection, stack_id: str) -> None:
    """Forget everything that was planned for a stack."""
    connection.execute(_DROP_ALL, {"of_stack": stack_id})


def drop_abandoned(connection: Connection, now: float) -> None:
    """Forget what was planned long ago for stacks that never came to be."""
    dropped = connection.execute(_DROP_ABANDONED, {"since": now - ABANDONED_AFTER})
    if dropped.rowcount:
        erase_without_stack(connection)
