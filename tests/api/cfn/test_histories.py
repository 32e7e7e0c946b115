"""Events as CloudFormation makes them of ours: in its order, with its reasons, and nothing secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imageferry.api.cfn.histories import Course, course_of
from imageferry.api.cfn.histories import told as made_of
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind
from imageferry.model.events import Event
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import OnFailure, Operation, StepRecord
from imageferry.model.statuses import OperationStatus, ResourceStatus, StepStatus
from tests.api.cfn.visits import Visit, visited

BOTH = """\
Parameters:
  Word: {Type: String, NoEcho: true, Default: hush}
  Partner: {Type: String, Default: '1000000000000002'}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: carried
      Description: !Ref Word
  Share:
    Type: TF::Alicloud::ImageSharePermission
    Properties: {ImageId: !GetAtt Copy.Id, AccountId: !Ref Partner}
"""
ALONE = BOTH.partition("  Share:")[0]
MISSING = """\
  Missing:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-missing000000000001, SourceRegionId: cn-hangzhou}
"""
Line = tuple[str, str, str | None, bool]


async def told(visit: Visit, name: str = "demo") -> list[dict[str, Any]]:
    """The events of a stack, oldest first."""
    found: list[dict[str, Any]] = (await visit.call("DescribeStackEvents", StackName=name))[
        "StackEvents"
    ]
    assert len({one["EventId"] for one in found}) == len(found)
    return found[::-1]


def lines(events: list[dict[str, Any]]) -> list[Line]:
    """What, status, reason, and whether the thing's id is known."""
    return [
        (
            one["LogicalResourceId"],
            one["ResourceStatus"],
            one.get("ResourceStatusReason"),
            bool(one["PhysicalResourceId"]),
        )
        for one in events
    ]


def test_a_creation_by_a_change_set_is_told_in_the_order_of_the_service(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.call(
            "CreateChangeSet",
            StackName="demo",
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=ALONE,
        )
        await visit.call("ExecuteChangeSet", StackName="demo", ChangeSetName="first")
        await visit.apis.clock.sleep(60)
        begun: list[Line] = [
            ("demo", "REVIEW_IN_PROGRESS", "User Initiated", True),
            ("demo", "CREATE_IN_PROGRESS", "User Initiated", True),
            ("Copy", "CREATE_IN_PROGRESS", None, False),
            ("Copy", "CREATE_IN_PROGRESS", "Resource creation Initiated", True),
        ]
        running = await told(visit)
        assert lines(running) == begun
        assert (await visit.settled())["StackStatus"] == "CREATE_COMPLETE"
        done = await told(visit)
        assert lines(done) == [
            *begun,
            ("Copy", "CREATE_COMPLETE", None, True),
            ("demo", "CREATE_COMPLETE", None, True),
        ]
        assert done[: len(running)] == running
        assert len({one["PhysicalResourceId"] for one in done[3:5]}) == 1
        assert json.loads(done[2]["ResourceProperties"]) == {
            "SourceImageId": "m-golden0000000000001",
            "SourceRegionId": "cn-hangzhou",
            "ImageName": "carried",
            "Description": "****",
        }
        assert "ResourceProperties" not in done[0]

    visited(tmp_path, story)


def test_an_update_replaces_and_then_cleans_up(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create(template=BOTH)
        before = len(await told(visit))
        await visit.call(
            "UpdateStack",
            StackName="demo",
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": "Partner", "ParameterValue": "1000000000000003"},
                {"ParameterKey": "Word", "UsePreviousValue": True},
            ],
        )
        await visit.settled()
        replaced = lines((await told(visit))[before:])
        assert replaced == [
            ("demo", "UPDATE_IN_PROGRESS", "User Initiated", True),
            ("Share", "UPDATE_IN_PROGRESS", None, True),
            ("Share", "UPDATE_COMPLETE", None, True),
            ("demo", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, True),
            ("Share", "DELETE_IN_PROGRESS", None, False),
            ("Share", "DELETE_COMPLETE", "what it replaced is gone", False),
            ("demo", "UPDATE_COMPLETE", None, True),
        ]
        before += len(replaced)
        await visit.call("UpdateStack", StackName="demo", TemplateBody=ALONE)
        await visit.settled()
        assert lines((await told(visit))[before:]) == [
            ("demo", "UPDATE_IN_PROGRESS", "User Initiated", True),
            ("demo", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, True),
            ("Share", "DELETE_IN_PROGRESS", None, True),
            ("Share", "DELETE_COMPLETE", None, True),
            ("demo", "UPDATE_COMPLETE", None, True),
        ]

    visited(tmp_path, story)


@pytest.mark.parametrize("fails", [False, True], ids=["an update", "one that turns back"])
def test_a_stack_that_cleans_up_says_so_until_it_is_done(tmp_path: Path, fails: bool) -> None:
    async def story(visit: Visit) -> None:
        missing = MISSING.replace("    Properties", "    DependsOn: Share\n    Properties")
        before, after = (ALONE, BOTH + missing) if fails else (BOTH, ALONE)
        closing = f"UPDATE_{'ROLLBACK_' if fails else ''}COMPLETE_CLEANUP_IN_PROGRESS"
        await visit.create(template=before)
        await visit.call("UpdateStack", StackName="demo", TemplateBody=after)
        seen: dict[str, None] = {}
        refusals: set[str] = set()
        while True:
            listed = (await visit.call("ListStacks"))["StackSummaries"]
            described = (await visit.stack())["StackStatus"]
            filtered = await visit.call("ListStacks", StackStatusFilter=[closing])
            seen |= dict.fromkeys(one["StackStatus"] for one in listed)
            seen |= {described: None}
            assert all(one["StackStatus"] == closing for one in filtered["StackSummaries"])
            if described == closing == listed[0]["StackStatus"]:
                running = await visit.call("ListStacks", StackStatusFilter=["UPDATE_IN_PROGRESS"])
                assert running["StackSummaries"] == []
                same = {"StackName": "demo", "TemplateBody": before if fails else after}
                refusals.add(await visit.validation("UpdateStack", **same))
            if not described.endswith("IN_PROGRESS"):
                break
            await visit.apis.clock.sleep(0.005)
        told_of = dict.fromkeys(
            one["ResourceStatus"] for one in await told(visit)
            if one["LogicalResourceId"] == "demo" and one["ResourceStatus"].startswith("UPDATE")
        )  # fmt: skip
        assert list(seen)[-2:] == [closing, described]
        assert any(f"is in {closing} state and can not be updated." in one for one in refusals)
        assert list(seen) == [one for one in told_of if one in seen]

    visited(tmp_path, story)


def test_failures_are_summed_up_where_a_stack_turns_back(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create("new", template=ALONE + MISSING)
        created = lines(await told(visit, "new"))
        assert (
            "new",
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Missing]. Rollback requested by user.",
            True,
        ) in created
        await visit.create(template=ALONE)
        await visit.call("UpdateStack", StackName="demo", TemplateBody=ALONE + MISSING)
        await visit.settled()
        updated = [one for one in lines(await told(visit)) if one[0] == "demo"]
        assert [(status, reason) for _, status, reason, _ in updated[3:-1]] == [
            (
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Missing]."
                " Rollback requested by user.",
            ),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None),
        ]
        assert updated[-1][1] == "UPDATE_ROLLBACK_COMPLETE"
        await visit.create("kept", template=f"Resources:\n{MISSING}", DisableRollback=True)
        assert lines(await told(visit, "kept"))[-1] == (
            "kept",
            "CREATE_FAILED",
            "The following resource(s) failed to create: [Missing]. ",
            True,
        )

    visited(tmp_path, story)


