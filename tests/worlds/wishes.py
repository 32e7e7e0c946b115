"""What the owner of a stack wants: copies in a fan and single ones, and the template that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.lines import Part, filled, resources_of

GOLDEN = (("m-golden0000000000001", "cn-hangzhou"), ("m-golden0000000000002", "ap-southeast-1"))
REGIONS = ("cn-shanghai", "cn-beijing", "us-west-1", "eu-central-1")
SEAS = (*REGIONS, "cn-hangzhou", "ap-southeast-1")
"""Every region that anything may be in."""
NAMES = ("web", "base", "golden.v2", "silver")
PLAIN: Mapping[str, Any] = {
    "golden": 0, "region": "cn-shanghai", "name": None, "description": None, "tags": {},
    "policy": None,
}  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What the owner of the stack wants at the moment; only ROS has a fan.

    `fan` is a counted resource, one map a copy (region, encrypted, key); `fan_name` is `same`,
    `indexed` or `none`. `singles` are resources by name; what a map leaves out is as in PLAIN. A stack
    with a `line` has nothing else.
    """

    fan: tuple[Mapping[str, Any], ...] = ()
    fan_name: str = "same"
    singles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    line: Mapping[str, Part] = field(default_factory=dict)

    @property
    def retained(self) -> set[str]:
        wished = {**self.singles, **self.line}
        return {name for name, one in wished.items() if one.get("policy") == "Retain"}


def template_of(wishes: Wishes, *, is_ros: bool) -> bytes:
    """The template, in one language or the other."""
    if wishes.line:
        return json.dumps(_line_template(wishes.line, is_ros=is_ros)).encode()
    whole = Wishes(
        wishes.fan,
        wishes.fan_name,
        {name: {**PLAIN, **one} for name, one in wishes.singles.items()},
    )
    return json.dumps(_ros_template(whole) if is_ros else _cfn_template(whole)).encode()


def parameters_of(wishes: Wishes, secret: str, *, is_ros: bool) -> dict[str, Any]:
    """The parameters that go with it."""
    given = {"Secret": secret}
    if wishes.line:
        return given
    return {**given, "Berths": json.dumps(list(wishes.fan))} if is_ros else given


def _line_template(line: Mapping[str, Part], *, is_ros: bool) -> dict[str, Any]:
    version = {"ROSTemplateFormatVersion": "2015-09-01"}
    return {
        **(version if is_ros else {"AWSTemplateFormatVersion": "2010-09-09"}),
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": resources_of(line, is_ros=is_ros),
        "Outputs": {name: {"Value": {"Ref": name}} for name in line},
    }


def _without_none(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}


def _ros_template(wishes: Wishes) -> dict[str, Any]:
    berth = {"Fn::Select": [{"Ref": "ALIYUN::Index"}, {"Ref": "Berths"}]}
    name: Any = {"same": "carried", "none": None}.get(
        wishes.fan_name, {"Fn::Join": ["-", ["carried", {"Ref": "ALIYUN::Index"}]]}
    )
    resources: dict[str, Any] = {
        "Fan": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Count": {"Fn::Length": {"Ref": "Berths"}},
            "Properties": _without_none(
                {
                    "ImageId": GOLDEN[0][0],
                    "DestinationRegionId": {"Fn::Jq": ["First", ".region", berth]},
                    "DestinationImageName": name,
                    "Encrypted": {"Fn::Jq": ["First", ".encrypted", berth]},
                    "KMSKeyId": {"Fn::Jq": ["First", ".key", berth]},
                    "DestinationDescription": {"Ref": "Secret"} if name == "carried" else None,
                }
            ),
        }
    }
    for name, one in wishes.singles.items():
        image, source = GOLDEN[one["golden"]]
        properties = {
            "ImageId": {"Fn::GetAtt": [one["of"], "ImageId"]} if one.get("of") else image,
            "SourceRegionId": {"Fn::GetAtt": [one["of"], "DestinationRegionId"]}
            if one.get("of")
            else source,
            "DestinationRegionId": source if one.get("same_region") else one["region"],
            "DestinationImageName": filled(one["name"]),
            "DestinationDescription": filled(one["description"]),
            "Encrypted": one.get("encrypted"),
            "KMSKeyId": filled(one.get("key")),
            "Tag": [{"Key": key, "Value": filled(text)} for key, text in one["tags"].items()]
            or None,
            "AllowCopyInSameRegion": True if one.get("same_region") else None,
        }
        resources[name] = _without_none(
            {
                "Type": "ALIYUN::ECS::CopyImage",
                "DeletionPolicy": one["policy"],
                "Properties": _without_none(properties),
            }
        )
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {
            "Berths": {"Type": "Json"},
            "Secret": {"Type": "String", "NoEcho": True},
        },
        "Resources": resources,
        "Outputs": {
            "Ids": {"Value": {"Fn::GetAtt": ["Fan", "ImageId"]}},
            "Told": {"Value": {"Fn::Join": ["", ["x", {"Ref": "Secret"}]]}},
        },
    }


def _cfn_template(wishes: Wishes) -> dict[str, Any]:
    resources = {}
    for name, one in wishes.singles.items():
        image, source = GOLDEN[one["golden"]]
        limits = _without_none({"Create": one.get("create_limit")})
        properties = {
            "SourceImageId": {"Fn::GetAtt": [one["of"], "Id"]} if one.get("of") else image,
            "SourceRegionId": {"Ref": "AWS::Region"} if one.get("of") else source,
            "ImageName": filled(one["name"]),
            "Description": filled(one["description"]),
            "Encrypted": one.get("encrypted"),
            "KmsKeyId": filled(one.get("key")),
            "Tags": [{"MapKey": key, "MapValue": filled(text)} for key, text in one["tags"].items()]
            or None,
            "Force": one.get("force"),
            "Timeouts": limits or None,
        }
        resources[name] = _without_none(
            {
                "Type": "TF::Alicloud::ImageCopy",
                "DeletionPolicy": one["policy"],
                "Properties": _without_none(properties),
            }
        )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": resources,
        "Outputs": {
            name: {"Value": {"Fn::GetAtt": [name, "Id"]}} for name in resources
        },
    }  # fmt: skip
