"""Numbered changes of the tables, and the version that a database has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, delete, insert, inspect, select

from imageferry.store.tables import METADATA, PARTIAL_INDEXES, SCHEMA_VERSIONS

Steps = Mapping[int, Callable[[Connection], None]]
"""By version: what brings a database of the version before to this one."""

FIRST_VERSION: Final = 1


def _add_paces(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE paces (key TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, "
        "updated_at DOUBLE PRECISION NOT NULL)"
    )


# A new database is made as tables.py says and needs none of these. Each is written out in SQL that
# every database reads, since tables.py goes on changing after it.
STEPS: Final[Steps] = MappingProxyType({2: _add_paces})


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
        for index in PARTIAL_INDEXES:
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
