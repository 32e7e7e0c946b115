"""Faults on demand, and the control API that orders them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from imageferry.emulator.controls import (
    add_fault,
    change_settings,
    clear_faults,
    list_faults,
    list_images,
    list_snapshots,
    read_settings,
    reset,
)
from imageferry.emulator.faults import KINDS
from imageferry.wire.http import HttpRequest
from tests.emulator.clouds import GOLDEN, Cloud, HandClock, Refused, read

HANGZHOU = {"RegionId": "cn-hangzhou"}

ANSWERS = [
    ({"kind": "throttle"}, 400, "Throttling.User"),
    ({"kind": "throttle", "status": 429, "code": "Throttling.Api"}, 429, "Throttling.Api"),
    ({"kind": "unavailable"}, 503, "ServiceUnavailable"),
    ({"kind": "internal_error"}, 500, "InternalError"),
    ({"kind": "error", "code": "Forbbiden", "status": 403}, 403, "Forbbiden"),
    ({"kind": "error", "code": "InvalidOperation.Conflict", "status": 409}, 409, "InvalidOperation.Conflict"),
    ({"kind": "quota"}, 403, "QuotaExceed.Image"),
    ({"kind": "copy_conflict"}, 400, "OperationDenied.ImageCopyConflict"),
    ({"kind": "kms_key_missing"}, 404, "InvalidParameter.KMSKeyId.NotFound"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "status", "code"), ANSWERS, ids=lambda value: str(value)[:50])
def test_an_answer_instead(cloud: Cloud, wanted: dict[str, object], status: int, code: str) -> None:
    add_fault(cloud.world, wanted)
    secret = {"Encrypted": True, "KMSKeyId": "key-1"}
    with pytest.raises(Refused) as caught:
        cloud.copy("web", **secret)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert cloud.images() == []
    cloud.copy("web", **secret)
    assert list_faults(cloud.world) == []


def test_a_throttle_may_say_when_to_come_back(cloud: Cloud) -> None:
    cloud.fault("throttle", status=429, retry_after_ms=1500)
    with pytest.raises(Refused) as caught:
        cloud.call("DescribeRegions")
    assert caught.value.headers["x-acs-retry-after"] == "1500"


def test_faults_choose_action_region_image_and_count(cloud: Cloud) -> None:
    cloud.fault("internal_error", action="DeleteImage")
    cloud.fault("unavailable", region="cn-beijing", count=2)
    cloud.fault("throttle", image="web-7", count=None)
    cloud.call("DescribeRegions")
    cloud.copy("web-1")
    for _ in range(2):
        with pytest.raises(Refused, match="ServiceUnavailable"):
            cloud.copy("web-1", "cn-beijing")
    cloud.copy("web-1", "cn-beijing")
    for _ in range(3):
        with pytest.raises(Refused, match="Throttling"):
            cloud.copy("web-7")
    with pytest.raises(Refused, match="InternalError"):
        cloud.call("DeleteImage", **HANGZHOU, ImageId=GOLDEN)
    assert [fault["kind"] for fault in list_faults(cloud.world)] == ["throttle"]


def test_a_fault_may_let_calls_pass_first(cloud: Cloud) -> None:
    cloud.fault("internal_error", action="Describe*", skip=2, count=1)
    seen = []
    for _ in range(4):
        try:
            cloud.call("DescribeRegions")
            seen.append(200)
        except Refused as error:
            seen.append(error.status)
    assert seen == [200, 200, 500, 200]


def test_ids_in_a_list_are_matched(cloud: Cloud) -> None:
    cloud.fault("internal_error", image=GOLDEN)
    with pytest.raises(Refused, match="InternalError"):
        cloud.images("cn-hangzhou", ImageId=f"m-none,{GOLDEN}")


def test_a_lost_reply_was_carried_out(cloud: Cloud) -> None:
    cloud.fault("lost_reply", action="CopyImage")
    request = cloud.request(
        "CopyImage", **HANGZHOU, ImageId=GOLDEN, DestinationRegionId="cn-shanghai", ClientToken="t"
    )
    with pytest.raises(ConnectionError):
        asyncio.run(cloud.emulator.handle(request))
    [image] = cloud.images()
    again = cloud.call(
        "CopyImage", **HANGZHOU, ImageId=GOLDEN, DestinationRegionId="cn-shanghai", ClientToken="t"
    )
    assert again["ImageId"] == image["ImageId"]


def test_a_dropped_connection_was_not(cloud: Cloud) -> None:
    cloud.fault("drop", action="CopyImage")
    request = cloud.request(
        "CopyImage", **HANGZHOU, ImageId=GOLDEN, DestinationRegionId="cn-shanghai"
    )
    with pytest.raises(ConnectionError):
        asyncio.run(cloud.emulator.handle(request))
    assert cloud.images() == []


def test_a_slow_reply_waits_through_the_clock_given(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("slow", seconds=3)
    response = asyncio.run(cloud.emulator.handle(cloud.request("DescribeRegions")))
    assert (response.status, clock.slept) == (200, [3.0])
    asyncio.run(cloud.emulator.handle(cloud.request("DescribeRegions")))
    assert clock.slept == [3.0]


def test_replies_that_the_service_never_wrote(cloud: Cloud) -> None:
    cloud.fault("empty_body")
    cloud.fault("html")
    empty = cloud.emulator.answer(cloud.request("DescribeRegions")).response
    page = cloud.emulator.answer(cloud.request("DescribeRegions")).response
    assert empty is not None
    assert page is not None
    assert (empty.status, empty.body) == (200, b"")
    assert (page.status, page.headers["content-type"]) == (502, "text/html")


def test_a_new_image_may_be_hidden_for_a_while(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("hidden", seconds=20)
    image_id = cloud.copy("web")
    assert cloud.images(ImageId=image_id) == []
    with pytest.raises(Refused, match="Duplicated"):
        cloud.copy("web")
    clock.advance(20)
    assert cloud.image(image_id)["Status"] == "Creating"


def test_tags_may_come_late(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("late_tags", seconds=20)
    image_id = cloud.copy("web", Tag=[{"Key": "env", "Value": "x"}])
    search = {"Tag": [{"Key": "env", "Value": "x"}]}
    ask = {"RegionId": "cn-shanghai", "ResourceType": "image", "ResourceId": [image_id]}
    assert cloud.image(image_id)["Tags"] == {"Tag": []}
    assert cloud.images(**search) == []
    assert cloud.call("ListTagResources", **ask)["TagResources"] == {"TagResource": []}
    clock.advance(20)
    assert [image["ImageId"] for image in cloud.images(**search)] == [image_id]
    assert len(cloud.call("ListTagResources", **ask)["TagResources"]["TagResource"]) == 1


def test_an_image_may_stay_unusable(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("unusable", seconds=60)
    image_id = cloud.copy("web")
    [disk] = cloud.image(image_id)["DiskDeviceMappings"]["DiskDeviceMapping"]
    clock.advance(disk["RemainTime"])
    assert (cloud.image(image_id)["Status"], cloud.image(image_id)["Usable"]) == (
        "Available",
        False,
    )
    clock.advance(60)
    assert cloud.image(image_id)["Usable"] is True


def test_faults_on_what_is_made_come_together(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("hidden", seconds=5)
    cloud.fault("copy_fails", percent=40)
    cloud.fault("slow", seconds=1, action="CopyImage")
    image_id = read(asyncio.run(cloud.emulator.handle(cloud.request(
        "CopyImage", **HANGZHOU, ImageId=GOLDEN, DestinationRegionId="cn-shanghai"
    ))))["ImageId"]  # fmt: skip
    assert cloud.images() == []
    clock.advance(3600)
    assert cloud.image(image_id)["Status"] == "CreateFailed"
    assert list_faults(cloud.world) == []


def test_a_refused_call_spends_its_fault_and_changes_nothing(cloud: Cloud) -> None:
    cloud.fault("slow", action="CopyImage")
    with pytest.raises(Refused, match="Malformed"):
        cloud.copy("1")
    assert list_faults(cloud.world) == []
    assert cloud.images() == []


BAD_FAULTS = [
    ({"kind": "flood"}, '"flood" is no kind of fault'),
    ({}, '"None" is no kind of fault'),
    ({"kind": "slow", "seconds": -1}, '"seconds" is a number'),
    ({"kind": "slow", "seconds": True}, '"seconds" is a number'),
    ({"kind": "copy_fails", "percent": 100}, '"percent" is a number from 1 to 99'),
    ({"kind": "throttle", "status": 200}, '"status" is an HTTP status'),
    ({"kind": "throttle", "retry_after_ms": "soon"}, '"retry_after_ms" is a number'),
    ({"kind": "error"}, 'needs a "code"'),
    ({"kind": "quota", "count": 0}, '"count" is a number'),
    ({"kind": "quota", "skip": -1}, '"skip" is a number'),
    ({"kind": "quota", "action": 7}, '"action" is text'),
    ({"kind": "quota", "colour": "red"}, '"colour" is nothing that a fault "quota" takes'),
]


@pytest.mark.parametrize(("wanted", "text"), BAD_FAULTS, ids=lambda value: str(value)[:50])
def test_a_fault_that_cannot_be(cloud: Cloud, wanted: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        add_fault(cloud.world, wanted)
    assert text in str(caught.value)


def test_all_mistakes_of_a_fault_are_told_at_once(cloud: Cloud) -> None:
    with pytest.raises(ValueError) as caught:
        add_fault(cloud.world, {"kind": "slow", "seconds": "x", "count": 0, "hue": 1})
    assert all(word in str(caught.value) for word in ("seconds", "count", "hue"))


def test_faults_are_removed_by_number_or_all(cloud: Cloud) -> None:
    first, _, _ = (add_fault(cloud.world, {"kind": kind}) for kind in ("quota", "drop", "html"))
    assert clear_faults(cloud.world, first["id"]) == 1
    assert clear_faults(cloud.world, 99) == 0
    assert clear_faults(cloud.world) == 2
    cloud.copy("web")


# --- the world as a whole -----------------------------------------------------------------------------


def test_images_and_snapshots_are_listed(cloud: Cloud, clock: HandClock) -> None:
    image_id = cloud.copy("web", Tag=[{"Key": "env", "Value": "x"}])
    clock.advance(1200)
    listed = {one["image_id"]: one for one in list_images(cloud.world)}
    assert set(listed) == {GOLDEN, "m-golden0000000000002", image_id}
    shown = listed[image_id]
    assert (shown["region"], shown["status"], shown["tags"]) == (
        "cn-shanghai",
        "Creating",
        {"env": "x"},
    )
    assert 45 <= shown["progress"] <= 55
    assert shown["source_image_id"] == GOLDEN
    assert [one["image_id"] for one in list_images(cloud.world, "cn-shanghai")] == [image_id]
    cloud.call("CancelCopyImage", RegionId="cn-shanghai", ImageId=image_id)
    assert [one["image_exists"] for one in list_snapshots(cloud.world)] == [True, True]


def test_a_reset_world_is_fresh(cloud: Cloud) -> None:
    fresh = list_images(cloud.world)
    cloud.copy("web", ClientToken="t")
    cloud.fault("drop")
    change_settings(cloud.world, {"speed": 7, "running_copies": 2})
    reset(cloud.world)
    assert list_images(cloud.world) == fresh
    assert (read_settings(cloud.world)["speed"], list_faults(cloud.world)) == (300.0, [])
    cloud.copy("other", ClientToken="t")
    change_settings(cloud.world, {"speed": 7})
    reset(cloud.world, keep_settings=True)
    assert read_settings(cloud.world)["speed"] == 7


BAD_SETTINGS = [
    ({"speed": 0}, "above zero"),
    ({"speed": -1}, "not negative"),
    ({"speed": "fast"}, "not negative"),
    ({"running_copies": True}, "not negative"),
    ({"nonce_check": "no"}, "true or false"),
    ({"delete_missing": "maybe"}, "one of remembered, error, success"),
    ({"gravity": 9.81}, "no setting of the emulator"),
]


@pytest.mark.parametrize(("changes", "text"), BAD_SETTINGS, ids=str)
def test_settings_that_cannot_be(cloud: Cloud, changes: dict[str, object], text: str) -> None:
    before = read_settings(cloud.world)
    with pytest.raises(ValueError, match=text):
        change_settings(cloud.world, {"image_quota": 7, **changes})
    assert read_settings(cloud.world) == before


# --- the control API ----------------------------------------------------------------------------------


@pytest.fixture
def control(cloud: Cloud) -> Callable[..., tuple[int, dict]]:
    def ask(method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
        text = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        request = HttpRequest(method, "http", "127.0.0.1", f"/_emulator/{path}", (), headers, text)
        response = cloud.emulator.answer(request).response
        assert response is not None
        return response.status, json.loads(response.body)

    return ask


def test_the_control_api(cloud: Cloud, control: Callable[..., tuple[int, dict]]) -> None:
    status, images = control("GET", "images")
    assert (status, len(images["images"])) == (200, 2)
    status, fault = control("POST", "faults", {"kind": "quota", "region": "cn-shanghai"})
    assert (status, fault["action"], fault["count"]) == (201, "*", 1)
    status, faults = control("GET", "faults")
    assert [one["id"] for one in faults["faults"]] == [fault["id"]]
    assert set(faults["kinds"]) == set(KINDS)
    assert control("DELETE", f"faults/{fault['id']}") == (200, {"removed": 1})
    assert control("DELETE", "faults") == (200, {"removed": 0})
    assert control("POST", "settings", {"speed": 5})[1]["speed"] == 5
    assert control("GET", "settings")[1]["speed"] == 5
    cloud.copy("web")
    assert len(control("GET", "snapshots")[1]["snapshots"]) == 3
    assert len(control("POST", "reset", {"keep_settings": True})[1]["images"]) == 2
    assert control("GET", "settings")[1]["speed"] == 5
    assert control("POST", "reset")[0] == 200
    assert control("GET", "settings")[1]["speed"] == 300


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        pytest.param("POST", "faults", {"kind": "x"}, 400, "no kind of fault", id="bad fault"),
        pytest.param("POST", "faults", b"{", 400, "not JSON", id="no JSON"),
        pytest.param("POST", "faults", [], 400, "not a JSON object", id="no object"),
        pytest.param("POST", "settings", {"x": 1}, 400, "no setting", id="bad setting"),
        pytest.param("DELETE", "faults/one", None, 404, "no number", id="no number"),
        pytest.param("GET", "nothing", None, 404, "GET /_emulator/images", id="unknown"),
        pytest.param("PUT", "images", None, 404, "GET /_emulator/images", id="method"),
    ],
)
def test_the_control_api_refuses(
    control: Callable[..., tuple[int, dict]],
    method: str,
    path: str,
    body: object,
    status: int,
    text: str,
) -> None:
    answered, reply = control(method, path, body)
    assert answered == status
    assert text in reply["error"]


def test_the_control_api_answers_no_browser(control: Callable[..., tuple[int, dict]]) -> None:
    assert control("POST", "reset", None, origin="http://example.org")[0] == 403
