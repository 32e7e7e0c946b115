"""Images that a stack finds instead of making them, end to end: read, planned with, read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imageferry.cli.exits import ExitCode
from imageferry.cli.faults import explain
from imageferry.cloud.client import Action
from imageferry.control.requests import (
    ExecutionOptions,
    Planned,
    RequestRefused,
    StackRequest,
    StackView,
)
from imageferry.model.changes import Action as Deed
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Resource
from imageferry.model.statuses import StackStatus
from imageferry.model.values import UNKNOWN, Value
from tests.scenarios.emulated import Emulated, play

BASE = "m-golden0000000000001"

NEWEST = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Refresh: {Type: String, Default: Null}
  Pattern: {Type: String, Default: 'golden-*'}
Resources:
  Golden:
    Type: DATASOURCE::ECS::Images
    DeletionPolicy: Retain
    Properties: {ImageOwnerAlias: self, ImageName: !Ref Pattern, RefreshOptions: !Ref Refresh}
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !Select [0, !Ref Golden]
      DestinationRegionId: cn-beijing
      DestinationImageName: !Jq [First, '.[0].ImageName', !GetAtt Golden.Images]
      DestinationDescription: !Jq [First, '.[0].Description', !GetAtt Golden.Images]
Outputs:
  Ids: {Value: !Ref Golden}
  First: {Value: !Select [0, !GetAtt Golden.ImageIds]}
  Names: {Value: !Jq [All, '.[].ImageName', !GetAtt Golden.Images]}
"""


async def bake(sea: Emulated, name: str, region: str = "cn-hangzhou", **more: Any) -> str:
    """An image that somebody makes beside the stack, finished."""
    [base] = [one for one in sea.images() if one["image_id"] == BASE]
    reply = await sea.house.voice.client.call(
        Action("CreateImage", repeatable=False),
        region,
        {"RegionId": region, "SnapshotId": base["snapshot_ids"][0], "ImageName": name, **more},
    )
    await sea.house.clock.sleep(7200)
    return str(reply["ImageId"])


async def plan(sea: Emulated, template: bytes = NEWEST, **parameters: Value) -> Planned:
    return await sea.house.plane.plan(
        StackRequest("demo", "cn-hangzhou", template, "t.yml", parameters)
    )


def deeds(planned: Planned) -> dict[str, str]:
    return {str(one.address): one.action.value for one in planned.change_set.changes}


def records(view: StackView) -> list[Resource]:
    return [one.resource for one in view.resources]


def looks(sea: Emulated) -> int:
    return sea.house.voice.client.counts["DescribeImages"]


def test_the_newest_image_of_a_pattern_is_copied(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        done = await sea.deploy(NEWEST)
        assert done.stack.status is StackStatus.CREATED, done.stack.status_reason
        assert done.stack.outputs == {"Ids": [BASE], "First": BASE, "Names": ["golden-base"]}
        assert [one["source_image_id"] for one in sea.copies()] == [BASE]
        again = await plan(sea)
        assert again.is_current
        assert deeds(again) == {"Golden": "None", "Copy": "None"}

        newer = await bake(sea, "golden-newer", Description="made later")
        planned = await plan(sea)
        assert deeds(planned) == {"Golden": "Update", "Copy": "Replace"}
        [golden, copy] = planned.change_set.changes
        assert [(one.path, one.before, one.after) for one in golden.properties] == [
            (("ImageIds",), [BASE], [newer, BASE])
        ]
        assert {one.path[0]: one.after for one in copy.properties} == {
            "ImageId": newer,
            "DestinationImageName": "golden-newer",
            "DestinationDescription": "made later",
        }
        with pytest.raises(TemplateError) as refused:
            await sea.house.plane.execute(planned, ExecutionOptions())
        assert {one.code for one in refused.value.diagnostics} == {"IF601"}

        replaced = await sea.deploy(NEWEST, replace=True)
        assert replaced.stack.status is StackStatus.UPDATED, replaced.stack.status_reason
        assert replaced.stack.outputs["Names"] == ["golden-newer", "golden-base"]
        assert [(one["name"], one["source_image_id"]) for one in sea.copies()] == [
            ("golden-newer", newer)
        ]
        drift = await sea.house.plane.drift(replaced.stack)
        told = {str(one.address): one.status.value for one in drift.resources}
        assert told == {"Golden": "NOT_CHECKED", "Copy": "IN_SYNC"}
        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("refresh", "sees"), [(None, True), ("Always", True), ("Never", False)], ids=str
)
def test_when_images_are_looked_for_again(tmp_path: Path, refresh: str | None, sees: bool) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(NEWEST, parameters={"Refresh": refresh})
        await bake(sea, "golden-newer")
        planned = await plan(sea, Refresh=refresh)
        assert planned.is_current is not sees
        # Another pattern is another question, whatever was to be kept.
        other = await plan(sea, Refresh=refresh, Pattern="golden-n*")
        [golden, copy] = other.change_set.changes
        assert golden.action is Deed.UPDATE
        assert "golden-newer" in [one.after for one in copy.properties]

    play(tmp_path, program, trouble=False)


