"""Reading images, and looks that share a page."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import (
    EVERY_STATUS,
    READINGS,
    ImageLoader,
    decode_image,
    describe_images,
)
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.cloud.stubs import CountedClock, Line, client_of, refusal, reply

FULL: dict[str, Any] = {
    "ImageId": "m-1",
    "ImageName": "golden",
    "Description": "An image",
    "Status": "Creating",
    "Progress": "42%",
    "Usable": False,
    "IsCopied": True,
    "Size": 40,
    "CreationTime": "2025-10-09T08:53:20Z",
    "ImageOwnerAlias": "self",
    "ResourceGroupId": "rg-1",
    "DiskDeviceMappings": {
        "DiskDeviceMapping": [
            {"SnapshotId": "s-1", "Size": "40", "RemainTime": 12, "Encrypted": True},
            {"SnapshotId": "s-2", "Size": "20", "RemainTime": 30},
        ]
    },
    "Tags": {"Tag": [{"TagKey": "env", "TagValue": "test"}, {"TagKey": "bare"}]},
}


def test_an_image_is_read_in_full() -> None:
    image = decode_image(FULL)
    assert (image.image_id, image.name, image.status, image.progress) == (
        "m-1", "golden", "Creating", 42,
    )  # fmt: skip
    assert (image.remaining, image.size, image.created_at) == (30, 40, 1_760_000_000.0)
    assert image.tags == {"env": "test", "bare": ""}
    assert image.snapshots == ("s-1", "s-2")
    assert image.is_copied
    assert image.is_encrypted
    assert not image.is_usable


@pytest.mark.parametrize(
    "entry",
    [
        {"ImageId": "m-1"},
        {"ImageId": "m-1", "Progress": "", "CreationTime": "soon", "Tags": [], "Size": "40"},
        {"ImageId": "m-1", "DiskDeviceMappings": None, "Usable": None, "ImageName": None},
    ],
)
def test_a_poor_image_is_read_as_well(entry: dict[str, Any]) -> None:
    image = decode_image(entry)
    assert (image.progress, image.remaining, image.size, image.tags) == (None, None, None, {})
    assert image.is_usable


class Region:
    """Answers DescribeImages for every id, but for those that it does not have."""

    def __init__(self, missing: set[str] | None = None) -> None:
        self.pages: list[dict[str, str]] = []
        self.missing = missing or set()

    async def send(self, request: HttpRequest) -> HttpResponse:
        query = dict(request.query)
        self.pages.append(query)
        ids = [one for one in query["ImageId"].split(",") if one not in self.missing]
        images = [{"ImageId": one, "Status": "Available"} for one in ids]
        body = {"Images": {"Image": images}, "TotalCount": len(images)}
        return HttpResponse(200, {}, json.dumps(body).encode())


def loader_of(region: Region) -> ImageLoader:
    line = Line([reply()])
    line.send = region.send  # type: ignore[method-assign]
    return ImageLoader(client_of(line))


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_looks_of_one_tick_share_pages(count: int, pages: int) -> None:
    region = Region(missing={"m-0"})
    loader = loader_of(region)

    async def run() -> None:
        ids = [f"m-{number}" for number in range(count)]
        found = await asyncio.gather(*(loader.look("cn-beijing", one) for one in [*ids, "m-0"]))
        assert [None if one is None else one.image_id for one in found] == [None, *ids[1:], None]

    asyncio.run(run())
    assert loader.pages == len(region.pages) == pages
    assert all(page["Status"] == EVERY_STATUS for page in region.pages)
    assert all(len(page["ImageId"].split(",")) <= 100 for page in region.pages)


def test_each_region_has_its_page_and_every_tick_a_new_one() -> None:
    region = Region()
    loader = loader_of(region)

    async def run() -> None:
        await asyncio.gather(loader.look("cn-beijing", "m-1"), loader.look("cn-shanghai", "m-1"))
        await loader.look("cn-beijing", "m-1")

    asyncio.run(run())
    assert [page["RegionId"] for page in region.pages] == [
        "cn-beijing",
        "cn-shanghai",
        "cn-beijing",
    ]


def test_a_caller_that_leaves_does_not_take_the_others_page_away() -> None:
    region = Region()
    loader = loader_of(region)

    async def run() -> None:
        first = asyncio.ensure_future(loader.look("cn-beijing", "m-1"))
        second = asyncio.ensure_future(loader.look("cn-beijing", "m-1"))
        await asyncio.sleep(0)
        first.cancel()
        found = await second
        assert found is not None

    asyncio.run(run())
    assert len(region.pages) == 1


def test_an_error_reaches_everybody_who_looks() -> None:
    loader = ImageLoader(client_of(Line([refusal("Forbidden.RAM", 403)])))

    async def run() -> None:
        looks = [loader.look("cn-beijing", f"m-{number}") for number in range(3)]
        found = await asyncio.gather(*looks, return_exceptions=True)
        assert [type(one) for one in found] == [CloudError] * 3

    asyncio.run(run())


def test_all_pages_are_read() -> None:
    def page(first: int, count: int) -> HttpResponse:
        images = [{"ImageId": f"m-{first + number}"} for number in range(count)]
        return reply(Images={"Image": images}, TotalCount=150)

    line = Line([page(0, 100), page(100, 50)])
    found = asyncio.run(describe_images(client_of(line, CountedClock()), "cn-beijing", name="x"))
    assert len(found) == 150
    assert [dict(one.query)["PageNumber"] for one in line.requests] == ["1", "2"]


class Restless:
    """A region of numbered images, the oldest first, in which something happens behind each page."""

    def __init__(self, count: int, *deeds: str) -> None:
        self.ids = [f"m-{number:03}" for number in range(count)]
        self.deeds = list(deeds)
        self.pages: list[int] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        number = int(dict(request.query)["PageNumber"])
        self.pages.append(number)
        shown = self.ids[100 * (number - 1) : 100 * number]
        answer = reply(
            Images={"Image": [{"ImageId": one} for one in shown]}, TotalCount=len(self.ids)
        )
        match self.deeds.pop(0) if self.deeds else "nothing":
            case "first_goes":
                del self.ids[0]
            case "one_comes_first":
                self.ids.insert(0, f"m-new-{len(self.pages)}")
            case "one_comes_last":
                self.ids.append(f"m-new-{len(self.pages)}")
        return answer


@pytest.mark.parametrize(
    ("deeds", "pages"),
    [
        ((), [1, 2, 3]),
        (("first_goes",), [1, 2, 1, 2, 3]),
        (("one_comes_first",), [1, 2, 1, 2, 3]),
        (("one_comes_last",), [1, 2, 1, 2, 3]),
        (("nothing", "first_goes"), [1, 2, 3, 1, 2, 3]),
        (("first_goes", "nothing", "first_goes"), [1, 2, 1, 2, 1, 2, 3]),
    ],
    ids=["quiet", "goes", "comes_first", "comes_last", "goes_later", "goes_twice"],
)
def test_what_moves_from_page_to_page_is_neither_missed_nor_told_twice(
    deeds: tuple[str, ...], pages: list[int]
) -> None:
    region = Restless(250, *deeds)
    line = Line([reply()])
    line.send = region.send  # type: ignore[method-assign]
    found = asyncio.run(describe_images(client_of(line), "cn-beijing", owner="self"))
    assert [one.image_id for one in found] == region.ids
    assert region.pages == pages


def test_a_region_that_never_rests_is_read_for_so_long_and_no_longer() -> None:
    region = Restless(250, *(["one_comes_first"] * 100))
    line = Line([reply()])
    line.send = region.send  # type: ignore[method-assign]
    found = asyncio.run(describe_images(client_of(line), "cn-beijing", owner="self"))
    ids = [one.image_id for one in found]
    assert len(ids) == len(set(ids))
    assert {f"m-{number:03}" for number in range(250)} <= set(ids)
    assert region.pages.count(1) == READINGS
