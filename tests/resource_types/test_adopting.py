"""Taking an image in, and giving it back: whatever happens between two calls, nothing is made or lost."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from imageferry.cloud.images import describe_images
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerAction, Pending
from imageferry.model.values import Secret
from imageferry.ports.traces import Candidate
from tests.resource_types.copying import (
    REGION,
    ROS,
    SOURCE,
    SOURCE_REGION,
    TF,
    Cloud,
    Killed,
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


# --- as it was found --------------------------------------------------------------------------------

ASKED: dict[str, dict[str, Any]] = {
    ROS: {"name": "old", "group": "rg-new"},
    TF: {"name": "golden", "description": "new", "tags": {"team": "new", "more": "1"}},
}


async def found_here(cloud: Cloud, type_name: str, thing: str, **asked: Any) -> Context:
    """What the adopter notes of an image when its adoption is planned."""
    found = cloud.catalog.find(type_name)
    assert found is not None
    assert found.adopter is not None
    region = SOURCE_REGION if type_name == ROS else REGION
    candidate = Candidate(thing, properties(type_name, **asked), region, "inst1234", ())
    return (await found.adopter.inspect(candidate)).adopts


async def adorned(cloud: Cloud, name: str, **more: Any) -> str:
    """An image of somebody's own, with a description, a tag and a group."""
    reply = await cloud.call(
        "CopyImage",
        SOURCE_REGION,
        ImageId=SOURCE,
        DestinationRegionId=REGION,
        DestinationImageName=name,
        **{
            "DestinationDescription": "old",
            "ResourceGroupId": "rg-old",
            "Tag": [{"Key": "team", "Value": "old"}, {"Key": "theirs", "Value": "1"}],
            **more,
        },
    )
    await cloud.clock.sleep(3 * 3600)
    return str(reply["ImageId"])


async def looks(cloud: Cloud, thing: str) -> dict[str, Any]:
    (image,) = await describe_images(cloud.client, REGION, ids=[thing])
    return {
        "name": image.name,
        "description": image.description,
        "group": image.resource_group,
        "tags": dict(image.tags),
    }


CALLS = [
    *((ROS, call, call <= 2) for call in range(1, 5)),
    *((TF, call, call <= 3) for call in range(1, 8)),
]
"""Each call of an adoption and of what gives it back, and whether it is the adoption's."""


async def cut_short(
    cloud: Cloud, resource: Resource, wanted: dict[str, Any], adopts: Context
) -> bool:
    """An adoption with nobody to go on with it once its process has died; False where none died."""
    request = resource.request(HandlerAction.CREATE, wanted, adopts=adopts)
    request = replace(request, context={"adopts": dict(adopts)})
    found = cloud.catalog.find(resource.type_name)
    assert found is not None
    resource.properties = wanted
    while True:
        try:
            outcome = await found.handler.create(request)
        except Killed:
            cloud.kill_at, resource.context = None, request.context
            cloud.restart()
            return True
        if not isinstance(outcome, Pending):
            assert isinstance(outcome, Done)
            resource.attributes = outcome.attributes
            return False
        request = replace(request, context=json.loads(json.dumps(outcome.context)))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("type_name", "call", "takes_in"), CALLS)
