"""Ways out with real image copies, through the cloud's usual trouble: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import ResourceStatus, StackStatus
from tests.scenarios.emulated import FAN_OUT, Emulated, play, to

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
        assert (
            await carry_out(sea, await plane.retry(await plane.find("demo"))) is StackStatus.CREATED
        )
        assert regions_of(sea) == ["cn-beijing", "cn-shanghai", "us-west-1"]

    play(tmp_path, program)


async def stalls(sea: Emulated, stack_id: str) -> list[str]:
    events = await sea.house.plane.events(stack_id)
    return [event.reason for event in events if "looks stalled" in event.reason]


@pytest.mark.parametrize("crashes", [False, True], ids=["one process", "two processes"])
def test_a_copy_that_neither_ends_nor_can_be_cancelled_holds_no_rollback_for_ever(
    tmp_path: Path, crashes: bool
) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        before = await sea.deploy(FAN_OUT, parameters=to("cn-shanghai"))
        sea.fault(kind="uncancellable", region="us-west-1")
        sea.fault(kind="shown", region="us-west-1", word="Creating", progress="40%", count=None)
        wanted = to("cn-shanghai", "us-west-1")
        planned = await plane.plan(StackRequest("demo", "cn-hangzhou", FAN_OUT, "t.yml", wanted))
        operation = await plane.execute(planned, ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(60.0)
        await plane.cancel(await plane.find("demo"))
        await sea.house.clock.sleep(3 * 3600.0)
        assert not running.done()
        told = await stalls(sea, operation.stack_id)
        assert len(told) == 1 and told[0].startswith("removing m-") and "us-west-1" in told[0]
        if crashes:
            running.cancel()
            await asyncio.wait([running])
            running = asyncio.ensure_future(sea.fresh_worker().run(operation.operation_id))
            await sea.house.clock.sleep(3 * 3600.0)
            assert await stalls(sea, operation.stack_id) == told, "said once, by whomever"
        await plane.cancel(await plane.find("demo"), breaks_off=True)
        await running
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLBACK_FAILED
        left = view.resources[-1].resource
        assert left.status is ResourceStatus.DELETE_FAILED and "waiting for" in left.status_reason
        assert left.physical_id in {image["image_id"] for image in sea.copies()}
        sea.calm()
        begun = await plane.continue_rollback(view.stack)
        assert await carry_out(sea, begun) is StackStatus.UPDATE_ROLLED_BACK
        assert regions_of(sea) == ["cn-shanghai"]
        assert (await plane.find("demo")).outputs == before.stack.outputs

    play(tmp_path, program)


REFUSED_FOR_EVER = [
    pytest.param({"kind": "ignored"}, id="accepted and not done"),
    pytest.param({"kind": "error", "code": "IncorrectImageStatus", "status": 403}, id="busy"),
]


@pytest.mark.parametrize("trouble", REFUSED_FOR_EVER)
def test_a_deletion_that_hangs_is_told_and_stopped(
    tmp_path: Path, trouble: dict[str, object]
) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        stack = (await sea.deploy(FAN_OUT, parameters=to("cn-shanghai", "cn-beijing"))).stack
        sea.fault(**trouble, action="DeleteImage", region="cn-beijing", count=None)
        operation = await plane.execute(await plane.plan_delete(stack), ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(800.0)
        assert await stalls(sea, stack.stack_id) == []
        await sea.house.clock.sleep(2 * 3600.0)
        told = await stalls(sea, stack.stack_id)
        assert len(told) == 1 and "cn-beijing" in told[0] and not running.done()
        await plane.cancel(await plane.find("demo"))
        await running
        assert (await plane.find("demo")).status is StackStatus.DELETE_FAILED
        sea.calm()
        assert (await sea.delete()).stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program)


def test_a_deletion_ends_at_its_time_limit(tmp_path: Path) -> None:
    template = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      Timeouts: {Delete: 10m}
"""

    async def program(sea: Emulated) -> None:
        stack = (await sea.deploy(template, region="cn-beijing")).stack
        sea.fault(kind="ignored", action="DeleteImage", count=None)
        began = sea.house.clock.now()
        ended = await sea.delete()
        assert ended.stack.status is StackStatus.DELETE_FAILED
        assert "is not gone within the time limit" in ended.stack.status_reason
        assert 600.0 <= sea.house.clock.now() - began < 605.0
        assert await stalls(sea, stack.stack_id) == []

    play(tmp_path, program)
