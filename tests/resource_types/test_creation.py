"""Creating an image copy where the cloud is slow, busy, forgetful or refuses."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.values import Secret
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
DAY = 86_400.0


def sent(cloud: Cloud, action: str, number: int = 0) -> dict[str, str]:
    found = [one for one in cloud.sent if one.headers["x-acs-action"] == action]
    return dict(found[number].query)


# --- what is sent ---------------------------------------------------------------------------------


@TYPES
def test_every_property_reaches_the_cloud_under_its_name(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = properties(
            type_name,
            name="golden",
            description="An image",
            encrypted=True,
            key="key-1",
            group="rg-1",
            tags={"env": "test", "empty": ""},
        )
        await resource.create(wanted)
        query = sent(cloud, "CopyImage")
        assert query["ImageId"] == SOURCE
        assert (query["RegionId"], query["DestinationRegionId"]) == (SOURCE_REGION, REGION)
        assert query["DestinationImageName"] == "golden"
        assert query["DestinationDescription"] == "An image"
        assert (query["Encrypted"], query["KMSKeyId"]) == ("true", "key-1")
        assert query.get("ResourceGroupId") == ("rg-1" if type_name == ROS else None)
        tags = [query[f"Tag.{n}.{part}"] for n in (1, 2, 3) for part in ("Key", "Value")]
        lineage = f"inst1234/{resource.operation}/Golden"
        assert tags == ["env", "test", "empty", "", "imageferry:lineage", lineage]
        assert len(query["ClientToken"]) <= 64

    play(type_name, scenario)


@pytest.mark.parametrize(("type_name", "expected"), [(ROS, None), (TF, "false")], ids=["ros", "tf"])
def test_unset_encryption_travels_as_each_type_does(type_name: str, expected: str | None) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name))
        assert sent(cloud, "CopyImage").get("Encrypted") == expected

    play(type_name, scenario)


@TYPES
def test_empty_texts_count_as_unset(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(properties(type_name, name="", description="", key="", group=""))
        query = sent(cloud, "CopyImage")
        names = {"DestinationImageName", "DestinationDescription", "KMSKeyId", "ResourceGroupId"}
        assert not names & query.keys()

    play(type_name, scenario)


def test_the_tracking_id_is_known_before_the_first_call_and_the_same_on_every_repeat() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.kill_at = 1
        made = await resource.create(properties(TF))
        ids = {one.physical_id for one in made.pendings} | {made.outcome.physical_id}
        assert len(ids) == 1
        assert len(str(resource.physical_id)) == 36
        assert resource.attributes == {"Id": resource.image_id, "tfcfnid": resource.physical_id}

    play(TF, scenario)


def test_equal_regions_that_are_allowed_copy_nothing_and_delete_nothing() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = await resource.create(properties(ROS, region=SOURCE_REGION, same_region=True))
        assert isinstance(made.outcome, Done)
        assert resource.physical_id == resource.attributes["ImageId"] == SOURCE
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.changes == []

    play(ROS, scenario)


# --- lost replies and forgotten tokens ------------------------------------------------------------


@TYPES
@pytest.mark.parametrize("kind", ["lost_reply", "drop", "html", "internal_error", "unavailable"])
@pytest.mark.parametrize("count", [1, 9])
def test_a_copy_without_a_good_answer_is_made_once(type_name: str, kind: str, count: int) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault(kind, action="CopyImage", count=count)
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Done), made.outcome
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "hidden", "seconds": 120}, {"kind": "late_tags", "seconds": 200}],
    ids=["shown", "hidden", "tags later"],
)
def test_a_forgotten_token_is_replaced_by_looking(type_name: str, fault: dict[str, object]) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        if fault:
            cloud.fault(**fault)  # type: ignore[arg-type]
        cloud.kill_at, cloud.kill_after = 1, True
        made = await resource.create(properties(type_name, name="golden"), uncertain=True)
        # The first ask of an uncertain step looks, and calls once nothing was found.
        assert isinstance(made.outcome, Done)
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_an_old_intent_looks_through_the_whole_window_before_it_calls(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        began = cloud.clock.now()
        made = await resource.create(properties(type_name, name="golden"), uncertain=True)
        assert isinstance(made.outcome, Done)
        assert made.seconds >= 300
        assert len(cloud.images()) == 1
        image = await cloud.call("DescribeImages", ImageId=resource.image_id)
        assert cloud.clock.now() - began >= 300
        assert image["TotalCount"] == 1

    play(type_name, scenario)


@TYPES
def test_a_copy_that_was_announced_long_ago_is_looked_for_first(type_name: str) -> None:
    """The process died in the call and came back an hour later, when the token is forgotten."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=600.0)
        cloud.fault("throttle", action="CopyImage", count=4)
        wanted = properties(type_name, name="golden")
        first = await resource.create(wanted, until=cloud.clock.now() + 0.1)
        (pending,) = first.pendings[-1:]
        assert pending.context["phase"] == "copy"
        cloud.restart()
        found = cloud.catalog.find(type_name)
        assert found is not None
        await found.handler.create(resource.last_request(HandlerAction.CREATE))
        assert len(cloud.images()) == 1
        await cloud.clock.sleep(3600)
        cloud.restart()
        again = await resource.resume(HandlerAction.CREATE)
        assert isinstance(again.outcome, Done)
        assert len(cloud.images()) == 1
        assert cloud.changes.count("CopyImage") == 5

    play(type_name, scenario)


