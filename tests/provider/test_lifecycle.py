"""Whole operations over callbacks: of hours, of processes that forget, of clouds that fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.provider.registry import GOLDEN, Registry, lasting, play
from tests.resource_types.copying import Cloud


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
