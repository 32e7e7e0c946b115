"""Drift: what others change in the cloud is found, shown, kept with the stack, and set back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from imageferry.cli.drift import drift_json, drift_lines, exit_code
from imageferry.cli.exits import ExitCode
from imageferry.cloud.client import Action
from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    ResourceUnknown,
    StackNotFound,
    StackRequest,
)
from imageferry.emulator.controls import change_settings
from imageferry.model.changes import Action as Deed
from imageferry.model.changes import ChangeSet
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.drift import (
    RESOURCE_DRIFT_WORDS,
    STACK_DRIFT_WORDS,
    ResourceDriftStatus,
    StackDrift,
    StackDriftStatus,
)
from imageferry.model.statuses import StackStatus
from imageferry.model.values import MASK
from tests.scenarios.emulated import FAN_OUT, REGIONS, Emulated, play, to

REGION = "cn-beijing"
KEY = "7906979c-8e06-46a2-be2d-68e3ccbc0001"
ROS = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Secret: {Type: String, NoEcho: true, Default: hidden}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: carried
      DestinationDescription: a golden image
      Encrypted: true
      KMSKeyId: 7906979c-8e06-46a2-be2d-68e3ccbc0001
      ResourceGroupId: rg-golden
      Tag: [{Key: team, Value: red}, {Key: stage, Value: {Ref: Secret}}]
"""
TF = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: carried
      Description: a golden image
      Encrypted: true
      KmsKeyId: 7906979c-8e06-46a2-be2d-68e3ccbc0001
      Tags: [{MapKey: team, MapValue: red}, {MapKey: stage, MapValue: hidden}]
"""
TEMPLATES = {"ros": (ROS, "cn-hangzhou"), "cloudformation": (TF, REGION)}
LANGUAGES = pytest.mark.parametrize("language", list(TEMPLATES))


async def begin(sea: Emulated, language: str) -> None:
    template, region = TEMPLATES[language]
    view = await sea.deploy(template, region=region)
    assert view.stack.status is StackStatus.CREATED, view.stack.status_reason


async def compare(sea: Emulated, *names: str) -> StackDrift:
    plane = sea.house.plane
    return await plane.drift(await plane.find("demo"), names)


async def call(sea: Emulated, action: str, **given: Any) -> None:
    """Somebody else's call about the one copy."""
    [copy] = sea.copies()
    one = {"ImageId": copy["image_id"], "ResourceId": copy["image_id"]}
    if action in {"TagResources", "UntagResources"}:
        one["ResourceId"] = [copy["image_id"]]
    asked = {"RegionId": REGION, "ResourceType": "image", **one, **given}
    client = sea.house.voice.client
    await client.call(Action(action, repeatable=False), REGION, asked)


Meddling = Callable[[Emulated], Awaitable[None]]


def doing(action: str, **given: Any) -> Meddling:
    async def deed(sea: Emulated) -> None:
        await call(sea, action, **given)

    return deed


async def _deprecate_and_rename(sea: Emulated) -> None:
    await call(sea, "ModifyImageAttribute", Status="Deprecated", ImageName="old")


MEDDLINGS: dict[str, tuple[Meddling, set[str]]] = {
    "renamed": (doing("ModifyImageAttribute", ImageName="other"), {"name"}),
    "described_otherwise": (doing("ModifyImageAttribute", Description="other"), {"description"}),
    "deprecated": (doing("ModifyImageAttribute", Status="Deprecated"), {"status"}),
    "deprecated_and_renamed": (_deprecate_and_rename, {"status", "name"}),
    "tag_added": (doing("TagResources", Tag=[{"Key": "x", "Value": "y"}]), {"tags[x]"}),
    "tag_changed": (doing("TagResources", Tag=[{"Key": "team", "Value": "y"}]), {"tags[team]"}),
    "tag_removed": (doing("UntagResources", TagKey=["team"]), {"tags[team]"}),
    "lineage_removed": (doing("UntagResources", TagKey=["imageferry:lineage"]), set()),
}
PROPERTIES = {
    "ros": {
        "name": "DestinationImageName",
        "description": "DestinationDescription",
        "tags": "Tag",
        "group": "ResourceGroupId",
    },
    "cloudformation": {"name": "ImageName", "description": "Description", "tags": "Tags"},
}


