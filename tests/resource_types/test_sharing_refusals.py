"""What cannot be shared, what says so before the cloud does, and what is in no message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.schemas import UpdateBehaviour
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.sharing import wanted as wishes
from tests.resource_types.copying import SOURCE, SOURCE_REGION, Cloud, Resource
from tests.resource_types.granting import (
    ANN,
    BOB,
    OWN,
    ROS,
    SHARE,
    TF,
    TYPES,
    another_image,
    done,
    grant,
    look,
    of,
    play,
    refused,
    shares,
    wish,
)


@TYPES
def test_an_image_in_the_making_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=20.0)
        cloud.fault("hidden", action="CopyImage", seconds=20.0)
        image_id = await another_image(cloud)
        made = await resource.create(of(type_name, ANN, image_id))
        assert shares(cloud, image_id) == [ANN]
        assert made.seconds > 5
        assert {one.status_says for one in made.pendings} >= {
            "no such image is shown yet: looking for it, 30 s at most",
            "waiting for the image: Creating",
        }

    play(type_name, scenario)


@TYPES
def test_an_image_that_is_nowhere_is_not_waited_for_for_long(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        made = await resource.create(of(type_name, ANN, await _gone(cloud)))
        refused(made)
        assert 10 <= made.seconds <= 45
        assert all("30 s at most" in one.status_says for one in made.pendings)

    play(type_name, scenario)


async def _gone(cloud: Cloud) -> str:
    return "m-none0000000000000009"


async def _under_service_key(cloud: Cloud) -> str:
    made = await cloud.call(
        "CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId=SOURCE_REGION,
        Encrypted=True,
    )  # fmt: skip
    return str(made["ImageId"])


async def _deprecated(cloud: Cloud) -> str:
    image_id = await another_image(cloud)
    await cloud.call("ModifyImageAttribute", SOURCE_REGION, ImageId=image_id, Status="Deprecated")
    return image_id


async def _failed(cloud: Cloud) -> str:
    cloud.fault("copy_fails", action="CopyImage")
    return await another_image(cloud)


async def _system(cloud: Cloud) -> str:
    return "ubuntu_22_04_x64_20G_alibase_20240820.vhd"


REFUSALS: Mapping[str, tuple[Callable[[Cloud], Awaitable[str]], str, ErrorCode, str]] = {
    "no such image": (_gone, ANN, ErrorCode.NOT_FOUND, "give the id of a custom image"),
    "service key": (_under_service_key, ANN, ErrorCode.INVALID_REQUEST, "a key of your own"),
    "deprecated": (_deprecated, ANN, ErrorCode.INVALID_REQUEST, "make the image Available first"),
    "failed": (_failed, ANN, ErrorCode.INVALID_REQUEST, "is CreateFailed; only an Available"),
    "system image": (_system, ANN, ErrorCode.INVALID_REQUEST, "belongs to somebody else"),
    "own account": (another_image, OWN, ErrorCode.INVALID_REQUEST, "leave the own account out"),
}


@TYPES
@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_shared_says_why_and_what_to_do(type_name: str, case: str) -> None:
    prepare, account, code, says = REFUSALS[case]

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        image_id = await prepare(cloud)
        answers = await resource.create(of(type_name, account, image_id))
        assert refused(answers).code is code
        assert says in refused(answers).message
        assert answers.seconds < 90
        done(await resource.delete())

    play(type_name, scenario)


def test_an_image_of_others_cannot_be_shared_on() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        theirs = str(
            cloud.emulator.call(
                "ImportImage",
                (
                    ("RegionId", SOURCE_REGION),
                    ("DiskDeviceMapping.1.OSSBucket", "bucket"),
                    ("DiskDeviceMapping.1.OSSObject", "disk.raw"),
                ),
                ANN,
            )["ImageId"]
        )
        given = (("ImageId", theirs), ("AddAccount.1", OWN))
        cloud.emulator.call(SHARE, given, ANN)
        answers = await resource.create(wish(BOB, ImageId=theirs))
        assert "belongs to somebody else" in refused(answers).message
        assert cloud.changes == []

    play(ROS, scenario)


@TYPES
def test_an_image_that_is_gone_is_not_found_and_done(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        image_id = await another_image(cloud)
        done(await resource.create(of(type_name, ANN, image_id)))
        await cloud.call(SHARE, SOURCE_REGION, ImageId=image_id, RemoveAccount=[ANN])
        await cloud.call("DeleteImage", SOURCE_REGION, ImageId=image_id)
        seen = await look(resource)
        assert isinstance(seen, Failed)
        assert seen.code is ErrorCode.NOT_FOUND
        assert (await resource.delete()).seconds < 5

    play(type_name, scenario)


@TYPES
def test_nothing_was_begun_and_nothing_goes(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await grant(cloud, ANN)
        resource.properties = of(type_name, ANN)
        done(await resource.delete())
        assert shares(cloud) == [ANN]
        assert cloud.changes == []

    play(type_name, scenario)


def test_a_secret_account_is_in_no_note_and_no_message() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        hidden = {"ImageId": SOURCE, "AccountId": Secret(ANN)}
        made = await resource.create(hidden)
        told = repr([one.context for one in made.pendings])
        assert ANN not in told
        assert "next" in told
        changed = await resource.update({"ImageId": SOURCE, "AccountId": Secret(BOB)})
        assert isinstance(changed.outcome, Done)
        assert ANN not in repr(changed.seen)
        await resource.clean_up()
        assert shares(cloud) == [BOB]

    play(TF, scenario)


def test_marks() -> None:
    secret = wishes.mark(ANN, (ANN,))
    assert ANN not in secret
    assert wishes.stands_for(secret, ANN)
    assert wishes.stands_for(ANN, ANN)
    assert not wishes.stands_for(secret, BOB)


def test_each_call_is_confirmed_before_it_is_sent() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        asked: list[int] = []

        async def confirm() -> None:
            asked.append(len(cloud.changes))

        request = resource.request(HandlerAction.CREATE, wish(ANN))
        done(await resource.perform(replace(request, confirm=confirm)))
        assert asked[:1] == [0]
        assert cloud.changes == [SHARE]

    play(ROS, scenario)


# --- schemas and rules -------------------------------------------------------------------------------

BEHAVIOURS = {
    ROS: {
        "ImageId": UpdateBehaviour.REPLACES,
        "Accounts": UpdateBehaviour.IN_PLACE,
        "IsPublic": UpdateBehaviour.IN_PLACE,
        "KeepPermission": UpdateBehaviour.IN_PLACE,
        "RegionId": UpdateBehaviour.IN_PLACE,
    },
    TF: {"ImageId": UpdateBehaviour.RENEWS, "AccountId": UpdateBehaviour.RENEWS},
}


@TYPES
def test_each_property_says_what_a_change_means(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    given = {name: one.update for name, one in found.schema.properties.items()}
    assert given == BEHAVIOURS[type_name]


MANY = [f"60000000000000{number:02d}" for number in range(11)]
PROBLEMS: list[tuple[str, str, dict[str, Value], list[tuple[str, tuple[str | int, ...]]]]] = [
    ("nothing", ROS, wish(ANN, IsPublic=True, RegionId="cn-beijing"), []),
    ("unknown", ROS, {"ImageId": UNKNOWN, "Accounts": UNKNOWN, "RegionId": UNKNOWN}, []),
    ("unknown account", ROS, wish("", Accounts=[UNKNOWN]), []),
    ("ten", ROS, wish(*MANY[:10]), []),
    ("eleven", ROS, wish(*MANY), [("IF550", ("Accounts",))]),
    ("a name", ROS, wish(ANN, "ann"), [("IF551", ("Accounts", 1))]),
    ("a name for one", TF, of(TF, "ann"), [("IF551", ("AccountId",))]),
    ("ami", ROS, wish(ANN, ImageId="ami-1"), [("IF520", ("ImageId",))]),
    ("public image", TF, of(TF, ANN, "centos_7_20G.vhd"), [("IF521", ("ImageId",))]),
    ("no region", ROS, wish(ANN, RegionId="Hangzhou"), [("IF522", ("RegionId",))]),
    ("strange region", ROS, wish(ANN, RegionId="cn-atlantis"), [("IF523", ("RegionId",))]),
]


@pytest.mark.parametrize(
    ("type_name", "given", "expected"),
    [pytest.param(*case[1:], id=case[0]) for case in PROBLEMS],
)
def test_what_no_schema_says(
    type_name: str,
    given: dict[str, Value],
    expected: list[tuple[str, tuple[str | int, ...]]],
) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    problems = found.check(given, SOURCE_REGION)
    assert [(one.code, one.path) for one in problems] == expected
    assert all(one.why or one.remedy for one in problems)


def test_a_secret_is_not_in_what_a_rule_says() -> None:
    found = TypeCatalog(None).find(TF)
    assert found is not None
    (problem,) = found.check({"ImageId": SOURCE, "AccountId": Secret("swordfish")}, SOURCE_REGION)
    assert "swordfish" not in repr(problem)
