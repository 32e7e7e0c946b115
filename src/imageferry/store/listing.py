"""Pages of stacks: filtered, counted and ordered in SQL, with bodies only of the page."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Connection, Select, case, func, or_, select

from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import StackStatus
from imageferry.store.bodies import unpack
from imageferry.store.codec import decode_choices, decode_stack, dumps
from imageferry.store.journal import IS_OPEN
from imageferry.store.secrets import LazyBox, Vault
from imageferry.store.tables import OPERATIONS, STACK_BODIES, STACKS

_ANYTHING: Final = "*"
_IN_FULL: Final = STACK_BODIES.c.stack_number == STACKS.c.number
_LIGHT: Final = select(STACKS, STACK_BODIES.c.body).join(STACK_BODIES, _IN_FULL)
_COUNT: Final = select(func.count()).select_from(STACKS)
_BODIES: Final = select(STACKS.c.number, STACK_BODIES.c.body).join(STACK_BODIES, _IN_FULL)
_HELD: Final = select(OPERATIONS.c.stack_id).where(IS_OPEN)
_MOST_NUMBERS: Final = 500


def find_page(
    connection: Connection, box: LazyBox, query: StackQuery, offset: int, limit: int
) -> tuple[list[Stack], int]:
    """Stacks without their templates, newest first, and how many there are in all."""
    if query.tags or query.dialect:
        return _leafed_page(connection, box, query, offset, limit)
    total = int(connection.execute(_narrowed(_COUNT, connection, query)).scalar_one())
    if offset >= total or limit <= 0:
        return [], total
    page = _ordered(_narrowed(_LIGHT, connection, query), query).offset(offset).limit(limit)
    return _stacks_of(connection, box, page), total


def stack_id_ending(connection: Connection, uuid: str) -> str | None:
    """The id of the stack whose id ends in `/` and this."""
    ending = f"/{uuid}"
    ids = select(STACKS.c.stack_id).where(STACKS.c.stack_id.endswith(ending, autoescape=True))
    for stack_id in connection.execute(ids).scalars():
        if stack_id.endswith(ending):
            return str(stack_id)
    return None


def _leafed_page(
    connection: Connection, box: LazyBox, query: StackQuery, offset: int, limit: int
) -> tuple[list[Stack], int]:
    """Tags and dialect stand in bodies, so every body is looked at, though not decoded as a whole."""
    rows = connection.execute(_ordered(_narrowed(_BODIES, connection, query), query))
    numbers = [number for number, body in rows if _is_meant(bytes(body), query)]
    wanted = numbers[offset : offset + max(limit, 0)]
    found: list[Stack] = []
    for first in range(0, len(wanted), _MOST_NUMBERS):
        some = wanted[first : first + _MOST_NUMBERS]
        page = _ordered(_LIGHT.where(STACKS.c.number.in_(some)), query)
        found += _stacks_of(connection, box, page)
    return found, len(numbers)


def _is_meant(packed: bytes, query: StackQuery) -> bool:
    body = unpack(packed)
    # The dialect is what every body begins with.
    if query.dialect and not body.startswith(
        f'{{"dialect":{dumps(query.dialect)},'.encode("ascii")
    ):
        return False
    return not query.tags or _has_tags(body, query)


def _has_tags(body: bytes, query: StackQuery) -> bool:
    # Where a name stands nowhere in the text it is no tag's either, and nothing need be decoded.
    if any(dumps(name).encode("ascii") not in body for name in query.tags):
        return False
    tags = decode_choices(body).tags
    return all(
        name in tags and (value is None or tags[name] == value)
        for name, value in query.tags.items()
    )


def _stacks_of(connection: Connection, box: LazyBox, page: Select[Any]) -> list[Stack]:
    found = []
    for row in connection.execute(page).mappings().all():
        vault = Vault(connection, box, row["stack_id"])
        found.append(decode_stack(vault.reader(), row, unpack(row["body"]), b""))
    return found


def _ordered(select_: Select[Any], query: StackQuery) -> Select[Any]:
    if query.open_first:
        select_ = select_.order_by(case((STACKS.c.stack_id.in_(_HELD), 0), else_=1))
    return select_.order_by(STACKS.c.created_at.desc(), STACKS.c.number.desc())


def _narrowed(select_: Select[Any], connection: Connection, query: StackQuery) -> Select[Any]:
    place = query.place
    select_ = select_.where(STACKS.c.cloud == place.cloud, STACKS.c.account_id == place.account_id)
    if place.region:
        select_ = select_.where(STACKS.c.region == place.region)
    if query.ids:
        select_ = select_.where(STACKS.c.stack_id.in_(query.ids))
    if query.names:
        kind = connection.dialect.name
        select_ = select_.where(or_(*(_is_named(pattern, kind) for pattern in query.names)))
    if query.statuses:
        statuses = [status.value for status in query.statuses]
        select_ = select_.where(STACKS.c.status.in_(statuses))
    elif not query.with_deleted:
        select_ = select_.where(STACKS.c.status != StackStatus.DELETED.value)
    if query.created_from is not None:
        select_ = select_.where(STACKS.c.created_at >= query.created_from)
    if query.created_to is not None:
        select_ = select_.where(STACKS.c.created_at <= query.created_to)
    if query.search:
        select_ = select_.where(_has(query.search))
    return select_


def _has(part: str) -> ColumnElement[bool]:
    """A part of the name or id, its case not counting; what is a sign to LIKE stands for itself."""
    sought = f"%{_literally(part.lower())}%"
    columns = (STACKS.c.name, STACKS.c.stack_id)
    return or_(*(func.lower(column).like(sought, escape="\\") for column in columns))


def _literally(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in text)


def _is_named(pattern: str, kind: str) -> ColumnElement[bool]:
    """A name that matches a pattern, its case counting: LIKE of SQLite does not heed it."""
    if _ANYTHING not in pattern:
        return STACKS.c.name == pattern
    if kind == "sqlite":
        escaped = "".join(f"[{sign}]" if sign in "[?" else sign for sign in pattern)
        return STACKS.c.name.op("GLOB", return_type=Boolean())(escaped)
    return STACKS.c.name.like(_literally(pattern).replace(_ANYTHING, "%"), escape="\\")