def in_words(language: str, path: str) -> str:
    head, bracket, rest = path.partition("[")
    return PROPERTIES[language].get(head, head) + bracket + rest


def paths(drift: StackDrift) -> list[str]:
    return [
        f"{one.path[0]}" + "".join(f"[{part}]" for part in one.path[1:])
        for resource in drift.resources
        for one in resource.differences
    ]


@LANGUAGES
@pytest.mark.parametrize("meddling", list(MEDDLINGS))
def test_each_change_behind_our_back_is_found(tmp_path: Path, language: str, meddling: str) -> None:
    deed, wanted = MEDDLINGS[meddling]

    async def program(sea: Emulated) -> None:
        await begin(sea, language)
        await sea.house.clock.sleep(600)
        assert (await compare(sea)).status is StackDriftStatus.IN_SYNC
        await deed(sea)
        drift = await compare(sea)
        expected = {in_words(language, path) for path in wanted}
        assert set(paths(drift)) == expected
        assert (exit_code(drift) is ExitCode.DRIFT_FOUND) == bool(wanted)
        stack = await sea.house.plane.find("demo")
        assert stack.drift == drift.mark
        assert "lineage" not in str(drift_json(stack, drift))

    play(tmp_path, program)


def test_another_group_is_found_and_set_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "ros")
        await call(sea, "JoinResourceGroup", ResourceGroupId="rg-other")
        drift = await compare(sea)
        [found] = drift.resources[0].differences
        assert (found.path, found.wanted, found.actual) == (
            ("ResourceGroupId",),
            "rg-golden",
            "rg-other",
        )
        await refreshed(sea, "ros")
        assert (await compare(sea)).status is StackDriftStatus.IN_SYNC

    play(tmp_path, program, trouble=False)


@LANGUAGES
def test_a_deleted_image_is_found_and_made_anew(tmp_path: Path, language: str) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, language)
        await call(sea, "DeleteImage")
        drift = await compare(sea)
        assert [one.status for one in drift.resources] == [ResourceDriftStatus.DELETED]
        assert exit_code(drift) is ExitCode.DRIFT_FOUND
        before = (
            await sea.house.plane.view((await sea.house.plane.find("demo")).stack_id)
        ).resources
        planned = await sea.house.plane.plan(wanted(language, refresh=True), save=False)
        deed = {"ros": Deed.CREATE, "cloudformation": Deed.UPDATE}[language]
        assert [one.action for one in planned.change_set.changes] == [deed]
        [doubt] = doubts(planned.change_set)
        assert "made anew" in doubt.message
        view = await refreshed(sea, language)
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert [copy["name"] for copy in sea.copies()] == ["carried"]
        [then], [now] = before, view.resources
        assert now.resource.attributes != then.resource.attributes
        stays = now.resource.physical_id == then.resource.physical_id
        assert stays == (language == "cloudformation") and now.resource.leftovers == ()
        assert (await compare(sea)).status is StackDriftStatus.IN_SYNC
        await sea.delete()
        assert sea.copies() == []

    play(tmp_path, program)


def wanted(language: str, *, refresh: bool) -> StackRequest:
    template, region = TEMPLATES[language]
    return StackRequest("demo", region, template, "t.yml", refresh=refresh)


def doubts(change_set: ChangeSet) -> list[Diagnostic]:
    return [one for one in change_set.warnings if one.code == "IF849"]


async def refreshed(sea: Emulated, language: str) -> Any:
    plane = sea.house.plane
    planned = await plane.plan(wanted(language, refresh=True))
    operation = await plane.execute(planned, ExecutionOptions())
    await sea.house.worker.run(operation.operation_id)
    return await plane.view(operation.stack_id)


