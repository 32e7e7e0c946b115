"""`verify` of what is no copy: each value beside what was asked for, before and after somebody's hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imageferry.cloud.client import Action
from imageferry.model.statuses import StackStatus
from imageferry.model.verifications import ResourceVerification, VerificationStatus
from tests.scenarios.emulated import Emulated, play

HOME = "cn-hangzhou"
OTHER, THIRD = "1000000000000002", "1000000000000003"
SECRET = "HushHush-77"
TEMPLATE = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Env: {Type: String, NoEcho: true}
Resources:
  Builder:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: centos_7*
      InstanceType: ecs.g7.large
      VpcId: vpc-emulator
      VSwitchId: vsw-1
      SecurityGroupId: sg-1
      SystemDiskSize: 60
      DiskMappings: [{Size: 100}, {Size: '20'}]
      Tags: [{Key: env, Value: {Ref: Env}}]
  Baked:
    Type: ALIYUN::ECS::CustomImage
    DependsOn: Builder
    Properties:
      ImageName: baked
      ImageFamily: web
      BootMode: UEFI
      Architecture: x86_64
      DiskDeviceMapping: [{SnapshotId: SNAPSHOT, Size: 80}]
  Kept:
    Type: ALIYUN::ECS::Snapshot
    Properties: {DiskId: DISK, RetentionDays: 30, Tags: [{Key: env, Value: prod}]}
  Shared:
    Type: ALIYUN::ECS::ImageSharePermission
    Properties: {ImageId: {Ref: Baked}, Accounts: ['1000000000000002'], KeepPermission: false}
  Web:
    Type: IMAGEFERRY::ECS::ImageFamily
    Properties: {ImageFamily: web, ImageIds: [{Ref: Baked}]}
"""


async def ask(sea: Emulated, action: str, **parameters: Any) -> Any:
    call = Action(action, repeatable=action.startswith("Describe"))
    return await sea.house.voice.client.call(call, HOME, {"RegionId": HOME, **parameters})


async def deployed(sea: Emulated) -> dict[str, str]:
    """The template's stack beside an instance of somebody's; the ids of its resources."""
    reply = await ask(
        sea, "RunInstances", ImageId="m-golden0000000000001", InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1", VSwitchId="vsw-1",
    )  # fmt: skip
    [beside] = reply["InstanceIdSets"]["InstanceIdSet"]
    await sea.house.clock.sleep(600)
    disks = await ask(sea, "DescribeDisks", InstanceId=beside)
    disk = str(disks["Disks"]["Disk"][0]["DiskId"])
    snapshot = str((await ask(sea, "CreateSnapshot", DiskId=disk))["SnapshotId"])
    await sea.house.clock.sleep(3600)
    text = TEMPLATE.replace(b"SNAPSHOT", snapshot.encode()).replace(b"DISK", disk.encode())
    view = await sea.deploy(text, parameters={"Env": SECRET})
    assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
    return {str(one.resource.address): str(one.resource.physical_id) for one in view.resources}


async def verified(sea: Emulated) -> dict[str, ResourceVerification]:
    plane = sea.house.plane
    found = await plane.verify(await plane.find("demo"))
    return {str(one.address): one for one in found.resources}


def same(one: ResourceVerification) -> set[str]:
    assert one.verdict is not None
    return {each.what for each in one.verdict.comparisons if each.is_equal}


def differences(one: ResourceVerification) -> list[str]:
    return [] if one.verdict is None else [str(each) for each in one.verdict.differences]


def test_everything_is_as_it_was_asked_for(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await deployed(sea)
        found = await verified(sea)
        assert {one.status for one in found.values()} == {VerificationStatus.VERIFIED}
        assert same(found["Builder"]) == {
            "status", "image", "instance type", "vswitch", "security group",
            "GiB of the system disk", 'tag "env"', "data disks",
        }  # fmt: skip
        assert same(found["Baked"]) == {"usable", "boot mode", "family", "architecture", "disks"}
        assert same(found["Kept"]) == {"status", "disk", "days of retention", 'tag "env"'}
        assert same(found["Shared"]) == {"accounts"}
        assert same(found["Web"]) == {"members", "current"}
        assert SECRET not in repr(found)
        kinds = {name: one.verdict.kind for name, one in found.items() if one.verdict}
        assert kinds == {
            "Builder": "instance", "Baked": "image", "Kept": "snapshot", "Shared": "share",
            "Web": "family",
        }  # fmt: skip

    play(tmp_path, program)


HANDS = (
    ("stopped", "Builder", "StopInstance", {"InstanceId": "Builder"},
     ["status is Stopped, and should be Running"]),
    ("retagged", "Builder", "TagResources",
     {"ResourceType": "instance", "ResourceId": ["Builder"], "Tag": [{"Key": "env", "Value": "x"}]},
     ['tag "env" is "x", and "****" was asked for']),
    ("booted otherwise", "Baked", "ModifyImageAttribute", {"ImageId": "Baked", "BootMode": "BIOS"},
     ["boot mode is BIOS, and UEFI was asked for"]),
    ("of another family", "Baked", "ModifyImageAttribute",
     {"ImageId": "Baked", "ImageFamily": "other"},
     ["family is other, and web was asked for"]),
    ("kept for ever", "Kept", "ModifySnapshotAttribute", {"SnapshotId": "Kept", "RetentionDays": 90},
     ["days of retention is 90, and 30 was asked for"]),
    ("shared with more", "Shared", "ModifyImageSharePermission",
     {"ImageId": "Baked", "AddAccount": [THIRD]},
     [f"accounts is {OTHER}, {THIRD}, and {OTHER} was asked for"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "action", "how", "said"), [one[1:] for one in HANDS], ids=[one[0] for one in HANDS]
)
def test_what_somebody_has_changed_is_told_with_both_values(
    tmp_path: Path, address: str, action: str, how: dict[str, Any], said: list[str]
) -> None:
    async def program(sea: Emulated) -> None:
        ids = await deployed(sea)

        def named(value: Any) -> Any:
            return [named(one) for one in value] if isinstance(value, list) else (
                ids.get(value, value) if isinstance(value, str) else value
            )  # fmt: skip

        await ask(sea, action, **{name: named(value) for name, value in how.items()})
        await sea.house.clock.sleep(600)
        found = await verified(sea)
        assert found[address].status is VerificationStatus.DIFFERS
        assert differences(found[address]) == said
        assert SECRET not in repr(found)

    play(tmp_path, program, trouble=False)


def test_what_is_gone_is_missing_and_what_may_not_be_looked_at_unknown(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        ids = await deployed(sea)
        await ask(sea, "DeleteSnapshot", SnapshotId=ids["Kept"])
        sea.fault(
            kind="error", action="DescribeInstances", count=None, code="Forbidden.RAM", status=403
        )
        found = await verified(sea)
        assert found["Kept"].status is VerificationStatus.MISSING
        assert found["Builder"].status is VerificationStatus.UNKNOWN
        assert "Forbidden.RAM" in found["Builder"].reason
        assert found["Baked"].status is VerificationStatus.VERIFIED

    play(tmp_path, program, trouble=False)
