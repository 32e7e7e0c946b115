"""Who needs an image, as the cloud tells it in few calls; and what cannot be asked."""

from __future__ import annotations

import asyncio

from imageferry.cloud.image_uses import CloudImages
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.cloud.stubs import Line, client_of, refusal, reply

IMAGE = {
    "ImageId": "m-1",
    "ImageName": "web-1",
    "Status": "Available",
    "ImageOwnerAlias": "self",
    "ImageFamily": "web",
    "CreationTime": "2026-11-22T10:00:00Z",
    "IsPublic": True,
    "Tags": {"Tag": [{"TagKey": "team", "TagValue": "web"}]},
}


def page(*images: dict[str, object]) -> HttpResponse:
    return reply(Images={"Image": list(images)}, TotalCount=len(images))


def accounts(first: int, number: int) -> HttpResponse:
    told = [{"AliyunId": str(first + one)} for one in range(number)]
    return reply(Accounts={"Account": told}, TotalCount=150)


def test_all_that_needs_an_image() -> None:
    answers = {
        "DescribeImages": [page(IMAGE)],
        "DescribeInstances": [reply(Instances={"Instance": [{"InstanceId": "i-1"}]})],
        "DescribeImageSharePermission": [accounts(1000, 100), accounts(1100, 50)],
        "DescribeImageFromFamily": [reply(Image=IMAGE)],
    }

    async def send(request: HttpRequest) -> HttpResponse:
        return answers[request.headers["x-acs-action"]].pop(0)

    client = client_of(Line([]), send=send)
    found = asyncio.run(CloudImages(client).uses("cn-beijing", ["m-1", "m-gone", "m-1"]))
    assert list(found) == ["m-1"]
    use = found["m-1"]
    assert use.instances == ("i-1",)
    assert use.accounts == tuple(str(1000 + one) for one in range(150))
    assert use.is_public
    assert use.family == "web"
    assert use.tags == {"team": "web"}
    assert not use.trouble
    assert not any(answers.values())


def test_what_cannot_be_asked_is_told_of_each() -> None:
    line = Line([refusal("Forbidden.RAM", 403)])
    found = asyncio.run(CloudImages(client_of(line)).uses("cn-beijing", ["m-1", "m-2"]))
    assert set(found) == {"m-1", "m-2"}
    assert "DescribeImages in cn-beijing" in found["m-1"].trouble
    assert "Forbidden.RAM" in found["m-1"].trouble


def test_an_image_as_its_region_shows_it() -> None:
    unusable = {**IMAGE, "Usable": False}
    foreign = {**IMAGE, "ImageOwnerAlias": "others"}
    for told, is_ready, is_own in (
        (IMAGE, True, True),
        (unusable, False, True),
        (foreign, True, False),
    ):
        line = Line([page(told)])
        sight = asyncio.run(CloudImages(client_of(line)).look("cn-beijing", "m-1"))
        assert sight is not None
        assert (sight.is_ready, sight.is_own) == (is_ready, is_own)
        assert (sight.name, sight.family, sight.created_at) == ("web-1", "web", 1_795_341_600.0)
    assert asyncio.run(CloudImages(client_of(Line([page()]))).look("cn-beijing", "m-1")) is None


def test_the_regions_of_the_account_in_order() -> None:
    told = [
        {"RegionId": "cn-qingdao"},
        {"RegionId": "cn-beijing", "Status": "available"},
        {"RegionId": "ap-south-1", "Status": "soldOut"},
    ]
    line = Line([reply(Regions={"Region": told})])
    found = asyncio.run(CloudImages(client_of(line)).regions("cn-hangzhou"))
    assert list(found.items()) == [
        ("ap-south-1", False),
        ("cn-beijing", True),
        ("cn-qingdao", True),
    ]
