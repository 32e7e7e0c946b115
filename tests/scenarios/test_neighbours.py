"""Stacks that live beside one another, and the time, through failures, crashes, retries and cancels."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, Planned, RequestRefused, StackRequest
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated

HERE = "cn-shanghai"


play = partial(play_emulated, speed=30.0)


def names(sea: Emulated) -> list[str]:
    return sorted(str(one["name"]) for one in sea.copies())


async def crash(sea: Emulated, operation_id: str, after: float) -> None:
    """Run it for so many seconds, and let the process die."""
    running = asyncio.ensure_future(sea.house.worker.run(operation_id))
    await sea.house.clock.sleep(after)
    running.cancel()
    await asyncio.wait([running])


async def retried(sea: Emulated, name: str = "demo") -> Stack:
    plane = sea.house.plane
    planned = await plane.retry(await plane.find(name))
    assert isinstance(planned, Planned)
    operation = await plane.execute(planned, ExecutionOptions())
    await sea.house.worker.run(operation.operation_id)
    return (await plane.view(operation.stack_id)).stack


# --- exports --------------------------------------------------------------------------------------

HARBOUR = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Encrypted: {Type: String, Default: 'false'}
  Adds: {Type: String, Default: 'no'}
Conditions: {More: !Equals [!Ref Adds, 'yes']}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Encrypted: !Ref Encrypted
  More:
    Type: TF::Alicloud::ImageCopy
    Condition: More
    DependsOn: Golden
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: more}
Outputs:
  Image: {Value: !GetAtt Golden.Id, Export: {Name: golden-image}}
"""
ONWARD = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Sealed:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !ImportValue golden-image
      SourceRegionId: !Ref AWS::Region
      ImageName: sealed
      Encrypted: true
"""
ALONE = ONWARD.replace(b"!ImportValue golden-image", b"m-golden0000000000001").replace(
    b"!Ref AWS::Region", b"cn-hangzhou"
)


def onward(source: bytes = ONWARD) -> StackRequest:
    return StackRequest("onward", HERE, source, "t.yml")


def test_an_update_that_failed_half_way_is_not_imported_from(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(HARBOUR, name="harbour", region=HERE)).stack
        waiting = await sea.house.plane.plan(onward())
        sea.calm()
        sea.fault(kind="quota", action="CopyImage", skip=1)
        given: dict[str, Value] = {"Encrypted": "true", "Adds": "yes"}
        broken = (await sea.deploy(HARBOUR, name="harbour", region=HERE, parameters=given)).stack
        assert broken.status is StackStatus.UPDATE_FAILED
        assert broken.exports == first.exports
        assert broken.outputs["Image"] != first.outputs["Image"]
        with pytest.raises(TemplateError, match="no longer what its stack has"):
            await sea.house.plane.plan(onward())
        with pytest.raises(RequestRefused, match="not what it was"):
            await sea.house.plane.execute(waiting, ExecutionOptions())
        sea.calm()
        mended = await retried(sea, "harbour")
        assert mended.exports[0].value == broken.outputs["Image"]
        user = (await sea.deploy(ONWARD, name="onward", region=HERE)).stack
        assert user.status is StackStatus.CREATED, user.status_reason
        sources = {one["name"]: one["source_image_id"] for one in sea.copies()}
        assert sources["sealed"] == broken.outputs["Image"]

    play(tmp_path, program)


@pytest.mark.parametrize("after", [1, 25, 60])
def test_what_an_operation_imports_stays_while_its_process_is_dead(
    tmp_path: Path, after: float
) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        base = (await sea.deploy(HARBOUR, name="harbour", region=HERE)).stack
        operation = await plane.execute(await plane.plan(onward()), ExecutionOptions())
        await crash(sea, operation.operation_id, after)
        with pytest.raises(RequestRefused, match="in use by onward"):
            await sea.delete("harbour")
        change = StackRequest("harbour", HERE, HARBOUR, "t.yml", {"Encrypted": "true"})
        with pytest.raises(TemplateError, match="in use by onward"):
            await plane.plan(change)
        # Who comes back asks nobody again.
        again = await plane.plan(onward())
        assert again.running is not None
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        sources = {one["name"]: one["source_image_id"] for one in sea.copies()}
        assert sources["sealed"] == base.outputs["Image"]

    play(tmp_path, program)


def test_what_was_cancelled_imports_nothing_any_more(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(HARBOUR, name="harbour", region=HERE)
        operation = await plane.execute(await plane.plan(onward()), ExecutionOptions())
        await crash(sea, operation.operation_id, 5)
        await plane.cancel(await plane.find("onward"))
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert names(sea) == ["golden"]
        await sea.delete("harbour")
        assert sea.copies() == []

    play(tmp_path, program)


def test_a_rolled_back_change_of_what_is_imported(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(HARBOUR, name="harbour", region=HERE)
        await sea.deploy(ONWARD, name="onward", region=HERE)
        # Going over to another source fails: what it was made from is still in use.
        sea.fault(kind="quota", action="CopyImage")
        request = StackRequest("onward", HERE, ALONE, "t.yml")
        operation = await plane.execute(
            await plane.plan(request), ExecutionOptions(OnFailure.ROLLBACK)
        )
        await sea.house.worker.run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        with pytest.raises(RequestRefused, match="in use by onward"):
            await sea.delete("harbour")
        sea.calm()
        done = await retried(sea, "onward")
        assert done.status is StackStatus.UPDATED, done.status_reason
        await sea.delete("harbour")
        assert names(sea) == ["sealed"]

    play(tmp_path, program)


# --- outputs of other stacks ----------------------------------------------------------------------

FIRST = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Name: {Type: String, Default: first}}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: {Ref: Name}
Outputs:
  Image: {Value: {Fn::GetAtt: [Golden, ImageId]}}
"""
SECOND = b"""
ROSTemplateFormatVersion: '2015-09-01'
Conditions:
  IsThere: {Fn::Not: {Fn::Equals: [{Ref: From}, '']}}
Parameters: {From: {Type: String, Default: first}}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {Fn::GetStackOutput: [{Ref: From}, Image]}
      SourceRegionId: cn-shanghai
      DestinationRegionId: us-west-1
      DestinationImageName: second
Outputs:
  From: {Value: {Fn::GetStackOutput: [{Ref: From}, Image]}}
"""


