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


SECRET = """\
Parameters:
  Word: {Type: String, NoEcho: true, Default: hush-hush}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: carried
      Description: !Ref Word
"""
OTHER = """\
  Other:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: other
"""
ID = "Outputs:\n  Id: {Value: !GetAtt Copy.Id}\n"


async def drifts(visit: Visit) -> dict[str, dict[str, Any]]:
    found = await visit.call("DescribeStackResourceDrifts", StackName="demo")
    return {one["LogicalResourceId"]: one for one in found["StackResourceDrifts"]}


def test_what_is_secret_is_compared_unseen_and_what_is_gone_is_told(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create(template=SECRET + OTHER + ID)
        image = (await visit.stack())["Outputs"][0]["OutputValue"]
        pairs = (("RegionId", "cn-beijing"), ("ImageId", image))
        visit.apis.cloud.call("ModifyImageAttribute", (*pairs, ("Description", "somebody's")))
        await detected(visit)
        found = await drifts(visit)
        assert {name: one["StackResourceDriftStatus"] for name, one in found.items()} == {
            "Copy": "MODIFIED",
            "Other": "IN_SYNC",
        }
        assert found["Copy"]["PropertyDifferences"] == [
            {
                "PropertyPath": "/Description",
                "ExpectedValue": "****",
                "ActualValue": "****",
                "DifferenceType": "NOT_EQUAL",
            }
        ]
        told = json.dumps(found, default=str)
        assert "hush-hush" not in told and "somebody's" not in told
        resources = await visit.call("DescribeStackResources", StackName="demo")
        assert [
            one["DriftInformation"]["StackResourceDriftStatus"]
            for one in resources["StackResources"]
        ] == ["MODIFIED", "IN_SYNC"]
        # What is no resource of the stack any more is told of no longer.
        await visit.call("UpdateStack", StackName="demo", TemplateBody=SECRET + ID)
        await visit.settled()
        assert list(await drifts(visit)) == ["Copy"]
        visit.apis.cloud.call("DeleteImage", (*pairs, ("Force", "true")))
        assert (await detected(visit))["StackDriftStatus"] == "DRIFTED"
        gone = (await drifts(visit))["Copy"]
        assert gone["StackResourceDriftStatus"] == "DELETED"
        assert "ActualProperties" not in gone

    visited(tmp_path, story, speed=50)
