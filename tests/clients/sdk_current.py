"""The current official Python client, sync or async, against an emulator; prints what it saw.

Run by the tests with the interpreter of the client's own environment:
`sdk_current.py HOST:PORT sync|async`, with the error answers to be tried on stdin as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from alibabacloud_ecs20140526 import models
from emulator_control import control, settle
from sdk_caller import GOLDEN, Caller, copy_fields
from sdk_pipeline import exports, families, instances, machines, made_images, neighbours


async def copies(caller: Caller, address: str) -> dict[str, Any]:
    tags = [
        models.CopyImageRequestTag(key="env", value="test"),
        models.CopyImageRequestTag(key="a b", value=""),
    ]
    fields = copy_fields(
        "web:镜像_01",
        tag=tags,
        client_token="t-1",
        encrypted=False,
        destination_description="x*~/ y",
    )
    first = await caller.call("CopyImage", **fields)
    again = await caller.call("CopyImage", **fields)
    look = {
        "region_id": "cn-shanghai",
        "image_id": first.image_id,
        "status": "Creating,Waiting,Available",
    }
    creating = (await caller.call("DescribeImages", **look)).images.image[0]
    disk = creating.disk_device_mappings.disk_device_mapping[0]
    hidden = await caller.call("DescribeImages", region_id="cn-shanghai", image_id=first.image_id)
    refused = await caller.refusal("DeleteImage", region_id="cn-shanghai", image_id=first.image_id)
    settle(address)
    done = (await caller.call("DescribeImages", **look)).images.image[0]
    too_late = await caller.refusal(
        "CancelCopyImage", region_id="cn-shanghai", image_id=first.image_id
    )
    second = await caller.call("CopyImage", **copy_fields("cancelled"))
    await caller.call("CancelCopyImage", region_id="cn-shanghai", image_id=second.image_id)
    gone = await caller.call(
        "DescribeImages", region_id="cn-shanghai", image_id=second.image_id, status="ALL"
    )
    return {
        "same_token": again.image_id == first.image_id,
        "creating": [creating.status, creating.progress, creating.usable, creating.is_copied],
        "name": creating.image_name,
        "description": creating.description,
        "disk": [disk.size, disk.type, disk.progress, disk.remain_time > 0],
        "tags": {tag.tag_key: tag.tag_value for tag in creating.tags.tag},
        "hidden": [hidden.total_count, len(hidden.images.image)],
        "delete_while_creating": refused,
        "done": [done.status, done.progress, done.usable],
        "size": done.size,
        "self_shared": done.is_self_shared,
        "cancel_when_done": too_late,
        "cancelled": gone.total_count,
    }


async def queue(caller: Caller, address: str) -> dict[str, Any]:
    for index in range(7):
        await caller.call("CopyImage", **copy_fields(f"many-{index}"))
    pages = [
        await caller.call(
            "DescribeImages",
            region_id="cn-shanghai",
            image_owner_alias="self",
            status="Creating,Waiting",
            page_size=3,
            page_number=number,
        )
        for number in (1, 2, 3)
    ]
    images = [image for page in pages for image in page.images.image]
    settle(address)
    return {
        "totals": [page.total_count for page in pages],
        "names": [image.image_name for image in images],
        "statuses": [image.status for image in images],
    }


async def tags(caller: Caller) -> dict[str, Any]:
    image = {"region_id": "cn-hangzhou", "resource_type": "image", "resource_id": [GOLDEN]}
    await caller.call(
        "TagResources", **image, tag=[models.TagResourcesRequestTag(key="k", value="v")]
    )
    listed = await caller.call("ListTagResources", **image)
    found = await caller.call(
        "DescribeImages",
        region_id="cn-hangzhou",
        tag=[models.DescribeImagesRequestTag(key="k", value="v")],
    )
    await caller.call("UntagResources", **image, all=True)
    left = await caller.call("ListTagResources", **image)
    rows = listed.tag_resources.tag_resource
    return {
        "listed": [[row.resource_id, row.tag_key, row.tag_value] for row in rows],
        "found": [one.image_id for one in found.images.image],
        "left": len(left.tag_resources.tag_resource),
    }


async def searches(caller: Caller) -> dict[str, Any]:
    """Images found by what they are like, each by one more filter."""
    filters: list[dict[str, Any]] = [
        {"image_owner_alias": "self", "image_name": "golden-*", "ostype": "linux"},
        {"image_owner_alias": "self", "architecture": "x86_64", "instance_type": "ecs.g7.large"},
        {"image_owner_alias": "self", "instance_type": "ecs.g8y.large"},
        {"image_owner_alias": "system", "instance_type": "ecs.g8y.large", "is_public": False},
        {"image_owner_alias": "others", "is_public": True},
        {"image_owner_alias": "self", "usage": "none", "action_type": "ChangeOS"},
        {"status": "Available", "usable": True, "image_family": "none", "show_expired": True},
        {
            "image_owner_alias": "self",
            "is_support_cloudinit": True,
            "is_support_io_optimized": True,
            "filter": [models.DescribeImagesRequestFilter(key="NetworkType", value="vpc")],
        },
    ]
    found = [await caller.call("DescribeImages", region_id="cn-hangzhou", **one) for one in filters]
    return {
        "found": [[image.image_id for image in one.images.image] for one in found],
        "public": await caller.refusal(
            "DescribeImages", region_id="cn-hangzhou", is_public=True, image_owner_alias="self"
        ),
    }


async def two_accounts(address: str, way: str) -> dict[str, Any]:
    """An image between its owner and the account next door."""
    owner = Caller(address, way)
    other = Caller(address, way, access_key_id="emulator-2", access_key_secret="emulator-2")
    image = {"region_id": "cn-hangzhou", "image_id": GOLDEN}

    async def seen(**fields: Any) -> list[list[Any]]:
        reply = await other.call(
            "DescribeImages", region_id="cn-hangzhou", image_owner_alias="others", **fields
        )
        return [
            [one.image_id, one.image_owner_alias, one.image_owner_id, one.is_public]
            for one in reply.images.image
        ]

    found = {"private": await seen()}
    await owner.call("ModifyImageSharePermission", **image, add_account=["1000000000000002"])
    found["shared"] = await seen()
    found["copied_away"] = await other.refusal("CopyImage", **copy_fields("theirs"))
    found["deleted"] = await owner.refusal("DeleteImage", **image)
    await owner.call("ModifyImageSharePermission", **image, remove_account=["1000000000000002"])
    await owner.call("ModifyImageSharePermission", **image, is_public=True)
    found["public"] = [await seen(), await seen(is_public=True)]
    found["copied_public"] = await other.refusal("CopyImage", **copy_fields("theirs"))
    found["again"] = await owner.refusal("ModifyImageSharePermission", **image, is_public=True)
    found["deleted_public"] = await owner.refusal("DeleteImage", **image)
    await owner.call("ModifyImageSharePermission", **image, is_public=False)
    return found


async def errors(caller: Caller, address: str, wanted: list[dict[str, Any]]) -> list[Any]:
    seen = []
    for fault in wanted:
        control(address, "POST", "faults", {"kind": "error", **fault})
        seen.append(await caller.refusal("DescribeRegions"))
    return seen


async def refusals(caller: Caller, address: str) -> dict[str, Any]:
    def order(**fault: Any) -> None:
        control(address, "POST", "faults", fault)

    seen = {}
    order(kind="throttle", status=429, retry_after_ms=1500)
    seen["throttled"] = await caller.refusal("DescribeRegions")
    order(kind="html")
    seen["html"] = await caller.refusal("DescribeRegions")
    order(kind="lost_reply", action="CopyImage")
    fields = copy_fields("lost", client_token="t-lost")
    seen["lost"] = (await caller.refusal("CopyImage", **fields))["class"] is not None
    repeated = await caller.call("CopyImage", **fields)
    found = await caller.call(
        "DescribeImages", region_id="cn-shanghai", image_name="lost", status="ALL"
    )
    seen["repeated"] = [one.image_id == repeated.image_id for one in found.images.image]
    for name, config in {
        "wrong_secret": {"access_key_secret": "wrong"},
        "unknown_key": {"access_key_id": "nobody"},
        "no_right": {"access_key_id": "reader", "access_key_secret": "secret-3"},
    }.items():
        stranger = Caller(address, caller.way, **config)
        seen[name] = await stranger.refusal("CopyImage", **copy_fields("x"))
    temporary = Caller(
        address,
        caller.way,
        access_key_id="STS.one",
        access_key_secret="secret-1",
        security_token="token/+=",
        type="sts",
    )
    seen["temporary"] = len((await temporary.call("DescribeRegions")).regions.region)
    older = Caller(address, caller.way, signature_algorithm="v2")
    seen["older_signature"] = len((await older.call("DescribeRegions")).regions.region)
    whole = Caller(f"http://{address}", caller.way)
    seen["host_is_a_url"] = len((await whole.call("DescribeRegions")).regions.region)
    return seen


async def main() -> None:
    address, way = sys.argv[1:]
    caller = Caller(address, way)
    control(address, "POST", "reset")
    control(address, "POST", "settings", {"speed": 1})
    seen = {
        "copies": await copies(caller, address),
        "queue": await queue(caller, address),
        "tags": await tags(caller),
        "searches": await searches(caller),
        "instances": await instances(caller, address),
        "families": await families(caller, address),
        "machines": await machines(caller, address),
        "neighbours": await neighbours(caller),
        "exports": await exports(caller, address),
        "made_images": await made_images(caller, address),
        "two_accounts": await two_accounts(address, way),
        "refusals": await refusals(caller, address),
        "errors": await errors(caller, address, json.load(sys.stdin)),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main())
