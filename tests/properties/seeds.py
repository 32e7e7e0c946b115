"""Small templates of both languages that name as much of them as they can: what damage begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
MOST_BYTES: Final = 6_000
"""Larger ones among the examples and bad inputs are left out: they would be slow to damage."""

_ROS_FUNCTIONS: Final[Mapping[str, Any]] = {
    "add": {"Fn::Add": [{"Product": "ROS"}, {"Fn": ["Add"]}]},
    "add-lists": {"Fn::Add": [["a"], {"Ref": "Regions"}]},
    "avg": {"Fn::Avg": [1, [1, 2, "6.0"]]},
    "base64": {"Fn::Base64Decode": {"Fn::Base64Encode": "text"}},
    "calculate": {"Fn::Calculate": ["({1} + {0}) / 3", 2, [5, {"Fn::Length": {"Ref": "Regions"}}]]},
    "cidr": {"Fn::Select": ["0", {"Fn::Cidr": ["10.0.0.0/16", 4, 8]}]},
    "contains": {"Fn::If": ["Big", {"Fn::Str": 1}, {"Ref": "ALIYUN::NoValue"}]},
    "find": {"Fn::FindInMap": ["Map", {"Ref": "ALIYUN::Region"}, "Key"]},
    "time": {"Fn::FormatTime": ["%Y-%m-%d", "Asia/Shanghai"]},
    "zones": {"Fn::Select": ["0", {"Fn::GetAZs": {"Ref": "ALIYUN::Region"}}]},
    "json": {"Fn::GetJsonValue": ["a", '{"a": [1, {"b": null}]}']},
    "indent": {"Fn::Indent": ["a\nb", 2]},
    "index": {"Fn::Index": ["b", ["a", "b"]]},
    "jq": {"Fn::Jq": ["First", ".a[0].b", {"a": [{"b": "c"}]}]},
    "merge": {"Fn::ListMerge": [["a"], ["b", "c"]]},
    "max": [{"Fn::Max": [1, 3]}, {"Fn::Min": [1, "2"]}],
    "members": {
        "Fn::MemberListToMap": ["Name", "Value", [".member.0.Name=k", ".member.0.Value=v"]]
    },
    "maps": {"Fn::MergeMapToList": [{"k1": ["a"]}, {"k2": ["b"]}]},
    "merge-maps": {"Fn::MergeMap": [{"a": 1}, {"b": {"Ref": "Name"}}]},
    "replace": {"Fn::Replace": [{"print": "echo", "a": "b"}, "print a"]},
    "select": {"Fn::Select": ["1:3", {"Ref": "Regions"}, "none"]},
    "select-maps": {"Fn::SelectMapList": ["a", [{"a": 1}, {"b": 2}]]},
    "split": {"Fn::Join": ["-", {"Fn::Split": [",", "a,b"]}]},
    "sub": {"Fn::Sub": ["${Name}-${v}-${ALIYUN::StackName}-${Copy[0].ImageId}-${!x}", {"v": 1}]},
    "output": {"Fn::GetStackOutput": ["stack-id", "Image", "cn-beijing"]},
    "image": {"Fn::MarketplaceImage": "cmjj022644"},
    "get": {"Fn::GetAtt": ["Copy", "ImageId"]},
}

ROS: Final[Mapping[str, Any]] = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Description": {"en": "all", "zh-cn": "\u5168"},
    "Metadata": {
        "ALIYUN::ROS::Interface": {
            "ParameterGroups": [{"Parameters": ["Name", "Regions"], "Label": {"default": "g"}}]
        }
    },
    "Parameters": {
        "Name": {"Type": "String", "Default": "golden", "AllowedPattern": "[a-z]+", "MinLength": 1},
        "Size": {"Type": "Number", "Default": 3, "MinValue": 1, "MaxValue": 5},
        "Regions": {"Type": "CommaDelimitedList", "Default": "cn-beijing,cn-shanghai"},
        "Flag": {"Type": "Boolean", "AllowedValues": [True, False], "Default": False},
        "Policy": {"Type": "String", "Default": "Retain"},
        "Data": {"Type": "Json", "Default": {"a": [1]}, "NoEcho": True},
    },
    "Mappings": {"Map": {"cn-hangzhou": {"Key": "v", "List": [1]}}},
    "Locals": {"Prefix": {"Type": "Macro", "Value": {"Fn::Sub": "${Name}-x"}}, "L": {"Value": 1}},
    "Conditions": {
        "Big": {
            "Fn::And": [{"Fn::Not": {"Fn::Equals": [{"Ref": "Size"}, 1]}}, {"Condition": "Any"}]
        },
        "Any": {
            "Fn::Or": [{"Fn::Any": [{"Fn::Equals": ["a", "b"]}]}, {"Fn::Contains": [["a"], "a"]}]
        },
        "Match": {"Fn::MatchPattern": ["^[a-z]+$", {"Ref": "Name"}]},
        "Each": {"Fn::EachMemberIn": [{"Ref": "Regions"}, ["cn-beijing", "cn-shanghai"]]},
    },
    "Rules": {
        "R": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Size"}, 3]},
            "Assertions": [
                {
                    "Assert": {"Fn::Contains": [["golden"], {"Ref": "Name"}]},
                    "AssertDescription": "d",
                }
            ],
        }
    },
    "Resources": {
        "Copy": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Count": {"Fn::Length": {"Ref": "Regions"}},
            "Condition": "Big",
            "DeletionPolicy": "Retain",
            "Properties": {
                "ImageId": "m-golden1",
                "DestinationRegionId": {
                    "Fn::Select": [{"Ref": "ALIYUN::Index"}, {"Ref": "Regions"}]
                },
                "DestinationImageName": {
                    "Fn::Join": ["-", [{"Ref": "Prefix"}, {"Ref": "ALIYUN::Index"}]]
                },
                "Encrypted": {"Ref": "Flag"},
                "Tag": [{"Key": "k", "Value": {"Fn::If": ["Any", "v", "w"]}}],
            },
        },
        "Other": {
            "Type": "ALIYUN::ECS::CopyImage",
            "DependsOn": ["Copy"],
            "DeletionPolicy": {"Ref": "Policy"},
            "Metadata": {"m": {"Ref": "Size"}},
            "Properties": {
                "ImageId": {"Fn::Select": [0, {"Fn::GetAtt": ["Copy", "ImageId"]}]},
                "DestinationRegionId": "cn-qingdao",
            },
        },
    },
    "Outputs": {name: {"Value": value} for name, value in _ROS_FUNCTIONS.items()},
}

_CFN_FUNCTIONS: Final[Mapping[str, Any]] = {
    "Base64": {"Fn::Base64": {"Ref": "Name"}},
    "Cidr": {"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", 4, 8]}]},
    "Find": {"Fn::FindInMap": ["Map", "east", "Key", {"DefaultValue": {"Ref": "Name"}}]},
    "Zones": {"Fn::Join": [",", {"Fn::GetAZs": ""}]},
    "Import": {"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-x"}},
    "Split": {"Fn::Join": ["-", {"Fn::Split": [",", "a,b"]}]},
    "Length": {"Fn::Length": {"Ref": "Regions"}},
    "Json": {"Fn::ToJsonString": {"a": [1, {"Ref": "Name"}]}},
    "Sub": {"Fn::Sub": ["${Name}-${v}-${AWS::Region}-${Copy.Id}-${!x}", {"v": "1"}]},
    "Get": {"Fn::GetAtt": ["Copy", "Id"]},
    "Output": {"Fn::GetStackOutput": {"StackName": "s", "OutputName": "o", "Region": "r"}},
}

CLOUDFORMATION: Final[Mapping[str, Any]] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::LanguageExtensions",
    "Description": "all",
    "Metadata": {"AWS::CloudFormation::Interface": {"ParameterGroups": []}},
    "Parameters": {
        "Name": {"Type": "String", "Default": "golden", "AllowedPattern": "[a-z]+"},
        "Size": {"Type": "Number", "Default": "3", "MinValue": "1", "MaxValue": 5},
        "Regions": {"Type": "CommaDelimitedList", "Default": "cn-beijing, cn-shanghai"},
        "Numbers": {"Type": "List<Number>", "Default": "1,2"},
        "Secret": {"Type": "String", "NoEcho": True, "MinLength": 1},
    },
    "Mappings": {"Map": {"east": {"Key": "v", "List": ["1"]}}},
    "Conditions": {
        "Big": {
            "Fn::And": [{"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, "1"]}]}, {"Condition": "Any"}]
        },
        "Any": {
            "Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": ["golden", {"Ref": "Name"}]}]
        },
        "Fn::ForEach::Cs": ["C", ["One", "Two"], {"Is${C}": {"Fn::Equals": ["${C}", "One"]}}],
    },
    "Rules": {
        "R": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Size"}, "3"]},
            "Assertions": [
                {
                    "Assert": {
                        "Fn::EachMemberIn": [{"Ref": "Regions"}, ["cn-beijing", "cn-shanghai"]]
                    },
                    "AssertDescription": "d",
                },
                {"Assert": {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "x"]}},
            ],
        }
    },
    "Resources": {
        "Copy": {
            "Type": "TF::Alicloud::ImageCopy",
            "Condition": "Big",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "SourceImageId": "m-golden1",
                "SourceRegionId": {"Fn::Select": ["0", {"Ref": "Regions"}]},
                "ImageName": {"Fn::Sub": "golden-${Name}"},
                "Tags": [{"MapKey": "k", "MapValue": {"Fn::If": ["Any", "v", "w"]}}],
                "Timeouts": {"Create": "10m"},
            },
        },
        "Fn::ForEach::Copies": [
            "Region",
            {"Ref": "Regions"},
            {
                "Copy&{Region}": {
                    "Type": "TF::Alicloud::ImageCopy",
                    "DependsOn": "Copy",
                    "Properties": {
                        "SourceImageId": {"Fn::GetAtt": ["Copy", "Id"]},
                        "SourceRegionId": "${Region}",
                    },
                }
            },
        ],
    },
    "Outputs": {
        name: {"Value": value, "Condition": "Any", "Export": {"Name": {"Fn::Sub": f"x-{name}"}}}
        for name, value in _CFN_FUNCTIONS.items()
    },
}


BEYOND: Final[Mapping[str, Any]] = {
    "Transform": ["AWS::Serverless-2016-10-31", "Macro"],
    "Parameters": {"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}},
    "Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": {"x": "{{resolve:ssm:name:1}}"}}},
    "Outputs": {
        "B": {"Value": {"Fn::Transform": {"Name": "M", "Parameters": {"a": "b"}}}},
        "C": {"Value": {"Fn::GetAtt": ["A", "x"]}},
    },
}
"""What the owner would take and is not carried out here."""


def seeds() -> list[bytes]:
    """The two above in both forms, the examples, and the small ones of the good and bad inputs."""
    own = [json.dumps(tree).encode() for tree in (ROS, CLOUDFORMATION, BEYOND)]
    own += [b"---\n" + text for text in own]
    found = [
        path
        for folder in ("examples", "tests/templates/good", "tests/templates/bad")
        for path in sorted((ROOT / folder).iterdir())
        if path.suffix in (".yml", ".yaml", ".json") and 0 < path.stat().st_size < MOST_BYTES
    ]
    return own + [path.read_bytes() for path in found]
