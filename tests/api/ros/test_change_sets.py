"""Change sets through ROS's API: proposed, looked at, executed, dropped, and imported with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imageferry.emulator import controls
from tests.api.ros.stories import TWO_COPIES, Talk, told

OTHER = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
CHANGED: dict[str, Any] = {
    "TemplateBody": TWO_COPIES,
    "Parameters": OTHER,
    "ReplacementOption": "Enabled",
}
OF_LIST = {
    "ChangeSetId", "ChangeSetName", "ChangeSetType", "CreateTime", "Description",
    "ExecutionStatus", "RegionId", "ResourceGroupId", "StackId", "StackName", "Status",
    "StatusReason", "Tags",
}  # fmt: skip


def test_a_stack_begins_as_a_change_set(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        wanted = {"ChangeSetName": "first", "ChangeSetType": "CREATE", "StackName": "demo"}
        made = await talk.ask("CreateChangeSet", **wanted, TemplateBody=TWO_COPIES)
        assert set(made) == {"RequestId", "ChangeSetId", "StackId"}
        talk.stack = {"StackId": made["StackId"]}
        reviewed = await talk.ask("GetStack", **talk.stack)
        assert reviewed["Status"] == "REVIEW_IN_PROGRESS"
        refused = await talk.refused("UpdateStack", **talk.stack, TemplateBody=TWO_COPIES)
        assert refused[:2] == (400, "NotSupported")
        taken = await talk.refused("CreateStack", StackName="demo", TemplateBody=TWO_COPIES)
        assert taken[:2] == (409, "StackExists")
        which = {"ChangeSetId": made["ChangeSetId"]}
        shown = await talk.ask("GetChangeSet", **which, ShowTemplate="True")
        assert set(shown) == {
            *OF_LIST,
            "RequestId",
            "Changes",
            "DisableRollback",
            "Parameters",
            "TemplateBody",
            "TimeoutInMinutes",
        }
        assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
        assert shown["TemplateBody"] == TWO_COPIES
        assert [(one["Type"], one["ResourceChange"]["Action"]) for one in shown["Changes"]] == [
            ("Resource", "Add"),
            ("Resource", "Add"),
        ]
        assert (await talk.ask("GetTemplate", **which))["TemplateBody"] == TWO_COPIES
        await talk.ask("ExecuteChangeSet", **which, ClientToken="once")
        await talk.ask("ExecuteChangeSet", **which, ClientToken="once")
        assert (await talk.settled())["Status"] == "CREATE_COMPLETE"
        done = await talk.ask("GetChangeSet", **which)
        assert done["ExecutionStatus"] == "EXECUTE_COMPLETE"
        again = await talk.refused("ExecuteChangeSet", **which)
        assert again[:2] == (400, "NotSupported")
        assert (await talk.refused("DeleteChangeSet", **which))[:2] == (400, "NotSupported")

    told(tmp_path, story)


def test_an_update_is_looked_at_first(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        ids = {}
        for name in ("one", "two", "dropped"):
            made = await talk.ask("CreateChangeSet", **talk.stack, ChangeSetName=name, **CHANGED)
            ids[name] = made["ChangeSetId"]
        clash = await talk.refused("CreateChangeSet", **talk.stack, ChangeSetName="one", **CHANGED)
        assert clash == (
            409,
            "ChangeSetExists",
            "The ChangeSet (one) of Stack (demo) already exists.",
        )
        shown = await talk.ask("GetChangeSet", ChangeSetId=ids["one"])
        change = shown["Changes"][0]["ResourceChange"]
        assert (change["Action"], change["Replacement"]) == ("Modify", "True")
        assert change["Scope"] == ["Properties"]
        assert change["Details"] == [
            {
                "ChangeSource": "ParameterReference",
                "CausingEntity": "Suffix",
                "Evaluation": "Static",
                "Target": {
                    "Attribute": "Properties",
                    "Name": "DestinationImageName",
                    "RequiresRecreation": "Always",
                },
            }
        ]
        await talk.ask("DeleteChangeSet", ChangeSetId=ids["dropped"])
        gone = await talk.refused("GetChangeSet", ChangeSetId=ids["dropped"])
        assert gone[:2] == (404, "ChangeSetNotFound")
        await _listed(talk, ids)
        await talk.ask("ExecuteChangeSet", ChangeSetId=ids["one"])
        assert (await talk.settled())["Status"] == "UPDATE_COMPLETE"
        # The others were made for a stack that is not there any more.
        left = (await talk.ask("ListChangeSets", **talk.stack))["ChangeSets"]
        assert [one["ChangeSetName"] for one in left] == ["one"]

    told(tmp_path, story)


async def _listed(talk: Talk, ids: dict[str, str]) -> None:
    page = await talk.ask("ListChangeSets", **talk.stack, PageSize=1)
    assert (page["TotalCount"], len(page["ChangeSets"])) == (2, 1)
    assert set(page["ChangeSets"][0]) == OF_LIST

    async def named(**filters: Any) -> list[str]:
        found = await talk.ask("ListChangeSets", **talk.stack, **filters)
        return sorted(one["ChangeSetName"] for one in found["ChangeSets"])

    assert await named(ChangeSetName=["t*"]) == ["two"]
    assert await named(ChangeSetId=ids["one"]) == ["one"]
    assert await named(Status=["CREATE_FAILED"]) == []
    assert await named(ExecutionStatus=["AVAILABLE"]) == ["one", "two"]


def test_change_sets_that_cannot_be_executed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        same = {"ChangeSetName": "same", "TemplateBody": TWO_COPIES}
        blocked = {**CHANGED, "ChangeSetName": "blocked", "ReplacementOption": "Disabled"}
        for wanted, reason in ((same, "Update the completely same stack"), (blocked, "cannot be")):
            made = await talk.ask("CreateChangeSet", **talk.stack, **wanted)
            which = {"ChangeSetId": made["ChangeSetId"]}
            shown = await talk.ask("GetChangeSet", **which)
            assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_FAILED", "UNAVAILABLE")
            assert reason in shown["StatusReason"]
            assert (await talk.refused("ExecuteChangeSet", **which))[:2] == (400, "NotSupported")
            await talk.ask("DeleteChangeSet", **which)
        nobody = {"ChangeSetName": "x", "ChangeSetType": "UPDATE", "StackName": "nobody"}
        refused = await talk.refused("CreateChangeSet", **nobody, TemplateBody=TWO_COPIES)
        assert refused[:2] == (400, "MissingParameter")

    told(tmp_path, story)


def test_a_stack_that_never_came_to_be_is_deleted(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        wanted = {"ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": TWO_COPIES}
        made = await talk.ask("CreateChangeSet", **wanted, StackName="demo")
        talk.stack = {"StackId": made["StackId"]}
        await talk.ask("DeleteStack", **talk.stack)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"
        await talk.create("demo")
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "CREATE_COMPLETE"

    told(tmp_path, story)


def test_an_image_is_imported(tmp_path: Path) -> None:
    template = "\n".join(
        [
            "ROSTemplateFormatVersion: '2015-09-01'",
            "Resources:",
            "  Golden:",
            "    Type: ALIYUN::ECS::CopyImage",
            "    Properties:",
            "      ImageId: m-golden0000000000001",
            "      DestinationRegionId: cn-beijing",
            "      DestinationImageName: second-one",
        ]
    )

    async def story(talk: Talk) -> None:
        await talk.create("first")
        await talk.ask("DeleteStack", **talk.stack, RetainAllResources=True)
        await talk.settled()
        images = controls.list_images(talk.apis.cloud.world)
        image = next(one["image_id"] for one in images if one["name"] == "second-one")
        wanted: dict[str, Any] = {
            "ChangeSetName": "take-in",
            "ChangeSetType": "IMPORT",
            "StackName": "adopting",
            "TemplateBody": template,
        }
        identified = {
            "LogicalResourceId": "Golden",
            "ResourceType": "ALIYUN::ECS::CopyImage",
            "ResourceIdentifier": json.dumps({"ImageId": image}),
        }
        assert (await talk.refused("CreateChangeSet", **wanted))[1] == "MissingParameter"
        other = {**identified, "ResourceType": "ALIYUN::ECS::CustomImage"}
        refused = await talk.refused("CreateChangeSet", **wanted, ResourcesToImport=[other])
        assert refused[1] == "InvalidParameter"
        assert "ResourcesToImport.1.ResourceType" in refused[2]
        made = await talk.ask("CreateChangeSet", **wanted, ResourcesToImport=[identified])
        which = {"ChangeSetId": made["ChangeSetId"]}
        changes = (await talk.ask("GetChangeSet", **which))["Changes"]
        assert [one["ResourceChange"]["Action"] for one in changes] == ["Import"]
        talk.stack = {"StackId": made["StackId"]}
        await talk.ask("ExecuteChangeSet", **which)
        assert (await talk.settled())["Status"] == "CREATE_COMPLETE"
        rows = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        assert [row["PhysicalResourceId"] for row in rows] == [image]

    told(tmp_path, story)


@pytest.mark.parametrize(
    "identifier",
    ["m-1", "{}", '{"ImageId": "\\ud800"}', '{"ImageId": 1}', '{"A": "1", "B": "2"}', "["],
)
def test_identifiers_that_are_none(tmp_path: Path, identifier: str) -> None:
    async def story(talk: Talk) -> None:
        entry = {"LogicalResourceId": "First", "ResourceIdentifier": identifier}
        refused = await talk.refused(
            "CreateChangeSet",
            ChangeSetName="x",
            ChangeSetType="IMPORT",
            StackName="y",
            TemplateBody=TWO_COPIES,
            ResourcesToImport=[entry],
        )
        assert refused[:2] == (400, "InvalidParameter")

    told(tmp_path, story)
