"""How the properties are tried, and the database server that a test process shares."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from imageferry.resource_types.installed import TYPES
from imageferry.resource_types.rooms import load
from tests.postgres import PostgresServer

# What would be loaded in the middle of a test of many examples is loaded here: that a module is
# compiled deep in a test, while its objects are collected, is more than some Pythons bear.
importlib.import_module("hypothesis.strategies._internal.random")
for entry in TYPES:
    load(entry.room)

# A run that others wait for must not depend on luck; IMAGEFERRY_EXPLORE=1 looks for what is new.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("exploring" if os.environ.get("IMAGEFERRY_EXPLORE") == "1" else "steady")


def _is_news(record: logging.LogRecord) -> bool:
    """Not where a process died as a test wanted it to: nobody is there to see what its tasks raise."""
    failure = record.exc_info[1] if record.exc_info else None
    return type(failure).__name__ != "Crash"


logging.getLogger("asyncio").addFilter(_is_news)

WAITING = ("tests/cli/", "tests/clients/", "tests/dispatch/", "tests/e2e/", "tests/store/")
"""Where tests are that mostly wait."""
RECKONING = ("tests/worlds/",)
"""Where tests are that mostly reckon, and long."""

# Virtual time stands still until a disk has kept what was written: homes and databases are in
# memory where there is room, but for those of a server that tests ask to be durable.
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_sessionstart() -> None:
    """Each worker loads a part of its own first, so that what is translated once serves them all.

    A module that fails is loaded again when it is collected, and told of there.
    """
    share = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not share:
        return
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    here = Path(__file__).parent
    for path in sorted(here.rglob("test_*.py"))[int(share) % workers :: workers]:
        name = ".".join(path.relative_to(here.parent).with_suffix("").parts)
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Half of the workers begin with what mostly waits, the others with what reckons longest.

    Each worker is given as long a piece of the list as the others. What waits is dealt file by
    file, as files share what they wait for; so there is always somebody who uses the cores, and
    what is left for the end, when one takes from another, is short.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    waits: dict[str, list[pytest.Item]] = {}
    reckons: list[pytest.Item] = []
    rest: list[pytest.Item] = []
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.startswith(WAITING):
            waits.setdefault(file, []).append(item)
        else:
            (reckons if file.startswith(RECKONING) else rest).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    half = (workers + 1) // 2
    for number, of_one in enumerate(waits.values()):
        hands[number % half] += of_one
    for number, item in enumerate(reckons):
        hands[workers - 1 - number % max(1, workers - half)].append(item)
    left = len(items)
    for number, hand in enumerate(hands):
        share = left // (workers - number)
        taken = max(0, share - len(hand))
        hand += rest[:taken]
        del rest[:taken]
        left -= len(hand)
    items[:] = [item for hand in (*hands, rest) for item in hand]


def pytest_collection_finish() -> None:
    """Ten thousand tests stay where they are: the collector of garbage need not look at them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server; each test asks it for a database of its own."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()
