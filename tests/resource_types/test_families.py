"""An image family of a region: one is made current, rolled back, given up; crashes between any calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from imageferry.emulator.controls import clear_faults
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.values import Value
from imageferry.resource_types.families.succession import former_after
from tests.resource_types.copying import REGION, SOURCE, SOURCE_REGION, Cloud, Resource, play

FAMILY = "IMAGEFERRY::ECS::ImageFamily"
NAME = "web"


class Shelf:
    """Images of one region, made one after the other, and a family resource over them."""

    def __init__(self, cloud: Cloud, resource: Resource, ids: list[str]) -> None:
        self.cloud, self.resource, self.ids = cloud, resource, ids

    def wanted(self, current: int | None, *members: int) -> dict[str, Value]:
        """The properties with images by their number, 1 being the oldest."""
        numbers = members or range(1, len(self.ids) + 1)
        found: dict[str, Value] = {
            "ImageFamily": NAME,
            "RegionId": REGION,
            "ImageIds": [self.ids[number - 1] for number in numbers],
        }
        return found if current is None else {**found, "CurrentImageId": self.ids[current - 1]}

    async def launching(self) -> int | None:
        """The number of the image that launches from the family."""
        reply = await self.cloud.call("DescribeImageFromFamily", ImageFamily=NAME)
        image = reply.get("Image")
        return None if image is None else self.ids.index(image["ImageId"]) + 1

    def states(self) -> list[str]:
        """Each image's family, in brackets where it is deprecated."""
        images = [self.cloud.image(image_id) for image_id in self.ids]
        return [
            f"({one['family']})" if one["status"] == "Deprecated" else one["family"]
            for one in images
        ]

    def numbers(self, attribute: str) -> list[int]:
        """An attribute that lists images, by their numbers."""
        found = self.resource.attributes[attribute]
        assert isinstance(found, list)
        return [self.ids.index(str(one)) + 1 for one in found]


Play = Callable[[Shelf], Awaitable[None]]


def on_shelf(scenario: Play, *, images: int = 3, seconds: float = 3600.0) -> Cloud:
    """Play with that many copies of one image, made `seconds` apart."""

    async def run(cloud: Cloud, resource: Resource) -> None:
        ids = []
        for number in range(images):
            reply = await cloud.call(
                "CopyImage",
                SOURCE_REGION,
                ImageId=SOURCE,
                DestinationRegionId=REGION,
                DestinationImageName=f"web-{number + 1}",
            )
            ids.append(reply["ImageId"])
            await cloud.clock.sleep(seconds)
        await cloud.clock.sleep(7200)
        cloud.changes.clear()
        await scenario(Shelf(cloud, resource, ids))

    return play(FAMILY, run)


def test_the_newest_is_current_where_none_is_named() -> None:
    async def scenario(shelf: Shelf) -> None:
        made = await shelf.resource.create(shelf.wanted(None))
        assert isinstance(made.outcome, Done)
        assert await shelf.launching() == 3
        assert shelf.states() == ["web", "web", "web"]
        attributes = shelf.resource.attributes
        assert shelf.resource.physical_id == "cn-beijing/web"
        assert (attributes["ImageId"], attributes["PreviousImageId"]) == (
            shelf.ids[2],
            shelf.ids[1],
        )
        assert shelf.numbers("ImageIds") == [3, 2, 1]
        assert shelf.cloud.changes == ["ModifyImageAttribute"] * 3

    on_shelf(scenario)


@pytest.mark.parametrize(
    ("way", "states", "former", "launches"),
    [
        ([3], ["web", "web", "web"], [2, 1], 3),
        ([3, 2], ["web", "web", "(web)"], [1], 2),
        ([2, 3], ["web", "web", "web"], [2, 1], 3),
        ([1, 2, 3], ["web", "web", "web"], [2, 1], 3),
        ([1, 2, 3, 2], ["web", "web", "(web)"], [1], 2),
        ([1, 2, 3, 2, 1], ["web", "(web)", "(web)"], [], 1),
        ([1, 2, 3, 2, 1, 3], ["web", "web", "web"], [1], 3),
        ([1, 3, 1, 2], ["web", "web", "(web)"], [1], 2),
    ],
    ids=lambda one: "-".join(map(str, one)) if isinstance(one, list) else None,
)
def test_one_after_the_other_is_made_current(
    way: list[int], states: list[str], former: list[int], launches: int
) -> None:
    async def scenario(shelf: Shelf) -> None:
        first, *rest = way
        assert isinstance((await shelf.resource.create(shelf.wanted(first))).outcome, Done)
        for number in rest:
            assert isinstance((await shelf.resource.update(shelf.wanted(number))).outcome, Done)
            assert await shelf.launching() == number
        assert (shelf.states(), await shelf.launching()) == (states, launches)
        assert shelf.numbers("FormerImageIds") == former
        previous = shelf.ids[former[0] - 1] if former else ""
        assert shelf.resource.attributes["PreviousImageId"] == previous
        shelf.cloud.changes.clear()
        again = await shelf.resource.update(shelf.wanted(way[-1]))
        assert isinstance(again.outcome, Done)
        assert shelf.cloud.changes == []
        assert shelf.numbers("FormerImageIds") == former

    on_shelf(scenario)


