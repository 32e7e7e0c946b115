"""A database on a server: opened, refused in words, lost and found again, never kept waiting."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from imageferry.model.values import Secret
from imageferry.ports.keeping import Batch, StoreError, StoreUnavailable
from imageferry.store.backends import Conflict
from imageferry.store.databases import Database, open_database, transaction
from imageferry.store.encryption import AesGcmBox
from imageferry.store.postgres import check_server
from imageferry.store.secrets import LazyBox, Vault
from tests.postgres import PostgresServer
from tests.store.samples import (
    begin,
    change_set_of,
    copy_event,
    open_url,
    record_of,
    stack_named,
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own, which may be stopped."""
    own = PostgresServer()
    try:
        yield own
    finally:
        own.close()


@pytest.fixture
def url(server: PostgresServer) -> str:
    return server.database()


def asked(database: Database, statement: str) -> list[tuple[object, ...]]:
    with transaction(database, writes=True) as connection:
        found = connection.exec_driver_sql(statement)
        return [tuple(row) for row in found.all()] if found.returns_rows else []


def refused(url: str) -> StoreError:
    with pytest.raises(StoreError) as failure:
        open_database(url).close()
    return failure.value


def test_a_session_is_set_up(url: str) -> None:
    database = open_database(url.replace("postgresql:", "postgres:"))
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "synchronous_commit")
    shown = [asked(database, f"SHOW {name}")[0][0] for name in names]
    database.close()
    assert shown == ["10s", "30s", "on"]
    ours = open_database(url + "?options=-c%20lock_timeout%3D2s")
    assert asked(ours, "SHOW lock_timeout") == [("2s",)]
    ours.close()


@pytest.mark.parametrize(
    ("change", "says", "passes"),
    [
        pytest.param(("/ferry_", "/nowhere_"), "there is no such database", False, id="database"),
        pytest.param(("postgres@", "nobody:hunter2@"), "has no such user", False, id="user"),
        pytest.param(("127.0.0.1:", "127.0.0.1:1"), "cannot be", None, id="port"),
        pytest.param(("127.0.0.1", "nowhere.invalid"), "host is not known", True, id="host"),
        pytest.param(("", "?nonsense=hunter2"), "has an option that is none", False, id="option"),
        pytest.param(("", "?sslmode=require"), "the server speaks no TLS", False, id="TLS"),
    ],
)
def test_refused_in_words(
    url: str, change: tuple[str, str], says: str, passes: bool | None
) -> None:
    found = refused(url.replace(*change) if change[0] else url + change[1])
    assert says in str(found)
    assert "hunter2" not in "".join(traceback.format_exception(found))
    if passes is not None:
        assert isinstance(found, StoreUnavailable) is passes


def test_no_server(server: PostgresServer) -> None:
    found = refused("postgresql://me:hunter2@127.0.0.1:1/x?password=hunter2")
    assert isinstance(found, StoreUnavailable)
    assert "no server listens there" in str(found)
    assert '"postgresql://me@127.0.0.1:1/x"' in str(found)
    assert "hunter2" not in "".join(traceback.format_exception(found))


@pytest.mark.parametrize(
    "text",
    ["postgresql://me:hunter2@host:port/x", "postgresql://me:1/hunter2@host/x"],
    ids=["port", "slash in the password"],
)
def test_a_url_that_cannot_be_read_is_not_shown(text: str) -> None:
    found = refused(text)
    assert "hunter2" not in "".join(traceback.format_exception(found)).replace("x/hunter2", "")