@LANGUAGES
def test_what_was_changed_is_set_back_by_a_deploy_that_looks_first(
    tmp_path: Path, language: str
) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, language)
        [before] = sea.copies()
        await call(sea, "ModifyImageAttribute", ImageName="other", Description="else")
        await call(sea, "UntagResources", TagKey=["team"])
        await call(sea, "TagResources", Tag=[{"Key": "x", "Value": "y"}])
        plain = await sea.house.plane.plan(wanted(language, refresh=False), save=False)
        assert plain.is_current
        planned = await sea.house.plane.plan(wanted(language, refresh=True), save=False)
        [change] = planned.change_set.changes
        assert change.action is Deed.UPDATE and not change.blocked
        assert {one.remark for one in change.properties} == {"drifted: set back"}
        view = await refreshed(sea, language)
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        [after] = sea.copies()
        assert after["image_id"] == before["image_id"]
        assert (after["name"], after["tags"]) == (before["name"], before["tags"])
        assert (await compare(sea)).status is StackDriftStatus.IN_SYNC
        again = await sea.house.plane.plan(wanted(language, refresh=True), save=False)
        assert again.is_current

    play(tmp_path, program)


def test_a_description_that_was_taken_away_is_no_drift_for_ever(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "cloudformation")
        await sea.deploy(TF.replace(b"      Description: a golden image\n", b""), region=REGION)
        assert (await compare(sea)).status is StackDriftStatus.IN_SYNC

    play(tmp_path, program)


UNSAID = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationDescription: ''
      KMSKeyId: ''
