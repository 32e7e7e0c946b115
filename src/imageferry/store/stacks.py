"""Stacks and their resources: saved and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from imageferry.model.drift import DriftMark
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Protection
from imageferry.store.bodies import pack, pack_template, unpack, unpack_template
from imageferry.store.codec import (
    Writer,
    decode_choices,
    decode_resource,
    decode_stack,
    dumps,
    encode_drift,
    encode_resource,
    encode_stack_body,
    loads,
)
from imageferry.store.secrets import LazyBox, Vault, forgetful_writer
from imageferry.store.tables import RESOURCES, STACK_BODIES, STACKS, first_key, last_key

_WHOLE = select(STACKS, STACK_BODIES.c.body, STACK_BODIES.c.template).join(
    STACK_BODIES, STACK_BODIES.c.stack_number == STACKS.c.number
)
_WITH_ID: Final = STACKS.c.stack_id == bindparam("with_id")
_LOAD: Final = _WHOLE.where(_WITH_ID)
_NUMBER: Final = select(STACKS.c.number).where(_WITH_ID)
_STATUS: Final = select(STACKS.c.status).where(_WITH_ID)
_LOCK: Final = _NUMBER.with_for_update()
_CHANGE: Final = update(STACKS).where(STACKS.c.number == bindparam("numbered"))
_OF_NUMBER: Final = STACK_BODIES.c.stack_number == bindparam("numbered")
_CHANGE_BODY: Final = update(STACK_BODIES).where(_OF_NUMBER)
_BODY: Final = select(STACK_BODIES.c.body).where(_OF_NUMBER)
_RESOURCES: Final = (
    select(RESOURCES.c.key, RESOURCES.c.address, RESOURCES.c.body)
    .where(RESOURCES.c.key.between(bindparam("first"), bindparam("last")))
    .order_by(RESOURCES.c.key)
)
_DROP_RESOURCE: Final = delete(RESOURCES).where(RESOURCES.c.key == bindparam("gone"))


def find_stacks(
    connection: Connection, box: LazyBox, place: Place | None, name: str | None, with_deleted: bool
) -> list[Stack]:
    """Stacks by place and name, newest first."""
    query = _WHOLE.order_by(STACKS.c.created_at.desc(), STACKS.c.number.desc())
    if place is not None:
        query = query.where(STACKS.c.cloud == place.cloud, STACKS.c.account_id == place.account_id)
        if place.region:
            query = query.where(STACKS.c.region == place.region)
    if name is not None:
        query = query.where(STACKS.c.name == name)
    if not with_deleted:
        query = query.where(STACKS.c.status != StackStatus.DELETED.value)
    found = connection.execute(query).mappings().all()
    return [_stack_of(connection, box, row) for row in found]


def load_stack(connection: Connection, box: LazyBox, stack_id: str) -> Stack | None:
    """One stack by id."""
    found = numbered_stack(connection, box, stack_id)
    return None if found is None else found[1]


def numbered_stack(connection: Connection, box: LazyBox, stack_id: str) -> tuple[int, Stack] | None:
    """One stack by id, with the number by which other tables know it."""
    row = connection.execute(_LOAD, {"with_id": stack_id}).mappings().first()
    return None if row is None else (row["number"], _stack_of(connection, box, row))


def living_namesake(connection: Connection, stack: Stack) -> str | None:
    """The id of another living stack of the same place and name."""
    found: str | None = connection.execute(
        select(STACKS.c.stack_id).where(
            STACKS.c.cloud == stack.place.cloud,
            STACKS.c.account_id == stack.place.account_id,
            STACKS.c.region == stack.place.region,
            STACKS.c.name == stack.name,
            STACKS.c.status != StackStatus.DELETED.value,
            STACKS.c.stack_id != stack.stack_id,
        )
    ).scalar()
    return found


def is_deleted(connection: Connection, stack_id: str) -> bool:
    """True of a stack that is recorded, and was deleted."""
    status = connection.execute(_STATUS, {"with_id": stack_id}).scalar()
    return bool(status == StackStatus.DELETED.value)


def stack_number(connection: Connection, stack_id: str) -> int | None:
    """The number by which other tables know a stack."""
    found: int | None = connection.execute(_NUMBER, {"with_id": stack_id}).scalar()
    return found


def lock_stack(connection: Connection, stack_id: str) -> int | None:
    """The number of a stack whose rows nobody else changes before the commit."""
    found: int | None = connection.execute(_LOCK, {"with_id": stack_id}).scalar()
    return found


def save_stack(
    connection: Connection, vault: Vault | None, stack: Stack, number: int | None = None
) -> int:
    """Insert or update a stack's rows, and give its number. No vault: secrets are left out.

    `number`: that of the stack, where it is known.
    """
    columns = {
        "cloud": stack.place.cloud,
        "account_id": stack.place.account_id,
        "region": stack.place.region,
        "name": stack.name,
        "status": stack.status.value,
        "status_reason": dumps(stack.status_reason),
        "operation_id": stack.operation_id,
        "created_at": stack.created_at,
        "updated_at": stack.updated_at,
    }
    writer = forgetful_writer() if vault is None else vault.writer()
    body = {
        "body": pack(encode_stack_body(writer, stack)),
        "template": pack_template(vault, stack.template, stack.parameters),
    }
    if number is None:
        number = stack_number(connection, stack.stack_id)
    if number is None:
        inserted = connection.execute(insert(STACKS).values(stack_id=stack.stack_id, **columns))
        key = inserted.inserted_primary_key
        number = int(key[0]) if key is not None else 0
        connection.execute(insert(STACK_BODIES).values(stack_number=number, **body))
        return number
    connection.execute(_CHANGE, {"numbered": number, **columns})
    connection.execute(_CHANGE_BODY, {"numbered": number, **body})
    return number


def change_choices(
    connection: Connection,
    box: LazyBox,
    stack_id: str,
    wish: Protection,
    former: Stack | None = None,
) -> bool:
    """Change what is chosen for a stack where it is given; False where there is no such stack.

    False as well where `former` is a stack with other tags or options than are recorded.
    """
    lock_stack(connection, stack_id)
    stack = load_stack(connection, box, stack_id)
    if stack is None:
        return False
    if former is not None and (stack.tags, stack.options) != (former.tags, former.options):
        return False
    save_stack(connection, Vault(connection, box, stack_id), chosen(stack, wish))
    return True


def chosen(stack: Stack, wish: Protection) -> Stack:
    """The stack with what a wish gives."""
    return replace(
        stack,
        is_protected=stack.is_protected if wish.is_protected is None else wish.is_protected,
        policy=stack.policy if wish.policy is None else wish.policy,
        tags=stack.tags if wish.tags is None else wish.tags,
        options=stack.options if wish.options is None else wish.options,
    )


def with_choices(connection: Connection, stack: Stack, number: int) -> Stack:
    """The stack with what is recorded as chosen for it: that may change while an operation runs.

    A deleted stack needs no protection.
    """
    body = connection.execute(_BODY, {"numbered": number}).scalar()
    if body is not None:
        stack = replace(stack, **decode_choices(unpack(body))._asdict())
    if stack.status is StackStatus.DELETED:
        return replace(stack, is_protected=False, policy="")
    return stack


def save_status(connection: Connection, number: int, status: StackStatus, reason: str) -> None:
    """Change nothing but the status of a stack."""
    columns = {"status": status.value, "status_reason": dumps(reason)}
    connection.execute(_CHANGE, {"numbered": number, **columns})


def save_drift(connection: Connection, stack_id: str, mark: DriftMark) -> None:
    """Change nothing but what the last comparison of a stack with the cloud found."""
    number = lock_stack(connection, stack_id)
    body = connection.execute(_BODY, {"numbered": number}).scalar()
    if body is not None:
        document = {**loads(unpack(body)), "drift": encode_drift(mark)}
        connection.execute(_CHANGE_BODY, {"numbered": number, "body": pack(dumps(document))})


def load_resources(connection: Connection, vault: Vault, number: int) -> dict[str, Resource]:
    """The resources of a stack by address text, in the order they were recorded."""
    reader = vault.reader()
    return {
        address: decode_resource(reader, address, body)
        for _, address, body in connection.execute(_RESOURCES, _bounds(number))
    }


def replace_resources(
    connection: Connection, writer: Writer, number: int, resources: Sequence[Resource]
) -> None:
    """Make these the resources of a stack; rows that say the same already are left alone."""
    found = connection.execute(_RESOURCES, _bounds(number))
    kept = {address: (key, body) for key, address, body in found}
    wanted = _in_place(writer, first_key(number), kept, resources)
    unchanged = {key for address, (key, body) in kept.items() if wanted.get(key) == (address, body)}
    gone = [{"gone": key} for key, _ in kept.values() if key not in unchanged]
    if gone:
        connection.execute(_DROP_RESOURCE, gone)
    rows = [
        {"key": key, "address": address, "body": body}
        for key, (address, body) in wanted.items()
        if key not in unchanged
    ]
    if rows:
        connection.execute(insert(RESOURCES), rows)


def _in_place(
    writer: Writer, first: int, kept: Mapping[str, tuple[int, str]], resources: Sequence[Resource]
) -> dict[int, tuple[str, str]]:
    # Keys only have to rise: a resource keeps its own wherever that is possible, so that one that
    # goes does not move all behind it.
    wanted: dict[int, tuple[str, str]] = {}
    last = first
    for resource in resources:
        address = str(resource.address)
        key = kept[address][0] if address in kept else first
        last = key if key > last else last + 1
        wanted[last] = (address, encode_resource(writer, resource))
    return wanted


def _bounds(number: int) -> dict[str, int]:
    return {"first": first_key(number), "last": last_key(number)}


def _stack_of(connection: Connection, box: LazyBox, row: RowMapping) -> Stack:
    vault = Vault(connection, box, row["stack_id"])
    template = unpack_template(vault, row["template"])
    return decode_stack(vault.reader(), row, unpack(row["body"]), template)
