"""Whole operations over callbacks: of hours, of processes that forget, of clouds that fail."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.provider.envelope import read_call
from imageferry.provider.lifecycle import answer
from imageferry.provider.packaging import SchemaName
from tests.provider.registry import GOLDEN, Registry, play
from tests.resource_types.copying import REGION, SOURCE, TF, Cloud


def lasting(seconds: float) -> float:
    """The emulator's speed at which the 40 GiB image is copied in so many seconds."""
    return 2400.0 / seconds


def test_a_copy_of_hours_goes_on_over_callbacks() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.choose(speed=lasting(5 * 3600))
        model = await registry.create()
        assert cloud.clock.monotonic() >= 4.5 * 3600
        first = registry.calls[0]
        assert first["status"] == "IN_PROGRESS"
        assert first["resourceModel"]["tfcfnid"] == model["tfcfnid"]
        assert {one["resourceModel"]["tfcfnid"] for one in registry.calls} == {model["tfcfnid"]}
        assert cloud.changes == ["CopyImage"]
        assert [one["image_id"] for one in cloud.images()] == [model["Id"]]
        assert {**GOLDEN, "tfcfnid": model["tfcfnid"]}.items() <= model.items()

    play(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "behind the call"])
def test_a_process_that_dies_at_the_copy_makes_no_second_one(after: bool) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.kill_at, cloud.kill_after = 1, after
        model = await registry.create()
        assert registry.deaths == 1
        assert [one["image_id"] for one in cloud.images()] == [model["Id"]]

    play(scenario)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle", "action": "CopyImage", "count": 30},
        {"kind": "throttle", "action": "DescribeImages", "count": 30},
        {"kind": "lost_reply", "action": "CopyImage", "count": 2},
        {"kind": "drop", "action": "CopyImage", "count": 3},
        {"kind": "unavailable", "action": "CopyImage", "count": 8},
        {"kind": "internal_error", "action": "DescribeImages", "count": 12},
        {"kind": "hidden", "seconds": 100},
        {"kind": "slow", "seconds": 90, "action": "DescribeImages", "count": 2},
        {"kind": "slow", "seconds": 90, "action": "CopyImage", "count": 2},
        {"kind": "slow", "seconds": 45, "count": 12},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('action', '')}",
)
def test_a_cloud_in_trouble_is_waited_for(fault: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.fault(**fault)
        model = await registry.create()
        assert [one["image_id"] for one in cloud.images()] == [model["Id"]]

    play(scenario)


@pytest.mark.parametrize(
    ("fault", "changes", "code"),
    [
        ({"kind": "copy_fails", "percent": 60}, {}, "NotStabilized"),
        ({"kind": "tagless"}, {}, "NotStabilized"),
        ({"kind": "quota", "action": "CopyImage"}, {}, "ServiceLimitExceeded"),
        (None, {"Timeouts": {"Create": "10m"}}, "NotStabilized"),
        (None, {"SourceImageId": "m-nothing"}, "InvalidRequest"),
        (
            {"kind": "kms_key_missing"},
            {"Encrypted": True, "KmsKeyId": "key-1"},
            "InvalidRequest",
        ),
        (
            {"kind": "error", "code": "Forbidden.RAM", "status": 403, "action": "CopyImage"},
            {},
            "AccessDenied",
        ),
    ],
    ids=["copy fails", "tagless", "quota", "time limit", "no source", "no such key", "forbidden"],
)
def test_what_fails_is_cleaned_up_and_says_why(
    fault: dict[str, Any] | None, changes: dict[str, Any], code: str
) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.choose(speed=lasting(3600))
        if fault is not None:
            cloud.fault(**fault)
        said = await registry.perform("CREATE", {**GOLDEN, **changes})
        assert (said["status"], said["errorCode"]) == ("FAILED", code), said
        assert cloud.images() == []
        assert await registry.listed() == []

    play(scenario)


def test_a_name_that_is_taken_exists_already() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        await cloud.somebody_copies("golden")
        said = await registry.perform("CREATE", GOLDEN)
        assert said["errorCode"] == "AlreadyExists"
        assert "golden" in said["message"]
        assert len(cloud.images()) == 1

    play(scenario)


def test_the_deletion_of_a_rollback_finds_a_half_made_copy_by_its_identifier_alone() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.choose(speed=lasting(3600))
        begun = await registry.perform(
            "CREATE", GOLDEN, until=lambda said: "Id" in said["resourceModel"]
        )
        await cloud.clock.sleep(60)
        assert len(cloud.images()) == 1
        tracking_id = begun["resourceModel"]["tfcfnid"]
        said = await registry.perform("DELETE", {"tfcfnid": tracking_id})
        assert said["status"] == "SUCCESS"
        assert cloud.images() == []

    play(scenario)


def test_a_copy_that_cannot_be_cancelled_is_deleted_once_it_has_ended() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.choose(speed=lasting(3600))
        cloud.fault("uncancellable")
        # Its tags are shown only after the deletion has begun to look for it.
        begun = await registry.perform(
            "CREATE", GOLDEN, until=lambda said: "Id" in said["resourceModel"]
        )
        said = await registry.perform("DELETE", {"tfcfnid": begun["resourceModel"]["tfcfnid"]})
        assert said["status"] == "SUCCESS"
        assert cloud.clock.monotonic() > 3000
        assert cloud.images() == []

    play(scenario)


def test_what_cannot_be_cleaned_up_is_told_beside_the_failure() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        cloud.choose(speed=lasting(3600))
        cloud.fault("copy_fails", percent=10)
        cloud.fault("error", code="Forbidden.RAM", status=403, action="DeleteImage")
        said = await registry.perform("CREATE", GOLDEN)
        assert said["errorCode"] == "NotStabilized"
        assert "could not be removed" in said["message"]
        assert "Forbidden.RAM" in said["message"]
        tracking_id = registry.calls[0]["resourceModel"]["tfcfnid"]
        assert await registry.listed() == [tracking_id]
        # The rollback deletes what was made, as soon as it may.
        gone = await registry.perform("DELETE", {"tfcfnid": tracking_id})
        assert gone["status"] == "SUCCESS"
        assert cloud.images() == []

    play(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "behind the call"])
