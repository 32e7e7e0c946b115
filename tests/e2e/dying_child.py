"""A process that deploys one stack and kills itself at the point of the journal that it is told.

`python -m tests.e2e.dying_child POINT TEMPLATE ON_FAILURE PARAMETERS`; the home, the emulator and
the database come from the environment. With the point `never` it prints how the stack stands.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imageferry.assembly.house import open_house
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.engine.worker import Worker
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Batch, Closing
from imageferry.settings import resolve

IN_FLIGHT = 0.15
"""Seconds after an intent at which its call is under way, with a cloud that answers slowly."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _intends(batch: Batch) -> bool:
    return any(one.status is StepStatus.INTENDED for one in batch.records)


def _tells_an_id(batch: Batch) -> bool:
    return any(one.physical_id and not one.status.is_final for one in batch.records)


def _tells_a_phase(batch: Batch) -> bool:
    return any(one.context.get("phase") not in {None, "copy"} for one in batch.records)


def _undoes(batch: Batch) -> bool:
    return any(one.phase == 1 and one.status.is_final for one in batch.records)


POINTS: dict[str, tuple[Callable[[Batch], bool], str]] = {
    "before the intent": (_intends, "before"),
    "after the intent, before the call": (_intends, "after"),
    "during the call": (_intends, "later"),
    "after the reply, before the id is recorded": (_tells_an_id, "before"),
    "after the id is recorded": (_tells_an_id, "after"),
    "while polling": (_tells_an_id, "later"),
    "between Available and the steps behind it": (_tells_a_phase, "after"),
    "in a rollback, between two deletes": (_undoes, "after"),
}
AT_CLOSE = {"before it is closed": "before", "after it is closed": "after"}


class DyingStore:
    """The store of the house, in a process that does not live long."""

    def __init__(self, store: Any, point: str) -> None:
        self._store, self._point = store, point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        matches, when = POINTS.get(self._point, (lambda _: False, ""))
        is_here = matches(batch)
        if is_here and when == "before":
            die()
        flag: bool = await self._store.flush(operation_id, epoch, batch)
        if is_here and when == "after":
            die()
        if is_here:
            asyncio.get_running_loop().call_later(IN_FLIGHT, die)
        return flag

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        when = AT_CLOSE.get(self._point)
        if when == "before":
            die()
        await self._store.close_operation(operation_id, epoch, closing)
        if when == "after":
            die()


async def main(point: str, template: Path, on_failure: str, parameters: str) -> None:
    async with open_house(resolve({}, os.environ)) as house:
        store: Any = DyingStore(house.store, point)
        worker = Worker(store, house.catalog, house.clock, house.entropy)
        planned: Planned = await house.plane.plan(
            StackRequest(
                "mortal",
                "cn-hangzhou" if "ROSTemplate" in template.read_text() else "cn-shanghai",
                template.read_bytes(),
                template.name,
                json.loads(parameters),
            )
        )
        if not planned.is_current:
            operation = await house.plane.execute(planned, ExecutionOptions(OnFailure(on_failure)))
            await worker.run(operation.operation_id)
        view = await house.plane.view((await house.plane.find("mortal")).stack_id)
        print(
            json.dumps(
                {
                    "status": view.stack.status.name,
                    "ids": [one.resource.attributes for one in view.resources],
                }
            )
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
