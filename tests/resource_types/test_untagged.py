"""A copy that never got our tag, of a process that died before it had recorded the id: told, not taken."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from imageferry.model.handlers import Done, HandlerAction, Outcome, Pending
from tests.resource_types.copying import (
    REGION,
    ROS,
    TF,
    Cloud,
    Killed,
    Resource,
    play,
    properties,
)

DAY = 86400.0
TYPES = pytest.mark.parametrize("type_name", [ROS, TF])


@pytest.mark.parametrize("kind", ["tagless", "late_tags"])
@TYPES
def test_a_removal_tells_of_a_copy_that_never_got_our_tag(type_name: str, kind: str) -> None:
    """Its process died before it had recorded the id, and nobody goes on with it."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault(kind, **({} if kind == "tagless" else {"seconds": 200.0}))
        found = cloud.catalog.find(type_name)
        assert found is not None
        wanted = properties(type_name, name="golden")
        made_at = cloud.clock.now()
        await found.handler.create(resource.request(HandlerAction.CREATE, wanted))
        (made,) = cloud.images()
        await cloud.somebody_copies("golden-2")
        cloud.changes.clear()
        resource.properties = wanted
        gone = await resource.delete(made_at=made_at)
        assert isinstance(gone.outcome, Done), gone.outcome
        told = [note for note in gone.notes if "never got our tag" in note]
        if kind == "late_tags":
            assert told == []
            assert [one["name"] for one in cloud.images()] == ["golden-2"]
            return
        assert gone.seconds >= 300
        (note,) = told
        for part in (made["image_id"], REGION, '"golden"', "imageferry adopt", "by hand"):
            assert part in note
        assert cloud.changes == []
        assert len(cloud.images()) == 2

    play(type_name, scenario)


@TYPES
def test_a_removal_says_nothing_of_an_older_namesake(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await cloud.somebody_copies("golden")
        await cloud.clock.sleep(DAY)
        resource.properties = properties(type_name, name="golden")
        gone = await resource.delete(made_at=cloud.clock.now())
        assert isinstance(gone.outcome, Done)
        assert gone.notes == []
        assert len(cloud.images()) == 1

    play(type_name, scenario)


def test_what_clears_a_renewal_away_tells_of_its_copy() -> None:
    """Its copy has a name of its own, which only the step that made it gives."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        whole = properties(TF, name="golden")
        await resource.create(whole)
        first = resource.image_id
        cloud.fault("tagless")
        renewed = properties(TF, name="golden", encrypted=True)
        cloud.kill_at, cloud.kill_after = len(cloud.changes) + 1, True
        request = resource.request(HandlerAction.UPDATE, renewed)
        found = cloud.catalog.find(TF)
        assert found is not None
        outcome: Outcome = Pending(None, 0.0)
        while cloud.kill_at is not None:
            try:
                outcome = await found.handler.update(request)
            except Killed:
                cloud.kill_at = None
            assert isinstance(outcome, Pending)
            request = replace(request, context=json.loads(json.dumps(outcome.context)))
        resource.context = request.context
        cloud.restart()
        (lost,) = {one["image_id"] for one in cloud.images()} - {first}
        back = await resource.update(whole)
        assert isinstance(back.outcome, Done), back.outcome
        assert resource.image_id == first
        (note,) = (note for note in back.notes if "never got our tag" in note)
        assert lost in note
        assert len(cloud.images()) == 2

    play(TF, scenario)