def test_a_user_who_may_not_connect(server: PostgresServer) -> None:
    url = server.database()
    database = open_database(url)
    asked(database, "CREATE ROLE guest LOGIN")
    asked(database, "REVOKE CONNECT ON DATABASE " + url.rpartition("/")[2] + " FROM PUBLIC")
    database.close()
    found = refused(url.replace("postgres@", "guest:hunter2@"))
    assert "its user may not connect" in str(found)
    assert not isinstance(found, StoreUnavailable)


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """A database of which the server asks its owner for a password, and does not admit strangers."""
    own = PostgresServer()
    try:
        url = own.database()
        database = open_database(url)
        asked(database, "CREATE ROLE owner LOGIN SUPERUSER PASSWORD 'p@ss/word'")
        asked(database, "CREATE ROLE stranger LOGIN")
        path = Path(str(asked(database, "SHOW hba_file")[0][0]))
        path.write_text(
            "host all owner 127.0.0.1/32 scram-sha-256\n"
            "host all stranger 127.0.0.1/32 reject\n"
            "host all postgres 127.0.0.1/32 trust\n"
        )
        database.close()
        own.stop()
        own.start()
        yield url
    finally:
        own.close()


@pytest.mark.parametrize(
    ("login", "says"),
    [
        pytest.param("owner:hunter2@", "the password is wrong", id="wrong"),
        pytest.param("owner@", "the server asks for a password", id="none"),
        pytest.param("stranger:hunter2@", "the server admits nobody from here", id="not admitted"),
    ],
)
def test_passwords(strict: str, login: str, says: str) -> None:
    given = strict.replace("postgres@", login) + "?passfile=/nonexistent"
    found = refused(given)
    assert says in str(found)
    assert "hunter2" not in "".join(traceback.format_exception(found))
    assert not isinstance(found, StoreUnavailable)


def test_the_right_password(strict: str) -> None:
    open_database(strict.replace("postgres@", "owner:p%40ss%2Fword@")).close()
    open_database(strict.replace("postgres@", "owner@") + "?password=p%40ss%2Fword").close()


def test_a_user_without_rights(server: PostgresServer) -> None:
    url = server.database()
    database = open_database(url)
    asked(database, "CREATE ROLE reader LOGIN")
    database.close()
    other = server.database()
    found = refused(other.replace("postgres@", "reader@"))
    assert "has not the right" in str(found)
    assert "GRANT" in str(found)


def test_another_encoding(server: PostgresServer) -> None:
    database = open_database(server.database())
    driver = database.connection.connection.driver_connection
    assert driver is not None
    database.connection.rollback()
    driver.autocommit = True
    driver.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    database.close()
    found = refused(f"postgresql://postgres@127.0.0.1:{server.port}/latin")
    assert "its encoding is LATIN1" in str(found)


def test_a_server_that_is_too_old() -> None:
    with pytest.raises(StoreError, match="PostgreSQL 12, and 13 is the oldest"):
        check_server("x", 120_017, "UTF8")
    check_server("x", 130_000, "UTF8")


def test_other_programs_may_share_the_database(url: str, server: PostgresServer) -> None:
    bare = server.database()
    database = open_database(url)
    asked(database, "CREATE TABLE bookmarks (url TEXT)")
    database.close()
    open_database(url).close()
    program = (
        "import psycopg, sys\nwith psycopg.connect(sys.argv[1]) as c: c.execute(sys.argv[2])\n"
    )
    for table in ("bookmarks", "events"):
        statement = f"CREATE TABLE {table} (url TEXT)"
        subprocess.run([sys.executable, "-c", program, bare, statement], check=True, timeout=30)
        if table == "bookmarks":
            continue
        found = refused(bare)
        assert 'it has a table "events"' in str(found)
        assert "choose another database" in str(found)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        pytest.param("VALUES ('hunter2', 'there')", Conflict, id="the same key"),
        pytest.param("VALUES ('another hunter2', NULL)", StoreError, id="a column left out"),
    ],
)
def test_an_error_shows_no_value(url: str, statement: str, kind: type[StoreError]) -> None:
    database = open_database(url)
    insert = "INSERT INTO installation (name, value) "
    asked(database, insert + "VALUES ('hunter2', 'there')")
    with pytest.raises(kind) as failure:
        asked(database, insert + statement)
    # The server's details tell the key, or the whole row.
    assert "hunter2" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    database.close()


