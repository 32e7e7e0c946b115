"""deployed, approve, ended: stacks that the pages are looked at with, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.control.named_changes import execute_named, named_of
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.emulator import controls
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from tests.console.browsing import Browser

FAN_OUT = b"""\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Regions: {Type: Json, Default: [cn-shanghai, ap-southeast-1]}
  Name: {Type: String, Default: carried}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Regions}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', !Ref Regions]
      DestinationImageName: !Ref Name
"""


async def deployed(
    browser: Browser,
    *,
    name: str = "fan",
    template: bytes = FAN_OUT,
    on_failure: OnFailure = OnFailure.KEEP,
    waits: bool = True,
    **parameters: Any,
) -> Stack:
    """A stack that was deployed; `waits` until that has come to its end."""
    plane = browser.apis.house.plane
    request = StackRequest(name, "cn-hangzhou", template, "fan.yml", parameters)
    operation = await plane.execute(await plane.plan(request), ExecutionOptions(on_failure))
    return await (ended if waits else standing)(browser, operation.stack_id)


async def standing(browser: Browser, stack_id: str) -> Stack:
    """A stack as it stands."""
    stack = await browser.apis.house.plane.desk.store.stack(stack_id)
    assert stack is not None
    return stack


async def ended(browser: Browser, stack_id: str) -> Stack:
    """The stack, once nothing runs on it."""
    for _ in range(4_000):
        stack = await standing(browser, stack_id)
        if stack.status.is_final:
            return stack
        await browser.apis.clock.sleep(1.0)
    raise AssertionError("it never ended")


async def approve(browser: Browser, uuid: str) -> Stack:
    """Execute the newest change set of a stack, and wait until that has ended."""
    plane = browser.apis.house.plane
    stack = await plane.desk.store.stack_of_uuid(uuid)
    assert stack is not None
    named = (await named_of(plane.desk, stack.stack_id))[0]
    await execute_named(plane.desk, named)
    return await ended(browser, stack.stack_id)


def fault(browser: Browser, kind: str, **details: Any) -> None:
    """Have the emulator make a fault."""
    wanted: Mapping[str, Any] = {"kind": kind, **details}
    controls.add_fault(browser.apis.cloud.world, wanted)


def mended(browser: Browser) -> None:
    """Have the emulator make no fault any more."""
    controls.clear_faults(browser.apis.cloud.world)


def images(browser: Browser, region: str) -> set[str]:
    """The names of the images of a region that can be used."""
    found = controls.list_images(browser.apis.cloud.world, region)
    return {one["name"] for one in found if one["status"] == "Available"}
