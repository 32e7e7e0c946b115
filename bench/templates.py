"""Templates of any size, to measure with."""

from __future__ import annotations

import json

import yaml

SOURCE_IMAGE = "m-golden0000000000001"

DESTINATIONS = (
    "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-qingdao", "cn-zhangjiakou", "cn-huhehaote",
    "cn-chengdu", "cn-guangzhou", "cn-hongkong", "cn-nanjing", "ap-southeast-1", "ap-southeast-3",
    "ap-southeast-5", "ap-northeast-1", "ap-northeast-2", "us-east-1", "us-west-1", "eu-central-1",
    "eu-west-1", "me-east-1",
)  # fmt: skip
"""Twenty regions other than the source's."""


def copies(number: int) -> bytes:
    """So many image copies, each written out, spread over the destinations."""
    resources = {
        f"Copy{index}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": {"Ref": "ImageId"},
                "DestinationRegionId": DESTINATIONS[index % len(DESTINATIONS)],
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
