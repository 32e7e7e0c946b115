"""DescribeImages and its neighbours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.emulator.clouds import GOLDEN, Cloud, HandClock, Refused

HOUR = 3600.0
HANGZHOU = {"RegionId": "cn-hangzhou"}


@pytest.fixture
def many(cloud: Cloud, clock: HandClock) -> list[str]:
    """Four Available copies and three unfinished ones in Shanghai."""
    done = [
        cloud.copy(f"done-{n}", Tag=[{"Key": "n", "Value": str(n)}, {"Key": "env"}])
        for n in range(4)
    ]
    clock.advance(HOUR)
    return done + [cloud.copy(f"young-{n}") for n in range(3)]


def _names(reply: dict) -> list[str]:
    return [image["ImageName"] for image in reply["Images"]["Image"]]


SELECTIONS = [
    ({}, ["done-0", "done-1", "done-2", "done-3"]),
    ({"Status": "Creating"}, ["young-0", "young-1", "young-2"]),
    (
        {"Status": "Creating,Available", "PageSize": 3, "PageNumber": 2},
        ["done-3", "young-0", "young-1"],
    ),
    ({"Status": "ALL", "PageNumber": 9}, []),
    ({"ImageName": "done-2"}, ["done-2"]),
    ({"ImageName": "done-*", "Status": "ALL", "PageSize": 2}, ["done-0", "done-1"]),
    ({"ImageName": "*-1", "Status": "ALL"}, ["done-1", "young-1"]),
    ({"ImageName": "done_2"}, []),
    ({"ImageName": "done%"}, []),
    ({"ImageId": "m-none"}, []),
    ({"Tag": [{"Key": "n", "Value": "3"}]}, ["done-3"]),
    ({"Tag": [{"Key": "n", "Value": "3"}, {"Key": "env"}]}, ["done-3"]),
    ({"Tag": [{"Key": "n", "Value": "3"}, {"Key": "other"}]}, []),
    ({"Tag.1.key": "n", "Tag.1.value": "1"}, ["done-1"]),
    ({"Usage": "instance"}, []),
    ({"Usage": "none", "PageSize": 1}, ["done-0"]),
    ({"OSType": "windows"}, []),
    ({"Architecture": "x86_64", "PageSize": 1}, ["done-0"]),
    ({"ImageOwnerAlias": "others"}, []),
    ({"ImageOwnerAlias": "marketplace"}, []),
    ({"ImageOwnerId": "1000000000000001", "PageSize": 1}, ["done-0"]),
    ({"IsPublic": True, "ImageOwnerAlias": "others"}, []),
    ({"IsPublic": False, "PageSize": 1}, ["done-0"]),
    ({"InstanceType": "ecs.g7.large", "PageSize": 1}, ["done-0"]),
    ({"InstanceType": "ecs.g8y.large"}, []),
    ({"ActionType": "ChangeOS", "ShowExpired": True, "PageSize": 1}, ["done-0"]),
    ({"SnapshotId": "s-none"}, []),
    ({"ImageFamily": "none"}, []),
    ({"IsSupportIoOptimized": True, "PageSize": 1}, ["done-0"]),
    ({"Filter": [{"Key": "CpuOnlineUpgrade", "Value": "unsupported"}]}, []),
    ({"Usable": True, "Status": "ALL", "PageSize": 1}, ["done-0"]),
    ({"Usable": False, "Status": "ALL"}, ["young-0", "young-1", "young-2"]),
    ({"IsSupportCloudinit": False}, []),
    ({"ResourceGroupId": "rg-other"}, []),
    ({"Filter": [{"Key": "NetworkType", "Value": "classic"}]}, []),
    ({"Filter": [{"Key": "CreationEndTime", "Value": "2020-01-01T00:00Z"}]}, []),
    (
        {"Filter": [{"Key": "CreationStartTime", "Value": "2020-01-01T00:00Z"}], "PageSize": 1},
        ["done-0"],
    ),
    ({"OwnerAccount": "ignored", "NoSuchThing": "ignored", "PageSize": 1}, ["done-0"]),
]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("wanted", "names"), SELECTIONS, ids=lambda value: str(value)[:60])
def test_what_describe_images_finds(
    cloud: Cloud, wanted: dict[str, object], names: list[str]
) -> None:
    parameters = {"RegionId": "cn-shanghai", "ImageOwnerAlias": "self", **wanted}
    assert _names(cloud.call("DescribeImages", **parameters)) == names


def test_pages_keep_their_place_while_images_come(cloud: Cloud, many: list[str]) -> None:
    page = {"RegionId": "cn-shanghai", "Status": "ALL", "ImageOwnerAlias": "self", "PageSize": 3}
    first = cloud.call("DescribeImages", **page)
    assert (first["TotalCount"], first["PageNumber"], first["PageSize"]) == (7, 1, 3)
    cloud.copy("newest")
    second = cloud.call("DescribeImages", **page, PageNumber=2)
    third = cloud.call("DescribeImages", **page, PageNumber=3)
    beyond = cloud.call("DescribeImages", **page, PageNumber=4)
    assert _names(first) + _names(second) + _names(third) == [
        *(f"done-{n}" for n in range(4)), *(f"young-{n}" for n in range(3)), "newest",
    ]  # fmt: skip
    assert {second["TotalCount"], third["TotalCount"], beyond["TotalCount"]} == {8}


def test_an_architecture_is_asked_for_by_an_instance_type(cloud: Cloud) -> None:
    system = {"RegionId": "cn-shanghai", "ImageOwnerAlias": "system"}
    arm = _names(cloud.call("DescribeImages", **system, InstanceType="ecs.g8y.large"))
    other = _names(cloud.call("DescribeImages", **system, InstanceType="ecs.g7.large"))
    assert len(arm) == 1
    assert "arm64" in arm[0]
    assert sorted([*arm, *other]) == sorted(_names(cloud.call("DescribeImages", **system)))


def test_a_search_by_tags_answers_a_thousand_at_most(cloud: Cloud, clock: HandClock) -> None:
    cloud.copy("first", Tag=[{"Key": "many", "Value": "yes"}])
    sql = cloud.emulator.world.sql
    columns = [row[1] for row in sql.execute("PRAGMA table_info(images)")]
    kept = ", ".join(name for name in columns if name not in ("sequence", "image_id", "name"))
    clock.advance(HOUR)
    for number in range(1004):
        sql.execute(
            f"INSERT INTO images (image_id, name, {kept}) SELECT 'm-many{number}',"
            f" 'many-{number}', {kept} FROM images WHERE name = 'first'"
        )
    wanted = {"RegionId": "cn-shanghai", "PageSize": 100}
    tagged = {**wanted, "Tag": [{"Key": "many", "Value": "yes"}]}
    last = cloud.call("DescribeImages", **tagged, PageNumber=10)
    assert (last["TotalCount"], len(last["Images"]["Image"])) == (1000, 100)
    assert cloud.call("DescribeImages", **tagged, PageNumber=11)["Images"]["Image"] == []
    named = cloud.call("DescribeImages", **wanted, ImageName="many-*", PageNumber=11)
    assert (named["TotalCount"], len(named["Images"]["Image"])) == (1004, 4)


def test_up_to_100_ids_in_one_call(cloud: Cloud, many: list[str]) -> None:
    wanted = {"RegionId": "cn-shanghai", "Status": "ALL", "PageSize": 100}
    padded = [*many, *(f"m-none{n}" for n in range(93))]
    reply = cloud.call("DescribeImages", **wanted, ImageId=",".join(padded))
    assert (reply["TotalCount"], len(reply["Images"]["Image"])) == (7, 7)
    with pytest.raises(Refused, match="InvalidParamter"):
        cloud.call("DescribeImages", **wanted, ImageId=",".join([*padded, "m-1"]))
    small = cloud.call("DescribeImages", **{**wanted, "PageSize": 3}, ImageId=",".join(many))
    assert (small["TotalCount"], len(small["Images"]["Image"])) == (7, 3)


def test_containers_are_objects_that_hold_arrays(cloud: Cloud) -> None:
    empty = cloud.call("DescribeImages", RegionId="us-west-1", ImageOwnerAlias="self")
    assert empty["Images"] == {"Image": []}
    assert (empty["TotalCount"], empty["PageNumber"], empty["PageSize"]) == (0, 1, 10)
    image = cloud.image(GOLDEN, "cn-hangzhou")
    assert image["IsSelfShared"] == "False"
    assert image["Size"] == 40
    assert image["ImageOwnerId"] == 1000000000000001
    assert image["Tags"] == {"Tag": []}
    assert image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Size"] == "40"


def test_system_images_are_in_every_region(cloud: Cloud) -> None:
    for region in ("cn-hangzhou", "us-west-1"):
        reply = cloud.call("DescribeImages", RegionId=region, ImageOwnerAlias="system")
        assert reply["TotalCount"] == 7
        assert {image["ImageOwnerAlias"] for image in reply["Images"]["Image"]} == {"system"}
    everything = cloud.call("DescribeImages", **HANGZHOU)
    assert everything["TotalCount"] == 8


DESCRIBE_ERRORS = [
    ("DescribeImages", {}, 400, "MissingParameter"),
    ("DescribeImages", {"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"),
    ("DescribeImages", {**HANGZHOU, "Status": "Cooking"}, 400, "InvalidParamter"),
    ("DescribeImages", {**HANGZHOU, "Usable": True}, 400, "MissingParameter"),
    ("DescribeImages", {**HANGZHOU, "PageSize": 101}, 400, "InvalidParameter"),
    ("DescribeImages", {**HANGZHOU, "PageNumber": 0}, 400, "InvalidParameter"),
    ("DescribeImages", {**HANGZHOU, "PageSize": "ten"}, 400, "InvalidParameter"),
    ("DescribeImages", {**HANGZHOU, "Usage": "art"}, 404, "InvalidUsage"),
    ("DescribeImages", {**HANGZHOU, "OSType": "beos"}, 404, "InvalidOSType"),
    ("DescribeImages", {**HANGZHOU, "Architecture": "z80"}, 404, "InvalidArchitecture"),
    (
        "DescribeImages",
        {**HANGZHOU, "ImageOwnerAlias": "me"},
        400,
        "InvalidImageOwnerAlias.ValueNotSupported",
    ),
    ("DescribeImages", {**HANGZHOU, "Tag": [{"Value": "x"}]}, 400, "InvalidTag.Mismatch"),
    (
        "DescribeImages",
        {**HANGZHOU, "Tag": [{"Key": str(n)} for n in range(21)]},
        400,
        "InvalidTagCount",
    ),
    ("DescribeImages", {**HANGZHOU, "Filter": [{"Key": "x"}]}, 404, "InvalidFilterKey.NotFound"),
    (
        "DescribeImages",
        {**HANGZHOU, "Filter": [{"Key": "NetworkType", "Value": "ipx"}]},
        400,
        "InvalidFilterValue.NetworkType",
    ),
    (
        "DescribeImages",
        {**HANGZHOU, "Filter": [{"Key": "CpuOnlineUpgrade", "Value": "perhaps"}]},
        404,
        "InvalidFilterValue",
    ),
    (
        "DescribeImages",
        {**HANGZHOU, "IsPublic": True, "ImageOwnerAlias": "self"},
        400,
        "InvalidImageOwnerAlias.PublicImageUnsupported",
    ),
    (
        "DescribeImages",
        {**HANGZHOU, "IsPublic": True},
        400,
        "InvalidImageOwnerAlias.PublicImageUnsupported",
    ),
    (
        "DescribeImages",
        {**HANGZHOU, "ImageOwnerId": "1", "ImageOwnerAlias": "system"},
        400,
        "InvalidOperation.ImageOwnerIdUnsupported",
    ),
    (
        "DescribeImages",
        {**HANGZHOU, "InstanceType": "g7.large"},
        400,
        "InvalidInstanceType.ValueNotSupported",
    ),
    ("DescribeImages", {**HANGZHOU, "ActionType": "Resize"}, 400, "InvalidParamter"),
    ("DescribeImages", {**HANGZHOU, "ShowExpired": "perhaps"}, 400, "InvalidParameter"),
    (
        "DescribeImages",
        {**HANGZHOU, "Filter": [{"Key": "CreationEndTime", "Value": "soon"}]},
        404,
        "InvalidFilterValue",
    ),
    ("DescribeImages", {**HANGZHOU, "DryRun": True}, 400, "DryRunOperation"),
    ("DescribeImageFromFamily", HANGZHOU, 400, "MissingParameter"),
    ("ModifyImageAttribute", HANGZHOU, 400, "MissingParameter"),
    ("ModifyImageAttribute", {**HANGZHOU, "ImageId": "m-none"}, 404, "InvalidImageId.NotFound"),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "ImageName": "1"},
        400,
        "InvalidImageName.Malformed",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "ImageFamily": "1"},
        400,
        "InvalidImageFamily.Malformed",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "Description": "x"},
        400,
        "InvalidDescription.Malformed",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "Status": "Available"},
        403,
        "ImageStatus.NotDeprecated",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "BootMode": "PXE"},
        400,
        "InvalidBootMode.NotSupport",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "LicenseType": "GPL"},
        400,
        "InvalidLicenseType.NotSupported",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "Features": {"ImdsSupport": "v9"}},
        400,
        "InvalidParameter.FeaturesImdsSupport",
    ),
    (
        "ModifyImageAttribute",
        {**HANGZHOU, "ImageId": GOLDEN, "DryRun": "TRUE"},
        400,
        "DryRunOperation",
    ),
    ("DeleteImage", {**HANGZHOU, "ImageId": GOLDEN, "DryRun": True}, 400, "DryRunOperation"),
    ("CreateImage", HANGZHOU, 400, "MissingParameter"),
    ("CreateImage", {**HANGZHOU, "InstanceId": "i-none"}, 404, "InvalidInstanceId.NotFound"),
    ("CreateImage", {**HANGZHOU, "SnapshotId": "s-none"}, 404, "InvalidSnapshotId.NotFound"),
    ("CreateImage", {**HANGZHOU, "ImageName": "golden-base"}, 400, "InvalidImageName.Duplicated"),
    ("ImportImage", HANGZHOU, 400, "MissingParameter"),
    ("ImportImage", {"RegionId": "cn-atlantis"}, 400, "InvalidRegionId.NotFound"),
    (
        "ImportImage",
        {**HANGZHOU, "DiskDeviceMapping": [{"OSSObject": "x.vhd"}]},
        400,
        "InvalidOSSBucket.NotFound",
    ),
    (
        "ImportImage",
        {**HANGZHOU, "DiskDeviceMapping": [{"OSSBucket": "bucket", "OSSObject": "x.iso"}]},
        400,
        "InvalidImageFormat.Malformed",
    ),
    (
        "ImportImage",
        {
            **HANGZHOU,
            "DiskDeviceMapping": [
                {"OSSBucket": "bucket", "OSSObject": "x.raw", "DiskImageSize": 4096}
            ],
        },
        400,
        "InvalidSize.ValueNotSupported",
    ),
    ("DescribeTaskAttribute", {**HANGZHOU, "TaskId": "t-none"}, 400, "InvalidTaskId.NotFound"),
    ("DescribeTasks", {"RegionId": "cn-atlantis"}, 400, "InvalidRegionId.NotFound"),
    ("DescribeRegions", {"AcceptLanguage": "la"}, 404, "InvalidAcceptLanguage.NotFound"),
    ("DescribeZones", {}, 400, "MissingParameter"),
    ("DescribeZones", {"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"),
]


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"), DESCRIBE_ERRORS, ids=lambda value: str(value)[:60]
)
def test_a_call_is_refused(
    refused: Callable[..., tuple[int, str]],
    action: str,
    parameters: dict[str, object],
    status: int,
    code: str,
) -> None:
    assert refused(action, **parameters) == (status, code)


def test_a_page_may_be_capped(cloud: Cloud) -> None:
    cloud.world.choose({"page_size_over_limit": "cap"})
    assert cloud.call("DescribeImages", **HANGZHOU, PageSize=1000)["PageSize"] == 100


def test_attributes_change_in_place(cloud: Cloud) -> None:
    image = {**HANGZHOU, "ImageId": GOLDEN}
    cloud.call(
        "ModifyImageAttribute",
        **image,
        ImageName="renamed",
        Description="a text",
        ImageFamily="golden",
        BootMode="UEFI",
        Features={"ImdsSupport": "v2", "NvmeSupport": "unsupported"},
    )
    shown = cloud.image(GOLDEN, "cn-hangzhou")
    assert (shown["ImageName"], shown["Description"], shown["BootMode"]) == (
        "renamed", "a text", "UEFI",
    )  # fmt: skip
    assert shown["Features"] == {"NvmeSupport": "unsupported", "ImdsSupport": "v2"}
    cloud.call("ModifyImageAttribute", **image, ImageName="renamed", Description="")
    assert cloud.image(GOLDEN, "cn-hangzhou")["Description"] == "a text"
    family = cloud.call("DescribeImageFromFamily", **HANGZHOU, ImageFamily="golden")
    assert family["Image"]["ImageId"] == GOLDEN
    assert set(cloud.call("DescribeImageFromFamily", **HANGZHOU, ImageFamily="none")) == {
        "RequestId"
    }


def test_an_image_being_created_cannot_be_changed(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    image_id = cloud.copy("web")
    image = {"RegionId": "cn-shanghai", "ImageId": image_id}
    assert refused("ModifyImageAttribute", **image, ImageName="other") == (
        403,
        "InvalidStatus.ImageIsCreating",
    )
    assert refused("ModifyImageAttribute", **image, Status="Deprecated")[1] == (
        "InvalidStatus.ImageIsCreating"
    )


def test_a_deprecated_image_is_hidden_by_default_and_comes_back(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    image = {**HANGZHOU, "ImageId": GOLDEN}
    cloud.call("ModifyImageAttribute", **image, Status="Deprecated")
    assert cloud.call("DescribeImages", **image)["TotalCount"] == 0
    assert cloud.image(GOLDEN, "cn-hangzhou")["Status"] == "Deprecated"
    assert refused("ModifyImageAttribute", **image, Status="Deprecated") == (
        403,
        "ImageStatus.NotAvailable",
    )
    cloud.run()
    cloud.call("ModifyImageAttribute", **image, Status="Available")
    assert cloud.image(GOLDEN, "cn-hangzhou")["Status"] == "Available"


def test_usable_may_come_later_than_available(cloud: Cloud, clock: HandClock) -> None:
    cloud.world.choose({"usable_delay_seconds": 30})
    image_id = cloud.copy("web")
    [disk] = cloud.image(image_id)["DiskDeviceMappings"]["DiskDeviceMapping"]
    clock.advance(disk["RemainTime"])
    image = cloud.image(image_id)
    assert (image["Status"], image["Usable"]) == ("Available", False)
    with pytest.raises(Refused, match="ImageNotValid"):
        cloud.run(image_id, "cn-shanghai")
    clock.advance(30)
    assert cloud.image(image_id)["Usable"] is True
    cloud.run(image_id, "cn-shanghai")


# --- regions ------------------------------------------------------------------------------------------


def test_regions_and_zones(cloud: Cloud) -> None:
    regions = cloud.call("DescribeRegions")["Regions"]["Region"]
    by_id = {region["RegionId"]: region for region in regions}
    assert len(by_id) == 35
    assert by_id["cn-shanghai"]["LocalName"] == "华东2（上海）"
    assert by_id["cn-shanghai"]["RegionEndpoint"] == "ecs.cn-shanghai.aliyuncs.com"
    assert by_id["ap-south-1"]["Status"] == "soldOut"
    english = cloud.call("DescribeRegions", AcceptLanguage="en-US")["Regions"]["Region"]
    assert "Germany (Frankfurt)" in {region["LocalName"] for region in english}
    zones = cloud.call("DescribeZones", **HANGZHOU)["Zones"]["Zone"]
    assert zones[0]["ZoneId"] == "cn-hangzhou-b"
    assert zones[0]["AvailableResources"]["ResourcesInfo"][0]["InstanceTypes"][
        "supportedInstanceType"
    ]
    outside = cloud.call("DescribeZones", RegionId="eu-central-1")["Zones"]["Zone"]
    assert outside[0]["ZoneId"] == "eu-central-1a"
