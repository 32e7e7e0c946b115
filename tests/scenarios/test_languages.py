"""Loops, rules, locals, conditions and policies, deployed again and again in the cloud's usual trouble."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, OperationHolds, Planned, StackRequest
from imageferry.model.changes import Action
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated

play = partial(play_emulated, speed=30.0)


async def planned(
    sea: Emulated, template: bytes, region: str = "cn-shanghai", **parameters: Value
) -> Planned:
    return await sea.house.plane.plan(StackRequest("demo", region, template, "t.yml", parameters))


def actions(plan: Planned) -> dict[str, Action]:
    return {
        str(change.address): change.action
        for change in plan.change_set.changes
        if change.action is not Action.NONE
    }


def copied(sea: Emulated) -> dict[str, str]:
    """The ids of the copies that live, by name."""
    return {str(one["name"]): str(one["image_id"]) for one in sea.copies()}


def begun(sea: Emulated) -> int:
    return sea.house.voice.client.counts["CopyImage"]


# --- loops ----------------------------------------------------------------------------------------

LOOP = b"""
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Parameters:
  Flavours: {Type: CommaDelimitedList}
  Suffix: {Type: String, Default: v1}
Resources:
  Fn::ForEach::Copies:
    - Flavour
    - !Ref Flavours
    - Golden${Flavour}:
        Type: TF::Alicloud::ImageCopy
        Properties:
          SourceImageId: m-golden0000000000001
          SourceRegionId: cn-hangzhou
          ImageName: !Sub 'golden-${Flavour}-${Suffix}'
Outputs:
  Fn::ForEach::Ids:
    - Flavour
    - !Ref Flavours
    - Id${Flavour}: {Value: !GetAtt [!Sub 'Golden${Flavour}', Id]}
"""


@pytest.mark.parametrize(
    ("after", "touched"),
    [
        pytest.param("web,db,cache", {"Goldencache": "CREATE"}, id="added"),
        pytest.param("web,cache,db", {"Goldencache": "CREATE"}, id="added in the middle"),
        pytest.param("db", {"Goldenweb": "DELETE"}, id="the first removed"),
        pytest.param("web", {"Goldendb": "DELETE"}, id="the last removed"),
        pytest.param("db,web", {}, id="in another order"),
        pytest.param(
            "cache,db", {"Goldencache": "CREATE", "Goldenweb": "DELETE"}, id="one for another"
        ),
        pytest.param(None, {}, id="not said again"),
    ],
)
def test_a_loop_touches_only_what_its_list_changes(
    tmp_path: Path, after: str | None, touched: Mapping[str, str]
) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(LOOP, region="cn-shanghai", parameters={"Flavours": "web,db"})
        assert first.stack.status is StackStatus.CREATED, first.stack.status_reason
        before, calls = copied(sea), begun(sea)
        given = {} if after is None else {"Flavours": after}
        plan = await planned(sea, LOOP, **given)
        assert {name: one.name for name, one in actions(plan).items()} == touched
        view = await sea.deploy(LOOP, region="cn-shanghai", parameters=given)
        assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
        flavours = (after or "web,db").split(",")
        names = {f"golden-{flavour}-v1" for flavour in flavours}
        found = copied(sea)
        assert set(found) == names
        assert {name: found[name] for name in names & set(before)} == {
            name: before[name] for name in names & set(before)
        }
        assert begun(sea) - calls <= 2 * (len(names) - len(names & set(before)))
        assert set(view.stack.outputs) == {f"Id{flavour}" for flavour in flavours}
        assert (await planned(sea, LOOP)).is_current

    play(tmp_path, program)


def test_a_loop_is_undone_by_name(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(LOOP, region="cn-shanghai", parameters={"Flavours": "web,db"})
        before = copied(sea)
        sea.fault(kind="quota", action="CopyImage", skip=1)
        view = await sea.deploy(
            LOOP,
            region="cn-shanghai",
            on_failure=OnFailure.ROLLBACK,
            parameters={"Flavours": "a,web,b,c"},
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert copied(sea) == before
        sea.calm()
        # Nothing is said of the list: it is the one before the failure.
        assert actions(await planned(sea, LOOP)) == {}
        again = await sea.house.plane.retry(await sea.house.plane.find("demo"))
        assert isinstance(again, Planned)
        operation = await sea.house.plane.execute(again, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        assert set(copied(sea)) == {f"golden-{one}-v1" for one in ("a", "web", "b", "c")}
        assert copied(sea)["golden-web-v1"] == before["golden-web-v1"]

    play(tmp_path, program)


@pytest.mark.parametrize("after", [1, 21, 45])
def test_a_loop_goes_on_after_a_crash(tmp_path: Path, after: float) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        given = {"Flavours": "web,db,cache"}
        plan = await planned(sea, LOOP, **given)
        operation = await plane.execute(plan, ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(after)
        running.cancel()
        await asyncio.wait([running])
        # The same command re-attaches, and another list does not.
        again = await planned(sea, LOOP, **given)
        assert again.running is not None
        with pytest.raises(OperationHolds):
            await planned(sea, LOOP, Flavours="web,db")
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert sorted(copied(sea)) == ["golden-cache-v1", "golden-db-v1", "golden-web-v1"]
        assert len(sea.copies()) == 3

    play(tmp_path, program)


# --- rules ----------------------------------------------------------------------------------------

RULED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Stage: {Type: String}
  Key: {Type: String, Default: ''}
Rules:
  LiveIsSealed:
    RuleCondition: {Fn::Equals: [{Ref: Stage}, live]}
    Assertions:
      - Assert: {Fn::Not: {Fn::Equals: [{Ref: Key}, '']}}
        AssertDescription: what is live has a key
Conditions:
  Sealed: {Fn::Not: {Fn::Equals: [{Ref: Key}, '']}}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: {Fn::Join: ['-', [golden, {Ref: Stage}]]}
      Encrypted: {Fn::If: [Sealed, true, {Ref: 'ALIYUN::NoValue'}]}
      KMSKeyId: {Fn::If: [Sealed, {Ref: Key}, {Ref: 'ALIYUN::NoValue'}]}
"""


