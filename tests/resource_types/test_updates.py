"""Changing a copy in place and by a new image; what is refused, left over, and tried again."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed
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
LINEAGE = "imageferry:lineage"


@pytest.mark.parametrize(
    ("after", "calls", "tags"),
    [
        ({"name": "silver"}, ["ModifyImageAttribute"], {"a": "1", "b": "2"}),
        ({"description": "Another"}, ["ModifyImageAttribute"], {"a": "1", "b": "2"}),
        ({"name": "silver", "description": "X Y"}, ["ModifyImageAttribute"], {"a": "1", "b": "2"}),
        ({"tags": {"a": "1", "b": "3", "c": ""}}, ["TagResources"], {"a": "1", "b": "3", "c": ""}),
        ({"tags": {"a": "1"}}, ["UntagResources"], {"a": "1"}),
        (
            {"tags": {"c": "1"}, "name": "silver"},
            ["UntagResources", "TagResources", "ModifyImageAttribute"],
            {"c": "1"},
        ),
        ({"force": True}, [], {"a": "1", "b": "2"}),
        ({"timeouts": {"Create": "10m"}}, [], {"a": "1", "b": "2"}),
        ({"encrypted": False}, [], {"a": "1", "b": "2"}),
    ],
    ids=["name", "description", "both", "tags set", "tag gone", "all", "force", "limits", "false"],
)
@pytest.mark.parametrize("kill", [None, (1, False), (1, True), (2, True)], ids=str)
def test_tf_changes_in_place(
    after: dict[str, object], calls: list[str], tags: dict[str, str], kill: tuple[int, bool] | None
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        before = {"name": "golden", "description": "One", "tags": {"a": "1", "b": "2"}}
        await resource.create(properties(TF, **before))  # type: ignore[arg-type]
        image_id, reference = resource.image_id, resource.physical_id
        cloud.changes.clear()
        if kill is not None:
            cloud.kill_at, cloud.kill_after = kill
        changed = await resource.update(properties(TF, **{**before, **after}))  # type: ignore[arg-type]
        assert isinstance(changed.outcome, Done)
        assert (resource.image_id, resource.physical_id) == (image_id, reference)
        if kill is None:
            assert cloud.changes == calls
        image = cloud.image(image_id)
        own = {key: value for key, value in image["tags"].items() if key != LINEAGE}
        assert own == tags
        assert LINEAGE in image["tags"]
        assert image["name"] == after.get("name", "golden")

    play(TF, scenario)


def test_a_removed_description_stays_and_is_said() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(TF, name="golden", description="One"))
        cloud.changes.clear()
        changed = await resource.update(properties(TF, name="golden"))
        assert isinstance(changed.outcome, Done)
        assert cloud.changes == []
        assert "description" in " ".join(changed.notes)

    play(TF, scenario)


def test_tags_that_are_shown_late_are_set_once() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("late_tags", seconds=100)
        await resource.create(properties(TF, tags={"a": "1"}))
        cloud.changes.clear()
        changed = await resource.update(properties(TF, tags={"a": "2"}))
        assert isinstance(changed.outcome, Done)
        assert cloud.changes == ["TagResources"]

    play(TF, scenario)


def test_ros_changes_the_resource_group_alone_in_place() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(ROS, name="golden"))
        image_id = resource.image_id
        cloud.changes.clear()
        changed = await resource.update(properties(ROS, name="golden", group="rg-2"))
        assert isinstance(changed.outcome, Done)
        assert cloud.changes == ["JoinResourceGroup"]
        assert resource.physical_id == resource.image_id == image_id
        cloud.changes.clear()
        again = await resource.update(properties(ROS, name="golden"))
        assert isinstance(again.outcome, Done)
        assert cloud.changes == []

    play(ROS, scenario)


def test_ros_refuses_a_new_image_without_a_replacement() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(ROS, name="golden"))
        changed = await resource.update(properties(ROS, name="golden", encrypted=True))
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.code is ErrorCode.NOT_UPDATABLE
        assert cloud.changes == ["CopyImage"]

    play(ROS, scenario)


def test_ros_replaces_for_a_name_a_description_and_another_region() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(ROS, name="golden"))
        for wanted in (
            properties(ROS, name="silver"),
            properties(ROS, name="silver", description="Now with words"),
            properties(ROS, name="silver", region="cn-shanghai"),
        ):
            old = resource.physical_id
            changed = await resource.update(wanted, replaces=True)
            assert isinstance(changed.outcome, Done)
            assert resource.physical_id != old
            await resource.clean_up()
            assert resource.leftovers == ()
        assert cloud.images() == []
        (image,) = cloud.images("cn-shanghai")
        assert (image["image_id"], image["name"]) == (resource.physical_id, "silver")

    play(ROS, scenario)


@TYPES
def test_images_without_names_need_no_renaming(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name))
        cloud.changes.clear()
        await resource.update(properties(type_name, encrypted=True), replaces=type_name == ROS)
        await resource.clean_up()
        assert cloud.changes == ["CopyImage", "DeleteImage"]
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_a_taken_name_is_refused_before_an_hour_of_copying(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        await cloud.call(
            "CopyImage",
            SOURCE_REGION,
            ImageId=SOURCE,
            DestinationRegionId=REGION,
            DestinationImageName="silver",
        )
        cloud.changes.clear()
        changed = await resource.update(
            properties(type_name, name="silver", encrypted=True), replaces=type_name == ROS
        )
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.code is ErrorCode.ALREADY_EXISTS
        assert cloud.changes == []
        assert cloud.image(resource.image_id)["name"] == "golden"

    play(type_name, scenario)


@TYPES
def test_a_name_taken_in_the_meantime_undoes_the_step(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        old = resource.image_id
        wanted = properties(type_name, name="silver", encrypted=True)
        until = cloud.clock.now() + 3
        await resource.update(wanted, replaces=type_name == ROS, until=until)
        theirs = await cloud.call(
            "CopyImage",
            SOURCE_REGION,
            ImageId=SOURCE,
            DestinationRegionId=REGION,
            DestinationImageName="silver",
        )
        resource.steps -= 1
        request = resource.request_of_update(wanted, replaces=type_name == ROS)
        changed = await resource.perform(request)
        assert isinstance(changed.outcome, Failed)
        assert changed.outcome.cloud_code == "InvalidImageName.Duplicated"
        names = {one["image_id"]: one["name"] for one in cloud.images()}
        assert names == {old: "golden", theirs["ImageId"]: "silver"}

    play(type_name, scenario)


@TYPES
def test_a_new_image_that_fails_is_removed_and_the_old_one_stays(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        old = resource.image_id
        cloud.fault("copy_fails", percent=30)
        changed = await resource.update(
            properties(type_name, name="golden", encrypted=True), replaces=type_name == ROS
        )
        assert isinstance(changed.outcome, Failed)
        assert "CreateFailed" in changed.outcome.message
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (old, "golden")
        again = await resource.update(
            properties(type_name, name="golden", encrypted=True), replaces=type_name == ROS
        )
        assert isinstance(again.outcome, Done)

    play(type_name, scenario)


@TYPES
def test_a_lost_copy_of_a_cancelled_replacement_is_found_and_removed(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        old = resource.image_id
        cloud.fault("hidden", seconds=100)
        cloud.fault("lost_reply", action="CopyImage", count=4)
        cloud.fault("drop", action="CopyImage", count=None)
        wanted = properties(type_name, name="golden", encrypted=True)
        until = cloud.clock.now() + 2
        stopped = await resource.update(wanted, replaces=type_name == ROS, until=until)
        assert stopped.pendings[-1].context["phase"] == "copy"
        back = await resource.update(resource.properties)
        assert isinstance(back.outcome, Done)
        assert [one["image_id"] for one in cloud.images()] == [old]

    play(type_name, scenario)


async def hold(cloud: Cloud, image_id: str) -> str:
    """Make an instance from an image."""
    reply = await cloud.call(
        "RunInstances",
        ImageId=image_id,
        InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1",
        VSwitchId="vsw-1",
    )
    await cloud.clock.sleep(5)
    return str(reply["InstanceIdSets"]["InstanceIdSet"][0])


@TYPES
def test_an_old_image_in_use_is_left_over_and_goes_with_the_next_operation(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        old = resource.image_id
        instance = await hold(cloud, old)
        await resource.update(
            properties(type_name, name="golden", encrypted=True), replaces=type_name == ROS
        )
        (cleaned,) = await resource.clean_up()
        assert isinstance(cleaned.outcome, Failed)
        assert cleaned.outcome.code is ErrorCode.RESOURCE_CONFLICT
        assert instance in cleaned.outcome.message
        assert len(resource.leftovers) == 1
        await resource.update(
            properties(type_name, name="golden", encrypted=True, key="key-2"),
            replaces=type_name == ROS,
        )
        assert len(resource.leftovers) == 2
        await cloud.call("DeleteInstance", InstanceId=instance, Force=True)
        await resource.clean_up()
        assert resource.leftovers == ()
        assert [one["image_id"] for one in cloud.images()] == [resource.image_id]

    play(type_name, scenario)


def test_with_force_an_image_in_use_goes() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(TF, name="golden", force=True))
        await hold(cloud, resource.image_id)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(TF, scenario)


@TYPES
def test_delete_says_who_uses_the_image_and_with_whom_it_is_shared(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        instance = await hold(cloud, resource.image_id)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Failed)
        assert gone.outcome.cloud_code == "ImageUsingByInstance"
        assert instance in gone.outcome.message
        await cloud.call("DeleteInstance", InstanceId=instance, Force=True)
        share = {"ImageId": resource.image_id}
        await cloud.call("ModifyImageSharePermission", **share, AddAccount=["1234567890123456"])
        gone = await resource.delete()
        assert isinstance(gone.outcome, Failed)
        assert "1234567890123456" in gone.outcome.message
        await cloud.call("ModifyImageSharePermission", **share, RemoveAccount=["1234567890123456"])
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_an_image_that_is_being_copied_from_is_deleted_afterwards(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        await cloud.call(
            "CopyImage", REGION, ImageId=resource.image_id, DestinationRegionId="cn-shanghai"
        )
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.seconds > 5
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_a_cancel_that_comes_too_late_becomes_a_delete(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name), until=cloud.clock.now() + 2)
        cloud.fault("error", action="CancelCopyImage", code="IncorrectImageStatus", count=2)
        cloud.choose(speed=10_000.0)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize("kind", ["lost_reply", "drop", "throttle", "internal_error", "html"])
def test_a_delete_without_a_good_answer_is_settled_by_looking(type_name: str, kind: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name))
        cloud.fault(kind, action="DeleteImage", count=5)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_delete_of_a_create_without_an_id_finds_the_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", seconds=100)
        cloud.fault("lost_reply", action="CopyImage", count=4)
        cloud.fault("drop", action="CopyImage", count=None)
        made = await resource.create(properties(type_name), until=cloud.clock.now() + 2)
        assert "image_id" not in made.pendings[-1].context
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert "CancelCopyImage" in cloud.changes or "DeleteImage" in cloud.changes
        await cloud.clock.sleep(400)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize("count", [1, 20], ids=["own lineage", "twenty tags"])
def test_delete_without_any_notes_finds_the_copy_of_this_operation(
    type_name: str, count: int
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        tags = {f"k{number}": "v" for number in range(count)}
        await resource.create(
            properties(type_name, name="golden", tags=tags), until=cloud.clock.now() + 1
        )
        await cloud.clock.sleep(3600)
        cloud.restart()
        resource.context, resource.physical_id = {}, None
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_delete_takes_no_other_operations_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        other = Resource(cloud, type_name)
        other.operation = "5e1c7a52-0000-4000-8000-000000000002"
        other.steps = 100
        other.properties = properties(type_name, name="golden")
        gone = await other.delete()
        assert isinstance(gone.outcome, Done)
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_delete_of_a_copy_that_is_not_shown_yet_waits_for_it(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", seconds=100)
        await resource.create(properties(type_name), until=cloud.clock.now() + 2)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        await cloud.clock.sleep(400)
        assert cloud.images() == []

    play(type_name, scenario)


def test_deleting_has_a_time_limit_too() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(TF, timeouts={"Delete": "30s"}))
        await cloud.call(
            "CopyImage", REGION, ImageId=resource.image_id, DestinationRegionId="cn-shanghai"
        )
        cloud.choose(speed=1.0)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Failed)
        assert gone.outcome.code is ErrorCode.NOT_STABILIZED
        assert 30 <= gone.seconds < 60

    play(TF, scenario)
