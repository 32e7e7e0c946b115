"""Why a stack is as it is, in ROS's sentences: through failed rollbacks, deletions and cancellations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imageferry.api.ros.reasons import resource_reason, stack_event_reason
from imageferry.emulator import controls
from imageferry.model.statuses import StackStatus
from tests.api.ros.stories import TWO_COPIES, Talk, told

OTHER = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
UPDATE: dict[str, Any] = {
    "TemplateBody": TWO_COPIES,
    "Parameters": OTHER,
    "ReplacementOption": "Enabled",
}


def _fail(talk: Talk) -> None:
    """Copies to one region fail, and what is left of them nobody may delete."""
    failing = {"kind": "copy_fails", "action": "CopyImage", "region": "cn-beijing", "percent": 50}
    controls.add_fault(talk.apis.cloud.world, {**failing, "count": None})
    refusing = {"kind": "error", "action": "DeleteImage", "code": "Forbidden.RAM", "status": 403}
    controls.add_fault(talk.apis.cloud.world, {**refusing, "count": None, "message": "No."})


async def _events(talk: Talk) -> dict[str, str]:
    """The reasons of the stack's own events by their status, the last one of each."""
    kind = ["ALIYUN::ROS::Stack"]
    listed = await talk.ask("ListStackEvents", **talk.stack, PageSize=50, ResourceType=kind)
    return {one["Status"]: one["StatusReason"] for one in reversed(listed["Events"])}


def test_an_update_whose_rollback_fails(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        _fail(talk)
        await talk.ask("UpdateStack", **talk.stack, **UPDATE)
        stack = await talk.settled()
        assert stack["Status"] == "ROLLBACK_FAILED"
        root = stack["RollbackFailedRootReason"]
        # The first failure has its own code, whatever came to grief after it.
        assert root.startswith("Resource UPDATE failed: NotStabilized: resources.Second: the copy ")
        assert stack["StatusReason"].startswith("Resource UPDATE failed: ")
        assert stack["StatusReason"] != root
        cause = stack["OperationInfo"]
        assert stack["StatusReason"] == (
            f"Resource UPDATE failed: {cause['Code']}: resources.Second: {cause['Message']}"
        )
        reasons = await _events(talk)
        assert reasons["UPDATE_IN_PROGRESS"] == "Stack UPDATE started"
        assert reasons["ROLLBACK_IN_PROGRESS"] == root
        assert reasons["ROLLBACK_FAILED"].startswith("Resource UPDATE failed: AccessDenied: ")
        await talk.ask("DeleteStack", **talk.stack)
        stack = await talk.settled()
        assert stack["Status"] == "DELETE_FAILED"
        assert stack["StatusReason"].startswith(
            "Resource DELETE failed: Forbidden.RAM: resources.First: DeleteImage in cn-shanghai"
        )
        assert "RollbackFailedRootReason" not in stack
        assert (await _events(talk))["DELETE_FAILED"] == stack["StatusReason"]
        listed = (await talk.ask("ListStacks"))["Stacks"][0]
        assert listed["StatusReason"] == stack["StatusReason"]

    told(tmp_path, story)


def test_an_update_turns_back_whatever_was_said_of_rollbacks(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create(DisableRollback=True)
        failing = {"kind": "copy_fails", "action": "CopyImage", "region": "cn-beijing"}
        controls.add_fault(talk.apis.cloud.world, {**failing, "count": None, "percent": 50})
        await talk.ask("UpdateStack", **talk.stack, **UPDATE, DisableRollback=True)
        stack = await talk.settled()
        assert (stack["Status"], stack["DisableRollback"]) == ("ROLLBACK_COMPLETE", True)
        assert stack["StatusReason"].startswith(
            "Resource UPDATE failed: NotStabilized: resources.Second: "
        )
        assert "RollbackFailedRootReason" not in stack
        assert (await _events(talk))["ROLLBACK_COMPLETE"] == stack["StatusReason"]

    told(tmp_path, story)


def test_a_creation_whose_rollback_fails(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        _fail(talk)
        await talk.create()
        stack = await talk.settled()
        assert stack["Status"] == "CREATE_ROLLBACK_FAILED"
        assert stack["StatusReason"].startswith(
            "Resource DELETE failed: Forbidden.RAM: resources.Second: "
        )
        assert stack["OperationInfo"]["Action"] == "DELETE"
        assert stack["RollbackFailedRootReason"].startswith(
            "Resource CREATE failed: NotStabilized: resources.Second: "
        )
        reasons = await _events(talk)
        assert reasons["CREATE_IN_PROGRESS"] == "Stack CREATE started"
        assert reasons["CREATE_ROLLBACK_IN_PROGRESS"] == stack["RollbackFailedRootReason"]
        assert reasons["CREATE_ROLLBACK_FAILED"] == stack["StatusReason"]

    told(tmp_path, story)


def test_a_cancelled_update_whose_rollback_fails(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        world = talk.apis.cloud.world
        before = len(controls.list_images(world))
        await talk.ask("UpdateStack", **talk.stack, **UPDATE)
        # On a busy machine it takes its time until there is anything to be undone.
        while len(controls.list_images(world)) == before:
            await talk.apis.clock.sleep(1)
        # Which of the two is asked for is a matter of how far the copies are.
        for action in ("CancelCopyImage", "DeleteImage"):
            refusing = {"kind": "error", "action": action, "code": "Forbidden.RAM"}
            fault = {**refusing, "status": 403, "count": None, "message": "No."}
            controls.add_fault(world, fault)
        await talk.ask("CancelUpdateStack", **talk.stack)
        stack = await talk.settled()
        assert stack["Status"] == "ROLLBACK_FAILED"
        assert stack["RollbackFailedRootReason"] == "cancelled by request"

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("status", "reason", "told_as"),
    [
        pytest.param(StackStatus.CREATING, "3 resources", "Stack CREATE started", id="begun"),
        pytest.param(StackStatus.REVIEWING, "", "state changed", id="review"),
        pytest.param(
            StackStatus.CREATE_FAILED,
            "Golden[0]: Throttling: later (Throttling.User) [request 4-2]; Second: NotFound: none",
            "Resource CREATE failed: Throttling.User: resources.Golden[0]: later",
            id="of-several-the-first",
        ),
        pytest.param(
            StackStatus.UPDATE_ROLLING_BACK,
            "First: NotUpdatable: Name, Tag turned out to change, and cannot",
            "Resource UPDATE failed: NotSupported: resources.First: Update to properties Name, Tag"
            " of First is not supported.",
            id="not-in-place",
        ),
        pytest.param(
            StackStatus.UPDATE_FAILED, "cancelled by request", "cancelled by request", id="words"
        ),
        pytest.param(
            StackStatus.UPDATED, "First: NotFound: no", "First: NotFound: no", id="no-failure"
        ),
    ],
)
def test_reasons_of_the_stacks_events(status: StackStatus, reason: str, told_as: str) -> None:
    assert stack_event_reason(status, reason) == told_as


def test_reasons_of_resources() -> None:
    assert resource_reason("", "A", "T") == "state changed"
    assert resource_reason("NotFound: none", "A", "T") == "NotFound: none"
    refused = resource_reason("NotUpdatable: Name turned out to change, and cannot", "A", "T")
    assert refused == "NotSupported: Update to properties Name of A (T) is not supported."
