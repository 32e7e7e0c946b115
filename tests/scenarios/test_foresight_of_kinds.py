"""What a plan knows beforehand of instances, snapshots, made images, shares and exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imageferry.control.requests import StackRequest
from imageferry.emulator import controls
from imageferry.model.forecasts import Doubt, Lookahead
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play
from tests.scenarios.test_verification_of_kinds import ask

HOME = "cn-hangzhou"
GOLDEN = "m-golden0000000000001"
SECRET = "i-hushhush00000000001"
LAUNCH = {
    "ImageId": GOLDEN,
    "InstanceType": "ecs.g7.large",
    "VpcId": "vpc-emulator",
    "VSwitchId": "vsw-1",
    "SecurityGroupId": "sg-1",
}
INSTANCE, IMAGE = "ALIYUN::ECS::Instance", "ALIYUN::ECS::CustomImage"
SNAPSHOT, SHARE = "ALIYUN::ECS::Snapshot", "ALIYUN::ECS::ImageSharePermission"
EXPORT, IMPORT = "TF::Alicloud::ImageExport", "TF::Alicloud::ImageImport"


def template(type_name: str, properties: Mapping[str, object], **more: object) -> bytes:
    resource = {"Type": type_name, "Properties": properties, **more}
    if type_name.startswith("TF::"):
        return json.dumps(
            {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Thing": resource}}
        ).encode()
    return json.dumps(
        {"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"Thing": resource}}
    ).encode()


async def look(sea: Emulated, text: bytes, **parameters: str) -> Lookahead:
    request = StackRequest("demo", HOME, text, "t.yml", parameters)
    before = await counts(sea)
    planned = await sea.house.plane.plan(request, save=False)
    found = await sea.house.plane.look_ahead(planned)
    assert await counts(sea) == before, "looking has made something"
    return found


async def counts(sea: Emulated) -> tuple[int, int, int]:
    instances = await ask(sea, "DescribeInstances", MaxResults=100)
    snapshots = await ask(sea, "DescribeSnapshots", MaxResults=100)
    return (
        len(sea.images()),
        len(instances["Instances"]["Instance"]),
        len(snapshots["Snapshots"]["Snapshot"]),
    )


@dataclass(frozen=True)
class Case:
    """A resource and what is foreseen of it: the doubt and the cloud's code, or nothing."""

    type_name: str
    properties: Mapping[str, object]
    code: str = ""
    property_name: str = ""
    doubt: Doubt = Doubt.REFUSED
    fault: Mapping[str, object] = field(default_factory=dict)


