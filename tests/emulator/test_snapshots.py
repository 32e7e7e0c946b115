"""Snapshots of disks: made over time, listed, changed, given up, kept by what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.clouds import Cloud, HandClock

DISK = "d-golden0000000000002"
REGION = {"RegionId": "ap-southeast-1"}
FIRST = "s-golden0000000000002"


def make(cloud: Cloud, **more: object) -> str:
    snapshot_id: str = cloud.call("CreateSnapshot", DiskId=DISK, **more)["SnapshotId"]
    return snapshot_id


def listed(cloud: Cloud, **more: object) -> list[dict[str, Any]]:
    reply = cloud.call("DescribeSnapshots", **REGION, **more)
    found: list[dict[str, Any]] = reply["Snapshots"]["Snapshot"]
    return found


def ids(cloud: Cloud, **more: object) -> list[str]:
    return [one["SnapshotId"] for one in listed(cloud, **more)]


def shown(cloud: Cloud, snapshot_id: str) -> dict[str, Any]:
    [one] = [one for one in listed(cloud) if one["SnapshotId"] == snapshot_id]
    return one


def test_a_snapshot_progresses_to_its_end(cloud: Cloud, clock: HandClock) -> None:
    snapshot_id = make(cloud, Category="flash")
    one = shown(cloud, snapshot_id)
    assert (one["Status"], one["Progress"], one["Available"]) == ("progressing", "0%", False)
    seen = []
    for _ in range(4):
        clock.advance(25)
        one = shown(cloud, snapshot_id)
        seen.append((int(one["Progress"].rstrip("%")), one["RemainTime"]))
    assert [percent for percent, _ in seen] == sorted({percent for percent, _ in seen})
    assert [left for _, left in seen] == sorted({left for _, left in seen}, reverse=True)
    clock.advance(60)
    one = shown(cloud, snapshot_id)
    assert (one["Status"], one["Progress"], one["RemainTime"]) == ("accomplished", "100%", 0)
    assert (one["Category"], one["Available"]) == ("flash", True)


def test_a_change_of_speed_takes_running_snapshots_along(cloud: Cloud, clock: HandClock) -> None:
    snapshot_id = make(cloud)
    created = shown(cloud, snapshot_id)["CreationTime"]
    clock.advance(60)
    before = shown(cloud, snapshot_id)["Progress"]
    cloud.world.choose({"speed": 10.0})
    one = shown(cloud, snapshot_id)
    assert (one["Progress"], one["CreationTime"]) == (before, created)
    clock.advance(20)
    assert shown(cloud, snapshot_id)["Status"] == "accomplished"


def test_one_snapshot_of_a_disk_at_a_time(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    make(cloud)
    answer = (403, "IncorrectDiskStatus.CreatingSnapshot")
    assert refused("CreateSnapshot", DiskId=DISK) == answer
    clock.advance(600)
    make(cloud)


def test_deleting_one_that_is_being_made_gives_it_up(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    first = make(cloud)
    cloud.world.choose({"unfinished_snapshots_deletable": False})
    answer = (403, "InvalidOperation.RelatedSnapshotNotFinished")
    assert refused("DeleteSnapshot", SnapshotId=first) == answer
    cloud.world.choose({"unfinished_snapshots_deletable": True})
    cloud.call("DeleteSnapshot", SnapshotId=first)
    assert first not in ids(cloud)
    make(cloud)  # the disk is free again


def test_one_that_is_made_with_an_image_belongs_to_it(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.call("CreateImage", **REGION, InstanceId="i-golden0000000000002", ImageName="baked")
    [behind] = ids(cloud, Status="progressing")
    assert refused("DeleteSnapshot", SnapshotId=behind) == (403, "SnapshotCreatedImage")


def test_name_description_and_retention_change(cloud: Cloud, clock: HandClock) -> None:
    snapshot_id = make(cloud, SnapshotName="one", Description="first", RetentionDays=3)
    clock.advance(10)
    cloud.call("ModifySnapshotAttribute", SnapshotId=snapshot_id, SnapshotName="two")
    one = shown(cloud, snapshot_id)
    assert (one["SnapshotName"], one["Description"], one["RetentionDays"]) == ("two", "first", 3)
    assert one["LastModifiedTime"] > one["CreationTime"]
    more = {"Description": "second", "RetentionDays": 9}
    cloud.call("ModifySnapshotAttribute", SnapshotId=snapshot_id, **more)
    one = shown(cloud, snapshot_id)
    assert (one["SnapshotName"], one["Description"], one["RetentionDays"]) == ("two", "second", 9)


def test_instant_access_is_kept_until_it_is_disabled(cloud: Cloud) -> None:
    snapshot_id = make(cloud, InstantAccess=True, InstantAccessRetentionDays=5)
    one = shown(cloud, snapshot_id)
    assert (one["InstantAccess"], one["InstantAccessRetentionDays"]) == (True, 5)
    assert one["Available"] is True  # before it is finished
    cloud.call("ModifySnapshotAttribute", SnapshotId=snapshot_id, DisableInstantAccess=True)
    one = shown(cloud, snapshot_id)
    assert (one["InstantAccess"], one["Available"]) == (False, False)


def test_a_snapshot_is_released_when_its_retention_is_over_unless_an_image_uses_it(
    cloud: Cloud, clock: HandClock
) -> None:
    loose = make(cloud, RetentionDays=2)
    clock.advance(600)
    used = make(cloud, RetentionDays=2)
    clock.advance(600)
    cloud.call("CreateImage", **REGION, SnapshotId=used, ImageName="baked")
    assert {loose, used} < set(ids(cloud))
    clock.advance(3 * 86_400)
    assert loose not in ids(cloud)
    assert used in ids(cloud)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({}, 2),
        ({"DiskId": DISK}, 1),
        ({"InstanceId": "i-golden0000000000002"}, 1),
        ({"InstanceId": "i-none"}, 0),
        ({"SnapshotName": "nightly"}, 1),
        ({"SnapshotType": "auto"}, 0),
        ({"SnapshotType": "user"}, 2),
        ({"SourceDiskType": "System"}, 2),
        ({"SourceDiskType": "Data"}, 0),
        ({"Category": "flash"}, 1),
        ({"Encrypted": True}, 0),
        ({"Encrypted": False}, 2),
        ({"SnapshotLinkId": "sl-golden0000000000002"}, 1),
        ({"Tag": [{"Key": "env"}]}, 1),
        ({"Tag": [{"Key": "env", "Value": "other"}]}, 0),
        ({"Filter": [{"Key": "CreationStartTime", "Value": "2027-01-01T00:00Z"}]}, 1),
        ({"Filter": [{"Key": "CreationEndTime", "Value": "2027-01-01T00:00Z"}]}, 1),
        ({"Usage": "image_disk"}, 1),
        ({"Status": "progressing"}, 1),
    ],
    ids=str,
)
def test_snapshots_are_listed(cloud: Cloud, wanted: dict[str, object], number: int) -> None:
    tags = [{"Key": "env", "Value": "test"}]
    make(cloud, SnapshotName="nightly", Category="flash", Tag=tags)
    assert len(listed(cloud, **wanted)) == number


def test_faults_hide_a_snapshot_and_its_tags_and_let_it_fail(
    cloud: Cloud, clock: HandClock
) -> None:
    cloud.fault("hidden", action="CreateSnapshot", seconds=10)
    cloud.fault("late_tags", action="CreateSnapshot", seconds=20)
    cloud.fault("copy_fails", action="CreateSnapshot", percent=50)
    snapshot_id = make(cloud, Tag=[{"Key": "env"}])
    assert ids(cloud) == [FIRST]
    clock.advance(11)
    assert shown(cloud, snapshot_id)["Tags"]["Tag"] == []
    clock.advance(10)
    assert ids(cloud, Tag=[{"Key": "env"}]) == [snapshot_id]
    clock.advance(600)
    one = shown(cloud, snapshot_id)
    assert (one["Status"], one["Progress"], one["Available"]) == ("failed", "50%", False)


REFUSALS: dict[str, tuple[str, dict[str, object], tuple[int, str]]] = {
    "disk": ("CreateSnapshot", {"DiskId": "d-none"}, (404, "InvalidDiskId.NotFound")),
    "automatic name": (
        "CreateSnapshot",
        {"DiskId": DISK, "SnapshotName": "auto-1"},
        (400, "InvalidSnapshotName.Malformed"),
    ),
    "retention": (
        "CreateSnapshot",
        {"DiskId": DISK, "RetentionDays": 65_537},
        (400, "InvalidParameter"),
    ),
    "category": (
        "CreateSnapshot",
        {"DiskId": DISK, "Category": "gold"},
        (400, "InvalidParameter"),
    ),
    "modify what is not there": (
        "ModifySnapshotAttribute",
        {"SnapshotId": "s-none", "SnapshotName": "abc"},
        (404, "InvalidSnapshotId.NotFound"),
    ),
    "delete what never was": (
        "DeleteSnapshot",
        {"SnapshotId": "s-none"},
        (404, "InvalidSnapshotId.NotFound"),
    ),
    "status": ("DescribeSnapshots", {**REGION, "Status": "odd"}, (400, "InvalidParameter")),
    "usage": ("DescribeSnapshots", {**REGION, "Usage": "odd"}, (404, "InvalidUsage")),
    "filter": (
        "DescribeSnapshots",
        {**REGION, "Filter": [{"Key": "Odd", "Value": "x"}]},
        (404, "InvalidFilterKey.NotFound"),
    ),
    "filter's time": (
        "DescribeSnapshots",
        {**REGION, "Filter": [{"Key": "CreationEndTime", "Value": "today"}]},
        (404, "InvalidFilterValue"),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_call_is_refused(
    cloud: Cloud, refused: Callable[..., tuple[int, str]], name: str
) -> None:
    action, parameters, answer = REFUSALS[name]
    assert refused(action, **parameters) == answer
    assert ids(cloud) == [FIRST]
