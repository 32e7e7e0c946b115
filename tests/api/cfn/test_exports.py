"""Exports and imports, and what they forbid; updates cancelled."""

from __future__ import annotations

from pathlib import Path

from tests.api.cfn.visits import COPY, Visit, visited

TAKER = """\
Resources:
  Share:
    Type: TF::Alicloud::ImageSharePermission
    Properties: {ImageId: !ImportValue carried, AccountId: '1000000000000002'}
"""


def test_what_one_stack_gives_another_takes(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        arn = await visit.create()
        (export,) = (await visit.call("ListExports"))["Exports"]
        image = (await visit.stack())["Outputs"][0]["OutputValue"]
        assert export == {"ExportingStackId": arn, "Name": "carried", "Value": image}
        assert (await visit.call("ListExports", region="cn-shanghai"))["Exports"] == []
        assert await visit.validation("ListImports", ExportName="carried") == (
            "Export 'carried' is not imported by any stack."
        )
        await visit.create("taker", TAKER)
        assert (await visit.call("ListImports", ExportName="carried"))["Imports"] == ["taker"]
        assert await visit.validation("DeleteStack", StackName="demo") == (
            "Export carried cannot be deleted as it is in use by taker"
        )
        await visit.call("DeleteStack", StackName="taker")
        await visit.apis.clock.sleep(60)
        await visit.call("DeleteStack", StackName="demo")
        assert (await visit.settled(arn))["StackStatus"] == "DELETE_COMPLETE"

    visited(tmp_path, story, speed=50)


def test_an_output_is_exported_by_an_update_that_changes_nothing_else(tmp_path: Path) -> None:
    bare = COPY.replace(", Export: {Name: carried}", "")

    async def names(visit: Visit) -> list[str]:
        return [one["Name"] for one in (await visit.call("ListExports"))["Exports"]]

    async def story(visit: Visit) -> None:
        await visit.create(template=bare)
        assert await names(visit) == []
        await visit.call("UpdateStack", StackName="demo", TemplateBody=COPY)
        assert (await visit.settled())["StackStatus"] == "UPDATE_COMPLETE"
        assert await names(visit) == ["carried"]
        renamed = COPY.replace("Name: carried", "Name: other")
        made = await visit.call(
            "CreateChangeSet", StackName="demo", ChangeSetName="other", TemplateBody=renamed
        )
        described = await visit.call("DescribeChangeSet", ChangeSetName=made["Id"])
        assert (described["Status"], described["Changes"]) == ("CREATE_COMPLETE", [])
        await visit.call("ExecuteChangeSet", ChangeSetName=made["Id"])
        await visit.settled()
        assert await names(visit) == ["other"]
        assert await visit.validation("UpdateStack", StackName="demo", TemplateBody=renamed) == (
            "No updates are to be performed."
        )

    visited(tmp_path, story)


def test_an_export_that_nobody_has_is_not_found(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        text = await visit.validation("CreateStack", StackName="taker", TemplateBody=TAKER)
        assert text == "No export named carried found."
        await visit.create()
        text = await visit.validation("CreateStack", StackName="second", TemplateBody=COPY)
        assert text == "Export with name carried is already exported by stack demo"

    visited(tmp_path, story, speed=1e6)


def test_an_update_is_cancelled(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        refusal = "CancelUpdateStack cannot be called from current stack status"
        assert await visit.validation("CancelUpdateStack", StackName="demo") == refusal
        other = COPY.replace("m-golden0000000000001", "m-golden0000000000002").replace(
            "cn-hangzhou", "ap-southeast-1"
        )
        await visit.call("UpdateStack", StackName="demo", TemplateBody=other)
        await visit.apis.clock.sleep(5)
        await visit.call("CancelUpdateStack", StackName="demo", ClientRequestToken="stop")
        await visit.call("CancelUpdateStack", StackName="demo", ClientRequestToken="stop")
        assert (await visit.settled())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        text = await visit.validation("ContinueUpdateRollback", StackName="demo")
        assert text.endswith(
            "is in UPDATE_ROLLBACK_COMPLETE state and can not continue update rollback."
        )

    visited(tmp_path, story, speed=2)