def test_a_roll_back_is_one_change_and_few_calls() -> None:
    async def scenario(shelf: Shelf) -> None:
        await shelf.resource.create(shelf.wanted(None))
        shelf.cloud.changes.clear()
        shelf.cloud.sent.clear()
        began = shelf.cloud.clock.now()
        await shelf.resource.update(shelf.wanted(2))
        assert shelf.cloud.changes == ["ModifyImageAttribute"]
        assert len(shelf.cloud.sent) == 3
        assert shelf.cloud.clock.now() - began < 1
        assert await shelf.launching() == 2

    on_shelf(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_a_crash_between_any_two_calls(number: int, after: bool) -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        cloud.kill_at, cloud.kill_after = number, after
        for step in (1, 3, 1):
            deed = resource.create if resource.physical_id is None else resource.update
            assert isinstance((await deed(shelf.wanted(step))).outcome, Done)
            assert await shelf.launching() == step
        assert shelf.states() == ["web", "(web)", "(web)"]
        assert shelf.numbers("DeprecatedImageIds") == [2, 3] or shelf.numbers(
            "DeprecatedImageIds"
        ) == [3, 2]
        assert isinstance((await resource.delete()).outcome, Done)
        assert cloud.kill_at is None, "the crash was not reached"
        assert shelf.states() == ["web-aside"] * 3

    on_shelf(scenario)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_step_that_stops_anywhere_is_undone(number: int) -> None:
    """The next step is a deletion: it knows what the unfinished one has done."""

    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        cloud.kill_at, cloud.kill_after = number - 1, True
        denied = {"code": "Forbidden.RAM", "status": 403}
        cloud.fault("error", action="ModifyImageAttribute", skip=number - 1, count=None, **denied)
        made = await resource.create(shelf.wanted(1))
        assert isinstance(made.outcome, Failed)
        clear_faults(cloud.emulator.world)
        assert isinstance((await resource.delete()).outcome, Done)
        assert [one for one in shelf.states() if one not in {"", "web-aside"}] == []

    on_shelf(scenario)


def test_deleting_undoes_only_what_was_done_here() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[0], ImageFamily="api")
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[1], ImageFamily=NAME)
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[2], Status="Deprecated")
        await resource.create(shelf.wanted(1))
        assert shelf.states() == ["web", "(web)", "(web)"]
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert shelf.states() == ["api", "web", "(web-aside)"]
        assert "web-aside" in " ".join(gone.notes)
        cloud.changes.clear()
        assert isinstance((await resource.delete()).outcome, Done)
        assert cloud.changes == []

    on_shelf(scenario)


def test_what_another_has_moved_since_is_left_to_them() -> None:
    async def scenario(shelf: Shelf) -> None:
        await shelf.resource.create(shelf.wanted(None))
        await shelf.cloud.call("ModifyImageAttribute", ImageId=shelf.ids[2], ImageFamily="api")
        await shelf.resource.delete()
        assert shelf.states() == ["web-aside", "web-aside", "api"]

    on_shelf(scenario)


def test_a_shared_image_is_put_aside_and_comes_back() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        await resource.create(shelf.wanted(None))
        await cloud.call(
            "ModifyImageSharePermission", ImageId=shelf.ids[2], AddAccount=["1000000000000002"]
        )
        back = await resource.update(shelf.wanted(2))
        assert isinstance(back.outcome, Done)
        assert shelf.states() == ["web", "web", "web-aside"]
        assert "is shared and cannot be deprecated" in " ".join(back.notes)
        assert shelf.numbers("DeprecatedImageIds") == []
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        assert (read.outcome.observed or {})["CurrentImageId"] == shelf.ids[1]
        assert set((read.outcome.observed or {})["ImageIds"]) == set(shelf.ids)  # type: ignore[arg-type]
        await resource.update(shelf.wanted(3))
        assert (shelf.states(), await shelf.launching()) == (["web", "web", "web"], 3)

    on_shelf(scenario)


def test_a_stranger_that_would_launch_is_named_and_left_alone() -> None:
    async def scenario(shelf: Shelf) -> None:
        stranger = shelf.ids[2]
        await shelf.cloud.call("ModifyImageAttribute", ImageId=stranger, ImageFamily=NAME)
        shelf.cloud.changes.clear()
        made = await shelf.resource.create(shelf.wanted(2, 1, 2))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.RESOURCE_CONFLICT
        assert stranger in made.outcome.message
        assert shelf.cloud.changes == []

    on_shelf(scenario)


