"""Lanes: the threads in which a store's transactions run, each with a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from zlib import crc32

from sqlalchemy import Connection

from imageferry.ports.keeping import StoreError
from imageferry.store.backends import Undone
from imageferry.store.databases import Database, transaction

Result = TypeVar("Result")


class _Lane:
    """One thread and its connection; the transactions of a lane come one after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="imageferry-store")


class Lanes:
    """Transactions of one process.

    Those of one operation share a lane, and so keep their order. Where the database gains nothing
    from several connections, there is one lane.
    """

    def __init__(self, database: Database) -> None:
        more = range(1, database.backend.lanes)
        self._lanes = [_Lane(database), *(_Lane(Database(database.backend)) for _ in more)]
        self._is_closed = False

    async def read(self, work: Callable[[Connection], Result], operation_id: str = "") -> Result:
        """What `work` gives, of one moment; raises StoreError."""
        return await self.run(lambda base: transact(base, writes=False, work=work), operation_id)

    async def write(self, work: Callable[[Connection], Result], operation_id: str = "") -> Result:
        """What `work` gives, committed; raises StoreError.

        `work` may be called twice: where the database undid the first time for certain.
        """
        return await self.run(lambda base: transact(base, writes=True, work=work), operation_id)

    async def close(self) -> None:
        """Let go of the database and end the threads; a second time does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        loop = asyncio.get_running_loop()
        for lane in self._lanes:
            await loop.run_in_executor(lane.thread, lane.database.close)
            lane.thread.shutdown()

    async def run(self, deed: Callable[[Database], Result], operation_id: str = "") -> Result:
        """What `deed` gives, called in the operation's lane with its database."""
        lane = self._of(operation_id)
        if self._is_closed:
            raise StoreError(f'the database "{lane.database.where}" was closed')
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(lane.thread, deed, lane.database)

    def _of(self, operation_id: str) -> _Lane:
        if not operation_id or len(self._lanes) == 1:
            return self._lanes[0]
        return self._lanes[1 + crc32(operation_id.encode()) % (len(self._lanes) - 1)]


def transact(database: Database, *, writes: bool, work: Callable[[Connection], Result]) -> Result:
    """One transaction in this thread, once more where the first certainly left nothing behind."""
    try:
        with transaction(database, writes=writes) as connection:
            return work(connection)
    except Undone:
        # Mostly a connection that broke while nobody used it: on a new one it goes through.
        with transaction(database, writes=writes) as connection:
            return work(connection)
