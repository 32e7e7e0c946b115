"""Tables of version 1 brought to today's, on both databases: by several at once, and cut short."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.ports.keeping import StoreError
from imageferry.store.databases import Database, open_database, transaction, version_of_tables
from imageferry.store.migrations import known_version, migrate
from imageferry.store.postgres import postgres_backend
from imageferry.store.sqlite import sqlite_backend
from tests.store.samples import begin, ending, open_url, stack_named, url_of

# As the first release made them; on a server the numbers and bytes have other names.
FIRST = """
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE installation (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name));
CREATE TABLE stacks (number {NUMBER} NOT NULL, stack_id TEXT NOT NULL, cloud TEXT NOT NULL,
  account_id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
  status_reason TEXT NOT NULL, operation_id TEXT, created_at DOUBLE PRECISION NOT NULL,
  updated_at DOUBLE PRECISION NOT NULL, PRIMARY KEY (number), UNIQUE (stack_id));
CREATE TABLE stack_bodies (stack_number {NUMBER} NOT NULL, body {BYTES} NOT NULL,
  template {BYTES} NOT NULL, PRIMARY KEY (stack_number),
  FOREIGN KEY(stack_number) REFERENCES stacks (number));
CREATE TABLE resources ("key" {WHOLE} NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY ("key"));
CREATE TABLE change_sets (number {NUMBER} NOT NULL, change_set_id TEXT NOT NULL,
  stack_id TEXT NOT NULL, created_at DOUBLE PRECISION NOT NULL, spent BOOLEAN NOT NULL,
  secret_ids TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (change_set_id));
CREATE INDEX ix_change_sets_stack_id ON change_sets (stack_id);
CREATE TABLE change_set_bodies (change_set_number {NUMBER} NOT NULL, body {BYTES} NOT NULL,
  template {BYTES} NOT NULL, PRIMARY KEY (change_set_number),
  FOREIGN KEY(change_set_number) REFERENCES change_sets (number) ON DELETE CASCADE);
CREATE TABLE operations (number {NUMBER} NOT NULL, operation_id TEXT NOT NULL,
  stack_id TEXT NOT NULL, status TEXT NOT NULL, epoch INTEGER NOT NULL,
  entries_since_record INTEGER NOT NULL, cancel_requested BOOLEAN NOT NULL, client_token TEXT,
  change_set_id TEXT NOT NULL, rollback_id TEXT, reason TEXT NOT NULL, ended_at DOUBLE PRECISION,
  body TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (operation_id),
  FOREIGN KEY(stack_id) REFERENCES stacks (stack_id));
