"""Drift over ROS's API: begun, polled, listed by page, and of one resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.ros.stories import Talk, told


async def changed_by_hand(talk: Talk, region: str, image_id: str, **fields: str) -> None:
    """What somebody does in the cloud, behind the stack's back."""
    request = {"RegionId": region, "ImageId": image_id, **fields}
    status, body = await talk.by_hand("ModifyImageAttribute", **request)
    assert status == 200, body


async def detected(talk: Talk, **given: Any) -> dict[str, Any]:
    begun = await talk.ask("DetectStackDrift", **talk.stack, **given)
    which = {"DriftDetectionId": begun["DriftDetectionId"]}
    while True:
        seen = await talk.ask("GetStackDriftDetectionStatus", **which)
        if seen["DriftDetectionStatus"] != "DETECTION_IN_PROGRESS":
            return seen
        await talk.apis.clock.sleep(1)


def test_a_stack_drifts(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        stack_id = await talk.create()
        assert (await talk.ask("ListStackResourceDrifts", **talk.stack))["ResourceDrifts"] == []
        calm = await detected(talk)
        assert calm["DriftDetectionStatus"] == "DETECTION_COMPLETE"
        assert (calm["StackDriftStatus"], calm["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
        assert calm["StackId"] == stack_id

        first = await talk.ask("GetStackResource", **talk.stack, LogicalResourceId="First")
        await changed_by_hand(talk, "cn-shanghai", first["PhysicalResourceId"], Description="other")
        drifted = await detected(talk)
        assert (drifted["StackDriftStatus"], drifted["DriftedStackResourceCount"]) == ("DRIFTED", 1)
        stack = await talk.ask("GetStack", **talk.stack)
        assert stack["StackDriftStatus"] == "DRIFTED"

        listed = await talk.ask(
            "ListStackResourceDrifts", **talk.stack, ResourceDriftStatus=["MODIFIED"]
        )
        (row,) = listed["ResourceDrifts"]
        assert row["PhysicalResourceId"] == first["PhysicalResourceId"]
        assert row["PropertyDifferences"] == [
            {
                "PropertyPath": "/DestinationDescription",
                "DifferenceType": "NOT_EQUAL",
                "ExpectedValue": "carried by the suite",
                "ActualValue": "other",
            }
        ]
        expected, actual = (
            json.loads(row["ExpectedProperties"]),
            json.loads(row["ActualProperties"]),
        )
        assert expected["DestinationDescription"] == "carried by the suite"
        assert actual == {**expected, "DestinationDescription": "other"}

    told(tmp_path, story)


def test_one_resource_and_some(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        second = await talk.ask(
            "DetectStackResourceDrift", **talk.stack, LogicalResourceId="Second"
        )
        assert second["ResourceDriftStatus"] == "IN_SYNC"
        assert second["PropertyDifferences"] == []
        some = await detected(talk, LogicalResourceId=["First"])
        assert some["StackDriftStatus"] == "IN_SYNC"
        rows = (await talk.ask("ListStackResourceDrifts", **talk.stack))["ResourceDrifts"]
        assert sorted(row["LogicalResourceId"] for row in rows) == ["First", "Second"]
        unknown = await talk.refused(
            "DetectStackResourceDrift", **talk.stack, LogicalResourceId="Third"
        )
        message = "The Resource (Third) could not be found in Stack demo."
        assert unknown == (404, "ResourceNotFound", message)
        begun = await talk.refused("DetectStackDrift", **talk.stack, LogicalResourceId=["Third"])
        assert begun == unknown

    told(tmp_path, story)


def test_pages_of_drift(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        await detected(talk)
        page = await talk.ask("ListStackResourceDrifts", **talk.stack, MaxResults=1)
        token = page["NextToken"]
        rest = await talk.ask(
            "ListStackResourceDrifts", **talk.stack, MaxResults=1, NextToken=token
        )
        assert "NextToken" not in rest
        names = [one["LogicalResourceId"] for one in page["ResourceDrifts"]]
        names += [one["LogicalResourceId"] for one in rest["ResourceDrifts"]]
        assert sorted(names) == ["First", "Second"]
        forged = [token[:-2], token[::-1], "x", "é", "AAAA", token + "=="]
        for wrong in forged:
            refused = await talk.refused("ListStackResourceDrifts", **talk.stack, NextToken=wrong)
            assert refused[:2] == (400, "InvalidParameter"), wrong
        of_another_listing = await talk.refused(
            "ListStackResourceDrifts",
            **talk.stack,
            NextToken=token,
            ResourceDriftStatus=["IN_SYNC"],
        )
        assert of_another_listing[:2] == (400, "InvalidParameter")

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("action", "given", "status", "code"),
    [
        pytest.param("DetectStackDrift", {}, 400, "MissingParameter", id="no-stack"),
        pytest.param("DetectStackDrift", {"StackId": "x"}, 404, "StackNotFound", id="unknown"),
        pytest.param(
            "GetStackDriftDetectionStatus",
            {"DriftDetectionId": "x"},
            404,
            "NotFound",
            id="detection",
        ),
        pytest.param(
            "ListStackResourceDrifts",
            {"StackId": "x", "MaxResults": 0},
            400,
            "InvalidParameter",
            id="page-of-none",
        ),
        pytest.param(
            "ListStackResourceDrifts",
            {"StackId": "x", "ResourceDriftStatus": ["CHANGED"]},
            400,
            "InvalidParameter",
            id="status",
        ),
    ],
)
def test_what_is_refused(
    action: str, given: dict[str, object], status: int, code: str, tmp_path: Path
) -> None:
    async def story(talk: Talk) -> None:
        assert (await talk.refused(action, **given))[:2] == (status, code)

    told(tmp_path, story)


def test_what_is_being_changed_is_not_compared(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        await talk.ask("DeleteStack", **talk.stack)
        busy = await talk.refused("DetectStackDrift", **talk.stack)
        assert busy[:2] == (409, "ActionInProgress")
        await talk.settled()
        gone = await talk.refused("DetectStackDrift", **talk.stack)
        assert gone[:2] == (404, "StackNotFound")

    told(tmp_path, story)
