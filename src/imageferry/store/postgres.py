"""A database on a server: PostgreSQL, shared by processes of many machines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.store.backends import (
    Backend,
    Conflict,
    DriverMissing,
    Failing,
    Undone,
    look_up,
    said,
)

LANES: Final = 4
"""Connections of one process: the server commits what several of them hand in together."""

OLDEST: Final = 13
"""The oldest version of the server that is supported."""

# A process that stands still in the middle of a transaction must not keep others waiting: its
# transaction ends first (PostgreSQL documentation, "Client Connection Defaults"). What was
# committed must be on the disk, whatever the server's default is. In milliseconds.
_SESSION: Final = {
    "idle_in_transaction_session_timeout": "10000",
    "lock_timeout": "30000",
    "statement_timeout": "60000",
    "synchronous_commit": "on",
    "application_name": "imageferry",
}

# A peer that vanished without a word is given up after half a minute (PostgreSQL documentation,
# "libpq: Parameter Key Words").
_NETWORK: Final[Mapping[str, str]] = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

# Two numbers that nobody else's locks in the same database are likely to have.
_TURN: Final = "SELECT pg_advisory_xact_lock(1768776549, 1)"


def postgres_backend(address: URL) -> Backend:
    """The backend of a PostgreSQL URL."""
    # Of the query nothing is shown either: a password may stand there, too.
    where = URL.create(
        "postgresql", address.username, None, address.host, address.port, address.database
    ).render_as_string()
    return Backend(
        where=where,
        connect=partial(_connect, address, where),
        begin=_begin,
        take_turn=_take_turn,
        in_words=partial(_in_words, where),
        lanes=LANES,
        is_shared=True,
    )


def _connect(address: URL, where: str) -> Connection:
    try:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            # Statements carry what the user wrote: an error must not show it.
            hide_parameters=True,
            connect_args=_options(address),
        )
    except (ImportError, NoSuchModuleError) as failure:
        raise DriverMissing(f'the database "{where}" needs a driver: {failure}') from failure
    try:
        connection = engine.connect()
    except SQLAlchemyError as failure:
        engine.dispose()
        raise _refused(where, failure) from None
    try:
        driver: Any = connection.connection.driver_connection
        check_server(where, driver.info.server_version, _reported(driver, "server_encoding"))
    except BaseException:
        connection.close()
        engine.dispose()
        raise
    return connection


def _options(address: URL) -> dict[str, Any]:
    """What each connection is opened with; what the URL says itself comes after it, and counts."""
    own = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    given = address.query.get("options", "")
    options = " ".join([own, *((given,) if isinstance(given, str) else given)])
    network = {name: value for name, value in _NETWORK.items() if name not in address.query}
    return {**network, "options": options}


def _reported(driver: Any, name: str) -> str:
    return str(driver.info.parameter_status(name) or "")


def check_server(where: str, version: int, encoding: str) -> None:
    """Raise StoreError for a server that is too old (`version` as 130004), or not in UTF-8."""
    if version < OLDEST * 10_000:
        raise StoreError(
            f'the database "{where}" cannot be used: its server is PostgreSQL '
            f"{version // 10_000}, and {OLDEST} is the oldest that is supported; upgrade the server"
        )
    if encoding != "UTF8":
        raise StoreError(
            f'the database "{where}" cannot be used: its encoding is {encoding or "not known"}, '
            "and names and texts need UTF8; make one with: createdb --encoding=UTF8 "
            "--template=template0 NAME"
        )


def _begin(connection: Connection, writes: bool) -> None:
    # A reader sees one moment over all its statements. A writer sees what was committed last at
    # each of them, and locks what it goes by: nothing is ever refused for being out of date.
    driver: Any = connection.connection.driver_connection
    driver.read_only = not writes
    driver.isolation_level = 2 if writes else 3


def _take_turn(connection: Connection) -> None:
    connection.exec_driver_sql(_TURN)


# PostgreSQL documentation, "PostgreSQL Error Codes"; the longest beginning of a code counts.
_FAILURES: Final[Mapping[str, Failing]] = {
    "08": Failing("the connection broke", "see that the server is reached", True),
    "22021": Failing("it cannot keep a character", "leave out what is no text"),
    "25006": Failing(
        "it may only be read now", "give the address of the server that may be written", True
    ),
    "25P03": Failing("this process stood still in a transaction", "run the command again", True),
    "25P04": Failing("a transaction took too long", "run the command again", True),
    "28": Failing("the server does not admit us", "see the user and the password in the URL"),
    "3D000": Failing("there is no such database", "make it with: createdb NAME"),
    "40": Failing("it undid a transaction", "run the command again", True),
    "42501": Failing(
        "its user has not the right to do that",
        "grant it: GRANT ALL ON DATABASE … and on its schema",
    ),
    "53": Failing("the server is short of something", "see its log, and run again", True),
    "53100": Failing("the server's disk is full", "make room, and run the command again", True),
    "53300": Failing("the server has too many connections", "raise max_connections", True),
    "55P03": Failing("another process has held a row for too long", "run the command again", True),
    "57014": Failing("a statement took too long", "see the load of the server", True),
    "57P": Failing("the server is being stopped or started", "run the command again", True),
    "57P04": Failing("the database was dropped", "restore it from a backup"),
    "58": Failing("the server's disk failed", "see the log of the server", True),
    "XX": Failing("the server failed in itself", "see the log of the server", True),
    "XX001": Failing("it is damaged", "restore it from a backup"),
    "XX002": Failing("it is damaged", "restore it from a backup"),
}

# Codes of transactions of which nothing is left: PostgreSQL documentation, "Transaction Rollback".
_UNDONE: Final = frozenset({"40001", "40P01"})

_UNIQUE: Final = "23505"

# Of a refused connection only a text is told; the server says it in its own language, and what is
# not known is taken for an outage.
_REFUSALS: Final[Mapping[str, Failing]] = {
    "password authentication failed": Failing(
        "the password is wrong", "give the right one in the URL, PGPASSWORD or ~/.pgpass"
    ),
    "no password supplied": Failing(
        "the server asks for a password", "give it in the URL, PGPASSWORD or ~/.pgpass"
    ),
    "pg_hba.conf": Failing(
        "the server admits nobody from here", "add a line for us to its pg_hba.conf"
    ),
    "permission denied for database": Failing(
        "its user may not connect", "grant it: GRANT CONNECT ON DATABASE … TO …"
    ),
    "role": Failing("the server has no such user", "make it with: createuser NAME"),
    "database": Failing("there is no such database", "make it with: createdb NAME"),
    "invalid connection option": Failing("the URL has an option that is none", "leave it out"),
    "does not support SSL": Failing("the server speaks no TLS", "leave out sslmode, or set it up"),
    "certificate": Failing("the server's certificate is not trusted", "set sslrootcert in the URL"),
    "starting up": Failing("the server is being started", "run the command again", True),
    "shutting down": Failing("the server is being stopped", "run the command again", True),
    "too many clients": Failing(
        "the server has too many connections", "raise max_connections", True
    ),
    "remaining connection slots": Failing(
        "the server has too many connections", "raise max_connections", True
    ),
    "resolve host": Failing("the name of its host is not known", "see the host in the URL", True),
    "Connection refused": Failing(
        "no server listens there", "start it, or see host and port in the URL", True
    ),
}
_ABSENT: Final = frozenset({"role", "database"})
_UNREACHED: Final = Failing("it cannot be reached", "see that the server runs and is reached", True)


def _refused(where: str, failure: SQLAlchemyError) -> StoreError:
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    text = " ".join(str(cause).split())
    for words, failing in _REFUSALS.items():
        if words in text and (words not in _ABSENT or _is_absent(text, words)):
            return said(where, failing, text)
    return said(where, _UNREACHED, text)


def _is_absent(text: str, what: str) -> bool:
    return f'{what} "' in text and text.endswith("does not exist")


def _in_words(where: str, failure: SQLAlchemyError) -> StoreError:
    cause: Any = failure.orig if isinstance(failure, DBAPIError) else failure
    # The rest of a message, its details, tells the values of the row.
    diagnosis = getattr(cause, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(cause).partition("\n")[0]
    code = getattr(cause, "sqlstate", None) or ""
    if code == _UNIQUE:
        return Conflict(f'the database "{where}" holds such a row already: {text}')
    is_lost = isinstance(failure, DBAPIError) and failure.connection_invalidated
    found = said(where, look_up(_FAILURES, code or ("08" if is_lost else "")), text)
    if is_lost and not isinstance(found, StoreUnavailable):
        return said(where, _FAILURES["08"], text)
    return Undone(str(found)) if code in _UNDONE else found
