"""Changes of shares: what has drifted, another account or image, and what failed half way."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed
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
    another_image,
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


def test_drift_is_told_and_set_back() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await grant(cloud, DAN)
        done(await resource.create(wish(ANN, BOB, IsPublic=True)))
        await grant(cloud, CID, RemoveAccount=[ANN], IsPublic=False)
        seen = await look(resource)
        assert isinstance(seen, Done)
        assert drifted(resource, seen) == [
            f"REMOVE Accounts {ANN}",
            f"ADD Accounts {CID}",
            "NOT_EQUAL IsPublic True",
        ]
        observed = {name: (seen.observed or {})[name] for name in ("Accounts", "IsPublic")}
        done(await resource.update(resource.properties, observed=observed))
        assert (sorted(shares(cloud)), is_public(cloud)) == ([ANN, BOB, DAN], True)

    play(ROS, scenario)


def test_a_share_taken_back_outside_is_gone_and_is_made_anew() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(of(TF, ANN)))
        await cloud.call(SHARE, SOURCE_REGION, ImageId=SOURCE, RemoveAccount=[ANN])
        seen = await look(resource)
        assert isinstance(seen, Failed)
        assert seen.code is ErrorCode.NOT_FOUND
        done(await resource.update(resource.properties, renews=True))
        assert shares(cloud) == [ANN]
        done(await resource.delete())
        assert shares(cloud) == []

    play(TF, scenario)


def test_another_account_behind_the_same_reference() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(of(TF, ANN)))
        reference = resource.physical_id
        done(await resource.update(of(TF, BOB)))
        assert resource.physical_id == reference
        assert resource.attributes["Id"] == f"{SOURCE}:{BOB}"
        assert shares(cloud) == [ANN, BOB]
        await resource.clean_up()
        assert shares(cloud) == [BOB]

    play(TF, scenario)


@TYPES
def test_another_image_first_and_back_again(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        other = await another_image(cloud)
        first, second = of(type_name, ANN), of(type_name, ANN, other)
        done(await resource.create(first))
        moving = {"replaces": True} if type_name == ROS else {}
        done(await resource.update(second, **moving))
        assert (shares(cloud), shares(cloud, other)) == ([ANN], [ANN])
        done(await resource.update(first, **moving))
        assert [one["image_id"] for one in resource.leftovers] == [other]
        await resource.clean_up()
        assert (shares(cloud), shares(cloud, other)) == ([ANN], [])
        # It was granted here, before all that, so it goes with the resource.
        done(await resource.delete())
        assert shares(cloud) == []

    play(type_name, scenario)


def test_an_old_share_that_is_to_stay_is_left_alone() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        other = await another_image(cloud)
        done(await resource.create(wish(ANN, KeepPermission=True)))
        done(await resource.update(wish(ANN, ImageId=other, KeepPermission=True), replaces=True))
        (cleaned,) = await resource.clean_up()
        assert f"{SOURCE} in {SOURCE_REGION} stays shared" in cleaned.notes[0]
        assert (shares(cloud), shares(cloud, other)) == ([ANN], [ANN])

    play(ROS, scenario)


@pytest.mark.parametrize("goes", ["delete", "back"])
def test_what_a_failed_change_has_granted_is_taken_back(goes: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        done(await resource.create(wish(ANN)))
        cloud.fault("error", action=SHARE, skip=1, code="Forbidden.RAM", status=403)
        half = await resource.update(wish(ANN, BOB, IsPublic=True))
        assert refused(half).code is ErrorCode.ACCESS_DENIED
        assert shares(cloud) == [ANN, BOB]
        if goes == "back":
            done(await resource.update(wish(ANN)))
            assert shares(cloud) == [ANN]
        else:
            done(await resource.delete())
            assert shares(cloud) == []

    play(ROS, scenario)


def test_a_creation_that_failed_half_way_is_cleared_away() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("error", action=SHARE, skip=1, code="Forbidden.RAM", status=403)
        refused(await resource.create(wish(ANN, IsPublic=True)))
        assert shares(cloud) == [ANN]
        done(await resource.delete())
        assert shares(cloud) == []

    play(ROS, scenario)
