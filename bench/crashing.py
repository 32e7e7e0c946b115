"""How soon a killed deploy works again."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from emulating import emulator_elsewhere
from figures import COMMAND, Figure, at_most, environment, fresh_home
from templates import copies

COPIES = 20


def measure() -> Iterator[Figure]:
    """Kill a deploy of 20 regions in the middle, run it again, and see when it owns its work."""
    took = min(_killed_and_again() for _ in range(3))
    yield at_most("kill -9 to working again, deploy of 20 regions", took, 1.0, "s", "best of three")


def _killed_and_again() -> float:
    with fresh_home() as home, emulator_elsewhere(home / "cloud", "1200") as endpoint:
        template = home / "copies.json"
        template.write_bytes(copies(COPIES))
        place = home / "home"
        place.mkdir()
        around = environment(place, IMAGEFERRY_ECS_ENDPOINT=endpoint)
        command = [COMMAND, "deploy", str(template), "-s", "bench", "--yes"]
        database = place / "imageferry.db"
        world = home / "cloud" / "emulator.db"
        first = _begin(command, around)
        try:
            _wait_for(lambda: _copying(world) >= COPIES, 20.0)
        finally:
            first.kill()
            first.wait()
        began = time.perf_counter()
        second = _begin(command, around)
        try:
            _wait_for(lambda: _epoch(database) >= 2, 20.0)
            again = time.perf_counter() - began
            second.wait(timeout=30)
        finally:
            second.kill()
            second.wait()
        if second.returncode != 0 or _copying(world) != COPIES:
            raise RuntimeError(f"it ended with {second.returncode}, {_copying(world)} copies made")
    return again


def _begin(command: list[str], around: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait_for(condition: object, limit: float) -> None:
    assert callable(condition)
    until = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > until:
            raise RuntimeError(f"it did not come about within {limit:g} s")
        time.sleep(0.005)


def _epoch(database: Path) -> int:
    return _number(database, "SELECT max(epoch) FROM operations")


def _copying(world: Path) -> int:
    return _number(world, "SELECT count(*) FROM images WHERE source_image_id IS NOT NULL")


def _number(database: Path, query: str) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        try:
            return connection.execute(query).fetchone()[0] or 0
        except sqlite3.OperationalError:
            return 0
