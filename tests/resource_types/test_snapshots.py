"""Snapshots of copies that go: named, or deleted one announced call at a time, and only our own."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.model.handlers import Done, Failed
from tests.resource_types.copying import (
    REGION,
    ROS,
    SOURCE,
    SOURCE_REGION,
    TF,
    Answers,
    Cloud,
    Resource,
    play,
    properties,
)

BOTH = pytest.mark.parametrize("type_name", [ROS, TF])
NAME = "carried"


def left_in(cloud: Cloud, region: str = REGION) -> list[str]:
    return [one["snapshot_id"] for one in cloud.snapshots() if one["region"] == region]


def told(answers: Answers) -> list[dict[str, Any]]:
    assert isinstance(answers.outcome, Done), answers.outcome
    return [dict(one) for one in answers.outcome.remains]


@BOTH
def test_without_a_wish_they_stay_and_are_named(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name=NAME))
        image_id, ids = resource.image_id, left_in(cloud)
        answers = await resource.delete(made_at=1.0)
        assert left_in(cloud) == ids
        assert told(answers) == [{"kind": "snapshot", "region": REGION, "of": image_id, "ids": ids}]
        assert any("stays: the cloud keeps" in note for note in answers.notes)
        assert "DeleteSnapshot" not in cloud.changes

    play(type_name, scenario)


@BOTH
def test_with_a_wish_each_goes_once_after_its_image(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(type_name, name=NAME))
        answers = await resource.delete(deletes_remains=True, made_at=began)
        assert left_in(cloud) == [] and told(answers) == []
        assert cloud.changes == ["CopyImage", "DeleteImage", "DeleteSnapshot"]
        assert any("is deleted" in note for note in answers.notes)

    play(type_name, scenario)


@BOTH
@pytest.mark.parametrize("kill_after", [False, True], ids=["before_the_call", "before_the_reply"])
@pytest.mark.parametrize("call", [2, 3], ids=["image", "snapshot"])
def test_a_crash_at_each_call_leaves_nothing_behind(
    type_name: str, call: int, kill_after: bool
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(type_name, name=NAME))
        cloud.kill_at, cloud.kill_after = call, kill_after
        answers = await resource.delete(deletes_remains=True, made_at=began)
        assert cloud.kill_at is None
        assert left_in(cloud) == [] and cloud.images() == []
        assert told(answers) == []

    play(type_name, scenario)


@BOTH
def test_what_another_image_was_made_from_stays(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(type_name, name=NAME))
        [snapshot_id] = left_in(cloud)
        made = await cloud.call("CreateImage", SnapshotId=snapshot_id, ImageName="theirs")
        await cloud.clock.sleep(7200)
        answers = await resource.delete(deletes_remains=True, made_at=began)
        [left] = told(answers)
        assert (left["ids"], left["why"]) == ([snapshot_id], "another image was made from it")
        assert snapshot_id in left_in(cloud)
        assert cloud.image(made["ImageId"])["status"] == "Available"

    play(type_name, scenario)


@BOTH
def test_a_denied_deletion_is_said_and_the_copy_is_gone(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(type_name, name=NAME))
        cloud.fault("error", action="DeleteSnapshot", code="Forbidden.RAM", status=403)
        answers = await resource.delete(deletes_remains=True, made_at=began)
        [left] = told(answers)
        assert "Forbidden.RAM" in left["why"] and left["ids"] == left_in(cloud)
        assert cloud.images() == []

    play(type_name, scenario)


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle", "count": 3},
        {"kind": "lost_reply", "count": 1},
        {"kind": "error", "code": "Operation.Conflict", "status": 403, "count": 2},
    ],
    ids=["throttled", "lost_reply", "conflict"],
)
def test_trouble_that_passes_is_waited_out(type_name: str, fault: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(type_name, name=NAME))
        cloud.fault(action="DeleteSnapshot", **fault)
        answers = await resource.delete(deletes_remains=True, made_at=began)
        assert left_in(cloud) == [] and told(answers) == []

    play(type_name, scenario)


@BOTH
def test_those_of_an_image_that_was_there_before_are_not_touched(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name=NAME))
        ids = left_in(cloud)
        await cloud.clock.sleep(7200)
        answers = await resource.delete(deletes_remains=True, made_at=cloud.clock.now())
        [left] = told(answers)
        assert (left["ids"], left["why"]) == (ids, "its image was not made here")
        assert left_in(cloud) == ids and "DeleteSnapshot" not in cloud.changes

    play(type_name, scenario)


def test_a_replaced_image_takes_its_snapshots_with_it() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        await resource.create(properties(TF, name=NAME))
        before = left_in(cloud)
        await resource.update(properties(TF, name=NAME, encrypted=True))
        [answers] = await resource.clean_up(deletes_remains=True, made_at=began)
        assert told(answers) == []
        after = left_in(cloud)
        assert len(after) == 1 and not set(before) & set(after)
        assert left_in(cloud, SOURCE_REGION) == [SOURCE.replace("m-", "s-", 1)]

    play(TF, scenario)


@BOTH
@pytest.mark.parametrize("leaves_any", [False, True], ids=["they_go_too", "one_stays"])
@pytest.mark.parametrize("sweeps", [False, True], ids=["kept", "swept"])
def test_of_a_copy_that_has_failed_only_what_is_there_is_named(
    type_name: str, leaves_any: bool, sweeps: bool
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        cloud.choose(snapshot_ids_while_creating=True)
        cloud.fault("copy_fails", percent=40)
        failed = await resource.create(properties(type_name, name=NAME))
        assert isinstance(failed.outcome, Failed)
        [image] = cloud.images()
        assert image["status"] == "CreateFailed"
        if leaves_any:
            # A cloud that has made the snapshot before the image failed may well keep it.
            cloud.emulator.world.sql.execute(
                "UPDATE images SET fails_at = NULL, word = 'UnAvailable' WHERE image_id = ?",
                (image["image_id"],),
            )
        answers = await resource.delete(deletes_remains=sweeps, made_at=began)
        left = left_in(cloud)
        assert bool(left) is (leaves_any and not sweeps)
        assert [one["ids"] for one in told(answers)] == ([left] if left else [])
        assert any("stay" in note for note in answers.notes) is bool(left)

    play(type_name, scenario)
