"""Cancelled, continued and signalled over ROS's API."""

from __future__ import annotations

from pathlib import Path

from imageferry.emulator import controls
from tests.api.ros.stories import TWO_COPIES, Talk, told

FAILS = {"kind": "copy_fails", "action": "CopyImage", "count": 1}


async def begun(talk: Talk, **given: object) -> None:
    made = await talk.ask("CreateStack", StackName="demo", TemplateBody=TWO_COPIES, **given)
    talk.stack = {"StackId": made["StackId"]}
    await talk.apis.clock.sleep(60)


async def updating(talk: Talk) -> None:
    await talk.ask(
        "UpdateStack",
        **talk.stack,
        TemplateBody=TWO_COPIES,
        ReplacementOption="Enabled",
        Parameters=[{"ParameterKey": "Suffix", "ParameterValue": "two"}],
    )
    await talk.apis.clock.sleep(60)


def test_an_update_turns_back(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        idle = await talk.refused("CancelUpdateStack", **talk.stack)
        assert idle[:2] == (400, "NotSupported")
        await updating(talk)
        await talk.ask("CancelUpdateStack", **talk.stack, CancelType="Safe")
        assert (await talk.settled())["Status"] == "ROLLBACK_COMPLETE"
        again = await talk.refused("CancelUpdateStack", **talk.stack)
        assert again[:2] == (400, "NotSupported")

    told(tmp_path, story, speed=1.0)


def test_a_creation_is_cancelled_where_that_is_allowed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await begun(talk)
        of_updates = await talk.refused("CancelUpdateStack", **talk.stack)
        assert of_updates[:2] == (400, "NotSupported")
        others = await talk.refused(
            "CancelStackOperation", **talk.stack, AllowedStackOperations=["UpdateStack"]
        )
        assert others[:2] == (400, "NotSupported")
        await talk.ask("CancelStackOperation", **talk.stack, AllowedStackOperations=["CreateStack"])
        assert (await talk.settled())["Status"] == "CREATE_ROLLBACK_COMPLETE"

    told(tmp_path, story, speed=1.0)


def test_a_rollback_is_broken_off_only_where_that_is_to_be_quick(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        # What cannot be cancelled in the cloud has to come to its end before it can be undone.
        controls.add_fault(talk.apis.cloud.world, {"kind": "uncancellable", "count": None})
        await talk.create()
        await updating(talk)
        await talk.ask("CancelStackOperation", **talk.stack)
        await talk.apis.clock.sleep(60)
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "ROLLBACK_IN_PROGRESS"
        await talk.ask("CancelStackOperation", **talk.stack)
        await talk.apis.clock.sleep(60)
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "ROLLBACK_IN_PROGRESS"
        await talk.ask("CancelStackOperation", **talk.stack, CancelType="Quick")
        assert (await talk.settled())["Status"] == "ROLLBACK_FAILED"

    told(tmp_path, story, speed=1.0)


def test_a_creation_that_was_rolled_back_is_continued(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        controls.add_fault(talk.apis.cloud.world, FAILS)
        await talk.create()
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "CREATE_ROLLBACK_COMPLETE"
        await talk.ask("ContinueCreateStack", **talk.stack)
        assert (await talk.settled())["Status"] == "CREATE_COMPLETE"

    told(tmp_path, story)


def test_a_creation_that_keeps_what_it_made_is_continued(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        controls.add_fault(talk.apis.cloud.world, FAILS)
        await talk.create(DisableRollback=True)
        failed = await talk.ask("GetStack", **talk.stack)
        assert failed["Status"] == "CREATE_FAILED"
        rows = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        made = [row for row in rows if row["Status"] == "CREATE_COMPLETE"]
        left = [row["LogicalResourceId"] for row in rows if row not in made]
        assert len(made) == len(left) == 1

        touched = await talk.refused(
            "ContinueCreateStack", **talk.stack, RecreatingResources=[made[0]["LogicalResourceId"]]
        )
        assert touched[:2] == (400, "ContinueCreateStackValidationFailed")
        changed = await talk.refused(
            "ContinueCreateStack",
            **talk.stack,
            Parameters=[{"ParameterKey": "Suffix", "ParameterValue": "two"}],
        )
        assert changed[:2] == (400, "ContinueCreateStackValidationFailed")
        dry = await talk.ask("ContinueCreateStack", **talk.stack, DryRun=True)
        assert dry["DryRunResult"]["ParametersNotAllowedToBeModified"] == ["Suffix"]
        assert (await talk.ask("GetStack", **talk.stack))["Status"] == "CREATE_FAILED"

        going = await talk.ask("ContinueCreateStack", **talk.stack, RecreatingResources=left)
        assert going["StackId"] == talk.stack["StackId"]
        assert (await talk.settled())["Status"] == "CREATE_COMPLETE"
        after = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        by_name = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in after}
        assert by_name[made[0]["LogicalResourceId"]] == made[0]["PhysicalResourceId"]
        done = await talk.refused("ContinueCreateStack", **talk.stack)
        assert done[:2] == (400, "NotSupported")

    told(tmp_path, story)


def test_a_creation_is_continued_with_another_template(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        controls.add_fault(talk.apis.cloud.world, FAILS)
        await talk.create(DisableRollback=True)
        rows = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        (left,) = [r["LogicalResourceId"] for r in rows if r["Status"] != "CREATE_COMPLETE"]
        before = f"'{left.lower()}-${{Suffix}}'"
        other = TWO_COPIES.replace(before, before.replace("-$", "-otherwise-$"))
        assert other != TWO_COPIES
        await talk.ask("ContinueCreateStack", **talk.stack, TemplateBody=other)
        assert (await talk.settled())["Status"] == "CREATE_COMPLETE"
        shown = await talk.ask("GetTemplate", **talk.stack)
        assert shown["TemplateBody"] == other

    told(tmp_path, story)


def test_a_creation_is_whole_without_what_failed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        controls.add_fault(talk.apis.cloud.world, FAILS)
        await talk.create(DisableRollback=True)
        rows = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        (made,) = [row for row in rows if row["Status"] == "CREATE_COMPLETE"]
        await talk.ask("ContinueCreateStack", **talk.stack, Mode="Ignore")
        stack = await talk.settled()
        assert stack["Status"] == "CREATE_COMPLETE"
        after = (await talk.ask("ListStackResources", **talk.stack))["Resources"]
        assert [row["PhysicalResourceId"] for row in after] == [made["PhysicalResourceId"]]
        text = (await talk.ask("GetTemplate", **talk.stack))["TemplateBody"]
        (left,) = {"First", "Second"} - {made["LogicalResourceId"]}
        assert f"{left}:" not in text and f"{made['LogicalResourceId']}:" in text
        # The output speaks of the first one alone.
        assert ("Outputs:" in text) is (left != "First")
        assert [one["OutputKey"] for one in stack["Outputs"]] == (["Id"] if left != "First" else [])

    told(tmp_path, story)


def test_counted_resources_go_only_together(tmp_path: Path) -> None:
    counted = TWO_COPIES[: TWO_COPIES.index("  Second:")].replace(
        "    Properties:", "    Count: 2\n    Properties:"
    )
    counted = counted.replace("first-${Suffix}", "first-${Suffix}-${ALIYUN::Index}")

    async def story(talk: Talk) -> None:
        controls.add_fault(talk.apis.cloud.world, FAILS)
        await talk.create(template=counted, DisableRollback=True)
        refused = await talk.refused("ContinueCreateStack", **talk.stack, Mode="Ignore")
        assert refused[:2] == (400, "ContinueCreateStackValidationFailed")
        assert "some instances" in refused[2]

    told(tmp_path, story)


SIGNALS: list[tuple[dict[str, str], int, str]] = [
    ({"LogicalResourceId": "First"}, 404, "ResourceNotAvailable"),
    ({"LogicalResourceId": "Third"}, 404, "ResourceNotFound"),
    ({}, 400, "MissingParameter"),
    ({"LogicalResourceId": "First", "Status": "DONE"}, 400, "InvalidParameter"),
    ({"LogicalResourceId": "First", "UniqueId": "x" * 65}, 400, "InvalidParameter"),
]


def test_no_resource_waits_for_signals(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        for given, status, code in SIGNALS:
            asked = {**talk.stack, "Status": "SUCCESS", "UniqueId": "one", **given}
            assert (await talk.refused("SignalResource", **asked))[:2] == (status, code), given

    told(tmp_path, story)


def test_a_continued_creation_has_its_time_limit(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        # Copies take hours here.
        await talk.create(TimeoutInMinutes=10, DisableRollback=True)
        begun_at = talk.apis.clock.now()
        await talk.ask("ContinueCreateStack", **talk.stack)
        assert (await talk.settled())["Status"] == "CREATE_FAILED"
        assert 600 <= talk.apis.clock.now() - begun_at < 720

    told(tmp_path, story, speed=0.2)


def test_what_is_deleted_is_not_found(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        await talk.ask("DeleteStack", **talk.stack)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"
        for action in ("CancelUpdateStack", "CancelStackOperation", "ContinueCreateStack"):
            assert (await talk.refused(action, **talk.stack))[:2] == (404, "StackNotFound")

    told(tmp_path, story)
