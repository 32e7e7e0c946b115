"""What distributing an image costs: a first version, the third with retention, and a family back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures import REGION, Figure, fresh_home
from imageferry.assembly.house import House
from imageferry.cloud.client import Action
from imageferry.control.distributions.outlines import outline
from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.wishes import Wish
from imageferry.testing import run_virtually
from templates import DESTINATIONS, SOURCE_IMAGE
from virtual import Spending, carry_out, spending, spent_figure, virtual_house

ACCOUNT = "1234567890123456"


def measure() -> Iterator[Figure]:
    """Three versions in twenty regions, shared and in a family, the two newest kept."""
    with fresh_home() as home:
        first, third, back = run_virtually(_versions(home))
    yield spent_figure("distribute to 20 regions, 60-minute copies, virtual time", first)
    yield spent_figure("a third version there, and the first retired", third)
    yield spent_figure("a family of 20 regions rolled back", back)


async def _versions(home: Path) -> tuple[Spending, Spending, Spending]:
    async with virtual_house(home) as house:
        with spending(house) as first:
            await _distribute(house, SOURCE_IMAGE)
        await _distribute(house, await _newer(house, "golden-2"))
        newest = await _newer(house, "golden-3")
        with spending(house) as third:
            await _distribute(house, newest)
        with spending(house) as back:
            plane = house.plane
            records = await plane.families(await plane.stacks(None), "bench")
            before = [(one, one.previous) for one in records if one.previous is not None]
            if len(before) != len(DESTINATIONS):
                raise RuntimeError(f"{len(before)} regions have a version to go back to")
            await carry_out(house, await plane.plan_current(before))
    return first, third, back


async def _distribute(house: House, image_id: str) -> None:
    wish = Wish(
        image_id, REGION, DESTINATIONS, stack_name="bench", name="bench-{id}",
        accounts=(ACCOUNT,), family="bench", keeping=Keeping(2),
    )  # fmt: skip
    found = await outline(house.plane.desk, wish)
    for request in filter(None, (found.adoption, found.request)):
        await carry_out(house, await house.plane.plan(request), deletes_remains=True)


async def _newer(house: House, name: str) -> str:
    """The id of a copy in the source's own region: a newer image to distribute."""
    reply = await house.voice.client.call(
        Action("CreateImage", repeatable=True),
        REGION,
        {"RegionId": REGION, "SnapshotId": "s-golden0000000000001", "ImageName": name},
    )
    await house.clock.sleep(7200.0)
    return str(reply["ImageId"])