@TYPES
def test_twenty_tags_leave_token_and_name(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        cloud.kill_at, cloud.kill_after = 1, True
        tags = {f"key{number}": "v" for number in range(20)}
        made = await resource.create(
            properties(type_name, name="golden", tags=tags), uncertain=True
        )
        assert isinstance(made.outcome, Done)
        (image,) = cloud.images()
        assert image["tags"] == tags

    play(type_name, scenario)


@TYPES
def test_with_twenty_tags_what_was_there_before_the_first_call_is_not_taken(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        tags = {f"key{number}": "v" for number in range(20)}
        made = await resource.create(properties(type_name, name="golden", tags=tags))
        assert isinstance(made.outcome, Done)
        other = Resource(cloud, type_name)
        other.steps = 50
        taken = await other.create(properties(type_name, name="golden", tags=tags))
        assert isinstance(taken.outcome, Failed)
        assert taken.outcome.code is ErrorCode.ALREADY_EXISTS
        assert len(cloud.images()) == 1

    play(type_name, scenario)


# --- names ----------------------------------------------------------------------------------------


@TYPES
def test_a_name_that_somebody_else_has_is_refused_at_once(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await cloud.somebody_copies("golden")
        (theirs,) = cloud.images()
        await cloud.clock.sleep(DAY)
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.ALREADY_EXISTS
        assert theirs["image_id"] in made.outcome.message
        assert made.seconds < 5
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert [one["image_id"] for one in cloud.images()] == [theirs["image_id"]]

    play(type_name, scenario)


@TYPES
def test_a_namesake_of_the_same_size_and_age_is_reported_and_not_taken(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await cloud.somebody_copies("golden")
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert "not our tag" in made.outcome.message
        assert made.seconds >= 290
        await resource.delete()
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_a_name_that_our_own_lost_copy_has_is_our_copy(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        cloud.fault("lost_reply", action="CopyImage")
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Done), made.outcome
        assert len(cloud.images()) == 1
        assert cloud.changes == ["CopyImage", "CopyImage"]
        assert any("begun before" in note for note in made.notes)

    play(type_name, scenario)


# --- busy clouds ----------------------------------------------------------------------------------


@TYPES
def test_throttling_is_waited_for_as_long_as_the_cloud_says(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("throttle", action="CopyImage", count=3, status=429, retry_after_ms=20000)
        made = await resource.create(properties(type_name))
        assert isinstance(made.outcome, Done)
        assert made.seconds >= 60
        assert cloud.changes.count("CopyImage") == 4

    play(type_name, scenario)


@TYPES
def test_another_copy_of_the_source_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("copy_conflict", action="CopyImage", count=3)
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Done)
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_a_source_in_the_making_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        reply = await cloud.call(
            "CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId="cn-shanghai"
        )
        wanted = properties(type_name, source=reply["ImageId"], source_region="cn-shanghai")
        made = await resource.create(wanted)
        assert isinstance(made.outcome, Done), made.outcome
        assert any("waiting for the source" in one.status_says for one in made.pendings)

    play(type_name, scenario)


@TYPES
def test_a_failed_source_and_a_missing_one_are_refused(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("copy_fails")
        reply = await cloud.call(
            "CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId="cn-shanghai"
        )
        await cloud.clock.sleep(60)
        wanted = properties(type_name, source=reply["ImageId"], source_region="cn-shanghai")
        made = await resource.create(wanted)
        assert isinstance(made.outcome, Failed)
        assert "CreateFailed" in made.outcome.message
        missing = await resource.create(properties(type_name, source="m-nowhere0000000000001"))
        assert isinstance(missing.outcome, Failed)
        assert missing.outcome.code is ErrorCode.NOT_FOUND
        assert missing.outcome.request_id
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert "DeleteImage" not in cloud.changes

    play(type_name, scenario)


# --- secrets --------------------------------------------------------------------------------------


@TYPES
def test_no_secret_is_in_any_answer(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        name = "s3cretname"
        await cloud.somebody_copies(name)
        await cloud.clock.sleep(DAY)
        made = await resource.create(
            properties(type_name, name=Secret(name), tags={"password": Secret("hunter22")})
        )
        assert isinstance(made.outcome, Failed)
        assert "****" in made.outcome.message
        assert not any(word in repr(made.seen) for word in (name, "hunter22"))

    play(type_name, scenario)


# --- more than one that could be it ---------------------------------------------------------------


@TYPES
def test_of_two_with_our_lineage_one_is_taken_and_the_other_told(type_name: str) -> None:
    """The cloud has forgotten the token while the first copy was not shown yet."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        wanted = properties(type_name)
        for _ in range(2):
            found = cloud.catalog.find(type_name)
            assert found is not None
            await found.handler.create(resource.request(HandlerAction.CREATE, wanted))
        assert len(cloud.images()) == 2
        made = await resource.create(wanted, uncertain=True)
        assert isinstance(made.outcome, Done), made.outcome
        twins = {one["image_id"] for one in cloud.images()}
        assert len(twins) == 2
        (other,) = twins - {resource.image_id}
        assert any(other in note and "imageferry orphans" in note for note in made.notes)

    play(type_name, scenario)


@TYPES
def test_a_removal_that_knows_no_id_takes_every_image_of_its_lineage(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        wanted = properties(type_name)
        for _ in range(2):
            found = cloud.catalog.find(type_name)
            assert found is not None
            await found.handler.create(resource.request(HandlerAction.CREATE, wanted))
        resource.properties = wanted
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert cloud.images() == []

    play(type_name, scenario)


@TYPES
def test_of_two_that_nothing_tells_apart_none_is_taken_and_none_is_made(type_name: str) -> None:
    """Without a name, and with twenty tags of the user's own, there is nothing to go by."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        tags = {f"key{number}": "v" for number in range(20)}
        wanted = properties(type_name, tags=tags)
        for _ in range(2):
            found = cloud.catalog.find(type_name)
            assert found is not None
            await found.handler.create(resource.request(HandlerAction.CREATE, wanted))
        made = await resource.create(wanted, uncertain=True)
        assert isinstance(made.outcome, Failed)
        assert all(one["image_id"] in made.outcome.message for one in cloud.images())
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert len(cloud.images()) == 2

    play(type_name, scenario)


@TYPES
def test_a_name_that_is_only_alike_is_not_ours(type_name: str) -> None:
    """DescribeImages finds names by a part of them as well."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await cloud.somebody_copies("golden-2")
        made = await resource.create(properties(type_name, name="golden"), uncertain=True)
        assert isinstance(made.outcome, Done)
        assert {one["name"] for one in cloud.images()} == {"golden", "golden-2"}
        assert cloud.image(resource.image_id)["name"] == "golden"

    play(type_name, scenario)


@TYPES
def test_tags_that_never_come_are_reported_by_the_name_and_nothing_is_taken(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(token_lifetime_seconds=0.0)
        cloud.fault("late_tags", seconds=10 * DAY)
        cloud.fault("lost_reply", action="CopyImage")
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert "not our tag" in made.outcome.message
        assert len(cloud.images()) == 1

    play(type_name, scenario)


@TYPES
def test_a_name_that_an_unrecorded_copy_of_ours_has_names_the_way_out(type_name: str) -> None:
    """An older record does not know what was made since, and must not make it twice."""

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await cloud.somebody_copies(
            "golden",
            Tag=[{"Key": "imageferry:lineage", "Value": "inst1234/a-later-operation/Golden"}],
        )
        await cloud.clock.sleep(DAY)
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert '"imageferry adopt" takes it in' in made.outcome.message
        await resource.delete()
        assert len(cloud.images()) == 1

    play(type_name, scenario)