QUIET = NEWEST.replace(
    b"      DestinationImageName:",
    b"      ResourceGroupId: !Ref Group\n      DestinationImageName:",
)
QUIET = QUIET.replace(b"Parameters:", b"Parameters:\n  Group: {Type: String, Default: rg-one}")


def test_what_the_search_finds_counts_where_somebody_asks_for_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        async def label(value: str) -> None:
            tag = [{"Key": "seen", "Value": value}]
            about = {"RegionId": "cn-hangzhou", "ResourceType": "image", "ResourceId": [BASE]}
            action = Action("TagResources", repeatable=False)
            await sea.house.voice.client.call(action, "cn-hangzhou", {**about, "Tag": tag})

        async def recorded() -> object:
            stack = await sea.house.plane.find("demo")
            [golden, _] = records(await sea.house.plane.view(stack.stack_id))
            [image] = golden.attributes["Images"]  # type: ignore[misc, union-attr]
            return image["Tags"]["Tag"]  # type: ignore[index, call-overload]

        await sea.deploy(QUIET)
        await label("first")
        idle = await plan(sea, QUIET)
        assert idle.is_current
        assert deeds(idle) == {"Golden": "None", "Copy": "None"}
        assert await recorded() == []

        # The copy changes for a reason of its own, and the reading goes with it.
        moved = await sea.deploy(QUIET, parameters={"Group": "rg-two"})
        assert moved.stack.status is StackStatus.UPDATED, moved.stack.status_reason
        assert await recorded() == [{"TagKey": "seen", "TagValue": "first"}]

        await label("second")
        shown = QUIET + b"  Tags: {Value: !Jq [First, '.[0].Tags.Tag', !GetAtt Golden.Images]}\n"
        told = await sea.deploy(shown, parameters={"Group": "rg-two"})
        assert told.stack.outputs["Tags"] == [{"TagKey": "seen", "TagValue": "second"}]
        await label("third")
        again = await plan(sea, shown, Group="rg-two")
        assert deeds(again) == {"Golden": "Update", "Copy": "None"}

    play(tmp_path, program, trouble=False)


FAMILY = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: DATASOURCE::ECS::Images, Properties: {ImageFamily: web, Tags: [{Key: for, Value: all}]}}
  Same: {Type: DATASOURCE::ECS::Images, Properties: {ImageFamily: web, Tags: [{Key: for, Value: all}]}}
  Each:
    Type: DATASOURCE::ECS::Images
    Count: 2
    Properties: {ImageId: !Select [!Ref ALIYUN::Index, !Ref Web]}
  Absent: {Type: DATASOURCE::ECS::Images, Condition: Never}
Conditions: {Never: !Equals [a, b]}
Outputs:
  Web: {Value: !Ref Web}
  Names: {Value: !Jq [All, '.[].[].ImageName', !GetAtt Each.Images]}
  Each: {Value: !Ref Each}
  Absent: {Value: !Ref Absent}
