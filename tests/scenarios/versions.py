"""Versions of a golden image in the emulated cloud, and distributions of them, for the tests beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.cloud.client import Action
from imageferry.control.distributions.outlines import Outline, outline
from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.wishes import Wish
from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.emulator.controls import list_snapshots
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated

HOME = "cn-hangzhou"
GOLDEN = "m-golden0000000000001"
DAY = 86400.0
FEW = ("cn-shanghai", "cn-beijing")
STRANGER = "1234567890123456"


async def call(sea: Emulated, action: str, region: str, **given: Any) -> Mapping[str, Any]:
    """A call that somebody makes by hand."""
    client = sea.house.voice.client
    return await client.call(Action(action, repeatable=True), region, {"RegionId": region, **given})


async def bake(sea: Emulated, name: str) -> str:
    """A new image in the home region, ready to be copied."""
    golden = next(one for one in sea.images() if one["image_id"] == GOLDEN)
    reply = await call(
        sea, "CreateImage", HOME, SnapshotId=golden["snapshot_ids"][0], ImageName=name
    )
    while True:
        await sea.house.clock.sleep(60.0)
        made = next(one for one in sea.images() if one["image_id"] == reply["ImageId"])
        if made["status"] == "Available":
            return str(made["image_id"])


def wish_of(image_id: str, *regions: str, last: int | None = None, **more: Any) -> Wish:
    return Wish(image_id, HOME, regions, stack_name="web", keeping=Keeping(last), **more)


async def perform(sea: Emulated, wish: Wish) -> tuple[Outline, StackView]:
    """What the command does, but for asking and following: what comes, and then what goes."""
    found = await outline(sea.house.plane.desk, wish)
    await carry_out(sea, found.adoption, found.bringing or found.request)
    if found.bringing is not None and await is_whole(sea):
        await carry_out(sea, (await again(sea, wish, found)).request)
    return found, await view_of(sea)


async def again(sea: Emulated, wish: Wish, told: Outline) -> Outline:
    """What the wish comes to once more, where only that may go which was told before."""
    going = frozenset(one.copy.logical_id for one in told.retiring)
    return await outline(sea.house.plane.desk, wish, going=going)


async def carry_out(sea: Emulated, *requests: StackRequest | None) -> None:
    """Plan each request and carry it out, where there is anything to do."""
    plane = sea.house.plane
    for request in filter(None, requests):
        planned = await plane.plan(request)
        assert not planned.change_set.blocked
        if not planned.is_current:
            operation = await plane.execute(planned, ExecutionOptions(deletes_remains=True))
            await sea.house.worker.run(operation.operation_id)


async def view_of(sea: Emulated) -> StackView:
    """The distribution's stack."""
    plane = sea.house.plane
    return await plane.view((await plane.find("web")).stack_id)


async def is_whole(sea: Emulated) -> bool:
    """True where the last operation has done all that was asked."""
    stack = (await view_of(sea)).stack
    return stack.status in {StackStatus.CREATED, StackStatus.UPDATED}


def there(sea: Emulated) -> dict[str, list[str]]:
    """The sources of the copies in each region, oldest first."""
    found: dict[str, list[str]] = {}
    for one in sea.copies():
        found.setdefault(one["region"], []).append(one["source_image_id"])
    return found


def stray_snapshots(sea: Emulated) -> list[str]:
    """Snapshots in destinations that no image has any longer."""
    return [
        one["snapshot_id"]
        for one in list_snapshots(sea.cloud.world)
        if one["region"] != HOME and not one["image_exists"]
    ]


def copy_id(sea: Emulated, region: str, source: str) -> str:
    return str(
        next(
            one["image_id"]
            for one in sea.copies()
            if (one["region"], one["source_image_id"]) == (region, source)
        )
    )


async def keep(sea: Emulated, region: str, image_id: str) -> None:
    await call(
        sea, "TagResources", region, ResourceType="image", ResourceId=[image_id],
        Tag=[{"Key": "imageferry:keep", "Value": "audit"}],
    )  # fmt: skip


async def use(sea: Emulated, region: str, image_id: str) -> None:
    await call(
        sea, "RunInstances", region, ImageId=image_id, InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1", VSwitchId="vsw-1",
    )  # fmt: skip


async def share(sea: Emulated, region: str, image_id: str) -> None:
    await call(sea, "ModifyImageSharePermission", region, ImageId=image_id, AddAccount=[STRANGER])


async def publish(sea: Emulated, region: str, image_id: str) -> None:
    await call(sea, "ModifyImageSharePermission", region, ImageId=image_id, IsPublic=True)
