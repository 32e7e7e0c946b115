"""What each construct becomes in the other dialect, and what is said about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from imageferry.conversion.documents import Form
from imageferry.model.diagnostics import TemplateError
from tests.conversion.bare import converted

SOURCE = "cn-hangzhou"
DESTINATION = "cn-shanghai"


def ros(**parts: Any) -> dict[str, Any]:
    """A ROS template with one copy; `Properties` and resource attributes go into it."""
    attributes = {key: parts.pop(key) for key in ATTRIBUTES if key in parts}
    properties = {
        "ImageId": "m-1",
        "DestinationRegionId": DESTINATION,
        **parts.pop("Properties", {}),
    }
    copy = {"Type": "ALIYUN::ECS::CopyImage", "Properties": properties, **attributes}
    resources = {"Copy": copy, **parts.pop("Resources", {})}
    return {"ROSTemplateFormatVersion": "2015-09-01", **parts, "Resources": resources}


def cfn(**parts: Any) -> dict[str, Any]:
    """A CloudFormation template with one copy."""
    attributes = {key: parts.pop(key) for key in ATTRIBUTES if key in parts}
    properties = {"SourceImageId": "m-1", "SourceRegionId": SOURCE, **parts.pop("Properties", {})}
    copy = {"Type": "TF::Alicloud::ImageCopy", "Properties": properties, **attributes}
    resources = {"Copy": copy, **parts.pop("Resources", {})}
    return {"AWSTemplateFormatVersion": "2010-09-09", **parts, "Resources": resources}


ATTRIBUTES = (
    "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Count", "UpdatePolicy",
    "CreationPolicy",
)  # fmt: skip


def over(template: dict[str, Any], region: str | None, **settings: Any) -> tuple[Any, list[str]]:
    """The template over there, and the codes of what was said beside that on regions."""
    there = "cloudformation" if "ROSTemplateFormatVersion" in template else "ros"
    source = json.dumps(template, ensure_ascii=False)
    conversion = converted(source, dialect=there, region=region, form=Form.JSON, **settings)
    codes = [one.code for one in conversion.diagnostics if one.code != "IF933"]
    return [yaml.safe_load(one.text) for one in conversion.templates], codes


def at(document: Any, path: str) -> Any:
    """What stands at a path; a missing part is None."""
    for step in path.split("/"):
        document = document.get(step) if isinstance(document, dict) else document[int(step)]
    return document


FLAG = {"Flag": {"Type": "Boolean", "Default": True}}
TEXT = {"P": {"Type": "String", "Default": "x"}}
COPY = "Resources/Copy/Properties"

FROM_ROS: dict[str, tuple[dict[str, Any], str, Any, list[str]]] = {
    "the type": (ros(), "Resources/Copy/Type", "TF::Alicloud::ImageCopy", []),
    "the version": (ros(), "AWSTemplateFormatVersion", "2010-09-09", []),
    "the stack's region is the source": (ros(), f"{COPY}/SourceRegionId", SOURCE, []),
    "an empty source region is unset": (
        ros(Properties={"SourceRegionId": ""}), f"{COPY}/SourceRegionId", SOURCE, [],
    ),
    "a source region that is written": (
        ros(Properties={"SourceRegionId": "cn-beijing"}), f"{COPY}/SourceRegionId", "cn-beijing", [],
    ),
    "the destination is no property": (ros(), f"{COPY}/DestinationRegionId", None, []),
    "the properties": (
        ros(Properties={
            "DestinationImageName": "ab", "DestinationDescription": "cd", "Encrypted": True,
            "KMSKeyId": "k", "Tag": [{"Key": "a", "Value": "b"}],
        }),
        COPY,
        {
            "SourceImageId": "m-1", "ImageName": "ab", "Description": "cd", "Encrypted": True,
            "KmsKeyId": "k", "Tags": [{"MapKey": "a", "MapValue": "b"}], "SourceRegionId": SOURCE,
        },
        [],
    ),
    "a tag without a value": (
        ros(Properties={"Tag": [{"Key": "a"}]}),
        f"{COPY}/Tags", [{"MapKey": "a", "MapValue": ""}], [],
    ),
    "tags inside a choice": (
        ros(
            Parameters=FLAG, Conditions={"C": {"Ref": "Flag"}},
            Properties={"Tag": {"Fn::If": ["C", [{"Key": "a", "Value": "b"}], []]}},
        ),
        f"{COPY}/Tags", {"Fn::If": ["C", [{"MapKey": "a", "MapValue": "b"}], []]}, [],
    ),
    "a null property is left out": (
        ros(Properties={"DestinationImageName": None}), f"{COPY}/ImageName", None, [],
    ),
    "a resource group is told": (
        ros(Properties={"ResourceGroupId": "rg-1"}), f"{COPY}/ResourceGroupId", None, ["IF911"],
    ),
    "a copy into the same region is told": (
        ros(Properties={"AllowCopyInSameRegion": False}),
        f"{COPY}/AllowCopyInSameRegion", None, ["IF911"],
    ),
    "the region as a pseudo parameter": (
        ros(Outputs={"O": {"Value": {"Ref": "ALIYUN::Region"}}}), "Outputs/O/Value", SOURCE, [],
    ),
    "the region inside a text": (
        ros(Outputs={"O": {"Value": {"Fn::Sub": "in ${ALIYUN::Region} of ${ALIYUN::StackName}"}}}),
        "Outputs/O/Value", {"Fn::Sub": f"in {SOURCE} of ${{AWS::StackName}}"}, [],
    ),
    "blanks inside a text's names": (
        ros(Parameters=TEXT, Outputs={"O": {"Value": {"Fn::Sub": "${ P } ${! P }"}}}),
        "Outputs/O/Value", {"Fn::Sub": "${P} ${!P}"}, [],
    ),
    "the tenant": (
        ros(Outputs={"O": {"Value": {"Ref": "ALIYUN::TenantId"}}}),
        "Outputs/O/Value", {"Ref": "AWS::AccountId"}, [],
    ),
    "Ref of a copy": (
        ros(Outputs={"O": {"Value": {"Ref": "Copy"}}}),
        "Outputs/O/Value", {"Fn::GetAtt": ["Copy", "Id"]}, [],
    ),
    "Ref of a copy inside a text": (
        ros(Outputs={"O": {"Value": {"Fn::Sub": "i ${Copy} ${Copy.DestinationRegionId}"}}}),
        "Outputs/O/Value", {"Fn::Sub": "i ${Copy.Id} ${AWS::Region}"}, [],
    ),
    "the image id": (
        ros(Outputs={"O": {"Value": {"Fn::GetAtt": ["Copy", "ImageId"]}}}),
        "Outputs/O/Value", {"Fn::GetAtt": ["Copy", "Id"]}, [],
    ),
    "the destination as an attribute": (
        ros(Outputs={"O": {"Value": {"Fn::GetAtt": ["Copy", "DestinationRegionId"]}}}),
        "Outputs/O/Value", {"Ref": "AWS::Region"}, [],
    ),
    "the source as an attribute": (
        ros(
            Parameters=TEXT, Properties={"SourceRegionId": {"Ref": "P"}},
            Outputs={"O": {"Value": {"Fn::GetAtt": ["Copy", "SourceRegionId"]}}},
        ),
        "Outputs/O/Value", {"Ref": "P"}, [],
    ),
    "a destination by a parameter": (
        ros(
            Parameters={"Where": {"Type": "String"}},
            Properties={"DestinationRegionId": {"Ref": "Where"}},
            Outputs={"O": {"Value": {"Fn::Sub": "to ${Where}"}}},
        ),
        "Outputs/O/Value", {"Fn::Sub": "to ${AWS::Region}"}, ["IF935"],
    ),
    "a source that may be empty": (
        ros(
            Parameters={"From": {"Type": "String", "Default": ""}},
            Properties={"SourceRegionId": {"Ref": "From"}},
        ),
        "Parameters/From/Default", SOURCE, ["IF936"],
    ),
    "Base64Encode": (
        ros(Outputs={"O": {"Value": {"Fn::Base64Encode": "x"}}}),
        "Outputs/O/Value", {"Fn::Base64": "x"}, [],
    ),
    "Base64, which only marks": (
        ros(Outputs={"O": {"Value": {"Fn::Base64": "x"}}}), "Outputs/O/Value", "x", [],
    ),
    "Length needs a transform": (
        ros(
            Parameters={"L": {"Type": "CommaDelimitedList", "Default": "a,b"}},
            Outputs={"O": {"Value": {"Fn::Length": {"Ref": "L"}}}},
        ),
        "Transform", "AWS::LanguageExtensions", [],
    ),
    "a local": (
        ros(
            Locals={"L": {"Value": {"Fn::Join": ["-", ["a", {"Ref": "ALIYUN::StackName"}]]}}},
            Properties={"DestinationImageName": {"Ref": "L"}},
        ),
        f"{COPY}/ImageName", {"Fn::Join": ["-", ["a", {"Ref": "AWS::StackName"}]]}, [],
    ),
    "no locals are left": (ros(Locals={"L": {"Value": 1}}), "Locals", None, []),
    "a boolean": (
        ros(Parameters=FLAG, Properties={"Encrypted": {"Ref": "Flag"}}),
        "Parameters/Flag",
        {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}, [],
    ),
    "a boolean that may be unset": (
        ros(
            Parameters={"Flag": {"Type": "Boolean", "Default": None}},
            Properties={"Encrypted": {"Ref": "Flag"}},
        ),
        "Parameters/Flag/AllowedValues", ["true", "false", ""], ["IF920"],
    ),
    "a boolean as a condition": (
        ros(Parameters=FLAG, Conditions={"C": {"Ref": "Flag"}}, Condition="C"),
        "Conditions/C", {"Fn::Equals": [{"Ref": "Flag"}, "true"]}, [],
    ),
    "a boolean that is compared": (
        ros(Parameters=FLAG, Conditions={"C": {"Fn::Equals": [False, {"Ref": "Flag"}]}}, Condition="C"),
        "Conditions/C", {"Fn::Equals": ["false", {"Ref": "Flag"}]}, [],
    ),
    "a boolean inside a text": (
        ros(Parameters=FLAG, Outputs={"O": {"Value": {"Fn::Sub": "${Flag}"}}}),
        "Outputs/O/Value", {"Fn::Sub": "${Flag}"}, ["IF936"],
    ),
    "named conditions": (
        ros(
            Parameters=FLAG, Condition="N",
            Conditions={"C": {"Ref": "Flag"}, "N": {"Fn::Not": "C"}, "B": {"Fn::And": ["C", "N"]}},
        ),
        "Conditions/B", {"Fn::And": [{"Condition": "C"}, {"Condition": "N"}]}, ["IF206"],
    ),
    "a condition that is no list": (
        ros(Parameters=TEXT, Conditions={"C": {"Fn::Not": {"Fn::Equals": [{"Ref": "P"}, "a"]}}}, Condition="C"),
        "Conditions/C", {"Fn::Not": [{"Fn::Equals": [{"Ref": "P"}, "a"]}]}, [],
    ),
    "a condition inside a choice": (
        ros(
            Parameters=TEXT,
            Properties={
                "DestinationImageName": {"Fn::If": [{"Fn::Equals": [{"Ref": "P"}, "a"]}, "ab", "cd"]}
            },
        ),
        "Conditions/Condition1", {"Fn::Equals": [{"Ref": "P"}, "a"]}, ["IF936"],
    ),
    "null that is compared": (
        ros(
            Parameters={"P": {"Type": "String", "Default": None}},
            Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, None]}}, Condition="C",
        ),
        "Conditions/C", {"Fn::Equals": [{"Ref": "P"}, ""]}, ["IF920", "IF920"],
    ),
    "a label": (
        ros(Parameters={"P": {"Type": "String", "Default": "x", "Label": {"en": "The P", "zh-cn": "p"}}}),
        "Metadata/AWS::CloudFormation::Interface",
        {"ParameterLabels": {"P": {"default": "The P"}}}, ["IF919"],
    ),
    "groups of parameters": (
        ros(
            Parameters=TEXT,
            Metadata={"ALIYUN::ROS::Interface": {
                "ParameterGroups": [{"Parameters": ["P"], "Label": {"default": {"en": "Group"}}}],
                "TemplateTags": ["acs:x"],
            }},
        ),
        "Metadata/AWS::CloudFormation::Interface",
        {"ParameterGroups": [{"Parameters": ["P"], "Label": {"default": "Group"}}]}, ["IF911"],
    ),
    "other metadata": (ros(Metadata={"A": {"B": [1]}}), "Metadata", {"A": {"B": [1]}}, []),
    "a description in several languages": (
        ros(Description={"zh-cn": "x", "en": "words"}), "Description", "words", ["IF919"],
    ),
    "fields of a parameter": (
        ros(Parameters={"P": {"Type": "String", "Default": "x", "AssociationProperty": "A::B", "TextArea": True}}),
        "Parameters/P", {"Type": "String", "Default": "x"}, ["IF912", "IF912"],
    ),
    "a list as the default of a list": (
        ros(Parameters={"P": {"Type": "CommaDelimitedList", "Default": ["a", "b"]}}),
        "Parameters/P/Default", "a,b", [],
    ),
    "json that nobody uses": (
        ros(Parameters={"P": {"Type": "Json", "Default": {"a": [1]}}}),
        "Parameters/P", {"Type": "String", "Default": '{"a": [1]}'}, ["IF913"],
    ),
    "json whose value is known": (
        ros(
            Parameters={"T": {"Type": "Json", "Default": [{"Key": "a", "Value": "b"}]}},
            Properties={"Tag": {"Ref": "T"}},
        ),
        f"{COPY}/Tags", [{"MapKey": "a", "MapValue": "b"}], ["IF935", "IF938"],
    ),
    "names": (
        ros(
            Parameters={"my_p": {"Type": "String", "Default": "x"}},
            Properties={"DestinationImageName": {"Fn::Join": ["-", ["a", {"Ref": "my_p"}]]}},
        ),
        f"{COPY}/ImageName", {"Fn::Join": ["-", ["a", {"Ref": "myP"}]]}, ["IF921"],
    ),
    "names that would clash": (
        ros(Parameters={"a_b": {"Type": "String", "Default": "x"}, "aB": {"Type": "String", "Default": "y"}}),
        "Parameters/aB2/Default", "x", ["IF921"],
    ),
    "Chinese names": (
        ros(Outputs={"镜像": {"Value": "x"}}), "Outputs/Output/Value", "x", ["IF921"],
    ),
    "mappings": (
        ros(
            Mappings={"a_map": {"x": {"y": "z"}}},
            Outputs={"O": {"Value": {"Fn::FindInMap": ["a_map", "x", "y"]}}},
        ),
        "Outputs/O/Value", {"Fn::FindInMap": ["aMap", "x", "y"]}, ["IF921"],
    ),
    "rules": (
        ros(
            Parameters=TEXT,
            Rules={"R": {"Assertions": [{
                "Assert": {"Fn::Not": {"Fn::Equals": [{"Ref": "P"}, ""]}},
                "AssertDescription": {"en": "no P"},
            }]}},
        ),
        "Rules/R",
        {"Assertions": [{
            "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "P"}, ""]}]}, "AssertDescription": "no P",
        }]},
        [],
    ),
    "a hidden output is left out": (
        ros(Outputs={"O": {"Value": "x", "NoEcho": True}}), "Outputs", None, ["IF922"],
    ),
    "an output's label": (
        ros(Outputs={"O": {"Value": "x", "Label": "l"}}), "Outputs/O", {"Value": "x"}, ["IF922"],
    ),
    "an output that cannot be said": (
        ros(Outputs={"O": {"Value": {"Fn::Str": [1]}}, "P": {"Value": "x"}}),
        "Outputs", {"P": {"Value": "x"}}, ["IF922"],
    ),
    "a deletion policy by a parameter": (
        ros(Parameters={"D": {"Type": "String", "Default": "Retain"}}, DeletionPolicy={"Ref": "D"}),
        "Transform", "AWS::LanguageExtensions", [],
    ),
    "an update policy": (
        ros(UpdatePolicy={"A": 1}), "Resources/Copy/UpdatePolicy", None, ["IF911"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "path", "wanted", "codes"), FROM_ROS.values(), ids=FROM_ROS)
def test_from_ros(source: dict[str, Any], path: str, wanted: Any, codes: list[str]) -> None:
    (document,), said = over(source, SOURCE)
    assert at(document, path) == wanted
    assert said == [code for code in codes if code.startswith("IF9")]


FROM_CFN: dict[str, tuple[dict[str, Any], str, Any, list[str]]] = {
    "the type": (cfn(), "Resources/Copy/Type", "ALIYUN::ECS::CopyImage", []),
    "the alias of the type": (
        cfn(Resources={"B": {
            "Type": "TF::Alicloud::CopyImage",
            "Properties": {"SourceImageId": "m-1", "SourceRegionId": SOURCE},
        }}),
        "Resources/B/Type", "ALIYUN::ECS::CopyImage", [],
    ),
    "the version": (cfn(), "ROSTemplateFormatVersion", "2015-09-01", []),
    "the stack's region is the destination": (
        cfn(), COPY,
        {"ImageId": "m-1", "SourceRegionId": SOURCE, "DestinationRegionId": DESTINATION}, [],
    ),
    "the region as a pseudo parameter": (
        cfn(Outputs={"O": {"Value": {"Ref": "AWS::Region"}}}), "Outputs/O/Value", DESTINATION, [],
    ),
    "zones of no region": (
        cfn(Outputs={"O": {"Value": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}}),
        "Outputs/O/Value", {"Fn::Select": [0, {"Fn::GetAZs": DESTINATION}]}, [],
    ),
    "an old name": (
        cfn(Properties={"Name": "ab"}), f"{COPY}/DestinationImageName", "ab", [],
    ),
    "an old name beside the new one": (
        cfn(Properties={"ImageName": "ab", "Name": "ab"}), f"{COPY}/DestinationImageName", "ab", [],
    ),
    "what deleting does is told": (
        cfn(Properties={"Force": True, "Timeouts": {"Create": "10m"}}),
        f"{COPY}/Force", None, ["IF911", "IF911"],
    ),
    "Id": (
        cfn(Outputs={"O": {"Value": {"Fn::GetAtt": ["Copy", "Id"]}}}),
        "Outputs/O/Value", {"Fn::GetAtt": ["Copy", "ImageId"]}, [],
    ),
    "Ref of a copy in an output": (
        cfn(Outputs={"O": {"Value": {"Ref": "Copy"}}}), "Outputs", None, ["IF922"],
    ),
    "an export": (
        cfn(Outputs={"O": {"Value": "x", "Export": {"Name": "n"}}}),
        "Outputs/O", {"Value": "x"}, ["IF922"],
    ),
    "Base64": (
        cfn(Outputs={"O": {"Value": {"Fn::Base64": "x"}}}),
        "Outputs/O/Value", {"Fn::Base64Encode": "x"}, [],
    ),
    "text of a text parameter": (
        cfn(Parameters={"P": {"Type": "String", "Default": 10}}), "Parameters/P/Default", "10", [],
    ),
    "a number": (
        cfn(
            Parameters={"P": {"Type": "Number", "Default": 10}}, Condition="C",
            Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "10"]}},
        ),
        "Conditions/C", {"Fn::Equals": [{"Ref": "P"}, 10]}, ["IF936"],
    ),
    "a list of numbers": (
        cfn(Parameters={"P": {"Type": "List<Number>", "Default": "1,2"}}),
        "Parameters/P/Type", "CommaDelimitedList", ["IF913"],
    ),
    "a type of the owner": (
        cfn(Parameters={"P": {"Type": "AWS::EC2::VPC::Id", "Default": "x"}}),
        "Parameters/P/Type", "String", ["IF913"],
    ),
    "true or false": (
        cfn(
            Parameters={"P": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}},
            Properties={"Encrypted": {"Ref": "P"}},
        ),
        "Parameters/P", {"Type": "Boolean", "Default": True}, [],
    ),
    "true or false that is used as text": (
        cfn(
            Parameters={"P": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}},
            Outputs={"O": {"Value": {"Fn::Sub": "${P}"}}},
        ),
        "Parameters/P/Type", "String", [],
    ),
    "named conditions": (
        cfn(
            Parameters=TEXT, Condition="N",
            Conditions={
                "C": {"Fn::Equals": [{"Ref": "P"}, "x"]},
                "N": {"Fn::Not": [{"Condition": "C"}]},
            },
        ),
        "Conditions/N", {"Fn::Not": "C"}, [],
    ),
    "a text inside a condition": (
        cfn(
            Parameters=TEXT, Condition="C",
            Conditions={"C": {"Fn::Equals": [{"Fn::Sub": "a-${P}"}, "a-x"]}},
        ),
        "Conditions/C/Fn::Equals/0", {"Fn::Join": ["", ["a-", {"Ref": "P"}]]}, [],
    ),
    "labels": (
        cfn(
            Parameters=TEXT,
            Metadata={"AWS::CloudFormation::Interface": {"ParameterLabels": {"P": {"default": "The P"}}}},
        ),
        "Parameters/P/Label", "The P", [],
    ),
    "the language extensions": (
        cfn(Transform="AWS::LanguageExtensions", Parameters={"L": {"Type": "CommaDelimitedList", "Default": "a"}},
            Outputs={"O": {"Value": {"Fn::Length": {"Ref": "L"}}}}),
        "Transform", None, [],
    ),
    "a loop": (
        cfn(
            Transform="AWS::LanguageExtensions",
            Resources={"Fn::ForEach::Each": ["N", ["A", "B"], {"More${N}": {
                "Type": "TF::Alicloud::ImageCopy",
                "Properties": {"SourceImageId": "m-${N}", "SourceRegionId": SOURCE},
            }}]},
        ),
        "Resources/MoreB/Properties/ImageId", "m-B", ["IF937"],
    ),
    "a policy that is unknown there": (
        cfn(DeletionPolicy="RetainExceptOnCreate"), "Resources/Copy/DeletionPolicy", "Retain", ["IF924"],
    ),
    "a snapshot": (
        cfn(DeletionPolicy="Snapshot"), "Resources/Copy/DeletionPolicy", None, ["IF924"],
    ),
    "what a replacement leaves": (
        cfn(UpdateReplacePolicy="Retain"), "Resources/Copy/UpdateReplacePolicy", None, ["IF924"],
    ),
    "what a replacement deletes": (
        cfn(UpdateReplacePolicy="Delete"), "Resources/Copy/UpdateReplacePolicy", None, [],
    ),
    "what one depends on": (
        cfn(Resources={"B": {
            "Type": "TF::Alicloud::ImageCopy", "DependsOn": ["Copy"],
            "Properties": {"SourceImageId": "m-1", "SourceRegionId": SOURCE},
        }}),
        "Resources/B/DependsOn", ["Copy"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "path", "wanted", "codes"), FROM_CFN.values(), ids=FROM_CFN)
def test_from_cloudformation(
    source: dict[str, Any], path: str, wanted: Any, codes: list[str]
) -> None:
    (document,), said = over(source, DESTINATION)
    assert at(document, path) == wanted
    assert said == codes


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a type that nobody knows": (
        ros(Resources={"I": {"Type": "ALIYUN::ECS::Disk"}}), ["IF910"],
    ),
    "json that is used": (
        ros(Parameters={"T": {"Type": "Json"}}, Properties={"Tag": {"Ref": "T"}}),
        ["IF914"],
    ),
    "a number without a value": (
        ros(Parameters={"N": {"Type": "Number", "Default": None}}), ["IF914"],
    ),
    "a function that the other has not": (
        ros(Properties={"DestinationImageName": {"Fn::Jq": ["First", ".a", '{"a": "bc"}']}}), ["IF915"],
    ),
    "a default of Select": (
        ros(Parameters={"L": {"Type": "CommaDelimitedList", "Default": "ab,cd"}},
            Properties={"DestinationImageName": {"Fn::Select": [9, {"Ref": "L"}, "ef"]}}),
        ["IF916"],
    ),
    "a slice": (
        ros(Parameters={"L": {"Type": "CommaDelimitedList", "Default": "ab,cd"}},
            Properties={"DestinationImageName": {"Fn::Join": ["", {"Fn::Select": ["0:1", {"Ref": "L"}]}]}}),
        ["IF916"],
    ),
    "a resource group of the stack": (
        ros(Properties={"DestinationImageName": {"Fn::Join": ["-", ["a", {"Ref": "ALIYUN::ResourceGroupId"}]]}}),
        ["IF917"],
    ),
    "a tracking id that is used": (
        cfn(Resources={"B": {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": {"SourceImageId": {"Ref": "Copy"}, "SourceRegionId": SOURCE},
        }}),
        ["IF918"],
    ),
    "a partition": (
        cfn(Properties={"ImageName": {"Fn::Sub": "a-${AWS::Partition}"}}), ["IF917"],
    ),
    "an import": (
        cfn(Properties={"SourceImageId": {"Fn::ImportValue": "x"}}), ["IF915"],
    ),
    "regions that nobody knows": (
        ros(
            Parameters={"A": {"Type": "String"}, "B": {"Type": "String"}},
            Properties={"DestinationRegionId": {"Ref": "A"}},
            Resources={"Other": {
                "Type": "ALIYUN::ECS::CopyImage",
                "Properties": {"ImageId": "m-1", "DestinationRegionId": {"Ref": "B"}},
            }},
        ),
        ["IF930", "IF930"],
    ),
    "a copy of another region's copy": (
        ros(Resources={"Other": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": {"Ref": "Copy"}, "SourceRegionId": DESTINATION, "DestinationRegionId": "cn-beijing",
            },
        }}),
        ["IF931"],
    ),
    "how many nobody knows": (
        ros(Parameters={"N": {"Type": "Number"}}, Count={"Ref": "N"}), ["IF930"],
    ),
    "none": (ros(Count=0), ["IF930"]),
    "a rule that names a condition": (
        ros(
            Parameters=TEXT, Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
            Rules={"R": {"RuleCondition": "C", "Assertions": [{"Assert": {"Fn::Equals": [1, 1]}}]}},
        ),
        ["IF916"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "codes"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said_is_refused(source: dict[str, Any], codes: list[str]) -> None:
    with pytest.raises(TemplateError) as caught:
        over(source, SOURCE)
    errors = [one for one in caught.value.diagnostics if one.is_error]
    assert [one.code for one in errors] == codes
    assert all(one.span is not None and one.why and one.remedy for one in errors)


REGIONS = {"Regions": {"Type": "Json", "Default": ["cn-beijing", "cn-shanghai", "eu-central-1"]}}
INDEX = {"Ref": "ALIYUN::Index"}


def fan_out(**parts: Any) -> dict[str, Any]:
    return ros(
        Parameters={**REGIONS, **parts.pop("Parameters", {})},
        Count={"Fn::Length": {"Ref": "Regions"}},
        Properties={
            "DestinationRegionId": {"Fn::Select": [INDEX, {"Ref": "Regions"}]},
            **parts.pop("Properties", {}),
        },
        **parts,
    )


def test_a_counted_resource_becomes_a_stack_for_each_region() -> None:
    documents, codes = over(
        fan_out(
            Properties={"DestinationImageName": {"Fn::Sub": ["g-${ALIYUN::Index}-${R}", {
                "R": {"Fn::Select": [INDEX, {"Ref": "Regions"}]},
            }]}},
            Outputs={
                "All": {"Value": {"Fn::GetAtt": ["Copy", "ImageId"]}},
                "Joined": {"Value": {"Fn::Join": [",", {"Ref": "Copy"}]}},
                "Second": {"Value": {"Fn::Select": [1, {"Ref": "Copy"}]}},
                "Last": {"Value": {"Fn::Select": [-1, {"Ref": "Copy"}]}},
                "Many": {"Value": {"Fn::Length": {"Ref": "Copy"}}},
            },
        ),
        SOURCE,
    )  # fmt: skip
    assert len(documents) == 3
    assert [at(one, f"{COPY}/ImageName") for one in documents] == [
        {"Fn::Sub": [f"g-{index}-${{R}}", {"R": {"Ref": "AWS::Region"}}]} for index in range(3)
    ]
    image = {"Fn::GetAtt": ["Copy", "Id"]}
    assert [sorted(one["Outputs"]) for one in documents] == [
        ["All", "Joined", "Many"],
        ["All", "Joined", "Many", "Second"],
        ["All", "Joined", "Last", "Many"],
    ]
    assert documents[1]["Outputs"]["All"]["Value"] == image
    assert documents[1]["Outputs"]["Joined"]["Value"] == {"Fn::Join": [",", [image]]}
    assert documents[1]["Outputs"]["Second"]["Value"] == image
    assert documents[1]["Outputs"]["Many"]["Value"] == 3
    assert all(
        "Parameters" not in one and "Count" not in one["Resources"]["Copy"] for one in documents
    )
    assert set(codes) == {"IF922", "IF934", "IF935"}


def test_what_follows_from_the_index_is_written_out() -> None:
    def chosen(field: str) -> dict[str, Any]:
        return {"Fn::Jq": ["First", f".{field}", {"Fn::Select": [INDEX, {"Ref": "Regions"}]}]}

    several = [{"Id": "cn-beijing", "Key": "k", "Deep": True}, {"Id": "us-west-1"}]
    documents, _ = over(
        fan_out(
            Parameters={"Regions": {"Type": "Json", "Default": several}},
            Properties={
                "DestinationRegionId": chosen("Id"),
                "KMSKeyId": chosen("Key"),
                "Encrypted": chosen("Deep"),
            },
        ),
        SOURCE,
    )
    # A property that has no value in one region is not written there.
    assert [at(one, f"{COPY}/KmsKeyId") for one in documents] == ["k", None]
    assert [at(one, f"{COPY}/Encrypted") for one in documents] == [True, None]


def test_regions_follow_the_parameters_that_are_given() -> None:
    documents, codes = over(fan_out(), SOURCE, parameters={"Regions": ["us-west-1", "us-east-1"]})
    assert len(documents) == 2
    assert "IF934" in codes


@pytest.mark.parametrize("written", [{"Ref": "P"}, ["Copy", {"Fn::If": ["C", "Copy", "Other"]}]])
def test_a_function_in_depends_on_is_said_to_be_lost(written: object) -> None:
    other = {
        "Type": "ALIYUN::ECS::CopyImage",
        "DependsOn": written,
        "Properties": {"ImageId": "m-1", "DestinationRegionId": "cn-beijing"},
    }
    document = ros(
        Parameters={"P": {"Type": "String", "Default": "Copy"}},
        Conditions={"C": {"Fn::Equals": [1, 1]}},
        Resources={"Other": other},
    )
    _, codes = over(document, SOURCE)
    assert "IF911" in codes


def test_copies_into_one_region_are_numbered() -> None:
    documents, _ = over(
        ros(Count=2, Outputs={"All": {"Value": {"Fn::Join": [",", {"Ref": "Copy"}]}}}), SOURCE
    )
    assert [list(one["Resources"]) for one in documents] == [["Copy0", "Copy1"]]
    images = [{"Fn::GetAtt": [f"Copy{index}", "Id"]} for index in range(2)]
    assert documents[0]["Outputs"]["All"]["Value"] == {"Fn::Join": [",", images]}


def test_resources_of_two_regions_become_two_stacks() -> None:
    other = {
        "Type": "ALIYUN::ECS::CopyImage",
        "DependsOn": "Copy",
        "Properties": {"ImageId": "m-1", "DestinationRegionId": "cn-beijing"},
    }
    documents, codes = over(ros(Resources={"Other": other}), SOURCE)
    assert [list(one["Resources"]) for one in documents] == [["Copy"], ["Other"]]
    assert "DependsOn" not in documents[1]["Resources"]["Other"]
    assert sorted(codes) == ["IF911", "IF934"]


def test_a_secret_is_never_written_out() -> None:
    hidden = {"Regions": {**REGIONS["Regions"], "NoEcho": True}}
    with pytest.raises(TemplateError) as caught:
        over(fan_out(Parameters=hidden), SOURCE)
    assert {one.code for one in caught.value.diagnostics if one.is_error} == {"IF930"}
    assert "beijing" not in repr([one.message + one.why for one in caught.value.diagnostics])


NEW_PARAMETER = {
    "from ros": (ros(), "SourceRegionId"),
    "from ros, the name is taken": (
        ros(Parameters={"SourceRegionId": {"Type": "String", "Default": "x"}}), "SourceRegionId2",
    ),
    "from cloudformation": (cfn(), "DestinationRegionId"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "name"), NEW_PARAMETER.values(), ids=NEW_PARAMETER)
def test_a_region_that_nobody_knows_is_asked_for(source: dict[str, Any], name: str) -> None:
    (document,), codes = over(source, None)
    assert codes == ["IF932"]
    assert document["Parameters"][name]["Type"] == "String"
    assert {"Ref": name} in document["Resources"]["Copy"]["Properties"].values()


def test_no_region_is_asked_for_where_none_is_needed() -> None:
    (document,), codes = over(ros(Properties={"SourceRegionId": "cn-beijing"}), None)
    assert codes == []
    assert "Parameters" not in document


COMMENTED = """\
# what it is
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  # who is copied
  Image: {Type: String, Default: m-1} # golden