def test_an_older_stranger_harms_nobody() -> None:
    async def scenario(shelf: Shelf) -> None:
        await shelf.cloud.call("ModifyImageAttribute", ImageId=shelf.ids[0], ImageFamily=NAME)
        made = await shelf.resource.create(shelf.wanted(2, 2, 3))
        assert isinstance(made.outcome, Done)
        assert (shelf.states(), await shelf.launching()) == (["web", "web", "(web)"], 2)

    on_shelf(scenario)


def test_two_of_one_second_are_told_apart() -> None:
    async def scenario(shelf: Shelf) -> None:
        for number in (2, 1, 2):
            deed = shelf.resource.update if shelf.resource.physical_id else shelf.resource.create
            await deed(shelf.wanted(number))
            assert await shelf.launching() == number

    on_shelf(scenario, images=2, seconds=0)


def test_a_member_that_leaves_is_given_back() -> None:
    async def scenario(shelf: Shelf) -> None:
        await shelf.resource.create(shelf.wanted(1))
        await shelf.resource.update(shelf.wanted(1, 1, 2))
        assert shelf.states() == ["web", "(web)", "web-aside"]
        assert shelf.numbers("ImageIds") == [2, 1]
        assert set(shelf.resource.attributes["FoundFamilies"]) == set(shelf.ids[:2])  # type: ignore[arg-type]

    on_shelf(scenario)


def test_a_member_that_is_gone_is_told_and_a_current_one_is_missed() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        await resource.create(shelf.wanted(None))
        await cloud.call("DeleteImage", ImageId=shelf.ids[1])
        changed = await resource.update(shelf.wanted(1))
        assert isinstance(changed.outcome, Done)
        assert f"{shelf.ids[1]} is not in {REGION} any longer" in " ".join(changed.notes)
        failed = await resource.update(shelf.wanted(2))
        assert isinstance(failed.outcome, Failed)
        assert failed.outcome.code is ErrorCode.NOT_FOUND
        assert await shelf.launching() == 1

    on_shelf(scenario)


def test_a_copy_that_is_not_done_is_waited_for() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud = shelf.cloud
        reply = await cloud.call(
            "CopyImage",
            SOURCE_REGION,
            ImageId=SOURCE,
            DestinationRegionId=REGION,
            DestinationImageName="web-4",
        )
        shelf.ids.append(reply["ImageId"])
        made = await shelf.resource.create(shelf.wanted(None))
        assert isinstance(made.outcome, Done)
        assert any("waiting for" in one.status_says for one in made.pendings)
        assert await shelf.launching() == 4

    on_shelf(scenario)


def test_drift_is_seen_and_set_back() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        await resource.create(shelf.wanted(2))
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[2], Status="Available")
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[0], ImageFamily="api")
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        observed = read.outcome.observed or {}
        assert observed["CurrentImageId"] == shelf.ids[2]
        assert observed["ImageIds"] == shelf.ids[1:]
        await resource.update(shelf.wanted(2), observed=observed)
        assert (shelf.states(), await shelf.launching()) == (["web", "web", "(web)"], 2)

    on_shelf(scenario)


def test_where_the_newest_is_meant_another_one_is_a_symptom() -> None:
    async def scenario(shelf: Shelf) -> None:
        cloud, resource = shelf.cloud, shelf.resource
        await resource.create(shelf.wanted(None))
        await cloud.call("ModifyImageAttribute", ImageId=shelf.ids[2], Status="Deprecated")
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        [symptom] = read.outcome.symptoms
        assert symptom[:3] == ("current", shelf.ids[2], shelf.ids[1])
        assert symptom.mended_by == "CurrentImageId"

    on_shelf(scenario)


def test_a_change_that_came_to_nothing_is_made_again() -> None:
    async def scenario(shelf: Shelf) -> None:
        shelf.cloud.fault("ignored", action="ModifyImageAttribute", count=1)
        made = await shelf.resource.create(shelf.wanted(None))
        assert isinstance(made.outcome, Done)
        assert shelf.cloud.changes == ["ModifyImageAttribute"] * 4
        assert shelf.states() == ["web", "web", "web"]

    on_shelf(scenario)


@pytest.mark.parametrize(
    ("former", "before", "current", "then"),
    [
        ((), None, "a", ()),
        ((), "a", "a", ()),
        ((), "a", "b", ("a",)),
        (("a",), "b", "c", ("b", "a")),
        (("b", "a"), "c", "b", ("a",)),
        (("b", "a"), "c", "a", ()),
    ],
    ids=["first", "same", "next", "third", "back", "further back"],
)
def test_what_was_current_before(
    former: tuple[str, ...], before: str | None, current: str, then: tuple[str, ...]
) -> None:
    assert former_after(former, before, current) == then
