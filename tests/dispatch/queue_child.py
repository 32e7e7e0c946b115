"""A worker in a process of its own, which can be killed and paused: argument, the database's URL.

It says what it begins, and ends every run once it is sent SIGUSR1.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult
from tests.dispatch.queueing import workshop


async def main(url: str) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)

    async def run(operation_id: str) -> RunResult:
        print("begun", operation_id, flush=True)
        try:
            await told.wait()
        finally:
            print("left", operation_id, flush=True)
        return RunResult(operation_id, OperationStatus.SUCCEEDED)

    async with workshop(url) as here:
        dispatcher = here.dispatcher()
        await dispatcher.start(run)
        print("ready", flush=True)
        await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
