"""Sharing and publishing: granted once, taken back as far as it was granted here, and told."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, ErrorCode
from tests.resource_types.copying import SOURCE, SOURCE_REGION, Cloud, Resource
from tests.resource_types.granting import (
    ANN,
    BOB,
    CID,
    DAN,
    ROS,
    SHARE,
    TF,
    TYPES,
    done,
    drifted,
    grant,
    is_public,
    look,
    of,
    play,
    refused,
    shares,
    wish,
)


@TYPES
def test_a_share_is_granted_shown_and_taken_back(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = done(await resource.create(of(type_name, ANN)))
        assert shares(cloud) == [ANN]
        seen = await look(resource)
        assert isinstance(seen, Done)
        assert (seen.physical_id, seen.attributes) == (made.physical_id, made.attributes)
        assert drifted(resource, seen) == []
        done(await resource.delete())
        assert shares(cloud) == []
        assert cloud.changes == [SHARE, SHARE]

    play(type_name, scenario)


@TYPES
def test_a_share_takes_two_looks_and_a_call(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(of(type_name, ANN)))
        made = actions(cloud)
        done(await resource.delete())
        assert made == actions(cloud)[len(made) :]
        assert sorted(made) == sorted(
            [SHARE, *["DescribeImages", "DescribeImageSharePermission"] * 2]
        )

    play(type_name, scenario)


def actions(cloud: Cloud) -> list[str]:
    """What was asked of the cloud, call by call."""
    return [dict(sent.headers)["x-acs-action"] for sent in cloud.sent]


def test_what_references_give() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(wish(ANN)))
        assert (resource.physical_id, resource.attributes["ImageId"]) == (SOURCE, SOURCE)

    play(ROS, scenario)

    async def tracked(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(of(TF, ANN)))
        assert resource.attributes["Id"] == f"{SOURCE}:{ANN}"
        assert resource.attributes["tfcfnid"] == resource.physical_id
        assert len(str(resource.physical_id)) == 36

    play(TF, tracked)


@TYPES
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("deleting", [False, True], ids=["create", "delete"])
def test_a_crash_at_any_call_grants_once_and_takes_back(
    type_name: str, after: bool, deleting: bool
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.kill_at, cloud.kill_after = 2 if deleting and not after else 1, after
        if deleting and after:
            cloud.kill_at = 2
        done(await resource.create(of(type_name, ANN)))
        assert shares(cloud) == [ANN]
        done(await resource.delete())
        assert shares(cloud) == []
        assert cloud.kill_at is None, "the crash was not reached"

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize("kind", ["lost_reply", "drop", "throttle", "ignored", "unavailable"])
def test_calls_that_go_wrong_are_made_good(type_name: str, kind: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault(kind, action=SHARE)
        done(await resource.create(of(type_name, ANN)))
        assert shares(cloud) == [ANN]
        cloud.fault(kind, action=SHARE)
        done(await resource.delete())
        assert shares(cloud) == []

    play(type_name, scenario)


@TYPES
def test_a_call_that_never_has_an_effect_fails(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("ignored", action=SHARE, count=None)
        answers = await resource.create(of(type_name, ANN))
        assert refused(answers).code is ErrorCode.NOT_STABILIZED
        assert "has no effect" in refused(answers).message
        assert cloud.changes == [SHARE] * 3
        assert answers.seconds < 200

    play(type_name, scenario)


@TYPES
def test_who_had_the_image_before_keeps_it(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await grant(cloud, ANN)
        done(await resource.create(of(type_name, ANN)))
        assert cloud.changes == []
        gone = await resource.delete()
        assert cloud.changes == []
        assert shares(cloud) == [ANN]
        assert gone.notes == [f"{SOURCE} stays shared with {ANN}, who had it before"]

    play(type_name, scenario)


def test_only_what_was_added_here_is_taken_off() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await grant(cloud, ANN, DAN)
        done(await resource.create(wish(ANN, BOB)))
        assert resource.attributes["FormerAccounts"] == [ANN, DAN]
        changed = await resource.update(wish(CID))
        assert shares(cloud) == [ANN, DAN, CID]
        assert changed.notes == [f"{SOURCE} stays shared with {ANN}, who had it before"]
        done(await resource.delete())
        assert shares(cloud) == [ANN, DAN]

    play(ROS, scenario)


@pytest.mark.parametrize(
    ("was_public", "wanted", "calls"),
    [
        (False, True, 1), (False, False, 0), (True, True, 0), (True, False, 1),
        (False, None, 0), (True, None, 0),
    ],
)  # fmt: skip
def test_publicity_is_set_where_it_differs_and_set_back(
    was_public: bool, wanted: bool | None, calls: int
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        if was_public:
            await grant(cloud, IsPublic=True)
        done(await resource.create(wish(IsPublic=wanted)))
        assert is_public(cloud) is (was_public if wanted is None else wanted)
        assert len(cloud.changes) == calls
        done(await resource.delete())
        assert is_public(cloud) is was_public
        assert len(cloud.changes) == 2 * calls

    play(ROS, scenario)


def test_a_wish_for_publicity_that_is_withdrawn() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(wish(ANN)))
        done(await resource.update(wish(ANN, IsPublic=True)))
        assert is_public(cloud)
        done(await resource.update(wish(ANN)))
        assert not is_public(cloud)
        assert shares(cloud) == [ANN]

    play(ROS, scenario)


@pytest.mark.parametrize("code", ["Image.Public", "Image.NotPublic"])
def test_public_already_is_as_good_as_done(code: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        wanted = code == "Image.Public"
        if not wanted:
            await grant(cloud, IsPublic=True)
        cloud.fault("error", action=SHARE, code=code, status=403)
        # It counts as done; but a look does not show it, so it is said once more.
        done(await resource.create(wish(IsPublic=wanted)))
        assert is_public(cloud) is wanted
        assert cloud.changes == [SHARE] * 2

    play(ROS, scenario)


@pytest.mark.parametrize("keeps", [True, None], ids=["true", "unset"])
def test_what_is_to_be_kept_is_kept_and_told(keeps: bool | None) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(wish(ANN, IsPublic=True, KeepPermission=keeps)))
        cloud.changes.clear()
        gone = await resource.delete()
        assert cloud.changes == []
        assert (shares(cloud), is_public(cloud)) == ([ANN], True)
        (said,) = gone.notes
        assert f"{SOURCE} in {SOURCE_REGION} stays public and shared with {ANN}" in said

    play(ROS, scenario)


def test_ten_accounts_a_call_and_more_than_ten_are_none() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        many = [f"30000000000000{number:02d}" for number in range(10)]
        others = [f"40000000000000{number:02d}" for number in range(10)]
        done(await resource.create(wish(*many)))
        done(await resource.update(wish(*others)))
        assert shares(cloud) == others
        assert cloud.changes == [SHARE] * 3
        done(await resource.update(wish(*others, ANN)))
        assert shares(cloud) == []
        seen = await look(resource)
        assert isinstance(seen, Done)
        assert drifted(resource, seen) == []

    play(ROS, scenario)


def test_every_page_of_accounts_is_read() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(share_quota=300)
        crowd = [f"5{number:015d}" for number in range(130)]
        for start in range(0, 130, 10):
            await grant(cloud, *crowd[start : start + 10])
        done(await resource.create(wish(ANN)))
        assert resource.attributes["FormerAccounts"] == crowd
        seen = await look(resource)
        assert isinstance(seen, Done)
        assert drifted(resource, seen) == []

    play(ROS, scenario)
