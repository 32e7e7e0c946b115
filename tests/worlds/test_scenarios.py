"""Scenarios told by hand: what has to happen, whatever goes wrong meanwhile."""

from __future__ import annotations

import pytest

from tests.worlds.language import World, source_of, world_of

RENEWED = {"One": {"name": "golden", "encrypted": True}}

TWENTY = {f"tag{number}": "x" for number in range(20)}
ADOPTING = World(language="cfn", neighbours=(("cn-shanghai", "found"),)).adopt(name="found")
SCENARIOS = {
    "a neighbour's image is taken in, through a crash behind the call": (
        ADOPTING.crash(after_call=3, away=700.0).compare().expect(status="CREATED", copies=1)
    ),
    "an adoption that is refused half way gives the image back": (
        ADOPTING.options("rollback")
        .fault("error", "TagResources", code="NoPermission.Tag", status=403)
        .expect(status="CREATE_ROLLED_BACK", copies=0)
    ),
    "what was made since an older copy of the home is taken in by lineage": (
        World()
        .deploy("cn-shanghai")
        .restore()
        .deploy("cn-shanghai", "cn-beijing")
        .expect(status="UPDATED", copies=2)
    ),
    "the database is away before writes, and after they were committed": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .outage(at=2, writes=4)
        .deploy("cn-shanghai", "us-west-1")
        .outage(at=1, writes=3, behind=True)
        .expect(status="UPDATED", copies=2)
    ),
    "one look that leaves a finished image out does not lose it": (
        World()
        .deploy("cn-shanghai")
        .delete()
        .fault("unlisted", "DescribeImages", count=1)
        .expect(status="DELETED", copies=0)
    ),
    "the snapshots of an image are named by whoever finds it gone": (
        World()
        .deploy("cn-shanghai")
        .delete()
        .crash(after_call=3, away=700.0)
        .expect(status="DELETED", copies=0)
    ),
    "a call that lay about until its date was past is not made again unasked": (
        World(language="cfn", settings={"speed": 2.0, "token_lifetime_seconds": 900.0})
        .deploy(singles={"One": {"name": "web", "create_limit": "2m"}, "Two": {"name": "base"}})
        .pause(seconds=3000.0, after_call=1)
    ),
    "somebody renames a copy, and the next deploy sets it back": (
        World()
        .deploy("cn-shanghai", named="indexed")
        .meddle(at=3600.0, deed="rename")
        .compare()
        .protect()
        .deploy("cn-shanghai", named="indexed")
        .refresh()
        .compare()
        .sweep()
        .expect(copies=1)
    ),
    "tags that a failed update has set are taken off again": (
        World(language="cfn")
        .deploy(singles={"One0": {"name": "silver", "tags": {"use": "b"}}})
        .deploy(singles={"One0": {"name": "web", "tags": {"use": "b", "more": "a"}}})
        .options("rollback")
        .fault("error", "ModifyImageAttribute", code="InvalidImageName.Duplicated", status=400)
        .compare()
    ),
    "under another logical id an image without room for a tag is not taken for ours": (
        World(language="cfn")
        .deploy(singles={"One0": {"name": "silver", "tags": TWENTY}})
        .deploy(singles={"One1": {"name": "silver", "tags": TWENTY}})
    ),
    "a crash between call and record makes no second copy": (
        World()
        .deploy("cn-shanghai")
        .crash(after_call=1, away=30.0)
        .expect(status="CREATED", copies=1)
    ),
    "nor does one that nobody mends for longer than a token lives": (
        World(settings={"speed": 60.0, "token_lifetime_seconds": 900.0})
        .deploy("cn-shanghai")
        .crash(after_call=1, away=4000.0)
        .expect(status="CREATED", copies=1)
    ),
    "a paused engine comes back to an operation that another has ended": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .pause(before_call=2, seconds=700.0)
        .expect(status="CREATED", copies=2)
    ),
    "two engines at once make one copy each": (
        World()
        .deploy("cn-shanghai", "cn-beijing", "us-west-1")
        .usurp(at=0.01)
        .expect(status="CREATED", copies=3)
    ),
    "an engine dies while it replaces, and another while it goes on": (
        World(language="cfn")
        .deploy(singles={"One": {"name": "golden"}})
        .deploy(singles=RENEWED)
        .crash(after_call=1, away=60.0)
        .crash(before_call=3, away=60.0)
        .expect(status="UPDATED", copies=1)
    ),
    "a failed copy is turned back, through a crash in the middle of turning back": (
        World()
        .deploy("cn-shanghai", "cn-beijing", "us-west-1")
        .options("rollback")
        .fault("copy_fails", region="us-west-1", percent=50)
        .crash(after_write=9, away=60.0)
        .expect(status="CREATE_ROLLED_BACK", copies=0)
    ),
    "what failed is tried again, and what is there stays": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .fault("copy_fails", region="cn-beijing", percent=99)
        .expect(status="CREATE_FAILED")
        .advance(3600.0)
        .retry()
        .crash(after_call=2, away=700.0)
        .expect(status="CREATED", copies=2)
    ),
    "cancelled while replies are lost, everything begun is gone": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .fault("lost_reply", count=2)
        .cancel(at=5.0)
        .expect(status="CREATE_ROLLED_BACK", copies=0)
    ),
    "whoever planned before another's deploy is told to plan again": (
        World()
        .deploy("cn-shanghai")
        .deploy("cn-shanghai", "cn-beijing")
        .rival(at=4000.0)
        .crash(after_write=2, away=5000.0)
        .expect(status="UPDATED", copies=2)
    ),
    "a region that is down for a while only delays": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .fault("unavailable", "*", region="cn-beijing", count=60)
        .expect(status="CREATED", copies=2)
    ),
    "a delete goes on where the dead one stood": (
        World()
        .deploy("cn-shanghai", "cn-beijing")
        .delete()
        .crash(after_call=1, away=60.0)
        .expect(status="DELETED", copies=0)
    ),
    "one part of what failed is tried again, and then the other": (
        World()
        .deploy("cn-shanghai", "cn-beijing", "us-west-1")
        .fault("quota", count=2)
        .retry("Fan[0]")
        .crash(after_call=1, away=60.0)
        .retry()
        .crash(after_call=1, away=60.0)
        .expect(status="CREATED", copies=3)
    ),
    "who stood still in the middle of a call does not try it again": (
        World(seed=4705)
        .deploy("cn-beijing", named="none")
        .options("delete", timeout=336.0)
        .pause(after_call=1, seconds=700.0)
        .fault("unavailable", "*", count=150)
        .expect(status="DELETED", copies=0)
    ),
    "the name of a hidden image comes back in the refusal of another": (
        World(language="cfn", settings={"default_image_name": "source_name"})
        .deploy(
            singles={
                "One": {"name": "SECRET"},
                "Two": {"of": "One", "encrypted": True},
            }
        )
        .expect(status="CREATE_FAILED", copies=1)
    ),
    "our clock is set while a process is away": (
        World()
        .deploy("cn-shanghai")
        .jump(at=1.0, by=-450.0)
        .crash(after_call=2, away=700.0)
        .expect(status="CREATED", copies=1)
    ),
}


@pytest.mark.parametrize("world", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_it_ends_as_it_must(world: World) -> None:
    world.must_hold()


@pytest.mark.parametrize("world", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_scenario_is_told_as_python_that_gives_it_again(world: World) -> None:
    told = eval(source_of(world), {"World": World})
    assert told == world
    assert world_of(told.voyage()).voyage() == world.voyage()


def test_an_expectation_that_is_not_met_is_told() -> None:
    passage = World().deploy("cn-shanghai").expect(copies=2).sail()
    assert passage.wrongs == ["expected: copies 2, and it is 1"]
