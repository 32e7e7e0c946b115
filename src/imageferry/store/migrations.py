"""Numbered changes of the tables, and the version that a database has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, delete, insert, inspect, select

from imageferry.store.tables import INDEXES, METADATA, SCHEMA_VERSIONS

Steps = Mapping[int, Callable[[Connection], None]]
"""By version: what brings a database of the version before to this one."""

FIRST_VERSION: Final = 1


def _add_paces(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE paces (key TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, "
        "updated_at DOUBLE PRECISION NOT NULL)"
    )


_NUMBERS: Final = {"sqlite": "INTEGER", "postgresql": "BIGSERIAL"}
_BYTES: Final = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def _add_api_tables(connection: Connection) -> None:
    kind = connection.dialect.name
    number, content = _NUMBERS[kind], _BYTES[kind]
    for statement in (
        f"CREATE TABLE documents (number {number} NOT NULL PRIMARY KEY, kind TEXT NOT NULL, "
        "account_id TEXT NOT NULL, document_id TEXT NOT NULL, parent TEXT NOT NULL, "
        "name TEXT NOT NULL, version INTEGER NOT NULL, created_at DOUBLE PRECISION NOT NULL, "
        f"updated_at DOUBLE PRECISION NOT NULL, body {content} NOT NULL, "
        "UNIQUE (kind, account_id, document_id))",
        "CREATE TABLE access_keys (key_id TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL, "
        "role TEXT NOT NULL, note TEXT NOT NULL, created_at DOUBLE PRECISION NOT NULL, "
        f"revoked_at DOUBLE PRECISION, secret {content} NOT NULL)",
        f"CREATE TABLE audit (number {number} NOT NULL PRIMARY KEY, mark TEXT NOT NULL UNIQUE, "
        "at DOUBLE PRECISION NOT NULL, account_id TEXT NOT NULL, key_id TEXT NOT NULL, "
        "role TEXT NOT NULL, api TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, "
        "region TEXT NOT NULL, request_id TEXT NOT NULL, source TEXT NOT NULL, "
        "outcome TEXT NOT NULL)",
        "CREATE INDEX stacks_by_age ON stacks (cloud, account_id, created_at, number)",
        "CREATE UNIQUE INDEX one_document_a_name ON documents (kind, account_id, parent, name) "
        "WHERE name <> ''",
        "CREATE INDEX documents_by_age ON documents (kind, account_id, parent, created_at, number)",
        "CREATE INDEX documents_by_change ON documents (kind, updated_at)",
        "CREATE INDEX audit_by_account ON audit (account_id, number)",
    ):
        connection.exec_driver_sql(statement)


# A new database is made as tables.py says and needs none of these. Each is written out in SQL that
# every database reads, since tables.py goes on changing after it.
STEPS: Final[Steps] = MappingProxyType({2: _add_paces, 3: _add_api_tables})


class SchemaTooNew(Exception):
    """The database was written by newer code."""

    def __init__(self, found: int, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(f"the tables have version {found}, known is {known}")


class NotOurs(Exception):
    """The database has tables, and none of them is ours."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(f'there is a table "{table}" and no version')


def known_version() -> int:
    """The version of the tables that this code makes."""
    return max(STEPS, default=FIRST_VERSION)


def migrate(
    connection: Connection,
    *,
    only_look: bool = False,
    steps: Steps = STEPS,
    is_shared: bool = False,
) -> bool:
    """Bring the tables to the newest version; True where they were there already.

    `only_look` changes nothing. Otherwise the transaction must be one that writes and has taken its
    turn, so that processes that start at once come one after the other; where it is not committed,
    nothing was changed. `is_shared`: see `found_version`. Raises SchemaTooNew and NotOurs.
    """
    newest = max(steps, default=FIRST_VERSION)
    found = found_version(connection, is_shared=is_shared)
    if found is not None and found > newest:
        raise SchemaTooNew(found, newest)
    if found == newest or only_look:
        return found == newest
    if found is None:
        METADATA.create_all(connection)
        for index in INDEXES:
            connection.exec_driver_sql(index)
    else:
        for version in range(found + 1, newest + 1):
            steps[version](connection)
        connection.execute(delete(SCHEMA_VERSIONS))
    connection.execute(insert(SCHEMA_VERSIONS).values(version=newest))
    return False


def found_version(connection: Connection, *, is_shared: bool = False) -> int | None:
    """The version of the tables that are there; None where there are none. Raises NotOurs.

    `is_shared`: other programs' tables may be there, too, as long as none has a name of ours.
    """
    tables = inspect(connection).get_table_names()
    if SCHEMA_VERSIONS.name in tables:
        found: int | None = connection.execute(select(SCHEMA_VERSIONS.c.version)).scalar()
        return found
    others = [name for name in tables if name in METADATA.tables] if is_shared else tables
    if others:
        raise NotOurs(others[0])
    return None