"""


def test_one_search_feeds_another_and_the_same_is_asked_once(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        tag = [{"Key": "for", "Value": "all"}]
        first = await bake(sea, "web-1", ImageFamily="web", Tag=tag)
        second = await bake(sea, "web-2", ImageFamily="web", Tag=tag)
        await bake(sea, "web-3", ImageFamily="web")
        before = looks(sea)
        planned = await plan(sea, FAMILY)
        # One for both that ask the same, then one for each that was found.
        assert looks(sea) - before == 3
        assert planned.change_set.changes[0].reading is not None
        done = await sea.deploy(FAMILY)
        assert done.stack.outputs == {
            "Web": [second, first],
            "Names": ["web-2", "web-1"],
            "Each": [[second], [first]],
            "Absent": None,
        }
        assert sorted(str(one.address) for one in records(done)) == [
            "Each[0]", "Each[1]", "Same", "Web",
        ]  # fmt: skip
        assert all(str(one.physical_id).startswith("read-") for one in records(done))
        before = looks(sea)
        await sea.delete()
        assert looks(sea) == before

    play(tmp_path, program, trouble=False)


CHAIN = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Name: {Type: String, Default: sealed}
Resources:
  Sealed:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      {ImageId: m-golden0000000000001, DestinationRegionId: cn-hangzhou, Encrypted: true,
       DestinationImageName: !Ref Name}
  Made: {Type: DATASOURCE::ECS::Images, Properties: {ImageId: !Ref Sealed}}
  All: {Type: DATASOURCE::ECS::Images, DependsOn: Sealed, Properties: {ImageName: 'seal*'}}
Outputs:
  Disks: {Value: !Jq [First, '.[0].DiskDeviceMappings.DiskDeviceMapping[].Encrypted', !GetAtt Made.Images]}
  Tags: {Value: !Jq [First, '.[0].Tags.Tag', !GetAtt Made.Images]}
  All: {Value: !Jq [All, '.[].ImageName', !GetAtt All.Images]}
"""


