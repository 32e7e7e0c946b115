"""Taking an image in, and giving it back: whatever happens between two calls, nothing is made or lost."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction, Pending
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

KEY = "imageferry:lineage"
FORMER = "abcd1234/b07c3c53-58b6-4b36-9a48-6b6a3d0b1c11/Old"
TYPES = pytest.mark.parametrize("type_name", [ROS, TF])


async def existing(cloud: Cloud, name: str = "golden", **tags: str) -> str:
    """An image that was there before us; its id."""
    reply = await cloud.call(
        "CopyImage",
        SOURCE_REGION,
        ImageId=SOURCE,
        DestinationRegionId=REGION,
        DestinationImageName=name,
        Tag=[{"Key": key.replace("__", ":"), "Value": value} for key, value in tags.items()],
    )
    await cloud.clock.sleep(3 * 3600)
    cloud.changes.clear()
    return str(reply["ImageId"])


def named(image_id: str, **more: str) -> dict[str, Any]:
    return {"id": image_id, "region": REGION, **more}


@TYPES
def test_an_adoption_tags_and_makes_nothing(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await existing(cloud)
        wanted = properties(type_name, name="golden")
        answers = await resource.create(wanted, adopts=named(thing))
        assert isinstance(answers.outcome, Done)
        assert resource.image_id == thing
        assert cloud.changes == ["TagResources"]
        assert cloud.image(thing)["tags"][KEY].startswith("inst1234/")
        assert any("nothing was copied" in note for note in answers.notes)
        answers = await resource.delete()
        assert isinstance(answers.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_crash_at_any_call_goes_on_to_the_same_end(call: int, after: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await existing(cloud, "old")
        cloud.kill_at, cloud.kill_after = call, after
        answers = await resource.create(properties(TF, name="golden"), adopts=named(thing))
        assert isinstance(answers.outcome, Done)
        assert cloud.kill_at is None
        assert {*cloud.changes} == {"TagResources", "ModifyImageAttribute"}
        assert [one["image_id"] for one in cloud.images()] == [thing]
        assert cloud.image(thing)["name"] == "golden"

    play(TF, scenario)


@TYPES
@pytest.mark.parametrize("former", [None, FORMER], ids=["untagged", "tagged"])
@pytest.mark.parametrize("kill", [None, False, True], ids=["calm", "killed before", "after"])
def test_what_was_taken_in_is_given_back_as_it_was(
    type_name: str, former: str | None, kill: bool | None
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await existing(cloud, **({} if former is None else {"imageferry__lineage": former}))
        adopts = named(thing) if former is None else named(thing, lineage=former)
        await resource.create(properties(type_name, name="golden"), adopts=adopts)
        assert cloud.image(thing)["tags"][KEY].startswith("inst1234/")
        if kill is not None:
            cloud.kill_at, cloud.kill_after = len(cloud.changes) + 1, kill
        answers = await resource.delete(adopts=adopts)
        assert isinstance(answers.outcome, Done)
        assert cloud.image(thing)["tags"].get(KEY) == former
        assert not {"DeleteImage", "CancelCopyImage"} & {*cloud.changes}
        assert any("is given back" in note for note in answers.notes)

    play(type_name, scenario)


@TYPES
def test_an_adoption_that_nobody_has_begun_is_given_back_without_a_call(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        # With twenty tags of the user's own a removal would go by name: here it may not.
        tags = {f"k{number}": "v" for number in range(20)}
        thing = await existing(cloud, **tags)
        resource.properties = properties(type_name, name="golden", tags=tags)
        resource.context = {"adopts": named(thing)}
        answers = await resource.delete()
        assert isinstance(answers.outcome, Done)
        assert cloud.changes == []
        assert [one["image_id"] for one in cloud.images()] == [thing]

    play(type_name, scenario)


REFUSED = {
    "gone": (lambda cloud, thing: cloud.call("DeleteImage", ImageId=thing), "is not in"),
    "of another name": (
        lambda cloud, thing: cloud.call("ModifyImageAttribute", ImageId=thing, ImageName="other"),
        "has name 'other' and not 'golden'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_changed_since_it_was_planned_is_refused(case: str) -> None:
    change, says = REFUSED[case]

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await existing(cloud)
        await change(cloud, thing)
        cloud.changes.clear()
        answers = await resource.create(properties(ROS, name="golden"), adopts=named(thing))
        assert isinstance(answers.outcome, Failed)
        assert answers.outcome.code is ErrorCode.NOT_UPDATABLE
        assert says in answers.outcome.message
        assert answers.outcome.context["adopts"] == named(thing)
        assert cloud.changes == []

    play(ROS, scenario)


def test_no_room_for_our_tag_is_no_obstacle() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        tags = {f"k{number}": "v" for number in range(20)}
        thing = await existing(cloud, **tags)
        answers = await resource.create(properties(TF, name="golden"), adopts=named(thing))
        assert isinstance(answers.outcome, Done)
        assert cloud.changes == []
        assert cloud.image(thing)["tags"] == tags

    play(TF, scenario)


def test_a_call_without_a_good_answer_is_made_again() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await existing(cloud)
        cloud.fault("lost_reply", action="TagResources", count=1)
        cloud.fault("throttle", action="TagResources", skip=1, count=2)
        request = resource.request(
            HandlerAction.CREATE, properties(TF, name="golden"), adopts=named(thing)
        )
        answers = await resource.perform(request)
        assert isinstance(answers.outcome, Done)
        assert all(isinstance(one, Pending) for one in answers.seen[:-1])
        assert cloud.image(thing)["tags"][KEY].startswith("inst1234/")

    play(TF, scenario)