CASES = {
    "an instance": Case(INSTANCE, LAUNCH),
    "an instance of a pattern": Case(INSTANCE, {**LAUNCH, "ImageId": "centos_7*"}),
    "an instance of an unknown image": Case(
        INSTANCE, {**LAUNCH, "ImageId": "m-nosuch"}, "InvalidImageId.NotFound", "ImageId"
    ),
    "an instance that no image fits": Case(
        INSTANCE, {**LAUNCH, "ImageId": "plan9*"}, "InvalidImageId.NotFound", "ImageId"
    ),
    "an instance without stock": Case(
        INSTANCE, LAUNCH, "OperationDenied.NoStock", "InstanceType",
        fault={"kind": "error", "action": "RunInstances", "code": "OperationDenied.NoStock",
               "status": 403, "count": None},
    ),
    "a snapshot of an unknown disk": Case(
        SNAPSHOT, {"DiskId": "d-nosuch"}, "InvalidDiskId.NotFound", "DiskId"
    ),
    "an image of an unknown instance": Case(
        IMAGE, {"InstanceId": "i-nosuch"}, "InvalidInstanceId.NotFound", "InstanceId"
    ),
    "an image of an unknown snapshot": Case(
        IMAGE, {"SnapshotId": "s-nosuch"}, "InvalidSnapshotId.NotFound", "SnapshotId"
    ),
    "an image whose name is taken": Case(
        IMAGE, {"SnapshotId": "s-golden0000000000001", "ImageName": "golden-base"},
        "InvalidImageName.Duplicated", "ImageName", Doubt.NAME_TAKEN,
    ),
    "an import of what is not there": Case(
        IMPORT,
        {"DiskDeviceMapping": [{"OssBucket": "no-bucket", "OssObject": "x.raw", "Format": "RAW"}]},
        "InvalidOSSObject.NotFound", "DiskDeviceMapping",
        fault={"kind": "error", "action": "ImportImage", "code": "InvalidOSSObject.NotFound",
               "status": 400, "count": None},
    ),
    "an export of an unknown image": Case(
        EXPORT, {"ImageId": "m-nosuch", "OssBucket": "images-hangzhou"},
        "InvalidImageId.NotFound", "ImageId",
    ),
    "a share of an unknown image": Case(
        SHARE, {"ImageId": "m-nosuch", "Accounts": ["1000000000000002"]},
        "InvalidImageId.NotFound", "ImageId",
    ),
    "a share with nobody": Case(
        SHARE, {"ImageId": GOLDEN, "Accounts": ["123"]}, "InvalidAccount.NotFound", "Accounts",
        fault={"kind": "error", "action": "ModifyImageSharePermission",
               "code": "InvalidAccount.NotFound", "status": 404, "count": None},
    ),
    "a share that is public": Case(SHARE, {"ImageId": GOLDEN, "IsPublic": True}),
    "a share": Case(SHARE, {"ImageId": GOLDEN, "Accounts": ["1000000000000002"]}),
    "throttled": Case(
        INSTANCE, LAUNCH, "Throttling", doubt=Doubt.UNCHECKED,
        fault={"kind": "throttle", "action": "RunInstances", "count": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("checks", ["everything", "parameters"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_refusal_is_foreseen_and_nothing_is_made(
    tmp_path: Path, case: Case, checks: str
) -> None:
    async def program(sea: Emulated) -> None:
        controls.change_settings(sea.cloud.world, {"dry_run_checks": checks})
        if case.fault:
            sea.fault(**case.fault)
        found = await look(sea, template(case.type_name, case.properties))
        forecast = found.forecasts["Thing"]
        said = [(one.doubt, one.property_name) for one in forecast.objections]
        if not case.code:
            assert said == []
            return
        assert said == [(case.doubt, case.property_name)]
        assert forecast.objections[0].cloud_code.startswith(case.code)
        assert forecast.is_refused is case.doubt.is_certain
        assert found.calls >= 1

    play(tmp_path, program, trouble=False)


def test_what_is_known_later_is_left_open_and_a_secret_hidden(tmp_path: Path) -> None:
    text = json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Parameters": {"Of": {"Type": "String", "NoEcho": True}},
            "Resources": {
                "Web": {"Type": INSTANCE, "Properties": LAUNCH},
                "Baked": {"Type": IMAGE, "Properties": {"InstanceId": {"Ref": "Web"}}},
                "Shared": {
                    "Type": SHARE,
                    "Properties": {"ImageId": {"Ref": "Baked"}, "Accounts": ["1000000000000002"]},
                },
                "Hushed": {"Type": IMAGE, "Properties": {"InstanceId": {"Ref": "Of"}}},
            },
        }
    ).encode()

    async def program(sea: Emulated) -> None:
        found = await look(sea, text, Of=SECRET)
        assert {name: one.notes for name, one in found.forecasts.items() if one.notes} == {
            "Baked": ("not checked, as it is known only later: InstanceId",),
            "Shared": ("not checked, as it is known only later: ImageId",),
        }
        assert found.refused == ("Hushed",)
        assert SECRET not in repr(found)

    play(tmp_path, program, trouble=False)


def test_two_of_one_name_the_quota_and_equal_launches_asked_once(tmp_path: Path) -> None:
    image = {"SnapshotId": "s-golden0000000000001", "ImageName": "new"}

    def resources(count: int, of: Mapping[str, object], type_name: str) -> dict[str, object]:
        return {f"Thing{number}": {"Type": type_name, "Properties": of} for number in range(count)}

    async def program(sea: Emulated) -> None:
        document = {"ROSTemplateFormatVersion": "2015-09-01"}
        both = json.dumps({**document, "Resources": resources(2, image, IMAGE)}).encode()
        found = await look(sea, both)
        assert found.refused == ("Thing1",)
        assert "is wanted in cn-hangzhou by" in found.forecasts["Thing1"].objections[0].message
        before = sea.house.voice.client.counts["RunInstances"]
        pattern = {**LAUNCH, "ImageId": "centos_7*"}
        many = json.dumps({**document, "Resources": resources(30, pattern, INSTANCE)}).encode()
        found = await look(sea, many)
        assert (found.refused, found.calls) == ((), 3)
        assert sea.house.voice.client.counts["RunInstances"] == before + 1

    play(tmp_path, program, trouble=False)


def test_the_quota_of_made_images_is_counted(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        found = await look(sea, template(IMAGE, {"SnapshotId": "s-golden0000000000001"}))
        assert [one.cloud_code for one in found.forecasts["Thing"].objections] == [
            "QuotaExceed.Image"
        ]

    play(tmp_path, program, trouble=False, environment={"IMAGEFERRY_IMAGE_QUOTA": "1"})


def test_what_earlier_ones_have_taken_is_told(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        text = template(IMAGE, {"SnapshotId": "s-golden0000000000001", "ImageName": "first"})
        view = await sea.deploy(text, name="first")
        assert view.stack.status is StackStatus.CREATED
        again = template(IMAGE, {"SnapshotId": "s-golden0000000000001", "ImageName": "second"})
        (note,) = (await look(sea, again)).forecasts["Thing"].notes
        assert note.startswith("takes about ") and "min, as earlier ones have" in note

    play(tmp_path, program)
