"""Sharing and publishing: granted once, taken back as far as it was granted here, and told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.schemas import UpdateBehaviour
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.planning.drifting import compare
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.sharing import wanted as wishes
from tests.resource_types.copying import SOURCE, SOURCE_REGION, Answers, Cloud, Resource
from tests.resource_types.copying import play as play_one

ROS = "ALIYUN::ECS::ImageSharePermission"
TF = "TF::Alicloud::ImageSharePermission"
OWN = "1000000000000001"
ANN, BOB, CID, DAN = (f"100000000000000{number}" for number in range(2, 6))
SHARE = "ModifyImageSharePermission"

Scenario = Callable[[Cloud, Resource], Awaitable[None]]


def play(type_name: str, scenario: Scenario) -> Cloud:
    async def here(cloud: Cloud, resource: Resource) -> None:
        resource.region = SOURCE_REGION
        await scenario(cloud, resource)

    return play_one(type_name, here)


def wish(*accounts: str, **more: Value) -> dict[str, Value]:
    """Properties of the ROS type; what is taken back is so on deleting unless told otherwise."""
    given: dict[str, Value] = {"ImageId": SOURCE, "KeepPermission": False, **more}
    return {**given, "Accounts": list(accounts)} if accounts else given


def of(type_name: str, account: str, image_id: str = SOURCE) -> dict[str, Value]:
    """One account, as either type has it."""
    if type_name == ROS:
        return wish(account, ImageId=image_id)
    return {"ImageId": image_id, "AccountId": account}


def shares(cloud: Cloud, image_id: str = SOURCE) -> list[str]:
    return list(cloud.image(image_id)["shared_with"])


def is_public(cloud: Cloud, image_id: str = SOURCE) -> bool:
    return bool(cloud.image(image_id)["public"])


async def grant(cloud: Cloud, *accounts: str, **more: Any) -> None:
    """Somebody else shares the image, or publishes it."""
    given = {"ImageId": SOURCE, **({"AddAccount": list(accounts)} if accounts else {}), **more}
    await cloud.call(SHARE, SOURCE_REGION, **given)
    cloud.changes.clear()


async def look(resource: Resource) -> Done | Failed:
    answers = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
    assert isinstance(answers.outcome, Done | Failed)
    return answers.outcome


def drifted(resource: Resource, seen: Done) -> list[str]:
    """What `drift` would say of it."""
    found = TypeCatalog(None).find(resource.type_name)
    assert found is not None
    assert seen.observed is not None
    told = compare(found.schema, resource.properties, seen.observed)
    return [f"{one.kind.value} {one.path[0]} {one.actual or one.wanted}" for one in told]


def done(answers: Answers) -> Done:
    assert isinstance(answers.outcome, Done), answers.outcome
    return answers.outcome


def refused(answers: Answers) -> Failed:
    assert isinstance(answers.outcome, Failed), answers.outcome
    return answers.outcome


TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])


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
        other = await _another_image(cloud)
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


async def _another_image(cloud: Cloud) -> str:
    """A second own image in the region of the first."""
    made = await cloud.call(
        "CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId=SOURCE_REGION,
        DestinationImageName="other", Encrypted=True, KMSKeyId="key-1",
    )  # fmt: skip
    cloud.changes.clear()
    return str(made["ImageId"])


def test_an_old_share_that_is_to_stay_is_left_alone() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1e9)
        other = await _another_image(cloud)
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


@TYPES
def test_an_image_in_the_making_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=20.0)
        cloud.fault("hidden", action="CopyImage", seconds=20.0)
        image_id = await _another_image(cloud)
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
    image_id = await _another_image(cloud)
    await cloud.call("ModifyImageAttribute", SOURCE_REGION, ImageId=image_id, Status="Deprecated")
    return image_id


async def _failed(cloud: Cloud) -> str:
    cloud.fault("copy_fails", action="CopyImage")
    return await _another_image(cloud)


async def _system(cloud: Cloud) -> str:
    return "ubuntu_22_04_x64_20G_alibase_20240820.vhd"


REFUSALS: Mapping[str, tuple[Callable[[Cloud], Awaitable[str]], str, ErrorCode, str]] = {
    "no such image": (_gone, ANN, ErrorCode.NOT_FOUND, "give the id of a custom image"),
    "service key": (_under_service_key, ANN, ErrorCode.INVALID_REQUEST, "a key of your own"),
    "deprecated": (_deprecated, ANN, ErrorCode.INVALID_REQUEST, "make the image Available first"),
    "failed": (_failed, ANN, ErrorCode.INVALID_REQUEST, "is CreateFailed; only an Available"),
    "system image": (_system, ANN, ErrorCode.INVALID_REQUEST, "belongs to somebody else"),
    "own account": (_another_image, OWN, ErrorCode.INVALID_REQUEST, "leave the own account out"),
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
        image_id = await _another_image(cloud)
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
