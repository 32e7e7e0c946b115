"""Ways out with real image copies, through the cloud's usual trouble: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import ResourceStatus, StackStatus
from tests.scenarios.emulated import Emulated
from tests.scenarios.test_images import FAN_OUT, play, to

DENIED = {"kind": "error", "code": "Forbidden.RAM", "status": 403, "count": None}


def regions_of(sea: Emulated) -> list[str]:
    return sorted(image["region"] for image in sea.copies())


async def carry_out(sea: Emulated, begun: object) -> StackStatus:
    assert isinstance(begun, Planned)
    operation = await sea.house.plane.execute(begun, ExecutionOptions())
    await sea.house.worker.run(operation.operation_id)
    return (await sea.house.plane.view(operation.stack_id)).stack.status


def test_a_rollback_that_the_cloud_denies_is_continued_with_a_skip(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        before = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing"))
        for action in ("CancelCopyImage", "DeleteImage"):
            sea.fault(**DENIED, region="us-west-1", action=action)
        sea.fault(kind="copy_fails", region="us-east-1")
        regions = to("cn-shanghai", "cn-beijing", "us-west-1", "us-east-1")
        view = await sea.deploy(FAN_OUT, parameters=regions, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.UPDATE_ROLLBACK_FAILED
        begun = await plane.continue_rollback(view.stack)
        assert await carry_out(sea, begun) is StackStatus.UPDATE_ROLLBACK_FAILED
        begun = await plane.continue_rollback(await plane.find("demo"), ["Golden[2]"])
        assert await carry_out(sea, begun) is StackStatus.UPDATE_ROLLED_BACK
        view = await plane.view(view.stack.stack_id)
        assert view.stack.outputs == before.stack.outputs
        left = view.resources[-1].resource
        assert left.status is ResourceStatus.DELETE_FAILED and left.physical_id is not None
        assert regions_of(sea) == ["cn-beijing", "cn-shanghai", "us-west-1"]
        sea.calm()
        view = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing"))
        assert view.stack.status is StackStatus.UPDATED
        assert regions_of(sea) == ["cn-beijing", "cn-shanghai"]

    play(tmp_path, program)


@pytest.mark.parametrize("after", [5, 200, 900], ids=lambda after: f"after {after} s")
def test_an_update_that_is_cancelled_half_way_leaves_what_was(tmp_path: Path, after: int) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        before = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing"))
        wanted = to("cn-shanghai", "us-west-1", "us-east-1")
        request = StackRequest("demo", "cn-hangzhou", FAN_OUT, "t.yml", wanted, True)
        operation = await plane.execute(await plane.plan(request), ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(after)
        await plane.cancel(await plane.find("demo"))
        await running
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert regions_of(sea) == ["cn-beijing", "cn-shanghai"]
        ids = {one.resource.physical_id for one in view.resources}
        assert ids == {image["image_id"] for image in sea.copies()}
        assert ids == {one.resource.physical_id for one in before.resources}

    play(tmp_path, program)


def test_a_part_of_a_retry_copies_nothing_twice(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        for region in ("cn-beijing", "us-west-1"):
            sea.fault(kind="copy_fails", region=region)
        regions = to("cn-shanghai", "cn-beijing", "us-west-1")
        view = await sea.deploy(FAN_OUT, parameters=regions)
        assert view.stack.status is StackStatus.CREATE_FAILED
        begun = await plane.retry(view.stack, ["Golden[2]"])
        assert await carry_out(sea, begun) is StackStatus.CREATE_FAILED
        assert await carry_out(sea, await plane.retry(await plane.find("demo"))) is StackStatus.CREATED
        assert regions_of(sea) == ["cn-beijing", "cn-shanghai", "us-west-1"]

    play(tmp_path, program)
