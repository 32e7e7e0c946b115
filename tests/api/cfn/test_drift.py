"""Drift by the CloudFormation API: begun, followed, and told for each resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.api.cfn.visits import COPY, Visit, visited


async def detected(visit: Visit, **given: Any) -> dict[str, Any]:
    begun = await visit.call("DetectStackDrift", StackName="demo", **given)
    while True:
        told = await visit.call("DescribeStackDriftDetectionStatus", **begun)
        if told["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return told
        await visit.apis.clock.sleep(1)


async def rename(visit: Visit, name: str) -> None:
    """Somebody renames the image in the cloud."""
    image = (await visit.stack())["Outputs"][0]["OutputValue"]
    pairs = (("RegionId", "cn-beijing"), ("ImageId", image), ("ImageName", name))
    visit.apis.cloud.call("ModifyImageAttribute", pairs)


def test_a_stack_is_compared_and_what_differs_is_told(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        assert (await visit.call("DescribeStackResourceDrifts", StackName="demo"))[
            "StackResourceDrifts"
        ] == []
        told = await detected(visit)
        assert (told["StackDriftStatus"], told["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
        await rename(visit, "somebodys-own")
        told = await detected(visit)
        assert told["DetectionStatus"] == "DETECTION_COMPLETE"
        assert (told["StackDriftStatus"], told["DriftedStackResourceCount"]) == ("DRIFTED", 1)
        assert told["StackId"] == (await visit.stack())["StackId"]
        drifts = (await visit.call("DescribeStackResourceDrifts", StackName="demo"))[
            "StackResourceDrifts"
        ]
        (drift,) = drifts
        assert drift["StackResourceDriftStatus"] == "MODIFIED"
        assert drift["PropertyDifferences"] == [
            {
                "PropertyPath": "/ImageName",
                "ExpectedValue": "carried-one",
                "ActualValue": "somebodys-own",
                "DifferenceType": "NOT_EQUAL",
            }
        ]
        assert json.loads(drift["ActualProperties"])["ImageName"] == "somebodys-own"
        assert (await visit.stack())["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
        in_sync = await visit.call(
            "DescribeStackResourceDrifts",
            StackName="demo",
            StackResourceDriftStatusFilters=["IN_SYNC", "DELETED"],
        )
        assert in_sync["StackResourceDrifts"] == []

    visited(tmp_path, story, speed=50)


def test_one_resource_is_compared_at_once(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        await rename(visit, "somebodys-own")
        found = await visit.call(
            "DetectStackResourceDrift", StackName="demo", LogicalResourceId="Copy"
        )
        assert found["StackResourceDrift"]["StackResourceDriftStatus"] == "MODIFIED"
        missing = await visit.validation(
            "DetectStackResourceDrift", StackName="demo", LogicalResourceId="Nothing"
        )
        assert missing == "Resource Nothing does not exist for stack demo"
        unknown = "00000000-0000-4000-8000-000000000000"
        assert unknown in await visit.validation(
            "DescribeStackDriftDetectionStatus", StackDriftDetectionId=unknown
        )

    visited(tmp_path, story, speed=50)


def test_a_stack_that_is_being_made_is_not_compared(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call("CreateStack", StackName="demo", TemplateBody=COPY)
        text = await visit.validation("DetectStackDrift", StackName="demo")
        assert text == (
            f"Drift detection cannot be performed on stack [{made['StackId']}] while it is in"
            " CREATE_IN_PROGRESS state."
        )
        assert await visit.validation("DetectStackDrift", StackName="nobody") == (
            "Stack [nobody] does not exist"
        )

    visited(tmp_path, story, speed=50)
