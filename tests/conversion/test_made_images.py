"""Images that are made, in both languages: there, back, with their copies, and what is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from imageferry.conversion.documents import Form
from imageferry.model.diagnostics import Diagnostic, TemplateError
from tests.conversion.bare import converted

HERE, THERE = "ALIYUN::ECS::CustomImage", "TF::Alicloud::Image"


def over(template: dict[str, Any], dialect: str, region: str) -> tuple[list[Any], list[str]]:
    """The templates there, and the codes of what was told."""
    conversion = converted(json.dumps(template), dialect=dialect, region=region, form=Form.JSON)
    documents = [yaml.safe_load(one.text) for one in conversion.templates]
    return documents, [one.code for one in conversion.diagnostics]


def ros(**resources: Any) -> dict[str, Any]:
    return {"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources}


def image(type_name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_name, "Properties": properties}


def test_a_made_image_goes_there_and_comes_back() -> None:
    disks = [{"SnapshotId": "s-1", "Size": 40, "DiskType": "system"}]
    template = ros(
        Baked=image(
            HERE, DiskDeviceMapping=disks, ImageName="baked", SourceRegionId="cn-beijing",
            Tag=[{"Key": "a", "Value": "b"}, {"Key": "c"}],
        )
    )  # fmt: skip
    template["Outputs"] = {
        "Id": {"Value": {"Ref": "Baked"}},
        "Same": {"Value": {"Fn::GetAtt": ["Baked", "ImageId"]}},
    }
    [there], codes = over(template, "cloudformation", "cn-hangzhou")
    assert codes == ["IF933"]
    assert there["Resources"]["Baked"] == image(
        THERE, DiskDeviceMapping=disks, ImageName="baked",
        Tags=[{"MapKey": "a", "MapValue": "b"}, {"MapKey": "c", "MapValue": ""}],
    )  # fmt: skip
    assert {one["Value"]["Fn::GetAtt"][1] for one in there["Outputs"].values()} == {"Id"}
    [back], codes = over(there, "ros", "cn-beijing")
    assert codes == []
    baked = back["Resources"]["Baked"]
    assert baked["Type"] == HERE
    assert baked["Properties"]["SourceRegionId"] == "cn-beijing"
    assert baked["Properties"]["DiskDeviceMapping"] == disks


def test_an_image_and_its_copy_stand_each_in_a_stack_of_its_region() -> None:
    copy = image("ALIYUN::ECS::CopyImage", ImageId="m-1", DestinationRegionId="cn-shanghai")
    baked = image(HERE, InstanceId="i-1", SourceRegionId="cn-beijing")
    documents, codes = over(ros(Baked=baked, Copy=copy), "cloudformation", "cn-beijing")
    assert [list(one["Resources"]) for one in documents] == [["Baked"], ["Copy"]]
    assert "IF934" in codes
    # What one stack makes the other cannot refer to.
    copy["Properties"]["ImageId"] = {"Ref": "Baked"}
    assert [one.code for one in refusals(ros(Baked=baked, Copy=copy))] == ["IF931"]


LOST = {
    "ImageFamily": "web",
    "ImageVersion": "1.0",
    "BootMode": "UEFI",
    "DetectionStrategy": "Standard",
    "Features": {"ImdsSupport": "v2"},
}


@pytest.mark.parametrize(("name", "value"), LOST.items(), ids=LOST)
def test_what_the_other_language_has_not_is_told(name: str, value: object) -> None:
    template = ros(Baked=image(HERE, InstanceId="i-1", **{name: value}))
    [there], codes = over(template, "cloudformation", "cn-hangzhou")
    assert codes == ["IF911"]
    assert there["Resources"]["Baked"]["Properties"] == {"InstanceId": "i-1"}


APART = {
    "ALIYUN::ECS::ImageSharePermission": "is one account alone",
    "ALIYUN::ECS::Instance": "only those of images are installed",
    "DATASOURCE::ECS::Images": "no data sources",
}


def refusals(template: dict[str, Any]) -> list[Diagnostic]:
    with pytest.raises(TemplateError) as refused:
        over(template, "cloudformation", "cn-beijing")
    return [one for one in refused.value.diagnostics if one.is_error]


@pytest.mark.parametrize(("type_name", "why"), APART.items(), ids=APART)
def test_a_type_without_a_counterpart_is_refused_with_its_reason(type_name: str, why: str) -> None:
    needed = {
        "InstanceType": "ecs.g7.large", "VpcId": "v", "VSwitchId": "v", "SecurityGroupId": "s",
    } if type_name.endswith("Instance") else {}  # fmt: skip
    [refused] = refusals(ros(Thing=image(type_name, ImageId="m-1", **needed)))
    assert refused.code == "IF910"
    assert why in refused.why
    assert HERE in refused.why