def test_a_connection_that_broke_is_made_anew(server: PostgresServer, url: str) -> None:
    async def program() -> None:
        store = open_url(url)
        entry = await begin(store)
        operation_id = entry.operation.operation_id
        await store.flush(operation_id, 1, Batch([record_of("Tokyo")]))
        for how in (signal.SIGINT, signal.SIGQUIT):
            server.stop(how)
            with pytest.raises(StoreUnavailable):
                await store.operation(operation_id)
            with pytest.raises(StoreUnavailable):
                await store.flush(operation_id, 1, Batch([record_of("Osaka")]))
            server.start()
            # Nobody has to open anything: neither for reading, nor for writing.
            assert await store.operation(operation_id) is not None
            await store.flush(operation_id, 1, Batch([record_of(f"after {how.name}")]))
        # Broken while nobody used it: the next who comes hears nothing of it.
        server.stop()
        server.start()
        await store.flush(operation_id, 1, Batch([record_of("unheard")]))
        server.stop()
        server.start()
        assert len(await store.records(operation_id)) == 4
        await store.close()

    asyncio.run(program())


def test_a_commit_in_doubt_is_never_repeated(server: PostgresServer, url: str) -> None:
    database = open_database(url)
    asked(database, "CREATE TABLE deeds (name TEXT)")
    tries = 0

    def doubtful(connection: object) -> None:
        # The server goes down between the last statement and the commit's answer.
        server.stop(signal.SIGQUIT)

    event.listen(database.connection.engine, "commit", doubtful)

    def write() -> None:
        nonlocal tries
        tries += 1
        with transaction(database, writes=True) as connection:
            connection.exec_driver_sql("INSERT INTO deeds VALUES ('once')")

    with pytest.raises(StoreUnavailable) as failure:
        write()
    assert type(failure.value) is StoreUnavailable
    server.start()
    assert tries == 1
    assert len(asked(database, "SELECT * FROM deeds")) <= 1
    database.close()


def test_who_stands_still_in_a_transaction_keeps_nobody_waiting(url: str) -> None:
    async def program() -> None:
        impatient = url + "?options=-c%20idle_in_transaction_session_timeout%3D400"
        store, other = open_url(url), open_url(url)
        entry = await begin(store)
        operation_id = entry.operation.operation_id
        paused = open_database(impatient)
        connection = paused.connection
        connection.rollback()
        under_way = connection.begin()
        paused.backend.begin(connection, True)
        connection.exec_driver_sql("SELECT 1 FROM operations FOR UPDATE").all()
        # It holds the row, and is not heard of any more.
        taken = await asyncio.wait_for(other.enter(operation_id), 10)
        assert taken is not None
        assert taken.epoch == 2
        with pytest.raises(Exception, match="idle-in-transaction"):
            connection.exec_driver_sql("UPDATE operations SET epoch = 99")
        under_way.rollback()
        paused.close()
        after = await store.operation(operation_id)
        assert after is not None
        assert after.epoch == 2
        await store.close()
        await other.close()

    asyncio.run(program())


def test_a_row_that_is_held_for_too_long_is_said(url: str) -> None:
    async def program() -> None:
        store = open_url(url + "?options=-c%20lock_timeout%3D200")
        entry = await begin(store)
        holder = open_database(url)
        with transaction(holder, writes=True) as connection:
            connection.exec_driver_sql("SELECT 1 FROM operations FOR UPDATE").all()
            with pytest.raises(StoreUnavailable, match="held a row for too long"):
                await store.enter(entry.operation.operation_id)
            # Who only looks waits for nobody.
            assert await store.operation(entry.operation.operation_id) is not None
        holder.close()
        assert await store.enter(entry.operation.operation_id) is not None
        await store.close()

    asyncio.run(program())


def test_too_many_connections_pass(server: PostgresServer) -> None:
    url = server.database()
    database = open_database(url)
    asked(database, f"ALTER DATABASE {url.rpartition('/')[2]} CONNECTION LIMIT 0")
    asked(database, "CREATE ROLE crowd LOGIN")
    database.close()
    found = refused(url.replace("postgres@", "crowd@"))
    assert "too many connections" in str(found)
    assert isinstance(found, StoreUnavailable)


