"""The queue's tables: made once, beside those of the store, by whoever comes first."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from imageferry.dispatch.line import OWNERS, SCHEMA, Line
from imageferry.ports.keeping import StoreError

_MADE_WITH: Final = f"{SCHEMA}.made_with"
_LIVING: Final = (
    "SELECT count(*) AS number FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
    " AND classid = %s::bigint::oid AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def prepare(line: Line) -> None:
    """Make the queue's tables where they are missing.

    The queue holds nothing that is not in the journal: tables that another version of Procrastinate
    has made are thrown away and made anew, unless a process lives that still works with them.
    Raises StoreError.
    """
    known = ".".join(version("procrastinate").split(".")[:2])
    try:
        rows = await line.ask("SELECT to_regclass(%(name)s) AS it", {"name": _MADE_WITH},
                              patient=False)  # fmt: skip
        if rows[0]["it"] is not None:
            made = await line.ask(f"SELECT version FROM {_MADE_WITH}", patient=False)  # noqa: S608
            if made and made[0]["version"] == known:
                return
        await line.build(lambda connection: _make(connection, known))
    except psycopg.Error as failure:
        raise StoreError(
            f'the queue cannot make its schema "{SCHEMA}" in the database: '
            f"{' '.join(str(failure).split())}; give the database's role the right to create there"
        ) from failure


async def _make(connection: AsyncConnection[DictRow], known: str) -> None:
    found = await (
        await connection.execute("SELECT to_regclass(%s) AS it", [_MADE_WITH])
    ).fetchone()
    if found is not None and found["it"] is not None:
        query = f"SELECT version FROM {_MADE_WITH}"  # noqa: S608
        made = await (await connection.execute(query)).fetchone()
        if made is not None and made["version"] == known:
            return
        living = await (await connection.execute(_LIVING, [OWNERS])).fetchone()
        if living is not None and living["number"]:
            raise StoreError(
                f"the queue was made by Procrastinate {made['version'] if made else 'unknown'}, "
                f"and {living['number']} processes still work with it (this one has {known}); "
                "end them first, or install the same version"
            )
    await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    await connection.execute(SchemaManager.get_schema())
    await connection.execute(f"CREATE TABLE {_MADE_WITH} (version text)")
    await connection.execute(
        f"INSERT INTO {_MADE_WITH} VALUES (%s)",  # noqa: S608
        [known],
    )
