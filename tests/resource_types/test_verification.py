"""A copy is compared with its source and with what was asked for before it counts as made."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.verdicts import Comparison, Verdict
from tests.resource_types.copying import (
    REGION,
    ROS,
    SOURCE,
    SOURCE_REGION,
    TF,
    Cloud,
    Resource,
    play,
    properties,
)

TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])
KEY = "0f4c2d1a-1111-4222-8333-944455556666"

SPOILT = pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"size": 20}, "size is 20 GiB, and 40 GiB in the source"),
        ({"encrypted": False}, "encryption is not encrypted, and encrypted was asked for"),
        ({"key": "key-other"}, f"key is key-other, and {KEY} was asked for"),
        ({"architecture": "arm64"}, "architecture is arm64, and x86_64 in the source"),
        ({"boot_mode": "UEFI"}, "boot mode is UEFI, and BIOS in the source"),
        ({"tag": "env"}, 'tag "env" is "altered", and "prod" was asked for'),
    ],
    ids=["size", "encryption", "key", "architecture", "boot mode", "tag"],
)


def asked(type_name: str, **more: Any) -> dict[str, Any]:
    return properties(
        type_name, name="golden", encrypted=True, key=KEY, tags={"env": "prod"}, **more
    )


@TYPES
@SPOILT
def test_a_copy_that_is_not_what_it_should_be_fails_with_both_values(
    type_name: str, how: dict[str, Any], said: str
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("altered", **how)
        made = await resource.create(asked(type_name))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        assert said in made.outcome.message
        assert made.outcome.message.count("; ") == 1
        # What was made is known, and goes with its resource.
        assert isinstance((await resource.delete()).outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_a_disk_that_is_missing_is_found(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        disks = [{"SnapshotId": SOURCE.replace("m-", "s-", 1)}, {"Size": "100"}]
        two = await cloud.call("CreateImage", SOURCE_REGION, DiskDeviceMapping=disks)
        await cloud.clock.sleep(3600)
        cloud.fault("altered", disks=1)
        made = await resource.create(properties(type_name, source=two["ImageId"]))
        assert isinstance(made.outcome, Failed)
        assert "disks is system 40 GiB, and data 100 GiB, system 40 GiB in the source" in (
            made.outcome.message
        )

    play(type_name, scenario)


@TYPES
def test_tags_that_are_shown_late_are_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        cloud.fault("late_tags", seconds=60)
        made = await resource.create(properties(type_name, name="golden", tags={"env": "prod"}))
        assert isinstance(made.outcome, Done)
        assert 60 <= made.seconds < 90
        assert any("tags are not shown yet" in one.status_says for one in made.pendings)

    play(type_name, scenario)


@TYPES
def test_tags_that_never_come_fail_the_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("tagless")
        made = await resource.create(properties(type_name, name="golden", tags={"env": "prod"}))
        assert isinstance(made.outcome, Failed)
        assert 'tag "env" is missing, and "prod" was asked for' in made.outcome.message

    play(type_name, scenario)


@TYPES
def test_a_source_that_may_not_be_looked_at_leaves_what_was_asked_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault(
            "error", action="DescribeImages", region=SOURCE_REGION, code="Forbidden.RAM",
            status=403, count=None,
        )  # fmt: skip
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Done)
        assert any("was not compared with its source" in note for note in made.notes)

    play(type_name, scenario)


@TYPES
def test_a_source_that_is_throttled_is_asked_again(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("throttle", action="DescribeImages", region=SOURCE_REGION, count=3)
        cloud.fault("altered", size=20, action="CopyImage")
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert "size is 20 GiB" in made.outcome.message

    play(type_name, scenario)


def test_a_renewal_that_is_spoilt_leaves_the_old_image_in_its_place() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(TF, name="golden"))
        old = resource.image_id
        cloud.fault("altered", encrypted=False)
        made = await resource.update(properties(TF, name="golden", encrypted=True))
        assert isinstance(made.outcome, Failed)
        assert "encryption is not encrypted" in made.outcome.message
        assert cloud.image(old)["name"] == "golden"

    play(TF, scenario)


# --- at any later time ----------------------------------------------------------------------------


async def verify(cloud: Cloud, resource: Resource) -> Verdict | Failed:
    found = cloud.catalog.find(resource.type_name)
    assert found is not None
    assert found.verifier is not None
    return await found.verifier(resource.request(HandlerAction.READ, resource.properties))


@TYPES
def test_a_verdict_names_everything_that_was_compared(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(asked(type_name))
        verdict = await verify(cloud, resource)
        assert isinstance(verdict, Verdict)
        assert (verdict.source_id, verdict.source_region) == (SOURCE, SOURCE_REGION)
        assert (verdict.thing_id, verdict.region) == (resource.image_id, REGION)
        assert [one.what for one in verdict.comparisons] == [
            "usable", "size", "disks", "architecture", "boot mode", "encryption", "key",
            'tag "env"',
        ]  # fmt: skip
        assert verdict.differences == ()
        assert verdict.remarks == ()

    play(type_name, scenario)


@TYPES
def test_a_verdict_tells_what_somebody_changed_since(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(asked(type_name))
        image_id = resource.image_id
        await cloud.call("ModifyImageAttribute", ImageId=image_id, Status="Deprecated")
        await cloud.call(
            "UntagResources", ResourceType="image", ResourceId=[image_id], TagKey=["env"]
        )
        verdict = await verify(cloud, resource)
        assert isinstance(verdict, Verdict)
        assert list(map(_told, verdict.differences)) == [
            ("status", "Available", "Deprecated"),
            ('tag "env"', '"prod"', "missing"),
        ]

    play(type_name, scenario)


def _told(one: Comparison) -> tuple[str, str, str]:
    return one.what, one.expected, one.actual


@TYPES
def test_a_copy_that_is_gone_and_a_source_that_is_gone(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(asked(type_name))
        await cloud.call("DeleteImage", SOURCE_REGION, ImageId=SOURCE)
        verdict = await verify(cloud, resource)
        assert isinstance(verdict, Verdict)
        assert verdict.differences == ()
        assert [one for one in verdict.remarks if SOURCE in one] == [
            f"the source {SOURCE} is no longer in {SOURCE_REGION}: what it was like is not compared"
        ]
        await cloud.call("DeleteImage", ImageId=resource.image_id)
        gone = await verify(cloud, resource)
        assert isinstance(gone, Failed)
        assert gone.code is ErrorCode.NOT_FOUND

    play(type_name, scenario)


def test_where_nothing_was_copied_only_health_is_told() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(ROS, region=SOURCE_REGION, same_region=True))
        verdict = await verify(cloud, resource)
        assert isinstance(verdict, Verdict)
        assert verdict.comparisons == ()
        assert "nothing was copied" in verdict.remarks[0]

    play(ROS, scenario)
