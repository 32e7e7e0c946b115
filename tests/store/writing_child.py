"""A process that enters an operation and writes records and events until it is killed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from imageferry.model.operations import StepProgress
from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Batch
from tests.store.samples import copy_event, opened, record_of


async def write(home: Path, operation_id: str) -> None:
    async with opened(home, "child") as store:
        entry = await store.enter(operation_id)
        assert entry is not None
        for number in range(1_000_000):
            name = f"R{number}"
            intent = record_of(name)
            await store.flush(operation_id, entry.epoch, Batch([intent]))
            done = replace(intent, status=StepStatus.DONE, physical_id=f"m-{number}")
            event = copy_event(entry.operation, name)
            await store.flush(operation_id, entry.epoch, Batch([done], [event]))
            progress = [StepProgress(name, number % 100, "Creating")]
            await store.save_progress(operation_id, entry.epoch, progress, float(number))
            # Said after the commit: what was said must be found, however the process ends.
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
