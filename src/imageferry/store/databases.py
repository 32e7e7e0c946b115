"""Opening a database: what differs between one database and another, and its failures in words."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from imageferry.ports.keeping import StoreError
from imageferry.store.migrations import NotOurs, SchemaTooNew, migrate

BUSY_TIMEOUT: Final = 30.0
"""Seconds that a statement waits for another process's transaction."""

# A commit writes whole pages, and ours touch a few hundred bytes in each of a few places: small
# pages write less than half of what the default of 4096 does.
_PAGE_SIZE: Final = 1024
_CHECKPOINT_PAGES: Final = 4000


class Conflict(StoreError):
    """A row of that key is there already: another transaction was first."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: one connection, which only one thread may use at a time.

    `where` names it in messages, without a password. `begin` starts a transaction: one that
    writes has the right to do so from its beginning, one that only reads never waits for writers.
    """

    where: str
    connection: Connection
    begin: Callable[[Connection, bool], None]

    def close(self) -> None:
        """Let go of it; a second time does nothing."""
        self.connection.close()
        self.connection.engine.dispose()


@contextmanager
def transaction(database: Database, *, writes: bool) -> Iterator[Connection]:
    """One transaction; raises StoreError for whatever the database refuses."""
    try:
        with database.connection.begin():
            database.begin(database.connection, writes)
            yield database.connection
    except SQLAlchemyError as failure:
        raise _in_words(database.where, failure) from failure


def open_database(url: str) -> Database:
    """Open the database of a URL, and bring its tables to the version of this code.

    Raises StoreError naming the file, what is wrong and how to mend it.
    """
    try:
        address = make_url(url)
    except ArgumentError as failure:
        raise StoreError(
            "the database URL cannot be read; give one such as sqlite:////home/me/imageferry.db"
        ) from failure
    opener = _OPENERS.get(address.get_backend_name())
    if opener is None:
        raise StoreError(
            f'a database of the kind "{address.get_backend_name()}" is not supported; '
            f"use one of: {', '.join(sorted(_OPENERS))}"
        )
    database = opener(address)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: Database) -> None:
    try:
        with transaction(database, writes=False) as connection:
            is_current = migrate(connection, only_look=True)
        if not is_current:
            with transaction(database, writes=True) as connection:
                migrate(connection)
    except SchemaTooNew as newer:
        raise StoreError(
            f'the database "{database.where}" was written by a newer imageferry '
            f"(its tables have version {newer.found}, this one knows {newer.known}); "
            "run that version, or choose another home"
        ) from newer
    except NotOurs as other:
        raise StoreError(
            f'the database "{database.where}" belongs to another program '
            f'(it has a table "{other.table}" and no version of ours); choose another file'
        ) from other


def _open_sqlite(address: URL) -> Database:
    in_memory = address.database in {None, "", ":memory:"}
    where = str(address.database) if not in_memory else "memory"
    engine = create_engine(
        address,
        poolclass=NullPool,
        # Statements carry what the user wrote: an error must not show it.
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )
    path = None if in_memory or "uri" in address.query else Path(where)
    try:
        connection = engine.connect()
        driver: Any = connection.connection.driver_connection
        _set_up_sqlite(driver, where, path, in_memory=in_memory)
    except (SQLAlchemyError, sqlite3.Error) as failure:
        engine.dispose()
        raise _in_words(where, failure) from failure
    except BaseException:
        engine.dispose()
        raise
    return Database(where, connection, _begin_sqlite)


def _begin_sqlite(connection: Connection, writes: bool) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_sqlite(
    connection: sqlite3.Connection, where: str, path: Path | None, *, in_memory: bool
) -> None:
    # The driver shall begin no transaction of its own.
    connection.isolation_level = None
    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
    if not in_memory and _pragma(connection, "journal_mode") != "wal":
        _switch_to_wal(connection, where, path)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = FAST")
    if path is not None and not os.access(path, os.W_OK):
        raise StoreError(
            f'the database "{where}" may not be written; '
            "give its owner the right to write, or choose another home"
        )


