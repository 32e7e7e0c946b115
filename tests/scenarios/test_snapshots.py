"""Snapshots over whole operations: the wish of a command, the wish of a template, and a crash between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.aftermath import remains_of
from imageferry.control.requests import ExecutionOptions, OperationHolds, StackRequest
from imageferry.emulator.controls import list_snapshots
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

ROS = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Sweep: {Type: Boolean, Default: false}
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Metadata: {imageferry: {DeleteSnapshots: {Ref: Sweep}}}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: first
  Second:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: second
"""
TF = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  First:
    Type: TF::Alicloud::ImageCopy
    Metadata: {imageferry: {DeleteSnapshots: 'true'}}
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: first
      Encrypted: false
"""


def behind(sea: Emulated) -> list[str]:
    """The regions in which a snapshot of a copy is left."""
    made = [one for one in list_snapshots(sea.cloud.world) if "golden" not in one["snapshot_id"]]
    return sorted(one["region"] for one in made)


async def delete(sea: Emulated, *, sweeps: bool) -> Operation:
    plane = sea.house.plane
    planned = await plane.plan_delete(await plane.find("demo"))
    operation = await plane.execute(planned, ExecutionOptions(deletes_remains=sweeps))
    await sea.house.worker.run(operation.operation_id)
    return operation


async def images_left(sea: Emulated, operation: Operation) -> list[tuple[str, str]]:
    records = await sea.house.store.records(operation.operation_id)
    return sorted((str(one["region"]), str(one["of"])) for one in remains_of(records))


def test_a_deletion_names_what_stays(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS)
        ids = {one["region"]: one["image_id"] for one in sea.copies()}
        operation = await delete(sea, sweeps=False)
        assert behind(sea) == ["cn-beijing", "cn-shanghai"]
        assert await images_left(sea, operation) == sorted(ids.items())
        events = await sea.house.plane.events(operation.stack_id)
        assert sum("stays: the cloud keeps" in event.reason for event in events) == 2

    play(tmp_path, program)


def test_a_command_may_ask_for_all_of_them(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS)
        operation = await delete(sea, sweeps=True)
        assert behind(sea) == [] and await images_left(sea, operation) == []

    play(tmp_path, program)


def test_a_template_may_ask_for_those_of_one_resource(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS, parameters={"Sweep": "true"})
        await delete(sea, sweeps=False)
        assert behind(sea) == ["cn-shanghai"]

    play(tmp_path, program)


def test_the_wish_counts_from_the_update_that_says_it_and_calls_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS)
        before = dict(sea.house.voice.client.counts)
        view = await sea.deploy(ROS, parameters={"Sweep": "true"})
        assert view.stack.status is StackStatus.UPDATED
        assert sea.house.voice.client.counts == before
        await delete(sea, sweeps=False)
        assert behind(sea) == ["cn-shanghai"]

    play(tmp_path, program)


def test_a_renewed_image_takes_its_snapshots_with_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(TF, region="cn-beijing")
        encrypted = TF.replace(b"Encrypted: false", b"Encrypted: true")
        view = await sea.deploy(encrypted, region="cn-beijing")
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert behind(sea) == ["cn-beijing"]
        await sea.delete()
        assert behind(sea) == []

    play(tmp_path, program)


@pytest.mark.parametrize("skip", [0, 1], ids=["first_snapshot", "second_snapshot"])
def test_a_process_that_ends_in_between_is_followed_by_one_that_goes_on(
    tmp_path: Path, skip: int
) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS)
        plane, house = sea.house.plane, sea.house
        sea.fault(kind="lost_reply", action="DeleteSnapshot", skip=skip, count=1)
        sea.fault(kind="unavailable", action="DeleteSnapshot", skip=skip, count=None)
        planned = await plane.plan_delete(await plane.find("demo"))
        operation = await plane.execute(planned, ExecutionOptions(deletes_remains=True))
        await _stopped(sea, operation)
        sea.calm()
        await sea.fresh_worker().run(operation.operation_id)
        assert behind(sea) == [] and await images_left(sea, operation) == []
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.DELETED
        assert house.voice.client.counts["DeleteImage"] == 2

    play(tmp_path, program, trouble=False)


async def _stopped(sea: Emulated, operation: Operation) -> None:
    """Let a worker run until it waits for the snapshots, and end it in order."""
    worker = sea.fresh_worker()
    run = asyncio.ensure_future(worker.run(operation.operation_id))
    await sea.house.clock.sleep(30.0)
    worker.stop()
    assert (await run).stopped


def test_another_wish_is_another_request(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(ROS)
        plane = sea.house.plane
        stack = await plane.find("demo")
        await plane.execute(await plane.plan_delete(stack), ExecutionOptions(deletes_remains=True))
        again = await plane.plan_delete(stack)
        with pytest.raises(OperationHolds):
            await plane.execute(again, ExecutionOptions())
        same = await plane.execute(again, ExecutionOptions(deletes_remains=True))
        await sea.house.worker.run(same.operation_id)
        assert behind(sea) == []

    play(tmp_path, program)


@pytest.mark.parametrize(
    "section",
    [b"{DeleteSnapshot: true}", b"{DeleteSnapshots: perhaps}", b"[true]"],
    ids=["unknown_field", "no_truth", "no_map"],
)
def test_a_wrong_wish_is_refused_before_anything_is_done(tmp_path: Path, section: bytes) -> None:
    async def program(sea: Emulated) -> None:
        template = ROS.replace(b"{DeleteSnapshots: {Ref: Sweep}}", section)
        with pytest.raises(TemplateError) as refused:
            await sea.house.plane.plan(StackRequest("demo", "cn-hangzhou", template, "t.yml"))
        assert [one.code for one in refused.value.diagnostics if one.is_error] == ["IF848"]
        assert sea.copies() == []

    play(tmp_path, program)


def test_what_is_undone_takes_its_snapshots_with_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        sea.fault(kind="copy_fails", action="CopyImage", region="cn-shanghai", percent=90)
        planned = await plane.plan(StackRequest("demo", "cn-hangzhou", ROS, "t.yml"))
        options = ExecutionOptions(OnFailure.ROLLBACK, deletes_remains=True)
        operation = await plane.execute(planned, options)
        await sea.house.worker.run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert sea.copies() == [] and behind(sea) == []

    play(tmp_path, program, trouble=False)