CREATE INDEX ix_operations_stack_id ON operations (stack_id);
CREATE TABLE journal ("key" {WHOLE} NOT NULL, body TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE progress (operation_number {NUMBER} NOT NULL, written_at DOUBLE PRECISION NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (operation_number),
  FOREIGN KEY(operation_number) REFERENCES operations (number));
CREATE TABLE events ("key" {WHOLE} NOT NULL, count INTEGER NOT NULL, operation_number {WHOLE},
  body TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE secrets (stack_id TEXT NOT NULL, secret_id TEXT NOT NULL, ciphertext {BYTES} NOT NULL,
  PRIMARY KEY (stack_id, secret_id));
CREATE UNIQUE INDEX one_living_stack_a_name ON stacks (cloud, account_id, region, name)
  WHERE status <> 'DELETED';
CREATE UNIQUE INDEX one_open_operation_a_stack ON operations (stack_id)
  WHERE status IN ('RUNNING', 'PARKED');
CREATE INDEX open_operations ON operations (number) WHERE status IN ('RUNNING', 'PARKED');
CREATE INDEX operations_by_client_token ON operations (client_token)
  WHERE client_token IS NOT NULL;
INSERT INTO schema_version (version) VALUES (1);
INSERT INTO installation (name, value) VALUES ('id', 'a1b2c3d4');
INSERT INTO stacks (stack_id, cloud, account_id, region, name, status, status_reason, operation_id,
  created_at, updated_at) VALUES ('stack-demo', 'emulator', '1000000000000001', 'cn-hangzhou',
  'demo', 'CREATED', '""', 'old', 1000.0, 1002.0);
INSERT INTO operations (operation_id, stack_id, status, epoch, entries_since_record,
  cancel_requested, change_set_id, reason, ended_at, body) VALUES ('old', 'stack-demo',
  'SUCCEEDED', 1, 0, false, 'changes', '""', 1002.0, '{OPERATION}');
INSERT INTO resources ("key", address, body) VALUES (4294967296, 'Tokyo', '{RESOURCE}');
"""
_OPERATION = (
    '{"kind":"CREATE","on_failure":"keep","fingerprint":"asked","deadline":null,"parallel":0,'
    '"started_at":1000.0,"schema":1}'
)
_RESOURCE = (
    '{"type":"ALIYUN::ECS::CopyImage","status":"CREATED","physical_id":"m-1",'
    '"policies":["delete","delete"],"times":[1000.0,1001.0]}'
)
_SQLITE = {"NUMBER": "INTEGER", "WHOLE": "INTEGER", "BYTES": "BLOB"}
_SERVER = {"NUMBER": "BIGSERIAL", "WHOLE": "BIGINT", "BYTES": "BYTEA"}

_OPENS = """
import sys
from imageferry.store.databases import open_database
sys.stdin.readline()
open_database(sys.argv[1]).close()
print("open")
"""

_STANDS_STILL = """
import sys
from sqlalchemy.engine import make_url
from imageferry.store.databases import Database, transaction
from imageferry.store.migrations import STEPS, known_version, migrate
from imageferry.store.postgres import postgres_backend
from imageferry.store.sqlite import sqlite_backend

def last(connection):
    connection.exec_driver_sql("CREATE TABLE half (number INTEGER)")
    print("half", flush=True)
    sys.stdin.read()

backend = postgres_backend if sys.argv[1].startswith("postgresql") else sqlite_backend
database = Database(backend(make_url(sys.argv[1])))
with transaction(database, writes=True) as connection:
    database.backend.take_turn(connection)
    steps = {**STEPS, known_version() + 1: last}
    if not migrate(connection, steps=steps):
        last(connection)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres").database()
        return url
    return url_of(tmp_path)


@pytest.fixture
def first(empty: str) -> str:
    """The URL of a database with the tables of version 1 and a few rows."""
    is_file = empty.startswith("sqlite")
    engine = create_engine(empty.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    words = {**(_SQLITE if is_file else _SERVER), "OPERATION": _OPERATION, "RESOURCE": _RESOURCE}
    script = FIRST
    for name, word in words.items():
        script = script.replace("{" + name + "}", word)
    with engine.begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    engine.dispose()
    return empty


def tables_of(url: str) -> set[str]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    with engine.connect() as connection:
        found = connection.exec_driver_sql(names[engine.dialect.name]).scalars().all()
    engine.dispose()
    return set(found)


def test_the_first_tables_are_read_by_todays_code(first: str) -> None:
    assert version_of_tables(first) == 1

    async def program() -> None:
        store = open_url(first)
        assert await store.installation() == "a1b2c3d4"
        operation = await store.last_operation("stack-demo")
        assert operation is not None
        assert (operation.status, operation.ended_at) == (OperationStatus.SUCCEEDED, 1002.0)
        (resource,) = (await store.resources("stack-demo")).values()
        assert resource.physical_id == "m-1"
        other = stack_named("other")
        entry = await begin(store, other)
        await store.close_operation(entry.operation.operation_id, 1, ending(other))
        kept = await store.stack(other.stack_id)
        assert kept is not None
        assert kept.status is StackStatus.CREATED
        await store.close()

    asyncio.run(program())
    assert version_of_tables(first) == known_version()
    assert "paces" in tables_of(first)


def test_an_upgraded_database_has_the_tables_of_a_new_one(first: str, tmp_path: Path) -> None:
    open_database(first).close()
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    open_database(fresh).close()
    assert tables_of(first) == tables_of(fresh)


def test_an_upgraded_database_has_the_columns_and_indexes_of_a_new_one(
    first: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    open_database(first).close()
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    if first.startswith("postgresql"):
        fresh = request.getfixturevalue("postgres").database()
    open_database(fresh).close()
    assert shape_of(first) == shape_of(fresh)


def shape_of(url: str) -> dict[str, object]:
    """Of each table its columns, its key, what is unique in it, and its indexes.

    SQLite keeps a DOUBLE and a DOUBLE PRECISION alike, by other names.
    """
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        looked = inspect(connection)
        found: dict[str, object] = {
            table: (
                sorted(
                    (one["name"], str(one["type"]).replace("REAL", "DOUBLE"), one["nullable"])
                    for one in looked.get_columns(table)
                ),
                looked.get_pk_constraint(table)["constrained_columns"],
                sorted(one["column_names"] for one in looked.get_unique_constraints(table)),
                sorted(
                    (str(one["name"]), tuple(map(str, one["column_names"])), bool(one["unique"]))
                    for one in looked.get_indexes(table)
                ),
            )
            for table in looked.get_table_names()
        }
    engine.dispose()
    return found


def test_processes_that_start_at_once_upgrade_it_once(first: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENS, first],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in started] == ["open\n"] * 3
    assert version_of_tables(first) == known_version()


def test_processes_that_start_at_once_make_one_new_database(empty: str) -> None:
    async def program() -> None:
        stores = await asyncio.gather(*(asyncio.to_thread(open_url, empty) for _ in range(5)))
        made = {await store.installation() for store in stores}
        assert len(made) == 1
        for store in stores:
            await store.close()

    asyncio.run(program())


class CutShort(Exception):
    """What ends a migration in the middle."""


@pytest.mark.parametrize("cut", ["after the first step", "before the commit"])
def test_cut_short_nothing_is_changed(first: str, cut: str) -> None:
    def second(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (number INTEGER)")
        connection.exec_driver_sql("ALTER TABLE stacks ADD COLUMN colour TEXT")

    def third(connection: Connection) -> None:
        if cut == "after the first step":
            raise CutShort

    before = tables_of(first)
    with pytest.raises(CutShort):
        _upgrade(first, {2: second, 3: third})
    assert tables_of(first) == before
    assert version_of_tables(first) == 1
    open_database(first).close()
    assert version_of_tables(first) == known_version()


def _upgrade(url: str, steps: dict[int, Callable[[Connection], None]]) -> None:
    backend = postgres_backend if url.startswith("postgresql") else sqlite_backend
    database = Database(backend(make_url(url)))
    try:
        with transaction(database, writes=True) as connection:
            database.backend.take_turn(connection)
            migrate(connection, steps=steps)
            raise CutShort
    finally:
        database.close()


@pytest.mark.parametrize("tables", ["the first", "none"])
def test_killed_in_the_middle_nothing_is_changed(
    tables: str, empty: str, request: pytest.FixtureRequest
) -> None:
    if tables == "the first":
        request.getfixturevalue("first")
    before = tables_of(empty)
    child = subprocess.Popen(
        [sys.executable, "-c", _STANDS_STILL, empty],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        # It has the right to write now, and others wait for it.
        second = subprocess.Popen(
            [sys.executable, "-c", _OPENS, empty],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert second.stdin is not None
        second.stdin.write("go\n")
        second.stdin.flush()
        assert tables_of(empty) == before
        child.kill()
    assert second.communicate(timeout=60)[0] == "open\n"
    assert version_of_tables(empty) == known_version()
    assert "half" not in tables_of(empty)


def test_newer_tables_are_refused(empty: str) -> None:
    database = open_database(empty)
    with transaction(database, writes=True) as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version = 99")
    database.close()
    with pytest.raises(StoreError, match="newer imageferry"):
        open_database(empty)
