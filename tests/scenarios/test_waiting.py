"""Waiting: what it costs in looks, who waits for his turn, stalls, restarts and clocks that jump."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.engine.worker import Worker
from imageferry.model.events import Event
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import open_store
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.scenarios.emulated import REGIONS, Emulated, emulated
from tests.scenarios.workshop import FewRegions, Handing

SOURCE = "m-golden0000000000001"
FULL_LENGTH = 2400.0
"""Seconds that a copy of the emulator's 40 GiB image lasts at speed 1, a little more or less."""
HOUR = 3600.0
MOST_POLLS = 80
"""Looks at one region while one copy of an hour lasts: the budget."""


def copies(regions: list[str]) -> bytes:
    """A copy to each of the regions, which may be named more than once."""
    return json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Resources": {
                f"Copy{number}": {
                    "Type": "ALIYUN::ECS::CopyImage",
                    "Properties": {"ImageId": SOURCE, "DestinationRegionId": region},
                }
                for number, region in enumerate(regions)
            },
        }
    ).encode()


def arrivals(number: int, **properties: object) -> bytes:
    """So many copies to the stack's own region."""
    wanted = {"SourceImageId": SOURCE, "SourceRegionId": "cn-hangzhou", **properties}
    return json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {
                f"Copy{index}": {"Type": "TF::Alicloud::ImageCopy", "Properties": wanted}
                for index in range(number)
            },
        }
    ).encode()


async def begin(here: Emulated, name: str, template: bytes, region: str = "cn-hangzhou") -> str:
    plane = here.house.plane
    planned = await plane.plan(StackRequest(name, region, template, "t.yml", {}, None))
    return (await plane.execute(planned, ExecutionOptions())).operation_id


def play(home: Path, minutes: float, scenario: Callable[[Emulated], Awaitable[None]]) -> None:
    async def run() -> None:
        async with emulated(home, speed=FULL_LENGTH / (60 * minutes)) as here:
            await scenario(here)

    run_virtually(run())


def looks_by_region(here: Emulated) -> Counter[str]:
    """DescribeImages calls from now on, by the region that is asked."""
    counted: Counter[str] = Counter()
    client = here.house.voice.client
    send = client._send

    async def counting(request: HttpRequest) -> HttpResponse:
        if request.headers["x-acs-action"] == "DescribeImages":
            counted[dict(request.query)["RegionId"]] += 1
        return await send(request)

    client._send = counting
    return counted


