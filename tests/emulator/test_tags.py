"""Tags, resource groups and shares."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.emulator.clouds import GOLDEN, Cloud, HandClock

IMAGE = {"RegionId": "cn-hangzhou", "ResourceType": "image", "ResourceId": [GOLDEN]}
SHARE = {"RegionId": "cn-hangzhou", "ImageId": GOLDEN}


def _tags(cloud: Cloud) -> dict[str, str]:
    shown = cloud.image(GOLDEN, "cn-hangzhou")["Tags"]["Tag"]
    return {tag["TagKey"]: tag["TagValue"] for tag in shown}


def test_tags_are_added_overwritten_and_taken_away(cloud: Cloud) -> None:
    cloud.call("TagResources", **IMAGE, Tag=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    cloud.call("TagResources", **IMAGE, Tag=[{"Key": "a", "Value": "2"}, {"Key": "c"}])
    assert _tags(cloud) == {"a": "2", "b": "", "c": ""}
    cloud.call("UntagResources", **IMAGE, TagKey=["b", "none"])
    assert _tags(cloud) == {"a": "2", "c": ""}
    cloud.call("UntagResources", **IMAGE, TagKey=["c"], All=True)
    assert _tags(cloud) == {"a": "2"}
    cloud.call("UntagResources", **IMAGE)
    assert _tags(cloud) == {"a": "2"}
    cloud.call("UntagResources", **IMAGE, All="true")
    assert _tags(cloud) == {}


def test_tags_are_listed_one_row_each(cloud: Cloud) -> None:
    cloud.call("TagResources", **IMAGE, Tag=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    rows = cloud.call("ListTagResources", **IMAGE)["TagResources"]["TagResource"]
    assert rows == [
        {"ResourceId": GOLDEN, "ResourceType": "image", "TagKey": "a", "TagValue": "1"},
        {"ResourceId": GOLDEN, "ResourceType": "image", "TagKey": "b", "TagValue": ""},
    ]
    by_tag = {"RegionId": "cn-hangzhou", "ResourceType": "image"}
    found = cloud.call("ListTagResources", **by_tag, Tag=[{"Key": "a", "Value": "1"}])
    assert len(found["TagResources"]["TagResource"]) == 2
    none = cloud.call("ListTagResources", **by_tag, Tag=[{"Key": "a", "Value": "9"}])
    assert none["TagResources"] == {"TagResource": []}
    disks = {**by_tag, "ResourceType": "disk"}
    assert cloud.call("ListTagResources", **disks, ResourceId=["d-1"])["TagResources"] == {
        "TagResource": []
    }


def test_a_long_list_of_tags_comes_in_pages(cloud: Cloud, clock: HandClock) -> None:
    tags = [{"Key": f"k{n}", "Value": str(n)} for n in range(20)]
    ids = [cloud.copy(f"web-{n}", Tag=tags) for n in range(4)]
    ask = {"RegionId": "cn-shanghai", "ResourceType": "image", "ResourceId": ids}
    first = cloud.call("ListTagResources", **ask)
    assert len(first["TagResources"]["TagResource"]) == 50
    second = cloud.call("ListTagResources", **ask, NextToken=first["NextToken"])
    assert (len(second["TagResources"]["TagResource"]), second["NextToken"]) == (30, "")


def test_instances_and_snapshots_have_tags_too(cloud: Cloud) -> None:
    instance = cloud.run(Tag=[{"Key": "a", "Value": "1"}])
    one = {"RegionId": "cn-hangzhou", "ResourceType": "instance", "ResourceId": [instance]}
    cloud.call("TagResources", **one, Tag=[{"Key": "b"}])
    [shown] = cloud.call("DescribeInstances", RegionId="cn-hangzhou")["Instances"]["Instance"]
    assert len(shown["Tags"]["Tag"]) == 2
    snapshot = {**one, "ResourceType": "snapshot", "ResourceId": ["s-golden0000000000001"]}
    cloud.call("TagResources", **snapshot, Tag=[{"Key": "a", "Value": "1"}])
    by_tag = {"RegionId": "cn-hangzhou", "Tag": [{"Key": "a"}]}
    assert cloud.call("DescribeSnapshots", **by_tag)["TotalCount"] == 1
    assert cloud.call("DescribeInstances", **by_tag)["TotalCount"] == 1


def test_the_older_action_counts(cloud: Cloud) -> None:
    cloud.call("TagResources", **IMAGE, Tag=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    cloud.run(Tag=[{"Key": "a", "Value": "1"}])
    reply = cloud.call("DescribeTags", RegionId="cn-hangzhou")
    assert reply["TotalCount"] == 2
    assert reply["Tags"]["Tag"][0] == {
        "TagKey": "a", "TagValue": "1", "ResourceTypeCount": {"Image": 1, "Instance": 1},
    }  # fmt: skip
    one = {"ResourceType": "image", "ResourceId": GOLDEN, "Tag": [{"Key": "b"}]}
    assert cloud.call("DescribeTags", RegionId="cn-hangzhou", **one)["TotalCount"] == 1
    disks = cloud.call("DescribeTags", RegionId="cn-hangzhou", ResourceType="disk")
    assert disks["Tags"] == {"Tag": []}


TAG_ERRORS = [
    ("TagResources", {"RegionId": ""}, 404, "MissingParameter.RegionId"),
    ("TagResources", {"ResourceType": ""}, 404, "MissingParameter.ResourceType"),
    ("TagResources", {"ResourceType": "cloudlet"}, 404, "InvalidResourceType.NotFound"),
    ("TagResources", {"ResourceType": "disk"}, 404, "InvalidResourceId.NotFound"),
    ("TagResources", {"ResourceId": []}, 404, "MissingParameter.ResourceIds"),
    ("TagResources", {"ResourceId": ["m-none"]}, 404, "InvalidResourceId.NotFound"),
    ("TagResources", {"ResourceId": ["m-x"] * 51}, 400, "NumberExceed.ResourceIds"),
    ("TagResources", {"Tag": []}, 404, "MissingParameter.Tags"),
    ("TagResources", {"Tag": [{"Key": str(n)} for n in range(21)]}, 400, "NumberExceed.Tags"),
    ("TagResources", {"Tag": [{"Key": "x"}, {"Key": "x"}]}, 400, "Duplicate.TagKey"),
    ("TagResources", {"Tag": [{"Key": "OLD"}]}, 403, "TagKey.Duplication"),
    ("TagResources", {"Tag": [{"Key": str(n)} for n in range(20)]}, 403, "QuotaExceed.Tags"),
    ("TagResources", {"RegionId": "cn-beijing"}, 404, "InvalidResourceId.NotFound"),
    ("TagResources", {"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"),
    ("UntagResources", {"ResourceId": []}, 404, "MissingParameter.ResourceIds"),
    ("UntagResources", {"TagKey": [str(n) for n in range(21)]}, 400, "NumberExceed.Tags"),
    ("ListTagResources", {"ResourceId": [], "Tag": []}, 404, "MissingParameter.ResourceIds"),
    ("ListTagResources", {"Tag": [{"Value": "x"}]}, 400, "InvalidTag.Mismatch"),
    ("DescribeTags", {"ResourceType": "cloudlet"}, 404, "InvalidResourceType.NotFound"),
]


@pytest.mark.parametrize(
    ("action", "changes", "status", "code"), TAG_ERRORS, ids=lambda value: str(value)[:50]
)
def test_a_tag_action_is_refused(
    cloud: Cloud,
    refused: Callable[..., tuple[int, str]],
    action: str,
    changes: dict[str, object],
    status: int,
    code: str,
) -> None:
    cloud.call("TagResources", **IMAGE, Tag=[{"Key": "old"}])
    parameters = {**IMAGE, "Tag": [{"Key": "new"}], **changes}
    assert refused(action, **parameters) == (status, code)
    assert _tags(cloud) == {"old": ""}


def test_nothing_is_tagged_if_one_id_is_wrong(
    cloud: Cloud, refused: Callable[..., tuple[int, str]]
) -> None:
    both = {**IMAGE, "ResourceId": [GOLDEN, "m-none"]}
    assert refused("TagResources", **both, Tag=[{"Key": "a"}])[0] == 404
    assert _tags(cloud) == {}


def test_resource_groups(cloud: Cloud, refused: Callable[..., tuple[int, str]]) -> None:
    join = {
        "RegionId": "cn-hangzhou",
        "ResourceType": "image",
        "ResourceId": GOLDEN,
        "ResourceGroupId": "rg-team",
    }
    cloud.call("JoinResourceGroup", **join)
    assert [one["ImageId"] for one in cloud.images("cn-hangzhou", ResourceGroupId="rg-team")] == [
        GOLDEN
    ]
    assert refused("JoinResourceGroup", **{**join, "ResourceGroupId": ""}) == (
        403,
        "MissingParameter",
    )
    assert refused("JoinResourceGroup", **{**join, "ResourceGroupId": "team"}) == (
        404,
        "InvalidResourceGroup.NotFound",
    )
    assert refused("JoinResourceGroup", **{**join, "ResourceType": "Image"}) == (
        404,
        "InvalidResourceType.NotFound",
    )
    assert refused("JoinResourceGroup", **{**join, "ResourceId": "m-none"}) == (
        404,
        "InvalidResourceId.NotFound",
    )


# --- shares -------------------------------------------------------------------------------------------


def test_shares(cloud: Cloud) -> None:
    accounts = [str(2000000000000000 + n) for n in range(12)]
    cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=accounts)
    reply = cloud.call("DescribeImageSharePermission", **SHARE, PageSize=4, PageNumber=3)
    # Over ten accounts a call are passed over.
    assert reply["TotalCount"] == 10
    assert [one["AliyunId"] for one in reply["Accounts"]["Account"]] == accounts[8:10]
    cloud.call(
        "ModifyImageSharePermission", **SHARE, RemoveAccount=accounts[:9], AddAccount=[accounts[11]]
    )
    reply = cloud.call("DescribeImageSharePermission", **SHARE)
    assert [one["AliyunId"] for one in reply["Accounts"]["Account"]] == [accounts[9], accounts[11]]
    assert cloud.image(GOLDEN, "cn-hangzhou")["IsSelfShared"] == "True"


def test_a_public_image(cloud: Cloud, refused: Callable[..., tuple[int, str]]) -> None:
    assert refused("ModifyImageSharePermission", **SHARE, IsPublic=False) == (
        403,
        "Image.NotPublic",
    )
    cloud.call("ModifyImageSharePermission", **SHARE, IsPublic=True)
    assert refused("ModifyImageSharePermission", **SHARE, IsPublic=True) == (403, "Image.Public")
    assert refused("DeleteImage", **SHARE) == (403, "ImageIsPublic")
    cloud.call("ModifyImageSharePermission", **SHARE, IsPublic=False)
    cloud.call("DeleteImage", **SHARE)


def test_shares_that_cannot_be(
    cloud: Cloud, clock: HandClock, refused: Callable[..., tuple[int, str]]
) -> None:
    def add(account: str, **image: object) -> tuple[int, str]:
        return refused("ModifyImageSharePermission", **{**SHARE, **image}, AddAccount=[account])

    assert add("alice") == (404, "InvalidAccount.NotFound")
    assert add("1000000000000001") == (404, "InvalidAccount.Forbbiden")
    assert add("2000000000000000", ImageId="m-none") == (404, "InvalidImageId.NotFound")
    service, own = (
        cloud.copy("service", Encrypted=True),
        cloud.copy("own", Encrypted=True, KMSKeyId="key-1"),
    )
    copied = {"RegionId": "cn-shanghai", "ImageId": service}
    assert add("2000000000000000", **copied) == (403, "OperationDenied.InvalidImageStatus")
    clock.advance(3600)
    assert add("2000000000000000", **copied) == (
        403,
        "InvalidOperation.ServiceKeyEncryptedImageUnsupported",
    )
    shared = {"RegionId": "cn-shanghai", "ImageId": own}
    cloud.call("ModifyImageSharePermission", **shared, AddAccount=["2000000000000000"])
    cloud.world.choose({"share_quota": 1})
    assert add("2000000000000001", **shared) == (403, "QuotaExceed.ShareImageUser")
    assert refused("ModifyImageAttribute", **shared, Status="Deprecated") == (403, "ImageUseShared")
    assert refused("ModifyImageSharePermission", **shared, DryRun=True)[1] == "DryRunOperation"
