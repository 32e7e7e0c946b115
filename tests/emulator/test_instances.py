"""Instances and snapshots by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.emulator.clouds import GOLDEN, Cloud, HandClock

HANGZHOU = {"RegionId": "cn-hangzhou"}
WINDOWS = "win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd"


def _shown(cloud: Cloud, instance: str, region: str = "cn-hangzhou") -> dict:
    ids = json.dumps([instance])
    [one] = cloud.call("DescribeInstances", RegionId=region, InstanceIds=ids)["Instances"][
        "Instance"
    ]
    return one


def test_an_instance_from_a_copy(cloud: Cloud, clock: HandClock) -> None:
    copied = cloud.copy("web")
    clock.advance(3600)
    instance = cloud.run(copied, "cn-shanghai", InstanceName="app", SystemDisk={"Size": 80})
    one = _shown(cloud, instance, "cn-shanghai")
    assert (one["ImageId"], one["InstanceName"], one["Status"]) == (copied, "app", "Pending")
    assert one["ZoneId"] == "cn-shanghai-b"
    assert one["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]
    clock.advance(0.6)
    assert _shown(cloud, instance, "cn-shanghai")["Status"] == "Starting"
    clock.advance(0.6)
    assert _shown(cloud, instance, "cn-shanghai")["Status"] == "Running"
    assert cloud.image(copied)["Usage"] == "instance"


def test_an_instance_stops_starts_and_is_deleted(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = {"InstanceId": cloud.run()}
    wrong = (403, "IncorrectInstanceStatus")
    assert refused("StopInstance", **instance) == (403, "IncorrectInstanceStatus.Initializing")
    clock.advance(2)
    assert refused("StartInstance", **instance) == wrong
    assert refused("DeleteInstance", **instance) == wrong
    assert refused("StopInstance", **instance, DryRun=True)[1] == "DryRunOperation"
    cloud.call("StopInstance", **instance)
    assert _shown(cloud, instance["InstanceId"])["Status"] == "Stopping"
    assert refused("StartInstance", **instance) == wrong
    clock.advance(2)
    assert _shown(cloud, instance["InstanceId"])["Status"] == "Stopped"
    cloud.call("StartInstance", **instance)
    assert _shown(cloud, instance["InstanceId"])["Status"] == "Starting"
    clock.advance(2)
    cloud.call("DeleteInstance", **instance, Force=True)
    assert cloud.call("DescribeInstances", **HANGZHOU)["TotalCount"] == 0
    assert refused("DeleteInstance", **instance) == (404, "InvalidInstanceId.NotFound")


def test_a_system_disk_is_replaced_by_a_copied_image(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    copied = cloud.copy("web")
    system = "ubuntu_22_04_x64_20G_alibase_20240820.vhd"
    instance = {"InstanceId": cloud.run(system, "cn-shanghai")}
    clock.advance(2)
    assert refused("ReplaceSystemDisk", **instance, ImageId=copied) == (
        403,
        "IncorrectInstanceStatus",
    )
    cloud.call("StopInstance", **instance)
    clock.advance(2)
    assert refused("ReplaceSystemDisk", **instance, ImageId=copied) == (
        403,
        "OperationDenied.ImageNotValid",
    )
    assert refused("ReplaceSystemDisk", **instance, ImageId=GOLDEN) == (
        404,
        "InvalidImageId.NotFound",
    )
    clock.advance(3600)
    assert refused("ReplaceSystemDisk", **instance, ImageId=copied, SystemDisk={"Size": 30}) == (
        404,
        "InvalidSystemDiskSize.LessThanImageSize",
    )
    replaced = cloud.call("ReplaceSystemDisk", **instance, ImageId=copied, ClientToken="t")
    assert replaced["DiskId"].startswith("d-uf6")
    again = cloud.call("ReplaceSystemDisk", **instance, ImageId=copied, ClientToken="t")
    assert again["DiskId"] == replaced["DiskId"]
    assert _shown(cloud, instance["InstanceId"], "cn-shanghai")["ImageId"] == copied
    image = {"RegionId": "cn-shanghai", "ImageId": copied}
    assert refused("DeleteImage", **image) == (403, "ImageUsingByInstance")
    cloud.call("DeleteImage", **image, Force=True)
    assert _shown(cloud, instance["InstanceId"], "cn-shanghai")["ImageId"] == copied


RUN_ERRORS = [
    ({"ImageId": ""}, 400, "MissingParameter"),
    ({"ImageFamily": "golden"}, 400, "InvalidParameter.Conflict"),
    ({"ImageId": "", "ImageFamily": "none"}, 404, "InvalidImageId.NotFound"),
    ({"ImageId": "m-none"}, 404, "InvalidImageId.NotFound"),
    ({"RegionId": "cn-beijing"}, 404, "InvalidImageId.NotFound"),
    ({"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"),
    ({"InstanceType": ""}, 400, "MissingParameter"),
    ({"InstanceType": "t2.micro"}, 400, "InvalidInstanceType.ValueNotSupported"),
    ({"SecurityGroupId": ""}, 400, "MissingParameter"),
    ({"VSwitchId": ""}, 400, "MissingParameter"),
    ({"ZoneId": "cn-beijing-a"}, 404, "InvalidZoneId.NotFound"),
    ({"Amount": 101}, 400, "InvalidParameter"),
    ({"SystemDisk": {"Size": 20}}, 404, "InvalidSystemDiskSize.LessThanImageSize"),
    ({"SystemDisk": {"Size": "big"}}, 400, "InvalidSize.ValueNotSupported"),
    ({"LaunchTemplateId": "lt-1"}, 404, "InvalidLaunchTemplate.NotFound"),
    ({"DryRun": True}, 400, "DryRunOperation"),
    ({"Amount": 6}, 403, "QuotaExceed.ElasticQuota"),
]


def test_many_instances_and_how_they_are_found(cloud: Cloud, clock: HandClock) -> None:
    cloud.call("ModifyImageAttribute", **HANGZHOU, ImageId=GOLDEN, ImageFamily="golden")
    ids = cloud.call(
        "RunInstances",
        **HANGZHOU,
        ImageFamily="golden",
        InstanceType="ecs.c7.large",
        SecurityGroupIds=["sg-1", "sg-2"],
        VSwitchId="vsw-1",
        Amount=12,
        InstanceName="app",
        UniqueSuffix=True,
        InternetMaxBandwidthOut=5,
    )["InstanceIdSets"]["InstanceIdSet"]
    clock.advance(2)
    assert len(set(ids)) == 12

    def find(**wanted: object) -> list[str]:
        reply = cloud.call("DescribeInstances", **HANGZHOU, **wanted)
        return [one["InstanceId"] for one in reply["Instances"]["Instance"]]

    assert find() == ids[:10]
    assert find(PageNumber=2, PageSize=10) == ids[10:]
    assert find(InstanceName="app00*", PageSize=100) == ids[:9]
    assert find(InstanceName="app003") == [ids[2]]
    assert find(Status="Stopped") == []
    assert find(ImageId=GOLDEN, InstanceType="ecs.c7.large", PageSize=1) == ids[:1]
    assert find(VSwitchId="vsw-9") == []
    first = cloud.call("DescribeInstances", **HANGZHOU, MaxResults=5)
    second = cloud.call(
        "DescribeInstances", **HANGZHOU, NextToken=first["NextToken"], MaxResults=500
    )
    assert [one["InstanceId"] for one in second["Instances"]["Instance"]] == ids[5:]
    assert second["NextToken"] == ""
    statuses = cloud.call("DescribeInstanceStatus", **HANGZHOU, PageSize=50)
    assert [one["InstanceId"] for one in statuses["InstanceStatuses"]["InstanceStatus"]] == ids
    one = cloud.call("DescribeInstanceStatus", **HANGZHOU, InstanceId=[ids[3]])
    assert one["InstanceStatuses"]["InstanceStatus"] == [
        {"InstanceId": ids[3], "Status": "Running"}
    ]
    assert _shown(cloud, ids[0])["PublicIpAddress"]["IpAddress"]


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("DescribeInstances", {**HANGZHOU, "InstanceIds": "i-1"}, 400, "InvalidParameter"),
        ("DescribeInstances", {**HANGZHOU, "InstanceIds": "[1]"}, 400, "InvalidParameter"),
        ("DescribeInstanceStatus", {**HANGZHOU, "PageSize": 51}, 400, "InvalidParameter"),
        ("StartInstance", {}, 400, "MissingParameter"),
        ("StartInstance", {"InstanceId": "i-none"}, 404, "InvalidInstanceId.NotFound"),
        ("ReplaceSystemDisk", {"InstanceId": "i-none", "ImageId": "m"}, 404, "InvalidInstanceId.NotFound"),
        ("CreateSnapshot", {"DiskId": "d-none"}, 404, "InvalidDiskId.NotFound"),
        ("CreateSnapshot", {"DiskId": "d-golden0000000000002", "SnapshotName": "auto1"}, 400, "InvalidSnapshotName.Malformed"),
        ("CreateSnapshot", {"DiskId": "d-golden0000000000002", "RetentionDays": 0}, 400, "InvalidParameter"),
        ("DeleteSnapshot", {"SnapshotId": "s-none"}, 404, "InvalidSnapshotId.NotFound"),
        ("DescribeSnapshots", {**HANGZHOU, "Status": "odd"}, 400, "InvalidParameter"),
        ("DescribeSnapshots", {**HANGZHOU, "Usage": "odd"}, 404, "InvalidUsage"),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_other_calls_are_refused(
    refused: Callable[..., tuple[int, str]],
    action: str,
    parameters: dict[str, object],
    status: int,
    code: str,
) -> None:
    assert refused(action, **parameters) == (status, code)


def test_a_protected_instance(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = cloud.run(DeletionProtection=True)
    clock.advance(2)
    assert refused("DeleteInstance", InstanceId=instance, Force=True) == (
        403,
        "InvalidOperation.DeletionProtection",
    )


def test_snapshots_by_hand(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    disk = {"DiskId": "d-golden0000000000002"}
    make = {**disk, "SnapshotName": "by-hand", "RetentionDays": 3, "Tag": [{"Key": "a"}]}
    snapshot = cloud.call("CreateSnapshot", **make, ClientToken="t")["SnapshotId"]
    assert cloud.call("CreateSnapshot", **make, ClientToken="t")["SnapshotId"] == snapshot
    assert refused("CreateSnapshot", **disk, ClientToken="t") == (
        403,
        "IdempotentParameterMismatch",
    )
    region = {"RegionId": "ap-southeast-1"}
    ask = {**region, "SnapshotIds": json.dumps([snapshot])}
    [shown] = cloud.call("DescribeSnapshots", **ask)["Snapshots"]["Snapshot"]
    assert (shown["Status"], shown["SourceDiskSize"], shown["Progress"]) == (
        "progressing",
        "20",
        "0%",
    )
    assert refused("CreateSnapshot", **disk) == (403, "IncorrectDiskStatus.CreatingSnapshot")
    clock.advance(3600)
    assert cloud.call("DescribeSnapshots", **ask, Status="accomplished")["TotalCount"] == 1
    in_use = cloud.call("DescribeSnapshots", **region, Usage="image_disk")["Snapshots"]["Snapshot"]
    assert [one["SnapshotId"] for one in in_use] == ["s-golden0000000000002"]
    assert cloud.call("DescribeSnapshots", **region, Usage="none")["TotalCount"] == 1
    first = cloud.call("DescribeSnapshots", **region, MaxResults=1)
    second = cloud.call("DescribeSnapshots", **region, MaxResults=1, NextToken=first["NextToken"])
    assert second["Snapshots"]["Snapshot"][0]["SnapshotId"] == snapshot
    cloud.call("DeleteSnapshot", SnapshotId=snapshot)
    cloud.call("DeleteSnapshot", SnapshotId=snapshot)
    assert cloud.call("DescribeSnapshots", **ask)["TotalCount"] == 0


def test_a_snapshot_that_disks_were_made_from_goes_by_force_only(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    snapshot = "s-golden0000000000002"
    image = {"RegionId": "ap-southeast-1", "ImageId": "m-golden0000000000002"}
    forced = {"SnapshotId": snapshot, "Force": True}
    assert refused("DeleteSnapshot", **forced) == (403, "SnapshotCreatedImage")
    cloud.call("DeleteImage", **image, Force=True)
    assert refused("DeleteSnapshot", SnapshotId=snapshot) == (403, "SnapshotCreatedDisk")
    cloud.call("DeleteSnapshot", **forced)
    ask = {"RegionId": "ap-southeast-1", "SnapshotIds": json.dumps([snapshot])}
    assert cloud.call("DescribeSnapshots", **ask)["TotalCount"] == 0


# --- what instances are launched with, and what is changed afterwards -------------------------------


LAUNCH_RULES = [
    ({"InstanceName": "1web"}, 400, "InvalidInstanceName.Malformed"),
    ({"InstanceName": "http://web"}, 400, "InvalidInstanceName.Malformed"),
    ({"HostName": "-web"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "web..one"}, 400, "InvalidHostName.Malformed"),
    ({"ImageId": WINDOWS, "HostName": "web.one"}, 400, "InvalidHostName.Malformed"),
    ({"ImageId": WINDOWS, "KeyPairName": "key-a"}, 400, "InvalidKeyPair.NotSupported"),
    ({"KeyPairName": "!"}, 404, "InvalidKeyPair.NotFound"),
    ({"Password": "Short-1"}, 400, "InvalidPassword.Malformed"),
    ({"Password": "onlysmallletters"}, 400, "InvalidPassword.Malformed"),
    ({"Password": "Good-12345", "PasswordInherit": True}, 400, "InvalidParameter.Conflict"),
    ({"UserData": "not base64!"}, 400, "InvalidUserData.Base64FormatInvalid"),
    ({"UserData": "A" * 60_000}, 400, "InvalidUserData.SizeExceeded"),
    ({"Description": "x"}, 400, "InvalidDescription.Malformed"),
    ({"PrivateIpAddress": "ten"}, 400, "InvalidPrivateIpAddress.Malformed"),
    ({"PrivateIpAddress": "172.16.0.9", "Amount": 2}, 400, "InvalidPrivateIpAddress.Malformed"),
    ({"IoOptimized": "maybe"}, 400, "InvalidParameter"),
    ({"InternetMaxBandwidthOut": 101}, 400, "InvalidParameter"),
    ({"SystemDisk": {"Category": "tape"}}, 400, "InvalidSystemDiskCategory.ValueNotSupported"),
    ({"SystemDisk": {"PerformanceLevel": "PL1"}}, 400, "InvalidParameter.Conflict"),
    ({"SystemDisk": {"Size": 40_000}}, 400, "InvalidSize.ValueNotSupported"),
    ({"DataDisk": [{"Category": "tape"}]}, 400, "InvalidDataDiskCategory.ValueNotSupported"),
    ({"DataDisk": [{"Category": "cloud_ssd", "Size": 5}]}, 400, "InvalidSize.ValueNotSupported"),
    ({"DataDisk": [{"SnapshotId": "s-none"}]}, 404, "InvalidSnapshotId.NotFound"),
    ({"DataDisk": [{"Size": 20}] * 17}, 400, "InvalidParameter"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "code"), [*RUN_ERRORS, *LAUNCH_RULES], ids=lambda value: str(value)[:50]
)
def test_what_is_asked_of_an_instance_is_checked(
    cloud: Cloud,
    refused: Callable[..., tuple[int, str]],
    changes: dict[str, object],
    status: int,
    code: str,
) -> None:
    cloud.world.choose({"instance_quota": 5})
    parameters = {
        **HANGZHOU,
        "ImageId": GOLDEN,
        "InstanceType": "ecs.g7.large",
        "SecurityGroupId": "sg-1",
        "VSwitchId": "vsw-1",
        **changes,
    }
    assert refused("RunInstances", **parameters) == (status, code)
    assert cloud.call("DescribeInstances", **HANGZHOU)["TotalCount"] == 0


def _disks(cloud: Cloud, **wanted: object) -> list[dict]:
    found: list[dict] = cloud.call("DescribeDisks", **HANGZHOU, **wanted)["Disks"]["Disk"]
    return found


def test_disks_are_shown_and_grow(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    data = {"Size": 100, "Category": "cloud_essd", "PerformanceLevel": "PL2", "DiskName": "logs"}
    instance = cloud.run(
        SystemDisk={"Size": 60, "Category": "cloud_ssd"},
        DataDisk=[{**data, "DeleteWithInstance": False, "Encrypted": True}],
    )
    cloud.run()
    system, other = _disks(cloud, InstanceId=instance)
    assert (system["Type"], system["Size"], system["Category"]) == ("system", 60, "cloud_ssd")
    assert (other["DiskName"], other["PerformanceLevel"], other["Encrypted"]) == (
        "logs",
        "PL2",
        True,
    )
    assert (other["DeleteWithInstance"], system["DeleteWithInstance"]) == (False, True)
    assert len(_disks(cloud)) == 3
    assert len(_disks(cloud, DiskType="system")) == 2
    assert [one["DiskId"] for one in _disks(cloud, Category="cloud_essd")] == [other["DiskId"]]
    assert _disks(cloud, DiskIds=json.dumps([system["DiskId"]])) == [system]
    disk = {"DiskId": system["DiskId"]}
    assert refused("ResizeDisk", **disk, NewSize=80) == (403, "IncorrectInstanceStatus")
    clock.advance(2)
    assert refused("ResizeDisk", DiskId="d-none", NewSize=80) == (404, "InvalidDiskId.NotFound")
    assert refused("ResizeDisk", **disk, NewSize=60) == (403, "InvalidDiskSize.TooSmall")
    assert refused("ResizeDisk", **disk, NewSize=40_000) == (400, "InvalidDiskSize.NotSupported")
    assert refused("ResizeDisk", **disk, NewSize=80, Type="soon") == (400, "InvalidParameter")
    cloud.call("CreateSnapshot", **disk)
    assert refused("ResizeDisk", **disk, NewSize=80) == (403, "DiskCreatingSnapshot")
    clock.advance(3600)
    cloud.call("ResizeDisk", **disk, NewSize=80, Type="online", ClientToken="t")
    cloud.call("ResizeDisk", **disk, NewSize=80, Type="online", ClientToken="t")
    assert _disks(cloud, DiskIds=json.dumps([system["DiskId"]]))[0]["Size"] == 80


def test_attributes_are_changed(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = {"InstanceId": cloud.run(Description="a first one")}
    changes = {**instance, "InstanceName": "renamed", "Description": "changed", "HostName": "web-2"}
    wrong = (403, "IncorrectInstanceStatus.Initializing")
    assert refused("ModifyInstanceAttribute", **changes) == wrong
    clock.advance(2)
    cloud.call("ModifyInstanceAttribute", **changes, DeletionProtection=True)
    cloud.call("ModifyInstanceAttribute", **instance, Description="", SecurityGroupIds=["sg-9"])
    one = _shown(cloud, instance["InstanceId"])
    assert (one["InstanceName"], one["Description"], one["HostName"]) == (
        "renamed",
        "changed",
        "web-2",
    )
    assert (one["DeletionProtection"], one["SecurityGroupIds"]["SecurityGroupId"]) == (
        True,
        ["sg-9"],
    )
    cloud.call(
        "ModifyInstanceAttribute", **instance, Password="Good-12345", DeletionProtection=False
    )
    assert "Good-12345" not in str(cloud.world.rows("SELECT body FROM instances"))
    assert refused("ModifyInstanceAttribute", **instance, UserData="aGk=") == (
        403,
        "IncorrectInstanceStatus",
    )
    cloud.call("StopInstance", **instance, StoppedMode="KeepCharging")
    clock.advance(2)
    cloud.call("ModifyInstanceAttribute", **instance, UserData="aGk=")
    assert cloud.call("DescribeUserData", **HANGZHOU, **instance)["UserData"] == "aGk="
    other = {"RegionId": "cn-beijing", **instance}
    assert refused("DescribeUserData", **other) == (404, "InvalidInstanceId.NotFound")


def test_key_pairs_come_and_go(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = cloud.run(KeyPairName="key-a")
    windows = cloud.run(WINDOWS)
    clock.advance(2)
    asked = {**HANGZHOU, "InstanceIds": json.dumps([instance])}
    assert _shown(cloud, instance)["KeyPairName"] == "key-a"
    reply = cloud.call("DetachKeyPair", **asked, KeyPairName="key-b")
    assert (reply["FailCount"], reply["Results"]["Result"][0]["Success"]) == ("1", "false")
    reply = cloud.call("AttachKeyPair", **asked, KeyPairName="key-b")
    assert (reply["FailCount"], reply["TotalCount"]) == ("0", "1")
    assert _shown(cloud, instance)["KeyPairName"] == "key-b"
    cloud.call("DetachKeyPair", **asked, KeyPairName="key-b")
    assert _shown(cloud, instance)["KeyPairName"] == ""
    both = {**HANGZHOU, "InstanceIds": json.dumps([instance, windows]), "KeyPairName": "key-a"}
    assert refused("AttachKeyPair", **both) == (400, "InvalidKeyPair.NotSupported")
    none = {**HANGZHOU, "InstanceIds": json.dumps(["i-none"]), "KeyPairName": "key-a"}
    assert refused("AttachKeyPair", **none) == (404, "InvalidInstanceId.NotFound")


def test_a_public_address_is_given_once(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = {"InstanceId": cloud.run()}
    clock.advance(2)
    assert _shown(cloud, instance["InstanceId"])["PublicIpAddress"]["IpAddress"] == []
    address = cloud.call("AllocatePublicIpAddress", **instance)["IpAddress"]
    assert _shown(cloud, instance["InstanceId"])["PublicIpAddress"]["IpAddress"] == [address]
    assert refused("AllocatePublicIpAddress", **instance) == (400, "AllocatedAlready")
    interface = _shown(cloud, instance["InstanceId"])["NetworkInterfaces"]["NetworkInterface"][0]
    assert interface["NetworkInterfaceId"].startswith("eni-")


def test_a_prepaid_instance_is_released_with_its_subscription_only(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = {"InstanceId": cloud.run(InstanceChargeType="PrePaid", Period=1), "Force": True}
    clock.advance(2)
    assert refused("DeleteInstance", **instance) == (403, "ChargeTypeViolation")
    cloud.call("DeleteInstance", **instance, TerminateSubscription=True)
    assert cloud.call("DescribeInstances", **HANGZHOU)["TotalCount"] == 0
