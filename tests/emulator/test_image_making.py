"""CreateImage and ImportImage: what they keep, show and refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.emulator.clouds import GOLDEN, Cloud, HandClock

HOUR = 3600.0
HANGZHOU = {"RegionId": "cn-hangzhou"}
SNAPSHOT = "s-golden0000000000001"
OF_SNAPSHOT = {**HANGZHOU, "SnapshotId": SNAPSHOT}
OF_OBJECT = {
    **HANGZHOU,
    "DiskDeviceMapping": [{"OSSBucket": "golden", "OSSObject": "golden.raw"}],
}
SYSTEM = {
    "Platform": "CentOS",
    "Architecture": "i386",
    "BootMode": "UEFI",
    "Features": {"ImdsSupport": "v2", "NvmeSupport": "unsupported"},
    "ResourceGroupId": "rg-1",
}


def _made(cloud: Cloud, clock: HandClock, action: str, **parameters: object) -> dict:
    image_id = cloud.call(action, **parameters)["ImageId"]
    clock.advance(7200)
    return cloud.image(image_id, "cn-hangzhou")


def test_everything_that_a_created_image_is_told_is_shown(cloud: Cloud, clock: HandClock) -> None:
    image = _made(
        cloud, clock, "CreateImage", **OF_SNAPSHOT, **SYSTEM, ImageFamily="web", ImageVersion="2",
        DetectionStrategy="Standard", SecureBootOptions={"SecureBootSupport": "supported"},
        Tag=[{"Key": "a", "Value": "b"}],
    )  # fmt: skip
    shown = {name: image[name] for name in ("Platform", "Architecture", "BootMode")}
    assert shown == {"Platform": "CentOS", "Architecture": "i386", "BootMode": "UEFI"}
    assert (image["ImageFamily"], image["ImageVersion"]) == ("web", "2")
    assert image["Features"] == {"NvmeSupport": "unsupported", "ImdsSupport": "v2"}
    assert image["SecureBootOptions"] == {"SecureBootSupport": "supported"}
    assert image["DetectionOptions"]["Status"] == "Finished"
    assert [item["Name"] for item in image["DetectionOptions"]["Items"]["Item"]] == ["CLOUDINIT"]
    assert (image["ResourceGroupId"], image["IsCopied"]) == ("rg-1", False)
    assert image["Tags"]["Tag"] == [{"TagKey": "a", "TagValue": "b"}]


def test_everything_that_an_imported_image_is_told_is_shown(cloud: Cloud, clock: HandClock) -> None:
    image = _made(
        cloud, clock, "ImportImage", **OF_OBJECT, **SYSTEM, OSType="windows", LicenseType="BYOL"
    )
    shown = {name: image[name] for name in ("Platform", "Architecture", "OSType", "LicenseType")}
    assert shown == {
        "Platform": "CentOS",
        "Architecture": "i386",
        "OSType": "windows",
        "LicenseType": "BYOL",
    }
    (disk,) = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert (disk["ImportOSSBucket"], disk["ImportOSSObject"]) == ("golden", "golden.raw")
    assert image["DetectionOptions"]["Status"] == ""


def test_the_system_is_that_of_what_the_snapshot_was_made_of(
    cloud: Cloud, clock: HandClock
) -> None:
    image = _made(cloud, clock, "CreateImage", **OF_SNAPSHOT)
    golden = cloud.image(GOLDEN, "cn-hangzhou")
    assert (image["OSName"], image["Platform"]) == (golden["OSName"], golden["Platform"])


def test_an_image_in_the_making_shows_how_far_it_is(cloud: Cloud, clock: HandClock) -> None:
    make = {**OF_SNAPSHOT, "DetectionStrategy": "Standard"}
    image_id = cloud.call("CreateImage", **make)["ImageId"]
    seen = []
    for _ in range(3):
        clock.advance(60)
        image = cloud.image(image_id, "cn-hangzhou")
        seen.append(int(image["Progress"].rstrip("%")))
        assert (image["Status"], image["Usable"]) == ("Creating", False)
        assert image["DetectionOptions"]["Status"] == "Processing"
    assert seen == sorted(set(seen))


def test_an_encrypted_snapshot_makes_an_encrypted_image(cloud: Cloud, clock: HandClock) -> None:
    copy = cloud.copy("locked", Encrypted=True, KMSKeyId="key-1")
    clock.advance(7200)
    (disk,) = cloud.image(copy)["DiskDeviceMappings"]["DiskDeviceMapping"]
    shanghai = {"RegionId": "cn-shanghai", "SnapshotId": disk["SnapshotId"]}
    image_id = cloud.call("CreateImage", **shanghai)["ImageId"]
    (made,) = cloud.image(image_id)["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert made["Encrypted"] is True


def _disks(*more: dict[str, object], **first: object) -> dict[str, object]:
    return {**HANGZHOU, "DiskDeviceMapping": [{"SnapshotId": SNAPSHOT, **first}, *more]}


REFUSALS = {
    "an architecture": ({**OF_SNAPSHOT, "Architecture": "vax"}, 400, "InvalidArchitecture"),
    "a boot mode": ({**OF_SNAPSHOT, "BootMode": "PXE"}, 400, "InvalidBootMode.NotSupport"),
    "a detection": ({**OF_SNAPSHOT, "DetectionStrategy": "Full"}, 400, "InvalidParameter"),
    "a feature": (
        {**OF_SNAPSHOT, "Features": {"ImdsSupport": "v3"}},
        400,
        "InvalidParameter.FeaturesImdsSupport",
    ),
    "a family": ({**OF_SNAPSHOT, "ImageFamily": "1"}, 400, "InvalidImageFamily.Malformed"),
    "a device": (_disks(Device="/dev/sda"), 400, "InvalidDevice.Malformed"),
    "the system disk's device": (_disks(Device="/dev/xvdb"), 400, "InvalidDevice.Malformed"),
    "a device twice": (
        _disks({"Device": "/dev/xvdb"}, {"Device": "/dev/xvdb"}), 400, "InvalidDevice.InUse",
    ),
    "too small for its snapshot": (_disks(Size=39), 400, "InvalidSize.ValueNotSupported"),
    "too large": (_disks({"Size": 32769}), 400, "InvalidSize.ValueNotSupported"),
    "a system disk in second place": (_disks({"DiskType": "system"}), 400, "InvalidParameter"),
    "a data disk in first place": (_disks(DiskType="data"), 400, "InvalidParameter"),
    "eighteen disks": (_disks(*({"Size": 5} for _ in range(17))), 400, "InvalidDevice.Malformed"),
    "a first disk without a snapshot": (_disks(SnapshotId=""), 400, "MissingParameter"),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "status", "code"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_created_is_refused(
    refused: Callable[..., tuple[int, str]],
    parameters: dict[str, object],
    status: int,
    code: str,
) -> None:
    assert refused("CreateImage", **parameters) == (status, code)


def test_the_quotas_count_the_snapshots_that_are_made(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = cloud.run(DataDisk=[{"Size": 100}])
    clock.advance(5)
    cloud.world.choose({"snapshot_quota": 2})
    assert refused("CreateImage", **HANGZHOU, InstanceId=instance) == (403, "QuotaExceed.Snapshot")
    cloud.call("CreateImage", **OF_SNAPSHOT)
    cloud.world.choose({"snapshot_quota": 1})
    assert refused("ImportImage", **OF_OBJECT) == (403, "QuotaExceed.Snapshot")
    cloud.world.choose({"image_quota": 1})
    assert refused("CreateImage", **OF_SNAPSHOT) == (403, "QuotaExceed.Image")


def test_a_created_image_cannot_be_deleted_before_its_end(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    image = {**HANGZHOU, "ImageId": cloud.call("CreateImage", **OF_SNAPSHOT)["ImageId"]}
    assert refused("DeleteImage", **image) == (403, "ImageIsCreating")
    assert refused("CancelCopyImage", **image) == (400, "ImageCreatedNotFromCopy")
    clock.advance(7200)
    cloud.call("DeleteImage", **image)
    assert cloud.call("DescribeSnapshots", **HANGZHOU)["TotalCount"] == 1


def test_an_image_of_an_instance(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    instance = cloud.run(DataDisk=[{"Size": 100}])
    make = {**HANGZHOU, "InstanceId": instance, "ImageName": "made", "ImageFamily": "golden"}
    assert refused("CreateImage", **make) == (400, "IncorrectInstanceStatus")
    clock.advance(1)
    image_id = cloud.call("CreateImage", **make, ClientToken="t-1")["ImageId"]
    assert cloud.call("CreateImage", **make, ClientToken="t-1")["ImageId"] == image_id
    other = {**make, "ImageName": "other"}
    assert refused("CreateImage", **other, ClientToken="t-1") == (400, "IdempotenceParamNotMatch")
    image = cloud.image(image_id, "cn-hangzhou")
    assert (image["Status"], image["IsCopied"], image["Size"]) == ("Creating", False, 40)
    assert [disk["Type"] for disk in image["DiskDeviceMappings"]["DiskDeviceMapping"]] == [
        "system",
        "data",
    ]
    assert refused("DeleteImage", **HANGZHOU, ImageId=image_id) == (403, "ImageIsCreating")
    assert refused("CancelCopyImage", **HANGZHOU, ImageId=image_id) == (
        400,
        "ImageCreatedNotFromCopy",
    )
    clock.advance(HOUR)
    assert cloud.image(image_id, "cn-hangzhou")["Status"] == "Available"
    copied = cloud.copy("far", ImageId=image_id)
    disks = cloud.image(copied)["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert [disk["Size"] for disk in disks] == ["40", "100"]


def test_an_image_of_a_snapshot(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.run()
    clock.advance(1)
    disk = "d-golden0000000000002"
    snapshot = cloud.call("CreateSnapshot", DiskId=disk, SnapshotName="by-hand")["SnapshotId"]
    make = {"RegionId": "ap-southeast-1", "SnapshotId": snapshot}
    assert refused("CreateImage", **make) == (403, "InvalidSnapshotId.NotReady")
    clock.advance(HOUR)
    image_id = cloud.call("CreateImage", **make)["ImageId"]
    clock.advance(HOUR)
    assert refused("DeleteSnapshot", SnapshotId=snapshot) == (403, "SnapshotCreatedImage")
    found = cloud.images("ap-southeast-1", SnapshotId=snapshot)
    assert [image["ImageId"] for image in found] == [image_id]
    cloud.call("DeleteImage", RegionId="ap-southeast-1", ImageId=image_id)
    cloud.call("DeleteSnapshot", SnapshotId=snapshot)


def test_an_import_and_how_it_goes(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    reply = cloud.call(
        "ImportImage",
        **HANGZHOU,
        ImageName="imported",
        OSType="windows",
        Platform="Windows Server 2022",
        DiskDeviceMapping=[{"OSSBucket": "bucket", "OSSObject": "disk.vhd", "DiskImageSize": 60}],
    )
    assert reply["RegionId"] == "cn-hangzhou"
    assert reply["TaskId"].startswith("t-")
    image_id, step = reply["ImageId"], {**HANGZHOU, "TaskId": reply["TaskId"]}
    assert refused("DeleteImage", **HANGZHOU, ImageId=image_id) == (403, "ImageIsImporting")
    asked = cloud.call("DescribeTaskAttribute", **step)
    assert (asked["TaskStatus"], asked["TaskProcess"]) == ("Processing", "0%")
    listed = cloud.call("DescribeTasks", **HANGZHOU, TaskStatus="Processing")["TaskSet"]["Task"]
    assert [one["ResourceId"] for one in listed] == [image_id]
    clock.advance(HOUR)
    asked = cloud.call("DescribeTaskAttribute", **step)
    assert (asked["TaskStatus"], asked["TaskProcess"], asked["SuccessCount"]) == (
        "Finished",
        "100%",
        1,
    )
    assert cloud.call("DescribeTasks", **HANGZHOU, TaskStatus="Processing")["TaskSet"] == {
        "Task": []
    }
    image = cloud.image(image_id, "cn-hangzhou")
    assert (image["OSType"], image["Size"]) == ("windows", 60)
    [disk] = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert (disk["ImportOSSBucket"], disk["Format"]) == ("bucket", "VHD")
    cloud.call("DeleteImage", **HANGZHOU, ImageId=image_id)
    assert cloud.call("DescribeTaskAttribute", **step)["TaskStatus"] == "Finished"
