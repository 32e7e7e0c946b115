"""Opening a database, whatever its kind, and its transactions: begun, committed, or put in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.store.backends import Backend, Undone
from imageferry.store.migrations import NotOurs, SchemaTooNew, found_version, migrate
from imageferry.store.postgres import postgres_backend
from imageferry.store.sqlite import sqlite_backend


class Database:
    """A database: one connection, which only one thread may use at a time.

    The connection is made when it is first asked for, and anew after it broke.
    """

    __slots__ = ("_connection", "backend")

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._connection: Connection | None = None

    @property
    def where(self) -> str:
        """What names it in messages, without a password."""
        return self.backend.where

    @property
    def is_connected(self) -> bool:
        """True where there is a connection, be it one that broke without our knowing."""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        """The connection; raises StoreError where it cannot be made."""
        if self._connection is None:
            self._connection = self.backend.connect()
        return self._connection

    def close(self) -> None:
        """Let go of it; a second time does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            connection.engine.dispose()


@contextmanager
def transaction(database: Database, *, writes: bool) -> Iterator[Connection]:
    """One transaction; raises StoreError for whatever the database refuses.

    StoreUnavailable: the same may succeed later, and whether this was committed is not known.
    Undone, which is one of them: nothing was committed.
    """
    was_connected = database.is_connected
    is_committing = False
    try:
        connection = database.connection
        with connection.begin():
            database.backend.begin(connection, writes)
            yield connection
            is_committing = True
    except SQLAlchemyError as failure:
        fault = database.backend.in_words(failure)
        cause = None if database.backend.is_shared else failure
        if isinstance(failure, DBAPIError) and failure.connection_invalidated:
            database.close()
            is_undone = was_connected and not (writes and is_committing)
            if is_undone and isinstance(fault, StoreUnavailable):
                fault = Undone(str(fault))
        # A server's own words may hold the values of a row, so they go no further.
        raise fault from cause


def open_database(url: str) -> Database:
    """Open the database of a URL, and bring its tables to the version of this code.

    Raises StoreError naming the file, what is wrong and how to mend it.
    """
    database = _connected(url)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def version_of_tables(url: str) -> int:
    """The version of the tables of a database, which are left as they are; 0 where there are none.

    Raises StoreError.
    """
    database = _connected(url)
    try:
        with transaction(database, writes=False) as connection:
            return found_version(connection, is_shared=database.backend.is_shared) or 0
    except NotOurs as other:
        raise _not_ours(database, other) from other
    finally:
        database.close()


def _connected(url: str) -> Database:
    """The database of a URL, its tables as they are; raises StoreError."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # The failure would show a part of the URL, and that may be one of a password.
        raise StoreError(
            "the database URL cannot be read; give one such as sqlite:////home/me/imageferry.db, or "
            "postgresql://user:password@host:5432/name with special characters written as %40"
        ) from None
    make = _BACKENDS.get(address.get_backend_name())
    if make is None:
        raise StoreError(
            f'a database of the kind "{address.get_backend_name()}" is not supported; '
            f"use one of: {', '.join(sorted(_BACKENDS))}"
        )
    database = Database(make(address))
    try:
        _ = database.connection
    except (TypeError, ValueError):
        raise StoreError(
            f'the database "{database.where}" cannot be opened with the options in its URL '
            f"({', '.join(sorted(address.query))}); leave them out"
        ) from None
    return database


def _prepare(database: Database) -> None:
    backend = database.backend
    try:
        with transaction(database, writes=False) as connection:
            is_current = migrate(connection, only_look=True, is_shared=backend.is_shared)
        if not is_current:
            with transaction(database, writes=True) as connection:
                backend.take_turn(connection)
                migrate(connection, is_shared=backend.is_shared)
    except SchemaTooNew as newer:
        raise StoreError(
            f'the database "{database.where}" was written by a newer imageferry '
            f"(its tables have version {newer.found}, this one knows {newer.known}); "
            "run that version, or choose another home"
        ) from newer
    except NotOurs as other:
        raise _not_ours(database, other) from other


def _not_ours(database: Database, other: NotOurs) -> StoreError:
    another = "database" if database.backend.is_shared else "file"
    return StoreError(
        f'the database "{database.where}" belongs to another program '
        f'(it has a table "{other.table}" and no version of ours); choose another {another}'
    )


_BACKENDS: Final[Mapping[str, Callable[[URL], Backend]]] = {
    "sqlite": sqlite_backend,
    "postgresql": postgres_backend,
    "postgres": postgres_backend,
}
