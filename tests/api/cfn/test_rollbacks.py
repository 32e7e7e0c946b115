"""Rollbacks asked for afterwards: what a failed creation or update has kept is taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from imageferry.emulator import controls
from tests.api.cfn.visits import COPY, WAIT, Visit, visited

HALF = """\
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: half-done
  Missing:
    Type: TF::Alicloud::ImageCopy
    DependsOn: Copy
    Properties: {SourceImageId: m-missing000000000001, SourceRegionId: cn-hangzhou}
"""


def names(visit: Visit) -> list[str]:
    found = controls.list_images(visit.apis.cloud.world)
    return [one["name"] for one in found if one["source_image_id"]]


def test_a_creation_that_was_kept_is_undone(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create(template=HALF, DisableRollback=True)
        assert (await visit.stack())["StackStatus"] == "CREATE_FAILED"
        assert names(visit) == ["half-done"]
        made = await visit.call("RollbackStack", StackName="demo", ClientRequestToken="back")
        assert made == await visit.call(
            "RollbackStack", StackName="demo", ClientRequestToken="back"
        )
        assert (await visit.settled())["StackStatus"] == "ROLLBACK_COMPLETE"
        assert names(visit) == []
        await visit.lose_answer("RollbackStack", "back")
        assert made == await visit.call(
            "RollbackStack", StackName="demo", ClientRequestToken="back"
        )
        assert (await visit.validation("RollbackStack", StackName="demo")).endswith(
            "is in ROLLBACK_COMPLETE state and can not be rolled back."
        )

    visited(tmp_path, story, speed=50)


def test_an_update_that_was_kept_goes_back_to_the_last_success(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        before = await visit.stack()
        missing = WAIT.partition("Resources:\n")[2].replace("Copy:", "Missing:", 1)
        other = COPY.replace("Outputs:\n", missing + "Outputs:\n").replace("carried-$", "other-$")
        await visit.call("UpdateStack", StackName="demo", TemplateBody=other, DisableRollback=True)
        assert (await visit.settled())["StackStatus"] == "UPDATE_FAILED"
        assert names(visit) == ["other-one"]
        await visit.call("RollbackStack", StackName="demo")
        done = await visit.settled()
        assert done["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert names(visit) == ["carried-one"]
        assert done["Outputs"] == before["Outputs"]
        assert (await visit.call("GetTemplate", StackName="demo"))["TemplateBody"] == COPY
        resources = await visit.call("DescribeStackResources", StackName="demo")
        assert [one["LogicalResourceId"] for one in resources["StackResources"]] == ["Copy"]
        assert await visit.validation(
            "UpdateStack", StackName="demo", TemplateBody=COPY
        ) == "No updates are to be performed."  # fmt: skip

    visited(tmp_path, story, speed=50)


def forbid_renaming(visit: Visit, skip: int) -> None:
    """The cloud allows so many renames, and no further one."""
    controls.add_fault(
        visit.apis.cloud.world,
        {"kind": "error", "action": "ModifyImageAttribute", "code": "Forbidden.RAM",
         "status": 403, "skip": skip, "count": None},
    )  # fmt: skip


def half_updated() -> str:
    """An update that renames what is there, and then asks for what cannot be made."""
    missing = WAIT.partition("Resources:\n")[2].replace("Copy:", "Missing:", 1)
    missing = missing.replace("    Properties:", "    DependsOn: Copy\n    Properties:")
    return COPY.replace("Outputs:\n", missing + "Outputs:\n").replace("carried-$", "other-$")


async def stuck(visit: Visit) -> None:
    """A stack whose update has failed, and whose rollback has failed as well."""
    await visit.create()
    forbid_renaming(visit, 1)
    await visit.call("UpdateStack", StackName="demo", TemplateBody=half_updated())
    assert (await visit.settled())["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert names(visit) == ["other-one"]


def test_a_rollback_that_failed_is_continued(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await stuck(visit)
        controls.clear_faults(visit.apis.cloud.world)
        unknown = await visit.validation(
            "ContinueUpdateRollback", StackName="demo", ResourcesToSkip=["Nothing"]
        )
        assert unknown == ("The following resource(s) to skip do not exist in the stack: [Nothing]")
        again = {"StackName": "demo", "ClientRequestToken": "on"}
        await visit.call("ContinueUpdateRollback", **again)
        assert (await visit.settled())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert names(visit) == ["carried-one"]
        await visit.lose_answer("ContinueUpdateRollback", "on")
        assert await visit.call("ContinueUpdateRollback", **again) == {}
        assert (await visit.stack())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        told = (await visit.call("DescribeStackEvents", StackName="demo"))["StackEvents"]
        assert told[0]["ClientRequestToken"] == "on"

    visited(tmp_path, story, speed=50)


def test_what_cannot_be_restored_is_skipped(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await stuck(visit)
        await visit.call("ContinueUpdateRollback", StackName="demo", ResourcesToSkip=["Copy"])
        assert (await visit.settled())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert names(visit) == ["other-one"]

    visited(tmp_path, story, speed=50)


def test_an_update_is_cancelled_once_by_two_requests_with_one_token(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        await visit.call("UpdateStack", StackName="demo", TemplateBody=half_updated())
        asked = {"StackName": "demo", "ClientRequestToken": "halt"}
        first, second = await asyncio.gather(
            visit.call("CancelUpdateStack", **asked), visit.call("CancelUpdateStack", **asked)
        )
        assert first == second == {}
        assert (await visit.settled())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert await visit.validation("CancelUpdateStack", StackName="demo") == (
            "CancelUpdateStack cannot be called from current stack status"
        )

    visited(tmp_path, story, speed=50)
