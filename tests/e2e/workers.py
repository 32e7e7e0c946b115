"""Workers as real processes on one PostgreSQL database, and the control plane in this process."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from imageferry.assembly.house import House, open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.values import Value
from imageferry.settings import resolve
from tests.e2e.processes import COMMAND, Served, environment

TIMING = {"IMAGEFERRY_HEARTBEAT": "0.5", "IMAGEFERRY_STALLED": "2", "IMAGEFERRY_SWEEP": "0.5"}

# The name can be changed in place; the token cannot be seen, the name can be.
TEMPLATE = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Name: {Type: String}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Ref Name
"""
REGION = "cn-shanghai"

# Every entry of an operation, with the session that made it: two owners of one epoch would collide.
_WITNESS = """
CREATE TABLE owners (operation_id text, epoch int, session int, PRIMARY KEY (operation_id, epoch));
CREATE FUNCTION note_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO owners VALUES (NEW.operation_id, NEW.epoch, pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER note_owner AFTER UPDATE OF epoch ON operations FOR EACH ROW
  WHEN (NEW.epoch <> OLD.epoch) EXECUTE FUNCTION note_owner();
"""


@dataclass
class Fleet:
    """Workers of one database and one emulated cloud."""

    folder: Path
    url: str
    served: Served
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    _begun: int = 0
    _onlooker: psycopg.Connection[tuple[Any, ...]] | None = None

    def environment(self, home: str) -> dict[str, str]:
        return environment(
            self.folder / home,
            IMAGEFERRY_DATABASE_URL=self.url,
            IMAGEFERRY_ECS_ENDPOINT=self.served.endpoint,
            IMAGEFERRY_SECRET_KEY="11" * 32,
            **TIMING,
        )

    def start(self, *flags: str) -> subprocess.Popen[str]:
        """One more worker, each with a home of its own, as on a machine of its own."""
        self._begun += 1
        name = f"worker-{self._begun}"
        with (self.folder / f"{name}.log").open("w") as log:
            worker = subprocess.Popen(
                [*COMMAND, "worker", *flags], env=self.environment(name),
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.workers.append(worker)
        return worker

    def said(self, number: int) -> str:
        return (self.folder / f"worker-{number}.log").read_text()

    def kill(self, worker: subprocess.Popen[str]) -> None:
        worker.kill()
        worker.communicate()
        self.workers.remove(worker)

    def stop(self, worker: subprocess.Popen[str]) -> int:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=15)
        self.workers.remove(worker)
        return worker.returncode

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._onlooker is None:
            self._onlooker = psycopg.connect(self.url, autocommit=True)
        cursor = self._onlooker.execute(query)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def cut(self) -> None:
        """End every session with the database but the onlooker's."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def close(self) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.communicate()
        if self._onlooker is not None:
            self._onlooker.close()

    def number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    def open_operations(self) -> int:
        return self.number("SELECT count(*) FROM operations WHERE ended_at IS NULL")

    def witness(self) -> None:
        """Write down from now on who enters which operation."""
        self.rows(_WITNESS)

    def recorded(self) -> set[str]:
        """Every image id that stands anywhere in a journal or a record."""
        rows = self.rows("SELECT body FROM journal UNION ALL SELECT body FROM resources")
        return {found for (body,) in rows for found in re.findall(r"m-[0-9a-z]{20}", body)}

    def unrecorded(self) -> set[str]:
        """Copies that the cloud has begun and no journal knows."""
        made = {image["image_id"] for image in self.served.copies()}
        return made - self.recorded()

    @asynccontextmanager
    async def house(self) -> AsyncIterator[House]:
        """The control plane in this process, on the same database and cloud."""
        async with open_house(resolve({}, self.environment("desk"))) as house:
            yield house


@contextmanager
def fleet(folder: Path, url: str, served: Served) -> Iterator[Fleet]:
    found = Fleet(folder, url, served)
    try:
        yield found
    finally:
        found.close()


async def wish(house: House, name: str, **parameters: Value) -> str:
    """Record what is wanted and leave it to the workers; gives the stack's id."""
    request = StackRequest(name, REGION, TEMPLATE, "golden.yml", parameters)
    planned = await house.plane.plan(request)
    operation = await house.plane.execute(planned, ExecutionOptions())
    return operation.stack_id


async def farewell(house: House, stack_id: str) -> None:
    """Have a stack deleted."""
    planned = await house.plane.plan_delete(await house.plane.find(stack_id))
    await house.plane.execute(planned, ExecutionOptions())


async def come_true(holds: Callable[[], bool], seconds: float, what: str) -> None:
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, f"it did not come about: {what}"
        await asyncio.sleep(0.1)


def forget_faults(served: Served) -> None:
    request = urllib.request.Request(f"{served.endpoint}/_emulator/faults", method="DELETE")
    with urllib.request.urlopen(request, timeout=10) as reply:
        reply.read()


CHANGING = ("CopyImage", "DeleteImage", "ModifyImageAttribute", "CancelCopyImage", "TagResources")
_MANY = 1_000_000


@contextmanager
def counted_calls(served: Served) -> Iterator[Callable[[], dict[str, int]]]:
    """How often each changing call is made from here on, by a fault that does no harm."""
    forget_faults(served)
    for action in CHANGING:
        fault = {"kind": "slow", "action": action, "count": _MANY, "seconds": 0.001}
        served.ask("faults", fault)

    def made() -> dict[str, int]:
        left = {one["action"]: one["count"] for one in served.ask("faults")["faults"]}
        return {action: _MANY - left[action] for action in CHANGING if left[action] != _MANY}

    yield made
    forget_faults(served)
