"""Updates through ROS's API: dry runs, what is blocked, what changes nothing, whose parameters count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.ros.stories import TWO_COPIES, Talk, told

OTHER = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
EDITABLE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Group: {Type: String, Default: rg-acfm000000000a1}
  Name: {Type: String, Default: carried}
  Exists: {Type: Boolean, Default: true}
  Unused: {Type: String, Default: x}
Conditions:
  Wanted: !Equals [!Ref Exists, true]
Resources:
  A:
    Type: ALIYUN::ECS::CopyImage
    Condition: Wanted
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: !Ref Name
      ResourceGroupId: !Ref Group
Outputs:
  Said: {Value: !Ref Unused}
"""
LISTS = 10


def test_what_parameters_may_be_changed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create(template=EDITABLE)
        wanted: dict[str, Any] = {**talk.stack, "TemplateBody": EDITABLE, "DryRun": "True"}
        told_of = (await talk.ask("UpdateStack", **wanted))["DryRunResult"]
        assert len(told_of) == LISTS
        assert told_of["ParametersAllowedToBeModified"] == ["Group", "Unused"]
        assert told_of["ParametersConditionallyAllowedToBeModified"] == ["Exists"]
        assert told_of["ParametersNotAllowedToBeModified"] == ["Name"]
        assert told_of["ParametersCauseReplacementIfModified"] == []
        allowed = await talk.ask("UpdateStack", **wanted, ReplacementOption="Enabled")
        told_of = allowed["DryRunResult"]
        assert told_of["ParametersNotAllowedToBeModified"] == []
        assert told_of["ParametersCauseReplacementIfModified"] == ["Name"]
        assert "Name" in told_of["ParametersAllowedToBeModified"]
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "CREATE_COMPLETE"
        info = (await talk.ask("ValidateTemplate", TemplateBody=EDITABLE))["UpdateInfo"]
        assert info["ParametersNotAllowedToBeModified"] == ["Name"]

    told(tmp_path, story)


