"""What a user of ROS does in an afternoon, told to any client as actions with the API's own names.

Standard library only: it runs in the environments of the clients.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Awaitable[dict[str, Any]]]

REGION = "cn-hangzhou"
ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "examples/fan-out.ros.yml").read_text(encoding="utf-8")
PATIENCE = 90.0


class Refused(Exception):
    """What a client raises where the server refuses, reduced to what scripts branch on."""

    def __init__(self, status: int | None, code: str | None, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(f"{status} {code}: {message}")


class Story:
    """The story of one client; `prefix` keeps its stacks and images apart from those of others."""

    def __init__(self, call: Call, ecs: Callable[..., dict[str, Any]], prefix: str) -> None:
        self.call, self.ecs, self.prefix = call, ecs, prefix
        self.stack = {"RegionId": REGION, "StackId": ""}

    async def refusal(self, action: str, **fields: Any) -> list[Any]:
        try:
            await self.call(action, **fields)
        except Refused as refused:
            return [refused.status, refused.code]
        return ["answered"]

    async def settled(self) -> dict[str, Any]:
        """The stack, once nothing runs on it."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            stack = await self.call("GetStack", **self.stack)
            if not stack["Status"].endswith("IN_PROGRESS"):
                return stack
            time.sleep(0.1)
        raise TimeoutError(f"{stack['Status']}: {stack.get('StatusReason')}")

    def parameters(self, **more: Any) -> list[dict[str, str]]:
        given = {"ImageName": self.prefix, **more}
        return [
            {
                "ParameterKey": key,
                "ParameterValue": value if isinstance(value, str) else json.dumps(value),
            }
            for key, value in given.items()
        ]

    async def run(self) -> dict[str, Any]:
        return {
            "looks": await self.looks(),
            "create": await self.create(),
            "reads": await self.reads(),
            "change_set": await self.change_set(),
            "update": await self.update(),
            "drift": await self.drift(),
            "tags": await self.tags(),
            "guards": await self.guards(),
            "templates": await self.templates(),
            "delete": await self.delete(),
        }

    async def looks(self) -> dict[str, Any]:
        regions = await self.call("DescribeRegions", AcceptLanguage="en-US")
        valid = await self.call("ValidateTemplate", RegionId=REGION, TemplateBody=TEMPLATE)
        kind = await self.call("GetResourceType", ResourceType="ALIYUN::ECS::CopyImage")
        preview = await self.call(
            "PreviewStack",
            RegionId=REGION,
            StackName=self.prefix,
            TemplateBody=TEMPLATE,
            Parameters=self.parameters(),
        )
        constraints = await self.call(
            "GetTemplateParameterConstraints",
            RegionId=REGION,
            TemplateBody=TEMPLATE,
            ParametersKeyFilter=["Team"],
        )
        return {
            "region": next(
                one["LocalName"] for one in regions["Regions"] if one["RegionId"] == REGION
            ),
            "parameters": sorted(one["ParameterKey"] for one in valid["Parameters"]),
            "invalid": await self.refusal(
                "ValidateTemplate", RegionId=REGION, TemplateBody="Resources: ["
            ),
            "drift_detection": kind["SupportDriftDetection"],
            "properties": "DestinationRegionId" in kind["Properties"],
            "preview": [
                [one["LogicalResourceId"], one["Action"]] for one in preview["Stack"]["Resources"]
            ],
            "constraints": [
                [one["ParameterKey"], one["Behavior"]]
                for one in constraints["ParameterConstraints"]
            ],
        }

    async def create(self) -> dict[str, Any]:
        asked = {
            "RegionId": REGION,
            "StackName": self.prefix,
            "TemplateBody": TEMPLATE,
            "TimeoutInMinutes": 10,
            "DisableRollback": False,
            "ClientToken": f"token-{self.prefix}",
            "Parameters": self.parameters(),
            "Tags": [{"Key": "suite", "Value": self.prefix}],
        }
        made = await self.call("CreateStack", **asked)
        self.stack["StackId"] = made["StackId"]
        again = await self.call("CreateStack", **asked)
        other = {**asked, "Parameters": self.parameters(Team="ops")}
        other_token = {**asked, "ClientToken": f"other-{self.prefix}"}
        mismatch = await self.refusal("CreateStack", **other)
        exists = await self.refusal("CreateStack", **other_token)
        stack = await self.settled()
        return {
            "same_token": again["StackId"] == made["StackId"],
            "mismatch": mismatch,
            "exists": exists,
            "status": stack["Status"],
            "name": stack["StackName"] == self.prefix,
            "outputs": {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}[
                "Regions"
            ],
            "tags": [[one["Key"], one["Value"] == self.prefix] for one in stack["Tags"]],
            "rollback": stack["DisableRollback"],
            "minutes": stack["TimeoutInMinutes"],
            "time": len(stack["CreateTime"]),
        }

    async def reads(self) -> dict[str, Any]:
        listed = await self.call("ListStackResources", **self.stack)
        one = await self.call(
            "GetStackResource",
            **self.stack,
            LogicalResourceId="Golden[0]",
            ShowResourceAttributes=True,
        )
        events = await self.call("ListStackEvents", **self.stack, PageSize=3, PageNumber=1)
        found = await self.call(
            "ListStacks",
            RegionId=REGION,
            StackName=[self.prefix],
            Status=["CREATE_COMPLETE"],
            Tag=[{"Key": "suite", "Value": self.prefix}],
            PageSize=50,
        )
        body = await self.call("GetTemplate", **self.stack, TemplateStage="Original")
        attributes = {
            pair["ResourceAttributeKey"]: pair["ResourceAttributeValue"]
            for pair in one["ResourceAttributes"]
        }
        return {
            "resources": [
                [row["LogicalResourceId"], row["ResourceType"], row["Status"]]
                for row in listed["Resources"]
            ],
            "physical": all(row["PhysicalResourceId"] for row in listed["Resources"]),
            "attribute": attributes["ImageId"] == one["PhysicalResourceId"],
            "events": [len(events["Events"]), events["PageSize"], events["TotalCount"] > 3],
            "newest_event": events["Events"][0]["Status"],
            "listed": [row["StackId"] == self.stack["StackId"] for row in found["Stacks"]],
            "template": body["TemplateBody"] == TEMPLATE,
            "unknown": await self.refusal(
                "GetStack", RegionId=REGION, StackId="4a6c9851-3b0f-4f5f-b4ca-a14bf6920000"
            ),
        }

    async def change_set(self) -> dict[str, Any]:
        asked = {
            **self.stack,
            "ChangeSetName": "ops",
            "ChangeSetType": "UPDATE",
            "TemplateBody": TEMPLATE,
            "UsePreviousParameters": True,
            "ReplacementOption": "Enabled",
            "Parameters": [{"ParameterKey": "Team", "ParameterValue": "ops"}],
        }
        made = await self.call("CreateChangeSet", **asked)
        named = {"RegionId": REGION, "ChangeSetId": made["ChangeSetId"]}
        exists = await self.refusal("CreateChangeSet", **asked)
        limit = time.monotonic() + PATIENCE
        while True:
            seen = await self.call("GetChangeSet", **named, ShowTemplate=True)
            if "PROGRESS" not in seen["Status"] or time.monotonic() > limit:
                break
            time.sleep(0.1)
        listed = await self.call("ListChangeSets", **self.stack)
        await self.call("ExecuteChangeSet", **named)
        stack = await self.settled()
        changes = [one["ResourceChange"] for one in seen["Changes"]]
        return {
            "status": [seen["Status"], seen["ExecutionStatus"], seen["ChangeSetType"]],
            "exists": exists,
            "changes": [
                [one["LogicalResourceId"], one["Action"], one["Replacement"]] for one in changes
            ],
            "targets": sorted({detail["Target"]["Name"] for detail in changes[0]["Details"]}),
            "listed": [one["ChangeSetName"] for one in listed["ChangeSets"]],
            "after": stack["Status"],
        }

    async def update(self) -> dict[str, Any]:
        same = {**self.stack, "TemplateBody": TEMPLATE, "UsePreviousParameters": True}
        completely_same = await self.refusal("UpdateStack", **same)
        dry = await self.call("UpdateStack", **same, DryRun=True)
        fewer = [{"Region": "cn-shanghai"}, {"Region": "ap-southeast-1", "Encrypted": True}]
        await self.call(
            "UpdateStack", **same, Parameters=self.parameters(Destinations=fewer, Team="ops")
        )
        stack = await self.settled()
        listed = await self.call("ListStackResources", **self.stack)
        living = [
            row["LogicalResourceId"]
            for row in listed["Resources"]
            if row["Status"] != "DELETE_COMPLETE"
        ]
        return {
            "completely_same": completely_same,
            "dry_run": "ImageName" in dry["DryRunResult"]["ParametersNotAllowedToBeModified"],
            "status": stack["Status"],
            "resources": living,
        }

    async def detected(self) -> dict[str, Any]:
        made = await self.call("DetectStackDrift", **self.stack)
        limit = time.monotonic() + PATIENCE
        while True:
            seen = await self.call(
                "GetStackDriftDetectionStatus",
                RegionId=REGION,
                DriftDetectionId=made["DriftDetectionId"],
            )
            if seen["DriftDetectionStatus"] != "DETECTION_IN_PROGRESS" or time.monotonic() > limit:
                return seen
            time.sleep(0.1)

    async def drift(self) -> dict[str, Any]:
        calm = await self.detected()
        first = await self.call("GetStackResource", **self.stack, LogicalResourceId="Golden[0]")
        self.ecs(
            "ModifyImageAttribute",
            RegionId="cn-shanghai",
            ImageId=first["PhysicalResourceId"],
            Description="changed by hand",
        )
        drifted = await self.detected()
        page = await self.call("ListStackResourceDrifts", **self.stack, MaxResults=1)
        rest = await self.call(
            "ListStackResourceDrifts", **self.stack, MaxResults=1, NextToken=page["NextToken"]
        )
        modified = await self.call(
            "ListStackResourceDrifts", **self.stack, ResourceDriftStatus=["MODIFIED"]
        )
        row = modified["ResourceDrifts"][0]
        difference = row["PropertyDifferences"][0]
        one = await self.call(
            "DetectStackResourceDrift", **self.stack, LogicalResourceId="Golden[1]"
        )
        wrong = await self.refusal("ListStackResourceDrifts", **self.stack, NextToken="nonsense")
        return {
            "calm": [
                calm["DriftDetectionStatus"],
                calm["StackDriftStatus"],
                calm["DriftedStackResourceCount"],
            ],
            "drifted": [drifted["StackDriftStatus"], drifted["DriftedStackResourceCount"]],
            "pages": [len(page["ResourceDrifts"]), len(rest["ResourceDrifts"])],
            "row": [row["LogicalResourceId"], row["ResourceType"], row["ResourceDriftStatus"]],
            "difference": [
                difference["PropertyPath"],
                difference["DifferenceType"],
                difference["ActualValue"],
            ],
            "actual": json.loads(row["ActualProperties"])["DestinationDescription"],
            "one": [one["LogicalResourceId"], one["ResourceDriftStatus"]],
            "wrong_token": wrong,
        }

    async def tags(self) -> dict[str, Any]:
        which = {
            "RegionId": REGION,
            "ResourceType": "stack",
            "ResourceId": [self.stack["StackId"]],
        }
        await self.call("TagResources", **which, Tag=[{"Key": "stage", "Value": "test"}])
        tagged = await self.call("ListTagResources", **which)
        keys = await self.call("ListTagKeys", RegionId=REGION, ResourceType="stack")
        values = await self.call(
            "ListTagValues", RegionId=REGION, ResourceType="stack", Key="stage"
        )
        await self.call("UntagResources", **which, TagKey=["stage"])
        rest = await self.call("ListTagResources", **which)
        return {
            "tagged": sorted(one["TagKey"] for one in tagged["TagResources"]),
            "keys": "stage" in keys["Keys"],
            "values": values["Values"],
            "rest": [one["TagKey"] for one in rest["TagResources"]],
            "reserved": await self.refusal(
                "TagResources", **which, Tag=[{"Key": "acs:mine", "Value": ""}]
            ),
        }

    async def guards(self) -> dict[str, Any]:
        everything = {"Action": "Update:*", "Principal": "*", "Resource": "*"}
        policy = {"Statement": [{"Effect": "Deny", **everything}]}
        opened = {"Statement": [{"Effect": "Allow", **everything}]}
        await self.call("SetStackPolicy", **self.stack, StackPolicyBody=json.dumps(policy))
        kept = await self.call("GetStackPolicy", **self.stack)
        denied = await self.refusal(
            "UpdateStack",
            **self.stack,
            TemplateBody=TEMPLATE,
            UsePreviousParameters=True,
            ReplacementOption="Enabled",
            Parameters=[{"ParameterKey": "Team", "ParameterValue": "others"}],
        )
        await self.call("SetStackPolicy", **self.stack, StackPolicyBody=json.dumps(opened))
        await self.call("SetDeletionProtection", **self.stack, DeletionProtection="Enabled")
        protected = await self.call("GetStack", **self.stack)
        refused = await self.refusal("DeleteStack", **self.stack)
        await self.call("SetDeletionProtection", **self.stack, DeletionProtection="Disabled")
        return {
            "policy": kept["StackPolicyBody"] == policy,
            "denied": denied,
            "protection": protected["DeletionProtection"],
            "protected": refused,
        }

    async def templates(self) -> dict[str, Any]:
        made = await self.call(
            "CreateTemplate",
            TemplateName=self.prefix,
            TemplateBody=TEMPLATE,
            Tags=[{"Key": "suite", "Value": self.prefix}],
        )
        which = {"TemplateId": made["TemplateId"]}
        changed = TEMPLATE.replace("Default: platform", "Default: images")
        second = await self.call("UpdateTemplate", **which, TemplateBody=changed)
        versions = await self.call("ListTemplateVersions", **which)
        first = await self.call("GetTemplate", **which, TemplateVersion="v1")
        latest = await self.call("GetTemplate", **which, IncludeTags="Enabled")
        listed = await self.call("ListTemplates", TemplateName=self.prefix)
        summary = await self.call("GetTemplateSummary", RegionId=REGION, **which)
        await self.call("DeleteTemplate", **which)
        return {
            "second": second["TemplateVersion"],
            "versions": [one["TemplateVersion"] for one in versions["Versions"]],
            "bodies": [first["TemplateBody"] == TEMPLATE, latest["TemplateBody"] == changed],
            "tags": [one["Key"] for one in latest["Tags"]],
            "listed": [one["TemplateVersion"] for one in listed["Templates"]],
            "types": summary["ResourceTypes"],
            "gone": await self.refusal("GetTemplate", **which),
        }

    async def delete(self) -> dict[str, Any]:
        await self.call("DeleteStack", **self.stack)
        stack = await self.settled()
        listed = await self.call("ListStacks", RegionId=REGION, StackName=[self.prefix])
        return {"status": stack["Status"], "listed": listed["TotalCount"]}