def test_a_process_may_die_at_the_call_that_deletes(after: bool) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.kill_at, cloud.kill_after = len(cloud.changes) + 1, after
        said = await registry.perform("DELETE", {"tfcfnid": model["tfcfnid"]})
        assert said["status"] == "SUCCESS"
        assert registry.deaths == 1
        assert cloud.images() == []

    play(scenario)


@pytest.mark.parametrize("when", ["at once", "once it is made"])
def test_the_same_creation_again_makes_the_same(when: str) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        first = await registry.invoke("CREATE", GOLDEN, token="one")
        if when == "once it is made":
            await registry.perform("CREATE", GOLDEN, token="one")
            await cloud.clock.sleep(3600)
        again = await registry.perform("CREATE", GOLDEN, token="one")
        assert again["resourceModel"]["tfcfnid"] == first["resourceModel"]["tfcfnid"]
        assert [one["image_id"] for one in cloud.images()] == [again["resourceModel"]["Id"]]
        other = await registry.invoke("CREATE", GOLDEN, token="two")
        assert other["resourceModel"]["tfcfnid"] != first["resourceModel"]["tfcfnid"]

    play(scenario)


def test_the_life_of_a_copy_by_the_published_contract() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        only = {"tfcfnid": model["tfcfnid"]}
        read = await registry.invoke("READ", only)
        assert read["resourceModel"] == {**model, "Tags": sorted(model["Tags"], key=str)}
        assert await registry.listed() == [model["tfcfnid"]]
        gone = await registry.perform("DELETE", only)
        assert gone == {"status": "SUCCESS", "callbackDelaySeconds": 0}
        for action in ("READ", "UPDATE", "DELETE"):
            said = await registry.perform(action, {**GOLDEN, **only})
            assert (said["status"], said["errorCode"]) == ("FAILED", "NotFound")
        assert await registry.listed() == []
        assert cloud.images() == []

    play(scenario)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle", "action": "DescribeImages", "count": 30},
        {"kind": "slow", "seconds": 90, "action": "DescribeImages", "count": 2},
        {"kind": "drop", "count": 3},
        {"kind": "slow", "seconds": 90, "action": "ModifyImageAttribute", "count": 2},
        {"kind": "slow", "seconds": 90, "action": "DeleteImage", "count": 2},
        {"kind": "slow", "seconds": 28, "count": 9},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('action', '')}",
)
@pytest.mark.parametrize("action", ["UPDATE", "DELETE"])
def test_trouble_at_the_first_look_ends_nothing(action: str, fault: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault(**fault)
        wanted = {**model, "ImageName": "another", "Force": True}
        said = await registry.perform(action, wanted, previous=model)
        assert said["status"] == "SUCCESS", said
        shown = [one["name"] for one in cloud.images()]
        assert shown == (["another"] if action == "UPDATE" else [])

    play(scenario)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "throttle", "count": 50}, "Throttling"),
        ({"kind": "slow", "seconds": 90, "count": 9}, "NetworkFailure"),
        ({"kind": "unavailable", "count": 50}, "ServiceInternalError"),
        ({"kind": "error", "code": "Forbidden.RAM", "status": 403}, "AccessDenied"),
    ],
    ids=["throttled", "slow", "away", "forbidden"],
)
@pytest.mark.parametrize("action", ["READ", "LIST"])
def test_trouble_of_a_look_is_told_as_it_is(action: str, fault: dict[str, Any], code: str) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault(action="DescribeImages", **fault)
        said = await registry.invoke(action, model)
        assert said["errorCode"] == code

    play(scenario)


