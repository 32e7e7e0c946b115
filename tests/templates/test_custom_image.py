"""The official template that bakes an image of an instance and copies it, unmodified, if it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import Value
from tests.scenarios.emulated import Emulated, play

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT.parent / "shared" / "corpus"))
TEMPLATE = CORPUS / "ros" / "resources__ecs__custom-image.yml"

pytestmark = pytest.mark.skipif(not TEMPLATE.is_file(), reason="there is no corpus")

GIVEN: Mapping[str, Value] = {
    "LoginPassword": "Ferry-2026-hush",
    "VpcId": "vpc-1",
    "VSwitchId": "vsw-1",
    "SecurityGroupId": "sg-1",
}
MORE_TROUBLE: tuple[Mapping[str, object], ...] = (
    {"kind": "lost_reply", "action": "RunInstances"},
    {"kind": "throttle", "action": "DescribeInstances", "skip": 1, "count": 2},
    {"kind": "error", "action": "CreateImage", "code": "IncorrectInstanceStatus", "status": 400},
    {"kind": "error", "action": "DeleteInstance", "code": "IncorrectInstanceStatus", "status": 403},
    {"kind": "lost_reply", "action": "DeleteInstance"},
)


def instances(sea: Emulated) -> list[tuple[Any, ...]]:
    return sea.cloud.world.rows(
        "SELECT instance_id, name, image_id FROM instances WHERE region = 'cn-hangzhou'"
    )


def made(sea: Emulated) -> list[dict[str, Any]]:
    return [one for one in sea.images() if one["origin"] in ("copy", "create")]


@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "trouble"])
def test_it_deploys_changes_and_goes(tmp_path: Path, trouble: bool) -> None:
    async def program(sea: Emulated) -> None:
        for fault in MORE_TROUBLE if trouble else ():
            sea.fault(**fault)
        source = TEMPLATE.read_bytes()
        view = await sea.deploy(source, parameters=GIVEN)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        ((first, name, image),) = instances(sea)
        assert (name, image) == ("mytest", "centos_7_9_x64_20G_alibase_20240628.vhd")
        baked, copied = sorted(made(sea), key=lambda one: one["origin"] == "copy")
        assert (baked["name"], baked["region"], copied["region"]) == (
            "mytest",
            "cn-hangzhou",
            "cn-shanghai",
        )
        assert view.stack.outputs == {
            "ImageId": baked["image_id"],
            "CopyImageId": copied["image_id"],
        }
        # What can be changed in place makes no other instance, and no other image of it.
        changed = {**GIVEN, "LoginPassword": "Ferry-2027-hush"}
        view = await sea.deploy(source, parameters=changed)
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert [one[0] for one in instances(sea)] == [first]
        assert {one["image_id"] for one in made(sea)} == set(view.stack.outputs.values())
        # Another name of the instance makes all three anew, the new ones first.
        view = await sea.deploy(
            source, parameters={**changed, "InstanceName": "other"}, replace=True
        )
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        ((second, name, _),) = instances(sea)
        assert (second != first, name) == (True, "other")
        assert {one["image_id"] for one in made(sea)} == set(view.stack.outputs.values())
        assert baked["image_id"] not in view.stack.outputs.values()
        # Another name of the image leaves the instance alone.
        renamed = {**changed, "InstanceName": "other", "ImageName": "renamed"}
        view = await sea.deploy(source, parameters=renamed, replace=True)
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert [one[0] for one in instances(sea)] == [second]
        view = await sea.delete()
        assert view.stack.status is StackStatus.DELETED
        assert (instances(sea), made(sea)) == ([], [])
        told = await sea.house.store.events(view.stack.stack_id)
        gone = [
            str(event.address)
            for event in told
            if event.status is ResourceStatus.DELETED and event.address is not None
        ]
        assert gone[-3:] == ["CopyImage", "CustomImage", "Instance"]
        assert "hush" not in repr(told)

    play(tmp_path, program, trouble=trouble)


def test_it_is_rolled_back_to_what_it_was(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        source = TEMPLATE.read_bytes()
        view = await sea.deploy(source, parameters=GIVEN)
        before, images = instances(sea), {one["image_id"] for one in made(sea)}
        sea.fault(kind="error", action="CreateImage", code="QuotaExceed.Image", status=403, count=1)
        view = await sea.deploy(
            source,
            parameters={**GIVEN, "InstanceName": "other"},
            replace=True,
            on_failure=OnFailure.ROLLBACK,
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert instances(sea) == before
        assert {one["image_id"] for one in made(sea)} == images

    play(tmp_path, program, trouble=False)


def test_it_runs_from_the_command_line(tmp_path: Path) -> None:
    environment = {
        "IMAGEFERRY_HOME": str(tmp_path / "home"),
        "IMAGEFERRY_EMULATOR_SPEED": "1000000000",
        "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
    }

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(imageferry, list(arguments), env=environment)
        return result.exit_code, result.output

    parameters = [text for name, value in GIVEN.items() for text in ("-p", f"{name}={value}")]
    deploy = ["deploy", "-s", "baked", str(TEMPLATE), *parameters, "--yes"]
    run("emulator", "settings", "instance_seconds=0")
    code, said = run(*deploy)
    assert code == 0, said
    assert '"centos_7" is centos_7_9_x64_20G_alibase_20240628.vhd' in said
    assert "hush" not in said
    code, said = run("drift", "-s", "baked", "--json")
    assert code == 0, said
    code, said = run(*deploy, "-p", "InstanceName=other")
    assert code == 1, said
    assert "IF601" in said
    code, said = run("delete", "-s", "baked", "--yes", "--json")
    assert code == 0, said
    ids = json.loads(run("emulator", "call", "DescribeInstances", "RegionId=cn-hangzhou")[1])
    assert ids["TotalCount"] == 0
