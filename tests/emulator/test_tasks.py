"""Imports and exports as tasks: begun, shown, cancelled; what an export leaves and what it holds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.clouds import GOLDEN, GOLDEN_IN_USE, Cloud, HandClock

HANGZHOU = {"RegionId": "cn-hangzhou"}
EXPORT = {**HANGZHOU, "ImageId": GOLDEN, "OSSBucket": "golden-images"}
DISK = {"OSSBucket": "golden-images", "OSSObject": "web.qcow2", "DiskImageSize": 40}
IMPORT = {**HANGZHOU, "ImageName": "web", "DiskDeviceMapping": [DISK]}


def attributes(cloud: Cloud, task_id: str, region: str = "cn-hangzhou") -> dict[str, Any]:
    return cloud.call("DescribeTaskAttribute", RegionId=region, TaskId=task_id)


def tasks(cloud: Cloud, **more: object) -> list[dict[str, Any]]:
    reply = cloud.call("DescribeTasks", **{**HANGZHOU, **more})
    assert reply["TotalCount"] >= len(reply["TaskSet"]["Task"])
    found: list[dict[str, Any]] = reply["TaskSet"]["Task"]
    return found


def test_an_export_progresses_and_leaves_its_objects(cloud: Cloud, clock: HandClock) -> None:
    reply = cloud.call("ExportImage", **EXPORT, OSSPrefix="base", ImageFormat="qcow2")
    assert reply["RegionId"] == "cn-hangzhou"
    task_id = reply["TaskId"]
    assert task_id.startswith("t-bp1")
    [task] = tasks(cloud)
    assert (task["TaskAction"], task["TaskStatus"], task["ResourceId"]) == (
        "ExportImage",
        "Processing",
        GOLDEN,
    )
    assert task["SupportCancel"] == "true"
    assert "FinishedTime" not in task
    clock.advance(100)
    shown = attributes(cloud, task_id)
    assert 0 < int(shown["TaskProcess"].rstrip("%")) < 100
    clock.advance(3600)
    shown = attributes(cloud, task_id)
    assert (shown["TaskStatus"], shown["TaskProcess"], shown["SuccessCount"]) == (
        "Finished",
        "100%",
        1,
    )
    [progress] = shown["OperationProgressSet"]["OperationProgress"]
    related = [(one["Name"], one["Value"]) for one in progress["RelatedItemSet"]["RelatedItem"]]
    assert related == [
        ("ImageId", GOLDEN),
        ("OSSBucket", "golden-images"),
        ("OSSObject", f"base_{GOLDEN}_system.qcow2.tar.gz"),
    ]


def test_what_was_exported_is_imported_with_its_size(cloud: Cloud, clock: HandClock) -> None:
    cloud.call("ExportImage", RegionId="ap-southeast-1", ImageId=GOLDEN_IN_USE, OSSBucket="b-1")
    name = f"{GOLDEN_IN_USE}_system.raw.tar.gz"
    given = {**IMPORT, "DiskDeviceMapping": [{"OSSBucket": "b-1", "OSSObject": name}]}
    given["DiskDeviceMapping"][0]["Format"] = "RAW"
    early = cloud.call("ImportImage", **{**given, "ImageName": "early"})["ImageId"]
    clock.advance(3600)
    late = cloud.call("ImportImage", **{**given, "ImageName": "late"})["ImageId"]
    assert cloud.image(early, "cn-hangzhou")["Size"] == 40  # nothing was there to be measured
    assert cloud.image(late, "cn-hangzhou")["Size"] == 20


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["ExportImage", "ImportImage"]),
        ({"TaskAction": "ImportImage"}, ["ImportImage"]),
        ({"TaskAction": "RedeployInstance"}, []),
        ({"TaskStatus": "Finished"}, []),
        ({"TaskStatus": "Processing"}, ["ExportImage", "ImportImage"]),
        ({"ResourceIds": [GOLDEN]}, ["ExportImage"]),
        ({"RegionId": "cn-beijing"}, []),
        ({"EndTime": "2020-01-01T00:00Z"}, []),
        ({"StartTime": "2020-01-01T00:00Z"}, ["ExportImage", "ImportImage"]),
        ({"PageSize": 1, "PageNumber": 2}, ["ImportImage"]),
    ],
    ids=str,
)
def test_tasks_are_listed(cloud: Cloud, wanted: dict[str, object], found: list[str]) -> None:
    cloud.call("ExportImage", **EXPORT)
    cloud.call("ImportImage", **IMPORT)
    assert [one["TaskAction"] for one in tasks(cloud, **wanted)] == found


def test_a_cancelled_export_leaves_nothing_and_lets_go_of_the_image(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    task = {**HANGZHOU, "TaskId": cloud.call("ExportImage", **EXPORT)["TaskId"]}
    image = {**HANGZHOU, "ImageId": GOLDEN}
    assert refused("DeleteImage", **image) == (403, "ImageIsExporting")
    assert refused("ExportImage", **EXPORT) == (403, "ImageIsExporting")
    clock.advance(60)
    cloud.call("CancelTask", **task)
    shown = attributes(cloud, task["TaskId"])
    [progress] = shown["OperationProgressSet"]["OperationProgress"]
    assert (shown["TaskStatus"], progress["ErrorCode"]) == ("Failed", "TaskCancelled")
    percent = shown["TaskProcess"]
    clock.advance(3600)
    assert attributes(cloud, task["TaskId"])["TaskProcess"] == percent
    assert refused("CancelTask", **task) == (403, "InvalidTaskId.IncorrectTaskStatus")
    cloud.call("DeleteImage", **image)


def test_a_cancelled_import_takes_its_image_along(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    reply = cloud.call("ImportImage", **IMPORT)
    cloud.call("CancelTask", **HANGZHOU, TaskId=reply["TaskId"])
    assert cloud.images("cn-hangzhou", ImageId=reply["ImageId"]) == []
    assert attributes(cloud, reply["TaskId"])["TaskStatus"] == "Failed"
    cloud.call("ImportImage", **IMPORT)  # the name is free again


def test_a_failing_export_tells_why(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("copy_fails", action="ExportImage", percent=30)
    task_id = cloud.call("ExportImage", **EXPORT)["TaskId"]
    clock.advance(3600)
    shown = attributes(cloud, task_id)
    [progress] = shown["OperationProgressSet"]["OperationProgress"]
    assert (shown["TaskStatus"], shown["TaskProcess"], progress["ErrorCode"]) == (
        "Failed",
        "30%",
        "ExportImageFailed",
    )


def test_faults_hide_a_task_and_keep_it_from_being_cancelled(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.fault("hidden", action="ExportImage", seconds=30)
    cloud.fault("uncancellable", action="ExportImage")
    task = {**HANGZHOU, "TaskId": cloud.call("ExportImage", **EXPORT)["TaskId"]}
    assert tasks(cloud) == []
    assert refused("DescribeTaskAttribute", **task) == (400, "InvalidTaskId.NotFound")
    clock.advance(31)
    [shown] = tasks(cloud)
    assert shown["SupportCancel"] == "false"
    assert refused("CancelTask", **task) == (403, "CancelTaskFailed")


def test_a_change_of_speed_takes_running_exports_along(cloud: Cloud, clock: HandClock) -> None:
    task_id = cloud.call("ExportImage", **EXPORT)["TaskId"]
    clock.advance(60)
    before = attributes(cloud, task_id)["TaskProcess"]
    cloud.world.choose({"speed": 10.0})
    assert attributes(cloud, task_id)["TaskProcess"] == before
    clock.advance(40)
    assert attributes(cloud, task_id)["TaskStatus"] == "Finished"


REFUSALS: dict[str, tuple[str, dict[str, object], tuple[int, str]]] = {
    "image of another region": (
        "ExportImage",
        {**EXPORT, "ImageId": GOLDEN_IN_USE},
        (404, "InvalidImageId.NotFound"),
    ),
    "system image": (
        "ExportImage",
        {**EXPORT, "ImageId": "aliyun_3_x64_20G_alibase_20240819.vhd"},
        (404, "InvalidImageId.NotFound"),
    ),
    "no bucket": (
        "ExportImage",
        {**HANGZHOU, "ImageId": GOLDEN},
        (400, "MissingParameter"),
    ),
    "bucket's name": (
        "ExportImage",
        {**EXPORT, "OSSBucket": "Golden_Images"},
        (400, "InvalidOSSBucket.NotFound"),
    ),
    "prefix": ("ExportImage", {**EXPORT, "OSSPrefix": "a-b"}, (400, "InvalidOSSPrefix.Malformed")),
    "format": (
        "ExportImage",
        {**EXPORT, "ImageFormat": "iso"},
        (400, "InvalidImageFormat.Malformed"),
    ),
    "role": (
        "ExportImage",
        {**EXPORT, "RoleName": "a role"},
        (403, "NoSetRoletoECSServiceAcount"),
    ),
    "region": (
        "ExportImage",
        {**EXPORT, "RegionId": "cn-nowhere"},
        (400, "InvalidRegionId.NotFound"),
    ),
    "dry run": ("ExportImage", {**EXPORT, "DryRun": True}, (400, "DryRunOperation")),
    "unknown task": (
        "CancelTask",
        {**HANGZHOU, "TaskId": "t-none"},
        (400, "InvalidTaskId.NotFound"),
    ),
    "action": ("DescribeTasks", {**HANGZHOU, "TaskAction": "Fly"}, (400, "InvalidParameter")),
    "time": ("DescribeTasks", {**HANGZHOU, "StartTime": "today"}, (400, "InvalidParameter")),
    "month 13": (
        "DescribeTasks",
        {**HANGZHOU, "StartTime": "2026-13-01T00:00Z"},
        (400, "InvalidParameter"),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_call_is_refused(
    cloud: Cloud, refused: Callable[..., tuple[int, str]], name: str
) -> None:
    action, parameters, answer = REFUSALS[name]
    assert refused(action, **parameters) == answer
    assert tasks(cloud) == []


def test_only_an_available_plain_image_is_exported(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    copied = cloud.copy("sealed", Encrypted=True)
    export = {**EXPORT, "RegionId": "cn-shanghai", "ImageId": copied}
    assert refused("ExportImage", **export) == (400, "IncorrectImageStatus")
    clock.advance(7200)
    assert refused("ExportImage", **export) == (400, "ImageNotSupported")


def test_quotas_count_what_runs_and_what_was_begun_this_week(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.world.choose({"running_exports": 1, "weekly_exports": 2})
    cloud.call("ExportImage", **EXPORT)
    other = cloud.call("ImportImage", **IMPORT)["ImageId"]
    clock.advance(300)
    cloud.world.choose({"running_exports": 1})
    assert cloud.image(other, "cn-hangzhou")["Status"] == "Available"
    clock.advance(3600)
    cloud.call("ExportImage", **EXPORT)
    more = {**EXPORT, "ImageId": other}
    assert refused("ExportImage", **more) == (403, "ConcurrentQuotaExceed.ExportImage")
    clock.advance(3600)
    assert refused("ExportImage", **more) == (403, "WeeklyQuotaExceed.ExportImage")
    clock.advance(8 * 86_400)
    cloud.call("ExportImage", **more)


def test_a_bucket_belongs_to_a_region_where_that_is_told(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.call("ImportImage", **IMPORT)
    there = {"RegionId": "ap-southeast-1", "ImageId": GOLDEN_IN_USE, "OSSBucket": "golden-images"}
    cloud.world.choose({"buckets_have_regions": True})
    assert refused("ExportImage", **there) == (400, "InvalidOSSBucket.NotMatched")
    cloud.world.choose({"buckets_have_regions": False})
    cloud.call("ExportImage", **there)
