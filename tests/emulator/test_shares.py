"""What two accounts see of each other's images: shared, public, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.wire.alibaba_signing import Credentials
from tests.emulator.clouds import GOLDEN, Cloud, HandClock, Refused

SHARE = {"RegionId": "cn-hangzhou", "ImageId": GOLDEN}
SECOND = "1000000000000002"

Neighbour = Callable[..., dict[str, Any]]


@pytest.fixture
def neighbour(cloud: Cloud) -> Neighbour:
    """Calls of the second account, by the key that every world knows."""

    def call(action: str, /, **parameters: object) -> dict[str, Any]:
        own, cloud.credentials = cloud.credentials, Credentials("emulator-2", "emulator-2")
        try:
            return cloud.call(action, **parameters)
        finally:
            cloud.credentials = own

    return call


@pytest.fixture
def refuses(neighbour: Neighbour) -> Callable[..., tuple[int, str]]:
    """Calls of the second account that must be refused: status and code."""

    def call(action: str, /, **parameters: object) -> tuple[int, str]:
        with pytest.raises(Refused) as caught:
            neighbour(action, **parameters)
        return caught.value.status, caught.value.code

    return call


def seen(neighbour: Neighbour, **more: object) -> list[str]:
    given = {"RegionId": "cn-hangzhou", "Status": "ALL", **more}
    return [one["ImageId"] for one in neighbour("DescribeImages", **given)["Images"]["Image"]]


LOOKS: list[tuple[str, dict[str, object], tuple[bool, bool, bool]]] = [
    # what is asked; is it seen when private, shared, public
    ("everything", {}, (False, True, False)),
    ("others", {"ImageOwnerAlias": "others"}, (False, True, False)),
    ("community", {"ImageOwnerAlias": "others", "IsPublic": True}, (False, False, True)),
    ("self", {"ImageOwnerAlias": "self"}, (False, False, False)),
    ("by id", {"ImageId": GOLDEN}, (False, True, False)),
    (
        "community by id",
        {"ImageId": GOLDEN, "ImageOwnerAlias": "others", "IsPublic": True},
        (False, False, True),
    ),
    ("elsewhere", {"RegionId": "cn-beijing", "ImageOwnerAlias": "others"}, (False, False, False)),
]


@pytest.mark.parametrize(
    ("asked", "expected"), [pytest.param(*one[1:], id=one[0]) for one in LOOKS]
)
def test_who_sees_an_image(
    cloud: Cloud,
    neighbour: Neighbour,
    asked: dict[str, object],
    expected: tuple[bool, bool, bool],
) -> None:
    found = [GOLDEN in seen(neighbour, **asked)]
    cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=[SECOND])
    found.append(GOLDEN in seen(neighbour, **asked))
    cloud.call("ModifyImageSharePermission", **SHARE, RemoveAccount=[SECOND])
    cloud.call("ModifyImageSharePermission", **SHARE, IsPublic=True)
    found.append(GOLDEN in seen(neighbour, **asked))
    assert tuple(found) == expected
    assert GOLDEN in [one["ImageId"] for one in cloud.images("cn-hangzhou")]


def test_what_others_are_shown_of_an_image(cloud: Cloud, neighbour: Neighbour) -> None:
    cloud.call(
        "TagResources", RegionId="cn-hangzhou", ResourceType="image", ResourceId=[GOLDEN],
        Tag=[{"Key": "team", "Value": "blue"}],
    )  # fmt: skip
    cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=[SECOND])
    [shown] = neighbour("DescribeImages", **SHARE)["Images"]["Image"]
    assert (shown["ImageOwnerAlias"], shown["ImageOwnerId"]) == ("others", 1000000000000001)
    assert (shown["Tags"], shown["ResourceGroupId"]) == ({"Tag": []}, "")
    assert cloud.image(GOLDEN, "cn-hangzhou")["Tags"]["Tag"]


CALLS: list[tuple[str, str, dict[str, object], tuple[str, str]]] = [
    # what the neighbour calls; what it is answered where the image is shared, and where it is public
    ("launch", "RunInstances", {"InstanceType": "ecs.g7.large", "SecurityGroupId": "sg-1",
     "VSwitchId": "vsw-1"}, ("", "")),
    ("copy away", "CopyImage", {"DestinationRegionId": "cn-beijing"},
     ("OperationDenied.SameRegionOnly", "OperationDenied.CommunityImage")),
    ("copy here", "CopyImage", {"DestinationRegionId": "cn-hangzhou"},
     ("", "OperationDenied.CommunityImage")),
    ("share on", "ModifyImageSharePermission", {"AddAccount": ["1000000000000009"]},
     ("InvalidImageId.NotFound", "InvalidImageId.NotFound")),
    ("who shares", "DescribeImageSharePermission", {},
     ("InvalidImageId.NotFound", "InvalidImageId.NotFound")),
    ("rename", "ModifyImageAttribute", {"ImageName": "mine"},
     ("InvalidImageId.NotFound", "InvalidImageId.NotFound")),
    ("delete", "DeleteImage", {}, ("InvalidImageId.NotFound", "InvalidImageId.NotFound")),
]  # fmt: skip


@pytest.mark.parametrize("how", ["shared", "public"])
@pytest.mark.parametrize(
    ("action", "more", "answers"), [pytest.param(*one[1:], id=one[0]) for one in CALLS]
)
def test_what_others_may_do_with_an_image(
    cloud: Cloud,
    neighbour: Neighbour,
    refuses: Callable[..., tuple[int, str]],
    how: str,
    action: str,
    more: dict[str, object],
    answers: tuple[str, str],
) -> None:
    assert refuses(action, **SHARE, **more)[1] == "InvalidImageId.NotFound"
    granted = {"AddAccount": [SECOND]} if how == "shared" else {"IsPublic": True}
    cloud.call("ModifyImageSharePermission", **SHARE, **granted)
    expected = answers[0] if how == "shared" else answers[1]
    if expected:
        assert refuses(action, **SHARE, **more)[1] == expected
    else:
        assert neighbour(action, **SHARE, **more)["RequestId"]


def test_instances_of_others_outlive_the_share_and_hold_nothing_back(
    cloud: Cloud, neighbour: Neighbour
) -> None:
    cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=[SECOND])
    neighbour(
        "RunInstances", **SHARE, InstanceType="ecs.g7.large", SecurityGroupId="sg-1",
        VSwitchId="vsw-1",
    )  # fmt: skip
    cloud.call("ModifyImageSharePermission", **SHARE, RemoveAccount=[SECOND])
    cloud.call("DeleteImage", **SHARE)
    reply = neighbour("DescribeInstances", RegionId="cn-hangzhou")
    assert reply["TotalCount"] == 1


def test_a_public_image_may_be_copied_by_its_owner(cloud: Cloud) -> None:
    cloud.call("ModifyImageSharePermission", **SHARE, IsPublic=True)
    image_id = cloud.copy("web")
    # Neither shares nor publicity go along.
    copied = cloud.image(image_id)
    assert (copied["IsPublic"], copied["IsSelfShared"]) == (False, "False")


def test_a_key_of_ones_own_may_be_shared_under(cloud: Cloud, clock: HandClock) -> None:
    own = cloud.copy("own", Encrypted=True, KMSKeyId="key-1")
    clock.advance(3600)
    cloud.call(
        "ModifyImageSharePermission", RegionId="cn-shanghai", ImageId=own, AddAccount=[SECOND]
    )
    assert cloud.image(own)["IsSelfShared"] == "True"


def test_a_deprecated_image_cannot_be_shared_but_unshared(cloud: Cloud) -> None:
    cloud.call("ModifyImageAttribute", **SHARE, Status="Deprecated")
    for granted in ({"AddAccount": [SECOND]}, {"IsPublic": True}):
        with pytest.raises(Refused, match=r"OperationDenied\.InvalidImageStatus"):
            cloud.call("ModifyImageSharePermission", **SHARE, **granted)
    cloud.call("ModifyImageSharePermission", **SHARE, RemoveAccount=[SECOND])


def test_pages_of_accounts_at_the_quota(cloud: Cloud) -> None:
    crowd = [f"2{number:015d}" for number in range(50)]
    for start in range(0, 50, 10):
        cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=crowd[start : start + 10])
    with pytest.raises(Refused, match=r"QuotaExceed\.ShareImageUser"):
        cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=[SECOND])
    found: list[str] = []
    for number in range(1, 5):
        reply = cloud.call("DescribeImageSharePermission", **SHARE, PageSize=20, PageNumber=number)
        assert (reply["TotalCount"], reply["PageNumber"]) == (50, number)
        found += [one["AliyunId"] for one in reply["Accounts"]["Account"]]
    assert found == crowd


def test_a_call_as_another_account(cloud: Cloud) -> None:
    emulator = cloud.emulator
    cloud.call("ModifyImageSharePermission", **SHARE, AddAccount=[SECOND])
    given = (("RegionId", "cn-hangzhou"), ("ImageOwnerAlias", "others"))
    assert emulator.call("DescribeImages", given, SECOND)["TotalCount"] == 1
    assert emulator.call("DescribeImages", given, "1000000000000003")["TotalCount"] == 0
    assert emulator.call("DescribeImages", given)["TotalCount"] == 0