@pytest.mark.parametrize(
    "words",
    [["ImageName"], ["Name"], ["Name", "ImageName"], []],
    ids=["the name", "the old word", "both", "none"],
)
def test_a_name_is_told_by_the_words_that_asked_for_it(words: list[str]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        asked = {**{name: GOLDEN[name] for name in GOLDEN if name != "ImageName"}}
        said = await registry.perform("CREATE", asked | dict.fromkeys(words, "golden"))
        model = said["resourceModel"]
        assert sorted({"Name", "ImageName"} & set(model)) == sorted(words or ["ImageName"])
        changed = await registry.perform(
            "UPDATE", model | dict.fromkeys(words, "other") | {"Description": "new"}, previous=model
        )
        assert changed["status"] == "SUCCESS", changed
        (image,) = cloud.images()
        assert image["name"] == ("other" if words else model["ImageName"])

    play(scenario)


def test_an_update_without_an_identifier_is_not_found() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        said = await registry.perform("UPDATE", GOLDEN, previous=GOLDEN)
        assert said["errorCode"] == "NotFound"

    play(scenario)


def test_a_change_in_place_calls_what_differs_and_keeps_the_image() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.changes.clear()
        wanted = {
            **GOLDEN, "ImageName": "renamed", "tfcfnid": model["tfcfnid"], "Id": model["Id"],
            "Tags": [{"MapKey": "z", "MapValue": "1"}, {"MapKey": "app", "MapValue": "db"}],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=model)
        assert {**wanted, "Encrypted": False}.items() <= said["resourceModel"].items()
        assert sorted(set(cloud.changes)) == [
            "ModifyImageAttribute",
            "TagResources",
            "UntagResources",
        ]
        image = cloud.image(model["Id"])
        assert image["name"] == "renamed"
        again = await registry.invoke("READ", said["resourceModel"])
        assert again["resourceModel"] == said["resourceModel"]

    play(scenario)


def test_another_encryption_makes_another_image_behind_the_same_identifier() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.choose(speed=lasting(3600))
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        changed = said["resourceModel"]
        assert changed["tfcfnid"] == model["tfcfnid"]
        assert changed["Id"] != model["Id"]
        assert changed["Encrypted"] is True
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (changed["Id"], "golden")
        assert cloud.changes.count("CopyImage") == 2

    play(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "behind the call"])
@pytest.mark.parametrize("number", range(1, 5))
def test_a_process_may_die_at_any_call_of_an_update(number: int, after: bool) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.kill_at, cloud.kill_after = len(cloud.changes) + number, after
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["status"] == "SUCCESS", said
        assert registry.deaths == 1
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (said["resourceModel"]["Id"], "golden")

    play(scenario)


