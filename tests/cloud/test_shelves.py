"""What a region holds: images with the size of all their disks."""

from __future__ import annotations

import asyncio

import pytest

from imageferry.cloud.shelves import images_on_shelf
from tests.cloud.stubs import Line, client_of, reply

DISKS = {"DiskDeviceMapping": [{"Size": "40"}, {"Size": "500"}]}


@pytest.mark.parametrize(
    ("entry", "gib"),
    [
        pytest.param({"Size": 40, "DiskDeviceMappings": DISKS}, 540, id="all disks"),
        pytest.param({"Size": 40}, 40, id="no disks told"),
        pytest.param(
            {"Size": 40, "DiskDeviceMappings": {"DiskDeviceMapping": [{"Size": ""}]}},
            40,
            id="a disk without size",
        ),
        pytest.param({}, None, id="no size at all"),
    ],
)
def test_the_size_of_an_image_is_that_of_all_its_disks(
    entry: dict[str, object], gib: int | None
) -> None:
    page = reply(TotalCount=1, Images={"Image": [{"ImageId": "m-1", **entry}]})
    shelf = asyncio.run(images_on_shelf(client_of(Line([page])), "cn-hangzhou"))
    assert [one.gib for one in shelf.images] == [gib]
    assert shelf.total == 1
