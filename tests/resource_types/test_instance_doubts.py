"""One instance in doubt: a process that died, a lost reply, an old intent, a look that comes too early."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.model.handlers import (
    Done,
    HandlerAction,
    Pending,
)
from tests.resource_types.copying import Cloud, Resource
from tests.resource_types.launching import (
    CENTOS,
    INSTANCE,
    REGION,
    USUAL,
    play,
    shown,
)


@pytest.mark.parametrize("pattern", [CENTOS, "centos_7"], ids=["id", "pattern"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_one_instance_and_none(pattern: str, after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        for number in (1, 2):
            cloud.changes.clear()
            resource = Resource(cloud, INSTANCE, region=REGION)
            resource.steps = 10 * number
            cloud.kill_at, cloud.kill_after = number, after
            made = await resource.create({**USUAL, "ImageId": pattern})
            assert isinstance(made.outcome, Done)
            assert len(await shown(cloud)) == 1
            gone = await resource.delete()
            assert isinstance(gone.outcome, Done)
            assert cloud.kill_at is None, "the crash was not reached"
            assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_a_lost_reply_makes_one_instance() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("lost_reply", action="RunInstances", count=2)
        made = await resource.create(USUAL)
        assert isinstance(made.outcome, Done)
        assert len(await shown(cloud)) == 1

    play(INSTANCE, scenario)


def test_an_old_intent_is_looked_for_before_it_is_called_again() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        first = await resource.create(USUAL)
        assert isinstance(first.outcome, Done)
        made = resource.physical_id
        cloud.choose(token_lifetime_seconds=1)
        await cloud.clock.sleep(3600)
        request = resource.last_request(HandlerAction.CREATE)
        request = replace(
            request,
            physical_id=None,
            context={},
            uncertain=True,
            repeated=True,
            intended_at=began,
        )
        again = await resource.perform(request)
        assert isinstance(again.outcome, Done)
        assert again.outcome.physical_id == made
        assert len(await shown(cloud)) == 1
        assert any("begun before" in note for note in again.notes)

    play(INSTANCE, scenario)


def test_an_old_intent_that_made_nothing_is_called_once() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        request = resource.request(HandlerAction.CREATE, {**USUAL, "ImageId": "centos_7"})
        made = await resource.perform(replace(request, uncertain=True, repeated=True))
        assert isinstance(made.outcome, Done)
        assert made.seconds >= 300
        assert cloud.changes == ["RunInstances"]

    play(INSTANCE, scenario)


@pytest.mark.parametrize("pattern", [CENTOS, "centos_7"], ids=["id", "pattern"])
def test_deleting_what_nobody_was_told_of(pattern: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("lost_reply", action="RunInstances", count=None)
        limit = cloud.clock.now() + 1
        begun = await resource.create({**USUAL, "ImageId": pattern}, until=limit)
        assert isinstance(begun.outcome, Pending)
        assert resource.physical_id is None
        assert len(await shown(cloud)) == 1
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
def test_one_that_is_shown_late_is_waited_for(lost: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", action="RunInstances", seconds=40.0)
        cloud.fault("late_tags", action="RunInstances", seconds=90.0)
        if lost:
            cloud.choose(token_lifetime_seconds=0)
            cloud.kill_at, cloud.kill_after = 1, True
        request = resource.request(HandlerAction.CREATE, USUAL)
        made = await resource.perform(replace(request, uncertain=lost))
        assert isinstance(made.outcome, Done)
        resource.physical_id = made.outcome.physical_id
        assert made.seconds >= 40
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_one_that_is_deleted_before_it_is_shown_is_gone() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("hidden", action="RunInstances", seconds=60.0)
        await resource.create(USUAL, until=cloud.clock.now() + 3)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        await cloud.clock.sleep(100)
        assert await shown(cloud) == []

    play(INSTANCE, scenario)


def test_all_twenty_tags_of_the_users_own_find_it_as_well() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        tags = [{"Key": f"key-{number}", "Value": str(number)} for number in range(20)]
        wanted = {**USUAL, "Tags": tags}
        await resource.create(wanted)
        made = resource.physical_id
        request = resource.last_request(HandlerAction.CREATE)
        request = replace(request, physical_id=None, context={}, uncertain=True, repeated=True)
        again = await resource.perform(request)
        assert isinstance(again.outcome, Done)
        assert again.outcome.physical_id == made
        assert len(await shown(cloud)) == 1

    play(INSTANCE, scenario)
