"""Verifying: begun, gone on with beside the caller, and never left open."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.receipts import last_of
from imageferry.control.requests import StackNotFound
from imageferry.control.signs import PATIENCE
from imageferry.control.verdicts_kept import kept_verifications
from imageferry.control.verifying import (
    VerifyingStatus,
    begin_verification,
    last_verifying,
)
from imageferry.model.verifications import VerificationStatus
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated
from tests.scenarios.test_drift import ROS


def test_a_verification_ends_beside_the_caller(tmp_path: Path) -> None:
    async def program(here: Emulated) -> None:
        desk = here.house.plane.desk
        view = await here.deploy(ROS)
        stack = view.stack
        assert await last_verifying(desk, stack.stack_id) is None
        begun, same = await asyncio.gather(
            begin_verification(desk, stack), begin_verification(desk, stack)
        )
        assert begun == same and begun.status is VerifyingStatus.IN_PROGRESS
        await desk.errands.settled()
        ended = await last_verifying(desk, stack.stack_id)
        assert ended is not None and ended.status is VerifyingStatus.COMPLETE
        last = last_of(await kept_verifications(desk, stack.stack_id))
        assert last is not None and last.status is VerificationStatus.VERIFIED
        assert desk.errands.ended == 1

    play_emulated(tmp_path, program, speed=100.0)


def test_what_its_process_has_left_is_broken_off_and_begun_again(tmp_path: Path) -> None:
    async def program(here: Emulated) -> None:
        desk = here.house.plane.desk
        view = await here.deploy(ROS)
        await begin_verification(desk, view.stack)
        await desk.errands.close()
        broken = await last_verifying(desk, view.stack.stack_id)
        assert broken is not None
        if broken.status is VerifyingStatus.IN_PROGRESS:
            # Where the house closed before anything was begun, its silence says the same.
            await here.house.clock.sleep(PATIENCE + 1)
            broken = await last_verifying(desk, view.stack.stack_id)
            assert broken is not None
        assert broken.status is VerifyingStatus.FAILED and "begin again" in broken.reason
        again = await begin_verification(desk, view.stack)
        assert again.status is VerifyingStatus.IN_PROGRESS
        await desk.errands.settled()

    play_emulated(tmp_path, program, speed=100.0)


def test_a_deleted_stack_is_not_verified(tmp_path: Path) -> None:
    async def program(here: Emulated) -> None:
        await here.deploy(ROS)
        gone = await here.delete()
        with pytest.raises(StackNotFound):
            await begin_verification(here.house.plane.desk, gone.stack)

    play_emulated(tmp_path, program, speed=100.0)
