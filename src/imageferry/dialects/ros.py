"""The table of ROS, and the shapes that only it has."""

from __future__ import annotations

import re
from typing import Final

from imageferry.dialects.vocabulary import (
    Dialect,
    Function,
    Limits,
    Manners,
    ParameterType,
    Rewriting,
    Section,
    Shape,
    Transform,
    Treatment,
    function,
    table_of,
    tags_of,
)


def split_attribute(text: str) -> tuple[str, str] | None:
    """At the last dot; before `Outputs` where that is the part before it (a nested stack)."""
    parts = text.split(".")
    if len(parts) < 2:
        return None
    cut = -2 if len(parts) > 2 and parts[-2] == "Outputs" else -1
    return ".".join(parts[:cut]), ".".join(parts[cut:])


_FUNCTIONS: Final = (
    Function("Ref", "ref", "!Ref", Shape.REFERENCE),
    function("get_att", "GetAtt", Shape.ATTRIBUTE),
    function("sub", "Sub", Shape.SUBSTITUTION),
    function("if", "If", Shape.CHOICE),
    function("and", "And", Shape.CONDITIONS),
    function("or", "Or", Shape.CONDITIONS),
    function("not", "Not", Shape.NEGATION),
    function("equals", "Equals"),
    function("add", "Add"),
    function("any", "Any"),
    function("avg", "Avg"),
    function("base64", "Base64"),
    function("base64_decode", "Base64Decode"),
    function("base64_encode", "Base64Encode"),
    function("calculate", "Calculate"),
    function("cidr", "Cidr"),
    function("contains", "Contains"),
    function("each_member_in", "EachMemberIn"),
    function("find_in_map", "FindInMap"),
    function("format_time", "FormatTime"),
    function("get_azs", "GetAZs"),
    function("get_json_value", "GetJsonValue"),
    function("get_stack_output", "GetStackOutput"),
    function("indent", "Indent"),
    function("index", "Index"),
    function("join", "Join"),
    function("jq", "Jq"),
    function("length", "Length"),
    function("list_merge", "ListMerge"),
    function("marketplace_image", "MarketplaceImage"),
    function("match_pattern", "MatchPattern"),
    function("max", "Max"),
    function("member_list_to_map", "MemberListToMap"),
    function("merge_map", "MergeMap"),
    function("merge_map_to_list", "MergeMapToList"),
    function("min", "Min"),
    function("replace", "Replace"),
    function("resource_facade", "ResourceFacade"),
    function("select", "Select"),
    function("select_map_list", "SelectMapList"),
    function("split", "Split"),
    function("str", "Str"),
    function("transform_namespace", "TransformNamespace"),
)

_READ: Final = Section(Treatment.READ)

DIALECT: Final = Dialect(
    name="ros",
    title="ROS",
    version_key="ROSTemplateFormatVersion",
    versions=("2015-09-01",),
    version_required=True,
    sections={
        "ROSTemplateFormatVersion": _READ,
        "Description": _READ,
        "Metadata": _READ,
        "Parameters": _READ,
        "Mappings": _READ,
        "Conditions": _READ,
        "Resources": _READ,
        "Outputs": _READ,
        "Locals": _READ,
        "Rules": _READ,
        "Transform": _READ,
        "Workspace": Section(
            Treatment.REFUSED,
            "a workspace holds Terraform files, which are not run here",
            "run them with Terraform, or declare the resources in 'Resources'",
        ),
    },
    transforms=(
        Transform(
            re.compile(r"Aliyun::Serverless-"),
            Rewriting.ADDITIONS,
            "it makes functions, roles and interfaces of its own types",
        ),
        Transform(
            re.compile(r"Aliyun::(Terraform|OpenTofu)-"),
            Rewriting.ELSEWHERE,
            "the resources stand in the files of another tool, which is not run here",
            "run them with that tool, or declare the resources in 'Resources'",
        ),
    ),
    pseudo_prefix="ALIYUN::",
    interface="ROS::Interface",
    pseudo={
        "ALIYUN::StackId": "stack_id",
        "ALIYUN::StackName": "stack_name",
        "ALIYUN::Region": "region",
        "ALIYUN::AccountId": "account_id",
        "ALIYUN::TenantId": "tenant_id",
        "ALIYUN::ResourceGroupId": "resource_group_id",
        "ALIYUN::NoValue": "no_value",
        "ALIYUN::Index": "index",
    },
    functions=table_of(_FUNCTIONS),
    tags=tags_of(_FUNCTIONS),
    parameter_types={
        "String": ParameterType("string"),
        "Number": ParameterType("number"),
        "Boolean": ParameterType("boolean"),
        "CommaDelimitedList": ParameterType("text_list"),
        "Json": ParameterType("json"),
        "ALIYUN::OOS::Parameter::Value": ParameterType("stored"),
        "ALIYUN::OOS::SecretParameter::Value": ParameterType("stored"),
    },
    parameter_fields=frozenset(
        (
            "Type",
            "Default",
            "AllowedValues",
            "AllowedPattern",
            "MinLength",
            "MaxLength",
            "MinValue",
            "MaxValue",
            "NoEcho",
            "Confirm",
            "ConstraintDescription",
            "Description",
            "Label",
            "Placeholder",
            "AssociationProperty",
            "AssociationPropertyMetadata",
            "Required",
            "ReadOnly",
            "TextArea",
        )
    ),
    resource_attributes={
        "Type": Treatment.READ,
        "Properties": Treatment.READ,
        "Condition": Treatment.READ,
        "DependsOn": Treatment.READ,
        "DeletionPolicy": Treatment.READ,
        "Count": Treatment.READ,
        "Metadata": Treatment.READ,
        "UpdatePolicy": Treatment.KEPT,
        "Description": Treatment.KEPT,
        "Version": Treatment.KEPT,
    },
    output_fields=frozenset(("Value", "Description", "Condition", "Label", "NoEcho")),
    # Only '/' is forbidden; an index in brackets would be taken for an instance of a counted
    # resource, and blanks at the ends would be lost on a command line.
    logical_id=re.compile(r"(?!\s)[^/\x00-\x1f\x7f]{1,255}(?<!\s)(?<!\d\])\Z"),
    logical_id_says="1 to 255 characters without '/', control characters, blanks at the ends or an "
    "index in brackets",
    substituted_name=re.compile(r"(?=.*[A-Za-z])[\w.:\-\[\]]+\Z"),
    split_attribute=split_attribute,
    deletion_policies=("Delete", "Retain"),
    replacement_policies=(),
    # The template of another stack is handed on: its functions are its own.
    raw_properties=frozenset(
        (f"ALIYUN::ROS::{kind}", "TemplateBody") for kind in ("Stack", "StackGroup", "ChangeSet")
    ),
    type_prefixes=("ALIYUN::", "DATASOURCE::", "MODULE::", "Aliyun::"),
    manners=Manners(
        nulls=True,
        localised=True,
        strict_fields=False,
        literal_texts=False,
        reference_expressions=True,
        dotted_attribute=False,
        trims_names=True,
        loops=False,
    ),
    limits=Limits(
        body_bytes=((524_288, "512 KiB"),),
        parameters=200,
        resources=300,
        function_depth=20,
    ),
)
