"""Image families: how many there may be, what launches from one, and what holds an image back."""

from __future__ import annotations

from collections.abc import Callable

from imageferry.emulator.controls import change_settings
from tests.emulator.clouds import Cloud, HandClock

HOUR = 3600.0


def test_families_are_bounded_and_a_deprecated_image_is_held_back(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    ids = [cloud.copy(f"web-{number}") for number in range(3)]
    clock.advance(HOUR)
    there = {"RegionId": "cn-shanghai"}

    def modify(number: int, **changes: object) -> None:
        cloud.call("ModifyImageAttribute", **there, ImageId=ids[number], **changes)

    def refusal_of(number: int, **changes: object) -> tuple[int, str]:
        return refused("ModifyImageAttribute", **there, ImageId=ids[number], **changes)

    def launching() -> int | None:
        image = cloud.call("DescribeImageFromFamily", **there, ImageFamily="web").get("Image")
        return None if image is None else ids.index(image["ImageId"])

    change_settings(cloud.world, {"family_quota": 1, "family_image_quota": 2})
    modify(0, ImageFamily="web")
    modify(1, ImageFamily="web", Status="Deprecated")
    assert launching() == 0
    assert refusal_of(2, ImageFamily="web") == (400, "ImageQuotaFull.ImageFamily")
    assert refusal_of(2, ImageFamily="api") == (400, "ImageFamilyQuotaFull")
    modify(1, ImageFamily="web")
    assert refusal_of(1, Status="Deprecated") == (403, "ImageStatus.NotAvailable")
    assert refusal_of(0, Status="Available") == (403, "ImageStatus.NotDeprecated")
    modify(1, Status="Available")
    assert launching() == 1
    cloud.call(
        "ModifyImageSharePermission", **there, ImageId=ids[1], AddAccount=["1000000000000002"]
    )
    assert refusal_of(1, Status="Deprecated") == (403, "ImageUseShared")
    modify(0, Status="Deprecated")
    copying = {"ImageId": ids[0], **there, "DestinationRegionId": "cn-beijing"}
    assert refused("CopyImage", **copying) == (400, "IncorrectImageStatus")
    sharing = {"ImageId": ids[0], **there, "AddAccount": ["1000000000000002"]}
    assert refused("ModifyImageSharePermission", **sharing)[0] == 403
    run = {"InstanceType": "ecs.g7.large", "SecurityGroupId": "sg-1", "VSwitchId": "vsw-1"}
    made = cloud.call("RunInstances", **there, ImageId=ids[0], **run)
    assert len(made["InstanceIdSets"]["InstanceIdSet"]) == 1
