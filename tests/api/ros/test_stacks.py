"""One stack through ROS's API: what every answer has, and what each wish comes to."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from imageferry.emulator import controls
from tests.api.ros.stories import TWO_COPIES, Talk, told
from tests.control.receivers import HERE, Receivers

SECRET = "hush-hush-4711"

ONE_COPY = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: carries one image
Metadata:
  ALIYUN::ROS::Interface: {ParameterGroups: []}
Parameters:
  Name: {Type: String, Default: carried}
  Words: {Type: String, NoEcho: true}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Metadata: {Team: images}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: !Ref Name
      DestinationDescription: !Ref Words
Outputs:
  Id: {Value: !GetAtt [Golden, ImageId], Description: of the copy, Label: Image}
  Said: {Value: !Ref Words}
"""


def given(**values: str) -> list[dict[str, str]]:
    return [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in {"Words": SECRET, **values}.items()
    ]


OF_GET_STACK = {
    "CheckedStackResourceCount", "CreateTime", "DeletionProtection", "Description",
    "DisableRollback", "NotCheckedStackResourceCount", "NotificationURLs", "OrderIds", "Outputs",
    "Parameters", "RamRoleName", "RegionId", "RequestId", "ResourceGroupId", "RootStackId",
    "ServiceManaged", "StackDriftStatus", "StackId", "StackName", "StackType", "Status",
    "StatusReason", "Tags", "TemplateDescription", "TimeoutInMinutes", "UpdateTime", "Interface",
}  # fmt: skip
OF_LIST_STACKS = {
    "CreateTime", "DeletionProtection", "DisableRollback", "RegionId", "ResourceGroupId",
    "ServiceManaged", "StackDriftStatus", "StackId", "StackName", "StackType", "Status",
    "StatusReason", "Tags", "TimeoutInMinutes", "UpdateTime",
}  # fmt: skip
OF_RESOURCES = {
    "CreateTime", "LogicalResourceId", "PhysicalResourceId", "ResourceDriftStatus", "ResourceType",
    "StackId", "StackName", "Status", "StatusReason", "UpdateTime",
}  # fmt: skip
OF_EVENTS = {
    "CreateTime", "EventId", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "StackId",
    "StackName", "Status", "StatusReason",
}  # fmt: skip


