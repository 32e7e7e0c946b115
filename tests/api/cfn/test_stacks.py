"""Stacks by the CloudFormation API: created, looked at, updated, deleted."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from imageferry.assembly.served import ServeChoices
from imageferry.control.later_deletions import KIND
from imageferry.emulator import controls
from tests.api.cfn.visits import COPY, WAIT, Visit, visited


def test_a_stack_lives_and_dies_in_the_words_of_cloudformation(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call(
            "CreateStack",
            StackName="demo",
            TemplateBody=COPY,
            Parameters=[{"ParameterKey": "Word", "ParameterValue": "s3cret"}],
            Capabilities=[],
            TimeoutInMinutes=240,
            NotificationARNs=["arn:aws:sns:cn-beijing:1:told"],
            Tags=[{"Key": "team", "Value": "images"}],
            ClientRequestToken="first-token",
        )
        arn = made["StackId"]
        assert arn.startswith("arn:aws:cloudformation:cn-beijing:")
        begun = await visit.stack()
        assert begun["StackStatus"] == "CREATE_IN_PROGRESS"
        assert "Outputs" not in begun
        done = await visit.settled()
        assert done["StackId"] == arn
        assert done["StackStatus"] == "CREATE_COMPLETE"
        assert done["Description"] == "one image, carried"
        assert done["Parameters"] == [
            {"ParameterKey": "Suffix", "ParameterValue": "one"},
            {"ParameterKey": "Word", "ParameterValue": "****"},
        ]
        (output,) = done["Outputs"]
        assert output["OutputKey"] == "Id"
        assert output["OutputValue"].startswith("m-")
        assert output["Description"] == "the new image"
        assert output["ExportName"] == "carried"
        assert done["Tags"] == [{"Key": "team", "Value": "images"}]
        assert done["NotificationARNs"] == ["arn:aws:sns:cn-beijing:1:told"]
        assert done["TimeoutInMinutes"] == 240
        assert done["RollbackConfiguration"] == {}
        assert done["DisableRollback"] is False
        assert done["EnableTerminationProtection"] is False
        assert done["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
        assert not {"LastUpdatedTime", "DeletionTime", "Capabilities", "ChangeSetId"} & set(done)

        updated = await visit.call(
            "UpdateStack",
            StackName="demo",
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": "Suffix", "ParameterValue": "two"},
                {"ParameterKey": "Word", "UsePreviousValue": True},
            ],
        )
        assert updated["StackId"] == arn
        done = await visit.settled()
        assert done["StackStatus"] == "UPDATE_COMPLETE"
        assert done["LastUpdatedTime"] > done["CreationTime"]
        assert done["Tags"] == [{"Key": "team", "Value": "images"}]

        assert await visit.call("DeleteStack", StackName="demo") == {}
        while (await visit.stack(arn))["StackStatus"] == "DELETE_IN_PROGRESS":
            await visit.apis.clock.sleep(20)
        gone = await visit.stack(arn)
        assert gone["StackStatus"] == "DELETE_COMPLETE"
        assert "EnableTerminationProtection" not in gone
        assert gone["DeletionTime"] > gone["CreationTime"]
        assert await visit.validation("DescribeStacks", StackName="demo") == (
            "Stack with id demo does not exist"
        )
        assert await visit.call("DeleteStack", StackName=arn) == {}

    visited(tmp_path, story)


def test_events_are_told_newest_first_with_stable_ids(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        arn = await visit.create(ClientRequestToken="one-token")
        told = (await visit.call("DescribeStackEvents", StackName="demo"))["StackEvents"]
        words = [
            (one["LogicalResourceId"], one["ResourceStatus"], one.get("ResourceStatusReason"))
            for one in reversed(told)
        ]
        assert words[0] == ("demo", "CREATE_IN_PROGRESS", "User Initiated")
        assert ("Copy", "CREATE_COMPLETE", None) in words
        assert words[-1] == ("demo", "CREATE_COMPLETE", None)
        assert {one["ClientRequestToken"] for one in told} == {"one-token"}
        assert {one["StackId"] for one in told} == {arn}
        of_stack = [one for one in told if one["LogicalResourceId"] == "demo"]
        assert {one["ResourceType"] for one in of_stack} == {"AWS::CloudFormation::Stack"}
        assert {one["PhysicalResourceId"] for one in of_stack} == {arn}
        assert len({one["EventId"] for one in told}) == len(told)
        assert all(
            one["EventId"].startswith("Copy-CREATE_")
            for one in told
            if one["LogicalResourceId"] == "Copy"
        )
        again = (await visit.call("DescribeStackEvents", StackName=arn))["StackEvents"]
        assert again == told

    visited(tmp_path, story)


def test_a_failed_creation_is_rolled_back_kept_or_deleted_as_asked(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        rolled = await visit.create("rolled", WAIT)
        kept = await visit.create("kept", WAIT, DisableRollback=True)
        deleted = await visit.create("deleted", WAIT, OnFailure="DELETE")
        statuses = [(await visit.stack(one))["StackStatus"] for one in (rolled, kept, deleted)]
        assert statuses == ["ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_COMPLETE"]
        assert (await visit.stack("kept"))["DisableRollback"] is True
        assert await visit.validation("UpdateStack", StackName="rolled", TemplateBody=COPY) == (
            f"Stack:{rolled} is in ROLLBACK_COMPLETE state and can not be updated."
        )
        listed = await visit.call("ListStacks", StackStatusFilter=["DELETE_COMPLETE"])
        assert [one["StackName"] for one in listed["StackSummaries"]] == ["deleted"]
        listed = await visit.call("ListStacks")
        assert {one["StackName"] for one in listed["StackSummaries"]} == {
            "rolled",
            "kept",
            "deleted",
        }
        assert await visit.call("ListStacks", StackStatusFilter=["IMPORT_COMPLETE"]) == {
            "StackSummaries": []
        }

    visited(tmp_path, story)


def test_a_stack_that_is_being_created_is_deleted_once_it_has_turned_back(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call("CreateStack", StackName="demo", TemplateBody=COPY)
        await visit.apis.clock.sleep(60)
        assert (await visit.stack())["StackStatus"] == "CREATE_IN_PROGRESS"
        assert await visit.call("DeleteStack", StackName="demo") == {}
        assert await visit.call("DeleteStack", StackName="demo") == {}
        assert await deleted(visit, made["StackId"])
        papers = visit.apis.house.plane.desk.documents
        assert papers is not None
        assert await papers.count(KIND, visit.apis.house.plane.place.account_id) == 0

    visited(tmp_path, story, speed=1.0)


def test_a_deletion_that_was_put_off_is_not_forgotten_with_the_process(tmp_path: Path) -> None:
    made: dict[str, str] = {}

    async def cut_short(visit: Visit) -> None:
        made.update(await visit.call("CreateStack", StackName="demo", TemplateBody=COPY))
        await visit.apis.clock.sleep(60)
        await visit.call("DeleteStack", StackName="demo")
        # Whoever was to delete it is gone before it has turned back.
        await visit.apis.house.plane.desk.errands.close()

    async def taken_up(visit: Visit) -> None:
        assert await deleted(visit, made["StackId"])

    visited(tmp_path, cut_short, speed=1.0)
    visited(tmp_path, taken_up)


async def deleted(visit: Visit, stack_id: str) -> bool:
    for _ in range(500):
        await visit.apis.clock.sleep(20)
        if (await visit.stack(stack_id))["StackStatus"] == "DELETE_COMPLETE":
            return True
    return False


def test_protection_and_policy_are_kept_and_obeyed(tmp_path: Path) -> None:
    policy = '{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'

    async def story(visit: Visit) -> None:
        arn = await visit.create(EnableTerminationProtection=True)
        assert (await visit.stack())["EnableTerminationProtection"] is True
        assert await visit.validation("DeleteStack", StackName="demo") == (
            "Stack [demo] cannot be deleted while TerminationProtection is enabled"
        )
        given = {"StackName": "demo", "EnableTerminationProtection": False}
        assert await visit.call("UpdateTerminationProtection", **given) == {"StackId": arn}
        assert (await visit.stack())["EnableTerminationProtection"] is False
        assert await visit.call("GetStackPolicy", StackName="demo") == {}
        await visit.call("SetStackPolicy", StackName="demo", StackPolicyBody=policy)
        assert await visit.call("GetStackPolicy", StackName=arn) == {"StackPolicyBody": policy}
        changed = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
        refused = await visit.validation(
            "UpdateStack", StackName="demo", UsePreviousTemplate=True, Parameters=changed
        )
        assert "policy" in refused
        assert await visit.validation("SetStackPolicy", StackName="demo", StackPolicyBody="{") == (
            "Error validating stack policy: Invalid stack policy"
        )

    visited(tmp_path, story)


def test_what_could_not_be_deleted_is_retained_or_let_go_of_by_force(tmp_path: Path) -> None:
    refuses = {"kind": "error", "action": "DeleteImage", "count": None, "code": "InvalidOperation"}

    async def story(visit: Visit) -> None:
        arns = {}
        for name, mode in (("kept", {"RetainResources": ["Copy"]}), ("forced", FORCE)):
            template = COPY.replace("{Name: carried}", f"{{Name: {name}}}")
            given = [{"ParameterKey": "Suffix", "ParameterValue": name}]
            arns[name] = await visit.create(name, template, Parameters=given)
            controls.add_fault(visit.apis.cloud.world, refuses)
            await visit.call("DeleteStack", StackName=name)
            assert (await visit.settled(name))["StackStatus"] == "DELETE_FAILED"
            if name == "kept":
                given = {"StackName": name, "RetainResources": ["Other"]}
                assert await visit.validation("DeleteStack", **given) == (
                    "The following resource(s) to retain do not exist: [Other]"
                )
            await visit.call("DeleteStack", StackName=name, **mode)
            assert await deleted(visit, arns[name])
            controls.clear_faults(visit.apis.cloud.world)
            events = await visit.call("DescribeStackEvents", StackName=arns[name])
            statuses = [one["ResourceStatus"] for one in events["StackEvents"]]
            assert "DELETE_SKIPPED" in statuses

    visited(tmp_path, story)


FORCE = {"DeletionMode": "FORCE_DELETE_STACK"}


def test_resources_are_told_in_three_forms(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        arn = await visit.create()
        (described,) = (await visit.call("DescribeStackResources", StackName="demo"))[
            "StackResources"
        ]
        assert described["StackId"] == arn
        assert described["LogicalResourceId"] == "Copy"
        assert described["ResourceStatus"] == "CREATE_COMPLETE"
        assert described["DriftInformation"] == {"StackResourceDriftStatus": "NOT_CHECKED"}
        by_id = await visit.call(
            "DescribeStackResources", PhysicalResourceId=described["PhysicalResourceId"]
        )
        assert by_id["StackResources"] == [described]
        given = {"StackName": "demo", "LogicalResourceId": "Copy"}
        detail = (await visit.call("DescribeStackResource", **given))["StackResourceDetail"]
        assert detail["Metadata"] == '{"Owner": "suite"}'
        assert detail["PhysicalResourceId"] == described["PhysicalResourceId"]
        listed = await visit.call("ListStackResources", StackName=arn)
        (summary,) = listed["StackResourceSummaries"]
        assert summary["LastUpdatedTimestamp"] == described["Timestamp"]
        signal = {**given, "UniqueId": "one", "Status": "SUCCESS"}
        assert "waits for no signal" in await visit.validation("SignalResource", **signal)

    visited(tmp_path, story)


def test_the_resources_of_a_deleted_stack_are_known_by_its_id(tmp_path: Path) -> None:
    kept = COPY.replace("    Metadata: {Owner: suite}", "    DeletionPolicy: Retain")
    other = kept.replace("Export: {Name: carried}", "Export: {Name: other}")

    async def story(visit: Visit) -> None:
        for name, template, status in (
            ("demo", COPY, "DELETE_COMPLETE"),
            ("kept", other, "DELETE_SKIPPED"),
        ):
            arn = await visit.create(name, template)
            (before,) = (await visit.call("DescribeStackResources", StackName=name))[
                "StackResources"
            ]
            await visit.call("DeleteStack", StackName=name)
            assert await deleted(visit, arn)
            (gone,) = (await visit.call("DescribeStackResources", StackName=arn))["StackResources"]
            assert gone["ResourceStatus"] == status
            assert gone["PhysicalResourceId"] == before["PhysicalResourceId"]
            listed = await visit.call("ListStackResources", StackName=arn)
            assert [one["ResourceStatus"] for one in listed["StackResourceSummaries"]] == [status]
            detail = await visit.call(
                "DescribeStackResource", StackName=arn, LogicalResourceId="Copy"
            )
            assert detail["StackResourceDetail"]["ResourceStatus"] == status
            assert await visit.validation("DescribeStackResources", StackName=name) == (
                f"Stack with id {name} does not exist"
            )

    visited(tmp_path, story)


def test_a_policy_alone_is_an_update_and_keeps_the_resource(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        arn = await visit.create()
        kept = COPY.replace("    Metadata: {Owner: suite}", "    DeletionPolicy: Retain")
        await visit.call("UpdateStack", StackName="demo", TemplateBody=kept)
        assert (await visit.settled())["StackStatus"] == "UPDATE_COMPLETE"
        assert await visit.validation("UpdateStack", StackName="demo", TemplateBody=kept) == (
            "No updates are to be performed."
        )
        await visit.call("DeleteStack", StackName="demo")
        assert await deleted(visit, arn)
        (gone,) = (await visit.call("DescribeStackResources", StackName=arn))["StackResources"]
        assert gone["ResourceStatus"] == "DELETE_SKIPPED"

    visited(tmp_path, story)


def test_pages_lead_from_one_to_the_next_and_tokens_belong_to_their_operation(
    tmp_path: Path,
) -> None:
    async def story(visit: Visit) -> None:
        for number in range(52):
            await visit.call("CreateStack", StackName=f"s{number}", TemplateBody=WAIT)
        first = await visit.call("DescribeStacks")
        second = await visit.call("DescribeStacks", NextToken=first["NextToken"])
        assert len(first["Stacks"]) == 50
        assert "NextToken" not in second
        names = {one["StackName"] for one in (*first["Stacks"], *second["Stacks"])}
        assert names == {f"s{number}" for number in range(52)}
        for token in (first["NextToken"], "nonsense", "¤", "A" * 900):
            assert await visit.validation("ListStacks", NextToken=token) == (
                "The provided NextToken is not valid."
            )
        assert (await visit.call("DescribeStacks", region="cn-shanghai"))["Stacks"] == []
        far = base64.urlsafe_b64encode(b"DescribeStackEvents:" + b"9" * 40).decode()
        told = await visit.call("DescribeStackEvents", StackName="s1", NextToken=far)
        assert len(told["StackEvents"]) > 1
        far = base64.urlsafe_b64encode(b"DescribeStacks:" + b"9" * 40).decode()
        assert await visit.call("DescribeStacks", NextToken=far) == {"Stacks": []}

    visited(tmp_path, story)


def test_one_token_makes_one_stack(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        given = {"StackName": "demo", "TemplateBody": COPY, "ClientRequestToken": "once"}
        first = await visit.call("CreateStack", **given)
        assert await visit.call("CreateStack", **given) == first
        status, code, _ = await visit.refusal("CreateStack", **{**given, "StackName": "other"})
        assert (status, code) == (400, "TokenAlreadyExistsException")
        await visit.settled()
        # The same words for another deed are another request.
        await visit.call("DeleteStack", StackName="demo", ClientRequestToken="once")
        assert (await visit.stack(first["StackId"]))["StackStatus"].startswith("DELETE")

    visited(tmp_path, story)


def test_a_stack_under_review_can_be_deleted(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call(
            "CreateChangeSet",
            StackName="demo",
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=COPY,
        )
        reviewed = await visit.stack()
        assert reviewed["StackStatus"] == "REVIEW_IN_PROGRESS"
        assert await visit.validation("GetTemplateSummary", StackName="demo") == (
            "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
        )
        given = {"StackName": "demo", "ChangeSetName": "first"}
        assert (await visit.call("GetTemplate", **given))["TemplateBody"] == COPY
        by_id = await visit.call("GetTemplate", ChangeSetName=made["Id"])
        assert by_id["TemplateBody"] == COPY
        assert await visit.refusal("CreateStack", StackName="demo", TemplateBody=COPY) == (
            400,
            "AlreadyExistsException",
            "Stack [demo] already exists",
        )
        await visit.call("DeleteStack", StackName="demo")
        assert await deleted(visit, made["StackId"])
        await visit.create()

    visited(tmp_path, story)


def test_a_stack_of_ros_is_shown_in_the_words_of_cloudformation(tmp_path: Path) -> None:
    ros = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-shanghai}
"""

    async def story(visit: Visit) -> None:
        status, made = await visit.apis.ros("CreateStack", StackName="ours", TemplateBody=ros)
        assert status == 200, made
        arn = (await visit.call("DescribeStacks", region="cn-hangzhou"))["Stacks"][0]["StackId"]
        assert arn.endswith(f":stack/ours/{made['StackId']}")
        assert (await visit.stack(arn))["StackName"] == "ours"
        events = await visit.call("DescribeStackEvents", StackName=arn)
        assert {one["StackId"] for one in events["StackEvents"]} == {arn}
        assert await visit.validation("CreateStack", StackName="new", TemplateBody=ros) == (
            "Invalid template property or properties [ROSTemplateFormatVersion]"
        )

    visited(tmp_path, story)


@pytest.mark.parametrize(
    ("regions", "wanted"),
    [
        pytest.param({}, "eu-west-1", id="as signed"),
        pytest.param({"destination_region": "cn-shanghai"}, "cn-shanghai", id="one for all"),
    ],
)
def test_the_region_of_a_stack_follows_the_signature_and_the_choices(
    tmp_path: Path, regions: dict[str, str], wanted: str
) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call(
            "CreateStack", region="eu-west-1", StackName="demo", TemplateBody=WAIT
        )
        assert made["StackId"].split(":")[3] == wanted

    visited(tmp_path, story, choices=ServeChoices(**regions))
