"""Detections: begun, gone on with beside the caller, and looked at later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.cloud.client import Action
from imageferry.control.desk import Desk
from imageferry.control.detections import (
    begin_detection,
    detect_resource,
    drifts_found,
    find_detection,
)
from imageferry.control.requests import OperationHolds, ResourceUnknown
from imageferry.control.signs import PATIENCE
from imageferry.model.detections import Detection, DetectionStatus
from imageferry.model.drift import ResourceDriftStatus, StackDriftStatus
from imageferry.ports.keeping import Store
from tests.control.test_client_tokens import lame
from tests.control.test_plane import THINGS, opened, request
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated
from tests.scenarios.test_drift import REGION, ROS
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop


def test_a_detection_ends_beside_the_caller(tmp_path: Path) -> None:
    async def program(here: Emulated) -> None:
        desk, client = here.house.plane.desk, here.house.voice.client
        view = await here.deploy(ROS)
        image = view.resources[0].resource.attributes["ImageId"]

        async def rename(name: str) -> None:
            asked = {"RegionId": REGION, "ImageId": str(image), "ImageName": name}
            await client.call(Action("ModifyImageAttribute", repeatable=False), REGION, asked)

        await rename("renamed")
        begun = await begin_detection(desk, view.stack)
        assert begun.status is DetectionStatus.IN_PROGRESS
        await desk.errands.settled()
        found = await find_detection(desk, begun.detection_id)
        assert found is not None
        assert (found.status, found.drift_status, found.drifted) == (
            DetectionStatus.COMPLETE,
            StackDriftStatus.DRIFTED,
            1,
        )
        (one,) = await drifts_found(desk, view.stack.stack_id)
        assert (one.logical_id, one.status) == ("Golden", ResourceDriftStatus.MODIFIED)
        assert [(d.path, d.kind, d.expected, d.actual) for d in one.differences] == [
            ("/DestinationImageName", "NOT_EQUAL", "carried", "renamed")
        ]
        assert one.expected["DestinationImageName"] == "carried"
        assert one.actual["DestinationImageName"] == "renamed"
        assert "hidden" not in str(one)
        await rename("carried")
        mended = await detect_resource(desk, view.stack, "Golden")
        assert mended.status is ResourceDriftStatus.IN_SYNC
        (again,) = await drifts_found(desk, view.stack.stack_id)
        assert again == mended

    play_emulated(tmp_path, program, speed=100.0)


async def found_of(desk: Desk, begun: Detection) -> Detection:
    found = await find_detection(desk, begun.detection_id)
    assert found is not None
    return found


def test_one_that_is_broken_off_with_its_house_says_so_at_once(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        begun = await begin_detection(desk, (await shop.deploy(THINGS)).stack)
        await shop.clock.sleep(0)
        await desk.errands.close()
        found = await found_of(desk, begun)
        assert found.status is DetectionStatus.FAILED
        assert "begin again" in found.reason

    play(tmp_path, program)


def test_one_whose_process_was_killed_has_failed_after_a_while(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        begun = await begin_detection(lame(desk), (await shop.deploy(THINGS)).stack)
        await shop.clock.sleep(0)
        await desk.errands.close()
        assert (await found_of(desk, begun)).status is DetectionStatus.IN_PROGRESS
        await shop.clock.sleep(PATIENCE + 1)
        found = await found_of(desk, begun)
        assert found.status is DetectionStatus.FAILED
        assert "begin again" in found.reason

    play(tmp_path, program)


def test_one_that_takes_long_is_not_given_up(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack = (await shop.deploy(THINGS)).stack
        store: Any = Waiting(desk.store, 10 * PATIENCE)
        begun = await begin_detection(replace(desk, store=store), stack)
        await shop.clock.sleep(9 * PATIENCE)
        assert (await found_of(desk, begun)).status is DetectionStatus.IN_PROGRESS
        await desk.errands.settled()
        assert (await found_of(desk, begun)).status is DetectionStatus.COMPLETE

    play(tmp_path, program)


def test_a_fault_of_ours_leaves_nobody_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack = (await shop.deploy(THINGS)).stack
        store: Any = Waiting(desk.store, 0.0, ZeroDivisionError())
        begun = await begin_detection(replace(desk, store=store), stack)
        await desk.errands.settled()
        assert (await found_of(desk, begun)).status is DetectionStatus.FAILED

    play(tmp_path, program)
    assert "what was begun for a caller has failed" in caplog.text


class Waiting:
    """A store that takes its time to say which installation it is of, or fails to."""

    def __init__(self, store: Store, seconds: float, failure: Exception | None = None) -> None:
        self._store, self._seconds, self._failure = store, seconds, failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def installation(self) -> str:
        await asyncio.sleep(self._seconds)
        if self._failure is not None:
            raise self._failure
        return await self._store.installation()


def test_what_cannot_be_compared_is_refused_at_once(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        view = await shop.deploy(THINGS)
        with pytest.raises(ResourceUnknown):
            await begin_detection(desk, view.stack, ["Tree"])
        await opened(shop, request(Name="b"))
        with pytest.raises(OperationHolds):
            await begin_detection(desk, view.stack)
        assert await find_detection(desk, "unknown") is None

    play(tmp_path, program)
