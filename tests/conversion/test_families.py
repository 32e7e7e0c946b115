"""An image family is said with the same words in both languages; its region is that of its copies."""

from __future__ import annotations

import json
from typing import Any

import yaml

from imageferry.conversion.documents import Form
from tests.conversion.bare import converted

FAMILY = "IMAGEFERRY::ECS::ImageFamily"


def over(template: dict[str, Any], dialect: str, region: str) -> list[Any]:
    conversion = converted(json.dumps(template), dialect=dialect, region=region, form=Form.JSON)
    assert [one.code for one in conversion.diagnostics if one.is_error] == []
    return [yaml.safe_load(one.text) for one in conversion.templates]


def copy(region: str) -> dict[str, Any]:
    properties = {"ImageId": "m-1", "DestinationRegionId": region}
    return {"Type": "ALIYUN::ECS::CopyImage", "Properties": properties}


def family(name: str, **more: Any) -> dict[str, Any]:
    properties = {"ImageFamily": "web", "ImageIds": [{"Ref": name}], **more}
    return {"Type": FAMILY, "Properties": properties}


def test_families_of_two_regions_go_with_their_copies_and_come_back() -> None:
    template = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {
            "A": copy("cn-beijing"),
            "B": copy("cn-shanghai"),
            "WebA": family("A", RegionId="cn-beijing", CurrentImageId="m-2"),
            "WebB": family("B", RegionId="cn-shanghai"),
        },
        "Outputs": {"Now": {"Value": {"Fn::GetAtt": ["WebA", "ImageId"]}}},
    }
    first, second = over(template, "cloudformation", "cn-hangzhou")
    assert first["Resources"]["WebA"] == {
        "Type": FAMILY,
        "Properties": {
            "ImageFamily": "web",
            "ImageIds": [{"Fn::GetAtt": ["A", "Id"]}],
            "CurrentImageId": "m-2",
        },
    }
    assert first["Outputs"]["Now"]["Value"] == {"Fn::GetAtt": ["WebA", "ImageId"]}
    assert list(second["Resources"]) == ["B", "WebB"]

    [back] = over(first, "ros", "cn-beijing")
    assert back["Resources"]["WebA"]["Properties"] == {
        "ImageFamily": "web",
        "ImageIds": [{"Fn::GetAtt": ["A", "ImageId"]}],
        "CurrentImageId": "m-2",
        "RegionId": "cn-beijing",
    }
