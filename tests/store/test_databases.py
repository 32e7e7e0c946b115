"""Opening a database: new, old, newer, damaged, not ours, not writable, not lockable."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from imageferry.ports.keeping import StoreError
from imageferry.store.backends import Conflict
from imageferry.store.databases import Database, open_database, transaction
from imageferry.store.migrations import STEPS, SchemaTooNew, known_version, migrate
from tests.store.samples import begin, opened, url_of

_OPENS = """
import sys
from imageferry.store.databases import open_database
sys.stdin.readline()
open_database(sys.argv[1]).close()
print("open")
"""


def test_a_new_database_is_set_up(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    with transaction(database, writes=False) as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    database.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    open_database(url_of(tmp_path)).close()


def test_processes_that_start_at_once_share_it(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENS, url_of(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=30)[0] for process in started] == ["open\n"] * 4


def refused(url: str) -> str:
    with pytest.raises(StoreError) as failure:
        open_database(url).close()
    return str(failure.value)


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "imageferry.db").write_bytes(b"this is no database, whatever its name says" * 99)
    said = refused(url_of(tmp_path))
    assert f'"{tmp_path / "imageferry.db"}"' in said
    assert "is not an SQLite database" in said
    assert "another home" in said


def test_a_file_damaged_inside(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            await begin(store)
        path = tmp_path / "imageferry.db"
        content = bytearray(path.read_bytes())
        content[2048:] = b"\xff" * (len(content) - 2048)
        path.write_bytes(bytes(content))
        with pytest.raises(StoreError, match="it is damaged"):
            async with opened(tmp_path) as store:
                await store.open_operations()

    asyncio.run(program())


def test_a_database_of_another_program(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "imageferry.db")
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    said = refused(url_of(tmp_path))
    assert 'belongs to another program (it has a table "bookmarks"' in said


def test_a_newer_database(tmp_path: Path) -> None:
    open_database(url_of(tmp_path)).close()
    connection = sqlite3.connect(tmp_path / "imageferry.db")
    connection.execute("UPDATE schema_version SET version = 99")
    connection.commit()
    connection.close()
    said = refused(url_of(tmp_path))
    assert "written by a newer imageferry (its tables have version 99" in said


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "imageferry.db").mkdir()
    assert "cannot be opened or created" in refused(url_of(tmp_path))


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be opened or created" in refused(url_of(tmp_path / "nowhere"))


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    open_database(url_of(tmp_path)).close()
    connection = sqlite3.connect(tmp_path / "imageferry.db")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    path = tmp_path / "imageferry.db"
    said = refused(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert "it may not be written" in said


def test_a_place_where_nothing_is_locked(tmp_path: Path) -> None:
    # SQLite's own way to files without locks, as on some network disks.
    path = tmp_path / "imageferry.db"
    said = refused(f"sqlite:///file:{path}?vfs=unix-none&uri=true")
    assert "files cannot be locked" in said
    assert "local disk" in said


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("no url at all", "cannot be read; give one such as", id="no URL"),
        pytest.param(
            "mysql://me:hunter2@db/x", '"mysql" is not supported; use one of: ', id="another kind"
        ),
    ],
)
def test_a_url_that_is_of_no_use(url: str, says: str) -> None:
    said = refused(url)
    assert says in said
    assert "hunter2" not in said


def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            entry = await begin(store)
            connection = store._database.connection
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.rollback()
            large = replace(entry.change_set, change_set_id="large", description="镜像" * 99_999)
            large = replace(large, template=bytes(range(256)) * 99)
            with pytest.raises(StoreError, match="the disk is full"):
                await store.save_change_set(large)
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
            connection.rollback()
            again = await store.enter(entry.operation.operation_id)
            assert again is not None

    asyncio.run(program())


def insert_twice(database: Database) -> None:
    with transaction(database, writes=True) as connection:
        for _ in range(2):
            connection.exec_driver_sql(
                "INSERT INTO installation (name, value) VALUES (?, ?)", ("key", "hunter2")
            )


def test_an_error_shows_no_value(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    with pytest.raises(Conflict) as failure:
        insert_twice(database)
    shown = f"{failure.value} {failure.value.__cause__!r} {failure.value.__cause__}"
    assert "hunter2" not in shown
    with transaction(database, writes=False) as connection:
        assert connection.exec_driver_sql("SELECT * FROM installation").all() == []
    database.close()


def test_a_database_in_memory(tmp_path: Path) -> None:
    database = open_database("sqlite://")
    with transaction(database, writes=False) as connection:
        assert connection.exec_driver_sql("SELECT version FROM schema_version").all() == [(3,)]
    database.close()
    assert list(tmp_path.iterdir()) == []


def test_older_tables_are_brought_up_step_by_step(tmp_path: Path) -> None:
    done: list[int] = []

    def step(version: int) -> None:
        done.append(version)

    def fourth(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE stacks ADD COLUMN colour TEXT")
        step(4)

    steps = {**STEPS, 4: fourth, 5: lambda _: step(5)}
    database = open_database(url_of(tmp_path))
    with transaction(database, writes=True) as connection:
        assert migrate(connection, only_look=True, steps=steps) is False
        assert done == []
        assert migrate(connection, steps=steps) is False
        assert done == [4, 5]
        assert migrate(connection, steps=steps) is True
        connection.exec_driver_sql("SELECT colour FROM stacks")
        with pytest.raises(SchemaTooNew) as newer:
            migrate(connection)
        assert (newer.value.found, newer.value.known) == (5, known_version())
    database.close()