def test_what_was_set_is_put_back_whatever_call_is_cut_short(
    type_name: str, call: int, takes_in: bool, after: bool
) -> None:
    """An adoption ends where its process dies; what gives back is gone on with."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        asked = ASKED[type_name]
        thing = await adorned(cloud, "old")
        before = await looks(cloud, thing)
        adopts = await found_here(cloud, type_name, thing, **asked)
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = call, after
        died = await cut_short(cloud, resource, properties(type_name, **asked), adopts)
        assert died is takes_in
        assert died or await looks(cloud, thing) != before
        gone = await resource.delete(adopts=adopts)
        assert isinstance(gone.outcome, Done), gone.outcome
        assert cloud.kill_at is None
        assert await looks(cloud, thing) == before
        assert cloud.changes[-1] == "UntagResources"
        assert not {"DeleteImage", "CancelCopyImage", "CopyImage"} & {*cloud.changes}

    play(type_name, scenario)


def test_what_an_earlier_attempt_has_set_is_put_back_by_the_next() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await adorned(cloud, "old")
        before = await looks(cloud, thing)
        adopts = await found_here(cloud, TF, thing, **ASKED[TF])
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = 3, True
        assert await cut_short(cloud, resource, properties(TF, **ASKED[TF]), adopts)
        earlier = resource.context["adopts"]
        assert isinstance(earlier, dict)
        # The next attempt, with another template, has not begun to call when it is cancelled.
        resource.context, resource.properties = {"adopts": earlier}, properties(TF, name="other")
        gone = await resource.delete(adopts=earlier)
        assert isinstance(gone.outcome, Done), gone.outcome
        assert await looks(cloud, thing) == before

    play(TF, scenario)


def taken_name(cloud: Cloud) -> Awaitable[object]:
    return adorned(cloud, "old")


async def nothing(cloud: Cloud) -> None:
    """Nobody does anything meanwhile."""


LEFT: dict[str, tuple[dict[str, Any], Callable[[Cloud], Awaitable[object]], str, str]] = {
    "a description that was empty": (
        {"DestinationDescription": None},
        nothing,
        "description",
        "keeps the description that was set: the cloud cannot clear one",
    ),
    "a name that another has by now": (
        {},
        taken_name,
        "name",
        "keeps the name or description that was set: ModifyImageAttribute",
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_cannot_be_put_back_is_told_and_is_no_obstacle(case: str) -> None:
    more, meanwhile, part, says = LEFT[case]

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await adorned(cloud, "old", **more)
        before = await looks(cloud, thing)
        adopts = await found_here(cloud, TF, thing, **ASKED[TF])
        await resource.create(properties(TF, **ASKED[TF]), adopts=adopts)
        await meanwhile(cloud)
        gone = await resource.delete(adopts=adopts)
        assert isinstance(gone.outcome, Done), gone.outcome
        assert any(says in note for note in gone.notes), gone.notes
        after = await looks(cloud, thing)
        assert after["tags"] == before["tags"]
        assert after[part] == ASKED[TF][part] != before[part]

    play(TF, scenario)


def test_one_look_that_leaves_the_image_out_ends_nothing() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await adorned(cloud, "old")
        before = await looks(cloud, thing)
        adopts = await found_here(cloud, TF, thing, **ASKED[TF])
        await resource.create(properties(TF, **ASKED[TF]), adopts=adopts)
        cloud.fault("unlisted", action="DescribeImages", count=1)
        gone = await resource.delete(adopts=adopts)
        assert isinstance(gone.outcome, Done)
        assert await looks(cloud, thing) == before

    play(TF, scenario)


def test_an_image_that_is_gone_ends_the_giving_back() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await adorned(cloud, "old")
        adopts = await found_here(cloud, TF, thing, **ASKED[TF])
        await resource.create(properties(TF, **ASKED[TF]), adopts=adopts)
        await cloud.call("DeleteImage", ImageId=thing)
        gone = await resource.delete(adopts=adopts)
        assert isinstance(gone.outcome, Done)
        assert any(f"{thing} is not in {REGION} any more" in note for note in gone.notes)

    play(TF, scenario)


def test_what_was_found_with_a_secret_in_it_is_not_noted() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        thing = await adorned(cloud, "old", DestinationDescription="it is hunter2 indeed")
        asked = {"name": "golden", "description": Secret("hunter2")}
        adopts = await found_here(cloud, TF, thing, **asked)
        assert "hunter2" not in json.dumps(adopts)
        await resource.create(properties(TF, **asked), adopts=adopts)
        gone = await resource.delete(adopts=adopts)
        assert isinstance(gone.outcome, Done)
        assert any("keeps its description" in note for note in gone.notes)
        assert (await looks(cloud, thing))["name"] == "old"

    play(TF, scenario)