def test_the_life_of_a_stack(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask(
            "CreateStack",
            StackName="demo",
            TemplateBody=ONE_COPY,
            Parameters=given(),
            Tags=[{"Key": "team", "Value": "images"}],
            TimeoutInMinutes=90,
            NotificationURLs=[HERE],
            RamRoleName="carrier",
            ResourceGroupId="rg-1",
            DeletionProtection="Enabled",
        )
        assert set(made) == {"RequestId", "StackId"}
        talk.stack = {"StackId": made["StackId"]}
        begun = await talk.ask("GetStack", **talk.stack, ShowResourceProgress="PercentageOnly")
        assert begun["Status"] == "CREATE_IN_PROGRESS"
        assert begun["Description"] == "carries one image"
        assert set(begun["ResourceProgress"]) == {"StackActionProgress", "StackOperationProgress"}
        progress = await talk.ask(
            "GetStack", **talk.stack, ShowResourceProgress="EnabledIfCreateStack"
        )
        counts = progress["ResourceProgress"]
        assert (counts["TotalResourceCount"], counts["InProgressResourceCount"]) == (1, 1)
        assert counts["InProgressResourceDetails"][0]["ResourceName"] == "Golden"

        stack = await talk.settled()
        assert set(stack) == OF_GET_STACK
        assert (stack["Status"], stack["StatusReason"]) == (
            "CREATE_COMPLETE",
            "Stack CREATE completed successfully",
        )
        assert stack["Tags"] == [{"Key": "team", "Value": "images"}]
        assert (stack["TimeoutInMinutes"], stack["DisableRollback"]) == (90, False)
        assert stack["NotificationURLs"] == [HERE]
        assert (stack["RamRoleName"], stack["ResourceGroupId"]) == ("carrier", "rg-1")
        assert json.loads(stack["Interface"]) == {"ParameterGroups": []}
        assert len(stack["CreateTime"]) == len("2026-01-31T12:00:00")
        outputs = {one["OutputKey"]: one for one in stack["Outputs"]}
        assert outputs["Id"]["OutputValue"].startswith("m-")
        assert (outputs["Id"]["Description"], outputs["Id"]["Label"]) == ("of the copy", "Image")
        assert outputs["Said"]["OutputValue"] == "******"
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        assert parameters["Words"] == "******"
        assert parameters["Name"] == "carried"
        assert parameters["ALIYUN::StackId"] == stack["StackId"]
        assert parameters["ALIYUN::Region"] == "cn-hangzhou"
        assert "Outputs" not in await talk.ask("GetStack", **talk.stack, OutputOption="Disabled")

        listed = await talk.ask("ListStacks")
        assert [set(one) for one in listed["Stacks"]] == [OF_LIST_STACKS]
        await _the_rest(talk)
        await _gone(talk)

    told(tmp_path, story, poster=Receivers)


async def _the_rest(talk: Talk) -> None:
    resources = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
    assert [set(one) for one in resources] == [OF_RESOURCES]
    assert (resources[0]["Status"], resources[0]["StatusReason"]) == (
        "CREATE_COMPLETE",
        "state changed",
    )
    name = {"LogicalResourceId": "Golden"}
    one = await talk.ask("GetStackResource", **talk.stack, **name)
    assert set(one) == {*OF_RESOURCES, "RequestId", "Description", "Metadata"}
    assert one["Metadata"] == {"Team": "images"}
    shown = await talk.ask("GetStackResource", **talk.stack, **name, ShowResourceAttributes="True")
    attributes = {
        row["ResourceAttributeKey"]: row["ResourceAttributeValue"]
        for row in shown["ResourceAttributes"]
    }
    assert attributes["ImageId"] == resources[0]["PhysicalResourceId"]
    some = await talk.ask(
        "GetStackResource", **talk.stack, **name, ResourceAttributes=["SourceRegionId", "Nope"]
    )
    assert [row["ResourceAttributeValue"] for row in some["ResourceAttributes"]] == [
        "cn-hangzhou",
        None,
    ]
    refused = await talk.refused("GetStackResource", **talk.stack, LogicalResourceId="Nope")
    assert refused[:2] == (404, "ResourceNotFound")
    events = (await talk.ask("ListStackEvents", **talk.stack))["Events"]
    assert all(set(event) == OF_EVENTS for event in events)
    assert (events[0]["ResourceType"], events[0]["LogicalResourceId"]) == (
        "ALIYUN::ROS::Stack",
        "demo",
    )
    assert [event["Status"] for event in events] == [
        "CREATE_COMPLETE",
        "CREATE_COMPLETE",
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
    ]
    template = await talk.ask("GetTemplate", **talk.stack)
    assert template["TemplateBody"] == ONE_COPY


async def _gone(talk: Talk) -> None:
    refused = await talk.refused("DeleteStack", **talk.stack)
    assert refused[:2] == (400, "NotSupported")
    await talk.ask("SetDeletionProtection", **talk.stack, DeletionProtection="Disabled")
    await talk.ask("DeleteStack", **talk.stack)
    assert (await talk.settled())["Status"] == "DELETE_COMPLETE"
    assert set(await talk.ask("DeleteStack", **talk.stack)) == {"RequestId"}
    assert (await talk.ask("ListStacks"))["TotalCount"] == 0
    gone = await talk.ask("ListStacks", Status=["DELETE_COMPLETE"])
    assert [one["StackId"] for one in gone["Stacks"]] == [talk.stack["StackId"]]
    refused = await talk.refused("UpdateStack", **talk.stack, TemplateBody=ONE_COPY)
    assert refused[:2] == (404, "StackNotFound")


def test_no_answer_holds_a_secret(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        source: dict[str, Any] = {"TemplateBody": ONE_COPY, "Parameters": given()}
        answers: list[Any] = [await talk.ask("PreviewStack", StackName="demo", **source)]
        await talk.create("demo", ONE_COPY, Parameters=given())
        other: dict[str, Any] = {
            "TemplateBody": ONE_COPY,
            "Parameters": given(Words=SECRET + "-2"),
            "ReplacementOption": "Enabled",
        }
        made = await talk.ask("CreateChangeSet", **talk.stack, ChangeSetName="c", **other)
        answers += [
            await talk.ask("GetChangeSet", ChangeSetId=made["ChangeSetId"], ShowTemplate=True),
            await talk.ask("PreviewStack", **talk.stack, **other),
            await talk.ask("UpdateStack", **talk.stack, **other),
            await talk.settled(),
            await talk.ask("ListStackEvents", **talk.stack, PageSize=50),
            await talk.ask("ListStackResources", **talk.stack),
            await talk.ask(
                "GetStackResource",
                **talk.stack,
                LogicalResourceId="Golden",
                ShowResourceAttributes=True,
            ),
            await talk.ask("GetTemplateSummary", **talk.stack),
        ]
        assert answers[4]["Status"] == "UPDATE_COMPLETE"
        for answer in answers:
            assert SECRET not in json.dumps(answer)

    told(tmp_path, story)


def test_one_token_makes_one_stack(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        wanted = {"StackName": "demo", "TemplateBody": TWO_COPIES, "ClientToken": "once"}
        first = await talk.ask("CreateStack", **wanted)
        again = await talk.ask("CreateStack", **wanted)
        assert again["StackId"] == first["StackId"]
        assert again["RequestId"] != first["RequestId"]
        other = await talk.refused("CreateStack", **{**wanted, "StackName": "other"})
        assert other[:2] == (400, "InvalidIdempotenceParameter")
        exists = await talk.refused("CreateStack", StackName="demo", TemplateBody=TWO_COPIES)
        assert exists == (409, "StackExists", "The Stack (demo) already exists.")
        # A name is free in every other region, and a token counts for its action alone.
        await talk.ask("CreateStack", **{**wanted, "RegionId": "cn-qingdao", "ClientToken": "two"})
        preview = {**wanted, "StackName": "new"}
        assert (await talk.ask("PreviewStack", **preview))["Stack"]["StackName"] == "new"
        assert (await talk.ask("ListStacks"))["TotalCount"] == 1
        talk.stack = {"StackId": first["StackId"]}
        busy = await talk.refused("UpdateStack", **talk.stack, TemplateBody=TWO_COPIES + "#")
        assert busy == (
            409,
            "ActionInProgress",
            "Stack demo already has an action (CREATE) in progress.",
        )
        await talk.settled()
        assert (await talk.ask("CreateStack", **wanted))["StackId"] == first["StackId"]

    told(tmp_path, story)


def test_the_same_asked_twice_at_once(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        wanted = {"StackName": "demo", "TemplateBody": TWO_COPIES, "ClientToken": "once"}
        answers = await asyncio.gather(*(talk.apis.ros("CreateStack", **wanted) for _ in range(3)))
        made = {body["StackId"] for status, body in answers if status == 200}
        assert len(made) == 1
        refused = {(status, body["Code"]) for status, body in answers if status != 200}
        assert refused <= {(400, "LastTokenProcessing")}
        nameless = {"StackName": "other", "TemplateBody": TWO_COPIES}
        answers = await asyncio.gather(
            *(talk.apis.ros("CreateStack", **nameless) for _ in range(3))
        )
        assert sorted(status for status, _ in answers) == [200, 409, 409]
        assert (await talk.ask("ListStacks"))["TotalCount"] == 2

    told(tmp_path, story)


def test_a_token_that_came_to_nothing_may_ask_again(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        bad = {"StackName": "demo", "TemplateBody": "a: [", "ClientToken": "once"}
        assert (await talk.refused("CreateStack", **bad))[1] == "InvalidSchema"
        await talk.ask("CreateStack", **{**bad, "TemplateBody": TWO_COPIES})

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("wish", "status", "remains"),
    [
        pytest.param({}, "CREATE_ROLLBACK_COMPLETE", 0, id="rolled back by default"),
        pytest.param({"DisableRollback": "True"}, "CREATE_FAILED", 1, id="kept"),
        pytest.param(
            {"CreateOption": "AbandonStackOnCreationRollbackComplete"},
            "DELETE_COMPLETE",
            0,
            id="forgotten",
        ),
    ],
)
def test_a_copy_that_fails(tmp_path: Path, wish: dict[str, str], status: str, remains: int) -> None:
    async def story(talk: Talk) -> None:
        fault = {"kind": "copy_fails", "action": "CopyImage", "region": "cn-beijing"}
        controls.add_fault(talk.apis.cloud.world, {**fault, "count": None, "percent": 50})
        await talk.create("demo", **wish)
        stack = await talk.settled()
        assert stack["Status"] == status
        events = (await talk.ask("ListStackEvents", **talk.stack, PageSize=50))["Events"]
        failed = [
            one
            for one in events
            if one["Status"] == "CREATE_FAILED" and one["ResourceType"] != "ALIYUN::ROS::Stack"
        ]
        assert [one["LogicalResourceId"] for one in failed] == ["Second"]
        assert failed[0]["StatusReason"] != "state changed"
        resources = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        whole = [one for one in resources if one["Status"] == "CREATE_COMPLETE"]
        assert len(whole) == remains
        if status != "DELETE_COMPLETE":
            cause = stack["OperationInfo"]
            assert (cause["LogicalResourceId"], cause["Action"]) == ("Second", "CREATE")
            assert stack["StatusReason"] == (
                f"Resource CREATE failed: {cause['Code']}: resources.Second: {cause['Message']}"
            )
            assert (await talk.ask("ListStacks"))["Stacks"][0]["OperationInfo"] == cause
        await talk.ask("DeleteStack", **talk.stack)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"

    told(tmp_path, story)


def test_the_call_that_the_cloud_refused_is_told(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        refusal = {"kind": "error", "action": "CopyImage", "code": "Forbidden.RAM", "status": 403}
        controls.add_fault(talk.apis.cloud.world, {**refusal, "count": None, "message": "No."})
        await talk.create("demo")
        cause = (await talk.settled())["OperationInfo"]
        assert set(cause) == {
            "Action",
            "Code",
            "LogicalResourceId",
            "Message",
            "RequestId",
            "ResourceType",
        }
        assert cause["Code"] == "Forbidden.RAM"
        assert len(cause["RequestId"]) == 36
        assert cause["ResourceType"] == "ALIYUN::ECS::CopyImage"

    told(tmp_path, story)


def test_a_stack_that_takes_too_long(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create("demo", TimeoutInMinutes=10)
        stack = await talk.settled()
        assert stack["Status"] == "CREATE_ROLLBACK_COMPLETE"
        assert stack["TimeoutInMinutes"] == 10

    told(tmp_path, story, speed=1.0)


def test_what_is_to_stay_in_the_cloud(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create("some")
        await talk.ask("DeleteStack", **talk.stack, RetainResources=["First"])
        await talk.settled()
        assert len(_copies(talk)) == 1
        other = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
        await talk.create("all", Parameters=other)
        both = {"RetainResources": ["First"], "RetainAllResources": True}
        assert (await talk.refused("DeleteStack", **talk.stack, **both))[1] == "MultipleParameter"
        nobody = await talk.refused("DeleteStack", **talk.stack, RetainResources=["Nope"])
        assert nobody[:2] == (400, "StackValidationFailed")
        await talk.ask("DeleteStack", **talk.stack, RetainAllResources=True)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"
        assert len(_copies(talk)) == 3

    told(tmp_path, story)


def _copies(talk: Talk) -> list[dict[str, Any]]:
    images = controls.list_images(talk.apis.cloud.world)
    return [image for image in images if image["source_image_id"]]