def _course(deed: Action, record: StepRecord) -> Course:
    running = Operation(
        "op", "stack", ChangeKind.UPDATE, OperationStatus.RUNNING, "plan", OnFailure.ROLLBACK
    )
    known = course_of(running, [record], ())
    return Course(known.operation, known.records, {(0, "Copy"): deed}, known.by_address)


def _event(status: ResourceStatus, **said: Any) -> Event:
    return Event("stack", "op", 5.0, "Copy", "TF::X::Y", status, **said)


REPLACES = "Requested update requires the creation of a new physical resource; hence creating one."
INITIATED = "Resource creation Initiated"


@pytest.mark.parametrize(
    ("deed", "event", "now", "expected"),
    [
        pytest.param(
            Action.REPLACE,
            _event(ResourceStatus.UPDATING, physical_id="old"),
            "old",
            [(REPLACES, "old")],
            id="a replacement whose new thing has no id yet",
        ),
        pytest.param(
            Action.REPLACE,
            _event(ResourceStatus.UPDATING, physical_id="old"),
            "new",
            [(REPLACES, "old"), (INITIATED, "new")],
            id="a replacement that is being made",
        ),
        pytest.param(
            Action.UPDATE,
            _event(ResourceStatus.UPDATING, physical_id="old"),
            "new",
            [("", "old")],
            id="an update in place is no creation",
        ),
        pytest.param(
            Action.ADOPT,
            _event(ResourceStatus.CREATING),
            "old",
            [("", None)],
            id="what is imported is not created",
        ),
        pytest.param(
            Action.CREATE,
            _event(ResourceStatus.CREATING, reason="looks stalled", physical_id="new"),
            "new",
            [("looks stalled", "new")],
            id="a remark is no beginning",
        ),
    ],
)
def test_a_step_is_told_as_far_as_its_journal_knows(
    deed: Action, event: Event, now: str, expected: list[tuple[str, str | None]]
) -> None:
    does = HandlerAction.UPDATE if event.status is ResourceStatus.UPDATING else HandlerAction.CREATE
    record = StepRecord(
        0, "s", ResourceAddress("Copy"), "TF::X::Y", does, StepStatus.RUNNING, "t", 5.0, now
    )
    found = made_of(event, _course(deed, record))
    assert [(one.reason, one.event.physical_id) for one in found] == expected


def test_without_a_journal_events_are_told_as_they_are_kept() -> None:
    event = _event(ResourceStatus.CREATING)
    assert [one.event for one in made_of(event, Course())] == [event]
