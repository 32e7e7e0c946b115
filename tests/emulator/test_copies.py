"""Copies: the queue, progress, cancel and delete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.emulator.clouds import GOLDEN, GOLDEN_IN_USE, Cloud, HandClock, Refused

HOUR = 3600.0


def _statuses(cloud: Cloud, region: str = "cn-shanghai") -> Counter[str]:
    return Counter(image["Status"] for image in cloud.images(region))


def test_a_copy_from_its_start_to_its_end(cloud: Cloud, clock: HandClock) -> None:
    image_id = cloud.copy("web", DestinationDescription="from home", Tag=[{"Key": "env"}])
    assert image_id.startswith("m-uf6")
    assert len(image_id) == 22
    image = cloud.image(image_id)
    [disk] = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert (image["Status"], image["Progress"], image["Usable"]) == ("Creating", "0%", False)
    assert (image["IsCopied"], image["ImageName"], image["Size"]) == (True, "web", 40)
    assert image["Tags"] == {"Tag": [{"TagKey": "env", "TagValue": ""}]}
    assert (disk["Size"], disk["SnapshotId"], disk["Progress"]) == ("40", "", "0%")
    assert 2200 <= disk["RemainTime"] <= 2600

    clock.advance(disk["RemainTime"] / 2)
    image = cloud.image(image_id)
    assert (image["Status"], image["Progress"]) == ("Creating", "50%")
    assert image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Progress"] == "50%"

    clock.advance(disk["RemainTime"] / 2)
    image = cloud.image(image_id)
    [disk] = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert (image["Status"], image["Progress"], image["Usable"]) == ("Available", "100%", True)
    assert disk["RemainTime"] == 0
    assert disk["SnapshotId"].startswith("s-uf6")
    assert (
        cloud.call("DescribeImages", RegionId="cn-shanghai", ImageOwnerAlias="self")["TotalCount"]
        == 1
    )


def test_progress_never_goes_back_and_reaches_100_at_the_end_only(
    cloud: Cloud, clock: HandClock
) -> None:
    image_id = cloud.copy("web")
    seen = []
    while (image := cloud.image(image_id))["Status"] != "Available":
        seen.append(int(image["Progress"].rstrip("%")))
        clock.advance(17)
    assert seen == sorted(seen)
    assert max(seen) == 99
    assert len(seen) > 100


def test_larger_images_take_longer_and_one_id_takes_the_same_everywhere(cloud: Cloud) -> None:
    large = cloud.image(cloud.copy("large"))
    small_id = cloud.copy("small", ImageId=GOLDEN_IN_USE, RegionId="ap-southeast-1")
    small = cloud.image(small_id)

    def rest(image: dict) -> int:
        return image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["RemainTime"]

    assert 1.7 < rest(large) / rest(small) < 2.4


def test_five_run_in_a_region_and_the_rest_waits(cloud: Cloud, clock: HandClock) -> None:
    for index in range(8):
        cloud.copy(f"web-{index}")
    elsewhere = cloud.copy("web", "cn-beijing")
    assert _statuses(cloud) == {"Creating": 5, "Waiting": 3}
    assert cloud.image(elsewhere, "cn-beijing")["Status"] == "Creating"
    waiting = [image for image in cloud.images() if image["Status"] == "Waiting"]
    assert {image["Progress"] for image in waiting} == {"0%"}
    clock.advance(0.8 * HOUR)
    assert _statuses(cloud) == {"Available": 5, "Creating": 3}
    clock.advance(0.8 * HOUR)
    assert _statuses(cloud) == {"Available": 8}


def test_a_jump_of_the_clock_leaves_the_world_of_a_slow_walk(
    open_cloud: Callable[..., Cloud], clock: HandClock
) -> None:
    walked, jumped = open_cloud(seed=3), open_cloud(seed=3)
    for cloud in (walked, jumped):
        for index in range(23):
            cloud.copy(f"web-{index}")
    for _ in range(60):
        clock.advance(61)
        running = _statuses(walked)["Creating"]
        assert running == 5 or _statuses(walked)["Waiting"] == 0
    assert walked.images() == jumped.images()


def test_a_failing_copy_frees_its_place_when_it_fails(cloud: Cloud, clock: HandClock) -> None:
    cloud.world.choose({"running_copies": 1})
    cloud.fault("copy_fails", percent=25)
    failing, second = cloud.copy("failing"), cloud.copy("second")
    rest = cloud.image(failing)["DiskDeviceMappings"]["DiskDeviceMapping"][0]["RemainTime"]
    clock.advance(rest * 0.24)
    assert cloud.image(failing)["Status"] == "Creating"
    assert cloud.image(second)["Status"] == "Waiting"
    clock.advance(rest * 0.02)
    failed = cloud.image(failing)
    assert (failed["Status"], failed["Progress"], failed["Usable"]) == (
        "CreateFailed",
        "25%",
        False,
    )
    assert cloud.image(second)["Status"] == "Creating"


def test_cancel_takes_the_image_away_and_the_next_one_starts(
    cloud: Cloud, clock: HandClock
) -> None:
    ids = [cloud.copy(f"web-{index}") for index in range(7)]
    clock.advance(600)
    cloud.call("CancelCopyImage", RegionId="cn-shanghai", ImageId=ids[0])
    assert cloud.images(ImageId=ids[0]) == []
    assert cloud.image(ids[5])["Status"] == "Creating"
    assert cloud.image(ids[6])["Status"] == "Waiting"
    assert cloud.image(ids[1])["Progress"] != "0%"
    cloud.call("CancelCopyImage", RegionId="cn-shanghai", ImageId=ids[6])
    assert _statuses(cloud) == {"Creating": 5}
    assert cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["TotalCount"] == 5
    assert cloud.image(GOLDEN, "cn-hangzhou")["Status"] == "Available"


def test_a_cancelled_name_is_free_and_others_are_held(cloud: Cloud) -> None:
    ids = [cloud.copy(f"web-{index}") for index in range(6)]
    for taken in ("web-0", "web-5"):
        with pytest.raises(Refused, match="Duplicated"):
            cloud.copy(taken)
    cloud.call("CancelCopyImage", RegionId="cn-shanghai", ImageId=ids[0])
    cloud.copy("web-0")
    cloud.copy("web-0", "cn-beijing")


def test_speed_changes_what_is_left_and_not_what_is_done(cloud: Cloud, clock: HandClock) -> None:
    ids = [cloud.copy(f"web-{index}") for index in range(6)]
    clock.advance(1200)
    before = cloud.image(ids[0])
    cloud.world.choose({"speed": 10})
    after = cloud.image(ids[0])
    assert after["Progress"] == before["Progress"]
    left = [
        image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["RemainTime"]
        for image in (before, after)
    ]
    assert left[1] == pytest.approx(left[0] / 10, abs=1)
    clock.advance(150)
    assert cloud.image(ids[5])["Status"] == "Creating"
    cloud.world.choose({"speed": 1e9})
    clock.advance(0.01)
    assert _statuses(cloud) == {"Available": 6}


def test_a_very_large_speed_makes_copies_immediate(open_cloud: Callable[..., Cloud]) -> None:
    cloud = open_cloud(speed=1e12)
    ids = [cloud.copy(f"web-{index}") for index in range(9)]
    assert {cloud.image(image_id)["Status"] for image_id in ids} == {"Available"}


def test_the_default_speed_lets_40_gib_last_about_eight_seconds(
    open_cloud: Callable[..., Cloud],
) -> None:
    cloud = open_cloud(speed=None)
    image = cloud.image(cloud.copy("web"))
    assert 7 <= image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["RemainTime"] <= 9


def test_more_places_start_waiting_copies(cloud: Cloud) -> None:
    for index in range(8):
        cloud.copy(f"web-{index}")
    cloud.world.choose({"running_copies": 7})
    assert _statuses(cloud) == {"Creating": 7, "Waiting": 1}
    cloud.world.choose({"running_copies": 2})
    assert _statuses(cloud) == {"Creating": 7, "Waiting": 1}


def test_the_queue_may_count_the_source_region(cloud: Cloud) -> None:
    cloud.world.choose({"queue_counts": "source"})
    for region in (
        "cn-beijing",
        "cn-shenzhen",
        "cn-qingdao",
        "us-west-1",
        "us-east-1",
        "me-east-1",
    ):
        cloud.copy("web", region)
    assert cloud.images("me-east-1")[0]["Status"] == "Waiting"


def test_snapshots_are_left_behind(cloud: Cloud, clock: HandClock) -> None:
    image_id = cloud.copy("web")
    snapshots = cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["Snapshots"]["Snapshot"]
    assert [one["Status"] for one in snapshots] == ["progressing"]
    clock.advance(HOUR)
    [snapshot] = cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["Snapshots"]["Snapshot"]
    assert (snapshot["Status"], snapshot["Usage"]) == ("accomplished", "image")
    assert snapshot["SourceRegionId"] == "cn-hangzhou"
    with pytest.raises(Refused, match="SnapshotCreatedImage"):
        cloud.call("DeleteSnapshot", SnapshotId=snapshot["SnapshotId"], Force=True)
    cloud.call("DeleteImage", RegionId="cn-shanghai", ImageId=image_id)
    [left] = cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["Snapshots"]["Snapshot"]
    assert (left["SnapshotId"], left["Usage"]) == (snapshot["SnapshotId"], "none")
    cloud.call("DeleteSnapshot", SnapshotId=left["SnapshotId"])
    assert cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["TotalCount"] == 0


def test_an_encrypted_copy_may_stay_in_its_region(cloud: Cloud) -> None:
    image_id = cloud.copy("secret", "cn-hangzhou", Encrypted=True, KMSKeyId="key-1")
    [disk] = cloud.image(image_id, "cn-hangzhou")["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert disk["Encrypted"] is True


def test_an_unnamed_copy_is_named_by_its_id(cloud: Cloud) -> None:
    image_id = cloud.copy("")
    assert cloud.image(image_id)["ImageName"] == image_id
    cloud.world.choose({"default_image_name": "source_name"})
    assert cloud.image(cloud.copy(""))["ImageName"] == "golden-base"


COPY_ERRORS = [
    ({"ImageId": ""}, 400, "MissingParameter"),
    ({"RegionId": ""}, 400, "MissingParameter"),
    ({"DestinationRegionId": ""}, 400, "MissingParameter"),
    ({"RegionId": "cn-atlantis"}, 400, "SourceRegion.NotFound"),
    ({"DestinationRegionId": "cn-atlantis"}, 400, "DestinationRegion.NotFound"),
    ({"ImageId": "m-none"}, 404, "InvalidImageId.NotFound"),
    ({"ImageId": GOLDEN_IN_USE}, 404, "InvalidImageId.NotFound"),
    ({"ImageId": "aliyun_3_x64_20G_alibase_20240819.vhd"}, 403, "OperationDenied"),
    ({"DestinationRegionId": "cn-hangzhou"}, 403, "IncorrectDestinationRegion"),
    ({"DestinationImageName": "1web"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "w"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "w" * 129}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "aliyun-web"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "acs:web"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "http://web"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "web one"}, 400, "InvalidImageName.Malformed"),
    ({"DestinationImageName": "taken"}, 400, "InvalidImageName.Duplicated"),
    ({"DestinationDescription": "x"}, 400, "InvalidDescription.Malformed"),
    ({"DestinationDescription": "x" * 257}, 400, "InvalidDescription.Malformed"),
    ({"DestinationDescription": "https://x"}, 400, "InvalidDescription.Malformed"),
    ({"KMSKeyId": "key-1"}, 400, "InvalidEncrypted.NotMatchKmsKeyId"),
    ({"KMSKeyId": "key-1", "Encrypted": "False"}, 400, "InvalidEncrypted.NotMatchKmsKeyId"),
    ({"KMSKeyId": "no key", "Encrypted": True}, 404, "InvalidParameter.KMSKeyId.NotFound"),
    ({"EncryptAlgorithm": "sm4"}, 400, "InvalidEncryptAlgorithm"),
    ({"Encrypted": "perhaps"}, 400, "InvalidParameter"),
    ({"ResourceGroupId": "group"}, 404, "InvalidResourceGroup.NotFound"),
    ({"Tag": [{"Value": "x"}]}, 400, "InvalidTag.Mismatch"),
    ({"Tag": [{"Key": "aliyun-x"}]}, 400, "InvalidTagKey.Malformed"),
    ({"Tag": [{"Key": "acs:x"}]}, 400, "InvalidTagKey.Malformed"),
    ({"Tag": [{"Key": "x" * 129}]}, 400, "InvalidTagKey.Malformed"),
    ({"Tag": [{"Key": ""}]}, 400, "InvalidTagKey.Malformed"),
    ({"Tag": [{"Key": "x", "Value": "acs:x"}]}, 400, "InvalidTagValue.Malformed"),
    ({"Tag": [{"Key": "x", "Value": "see http://x"}]}, 400, "InvalidTagValue.Malformed"),
    ({"Tag": [{"Key": "x", "Value": "x" * 129}]}, 400, "InvalidTagValue.Malformed"),
    ({"Tag": [{"Key": "x"}, {"Key": "x"}]}, 400, "Duplicate.TagKey"),
    ({"Tag": [{"Key": "x"}, {"Key": "X"}]}, 403, "TagKey.Duplication"),
    ({"Tag": [{"Key": f"k{n}"} for n in range(21)]}, 400, "InvalidTagCount"),
    ({"ClientToken": "x" * 65}, 400, "InvalidClientToken.ValueNotSupported"),
    ({"ClientToken": "é"}, 400, "InvalidClientToken.ValueNotSupported"),
    ({"DryRun": True}, 400, "DryRunOperation"),
]


@pytest.mark.parametrize(
    ("changes", "status", "code"), COPY_ERRORS, ids=lambda value: str(value)[:48]
)
def test_a_copy_is_refused(
    cloud: Cloud,
    refused: Callable[..., tuple[int, str]],
    changes: dict[str, object],
    status: int,
    code: str,
) -> None:
    cloud.copy("taken")
    parameters = {
        "ImageId": GOLDEN,
        "RegionId": "cn-hangzhou",
        "DestinationRegionId": "cn-shanghai",
        "DestinationImageName": "web",
        **changes,
    }
    assert refused("CopyImage", **parameters) == (status, code)
    assert len(cloud.images()) == 1


def test_only_available_images_are_copied(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    copied = cloud.copy("web")
    again = {"ImageId": copied, "RegionId": "cn-shanghai", "DestinationRegionId": "cn-beijing"}
    assert refused("CopyImage", **again) == (400, "IncorrectImageStatus")
    clock.advance(HOUR)
    cloud.call("ModifyImageAttribute", RegionId="cn-shanghai", ImageId=copied, Status="Deprecated")
    assert refused("CopyImage", **again) == (400, "IncorrectImageStatus")
    cloud.call("ModifyImageAttribute", RegionId="cn-shanghai", ImageId=copied, Status="Available")
    cloud.call("CopyImage", **again)


def test_encrypted_images_stay_encrypted(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    secret = cloud.copy("secret", Encrypted=True)
    clock.advance(HOUR)
    onward = {"ImageId": secret, "RegionId": "cn-shanghai", "DestinationRegionId": "cn-beijing"}
    assert refused("CopyImage", **onward) == (403, "OperationDeined.EncryptedSnapshot")
    cloud.call("CopyImage", **onward, Encrypted="true", KMSKeyId="key-2")


def test_settings_of_encryption(cloud: Cloud, refused: Callable[..., tuple[int, str]]) -> None:
    cloud.world.choose({"encrypt_across_regions": False, "encrypt_when_unset": True})
    route = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou", "DestinationRegionId": "cn-beijing"}
    assert refused("CopyImage", **route) == (403, "OperationDenied.EncryptSnapshotAcrossRegion")
    cloud.call("CopyImage", **route, Encrypted=False)


def test_quotas(cloud: Cloud, refused: Callable[..., tuple[int, str]]) -> None:
    route = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou", "DestinationRegionId": "cn-beijing"}
    cloud.world.choose({"image_quota": 2})
    cloud.copy("web-1", "cn-beijing")
    cloud.copy("web-2", "cn-beijing")
    assert refused("CopyImage", **route) == (403, "QuotaExceed.Image")
    cloud.copy("web-3")
    cloud.world.choose({"image_quota": 100, "snapshot_quota": 2})
    assert refused("CopyImage", **route) == (403, "QuotaExceed.Snapshot")


def test_a_second_copy_of_one_route_may_conflict(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    cloud.world.choose({"copy_conflict": "same_route"})
    cloud.copy("web-1", "cn-beijing")
    cloud.copy("web-1", "cn-shanghai")
    route = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou", "DestinationRegionId": "cn-beijing"}
    assert refused("CopyImage", **route) == (400, "OperationDenied.ImageCopyConflict")
    clock.advance(HOUR)
    cloud.call("CopyImage", **route)


def test_source_tags_may_be_inherited(cloud: Cloud) -> None:
    cloud.call(
        "TagResources",
        RegionId="cn-hangzhou",
        ResourceType="image",
        ResourceId=[GOLDEN],
        Tag=[{"Key": "team", "Value": "core"}],
    )
    assert cloud.image(cloud.copy("plain"))["Tags"]["Tag"] == []
    cloud.world.choose({"inherit_source_tags": True})
    assert len(cloud.image(cloud.copy("heir"))["Tags"]["Tag"]) == 1


# --- cancel and delete ------------------------------------------------------------------------------


def test_cancel_is_refused(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    def cancel(image_id: str, region: str) -> tuple[int, str]:
        return refused("CancelCopyImage", ImageId=image_id, RegionId=region)

    assert cancel("m-none", "cn-shanghai") == (404, "InvalidImageId.NotFound")
    assert cancel(GOLDEN, "cn-hangzhou") == (400, "ImageCreatedNotFromCopy")
    assert cancel(GOLDEN, "cn-atlantis") == (404, "InvalidRegionId.NotFound")
    cloud.fault("uncancellable")
    stubborn = cloud.copy("stubborn")
    assert cancel(stubborn, "cn-shanghai") == (400, "CancelNotSupported")
    copied = cloud.copy("web")
    clock.advance(HOUR)
    assert cancel(copied, "cn-shanghai") == (400, "IncorrectImageStatus")
    assert cancel(copied, "cn-hangzhou") == (404, "InvalidImageId.NotFound")


def test_neither_end_of_a_copy_can_be_deleted(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    ids = [cloud.copy(f"web-{index}") for index in range(6)]
    denied = (403, "OperationDenied.ImageCopying")
    assert refused("DeleteImage", ImageId=ids[0], RegionId="cn-shanghai", Force=True) == denied
    assert refused("DeleteImage", ImageId=ids[5], RegionId="cn-shanghai") == denied
    assert refused("DeleteImage", ImageId=GOLDEN, RegionId="cn-hangzhou") == denied
    clock.advance(2 * HOUR)
    cloud.call("DeleteImage", ImageId=GOLDEN, RegionId="cn-hangzhou")
    assert len(cloud.images()) == 6
    cloud.call("DeleteImage", ImageId=ids[0], RegionId="cn-shanghai")
    assert len(cloud.images()) == 5


def test_the_source_may_be_let_go(cloud: Cloud) -> None:
    cloud.world.choose({"source_held_while_copying": False})
    cloud.copy("web")
    cloud.call("DeleteImage", ImageId=GOLDEN, RegionId="cn-hangzhou")


def test_an_image_in_use_is_deleted_with_force_only(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    image = {"ImageId": GOLDEN_IN_USE, "RegionId": "ap-southeast-1"}
    assert refused("DeleteImage", **image) == (403, "ImageUsingByInstance")
    assert cloud.images("ap-southeast-1")[0]["Usage"] == "instance"
    cloud.call("DeleteImage", **image, Force=True)
    assert cloud.images("ap-southeast-1") == []


def test_a_shared_image_is_not_deleted(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    image = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou"}
    cloud.call("ModifyImageSharePermission", **image, AddAccount=["1000000000000002"])
    assert refused("DeleteImage", **image, Force=True) == (403, "ImageUseShared")
    cloud.call("ModifyImageSharePermission", **image, RemoveAccount=["1000000000000002"])
    cloud.call("DeleteImage", **image)


@pytest.mark.parametrize(
    ("choice", "never_there", "once_there"),
    [
        pytest.param("remembered", (404, "InvalidImageId.NotFound"), None, id="remembered"),
        pytest.param(
            "error",
            (404, "InvalidImageId.NotFound"),
            (404, "InvalidImageId.NotFound"),
            id="error",
        ),
        pytest.param("success", None, None, id="success"),
    ],
)
def test_deleting_what_is_not_there(
    cloud: Cloud,
    choice: str,
    never_there: tuple[int, str] | None,
    once_there: tuple[int, str] | None,
) -> None:
    def delete(image_id: str) -> tuple[int, str] | None:
        try:
            cloud.call("DeleteImage", ImageId=image_id, RegionId="cn-hangzhou")
        except Refused as error:
            return error.status, error.code
        return None

    cloud.world.choose({"delete_missing": choice})
    delete(GOLDEN)
    assert (delete("m-none"), delete(GOLDEN)) == (never_there, once_there)


def test_a_failed_copy_is_deleted_like_any_image(cloud: Cloud, clock: HandClock) -> None:
    cloud.fault("copy_fails", percent=10)
    failed = cloud.copy("web")
    clock.advance(HOUR)
    assert cloud.image(failed)["Status"] == "CreateFailed"
    [snapshot] = cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["Snapshots"]["Snapshot"]
    assert snapshot["Status"] == "failed"
    cloud.call("DeleteImage", ImageId=failed, RegionId="cn-shanghai")
    assert cloud.images() == []
    assert cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["TotalCount"] == 0


# --- tokens and dry runs ------------------------------------------------------------------------------


def test_the_same_token_twice_makes_one_image(cloud: Cloud, clock: HandClock) -> None:
    first = cloud.copy("web", ClientToken="t-1")
    assert cloud.copy("web", ClientToken="t-1") == first
    clock.advance(2 * HOUR)
    assert cloud.copy("web", ClientToken="t-1") == first
    assert len(cloud.images()) == 1
    with pytest.raises(Refused) as caught:
        cloud.copy("other", ClientToken="t-1")
    assert (caught.value.status, caught.value.code) == (400, "IdempotentParameterMismatch")
    assert cloud.copy("other", ClientToken="T-1") != first


def test_a_token_lives_as_long_as_the_world_says(cloud: Cloud, clock: HandClock) -> None:
    cloud.world.choose({"token_lifetime_seconds": 60})
    cloud.copy("web", ClientToken="t-1")
    clock.advance(61)
    with pytest.raises(Refused, match="Duplicated"):
        cloud.copy("web", ClientToken="t-1")


def test_a_refused_call_spends_no_token(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="Malformed"):
        cloud.copy("1", ClientToken="t-1")
    assert cloud.copy("web", ClientToken="t-1")


def test_a_token_belongs_to_its_action(cloud: Cloud) -> None:
    cloud.copy("web", ClientToken="t-1")
    cloud.run(ClientToken="t-1")


def test_a_dry_run_may_check_no_more_than_its_parameters(cloud: Cloud) -> None:
    cloud.copy("web")
    with pytest.raises(Refused, match="Duplicated"):
        cloud.copy("web", DryRun=True)
    cloud.world.choose({"dry_run_checks": "parameters"})
    with pytest.raises(Refused, match="DryRun flag set"):
        cloud.copy("web", DryRun=True)
    with pytest.raises(Refused, match="Duplicated"):
        cloud.copy("web")


def test_a_region_that_is_closed_takes_no_copy_unless_it_is_told_to(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="RegionNotSupportCopy"):
        cloud.copy("web", DestinationRegionId="ap-south-1")
    cloud.world.choose({"closed_regions": "accept"})
    assert cloud.copy("web", DestinationRegionId="ap-south-1")


def test_a_dry_run_changes_nothing(cloud: Cloud, clock: HandClock) -> None:
    with pytest.raises(Refused, match="validation has been passed with DryRun flag set"):
        cloud.copy("web", DryRun=True, ClientToken="t-1")
    assert cloud.images() == []
    assert cloud.call("DescribeSnapshots", RegionId="cn-shanghai")["TotalCount"] == 0
    cloud.copy("web", ClientToken="t-1")
