"""What a deploy of many copies costs: CPU and memory, beside terraform."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from emulating import IMMEDIATE, emulator_elsewhere
from figures import (
    COMMAND,
    REGION,
    Figure,
    Spent,
    at_most,
    environment,
    fresh_home,
    quantity,
    skipped,
    spend,
)
from imageferry.assembly.house import open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.statuses import OperationStatus
from imageferry.settings import resolve
from templates import copies

MANY = 500
MOST = 10_000


def measure() -> Iterator[Figure]:
    """500 copies against an emulator elsewhere, then with the emulator inside."""
    with fresh_home() as home, emulator_elsewhere(home / "cloud") as endpoint:
        one = _deploy(home / "one", 1, endpoint)
        many = _deploy(home / "many", MANY, endpoint)
        alone = asyncio.run(_engine_alone(home / "alone", endpoint))
    yield at_most(
        f"engine CPU of a resource, operation of {MANY}, emulator elsewhere", alone / MANY * 1000, 1.0,
        "ms", "from the operation's opening to its close",
    )  # fmt: skip
    each = (many.cpu - one.cpu) / (MANY - 1) * 1000
    yield Figure(
        "CPU of a resource, whole process beyond start-up", quantity(each, "ms"),
        note=f"reading, planning, showing too; {quantity(many.cpu, 's')} CPU,"
        f" {quantity(many.wall, 's')} wall, start-up {quantity(one.cpu, 's')}",
    )  # fmt: skip
    yield _beside_terraform(many)
    with fresh_home() as home:
        inside = _deploy(home, MANY, "")
        yield at_most(f"peak memory, deploy of {MANY}, emulator inside", inside.peak, 120.0, "MiB")
    with fresh_home() as home:
        most = _deploy(home, MOST, "")
        yield at_most(
            f"peak memory, deploy of {MOST:,}, emulator inside", most.peak, 400.0, "MiB",
            f"{quantity(most.cpu, 's')} CPU, {quantity(most.wall, 's')} wall",
        )  # fmt: skip


async def _engine_alone(home: Path, endpoint: str) -> float:
    """Seconds of CPU from the opening of an operation to its close, planning not counted."""
    settings = resolve(
        {"home": str(home), "cloud": "emulator", "region": REGION, "ecs_endpoint": endpoint}, {}
    )
    async with open_house(settings) as house:
        wanted = StackRequest("alone", REGION, copies(MANY), "copies.json")
        planned = await house.plane.plan(wanted)
        began = time.process_time()
        operation = await house.plane.execute(planned, ExecutionOptions())
        result = await house.worker.run(operation.operation_id)
        used = time.process_time() - began
    if result.status is not OperationStatus.SUCCEEDED:
        raise RuntimeError(f"the operation ended as {result}")
    return used


def _deploy(home: Path, number: int, endpoint: str) -> Spent:
    home.mkdir(parents=True, exist_ok=True)
    template = home / "copies.json"
    template.write_bytes(copies(number))
    settings = {"IMAGEFERRY_ECS_ENDPOINT": endpoint} if endpoint else {}
    settings["IMAGEFERRY_EMULATOR_SPEED"] = IMMEDIATE
    command = [COMMAND, "deploy", str(template), "-s", f"bench-{number}", "--yes", "--json"]
    spent = spend(command, environment(home, **settings), 90.0)
    if spent.code != 0:
        raise RuntimeError(
            f"the deploy of {number} copies ended with {spent.code}:\n{spent.output[-800:]}"
        )
    return spent


def _beside_terraform(many: Spent) -> Figure:
    what = f"whole process beside terraform apply of {MANY} terraform_data"
    program = shutil.which("terraform")
    if program is None:
        return skipped(what, "terraform is not installed")
    with fresh_home() as home:
        text = "\n".join(
            f'resource "terraform_data" "one{i}" {{ input = "{i}" }}' for i in range(MANY)
        )
        (home / "main.tf").write_text(text, encoding="utf-8")
        around = environment(home, CHECKPOINT_DISABLE="1")
        begun = spend([program, f"-chdir={home}", "init", "-input=false"], around)
        done = spend([program, f"-chdir={home}", "apply", "-auto-approve", "-input=false"], around)
    if begun.code or done.code:
        return skipped(what, "terraform does not run here")
    return at_most(what, many.cpu / done.cpu, 1 / 3, "times its CPU",
                   f"{quantity(many.cpu, 's')} and {quantity(done.cpu, 's')} CPU,"
                   f" {quantity(many.wall, 's')} and {quantity(done.wall, 's')} wall")  # fmt: skip
