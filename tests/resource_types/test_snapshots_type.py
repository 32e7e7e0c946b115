"""Snapshots as resources: made once, changed in place, removed unless something was made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.values import Secret, Value
from imageferry.resource_types.ecs.snapshot import check
from tests.resource_types.copying import Cloud, Resource, play

TYPE = "ALIYUN::ECS::Snapshot"
DISK = "d-golden0000000000002"
REGION = "ap-southeast-1"


def wanted(**more: Value) -> dict[str, Value]:
    return {"DiskId": DISK, "SnapshotName": "nightly", **more}


def here(cloud: Cloud) -> Resource:
    return Resource(cloud, TYPE, region=REGION)


async def snapshots(cloud: Cloud) -> list[dict[str, Any]]:
    """The snapshots that were made by hand, as the cloud tells of them now."""
    reply = await cloud.call("DescribeSnapshots", REGION, DiskId=DISK)
    found: list[dict[str, Any]] = reply["Snapshots"]["Snapshot"]
    return found


def tags_of(shown: dict[str, Any]) -> dict[str, str]:
    return {tag["TagKey"]: tag["TagValue"] for tag in shown["Tags"]["Tag"]}


def test_a_snapshot_is_made_read_and_removed() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        properties = wanted(
            Description="every night",
            RetentionDays=7,
            ResourceGroupId="rg-images",
            Tags=[{"Key": "env", "Value": "test"}],
        )
        made = await resource.create(properties)
        assert isinstance(made.outcome, Done), made.outcome
        assert resource.attributes == {"SnapshotId": resource.physical_id}
        (shown,) = await snapshots(cloud)
        assert (shown["SnapshotId"], shown["Status"], shown["RetentionDays"]) == (
            resource.physical_id,
            "accomplished",
            7,
        )
        assert tags_of(shown) == {
            "env": "test",
            "imageferry:lineage": f"inst1234/{resource.operation}/Golden",
        }
        assert [one.progress or 0 for one in made.pendings] == sorted(
            one.progress or 0 for one in made.pendings
        )
        read = await resource.perform(resource.request(HandlerAction.READ, properties))
        assert isinstance(read.outcome, Done)
        assert {**(read.outcome.observed or {})} == properties
        assert read.outcome.symptoms == ()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await snapshots(cloud) == []
        assert cloud.changes == ["CreateSnapshot", "DeleteSnapshot"]

    play(TYPE, scenario)


@pytest.mark.parametrize("number", [1, 2], ids=["create", "delete"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_one_snapshot_and_none(number: int, after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        cloud.kill_at, cloud.kill_after = number, after
        assert isinstance((await resource.create(wanted())).outcome, Done)
        assert len(await snapshots(cloud)) == 1
        assert isinstance((await resource.delete()).outcome, Done)
        assert cloud.kill_at is None, "the crash was not reached"
        assert await snapshots(cloud) == []

    play(TYPE, scenario)


def test_a_lost_reply_is_repeated_with_the_same_token() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.fault("lost_reply", action="CreateSnapshot", count=2)
        cloud.fault("hidden", action="CreateSnapshot", seconds=30)
        made = await here(cloud).create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        assert len(await snapshots(cloud)) == 1

    play(TYPE, scenario)


@pytest.mark.parametrize("was_made", [True, False], ids=["made", "not made"])
def test_an_old_intent_looks_first(was_made: bool) -> None:
    """The cloud may have forgotten the token: by its tag the snapshot is found, hidden or not."""

    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        request = resource.request(HandlerAction.CREATE, wanted())
        if was_made:
            cloud.fault("hidden", action="CreateSnapshot", seconds=60)
            found = cloud.catalog.find(TYPE)
            assert found is not None
            await found.handler.create(request)
            cloud.choose(token_lifetime_seconds=0)
        made = await resource.perform(replace(request, uncertain=True, repeated=True))
        assert isinstance(made.outcome, Done), made.outcome
        assert cloud.changes == ["CreateSnapshot"]
        assert (made.seconds >= 300) is not was_made

    play(TYPE, scenario)


def test_another_snapshot_of_the_disk_is_waited_for() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=10)
        await cloud.call("CreateSnapshot", REGION, DiskId=DISK)
        made = await here(cloud).create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        says = {one.status_says for one in made.pendings}
        assert "waiting for another snapshot of the disk" in says
        assert len(await snapshots(cloud)) == 2

    play(TYPE, scenario)


def test_a_disk_that_is_not_there_fails_and_leaves_nothing() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        made = await resource.create(wanted(DiskId="d-none"))
        assert isinstance(made.outcome, Failed)
        assert (made.outcome.code, made.outcome.cloud_code) == (
            ErrorCode.NOT_FOUND,
            "InvalidDiskId.NotFound",
        )
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.seconds == 0

    play(TYPE, scenario)


def test_a_snapshot_that_fails_is_removed_with_its_resource() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.fault("copy_fails", action="CreateSnapshot", percent=40)
        resource = here(cloud)
        made = await resource.create(wanted())
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        assert "has failed at 40%" in made.outcome.message
        assert isinstance((await resource.delete()).outcome, Done)
        assert await snapshots(cloud) == []

    play(TYPE, scenario)


def test_the_time_limit_ends_the_wait_and_deleting_ends_the_making() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=0.001)
        resource = here(cloud)
        made = await resource.create(wanted(Timeout=200))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        assert "was not finished within 200 min (Timeout)" in made.outcome.message
        assert 12_000 <= made.seconds < 12_100
        assert isinstance((await resource.delete()).outcome, Done)
        assert await snapshots(cloud) == []

    play(TYPE, scenario)


def test_deleting_finds_what_a_lost_call_made() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1)
        cloud.fault("lost_reply", action="CreateSnapshot", count=None)
        cloud.fault("hidden", action="CreateSnapshot", seconds=60)
        resource = here(cloud)
        await resource.create(wanted(), until=cloud.clock.now() + 3)
        assert resource.physical_id is None
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert cloud.changes[-1] == "DeleteSnapshot"
        assert await snapshots(cloud) == []

    play(TYPE, scenario)


def test_deleting_waits_for_one_that_is_not_shown_yet() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1, unfinished_snapshots_deletable=False)
        resource = here(cloud)
        await resource.create(wanted(), until=cloud.clock.now() + 3)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert gone.seconds > 60
        assert await snapshots(cloud) == []

    play(TYPE, scenario)


def test_an_unknown_id_is_done_on_delete_and_not_found_on_read() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted())
        await cloud.call("DeleteSnapshot", REGION, SnapshotId=resource.physical_id)
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Failed)
        assert read.outcome.code is ErrorCode.NOT_FOUND
        assert isinstance((await resource.delete()).outcome, Done)
        resource.physical_id = "s-never-made"
        assert isinstance((await resource.delete()).outcome, Done)

    play(TYPE, scenario)


def test_one_that_an_image_uses_stays_and_the_image_is_named() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted())
        reply = await cloud.call(
            "CreateImage", REGION, SnapshotId=resource.physical_id, ImageName="baked"
        )
        kept = await resource.delete()
        assert isinstance(kept.outcome, Failed)
        assert kept.outcome.cloud_code == "SnapshotCreatedImage"
        assert f"used by {reply['ImageId']}; delete the image first" in kept.outcome.message
        await cloud.clock.sleep(3600)
        await cloud.call("DeleteImage", REGION, ImageId=reply["ImageId"])
        assert isinstance((await resource.delete()).outcome, Done)

    play(TYPE, scenario)


def test_one_that_stays_busy_is_given_up_after_an_hour_and_its_image_is_named() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted())
        reply = await cloud.call(
            "CreateImage", REGION, SnapshotId=resource.physical_id, ImageName="baked"
        )
        code = "InvalidOperation.RelatedSnapshotNotFinished"
        cloud.fault("error", action="DeleteSnapshot", code=code, status=403, count=10_000)
        kept = await resource.delete()
        assert isinstance(kept.outcome, Failed)
        assert kept.outcome.cloud_code == code
        assert f"held by {reply['ImageId']} after an hour" in kept.outcome.message
        assert 3600 < kept.seconds < 2 * 3600

    play(TYPE, scenario)


def test_everything_but_the_disk_changes_in_place() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted(Tags=[{"Key": "env", "Value": "a"}, {"Key": "old"}]))
        cloud.changes.clear()
        changed = await resource.update(
            wanted(
                SnapshotName="weekly",
                Description="every week",
                RetentionDays=30,
                ResourceGroupId="rg-other",
                Tags=[{"Key": "env", "Value": "b"}],
            )
        )
        assert isinstance(changed.outcome, Done), changed.outcome
        assert cloud.changes == [
            "UntagResources",
            "TagResources",
            "ModifySnapshotAttribute",
            "JoinResourceGroup",
        ]
        (shown,) = await snapshots(cloud)
        assert (shown["SnapshotName"], shown["Description"], shown["RetentionDays"]) == (
            "weekly",
            "every week",
            30,
        )
        assert shown["ResourceGroupId"] == "rg-other"
        assert "old" not in tags_of(shown)
        assert tags_of(shown)["env"] == "b"
        assert "imageferry:lineage" in tags_of(shown)
        cloud.changes.clear()
        kept = await resource.update({"DiskId": DISK, "Tags": [{"Key": "env", "Value": "b"}]})
        assert cloud.changes == []
        assert kept.notes == [
            f"{resource.physical_id} keeps its old name and description and retention:"
            " the cloud clears none"
        ]

    play(TYPE, scenario)


@pytest.mark.parametrize("number", [1, 2, 3], ids=["untag", "tag", "modify"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_of_a_change(number: int, after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted(Tags=[{"Key": "old"}]))
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = number, after
        changed = await resource.update(wanted(SnapshotName="weekly", Tags=[{"Key": "new"}]))
        assert isinstance(changed.outcome, Done), changed.outcome
        assert cloud.kill_at is None, "the crash was not reached"
        (shown,) = await snapshots(cloud)
        assert shown["SnapshotName"] == "weekly"
        assert set(tags_of(shown)) == {"new", "imageferry:lineage"}

    play(TYPE, scenario)


def test_what_was_changed_outside_is_set_back() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        properties = wanted(Tags=[{"Key": "env", "Value": "a"}])
        await resource.create(properties)
        await cloud.call(
            "ModifySnapshotAttribute", REGION, SnapshotId=resource.physical_id, SnapshotName="x-1"
        )
        read = await resource.perform(resource.request(HandlerAction.READ, properties))
        assert isinstance(read.outcome, Done)
        assert (read.outcome.observed or {})["SnapshotName"] == "x-1"
        back = await resource.update(properties, observed={"SnapshotName": "x-1"})
        assert isinstance(back.outcome, Done), back.outcome
        (shown,) = await snapshots(cloud)
        assert shown["SnapshotName"] == "nightly"

    play(TYPE, scenario)


CHECKS = {
    "all well": ({"InstantAccess": True, "InstantAccessRetentionDays": 3, "Timeout": 300}, []),
    "an automatic name": ({"SnapshotName": "auto-1"}, ["IF580"]),
    "days without access": ({"InstantAccessRetentionDays": 3}, ["IF581"]),
    "a short limit": ({"Timeout": 5}, ["IF582"]),
    "too many days": ({"RetentionDays": 70_000}, ["IF582"]),
    "an instance": ({"DiskId": "i-golden0000000000002"}, ["IF541"]),
    "an address": ({"Description": "https://example.org"}, ["IF525"]),
    "a tag twice": ({"Tags": [{"Key": "a"}, {"Key": "A"}]}, ["IF530"]),
}


@pytest.mark.parametrize("name", CHECKS)
def test_rules_that_no_schema_says(name: str) -> None:
    given, codes = CHECKS[name]
    assert [one.code for one in check({**wanted(), **given}, REGION)] == codes


def test_what_the_cloud_repeats_of_a_secret_is_in_no_note() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        cloud.fault("drop", action="CreateSnapshot")
        cloud.fault(
            "error", action="CreateSnapshot", code="InvalidSnapshotName.Malformed", status=400,
            message="The name hush-hush is not valid.", count=None,
        )  # fmt: skip
        made = await resource.create(wanted(SnapshotName=Secret("hush-hush")))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.cloud_code == "InvalidSnapshotName.Malformed"
        assert "**** is not valid" in made.outcome.message
        assert any("verdict" in one.context for one in made.pendings)
        assert not any("hush-hush" in repr(one) for one in made.seen)

    play(TYPE, scenario)