def test_a_rule_that_breaks_at_an_update_leaves_all_as_it_is(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(RULED, parameters={"Stage": "test"})
        assert first.stack.status is StackStatus.CREATED, first.stack.status_reason
        counts = dict(sea.house.voice.client.counts)
        with pytest.raises(TemplateError) as fault:
            await planned(sea, RULED, "cn-hangzhou", Stage="live")
        assert [one.code for one in fault.value.diagnostics if one.is_error] == ["IF411"]
        stack = await sea.house.plane.find("demo")
        assert (stack.status, stack.parameters) == (first.stack.status, first.stack.parameters)
        assert sea.house.voice.client.counts == counts
        # A former value counts for a rule too: the stage is live from now on.
        given = {"Stage": "live", "Key": "key-1"}
        done = await sea.deploy(RULED, replace=True, parameters=given)
        assert done.stack.status is StackStatus.UPDATED, done.stack.status_reason
        with pytest.raises(TemplateError, match="what is live has a key"):
            await planned(sea, RULED, "cn-hangzhou")
        assert list(copied(sea)) == ["golden-live"]

    play(tmp_path, program)


# --- locals ---------------------------------------------------------------------------------------

LOCAL = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Regions: {Type: CommaDelimitedList, Default: 'cn-shanghai,us-west-1,eu-central-1'}
  Most: {Type: Number, Default: 2}
Locals:
  Number:
    Type: Eval
    Value: {Fn::Min: [{Ref: Most}, {Fn::Length: {Ref: Regions}}]}
  Where:
    Type: Macro
    Value: {Fn::Select: [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: {Ref: Number}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: {Ref: Where}
      DestinationImageName: {Fn::Join: ['-', [golden, {Ref: Where}]]}
Outputs:
  Ids: {Value: {Fn::GetAtt: [Golden, ImageId]}}
  Number: {Value: {Ref: Number}}
"""


def test_a_local_says_how_many(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await sea.deploy(LOCAL)
        assert first.stack.status is StackStatus.CREATED, first.stack.status_reason
        before = copied(sea)
        assert sorted(before) == ["golden-cn-shanghai", "golden-us-west-1"]
        more = await sea.deploy(LOCAL, parameters={"Most": 5})
        assert more.stack.outputs["Number"] == 3
        assert before.items() <= copied(sea).items()
        # One leaves the middle: what is behind it moves up, and nothing is copied again.
        calls = begun(sea)
        given = {"Most": 5, "Regions": "cn-shanghai,eu-central-1"}
        plan = await planned(sea, LOCAL, "cn-hangzhou", **given)
        assert sorted(one.name for one in actions(plan).values()) == ["DELETE", "MOVE"]
        less = await sea.deploy(LOCAL, parameters=given)
        assert less.stack.status is StackStatus.UPDATED, less.stack.status_reason
        assert begun(sea) == calls
        assert sorted(copied(sea)) == ["golden-cn-shanghai", "golden-eu-central-1"]
        none = await sea.deploy(LOCAL, parameters={"Most": 0})
        assert none.stack.status is StackStatus.UPDATED, none.stack.status_reason
        assert none.stack.outputs == {"Ids": [], "Number": 0}
        assert sea.copies() == []

    play(tmp_path, program)


# --- conditions -----------------------------------------------------------------------------------

FLIPPING = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Wanted: {Type: String, Default: 'yes'}
Conditions:
  Both: !Equals [!Ref Wanted, 'yes']
Resources:
  First:
    Type: TF::Alicloud::ImageCopy
    Condition: Both
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: one}
  Second:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !If [Both, !GetAtt First.Id, m-golden0000000000001]
      SourceRegionId: !If [Both, !Ref 'AWS::Region', cn-hangzhou]
      Encrypted: true
      ImageName: two
Outputs:
  First: {Condition: Both, Value: !GetAtt First.Id}
  Second: {Value: !GetAtt Second.Id}
"""


def test_a_condition_flips_there_and_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        seen: list[str] = []
        for wanted, names in (("yes", ["one", "two"]), ("no", ["two"]), ("yes", ["one", "two"])):
            view = await sea.deploy(FLIPPING, region="cn-shanghai", parameters={"Wanted": wanted})
            expected = StackStatus.UPDATED if seen else StackStatus.CREATED
            assert view.stack.status is expected, view.stack.status_reason
            assert sorted(copied(sea)) == names
            assert all(not one.resource.leftovers for one in view.resources)
            sources = {one["name"]: one["source_image_id"] for one in sea.copies()}
            first = copied(sea).get("one", "m-golden0000000000001")
            assert sources["two"] == first
            assert ("First" in view.stack.outputs) == (wanted == "yes")
            assert view.stack.outputs["Second"] not in seen, "another source makes another image"
            seen.append(str(view.stack.outputs["Second"]))
        await sea.delete()
        assert sea.copies() == []

    play(tmp_path, program)


# --- policies by function -------------------------------------------------------------------------

POLICIES = b"""
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Parameters:
  Policy: {Type: String, Default: Delete}
  Encrypted: {Type: String, Default: 'false'}
Conditions:
  Keeps: !Equals [!Ref Policy, Retain]
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    DeletionPolicy: !Ref Policy
    UpdateReplacePolicy: !If [Keeps, Retain, Delete]
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Encrypted: !Ref Encrypted
"""


@pytest.mark.parametrize(
    ("policies", "left"),
    [
        pytest.param(("Delete", "Delete"), 0, id="never"),
        pytest.param(("Delete", "Retain"), 2, id="from the update on"),
        pytest.param(("Retain", "Delete"), 0, id="until the update"),
    ],
)
def test_a_policy_is_what_its_function_says_by_now(
    tmp_path: Path, policies: Sequence[str], left: int
) -> None:
    async def program(sea: Emulated) -> None:
        before, after = policies
        await sea.deploy(POLICIES, region="cn-shanghai", parameters={"Policy": before})
        view = await sea.deploy(
            POLICIES, region="cn-shanghai", parameters={"Policy": after, "Encrypted": "true"}
        )
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        await sea.delete()
        assert len(sea.copies()) == left

    play(tmp_path, program)


def test_a_policy_that_changes_alone_counts(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(POLICIES, region="cn-shanghai")
        calls = dict(sea.house.voice.client.counts)
        view = await sea.deploy(POLICIES, region="cn-shanghai", parameters={"Policy": "Retain"})
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert sea.house.voice.client.counts == calls
        await sea.delete()
        assert list(copied(sea)) == ["golden"]

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        pytest.param("DeletionPolicy", "!Ref Policy", id="deletion, a word"),
        pytest.param("UpdateReplacePolicy", "!Ref Policy", id="replacement, a word"),
        pytest.param("UpdateReplacePolicy", "!Select [9, [Retain]]", id="replacement, no value"),
    ],
)
def test_a_policy_that_its_function_gets_wrong_is_refused_at_its_line(
    tmp_path: Path, policy: str, wrong: str
) -> None:
    other = "UpdateReplacePolicy" if policy == "DeletionPolicy" else "DeletionPolicy"
    template = re.sub(f"({policy}): .*", rf"\1: {wrong}", POLICIES.decode())
    template = re.sub(f"({other}): .*", r"\1: Delete", template)

    async def program(sea: Emulated) -> None:
        with pytest.raises(TemplateError) as fault:
            await planned(sea, template.encode(), Policy="Keep")
        (said,) = [one for one in fault.value.diagnostics if one.is_error]
        assert said.span is not None
        assert begun(sea) == 0

    play(tmp_path, program)