def test_an_hour_in_twenty_regions_costs_eighty_looks_a_region(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        looks = looks_by_region(here)
        view = await here.deploy(copies(REGIONS))
        assert view.stack.status is StackStatus.CREATED
        assert set(looks) >= set(REGIONS)
        # A copy is hidden for its first twenty seconds here, and two looks are throttled.
        assert max(looks[region] for region in REGIONS) <= MOST_POLLS

    play(tmp_path, 60, scenario)


def test_stacks_that_began_apart_share_their_looks(tmp_path: Path) -> None:
    """Eighteen copies to each of two regions in three stacks, five at a time: four hours and more.

    Counted are the looks at a region while any copy to it is unfinished, for each hour of that.
    """

    async def scenario(here: Emulated) -> None:
        looks, clock = looks_by_region(here), here.house.clock
        regions = REGIONS[:2]

        async def late(number: int) -> OperationStatus | None:
            await clock.sleep(number * 417.3)
            operation_id = await begin(here, f"stack{number}", copies(regions * 6))
            return (await here.house.worker.run(operation_id)).status

        began = clock.now()
        ends = await asyncio.gather(*(late(number) for number in range(3)))
        hours = (clock.now() - began) / HOUR
        assert ends == [OperationStatus.SUCCEEDED] * 3
        assert 3.5 < hours < 6
        # One in ten more than copies of one hour may have: each that begins or ends while others run
        # has a few looks of its own.
        assert max(looks[region] for region in regions) <= 1.1 * MOST_POLLS * hours

    play(tmp_path, 60, scenario)


def test_images_that_are_deleted_share_their_looks(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        controls.change_settings(here.cloud.world, {"running_copies": 1000})
        here.calm()
        await here.deploy(copies(["cn-beijing", "cn-shanghai"] * 60))
        looks = looks_by_region(here)
        assert (await here.delete()).stack.status is StackStatus.DELETED
        # Before and after the deletion; sixty of a region one by one would be 120.
        assert sum(looks.values()) <= 40

    play(tmp_path, 10, scenario)


def test_more_than_a_hundred_in_one_region_go_out_as_full_pages(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        controls.change_settings(here.cloud.world, {"running_copies": 1000})
        here.calm()
        looks = looks_by_region(here)
        await here.deploy(copies(["cn-beijing"] * 120))
        # Two pages for each look.
        assert looks["cn-beijing"] <= 2 * MOST_POLLS

    play(tmp_path, 10, scenario)


def test_the_queue_is_not_counted_against_a_time_limit(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        template = arrivals(20, Timeouts={"Create": "10m"})
        operation_id = await begin(here, "arrivals", template, "cn-beijing")
        running = asyncio.ensure_future(here.house.worker.run(operation_id))
        await here.house.clock.sleep(120.0)
        board = here.house.board.progress(operation_id) or {}
        queued = sorted(row.queue for row in board.values() if row.queue is not None)
        assert queued == [(place, 15) for place in range(1, 16)]
        assert "queued, 3rd of 15 in cn-beijing" in {row.says for row in board.values()}
        left = [row.remaining for row in board.values() if row.queue is not None]
        # Eight minutes each, in three turns after the first.
        assert all(rest is not None and 600 < rest < 2400 for rest in left)
        assert max(filter(None, left)) > 1500
        result = await running
        assert result.status is OperationStatus.SUCCEEDED

    play(tmp_path, 8, scenario)


def test_an_end_is_noticed_within_two_per_cent(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        here.calm()
        view = await here.deploy(copies(REGIONS[:5]))
        assert view.operation is not None
        ends = [
            event.time
            for event in await here.house.plane.events(view.stack.stack_id)
            if event.physical_id and event.physical_id.startswith("m-")
        ]
        with closing(sqlite3.connect(here.settings.home / "emulator.db")) as world:
            found = world.execute("SELECT ends_at FROM images WHERE queue_region IS NOT NULL")
            really = [ends_at for (ends_at,) in found]
        assert len(ends) == len(really) == 5
        for noticed, ended in zip(sorted(ends), sorted(really), strict=True):
            assert 0 <= noticed - ended <= 0.02 * 1800

    play(tmp_path, 30, scenario)


async def notes_of(here: Emulated, view: StackView) -> list[Event]:
    events = await here.house.plane.events(view.stack.stack_id)
    return [event for event in events if "looks stalled" in event.reason]


def test_a_stall_is_an_event_once_and_after_a_restart_not_again(tmp_path: Path) -> None:
    async def scenario(here: Emulated) -> None:
        house = here.house
        operation_id = await begin(here, "slow", copies(["cn-beijing"]))
        first, began = here.fresh_worker(), house.clock.now()
        running = asyncio.ensure_future(first.run(operation_id))
        for _ in range(180):
            await house.clock.sleep(60.0)
            rows = (first.board.progress(operation_id) or {}).values()
            if any("no progress for" in row.says for row in rows):
                break
        await house.clock.sleep(60.0)
        stopped = house.clock.now()
        first.stop()
        assert (await running).stopped
        view = await house.plane.view((await house.plane.find("slow")).stack_id)
        assert len(await notes_of(here, view)) == 1
        (resource,) = view.resources
        assert resource.progress is not None
        assert "no progress for" in resource.progress.says
        assert resource.progress.remaining is None
        assert resource.elapsed == pytest.approx(stopped - began, abs=60)
        second = Worker(house.store, TypeCatalog(house.voice.client), house.clock, house.entropy)
        running = asyncio.ensure_future(second.run(operation_id))
        await house.clock.sleep(0.01)
        kept = second.board.progress(operation_id)
        assert kept is not None
        assert kept["Copy0"].percent == resource.progress.percent
        await house.clock.sleep(2 * HOUR)
        second.stop()
        await running
        assert len(await notes_of(here, view)) == 1
        assert [image["status"] for image in here.copies()] == ["Creating"]

    # Whole per cents of a copy of forty hours are 24 minutes apart.
    play(tmp_path, 40 * 60, scenario)


# --- clocks that jump -----------------------------------------------------------------------------


class JumpingClock(VirtualClock):
    """A machine's clock, which somebody sets wrong."""

    jump = 0.0

    def now(self) -> float:
        return super().now() + self.jump


@dataclass
class Machine:
    """One process with a clock of its own, and the cloud, whose clock is right."""

    clock: JumpingClock
    worker: Worker
    operation_id: str
    cloud: Emulator
    restarted: Callable[[], Worker]

    def copies(self) -> list[dict[str, object]]:
        return [one for one in controls.list_images(self.cloud.world) if one["source_image_id"]]


@asynccontextmanager
async def machine(home: Path, template: bytes) -> AsyncIterator[Machine]:
    true, clock, entropy = VirtualClock(), JumpingClock(), SeededEntropy(3)
    seeds = SeededEntropy(7)
    cloud = Emulator(
        ":memory:",
        now=true.now,
        entropy=lambda count: bytes.fromhex((seeds.nonce() * 4)[: 2 * count]),
        sleep=true.sleep,
        speed=FULL_LENGTH / 1800,
    )

    async def send(request: HttpRequest) -> HttpResponse:
        reply = await cloud.handle(request)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(true.now()))
        return replace(reply, headers={**reply.headers, "date": date})

    endpoints = Endpoints(parse_endpoint("emulator.localhost"))
    client = Client(send, emulator_credentials(), endpoints, clock, entropy, {})
    catalog = TypeCatalog(client)
    store = open_store(
        f"sqlite:///{home / 'imageferry.db'}", entropy=entropy, box=lambda: AesGcmBox(b"k" * 32)
    )
    try:
        place = Place("emulator", "1", "")
        plane = ControlPlane(Desk(store, catalog, Handing(), clock, entropy, place, FewRegions()))
        wanted = StackRequest("demo", "cn-beijing", template, "t.yml", {}, None)
        operation = await plane.execute(await plane.plan(wanted), ExecutionOptions())

        def worker() -> Worker:
            return Worker(store, TypeCatalog(client), clock, entropy)

        yield Machine(clock, worker(), operation.operation_id, cloud, worker)
    finally:
        await store.close()
        cloud.close()


@pytest.mark.parametrize(
    "at", [0.3, 100.0, 1700.0], ids=["at the start", "under way", "at the end"]
)
@pytest.mark.parametrize(
    "jump",
    [HOUR, -HOUR, -10 * 365 * 24 * HOUR, 8 * HOUR],
    ids=["+1 h", "-1 h", "-10 years", "+8 h"],
)
def test_a_clock_that_jumps_changes_nothing_of_a_wait(
    tmp_path: Path, jump: float, at: float
) -> None:
    async def run() -> None:
        async with machine(tmp_path, arrivals(3, Timeouts={"Create": "40m"})) as one:
            running = asyncio.ensure_future(one.worker.run(one.operation_id))
            await one.clock.sleep(at)
            one.clock.jump = jump
            result = await running
            assert result.status is OperationStatus.SUCCEEDED
            # Thirty minutes each, all at once: noticed as soon as ever.
            assert one.clock.monotonic() < 1.25 * 1800
            assert len(one.copies()) == 3

    run_virtually(run())


@pytest.mark.parametrize(
    "jump", [HOUR, -HOUR, -10 * 365 * 24 * HOUR], ids=["+1 h", "-1 h", "-10 y"]
)
def test_a_clock_that_is_wrong_after_a_restart_does_not_stop_the_wait(
    tmp_path: Path, jump: float
) -> None:
    async def run() -> None:
        async with machine(tmp_path, arrivals(3)) as one:
            running = asyncio.ensure_future(one.worker.run(one.operation_id))
            await one.clock.sleep(600.0)
            one.worker.stop()
            assert (await running).stopped
            one.clock.jump = jump
            result = await one.restarted().run(one.operation_id)
            assert result.status is OperationStatus.SUCCEEDED
            assert one.clock.monotonic() < 1.25 * 1800
            assert len(one.copies()) == 3

    run_virtually(run())
