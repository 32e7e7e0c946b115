"""Deploy, a deploy without a change, and delete of 500 resources, beside moto's CloudFormation."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from emulating import IMMEDIATE
from figures import REGION, Figure, environment, fresh_home, quantity
from imageferry.assembly.house import House, open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.statuses import OperationStatus
from imageferry.settings import resolve
from templates import copies

MANY = 500
SIZES = (100, 1_000, 10_000)
PEERS = Path(__file__).parents[1] / ".venv-clients" / "peers" / "bin" / "python"


def measure() -> Iterator[Figure]:
    """The three deeds in one process each, start-up not counted; then what each resource costs."""
    ours = _ours(MANY)
    moto = _moto(MANY)
    for deed, says in (
        ("deploy", f"deploy of {MANY}"),
        ("again", f"deploy of {MANY} without a change"),
        ("delete", f"delete of {MANY}"),
    ):
        cpu, wall = ours[deed]
        what = f"{says}, beside moto's CloudFormation"
        if moto is None:
            yield Figure(
                what, quantity(cpu, "s"), note="moto is not installed; make bench sets it up"
            )
            continue
        other, elapsed = moto[deed]
        yield Figure(
            what, f"{quantity(cpu / other, '')} times its CPU",
            note=f"{quantity(cpu, 's')} and {quantity(other, 's')} CPU, {quantity(wall, 's')} and"
            f" {quantity(elapsed, 's')} wall; ours on disk and fsynced, moto's in memory",
        )  # fmt: skip
    for size in SIZES:
        cost = {deed: cpu / size * 1000 for deed, (cpu, _) in _ours(size).items()}
        yield Figure(
            f"CPU of a resource in a stack of {size:,}", quantity(cost["deploy"], "ms"),
            note=f"emulator inside, planning too; without a change {quantity(cost['again'], 'ms')},"
            f" delete {quantity(cost['delete'], 'ms')}",
        )  # fmt: skip


def _ours(number: int) -> Mapping[str, tuple[float, float]]:
    with fresh_home() as home:
        return asyncio.run(_deeds(home, number))


async def _deeds(home: Path, number: int) -> Mapping[str, tuple[float, float]]:
    """CPU and wall seconds of each deed, from the template's bytes to the end of the operation."""
    flags = {"home": str(home), "cloud": "emulator", "region": REGION, "emulator_speed": IMMEDIATE}
    spent = {}
    async with open_house(resolve(flags, {})) as house:
        wanted = StackRequest("bench", REGION, copies(number), "copies.json")
        for deed in ("deploy", "again", "delete"):
            began, clock = time.process_time(), time.perf_counter()
            await _carry_out(house, deed, wanted)
            spent[deed] = (time.process_time() - began, time.perf_counter() - clock)
    return spent


async def _carry_out(house: House, deed: str, wanted: StackRequest) -> None:
    plane = house.plane
    if deed == "delete":
        planned = await plane.plan_delete(await plane.find(wanted.stack_name))
    else:
        planned = await plane.plan(wanted)
    if deed == "again":
        if not planned.is_current:
            raise RuntimeError("the second deploy of one template is not current")
        return
    operation = await plane.execute(planned, ExecutionOptions())
    result = await house.worker.run(operation.operation_id)
    if result.status is not OperationStatus.SUCCEEDED:
        raise RuntimeError(f"the {deed} ended as {result}")


def _moto(number: int) -> Mapping[str, tuple[float, float]] | None:
    if not PEERS.exists():
        return None
    command = [str(PEERS), str(Path(__file__).with_name("moto_stack.py")), str(number)]
    with fresh_home() as home:
        done = subprocess.run(
            command, env=environment(home, AWS_DEFAULT_REGION="us-east-1"),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        return None
    found = json.loads(done.stdout)
    return {deed: tuple(found[deed]) for deed in ("deploy", "again", "delete")}