def test_what_is_still_to_be_made_is_looked_for_in_its_turn(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        planned = await plan(sea, CHAIN)
        by_id = {one.address.logical_id: one for one in planned.change_set.changes}
        assert [by_id[name].reading for name in ("Made", "All")] == [(None, False)] * 2
        [wanted] = by_id["Made"].properties
        assert wanted.after is UNKNOWN
        done = await sea.deploy(CHAIN)
        assert done.stack.status is StackStatus.CREATED, done.stack.status_reason
        # The tag by which a copy is found again is nobody else's concern.
        assert done.stack.outputs == {"Disks": True, "Tags": [], "All": ["sealed"]}
        assert (await plan(sea, CHAIN)).is_current
        renamed = await sea.deploy(CHAIN, replace=True, parameters={"Name": "seal-two"})
        assert renamed.stack.status is StackStatus.UPDATED, renamed.stack.status_reason
        assert "seal-two" in renamed.stack.outputs["All"]

    play(tmp_path, program)


NOTHING = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  None: {Type: DATASOURCE::ECS::Images, Properties: {ImageName: nobody-has-this}}
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationDescription: !Jq [First, '.[0].Description', !GetAtt None.Images]
Outputs:
  Ids: {Value: !Ref None}
  Name: {Value: !Jq [First, '.[0].ImageName', !GetAtt None.Images]}
"""


def test_nothing_found_is_an_empty_list_and_a_pick_of_it_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        done = await sea.deploy(NOTHING)
        assert done.stack.status is StackStatus.CREATED, done.stack.status_reason
        assert done.stack.outputs == {"Ids": [], "Name": None}
        copy = next(one for one in records(done) if one.address.logical_id == "Copy")
        assert "DestinationDescription" not in copy.properties
        # A source that is not there is said before anything is done.
        with pytest.raises(TemplateError) as refused:
            await plan(sea, NEWEST, Pattern="nobody-has-this")
        assert [one.code for one in refused.value.diagnostics] == ["IF504"]

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "error", "status": 403, "code": "Forbidden.RAM"}, ExitCode.NOT_AUTHORISED),
        ({"kind": "drop", "count": None}, ExitCode.FAILED),
    ],
    ids=["not authorised", "no answer"],
)
def test_what_cannot_be_read_stops_the_plan(
    tmp_path: Path, fault: dict[str, Any], code: ExitCode
) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(action="DescribeImages", **fault)
        with pytest.raises(RequestRefused) as refused:
            await plan(sea)
        ends, [said] = explain(refused.value)
        assert (ends, said.code) == (code, "IF374")
        assert said.span is not None
        assert said.span.line == 7
        assert '"Golden" cannot be read' in said.message
        assert await sea.house.plane.stacks(None) == []

    play(tmp_path, program, trouble=False)


def test_too_many_images_are_not_kept(tmp_path: Path) -> None:
    many = NEWEST.replace(b"ImageOwnerAlias: self, ", b"")

    async def program(sea: Emulated) -> None:
        sql = sea.cloud.world.sql
        columns = [row[1] for row in sql.execute("PRAGMA table_info(images)")]
        kept = ", ".join(name for name in columns if name not in ("sequence", "image_id", "name"))
        for number in range(501):
            sql.execute(
                f"INSERT INTO images (image_id, name, {kept}) SELECT 'm-many{number}',"
                f" 'golden-{number}', {kept} FROM images WHERE name = 'golden-base'"
            )
        with pytest.raises(RequestRefused, match="502 images fit, and 500 are the most"):
            await plan(sea, many)
        # All pages of what may be kept are read.
        sql.execute("DELETE FROM images WHERE name IN ('golden-1', 'golden-2')")
        planned = await plan(sea, many)
        reading = planned.change_set.changes[0].reading
        assert reading is not None
        assert reading.attributes is not None
        ids = reading.attributes["ImageIds"]
        assert isinstance(ids, list)
        assert len(set(ids)) == 500

    play(tmp_path, program, trouble=False)


def test_what_was_read_counts_for_the_whole_operation(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        planned = await plan(sea)
        operation = await sea.house.plane.execute(planned, ExecutionOptions())
        await bake(sea, "golden-newer")
        again = await plan(sea)
        assert again.running is not None
        assert again.running.operation_id == operation.operation_id
        await sea.fresh_worker().run(operation.operation_id)
        view = await sea.house.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Ids"] == [BASE]
        assert [one["source_image_id"] for one in sea.copies()] == [BASE]
        assert deeds(await plan(sea))["Golden"] == "Update"

    play(tmp_path, program)


def test_a_rollback_gives_the_former_result_back_without_a_call(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(NEWEST)
        before = {str(one.address): one.attributes for one in records(first)}
        await bake(sea, "golden-newer")
        sea.fault(kind="copy_fails", action="CopyImage")
        failed = await sea.deploy(NEWEST, replace=True, on_failure=OnFailure.ROLLBACK)
        assert failed.stack.status is StackStatus.UPDATE_ROLLED_BACK, failed.stack.status_reason
        after = {str(one.address): one.attributes for one in records(failed)}
        assert after["Golden"] == before["Golden"]
        assert failed.stack.outputs == first.stack.outputs
        assert deeds(await plan(sea)) == {"Golden": "Update", "Copy": "Replace"}

    play(tmp_path, program, trouble=False)


def test_a_search_that_goes_and_comes_back_in_a_rollback(tmp_path: Path) -> None:
    two = NEWEST.replace(
        b"  Copy:", b"  Other: {Type: DATASOURCE::ECS::Images, Properties: {Usage: none}}\n  Copy:"
    )

    async def program(sea: Emulated) -> None:
        first = await sea.deploy(two)
        await bake(sea, "golden-newer")
        sea.fault(kind="copy_fails", action="CopyImage")
        failed = await sea.deploy(NEWEST, replace=True, on_failure=OnFailure.ROLLBACK)
        assert failed.stack.status is StackStatus.UPDATE_ROLLED_BACK, failed.stack.status_reason
        assert {str(one.address): one.attributes for one in records(failed)} == {
            str(one.address): one.attributes for one in records(first)
        }

    play(tmp_path, program, trouble=False)


COMPUTED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Text: {Type: String, Default: 'of ${Found}'}
Resources:
  Found:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageId: m-golden0000000000001}
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {'Fn::Select': [0, {Ref: Found}]}
      DestinationRegionId: cn-beijing
      DestinationDescription: {'Fn::Sub': [{Ref: Text}, {Other: x}]}
Outputs:
  Said: {Value: {'Fn::Sub': [{Ref: Text}, {Other: x}]}}
"""


def test_a_text_that_is_computed_names_what_was_found_and_no_id_of_ours(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        view = await sea.deploy(COMPUTED)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Said"] == 'of ["m-golden0000000000001"]'
        copy = next(one for one in view.resources if one.resource.type_name.endswith("CopyImage"))
        described = copy.resource.properties["DestinationDescription"]
        assert described == 'of ["m-golden0000000000001"]'

    play(tmp_path, program)
