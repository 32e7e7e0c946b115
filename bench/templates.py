"""Templates of any size, to measure with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import yaml

SOURCE_IMAGE = "m-golden0000000000001"

DESTINATIONS = (
    "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-qingdao", "cn-zhangjiakou", "cn-huhehaote",
    "cn-chengdu", "cn-guangzhou", "cn-hongkong", "cn-nanjing", "ap-southeast-1", "ap-southeast-3",
    "ap-southeast-5", "ap-northeast-1", "ap-northeast-2", "us-east-1", "us-west-1", "eu-central-1",
    "eu-west-1", "me-east-1",
)  # fmt: skip
"""Twenty regions other than the source's."""

_EMPTY = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Resources": {},
}


def copies(number: int, regions: Sequence[str] = DESTINATIONS) -> bytes:
    """So many image copies, each written out, spread over regions."""
    resources = {
        f"Copy{index}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": {"Ref": "ImageId"},
                "DestinationRegionId": regions[index % len(regions)],
                "DestinationImageName": {
                    "Fn::Join": ["-", [{"Ref": "ALIYUN::StackName"}, str(index)]]
                },
                "DestinationDescription": "an image that is measured",
                "Tag": [{"Key": "team", "Value": "platform"}],
            },
        }
        for index in range(number)
    }
    return json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Parameters": {"ImageId": {"Type": "String", "Default": SOURCE_IMAGE}},
            "Resources": resources,
            "Outputs": {"First": {"Value": {"Fn::GetAtt": ["Copy0", "ImageId"]}}},
        }
    ).encode()


def pipelines(number: int) -> bytes:
    """So many instances, an image of each, two copies of that, and a share of the image."""
    resources: dict[str, object] = {}
    for index in range(number):
        resources[f"Builder{index}"] = {
            "Type": "ALIYUN::ECS::Instance",
            "Properties": {
                "ImageId": SOURCE_IMAGE,
                "InstanceType": "ecs.c7.large",
                "InstanceName": f"builder-{index}",
                "VSwitchId": "vsw-bp1example",
                "SecurityGroupId": "sg-bp1example",
                "KeyPairName": "builder",
                "SystemDiskCategory": "cloud_essd",
            },
        }
        resources[f"Baked{index}"] = {
            "Type": "ALIYUN::ECS::CustomImage",
            "Properties": {
                "InstanceId": {"Fn::GetAtt": [f"Builder{index}", "InstanceId"]},
                "ImageName": f"baked-{index}",
            },
        }
        baked = {"Ref": f"Baked{index}"}
        for place in (0, 1):
            resources[f"Copy{index}In{place}"] = {
                "Type": "ALIYUN::ECS::CopyImage",
                "Properties": {
                    "ImageId": baked,
                    "DestinationRegionId": DESTINATIONS[place],
                    "DestinationImageName": f"baked-{index}",
                },
            }
        resources[f"Share{index}"] = {
            "Type": "ALIYUN::ECS::ImageSharePermission",
            "Properties": {
                "ImageId": baked,
                "Accounts": ["1234567890123456"],
                "KeepPermission": False,
            },
        }
    return json.dumps({**_EMPTY, "Resources": resources}).encode()


def query(name: str) -> bytes:
    """A query for the images of the stack's region with such names, and their ids as an output."""
    found = {
        "Type": "DATASOURCE::ECS::Images",
        "Properties": {"ImageOwnerAlias": "self", "ImageName": name},
    }
    outputs = {"Ids": {"Value": {"Fn::GetAtt": ["Found", "ImageIds"]}}}
    return json.dumps({**_EMPTY, "Resources": {"Found": found}, "Outputs": outputs}).encode()


def counted_copies(number: int) -> bytes:
    """The same number of copies as one counted resource."""
    return json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Parameters": {
                "Regions": {
                    "Type": "Json",
                    "Default": [DESTINATIONS[i % len(DESTINATIONS)] for i in range(number)],
                }
            },
            "Resources": {
                "Copy": {
                    "Type": "ALIYUN::ECS::CopyImage",
                    "Count": number,
                    "Properties": {
                        "ImageId": SOURCE_IMAGE,
                        "DestinationRegionId": {
                            "Fn::Select": [{"Ref": "ALIYUN::Index"}, {"Ref": "Regions"}]
                        },
                        "DestinationImageName": {
                            "Fn::Join": ["-", ["web", {"Ref": "ALIYUN::Index"}]]
                        },
                    },
                }
            },
        }
    ).encode()


def written_copies(number: int) -> bytes:
    """So many copies as a CloudFormation template in YAML, which cfn-lint reads, too."""
    resources = {
        f"Copy{index}": {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": {
                "SourceImageId": {"Ref": "ImageId"},
                "SourceRegionId": "cn-hangzhou",
                "ImageName": {"Fn::Sub": f"web-{index}-${{AWS::StackName}}"},
                "Description": "an image that is measured",
            },
        }
        for index in range(number)
    }
    return yaml.safe_dump(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": {"ImageId": {"Type": "String", "Default": SOURCE_IMAGE}},
            "Resources": resources,
        }
    ).encode()


def large_templates(size: int) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What each is made of, and a template of almost so many bytes of JSON."""
    copy = {
        "Type": "ALIYUN::ECS::CopyImage",
        "Properties": {"ImageId": SOURCE_IMAGE, "DestinationRegionId": "cn-shanghai"},
    }
    makers: dict[str, Callable[[int], Mapping[str, object]]] = {
        "copies": lambda n: {"Resources": {f"Copy{i}": copy for i in range(n)}},
        "one mapping": lambda n: {"Mappings": {"M": {f"r{i}": {"a": "b"} for i in range(n)}}},
        "small numbers": lambda n: {"Metadata": {"Numbers": [1] * n}},
        "empty maps": lambda n: {"Metadata": {"Maps": [{}] * n}},
        "parameters": lambda n: {
            "Parameters": {f"P{i}": {"Type": "String", "Default": "a"} for i in range(n)}
        },
        "conditions that need each other": lambda n: {
            "Conditions": {
                "C0": {"Fn::Equals": ["a", "b"]},
                **{f"C{i}": {"Fn::Not": [f"C{i - 1}"]} for i in range(1, n)},
            }
        },
        "references to nothing": lambda n: {
            "Outputs": {f"O{i}": {"Value": {"Ref": f"Missing{i}"}} for i in range(n)}
        },
        "unknown properties": lambda n: {
            "Resources": {"Copy": {**copy, "Properties": {f"Property{i}": "x" for i in range(n)}}}
        },
        "one join": lambda n: {
            "Outputs": {"O": {"Value": {"Fn::Join": ["", [{"Ref": "ALIYUN::Region"}] * n]}}}
        },
    }
    for what, make in makers.items():
        few, many = (len(json.dumps({**_EMPTY, **make(number)})) for number in (1_000, 2_000))
        # A little fewer, as longer numbers make longer names.
        yield what, {**_EMPTY, **make(int((size - few) / (many - few) * 900) + 1_000)}