KEY = "0c6b1f1e-1d2e-4b52-8a11-5f1a2a3b4c5d"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"Encrypted": True, "KmsKeyId": KEY}, {"Encrypted": True, "KmsKeyId": KEY}),
        ({"Encrypted": True, "KmsKeyId": "alias/golden"}, {"KmsKeyId": "alias/golden"}),
        ({"Encrypted": True}, {"Encrypted": True}),
    ],
    ids=["by its id", "by an alias", "the service's own"],
)
def test_a_key_stays_and_the_image_with_it(asked: dict[str, Any], told: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create(**asked)
        assert told.items() <= model.items()
        read = await registry.invoke("READ", model)
        assert told.items() <= read["resourceModel"].items()
        wanted = {**GOLDEN, **asked, "ImageName": "other", "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous={**GOLDEN, **asked})
        assert said["resourceModel"]["Id"] == model["Id"], said
        assert cloud.changes.count("CopyImage") == 1

    play(scenario)


def test_another_source_is_told_from_then_on() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        wanted = {
            **GOLDEN, "tfcfnid": model["tfcfnid"], "SourceRegionId": "ap-southeast-1",
            "SourceImageId": "m-golden0000000000002",
        }  # fmt: skip
        await registry.perform("UPDATE", wanted, previous=GOLDEN)
        read = (await registry.invoke("READ", {"tfcfnid": model["tfcfnid"]}))["resourceModel"]
        assert read["SourceImageId"] == "m-golden0000000000002"
        assert read["SourceRegionId"] == "ap-southeast-1"
        assert len(cloud.images()) == 1

    play(scenario)


def test_an_old_image_in_use_fails_nothing_and_goes_with_the_deletion() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="ImageUsingByInstance", status=403, action="DeleteImage")
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["status"] == "SUCCESS", said
        assert len(cloud.images()) == 2
        read = await registry.invoke("READ", {"tfcfnid": model["tfcfnid"]})
        assert read["resourceModel"]["Id"] == said["resourceModel"]["Id"]
        assert await registry.listed() == [model["tfcfnid"]]
        gone = await registry.perform("DELETE", {"tfcfnid": model["tfcfnid"]})
        assert gone["status"] == "SUCCESS"
        assert cloud.images() == []

    play(scenario)


def test_a_deletion_that_is_refused_says_why_and_may_be_given_again() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="ImageUsingByInstance", status=403, action="DeleteImage")
        said = await registry.perform("DELETE", model)
        assert (said["status"], said["errorCode"]) == ("FAILED", "ResourceConflict")
        assert (await registry.perform("DELETE", model))["status"] == "SUCCESS"

    play(scenario)