Resources:
  # the copy
  Copy: # of the golden image
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !Ref Image # by parameter
      # goes with it
      DestinationRegionId: cn-shanghai
      DestinationDescription: !Sub |
        one
        two
Outputs:
  Id:
    Value: !GetAtt Copy.ImageId # the new one
# the end
"""


def test_comments_of_what_is_carried_over_stay() -> None:
    conversion = converted(COMMENTED, dialect="cloudformation", region=SOURCE)
    assert (
        conversion.templates[0].text
        == """\
# what it is
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  # who is copied
  Image: {Type: String, Default: m-1} # golden
Resources:
  # the copy
  Copy: # of the golden image
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !Ref Image # by parameter
      Description: !Sub |
        one
        two
      SourceRegionId: cn-hangzhou
Outputs:
  Id:
    Value: !GetAtt Copy.Id # the new one
# the end
"""
    )


def test_what_is_said_has_its_line() -> None:
    conversion = converted(COMMENTED, dialect="cloudformation", region=SOURCE)
    assert [(one.code, one.span.line if one.span else 0) for one in conversion.diagnostics] == [
        ("IF933", 13)
    ]


def test_what_is_the_same_everywhere_is_told_once() -> None:
    copies = {
        f"Copy{number}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {"ImageId": {"Ref": "Copy"}, "DestinationRegionId": DESTINATION},
        }
        for number in range(3)
    }
    source = json.dumps(ros(Resources=copies))
    conversion = converted(source, dialect="cloudformation", region=SOURCE)
    assert [one.code for one in conversion.diagnostics] == ["IF933"]
    assert [one.message for one in conversion.notes] == [
        "'Ref' of 'Copy' is its attribute 'Id' there (3 places)"
    ]


def test_where_the_image_is_already_nothing_is_made() -> None:
    template = fan_out(
        Parameters={"Regions": {"Type": "Json", "Default": [SOURCE, DESTINATION]}},
        Properties={
            "DestinationRegionId": {"Fn::Select": [INDEX, {"Ref": "Regions"}]},
            "AllowCopyInSameRegion": True,
        },
    )
    documents, codes = over(template, SOURCE)
    assert len(documents) == 1
    assert sorted(codes) == ["IF911", "IF935", "IF936"]
    documents, codes = over(template, None)
    assert len(documents) == 2, "nobody knows where the image is"


def test_an_output_of_a_list_becomes_one_text() -> None:
    documents, codes = over(ros(Count=2, Outputs={"All": {"Value": {"Ref": "Copy"}}}), SOURCE)
    ids = [{"Fn::GetAtt": [f"Copy{index}", "Id"]} for index in range(2)]
    assert at(documents[0], "Outputs/All/Value") == {"Fn::Join": [",", ids]}
    assert codes == ["IF936"]


DEFAULTS: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a number whose text counts": ({"Type": "Number", "Default": "010"}, 10, ["IF936"]),
    "a number with an exponent": ({"Type": "Number", "Default": "1e1"}, 10.0, ["IF936"]),
    "a plain number": ({"Type": "Number", "Default": 12}, 12, []),
    "blanks in a list": ({"Type": "CommaDelimitedList", "Default": "a, b"}, "a,b", []),
}


@pytest.mark.parametrize(("declared", "expected", "told"), DEFAULTS.values(), ids=DEFAULTS)
def test_defaults_mean_in_ros_what_they_meant(
    declared: dict[str, Any], expected: Any, told: list[str]
) -> None:
    documents, codes = over(cfn(Parameters={"P": declared}), DESTINATION)
    assert at(documents[0], "Parameters/P/Default") == expected
    assert codes == told


def test_a_hidden_default_is_in_no_message() -> None:
    declared = {"Type": "Number", "Default": "0815", "NoEcho": True}
    source = json.dumps(cfn(Parameters={"Pin": declared}))
    conversion = converted(source, dialect="ros", region=DESTINATION)
    assert "IF936" in [one.code for one in conversion.diagnostics]
    assert not [one for one in conversion.diagnostics if "815" in f"{one.message}{one.why}"]
