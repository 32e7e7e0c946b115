"""Faults of the cloud that no other test has: a whole deploy goes through each, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from imageferry.control.requests import StackView
from imageferry.emulator import controls
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.scenarios.emulated import Emulated, emulated

ONE = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: carried
  Other:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: carried
"""

LOOKS = "DescribeImages"
SURVIVED: Mapping[str, tuple[dict[str, object], ...]] = {
    "throttled for ten windows": ({"kind": "throttle", "action": LOOKS, "skip": 4, "count": 10},),
    "a token that the cloud says was used with other parameters": (
        {"kind": "lost_reply", "action": "CopyImage", "region": "cn-shanghai", "count": 1},
        {
            "kind": "error",
            "action": "CopyImage",
            "region": "cn-shanghai",
            "count": 1,
            "status": 400,
            "code": "IdempotentParameterMismatch",
        },
    ),
    "half a reply to a copy": ({"kind": "cut_body", "action": "CopyImage", "count": 2},),
    "half a reply to looks": ({"kind": "cut_body", "action": LOOKS, "skip": 3, "count": 4},),
    "visible, invisible, visible": (
        {"kind": "unlisted", "action": LOOKS, "skip": 5, "count": 3},
        {"kind": "unlisted", "action": LOOKS, "skip": 6, "count": 2},
    ),
    "tags that are never applied": ({"kind": "tagless", "action": "CopyImage", "count": None},),
    "tags that are never applied, and a lost reply": (
        {"kind": "tagless", "action": "CopyImage", "count": None},
        {"kind": "lost_reply", "action": "CopyImage", "count": 1},
    ),
    "progress that goes back": (
        {"kind": "shown", "action": LOOKS, "skip": 9, "count": 1, "progress": "3%"},
    ),
    "progress that is no number": (
        {"kind": "shown", "action": LOOKS, "skip": 3, "count": 5, "progress": "soon"},
    ),
    "progress that is empty": (
        {"kind": "shown", "action": LOOKS, "skip": 3, "count": 5, "progress": ""},
    ),
    "a status that nobody knows": (
        {"kind": "shown", "action": LOOKS, "skip": 3, "count": 3, "word": "Syncing"},
    ),
    "Available and not usable": (
        {"kind": "unusable", "action": "CopyImage", "count": None, "seconds": 200.0},
    ),
    "a hundred times slower": ({"kind": "slow", "action": "*", "count": 30, "seconds": 10.0},),
    "a region down for an hour": (
        {"kind": "unavailable", "action": "*", "region": "cn-beijing", "count": 400},
    ),
    "pages in HTML": ({"kind": "html", "action": "*", "skip": 1, "count": 12},),
    "the same code with another status": (
        {"kind": "error", "action": "*", "code": "InternalError", "status": 403, "skip": 1,
         "count": 3},
    ),
}  # fmt: skip


def statuses(view: StackView) -> set[str]:
    return {one.resource.status.name for one in view.resources}


def play(home: Path, program: object) -> None:
    async def main() -> None:
        async with emulated(home, speed=20.0, trouble=False) as world:
            await program(world)  # type: ignore[operator]

    run_virtually(main())


@pytest.mark.parametrize("faults", SURVIVED.values(), ids=SURVIVED.keys())
def test_a_deploy_and_a_delete_go_through(
    tmp_path: Path, faults: tuple[dict[str, object], ...]
) -> None:
    async def program(world: Emulated) -> None:
        for fault in faults:
            world.fault(**fault)
        view = await world.deploy(ONE)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert len(world.copies()) == 2
        view = await world.delete()
        assert view.stack.status is StackStatus.DELETED, view.stack.status_reason
        assert world.copies() == []

    play(tmp_path, program)


REFUSED: Mapping[str, tuple[dict[str, object], str]] = {
    "no room for snapshots": (
        {"action": "CopyImage", "code": "QuotaExceed.Snapshot", "status": 403}, "QuotaExceed"),
    "a region that does not copy": (
        {"action": "CopyImage", "code": "RegionNotSupportCopy", "status": 400}, "RegionNotSupport"),
    "a key that is disabled": (
        {"action": "CopyImage", "code": "InvalidParameter.KMSKeyId.KMSUnauthorized",
         "status": 400}, "KMS"),
    "encryption that is not allowed": (
        {"action": "CopyImage", "code": "EncryptedIllegal", "status": 400}, "EncryptedIllegal"),
    "an image that is too large": (
        {"action": "CopyImage", "code": "SizeExceed.Image", "status": 403}, "SizeExceed"),
    "a role that cannot be assumed": (
        {"action": "CopyImage", "code": "InvalidAccessKeyId.NotFound", "status": 404},
        "InvalidAccessKeyId"),
    "a permission that is missing": (
        {"action": "CopyImage", "code": "Forbidden.RAM", "status": 403}, "Forbidden"),
}  # fmt: skip


