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

# A new database is made as tables.py says and needs none of these.
STEPS: Final[Steps] = MappingProxyType({})


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


def migrate(connection: Connection, *, only_look: bool = False, steps: Steps = STEPS) -> bool:
    """Bring the tables to the newest version; True where they were there already.

    `only_look` changes nothing. The transaction must be one that writes, otherwise: processes
    that start at once then take turns. Raises SchemaTooNew and NotOurs.
    """
    newest = max(steps, default=FIRST_VERSION)
    found = _version(connection)
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


def _version(connection: Connection) -> int | None:
    tables = inspect(connection).get_table_names()
    if SCHEMA_VERSIONS.name in tables:
        found: int | None = connection.execute(select(SCHEMA_VERSIONS.c.version)).scalar()
        return found
    if tables:
        raise NotOurs(tables[0])
    return None
