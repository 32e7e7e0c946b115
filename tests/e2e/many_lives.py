"""A stack brought forward by one process after the other, each killed behind its next changing call.

`python -m tests.e2e.many_lives DEED TEMPLATE REGION PARAMETERS SPARED`; DEED is `deploy` or
`delete`, SPARED an action that everybody survives. Each life is forked from one process that has
loaded everything, and kills itself with SIGKILL when the cloud has carried out a changing call and
answered it, before a word of that is recorded; each such call is met once. It prints how many lives
there were, behind which calls they ended, and how the stack stands.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from imageferry.assembly.house import House, open_house
from imageferry.cloud.client import Client
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.engine.worker import Worker
from imageferry.model.operations import Operation
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.settings import resolve
from imageferry.wire.http import HttpRequest, HttpResponse

MOST_LIVES = 80
NAME = "mortal"
_LOOKS = ("Describe", "List", "Get")
_PASSING = frozenset({"SignatureNonce", "Timestamp"})


def key_of(request: HttpRequest) -> str:
    """The same for the same call made again by whoever comes after; empty for a look."""
    action = request.headers.get("x-acs-action", "")
    if action.startswith(_LOOKS):
        return ""
    asked = dict((*request.query, *request.form))
    said = sorted(f"{name}={value}" for name, value in asked.items() if name not in _PASSING)
    return f"{action} {' '.join(said)}"


def mortal(
    send: Callable[[HttpRequest], Awaitable[HttpResponse]], met: Path, spared: str
) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
    """A way to the cloud that nobody survives, unless the call was met before."""

    async def sent(request: HttpRequest) -> HttpResponse:
        key = key_of(request)
        response = await send(request)
        is_met = not key or key.split(" ")[0] == spared
        if not is_met and response.status < 300 and key not in met.read_text().splitlines():
            with met.open("a") as file:
                file.write(f"{key}\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return sent


async def _operation(house: House, deed: str, request: StackRequest) -> Operation | None:
    if deed == "deploy":
        planned: Planned = await house.plane.plan(request)
        if planned.is_current:
            return None
    else:
        planned = await house.plane.plan_delete(await house.plane.find(NAME))
    # One at a time: a second call under way would be carried out as well, and met by nobody.
    return await house.plane.execute(planned, ExecutionOptions(parallel=1))


async def live(deed: str, request: StackRequest, met: Path, spared: str) -> None:
    """One life: whatever is open goes on, or the deed is begun."""
    async with open_house(resolve({}, os.environ)) as house:
        voice = house.voice
        client = Client(
            mortal(voice.send, met, spared), voice.credentials, voice.endpoints, house.clock,
            house.entropy, {},
        )  # fmt: skip
        worker = Worker(house.store, TypeCatalog(client), house.clock, house.entropy)
        unfinished = await house.store.open_operations()
        if unfinished:
            await worker.run(unfinished[0].operation_id)
            return
        operation = await _operation(house, deed, request)
        if operation is not None:
            await worker.run(operation.operation_id)


async def _standing() -> dict[str, Any]:
    async with open_house(resolve({}, os.environ)) as house:
        for stack in await house.plane.stacks(None, with_deleted=True):
            view = await house.plane.view(stack.stack_id)
            return {
                "status": stack.status.name,
                "reason": stack.status_reason,
                "ids": {
                    str(one.resource.address): one.resource.physical_id for one in view.resources
                },
                "attributes": {
                    str(one.resource.address): dict(one.resource.attributes)
                    for one in view.resources
                },
            }
    return {}


def main(deed: str, template: str, region: str, parameters: str, spared: str) -> None:
    met = Path(template).with_suffix(f".{deed}")
    met.touch()
    content = Path(template).read_bytes()
    request = StackRequest(NAME, region, content, "t.json", json.loads(parameters))
    lives = kills = 0
    while lives < MOST_LIVES:
        lives += 1
        child = os.fork()
        if child == 0:
            asyncio.run(live(deed, request, met, spared))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            kills += 1
        else:
            break
    calls = [line.split(" ")[0] for line in met.read_text().splitlines()]
    told = {"lives": lives, "kills": kills, "calls": calls, "exit": os.WEXITSTATUS(status)}
    print(json.dumps({**told, **asyncio.run(_standing())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