def test_the_same_again_is_refused(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create(Tags=[{"Key": "a", "Value": "1"}])
        same = {**talk.stack, "TemplateBody": TWO_COPIES}
        refused = await talk.refused("UpdateStack", **same)
        assert refused == (
            400,
            "NotSupported",
            "Update the completely same stack is not supported.",
        )
        assert (await talk.refused("UpdateStack", **same, UsePreviousParameters=True))[1] == (
            "NotSupported"
        )
        # Another letter of the template, or another tag, is another stack.
        await talk.ask("UpdateStack", **{**same, "TemplateBody": TWO_COPIES + "# said\n"})
        assert (await talk.settled())["Status"] == "UPDATE_COMPLETE"
        tags = [{"Key": "b", "Value": "2"}]
        await talk.ask(
            "UpdateStack", **{**same, "TemplateBody": TWO_COPIES + "# said\n"}, Tags=tags
        )
        stack = await talk.settled()
        assert (stack["Status"], stack["Tags"]) == ("UPDATE_COMPLETE", tags)

    told(tmp_path, story)


def test_a_replacement_fails_unless_it_is_allowed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        before = await talk.ask("GetStack", **talk.stack)
        wanted = {**talk.stack, "TemplateBody": TWO_COPIES, "Parameters": OTHER}
        assert (await talk.ask("UpdateStack", **wanted))["StackId"] == talk.stack["StackId"]
        stack = await talk.settled()
        assert stack["Status"] == "ROLLBACK_COMPLETE"
        assert stack["StatusReason"].startswith(
            "Resource UPDATE failed: NotSupported: resources.First: Update to properties"
            " DestinationImageName of First (ALIYUN::ECS::CopyImage) is not supported."
        )
        assert stack["OperationInfo"]["Code"] == "NotSupported"
        assert stack["Outputs"] == before["Outputs"]
        assert stack["Parameters"] == before["Parameters"]
        await talk.ask("UpdateStack", **wanted, ReplacementOption="Enabled")
        stack = await talk.settled()
        assert stack["Status"] == "UPDATE_COMPLETE"
        assert stack["Outputs"] != before["Outputs"]

    told(tmp_path, story)


def test_whose_parameters_count(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        group = [{"ParameterKey": "Group", "ParameterValue": "rg-acfm000000000b2"}]
        await talk.create(template=EDITABLE, Parameters=group)
        unused = [{"ParameterKey": "Unused", "ParameterValue": "y"}]
        wanted = {**talk.stack, "TemplateBody": EDITABLE, "Parameters": unused}
        await talk.ask("UpdateStack", **wanted, UsePreviousParameters="True")
        assert _of(await talk.settled(), "Group") == "rg-acfm000000000b2"
        await talk.ask("UpdateStack", **wanted)
        stack = await talk.settled()
        assert stack["Status"] == "UPDATE_COMPLETE"
        assert _of(stack, "Group") == "rg-acfm000000000a1"

    told(tmp_path, story)


def _of(stack: dict[str, Any], name: str) -> str:
    return next(one["ParameterValue"] for one in stack["Parameters"] if one["ParameterKey"] == name)


def test_a_policy_forbids_and_another_one_allows_once(tmp_path: Path) -> None:
    policy = '{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'
    leave = policy.replace("Deny", "Allow")

    async def story(talk: Talk) -> None:
        await talk.create(StackPolicyBody=policy)
        wanted = {
            **talk.stack,
            "TemplateBody": TWO_COPIES,
            "Parameters": OTHER,
            "ReplacementOption": "Enabled",
        }
        refused = await talk.refused("UpdateStack", **wanted)
        assert refused[:2] == (400, "StackPolicyValidationFailed")
        assert refused[2].startswith("Action denied by stack policy: ")
        await talk.ask("UpdateStack", **wanted, StackPolicyDuringUpdateBody=leave)
        assert (await talk.settled())["Status"] == "UPDATE_COMPLETE"

    told(tmp_path, story)


def test_a_preview_changes_nothing(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        new = await talk.ask("PreviewStack", StackName="demo", TemplateBody=TWO_COPIES)
        assert [one["Action"] for one in new["Stack"]["Resources"]] == ["Add", "Add"]
        assert (await talk.ask("ListStacks"))["TotalCount"] == 0
        await talk.create()
        taken = await talk.refused("PreviewStack", StackName="demo", TemplateBody=TWO_COPIES)
        assert taken[:2] == (409, "StackExists")
        less = TWO_COPIES.replace("second-${Suffix}", "second-one").partition("Outputs")[0]
        shown = await talk.ask(
            "PreviewStack",
            **talk.stack,
            TemplateBody=less,
            Parameters=OTHER,
            ReplacementOption="Enabled",
        )
        first, second = shown["Stack"]["Resources"]
        assert (first["Action"], first["Replacement"]) == ("Modify", "True")
        assert first["Properties"]["DestinationImageName"] == "first-two"
        assert second["Action"] == "None"
        assert "Replacement" not in second
        assert first["PhysicalResourceId"].startswith("m-")
        for one, stack_id in ((new, "None"), (shown, talk.stack["StackId"])):
            pseudo = {
                row["ParameterKey"]: row["ParameterValue"] for row in one["Stack"]["Parameters"]
            }
            assert pseudo["ALIYUN::StackId"] == stack_id
        both = await talk.refused(
            "PreviewStack", **talk.stack, StackName="x", TemplateBody=TWO_COPIES
        )
        assert both[1] == "MultipleParameter"

    told(tmp_path, story)


LISTS_AND_MORE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Regions: {Type: CommaDelimitedList, Default: 'cn-beijing,cn-shanghai'}
  Any: {Type: Json, Default: ['a', {b: null}]}
  Count: {Type: Number, Default: 2}
  Is: {Type: Boolean, Default: true}
  Nothing: {Type: String, Default: null}
Outputs:
  Regions: {Value: !Ref Regions}
  Any: {Value: !Ref Any}
"""
NO_JSON = "\n".join(line for line in LISTS_AND_MORE.splitlines() if "Any" not in line)
SHOWN = {"Regions": "cn-beijing,cn-shanghai", "Count": "2", "Is": "true", "Nothing": ""}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        pytest.param(LISTS_AND_MORE, {**SHOWN, "Any": '["a", {"b": null}]'}, id="with-json"),
        pytest.param(NO_JSON, SHOWN, id="without"),
    ],
)
def test_parameters_are_shown_as_they_could_be_given(
    template: str, shown: dict[str, str], tmp_path: Path
) -> None:
    async def story(talk: Talk) -> None:
        def among(rows: list[dict[str, str]]) -> dict[str, str]:
            told_as = {one["ParameterKey"]: one["ParameterValue"] for one in rows}
            return {name: told_as.get(name, "-") for name in shown}

        await talk.create(template=template)
        rows = (await talk.ask("GetStack", **talk.stack))["Parameters"]
        assert among(rows) == shown
        preview = await talk.ask("PreviewStack", StackName="other", TemplateBody=template)
        assert among(preview["Stack"]["Parameters"]) == shown
        made = await talk.ask(
            "CreateChangeSet",
            **talk.stack,
            ChangeSetName="more",
            TemplateBody=template + "\nDescription: more",
        )
        change_set = await talk.ask("GetChangeSet", ChangeSetId=made["ChangeSetId"])
        assert among(change_set["Parameters"]) == shown
        # What is shown may be given back, and nothing is another one then.
        own = [one for one in rows if not one["ParameterKey"].startswith("ALIYUN::")]
        given = [one for one in own if one["ParameterKey"] != "Nothing"]
        refused = await talk.refused(
            "UpdateStack", **talk.stack, TemplateBody=template, Parameters=given
        )
        assert refused[2] == "Update the completely same stack is not supported."

    told(tmp_path, story)
