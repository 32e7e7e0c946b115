"""What tools around CloudFormation call, in their order: Terraform's stack, Ansible's module, SAM."""

from __future__ import annotations

from pathlib import Path

from tests.api.cfn.visits import COPY, Visit, visited

TERRAFORM = {"Parameters": [{"ParameterKey": "Suffix", "ParameterValue": "tf"}]}


async def gone(visit: Visit, stack_id: str) -> None:
    while (await visit.stack(stack_id))["StackStatus"] == "DELETE_IN_PROGRESS":
        await visit.apis.clock.sleep(20)
    assert (await visit.stack(stack_id))["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_resource_of_terraform(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call(
            "CreateStack",
            StackName="demo",
            TemplateBody=COPY,
            ClientRequestToken="terraform-1",
            OnFailure="ROLLBACK",
            Capabilities=["CAPABILITY_IAM"],
            TimeoutInMinutes=60,
            Tags=[{"Key": "team", "Value": "images"}],
            **TERRAFORM,
        )
        arn = made["StackId"]
        stack = await visit.settled(arn)
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        assert (stack["TimeoutInMinutes"], stack["Capabilities"]) == (60, ["CAPABILITY_IAM"])
        events = (await visit.call("DescribeStackEvents", StackName=arn))["StackEvents"]
        assert {one["ClientRequestToken"] for one in events} == {"terraform-1"}
        read = await visit.call("GetTemplate", StackName=arn, TemplateStage="Original")
        assert read["TemplateBody"] == COPY
        assert await visit.call("GetStackPolicy", StackName=arn) == {}
        update = {"StackName": arn, "TemplateBody": COPY, **TERRAFORM}
        # The tags alone: no resource is touched, and it is an update all the same.
        await visit.call("UpdateStack", Tags=[], ClientRequestToken="terraform-2", **update)
        stack = await visit.settled(arn)
        assert (stack["StackStatus"], stack["Tags"]) == ("UPDATE_COMPLETE", [])
        events = (await visit.call("DescribeStackEvents", StackName=arn))["StackEvents"]
        assert [
            one["ResourceStatus"] for one in events if one["ClientRequestToken"] == "terraform-2"
        ] == ["UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_IN_PROGRESS"]
        await visit.call("DeleteStack", StackName=arn, ClientRequestToken="terraform-3")
        await gone(visit, arn)

    visited(tmp_path, story)


def test_the_cloudformation_module_of_ansible(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        assert "does not exist" in await visit.validation("DescribeStacks", StackName="demo")
        await visit.call(
            "CreateStack",
            StackName="demo",
            TemplateBody=COPY,
            Parameters=[],
            Tags=[],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            ClientRequestToken="Ansible-StackSetup-1",
            OnFailure="DELETE",
            EnableTerminationProtection=False,
        )
        await visit.settled()
        events = (await visit.call("DescribeStackEvents", StackName="demo"))["StackEvents"]
        assert {one["ClientRequestToken"] for one in events} == {"Ansible-StackSetup-1"}
        listed = await visit.call("ListStackResources", StackName="demo")
        assert [one["ResourceStatus"] for one in listed["StackResourceSummaries"]] == [
            "CREATE_COMPLETE"
        ]
        same = {"StackName": "demo", "TemplateBody": COPY, "Parameters": [], "Tags": []}
        assert await visit.validation("UpdateStack", **same) == "No updates are to be performed."
        # Its check mode: a change set that is looked at and thrown away.
        await visit.call("CreateChangeSet", ChangeSetName="Ansible-demo-1", **same)
        described = await visit.call(
            "DescribeChangeSet", StackName="demo", ChangeSetName="Ansible-demo-1"
        )
        assert (described["Status"], described["Changes"]) == ("FAILED", [])
        assert "didn't contain changes" in described["StatusReason"]
        await visit.call("DeleteChangeSet", StackName="demo", ChangeSetName="Ansible-demo-1")
        assert (await visit.call("ListChangeSets", StackName="demo"))["Summaries"] == []

    visited(tmp_path, story)


def test_sam_deploy_and_delete(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        for turn, kind in enumerate(("CREATE", "UPDATE")):
            name = f"samcli-deploy{turn}"
            await visit.call(
                "CreateChangeSet",
                StackName="demo",
                ChangeSetName=name,
                ChangeSetType=kind,
                TemplateBody=COPY,
                Parameters=[{"ParameterKey": "Suffix", "ParameterValue": f"turn-{turn}"}],
                Capabilities=["CAPABILITY_IAM"],
                Description="Created by SAM CLI",
                Tags=[],
            )
            looked_at = {"StackName": "demo", "ChangeSetName": name}
            described = await visit.call("DescribeChangeSet", **looked_at)
            assert (described["Status"], len(described["Changes"])) == ("CREATE_COMPLETE", 1)
            # It shows what happens from the newest event that was there before.
            before = (await visit.call("DescribeStackEvents", StackName="demo"))["StackEvents"][0]
            await visit.apis.clock.sleep(1)
            await visit.call("ExecuteChangeSet", DisableRollback=False, **looked_at)
            stack = await visit.settled()
            assert stack["StackStatus"] == f"{kind}_COMPLETE"
            assert stack["ChangeSetId"] == described["ChangeSetId"]
            events = (await visit.call("DescribeStackEvents", StackName="demo"))["StackEvents"]
            later = [one for one in events if one["Timestamp"] > before["Timestamp"]]
            assert later[-1]["ResourceStatus"] == f"{kind}_IN_PROGRESS"
            assert later[-1]["ResourceType"] == "AWS::CloudFormation::Stack"
        template = await visit.call("GetTemplate", StackName="demo", TemplateStage="Original")
        assert template["TemplateBody"] == COPY
        await visit.call("DeleteStack", StackName="demo")
        await gone(visit, stack["StackId"])

    visited(tmp_path, story)
