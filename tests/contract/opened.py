"""Databases of both kinds for one suite: programs that open stores on one, each as a process would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from imageferry.store.sql_store import SqlStore
from tests.store.samples import KEY, open_url

Open = Callable[..., AbstractAsyncContextManager[SqlStore]]
Program = Callable[[Open], Awaitable[None]]


def run_on(url: str, program: Program) -> None:
    """Run a program with what opens stores on a database; `key` is that of its secrets."""
    count = 0

    @asynccontextmanager
    async def opened(key: bytes = KEY) -> AsyncIterator[SqlStore]:
        nonlocal count
        count += 1
        store = open_url(url, f"process {count}", key)
        try:
            yield store
        finally:
            await store.close()

    async def run() -> None:
        await program(opened)

    asyncio.run(run())
