"""Every field of every reply is one of the reference, and all that can be said here is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from imageferry.api.ros.actions import ACTIONS
from imageferry.emulator import controls
from tests.api.ros.shapes import paths, said, shapes
from tests.api.ros.stories import TWO_COPIES, Talk, told
from tests.api.serving import Apis

SHAPES = shapes()
OTHER = TWO_COPIES.replace("carried by the suite", "carried again")
COPY = "ALIYUN::ECS::CopyImage"
POLICY = (
    '{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'
)
LANGUAGES = """\
ROSTemplateFormatVersion: '2015-09-01'
Metadata: {ALIYUN::ROS::Interface: {ParameterGroups: []}}
Parameters:
  Size: {Type: Number, AllowedValues: [1, 20], MaxValue: 9}
Outputs:
  Size: {Value: !Ref Size, Description: told, Label: How many}
"""

# What does not exist here: Terraform, modules, nested stacks, services' own stacks and groups of
# stacks, versions of types, sharing of templates, and what only the cloud's services know.
NEVER: Final[Mapping[str, set[str]]] = {
    "GetStack": {"ParentStackId", "ServiceName", "TemplateScratchId", "TemplateURL"},
    "ListStacks": {"Stacks.ParentStackId", "Stacks.ServiceName"},
    "GetTemplate": {"AdditionalInfo", "StackGroupName"},
    "ListTemplates": {"Templates.AdditionalInfo", "Templates.TemplateUrl"},
    "PreviewStack": {"Stack.Resources.Stack"},
    "GetResourceType": {
        "CreateTime", "DefaultVersionId", "IsDefaultVersion", "LatestVersionId", "TemplateBody",
        "TotalVersionCount", "UpdateTime",
    },
    "ListResourceTypes": {
        f"ResourceTypeSummaries.{name}"
        for name in (
            "CreateTime", "DefaultVersionId", "LatestVersionId", "TotalVersionCount", "UpdateTime"
        )
    },
    "GetFeatureDetails": {"Terraform.SupportedResourceTypes"},
    "GetTemplateParameterConstraints": {
        f"ParameterConstraints.{name}"
        for name in (
            "IllegalValueByRules", "NotSupportResources", "OriginalConstraints", "QueryErrors",
            "QueryTimeoutDetails",
        )
    },
    # No call is made to find a risk.
    "ListStackOperationRisks": {"RiskResources.RequestId"},
    "GetStackDriftDetectionStatus": {"DriftDetectionStatusReason"},
    # Their pages have tests of their own.
    **{key: {"NextToken"} for key in ("ListTagResources", "ListTagKeys", "ListTagValues")},
}  # fmt: skip
# Fields whose lists are always empty, or that stand for what is never there.
ALWAYS_EMPTY: Final = (
    "Log.", "Stack.Log", "TerraformLogs.", "ModuleInfo", "Permissions.", "ResourceTypeVersions.",
    "ResourceCleaner.SupportedResourceTypes.", "TemplateScratch.SupportedResourceTypes.",
    "TemplateParameterConstraints.SupportedResourceTypes.", "Terraform.SupportedVersions.",
    "Terraform.SupportedResourceTypes.",
)  # fmt: skip


class Listening(Talk):
    """Keeps which fields each action has said."""

    def __init__(self, apis: Apis) -> None:
        super().__init__(apis)
        self.said: dict[str, set[str]] = defaultdict(set)

    async def ask(self, action: str, **given: Any) -> dict[str, Any]:
        reply = await super().ask(action, **given)
        self.said[action] |= said(reply, SHAPES[action]) - {"RequestId"}
        return reply


def test_the_fields_of_every_reply(tmp_path: Path) -> None:
    async def story(plain: Talk) -> None:
        talk = Listening(plain.apis)
        await _templates(talk)
        await _looks(talk)
        await _changes(talk)
        await _drifts(talk)
        await _ends(talk)
        await _fails(talk)
        for action in ACTIONS:
            assert action in talk.said or not SHAPES[action], f"{action} was not asked"
            known = paths(SHAPES[action])
            assert talk.said[action] <= known, (action, talk.said[action] - known)
            never = NEVER.get(action, set())
            missing = {
                path
                for path in known - talk.said[action]
                if not any(path == one or path.startswith(f"{one}.") for one in never)
                and not any(part in f"{path}." for part in ALWAYS_EMPTY)
            }
            assert not missing, (action, missing)

    told(tmp_path, story)


async def _templates(talk: Talk) -> None:
    made = await talk.ask(
        "CreateTemplate",
        TemplateName="kept",
        TemplateBody=LANGUAGES,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    which = {"TemplateId": made["TemplateId"]}
    await talk.ask("UpdateTemplate", **which, TemplateBody=LANGUAGES)
    every = {"IncludeTags": "Enabled", "IncludePermission": "Enabled"}
    await talk.ask("GetTemplate", **which, **every)
    await talk.ask("ListTemplates", IncludeTags="Enabled")
    await talk.ask("ListTemplateVersions", **which, MaxResults=1)
    size = [{"ParameterKey": "Size", "ParameterValue": "1"}]
    await talk.create("of-a-kept-one", template="", Parameters=size, **which)
    assert (await talk.ask("GetStack", **talk.stack))["TemplateVersion"] == "v2"
    assert (await talk.ask("GetTemplate", **talk.stack))["Interface"] == '{"ParameterGroups": []}'
    await talk.ask("GetTemplateParameterConstraints", **which)
    await talk.ask("GetTemplateParameterConstraints", TemplateBody=TWO_COPIES)
    await talk.ask("GetTemplateEstimateCost", **which, Parameters=size)
    await talk.ask("DeleteStack", **talk.stack)
    await talk.ask("DeleteTemplate", **which)


async def _looks(talk: Talk) -> None:
    await talk.ask("DescribeRegions")
    await talk.ask("ListResourceTypes")
    for action in ("GetResourceType", "GetResourceTypeTemplate", "ListResourceTypeVersions"):
        await talk.ask(action, ResourceType=COPY)
    await talk.ask("GetFeatureDetails", Feature="All")
    await talk.ask("ValidateTemplate", TemplateBody=LANGUAGES)
    await talk.ask("ValidateTemplate", TemplateBody=TWO_COPIES)
    await talk.ask("GetTemplateSummary", TemplateBody=TWO_COPIES)
    which = {"ResourceType": "stack"}
    made = await talk.create("tagged", template=LANGUAGES, Parameters=[SIZE])
    tag = [{"Key": "a", "Value": "b"}]
    await talk.ask("TagResources", **which, ResourceId=[made], Tag=tag)
    await talk.ask("ListTagResources", **which, Tag=tag)
    await talk.ask("ListTagKeys", **which)
    await talk.ask("ListTagValues", **which, Key="a")
    await talk.ask("UntagResources", **which, ResourceId=[made], All=True)
    await talk.ask("ListSummaries")


SIZE: Final = {"ParameterKey": "Size", "ParameterValue": "1"}


async def _changes(talk: Talk) -> None:
    made = await talk.ask("CreateStack", StackName="demo", TemplateBody=TWO_COPIES)
    talk.stack = {"StackId": made["StackId"]}
    await talk.apis.clock.sleep(0.01)
    progress = {"ShowResourceProgress": "EnabledIfCreateStack", "LogOption": "All"}
    await talk.ask("GetStack", **talk.stack, **progress)
    await talk.settled()
    await talk.ask("GetStackResource", **talk.stack, LogicalResourceId="First")
    await talk.ask("SetStackPolicy", **talk.stack, StackPolicyBody=POLICY)
    await talk.ask("GetStackPolicy", **talk.stack)
    tags = [{"Key": "a", "Value": "b"}]
    wanted: dict[str, Any] = {**talk.stack, "TemplateBody": OTHER}
    await talk.ask("PreviewStack", **wanted)
    await talk.ask("UpdateStack", **wanted, DryRun=True)
    made = await talk.ask(
        "CreateChangeSet", **wanted, ChangeSetName="one", Tags=tags, ReplacementOption="Enabled"
    )
    which = {"ChangeSetId": made["ChangeSetId"]}
    await talk.ask("GetChangeSet", **which, ShowTemplate=True)
    await talk.ask("GetTemplate", **which)
    await talk.ask("ListChangeSets", **talk.stack)
    other = await talk.ask("CreateChangeSet", **wanted, ChangeSetName="two")
    await talk.ask("DeleteChangeSet", ChangeSetId=other["ChangeSetId"])
    await talk.ask("ExecuteChangeSet", **which)
    await talk.settled()
    await talk.ask("MoveResourceGroup", NewResourceGroupId="rg-1", ResourceType="stack",
                   ResourceId=talk.stack["StackId"])  # fmt: skip


async def _drifts(talk: Talk) -> None:
    resources = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
    image = {"ImageId": resources[0]["PhysicalResourceId"], "RegionId": "cn-shanghai"}
    await talk.by_hand("ModifyImageAttribute", **image, Description="changed by hand")
    begun = await talk.ask("DetectStackDrift", **talk.stack)
    await talk.apis.clock.sleep(60)
    which = {"DriftDetectionId": begun["DriftDetectionId"]}
    found = await talk.ask("GetStackDriftDetectionStatus", **which)
    assert found["StackDriftStatus"] == "DRIFTED"
    await talk.ask("ListStackResourceDrifts", **talk.stack, MaxResults=1)
    await talk.ask("DetectStackResourceDrift", **talk.stack, LogicalResourceId="First")
    await talk.ask("ListStackResources", **talk.stack)
    await talk.ask("ListStacks")
    name = {"LogicalResourceId": "First"}
    await talk.ask("GetStackResource", **talk.stack, **name, ShowResourceAttributes=True)


async def _ends(talk: Talk) -> None:
    await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Enabled")
    await talk.ask("ListStackOperationRisks", **talk.stack)
    await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Disabled")
    await talk.ask("DeleteStack", **talk.stack)
    await talk.settled()


async def _fails(talk: Talk) -> None:
    world = talk.apis.cloud.world
    failing = {"kind": "copy_fails", "action": "CopyImage", "region": "cn-beijing", "percent": 50}
    controls.add_fault(world, {**failing, "count": None})
    refusing = {"kind": "error", "action": "DeleteImage", "code": "Forbidden.RAM", "status": 403}
    controls.add_fault(world, {**refusing, "count": None, "message": "No."})
    await talk.create("failing")
    await talk.ask("ListStacks")
    await talk.ask("ListStackEvents", **talk.stack)
    await talk.ask("ContinueCreateStack", **talk.stack, DryRun=True)
    made = await talk.ask("CreateStack", StackName="stopped", TemplateBody=TWO_COPIES)
    await talk.ask("CancelStackOperation", StackId=made["StackId"])