def _switch_to_wal(connection: sqlite3.Connection, where: str, path: Path | None) -> None:
    # SQLite documentation, "Write-Ahead Logging": the mode stays with the file, and changing it
    # needs the file alone, for which it does not wait. So processes that start at once take turns.
    if path is None:
        mode = _pragma(connection, "journal_mode = WAL")
    else:
        with _alone(path.parent, where):
            mode = _pragma(connection, "journal_mode = WAL")
    if mode != "wal":
        raise StoreError(
            f'the database "{where}" lies where files cannot be locked and shared between '
            "processes; choose a home on a local disk"
        )


def _pragma(connection: sqlite3.Connection, pragma: str) -> Any:
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


@contextmanager
def _alone(folder: Path, where: str) -> Iterator[None]:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as failure:
        raise StoreError(
            f'the folder of the database "{where}" cannot be opened: {failure.strerror}; '
            "choose another home"
        ) from failure
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as failure:
            raise StoreError(
                f'nothing can be locked in the folder of the database "{where}": '
                f"{failure.strerror}; choose a home on a local disk"
            ) from failure
        yield
    finally:
        os.close(descriptor)


def _open_postgres(address: URL) -> Database:
    where = address.render_as_string(hide_password=True)
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"), poolclass=NullPool, hide_parameters=True
    )
    try:
        connection = engine.connect()
    except SQLAlchemyError as failure:
        engine.dispose()
        raise _in_words(where, failure) from failure
    return Database(where, connection, _begin_postgres)


def _begin_postgres(connection: Connection, writes: bool) -> None:
    if not writes:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


_OPENERS: Final[Mapping[str, Callable[[URL], Database]]] = {
    "sqlite": _open_sqlite,
    "postgresql": _open_postgres,
}

# SQLite documentation, "Result and Error Codes"; the longest beginning of a name counts.
_SQLITE_FAILURES: Final[Mapping[str, tuple[str, str]]] = {
    "SQLITE_BUSY": (
        f"another process has been writing to it for more than {BUSY_TIMEOUT:.0f} s",
        "end or continue that process",
    ),
    "SQLITE_LOCKED": ("it is locked", "run the command again"),
    "SQLITE_PROTOCOL": ("it cannot be locked", "choose a home on a local disk"),
    "SQLITE_IOERR": ("the disk failed", "check the disk, and that it is a local one"),
    "SQLITE_IOERR_LOCK": ("it cannot be locked", "choose a home on a local disk"),
    "SQLITE_IOERR_SHM": ("it cannot be shared", "choose a home on a local disk"),
    "SQLITE_FULL": ("the disk is full", "make room and run the command again"),
    "SQLITE_CANTOPEN": (
        "it cannot be opened or created",
        "check that its folder exists and may be written, or choose another home",
    ),
    "SQLITE_READONLY": (
        "it may not be written",
        "give its owner the right to write to the file and its folder, or choose another home",
    ),
    "SQLITE_READONLY_DBMOVED": ("the file was moved or deleted", "put it back"),
    "SQLITE_PERM": ("access is denied", "give its owner the right to read and write it"),
    "SQLITE_AUTH": ("access is denied", "give its owner the right to read and write it"),
    "SQLITE_NOTADB": (
        "it is not an SQLite database",
        "restore it from a backup, or choose another home",
    ),
    "SQLITE_CORRUPT": ("it is damaged", "restore it from a backup, or choose another home"),
}


def _in_words(where: str, failure: SQLAlchemyError | sqlite3.Error) -> StoreError:
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(failure, IntegrityError):
        return Conflict(f'the database "{where}" holds such a row already: {cause}')
    name = getattr(cause, "sqlite_errorname", "")
    known = max((key for key in _SQLITE_FAILURES if name.startswith(key)), key=len, default="")
    why, mend = _SQLITE_FAILURES.get(known, ("it refused a statement", "see the cause"))
    return StoreError(f'the database "{where}" cannot be used: {why} ({cause}); {mend}')
