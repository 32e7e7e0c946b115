"""Detections: begun, gone on with beside the caller, and looked at later."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.cloud.client import Action
from imageferry.control.detections import (
    begin_detection,
    detect_resource,
    drifts_found,
    find_detection,
)
from imageferry.control.requests import OperationHolds, ResourceUnknown
from imageferry.model.detections import DetectionStatus
from imageferry.model.drift import ResourceDriftStatus, StackDriftStatus
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


def test_one_that_its_process_left_has_failed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        view = await shop.deploy(THINGS)
        begun = await begin_detection(desk, view.stack)
        await desk.errands.close()
        found = await find_detection(desk, begun.detection_id)
        assert found is not None
        assert found.status is DetectionStatus.IN_PROGRESS
        await shop.clock.sleep(901)
        found = await find_detection(desk, begun.detection_id)
        assert found is not None
        assert found.status is DetectionStatus.FAILED
        assert "begin again" in found.reason

    play(tmp_path, program)


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