@pytest.mark.parametrize(
    "kept", ["that of the first", "one that no secret needs"], ids=lambda kept: f"key kept: {kept}"
)
def test_who_has_another_key_waits_for_who_keeps_a_secret(url: str, kept: str) -> None:
    boxes = [AesGcmBox(letter * 32) for letter in (b"a", b"b")]
    first, second, onlooker = (open_database(url) for _ in range(3))
    value = boxes[0].fingerprint if kept == "that of the first" else "of a key that is gone"
    asked(onlooker, f"INSERT INTO installation (name, value) VALUES ('key', '{value}')")

    def keep(database: Database, box: AesGcmBox) -> None:
        with transaction(database, writes=True) as connection:
            Vault(connection, LazyBox(lambda: box), "stack-1").seal_bytes(b"hunter2")

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction(first, writes=True) as connection:
            Vault(connection, LazyBox(lambda: boxes[0]), "stack-1").seal_bytes(b"hunter2")
            late = elsewhere.submit(keep, second, boxes[1])
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while not asked(onlooker, waits):
                assert not late.done()
        with pytest.raises(StoreError, match="encrypted with another key"):
            late.result(timeout=30)
    found = asked(onlooker, "SELECT value FROM installation WHERE name = 'key'")
    assert found == [(boxes[0].fingerprint,)]
    for database in (first, second, onlooker):
        database.close()


def test_two_processes_with_different_keys(url: str) -> None:
    async def program() -> None:
        first, second = open_url(url, key=b"a" * 32), open_url(url, key=b"b" * 32)
        stacks = [stack_named("a"), stack_named("b")]
        sets = [change_set_of(one, parameters={"P": Secret("hunter2")}) for one in stacks]
        done = await asyncio.gather(
            first.save_change_set(sets[0]), second.save_change_set(sets[1]), return_exceptions=True
        )
        refusals = [one for one in done if one is not None]
        assert len(refusals) == 1
        assert "encrypted with another key" in str(refusals[0])
        await first.close()
        await second.close()

    asyncio.run(program())


def test_a_flush_is_few_statements(url: str) -> None:
    async def program() -> None:
        store = open_url(url)
        entry = await begin(store)
        operation_id = entry.operation.operation_id
        statements: list[str] = []

        def executed(*arguments: object) -> None:
            statements.append(str(arguments[2]).split()[0])

        await store.flush(operation_id, 1, Batch([record_of("first")]))
        engines = [
            lane.database.connection.engine
            for lane in store._lanes._lanes
            if lane.database.is_connected
        ]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", executed)
        records = [record_of(f"R{number}") for number in range(20)]
        events = [copy_event(entry.operation, f"R{number}") for number in range(20)]
        await store.flush(operation_id, 1, Batch(records, events))
        await store.flush(operation_id, 1, Batch(records))
        await store.flush(operation_id, 1, Batch())
        all_new, nothing_new, only_a_look = ["SELECT", "INSERT", "INSERT"], ["SELECT"], ["SELECT"]
        assert statements == [*all_new, *nothing_new, *only_a_look]
        await store.close()

    asyncio.run(program())


def test_neither_driver_nor_dialect_is_loaded_for_sqlite() -> None:
    program = (
        "import sys\n"
        "from imageferry.store.databases import open_database\n"
        "open_database('sqlite://').close()\n"
        "print([n for n in sys.modules if n.startswith(('psycopg', 'sqlalchemy.dialects.post'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "[]\n"


def test_a_missing_driver_is_said(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['psycopg'] = None\n"
        "from imageferry.cli.main import main\n"
        "sys.argv = ['imageferry', 'list']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        env={"IMAGEFERRY_DATABASE_URL": "postgresql://h/x", "HOME": "/nonexistent", "PATH": "",
             "IMAGEFERRY_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert 'needs the extra "postgres"' in done.stderr
    assert "pip install 'imageferry[postgres]'" in done.stderr
