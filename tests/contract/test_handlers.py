"""What handlers of image copies promise beyond what the contract suite asks of every type."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, HandlerAction
from tests.resource_types.copying import (
    REGION,
    ROS,
    SOURCE,
    TF,
    Cloud,
    Resource,
    play,
    properties,
)

TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])


@TYPES
def test_a_copy_is_made_shown_and_removed(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = properties(type_name, name="golden", description="An image", tags={"env": "test"})
        made = await resource.create(wanted)
        assert isinstance(made.outcome, Done)
        image = cloud.image(resource.image_id)
        assert (image["status"], image["name"], image["region"]) == ("Available", "golden", REGION)
        assert image["tags"] == {
            "env": "test",
            "imageferry:lineage": f"inst1234/{resource.operation}/Golden",
        }
        assert [one.progress for one in made.pendings] == sorted(
            one.progress or 0 for one in made.pendings
        )
        read = await resource.perform(resource.request(HandlerAction.READ, wanted))
        assert isinstance(read.outcome, Done)
        assert read.outcome.physical_id == resource.physical_id
        assert read.outcome.attributes == resource.attributes
        assert read.outcome.symptoms == ()
        observed = read.outcome.observed or {}
        assert {
            name for name in wanted if observed.get(name, wanted[name]) != wanted[name]
        } == set()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []
        assert cloud.changes == ["CopyImage", "DeleteImage"]
        snapshots = [one["snapshot_id"] for one in cloud.snapshots() if not one["image_exists"]]
        assert any(one in note for note in gone.outcome.notes for one in snapshots)

    play(type_name, scenario)


@TYPES
def test_a_replacement_takes_the_five_calls_in_their_order(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        old = resource.image_id
        cloud.changes.clear()
        cloud.sent.clear()
        wanted = properties(type_name, name="golden", encrypted=True)
        await resource.update(wanted, replaces=type_name == ROS)
        names = [
            value
            for request in cloud.sent
            if request.headers["x-acs-action"] in {"CopyImage", "ModifyImageAttribute"}
            for name, value in request.query
            if name in {"DestinationImageName", "ImageName"}
        ]
        assert names == ["golden-00000002", "golden-old-00000002", "golden"]
        assert cloud.image(old)["name"] == "golden-old-00000002"
        await resource.clean_up()
        assert cloud.changes == [
            "CopyImage",
            "ModifyImageAttribute",
            "ModifyImageAttribute",
            "DeleteImage",
        ]

    play(type_name, scenario)


@TYPES
def test_a_replacement_is_taken_back_by_names_and_without_a_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        first = properties(type_name, name="golden", tags={"env": "a"})
        await resource.create(first)
        old, reference = resource.image_id, resource.physical_id
        second = properties(type_name, name="golden", tags={"env": "a"}, encrypted=True)
        await resource.update(second, replaces=type_name == ROS)
        new = resource.image_id
        cloud.changes.clear()
        back = await resource.update(first, replaces=type_name == ROS)
        assert isinstance(back.outcome, Done)
        assert "CopyImage" not in cloud.changes
        assert resource.image_id == old
        assert resource.physical_id == reference
        assert cloud.image(old)["name"] == "golden"
        assert [one["image_id"] for one in resource.leftovers] == [new]
        await resource.clean_up()
        assert [one["image_id"] for one in cloud.images()] == [old]

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize("number", [1, 2], ids=["aside", "rename"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_while_a_replacement_is_taken_back(
    type_name: str, number: int, after: bool
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        first = properties(type_name, name="golden")
        await resource.create(first)
        old = resource.image_id
        second = properties(type_name, name="golden", encrypted=True)
        await resource.update(second, replaces=type_name == ROS)
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = number, after
        await resource.update(first, replaces=type_name == ROS)
        assert cloud.kill_at is None, "the crash was not reached"
        await resource.clean_up()
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (old, "golden")

    play(type_name, scenario)


@TYPES
def test_a_replacement_that_was_left_half_way_is_cleared_away_first(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        first = properties(type_name, name="golden")
        await resource.create(first)
        old = resource.image_id
        second = properties(type_name, name="golden", encrypted=True)
        until = cloud.clock.now() + 3
        await resource.update(second, replaces=type_name == ROS, until=until)
        assert len(cloud.images()) == 2
        back = await resource.update(first)
        assert isinstance(back.outcome, Done)
        (image,) = cloud.images()
        assert (
            (image["image_id"], image["name"]) == (old, "golden") == (resource.image_id, "golden")
        )

    play(type_name, scenario)


@TYPES
def test_deleting_what_an_unfinished_replacement_has_begun(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="golden"))
        second = properties(type_name, name="golden", encrypted=True)
        until = cloud.clock.now() + 3
        await resource.update(second, replaces=type_name == ROS, until=until)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_delete_cancels_a_running_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = properties(type_name, name="golden")
        await resource.create(wanted, until=cloud.clock.now() + 2)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.changes == ["CopyImage", "CancelCopyImage"]
        assert cloud.images() == []
        assert SOURCE not in str(cloud.changes)

    play(type_name, scenario)


@TYPES
def test_the_source_is_never_deleted(type_name: str) -> None:
    """A record that names the source, as a copy in one region does, deletes nothing."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        resource.properties = properties(type_name, region=REGION)
        resource.physical_id = SOURCE
        resource.attributes = {"ImageId": SOURCE, "Id": SOURCE}
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.changes == []

    play(type_name, scenario)