def test_an_output_that_changes_meanwhile_is_asked_once(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        first = (await sea.deploy(FIRST, name="first")).stack
        request = StackRequest("second", "cn-hangzhou", SECOND, "t.yml")
        operation = await plane.execute(await plane.plan(request), ExecutionOptions())
        await crash(sea, operation.operation_id, 30)
        # Nobody holds a ROS stack's outputs: they change under the one that read them.
        changed = await sea.deploy(FIRST, name="first", parameters={"Name": "new"}, replace=True)
        assert changed.stack.outputs["Image"] != first.outputs["Image"]
        assert (await plane.plan(request)).running is not None
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["From"] == first.outputs["Image"]
        # The next deploy asks anew, and sees that another image is wanted.
        planned = await plane.plan(request)
        assert not planned.is_current
        assert planned.change_set.blocked

    play(tmp_path, program)


# --- the time -------------------------------------------------------------------------------------

STAMPED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties: &copy
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: {Fn::Join: ['-', [one, {Fn::FormatTime: '%H%M%S'}]]}
  Second:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: First
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: {Fn::Join: ['-', [two, {Fn::FormatTime: '%H%M%S'}]]}
Outputs:
  At: {Value: {Fn::FormatTime: '%H%M%S'}}
"""
"""Virtual time begins at 08:53:20."""


@pytest.mark.parametrize("on_failure", list(OnFailure), ids=lambda one: str(one.value))
def test_a_retry_goes_by_the_same_time(tmp_path: Path, on_failure: OnFailure) -> None:
    async def program(sea: Emulated) -> None:
        sea.calm()
        sea.fault(kind="quota", action="CopyImage", skip=1)
        view = await sea.deploy(STAMPED, on_failure=on_failure)
        assert names(sea) == (["one-085320"] if on_failure is OnFailure.KEEP else [])
        sea.calm()
        await sea.house.clock.sleep(3600)
        if view.stack.status is StackStatus.DELETED:
            return
        done = await retried(sea)
        assert done.status in {StackStatus.CREATED, StackStatus.UPDATED}, done.status_reason
        assert names(sea) == ["one-085320", "two-085320"]
        assert done.outputs == {"At": "085320"}

    play(tmp_path, program)


def test_a_new_deploy_goes_by_a_new_time(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(STAMPED)
        assert first.stack.outputs == {"At": "085320"}
        await sea.house.clock.sleep(3600)
        request = StackRequest("demo", "cn-hangzhou", STAMPED, "t.yml")
        planned = await sea.house.plane.plan(request)
        assert planned.change_set.blocked, "ROS renames no image"
        later = await sea.deploy(STAMPED, replace=True)
        assert later.stack.status is StackStatus.UPDATED, later.stack.status_reason
        stamp = str(later.stack.outputs["At"])
        assert stamp > "0953"
        assert names(sea) == [f"one-{stamp}", f"two-{stamp}"]

    play(tmp_path, program)


def test_a_cancelled_update_leaves_the_time_of_before(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(STAMPED)
        await sea.house.clock.sleep(3600)
        request = StackRequest("demo", "cn-hangzhou", STAMPED, "t.yml", {}, True)
        operation = await plane.execute(await plane.plan(request), ExecutionOptions())
        await crash(sea, operation.operation_id, 30)
        await plane.cancel(await plane.find("demo"))
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert names(sea) == ["one-085320", "two-085320"]
        assert view.stack.outputs == {"At": "085320"}

    play(tmp_path, program)
