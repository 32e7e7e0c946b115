"""Instances in whole deploys: what is changed in place, and what a plan refuses at its line."""

from __future__ import annotations

from pathlib import Path

from imageferry.control.requests import StackRequest
from imageferry.model.changes import Action
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play

TEMPLATE = b"""\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Size: {Type: Number, Default: 60}
  Protected: {Type: Boolean, Default: true}
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: centos_7
      InstanceType: ecs.c7.large
      VSwitchId: vsw-1
      SecurityGroupId: sg-1
      DeletionProtection: {Ref: Protected}
      SystemDiskSize: {Ref: Size}
"""


def test_a_disk_that_would_shrink_is_refused_by_the_plan(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await sea.deploy(TEMPLATE)

        async def planned(size: int, *, replaces: bool = False) -> tuple[Action, list[str]]:
            asked = {"Size": size}
            request = StackRequest(
                "demo", "cn-hangzhou", TEMPLATE, "t.yml", asked, replace=replaces
            )
            plan = await sea.house.plane.plan(request)
            [change] = plan.change_set.changes
            return change.action, [f"{one.code} {one.span} {one.remedy}" for one in change.blocked]

        assert await planned(80) == (Action.UPDATE, [])
        refused = ["IF601 t.yml:14:7 give 60 or more"]
        assert await planned(40) == (Action.UPDATE, refused)
        assert await planned(40, replaces=True) == (Action.UPDATE, refused)

    play(tmp_path, program, trouble=False)


def test_a_protected_instance_is_let_go_by_an_update(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        made = (await sea.deploy(TEMPLATE)).resources
        view = await sea.deploy(TEMPLATE, parameters={"Protected": False})
        assert [one.resource.physical_id for one in view.resources] == [
            one.resource.physical_id for one in made
        ]
        assert (await sea.delete("demo")).stack.status is StackStatus.DELETED

    play(tmp_path, program)