"""


def test_what_is_left_to_the_cloud_is_as_the_cloud_has_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        change_settings(sea.cloud.world, {"encrypt_when_unset": True})
        await sea.deploy(UNSAID)
        drift = await compare(sea)
        assert drift.status is StackDriftStatus.IN_SYNC, drift.resources
        await call(sea, "TagResources", Tag=[{"Key": "x", "Value": "y"}])
        assert (await compare(sea)).status is StackDriftStatus.DRIFTED

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("column", "value", "path"),
    [("encrypted", 0, "Encrypted"), ("kms_key_id", "another-key", "KMSKeyId")],
    ids=["not_encrypted", "another_key"],
)
def test_an_image_that_is_encrypted_otherwise(
    tmp_path: Path, column: str, value: object, path: str
) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "ros")
        # No call of the cloud can do that; a copy may have been made otherwise than it was asked.
        for table in ("images", "snapshots"):
            sea.cloud.world.sql.execute(f"UPDATE {table} SET {column} = ?", (value,))
        sea.cloud.world.sql.commit()
        drift = await compare(sea)
        assert path in paths(drift)
        planned = await sea.house.plane.plan(wanted("ros", refresh=True), save=False)
        assert planned.change_set.is_empty
        [doubt] = doubts(planned.change_set)
        assert path in doubt.message

    play(tmp_path, program, trouble=False)


def test_a_secret_is_compared_and_never_shown(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "ros")
        await call(sea, "TagResources", Tag=[{"Key": "stage", "Value": "seen"}])
        drift = await compare(sea)
        stack = await sea.house.plane.find("demo")
        told = str(drift_json(stack, drift)) + "\n".join(drift_lines(stack, drift))
        assert "hidden" not in told and "seen" not in told and MASK in told
        planned = await sea.house.plane.plan(wanted("ros", refresh=True))
        assert "seen" not in str(planned.change_set.changes)

    play(tmp_path, program)


def test_a_stack_that_is_being_changed_is_not_compared(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        planned = await plane.plan(wanted("ros", refresh=False))
        operation = await plane.execute(planned, ExecutionOptions())
        with pytest.raises(OperationHolds):
            await compare(sea)
        await sea.house.worker.run(operation.operation_id)
        with pytest.raises(ResourceUnknown, match="Goldn"):
            await compare(sea, "Goldn")
        stack = await plane.find("demo")
        await sea.delete()
        with pytest.raises(StackNotFound):
            await plane.drift(await plane.find(stack.stack_id))

    play(tmp_path, program, trouble=False)


def test_only_what_is_named_is_looked_at_and_the_stacks_mark_stays(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(FAN_OUT, parameters=to(*REGIONS[:3]))
        whole = await compare(sea)
        part = await compare(sea, "Golden[1]")
        assert [str(one.address) for one in part.resources] == ["Golden[1]"]
        assert (await sea.house.plane.find("demo")).drift == whole.mark

    play(tmp_path, program)


def test_a_region_costs_one_page_and_nothing_is_changed(tmp_path: Path) -> None:
    template = FAN_OUT.replace(
        b"DestinationImageName: carried", b"DestinationImageName: !Sub 'c-${ALIYUN::Index}'"
    )

    async def program(sea: Emulated) -> None:
        await sea.deploy(template, parameters=to(*["cn-shanghai"] * 9, *["cn-beijing"] * 6))
        before = dict(sea.house.voice.client.counts)
        drift = await compare(sea)
        assert drift.mark.checked == 15 and drift.status is StackDriftStatus.IN_SYNC
        after = sea.house.voice.client.counts
        spent = {name: number - before.get(name, 0) for name, number in after.items()}
        assert {name: number for name, number in spent.items() if number} == {"DescribeImages": 2}

    play(tmp_path, program, trouble=False)


def test_keys_cost_one_page_of_snapshots_more(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        more = ROS + ROS[ROS.index(b"  Golden:") :].replace(b"Golden", b"Second").replace(
            b"carried", b"second"
        )
        await sea.deploy(more)
        before = dict(sea.house.voice.client.counts)
        assert (await compare(sea)).mark.checked == 2
        after = sea.house.voice.client.counts
        assert after["DescribeImages"] - before["DescribeImages"] == 1
        assert after["DescribeSnapshots"] - before.get("DescribeSnapshots", 0) == 1

    play(tmp_path, program, trouble=False)


@pytest.mark.parametrize(
    ("code", "status", "wanted_exit"),
    [("Forbidden.RAM", 403, ExitCode.NOT_AUTHORISED), ("Odd", 400, ExitCode.FAILED)],
    ids=["denied", "refused"],
)
def test_what_cannot_be_looked_at_is_not_in_sync(
    tmp_path: Path, code: str, status: int, wanted_exit: ExitCode
) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "ros")
        sea.fault(kind="error", action="DescribeImages", code=code, status=status, count=None)
        drift = await compare(sea)
        assert drift.status is StackDriftStatus.UNKNOWN
        assert exit_code(drift) is wanted_exit
        assert not drift.resources[0].status.is_drift

    play(tmp_path, program, trouble=False)


def test_a_leftover_that_has_gone_is_noticed(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await begin(sea, "cloudformation")
        [first] = sea.copies()
        sea.fault(kind="error", action="DeleteImage", code="ImageUseShared", status=403)
        plain = TF.replace(b"Encrypted: true", b"Encrypted: false").replace(
            b"      KmsKeyId: " + KEY.encode() + b"\n", b""
        )
        view = await sea.deploy(plain, region=REGION)
        assert len(view.resources[0].resource.leftovers) == 1
        assert (await compare(sea)).resources[0].gone_leftovers == ()
        client = sea.house.voice.client
        gone = {"RegionId": REGION, "ImageId": first["image_id"]}
        await client.call(Action("DeleteImage", repeatable=False), REGION, gone)
        drift = await compare(sea)
        assert [one["image_id"] for one in drift.resources[0].gone_leftovers] == [first["image_id"]]
        assert drift.status is StackDriftStatus.IN_SYNC

    play(tmp_path, program, trouble=False)


@pytest.mark.parametrize("dialect", ["ros", "cloudformation"])
def test_every_status_has_a_word_in_each_language(dialect: str) -> None:
    assert STACK_DRIFT_WORDS[dialect].keys() == set(StackDriftStatus)
    assert RESOURCE_DRIFT_WORDS[dialect].keys() == set(ResourceDriftStatus)