def test_an_update_that_fails_leaves_the_image_as_it_was() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.choose(speed=lasting(3600))
        cloud.fault("copy_fails", percent=70)
        wanted = {
            **GOLDEN, "Encrypted": True, "Description": "never", "tfcfnid": model["tfcfnid"],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert (said["status"], said["errorCode"]) == ("FAILED", "NotStabilized")
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (model["Id"], "golden")
        # As CloudFormation rolls back: to what was before, though that is what there is.
        back = await registry.perform(
            "UPDATE", {**GOLDEN, "tfcfnid": model["tfcfnid"]}, previous=wanted
        )
        assert back["resourceModel"] == model

    play(scenario)


def test_a_refused_change_in_place_is_taken_back() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="InvalidImageName.Malformed", action="ModifyImageAttribute")
        wanted = {
            **GOLDEN, "ImageName": "other", "Tags": [{"MapKey": "new", "MapValue": "1"}],
            "tfcfnid": model["tfcfnid"],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["errorCode"] == "InvalidRequest"
        read = await registry.invoke("READ", model)
        assert read["resourceModel"] == model

    play(scenario)


def test_a_read_tells_what_the_cloud_has_and_not_what_was_asked_for() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        await cloud.call("ModifyImageAttribute", ImageId=model["Id"], ImageName="by-hand")
        read = (await registry.invoke("READ", model))["resourceModel"]
        assert (read["ImageName"], read["SourceImageId"]) == ("by-hand", SOURCE)
        await cloud.call("DeleteImage", REGION, ImageId=model["Id"])
        said = await registry.invoke("READ", model)
        assert said["errorCode"] == "NotFound"

    play(scenario)


@pytest.mark.parametrize("schema", list(SchemaName), ids=lambda one: one.value)
def test_limits_and_force_are_told_only_where_the_schema_lets_them(schema: SchemaName) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create(Force=True, Timeouts={"Create": "2h"})
        told = {"Force": True, "Timeouts": {"Create": "2h"}}
        assert (told.items() <= model.items()) is (schema is SchemaName.PUBLISHED)
        read = await registry.invoke("READ", model)
        assert read["resourceModel"] == model

    play(scenario, schema)


EMPTY = [{"MapKey": "empty", "MapValue": ""}]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"Tags": []}, {"Tags": []}),
        ({"Tags": [{"MapKey": 7, "MapValue": 8}]}, {"Tags": [{"MapKey": "7", "MapValue": "8"}]}),
        ({"Tags": EMPTY}, {"Tags": EMPTY}),
        ({"Encrypted": "True"}, {"Encrypted": True}),
        ({"Description": None, "KmsKeyId": None}, {}),
    ],
    ids=["no tags", "numbers", "an empty value", "a truth", "nulls"],
)
def test_values_are_told_in_the_types_of_the_schema(
    given: dict[str, Any], told: dict[str, Any]
) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        event = {
            "action": "CREATE", "awsAccountId": registry.aws_account, "region": "us-east-1",
            "bearerToken": "one", "resourceType": TF,
            "requestData": {"resourceProperties": GOLDEN | given, "logicalResourceId": "1st"},
        }  # fmt: skip
        context: Any = None
        while True:
            call = read_call({**event, "callbackContext": context})
            said = (await answer(registry.account(call), call)).as_json()
            if said["status"] != "IN_PROGRESS":
                break
            context = said["callbackContext"]
            await cloud.clock.sleep(float(str(said["callbackDelaySeconds"])))
        assert said["status"] == "SUCCESS", said
        model: Any = said["resourceModel"]
        assert {name: model[name] for name in told} == told
        assert None not in model.values()

    play(scenario)


def test_another_account_of_aws_sees_nothing_of_it() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        other = Registry(cloud, aws_account="999999999999")
        assert await other.listed() == []
        said = await other.perform("DELETE", {"tfcfnid": model["tfcfnid"]})
        assert said["errorCode"] == "NotFound"
        assert len(cloud.images()) == 1

    play(scenario)


@pytest.mark.parametrize(
    "context",
    [
        {"phase": "nothing"},
        {"phase": "make"},
        {"phase": "make", "id": 1, "at": "x", "since": 0},
        {"phase": "remove", "id": "", "at": 0, "since": 0},
    ],
    ids=["no such phase", "no members", "wrong members", "of every copy"],
)
def test_a_context_of_nobody_is_refused(context: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        await registry.create()
        for action in ("CREATE", "UPDATE", "DELETE"):
            said = await registry.invoke(action, GOLDEN, context=context)
            assert said["errorCode"] == "InvalidRequest"
            assert "callbackContext" in said["message"]
        assert len(await registry.listed()) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SourceImageId": None}, "SourceImageId"),
        ({"Unknown": 1}, "Unknown"),
        ({"ImageNam": "x"}, "ImageName"),
        ({"Encrypted": "maybe"}, "Encrypted"),
        ({"ImageName": "1"}, "ImageName"),
        ({"Timeouts": {"Create": "soon"}}, "Create"),
        ({"Tags": [{"MapKey": str(n), "MapValue": ""} for n in range(20)]}, "19"),
        ({"Tags": "none"}, "Tags"),
        ({"SourceImageId": "m-" + "x" * 80}, "SourceImageId"),
    ],
    ids=["missing", "unknown", "misspelt", "no truth", "name", "limit", "20 tags", "no list", "id"],
)
def test_properties_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        said = await registry.invoke("CREATE", {**GOLDEN, **changes})
        assert said["errorCode"] == "InvalidRequest"
        assert word in said["message"]
        assert cloud.changes == []

    play(scenario)
