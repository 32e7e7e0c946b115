"""Line: one session of a process with the PostgreSQL queue, its signs of life, and its return."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.ports.senses import Clock

Result = TypeVar("Result")

_LOG: Final = logging.getLogger(__name__)

SCHEMA: Final = "imageferry_queue"
"""The database schema that holds everything of the queue."""

OWNERS: Final = 0x1FE0_0001
CREWS: Final = 0x1FE0_0002
_BUILDERS: Final = 0x1FE0_0003
"""Namespaces of our advisory locks: one a running process, one a queue that it serves, building."""

ID_SPACE: Final = 1 << 31

_ANSWER: Final = 10.0
"""Seconds after which a statement that was not answered means that the session is lost."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 1.0

# PostgreSQL manual, "Parameter Key Words": so that a peer that vanished is noticed within seconds.
_KEEPALIVE: Final[Mapping[str, str | int]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

# PostgreSQL manual, "Error Codes": the statement met a server that only reads for now.
_ONLY_READS: Final = "25006"

# An advisory lock goes with its session, and so with its process. It is shared, so that a process
# that returns never waits for the session that it has lost and the server still believes in.
_WORKERS: Final = """
SELECT w.id,
       extract(epoch FROM now() - w.last_heartbeat)::float8 AS silent,
       l.pid IS NOT NULL AS is_held,
       c.pid IS NOT NULL AS is_crew,
       extract(epoch FROM a.backend_start)::float8 AS since
  FROM procrastinate_workers w
  LEFT JOIN pg_locks l
    ON l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = %(owners)s::bigint::oid
   AND l.objid::bigint = w.id %% %(space)s
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  LEFT JOIN pg_locks c
    ON c.locktype = 'advisory' AND c.objsubid = 2 AND c.classid = %(crews)s::bigint::oid
   AND c.objid::bigint = %(crew)s AND c.pid = l.pid AND c.database = l.database
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
"""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs operations: `silent` seconds since its heartbeat, `since` its beginning.

    `is_held`: its session is there. `is_crew`: it serves the queue that was asked about.
    """

    worker_id: int
    silent: float
    is_held: bool
    is_crew: bool
    since: float | None


def crew_of(queue: str) -> int:
    """The number under which those who serve a queue show themselves."""
    return int.from_bytes(hashlib.sha256(queue.encode()).digest()[:4], "big") % ID_SPACE


def conninfo_of(url: str, name: str) -> str:
    """What libpq connects by: the database of our URL, the queue's schema, a name for the session."""
    _, separator, rest = url.partition("://")
    try:
        given = conninfo_to_dict(f"postgresql{separator}{rest}")
    except psycopg.ProgrammingError as failure:
        raise StoreError(
            "the database URL cannot be read by PostgreSQL's library; "
            "give one such as postgresql://me@database.example/imageferry"
        ) from failure
    options = f"{given.pop('options', '') or ''} -c search_path={SCHEMA}".strip()
    return make_conninfo(
        "", **{**_KEEPALIVE, **given, "options": options, "application_name": name}
    )


class Line:
    """One session that comes back by itself, with its signs of life.

    Statements take turns. Each is a transaction of its own, and may be repeated where the session
    was lost before it was answered.
    """

    def __init__(self, conninfo: str, clock: Clock) -> None:
        self._conninfo = conninfo
        self._clock = clock
        self._connection: AsyncConnection[DictRow] | None = None
        self._turn = asyncio.Lock()
        self._signs: set[tuple[int, int]] = set()
        self._is_leaving = False
        self._was_connected = False
        self.returned_at = float("-inf")
        """When the session was last opened again, by the monotonic clock: others may be as late."""

    async def ask(
        self, query: str, arguments: Mapping[str, Any] | None = None, *, patient: bool = True
    ) -> list[DictRow]:
        """The rows of one statement.

        `patient`: where the database is away, wait until it is back. Raises StoreUnavailable
        otherwise, or psycopg.Error where the statement itself was refused.
        """

        async def asked(connection: AsyncConnection[DictRow]) -> list[DictRow]:
            given = None if arguments is None else _wrapped(arguments)
            cursor = await connection.execute(query, given)
            return [] if cursor.description is None else await cursor.fetchall()

        return await self._in_turn(asked, patient=patient)

    async def build(self, deed: Callable[[AsyncConnection[DictRow]], Awaitable[Result]]) -> Result:
        """One transaction that no other process builds beside; raises StoreUnavailable."""

        async def built(connection: AsyncConnection[DictRow]) -> Result:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_BUILDERS])
                return await deed(connection)

        return await self._in_turn(built, patient=False)

    async def show(self, namespace: int, number: int) -> None:
        """Show a sign of life for as long as this session lasts, and on every later one."""
        self._signs.add((namespace, number % ID_SPACE))
        await self.ask(_SHOW, {"namespace": namespace, "number": number % ID_SPACE})

    def hide(self, namespace: int) -> None:
        """Show no such sign on later sessions; this one keeps it until it is closed."""
        self._signs = {sign for sign in self._signs if sign[0] != namespace}

    async def processes(self, queue: str, *, patient: bool = True) -> dict[int, Process]:
        """Every process that is known, by its worker id."""
        spaces = {"owners": OWNERS, "crews": CREWS, "crew": crew_of(queue), "space": ID_SPACE}
        found: dict[int, Process] = {}
        for row in await self.ask(_WORKERS, spaces, patient=patient):
            # A session that was lost may still be believed in beside the one after it.
            if row["id"] not in found or row["is_crew"]:
                found[row["id"]] = Process(
                    row["id"], row["silent"], row["is_held"], row["is_crew"], row["since"]
                )
        return found

    async def listen(
        self, channels: Iterable[str], heard: Callable[[str, str], Awaitable[None]]
    ) -> None:
        """Hand over every notification, on a session of its own that comes back, until cancelled."""
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                async with await AsyncConnection.connect(
                    self._conninfo, autocommit=True
                ) as connection:
                    for channel in channels:
                        await connection.execute(
                            sql.SQL("LISTEN {}").format(sql.Identifier(channel))
                        )
                    while True:
                        async for one in connection.notifies(timeout=_ANSWER):
                            await heard(one.channel, one.payload)
                        await connection.execute("SELECT 1")
            # Nobody misses anything for long: the queue is looked into now and then as well.
            await self._clock.sleep(_LONGEST_PAUSE)

    def leave(self) -> None:
        """Wait for no database any more."""
        self._is_leaving = True

    async def close(self) -> None:
        """End the session, and the signs of life with it."""
        self._signs.clear()
        self._is_leaving = True
        await self._drop()

    async def _in_turn(
        self,
        deed: Callable[[AsyncConnection[DictRow]], Awaitable[Result]],
        *,
        patient: bool,
    ) -> Result:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._turn:
                    return await self._once(deed)
            except (psycopg.Error, TimeoutError) as failure:
                if not _is_passing(failure):
                    raise
                if self._is_leaving or not patient:
                    raise StoreUnavailable(_in_words(failure)) from failure
                if pause == _FIRST_PAUSE:
                    _LOG.warning("the queue cannot be reached and is tried again: %s",
                                 _in_words(failure))  # fmt: skip
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _once(self, deed: Callable[[AsyncConnection[DictRow]], Awaitable[Result]]) -> Result:
        is_whole = False
        try:
            async with asyncio.timeout(_ANSWER):
                result = await deed(await self._connected())
            is_whole = True
            return result
        except psycopg.Error as failure:
            is_whole = not _is_passing(failure)
            raise
        finally:
            # Also where we were cancelled half way: what the session thinks then is not known.
            if not is_whole:
                await self._drop()

    async def _connected(self) -> AsyncConnection[DictRow]:
        if self._connection is None or self._connection.closed:
            connection = await AsyncConnection.connect(
                self._conninfo, autocommit=True, row_factory=dict_row
            )
            self._connection = connection
            if self._was_connected:
                self.returned_at = self._clock.monotonic()
            self._was_connected = True
            for namespace, number in sorted(self._signs):
                await connection.execute(_SHOW, {"namespace": namespace, "number": number})
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


_SHOW: Final = "SELECT pg_advisory_lock_shared(%(namespace)s::int, %(number)s::int)"


def _is_passing(failure: Exception) -> bool:
    """True where the same may succeed later: the server was away, full, stopping, or in a knot."""
    if isinstance(failure, psycopg.OperationalError | psycopg.InterfaceError | TimeoutError):
        return True
    return isinstance(failure, psycopg.Error) and failure.sqlstate == _ONLY_READS


def _in_words(failure: Exception) -> str:
    """What happened, in one line; libpq never says a password."""
    said = " ".join(str(failure).split()) or f"no answer came within {_ANSWER:.0f} s"
    return f"the database cannot be used for now: {said}; it is tried again"


def _wrapped(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Maps as JSON, wherever they stand: what Procrastinate's statements are given."""
    return {name: _wrap(value) for name, value in arguments.items()}


def _wrap(value: Any) -> Any:
    match value:
        case dict():
            return Jsonb(value)
        case list():
            return [_wrap(one) for one in value]
        case tuple():
            return tuple(_wrap(one) for one in cast(Sequence[Any], value))
        case _:
            return value
