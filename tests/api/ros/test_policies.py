"""Stack policies, deletion protection and resource groups over ROS's API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.ros.stories import TWO_COPIES, Talk, told

DENIED = {
    "Statement": [
        {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    ]
}
EMPTY = "ROSTemplateFormatVersion: '2015-09-01'\n"


def test_a_policy_holds_from_the_next_update_on(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        assert "StackPolicyBody" not in await talk.ask("GetStackPolicy", **talk.stack)
        await talk.ask("SetStackPolicy", **talk.stack, StackPolicyBody=json.dumps(DENIED))
        assert (await talk.ask("GetStackPolicy", **talk.stack))["StackPolicyBody"] == DENIED
        update = {
            **talk.stack,
            "TemplateBody": TWO_COPIES,
            "ReplacementOption": "Enabled",
            "Parameters": [{"ParameterKey": "Suffix", "ParameterValue": "two"}],
        }
        status, code, message = await talk.refused("UpdateStack", **update)
        assert (status, code) == (400, "StackPolicyValidationFailed")
        assert message.startswith("Action denied by stack policy: ")
        allowed = json.dumps(DENIED).replace("Deny", "Allow")
        await talk.ask("UpdateStack", **update, StackPolicyDuringUpdateBody=allowed)
        assert (await talk.settled())["Status"] == "UPDATE_COMPLETE"
        assert (await talk.ask("GetStackPolicy", **talk.stack))["StackPolicyBody"] == DENIED

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({}, "MissingParameter", id="none"),
        pytest.param({"StackPolicyBody": "{"}, "InvalidParameter", id="no-json"),
        pytest.param({"StackPolicyBody": "[]"}, "InvalidParameter", id="no-policy"),
        pytest.param(
            {"StackPolicyBody": json.dumps(DENIED | {"Id": "x" * 16_384})},
            "InvalidParameter",
            id="too-long",
        ),
        pytest.param(
            {"StackPolicyBody": json.dumps(DENIED), "StackPolicyURL": "http://x/"},
            "MultipleParameter",
            id="two",
        ),
        pytest.param(
            {"StackPolicyURL": "http://169.254.169.254/policy"},
            "InvalidParameter",
            id="private-address",
        ),
    ],
)
def test_what_is_no_policy(given: dict[str, str], code: str, tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create(template=EMPTY)
        status, said, _ = await talk.refused("SetStackPolicy", **talk.stack, **given)
        assert (status, said) == (400, code)
        assert "StackPolicyBody" not in await talk.ask("GetStackPolicy", **talk.stack)

    told(tmp_path, story)


def test_deletion_protection(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create(template=EMPTY)
        await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Enabled")
        assert (await talk.ask("GetStack", **talk.stack))["DeletionProtection"] == "Enabled"
        assert (await talk.refused("DeleteStack", **talk.stack))[:2] == (400, "NotSupported")
        await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Disabled")
        await talk.ask("DeleteStack", **talk.stack)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"
        gone = await talk.refused(
            "SetDeletionProtection", **talk.stack, DeletionProtection="Enabled"
        )
        assert gone[:2] == (404, "StackNotFound")
        wrong = await talk.refused("SetDeletionProtection", **talk.stack, DeletionProtection="On")
        assert wrong[:2] == (400, "InvalidParameter")

    told(tmp_path, story)


def test_a_stack_that_is_being_deleted_is_not_protected(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        await talk.ask("DeleteStack", **talk.stack)
        refused = await talk.refused(
            "SetDeletionProtection", **talk.stack, DeletionProtection="Enabled"
        )
        assert refused[:2] == (400, "InvalidOperation.SetDeletionProtection")
        await talk.settled()

    told(tmp_path, story)


def test_what_a_deletion_risks(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        asked = {**talk.stack, "OperationType": "DeleteStack"}
        calm = await talk.ask("ListStackOperationRisks", **asked)
        assert (calm["RiskResources"], calm["MissingPolicyActions"]) == ([], [])
        await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Enabled")
        told_of = await talk.ask("ListStackOperationRisks", **asked, RetainResources=["First"])
        (risk,) = told_of["RiskResources"]
        assert risk["LogicalResourceId"] == "Second"
        assert "protected" in risk["Reason"]
        creation = await talk.ask(
            "ListStackOperationRisks", OperationType="CreateStack", TemplateBody=TWO_COPIES
        )
        assert creation["RiskResources"] == []
        nothing = await talk.refused("ListStackOperationRisks", OperationType="DeleteStack")
        assert nothing[:2] == (400, "MissingParameter")

    told(tmp_path, story)


def test_resource_groups(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        stack_id = await talk.create(template=EMPTY, ResourceGroupId="rg-1")
        assert (await talk.ask("GetStack", **talk.stack))["ResourceGroupId"] == "rg-1"
        await talk.ask(
            "MoveResourceGroup",
            ResourceType="stack",
            ResourceId=stack_id,
            NewResourceGroupId="rg-2",
        )
        assert (await talk.ask("GetStack", **talk.stack))["ResourceGroupId"] == "rg-2"
        made = await talk.ask("CreateTemplate", TemplateName="a", TemplateBody=EMPTY)
        await talk.ask(
            "MoveResourceGroup",
            ResourceType="template",
            ResourceId=made["TemplateId"],
            NewResourceGroupId="rg-3",
        )
        found = await talk.ask("ListTemplates", ResourceGroupId="rg-3")
        assert [one["TemplateId"] for one in found["Templates"]] == [made["TemplateId"]]
        groups = await talk.refused(
            "MoveResourceGroup", ResourceType="stackgroup", ResourceId="g", NewResourceGroupId="rg"
        )
        assert groups[:2] == (400, "NotSupported")

    told(tmp_path, story)


def test_summaries_count_by_region_and_end(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create("one", EMPTY)
        await talk.create("two", EMPTY)
        (region,) = (await talk.ask("ListSummaries"))["RegionSummaries"]
        assert region["RegionId"] == "cn-hangzhou"
        assert region["StackCount"] == "2"
        assert region["StackDetails"] == [{"BriefStatus": "COMPLETE", "Count": "2"}]

    told(tmp_path, story)
