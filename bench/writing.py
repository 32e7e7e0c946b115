"""What the database is written: transactions and bytes a resource, by deploy and delete; a lease."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from emulating import emulator_elsewhere
from figures import (
    COMMAND,
    REGION,
    Figure,
    at_most,
    environment,
    fresh_home,
    quantity,
    skipped,
    spend,
)
from imageferry.assembly.house import open_house
from imageferry.cloud.buckets import PUBLISHED_LIMITS, Buckets
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.settings import resolve
from imageferry.store.paces import SqlPaces
from imageferry.store.sql_store import SqlStore
from templates import copies

MANY = 500
LEASES = 300
_WRITES = "BEGIN IMMEDIATE"
"""How a transaction begins that writes."""


def measure() -> Iterator[Figure]:
    """Bytes as the kernel saw them, transactions as the library was told, and one lease."""
    yield from _bytes()
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint:
        written, lease = asyncio.run(_transactions(home, endpoint))
    for deed, number in written.items():
        yield Figure(
            f"database transactions a resource, {deed} of {MANY}", quantity(number / MANY, ""),
            note=f"{number} in all; what gathers while one is committed makes the next",
        )  # fmt: skip
    yield Figure("CPU of a lease of the shared pace", quantity(lease * 1000, "ms"),
                 note="one a second for each limited action of a region, on disk")  # fmt: skip


def _bytes() -> Iterator[Figure]:
    trace = shutil.which("strace")
    if trace is None:
        yield skipped(f"bytes written per copied image, deploy of {MANY}", "no strace here")
        return
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint:
        one, many = (_traced(home / str(number), number, trace, endpoint) for number in (1, MANY))
    each = {deed: (many[deed] - one[deed]) / (MANY - 1) / 1024 for deed in many}
    note = "as the kernel saw it"
    yield at_most(
        f"bytes written per copied image, deploy of {MANY}", each["deploy"], 8.0, "KiB", note
    )
    yield Figure(f"bytes written per image, delete of {MANY}", quantity(each["delete"], "KiB"),
                 note=note)  # fmt: skip


def _traced(place: Path, number: int, trace: str, endpoint: str) -> Mapping[str, int]:
    """Bytes that each command wrote to the database and its WAL."""
    place.mkdir()
    (place / "copies.json").write_bytes(copies(number))
    around = environment(place, IMAGEFERRY_ECS_ENDPOINT=endpoint)
    written = {}
    for deed, words in (
        ("deploy", ["deploy", str(place / "copies.json"), "-s", f"bench-{number}"]),
        ("delete", ["delete", "-s", f"bench-{number}"]),
    ):
        calls = place / f"{deed}.txt"
        command = [trace, "-f", "-qq", "-y", "-e", "trace=pwrite64,write", "-e", "signal=none",
                   "-s", "0", "-o", str(calls), COMMAND, *words, "--region", REGION, "--yes", "--json"]  # fmt: skip
        spent = spend(command, around, 90.0)
        if spent.code:
            raise RuntimeError(
                f"{deed} under strace ended with {spent.code}: {spent.output[-400:]}"
            )
        found = re.findall(r"imageferry\.db(?:-wal|-journal)?>.*= (\d+)$",
                           calls.read_text(errors="replace"), re.MULTILINE)  # fmt: skip
        written[deed] = sum(int(size) for size in found)
    return written


async def _transactions(home: Path, endpoint: str) -> tuple[Mapping[str, int], float]:
    """Writing transactions of each deed, from its execution to its end, and seconds a lease."""
    flags = {"home": str(home), "cloud": "emulator", "region": REGION, "ecs_endpoint": endpoint}
    written = {}
    async with open_house(resolve(flags, {})) as house:
        plane, store = house.plane, house.store
        for deed in ("deploy", "delete"):
            planned = await (
                plane.plan(StackRequest("bench", REGION, copies(MANY), "copies.json"))
                if deed == "deploy"
                else plane.plan_delete(await plane.find("bench"))
            )
            with _counted() as begun:
                operation = await plane.execute(planned, ExecutionOptions())
                await house.worker.run(operation.operation_id)
            written[deed] = begun.count(_WRITES)
        if not isinstance(store, SqlStore):
            raise TypeError("leases are measured on the store of the house")
        return written, await _lease(store, house.clock)


async def _lease(store: SqlStore, clock: Any) -> float:
    """Seconds of CPU of one call that needs a new lease; each is of a region of its own."""
    buckets = Buckets(PUBLISHED_LIMITS, clock)
    await buckets.share(SqlPaces(store.lanes), "bench", "one")
    began = time.process_time()
    for number in range(LEASES):
        await buckets.admit(f"region-{number}", "CopyImage", 1.0)
    return (time.process_time() - began) / LEASES


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