@pytest.mark.parametrize(("refusal", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_one_region_is_refused_and_the_other_stays(
    tmp_path: Path, refusal: dict[str, object], named: str
) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="error", region="cn-beijing", count=None, **refusal)
        view = await world.deploy(ONE)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert statuses(view) == {"CREATED", "CREATE_FAILED"}
        failed = next(
            one.resource for one in view.resources if one.resource.status.name == "CREATE_FAILED"
        )
        assert named in failed.status_reason
        assert [image["region"] for image in world.copies()] == ["cn-shanghai"]
        world.calm()
        assert (await world.deploy(ONE)).stack.status is StackStatus.CREATED
        assert len(world.copies()) == 2

    play(tmp_path, program)


@pytest.mark.parametrize("percent", [1, 99])
def test_a_copy_that_fails_early_or_late_leaves_nothing_behind(
    tmp_path: Path, percent: int
) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="copy_fails", region="cn-beijing", percent=percent)
        view = await world.deploy(ONE, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        assert world.copies() == []

    play(tmp_path, program)


def test_throttled_while_turning_back(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="copy_fails", region="cn-beijing", percent=50)
        world.fault(kind="throttle", action="DeleteImage", count=12)
        world.fault(kind="throttle", action="CancelCopyImage", count=12)
        view = await world.deploy(ONE, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert world.copies() == []

    play(tmp_path, program)


def test_an_image_that_becomes_unavailable_is_told_and_can_be_deleted(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="shown", action=LOOKS, skip=3, count=None, word="UnAvailable")
        view = await world.deploy(ONE)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert "UnAvailable" in view.stack.status_reason
        world.calm()
        assert (await world.delete()).stack.status is StackStatus.DELETED
        assert world.copies() == []

    play(tmp_path, program)


def test_a_cancel_that_says_yes_and_does_nothing(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="copy_fails", region="cn-beijing", percent=1)
        world.fault(kind="ignored", action="CancelCopyImage", count=1)
        view = await world.deploy(ONE, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert world.copies() == []

    play(tmp_path, program)


def test_a_cancel_that_comes_too_late_becomes_a_delete(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        world.fault(kind="copy_fails", region="cn-beijing", percent=50)
        world.fault(kind="slow", action="CancelCopyImage", seconds=1.0)
        world.fault(
            kind="error", action="CancelCopyImage", code="IncorrectImageStatus", status=403, count=2
        )
        view = await world.deploy(ONE, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert world.copies() == []

    play(tmp_path, program)


def test_may_create_and_may_not_delete(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        assert (await world.deploy(ONE)).stack.status is StackStatus.CREATED
        world.fault(
            kind="error", action="DeleteImage", code="Forbidden.RAM", status=403, count=None
        )
        view = await world.delete()
        assert view.stack.status is StackStatus.DELETE_FAILED
        assert len(view.resources) == 2 and len(world.copies()) == 2
        world.calm()
        assert (await world.delete()).stack.status is StackStatus.DELETED
        assert world.copies() == []

    play(tmp_path, program)


def test_credentials_that_expire_in_the_middle_are_renewed(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        world.fault(
            kind="error", action="*", code="InvalidSecurityToken.Expired", status=400, skip=3,
            count=1,
        )  # fmt: skip
        assert (await world.deploy(ONE)).stack.status is StackStatus.CREATED
        assert len(world.copies()) == 2

    play(tmp_path, program)


def test_the_queue_of_a_region_holds_for_hours(tmp_path: Path) -> None:
    async def program(world: Emulated) -> None:
        controls.change_settings(world.cloud.world, {"running_copies": 1, "speed": 0.5})
        view = await world.deploy(ONE, name="first")
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert world.house.clock.monotonic() > 3600

    play(tmp_path, program)
