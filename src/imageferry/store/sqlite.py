"""A database in a file: SQLite, set up to be shared by processes and to survive power loss."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from imageferry.ports.keeping import StoreError
from imageferry.store.backends import Backend, Conflict, Failing, look_up, said

BUSY_TIMEOUT: Final = 30.0
"""Seconds that a statement waits for another process's transaction; `?timeout=` says otherwise."""

# A commit writes whole pages, and ours touch a few hundred bytes in each of a few places: small
# pages write less than half of what the default of 4096 does.
_PAGE_SIZE: Final = 1024
_CHECKPOINT_PAGES: Final = 4000

_IDENTITY: Final = "imageferry.identity"


def sqlite_backend(address: URL) -> Backend:
    """The backend of an SQLite URL."""
    in_memory = address.database in {None, "", ":memory:"}
    where = str(address.database) if not in_memory else "memory"
    path = None if in_memory or "uri" in address.query else Path(where)
    in_words = partial(_in_words, where)
    return Backend(
        where=where,
        connect=partial(_connect, address, where, path, in_memory),
        begin=partial(_begin, where, path),
        take_turn=_need_no_turn,
        in_words=in_words,
    )


def _connect(address: URL, where: str, path: Path | None, in_memory: bool) -> Connection:
    options: dict[str, Any] = {"check_same_thread": False}
    if "timeout" not in address.query:
        options["timeout"] = BUSY_TIMEOUT
    engine = create_engine(
        address,
        poolclass=NullPool,
        # Statements carry what the user wrote: an error must not show it.
        hide_parameters=True,
        connect_args=options,
    )
    try:
        connection = engine.connect()
        driver: Any = connection.connection.driver_connection
        _set_up(driver, where, path, in_memory=in_memory)
        connection.info[_IDENTITY] = _identity(path)
    except (SQLAlchemyError, sqlite3.Error) as failure:
        engine.dispose()
        raise _in_words(where, failure) from failure
    except BaseException:
        engine.dispose()
        raise
    return connection


def _begin(where: str, path: Path | None, connection: Connection, writes: bool) -> None:
    # SQLite goes on writing to a file that was deleted or replaced, where nobody else looks.
    if _identity(path) != connection.info[_IDENTITY]:
        raise StoreError(
            f'the database "{where}" cannot be used: its file was moved, deleted or replaced while '
            "it was in use; put it back, and run the command again"
        )
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _need_no_turn(connection: Connection) -> None:
    """Whoever writes is the only one already."""


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116  (asked at every transaction)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _set_up(
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


# SQLite documentation, "Result and Error Codes"; the longest beginning of a name counts.
_FAILURES: Final[Mapping[str, Failing]] = {
    "SQLITE_BUSY": Failing(
        "another process has been writing to it for too long", "end or continue that process", True
    ),
    "SQLITE_LOCKED": Failing("it is locked", "run the command again", True),
    "SQLITE_PROTOCOL": Failing("it cannot be locked", "choose a home on a local disk"),
    "SQLITE_IOERR": Failing("the disk failed", "check the disk, and that it is a local one", True),
    "SQLITE_IOERR_LOCK": Failing("it cannot be locked", "choose a home on a local disk"),
    "SQLITE_IOERR_SHM": Failing("it cannot be shared", "choose a home on a local disk"),
    "SQLITE_IOERR_SHMSIZE": Failing(
        "the disk is full", "make room and run the command again", True
    ),
    "SQLITE_FULL": Failing("the disk is full", "make room and run the command again", True),
    "SQLITE_CANTOPEN": Failing(
        "it cannot be opened or created",
        "check that its folder exists and may be written, or choose another home",
    ),
    "SQLITE_READONLY": Failing(
        "it may not be written",
        "give its owner the right to write to the file and its folder, or choose another home",
        # What becomes read-only in the middle is a disk in need of somebody, as a full one is.
        True,
    ),
    "SQLITE_READONLY_DBMOVED": Failing("the file was moved or deleted", "put it back"),
    "SQLITE_PERM": Failing("access is denied", "give its owner the right to read and write it"),
    "SQLITE_AUTH": Failing("access is denied", "give its owner the right to read and write it"),
    "SQLITE_NOTADB": Failing(
        "it is not an SQLite database", "restore it from a backup, or choose another home"
    ),
    "SQLITE_CORRUPT": Failing("it is damaged", "restore it from a backup, or choose another home"),
}


def _in_words(where: str, failure: SQLAlchemyError | sqlite3.Error) -> StoreError:
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(failure, IntegrityError):
        return Conflict(f'the database "{where}" holds such a row already: {cause}')
    return said(where, look_up(_FAILURES, getattr(cause, "sqlite_errorname", "")), str(cause))
