"""The table of CloudFormation, and the shapes that only it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    """At the first dot: attributes may have dots of their own."""
    resource, dot, attribute = text.partition(".")
    return (resource, attribute) if dot else None


# The guide gives no short tags for rules and extensions; templates of the owner use them.
_FUNCTIONS: Final = (
    Function("Ref", "ref", "!Ref", Shape.REFERENCE),
    Function("Condition", "condition", "!Condition", Shape.CONDITION),
    function("get_att", "GetAtt", Shape.ATTRIBUTE),
    function("sub", "Sub", Shape.SUBSTITUTION),
    function("if", "If", Shape.CHOICE),
    function("and", "And", Shape.CONDITIONS),
    function("or", "Or", Shape.CONDITIONS),
    function("not", "Not", Shape.NEGATION),
    function("equals", "Equals"),
    function("base64_encode", "Base64"),
    function("cidr", "Cidr"),
    function("find_in_map", "FindInMap", Shape.LOOKUP),
    function("get_azs", "GetAZs"),
    function("import_value", "ImportValue"),
    function("join", "Join"),
    function("select", "Select"),
    function("split", "Split"),
    function("get_stack_output", "GetStackOutput"),
    function("length", "Length", Shape.EXTENSION),
    function("to_json_string", "ToJsonString", Shape.EXTENSION),
    function("contains", "Contains"),
    function("each_member_equals", "EachMemberEquals"),
    function("each_member_in", "EachMemberIn"),
    function("ref_all", "RefAll"),
    function("value_of", "ValueOf"),
    function("value_of_all", "ValueOfAll"),
)

_SINGLE_TYPES: Final = (
    "AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName", "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id", "AWS::EC2::Subnet::Id", "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id", "AWS::Route53::HostedZone::Id",
)  # fmt: skip


def _parameter_types() -> Mapping[str, ParameterType]:
    lists = [f"List<{name}>" for name in _SINGLE_TYPES]
    stored = ("String", "List<String>", "CommaDelimitedList", *_SINGLE_TYPES, *lists)
    return {
        "String": ParameterType("string"),
        "Number": ParameterType("number"),
        "List<Number>": ParameterType("number_list", trims_items=True),
        "CommaDelimitedList": ParameterType("text_list", trims_items=True),
        "AWS::SSM::Parameter::Name": ParameterType("string"),
        **{name: ParameterType("string") for name in _SINGLE_TYPES},
        **{name: ParameterType("text_list", trims_items=True) for name in lists},
        **{f"AWS::SSM::Parameter::Value<{name}>": ParameterType("stored") for name in stored},
    }


_READ: Final = Section(Treatment.READ)

DIALECT: Final = Dialect(
    name="cloudformation",
    title="CloudFormation",
    version_key="AWSTemplateFormatVersion",
    versions=("2010-09-09",),
    version_required=False,
    sections={
        "AWSTemplateFormatVersion": _READ,
        "Description": _READ,
        "Metadata": _READ,
        "Parameters": _READ,
        "Mappings": _READ,
        "Conditions": _READ,
        "Resources": _READ,
        "Outputs": _READ,
        "Rules": _READ,
        "Transform": _READ,
        "Hooks": Section(
            Treatment.REFUSED,
            "hooks drive blue/green deployments of services that are not known here",
            "remove the section",
        ),
        "Globals": Section(
            Treatment.REFUSED,
            "globals belong to the serverless transform, which is not carried out here",
            "give the template that the transform produces",
            transform="AWS::Serverless-",
        ),
    },
    transforms=(
        Transform(re.compile(r"AWS::LanguageExtensions\Z"), Rewriting.CARRIED_OUT),
        Transform(
            re.compile(r"AWS::Serverless-"),
            Rewriting.ADDITIONS,
            "it makes functions, roles and interfaces of its own types",
        ),
        Transform(
            re.compile(r"AWS::Include\Z"),
            Rewriting.ADDITIONS,
            "it puts a file from a bucket into the template",
        ),
        Transform(
            re.compile(r"AWS::"),
            Rewriting.ADDITIONS,
            "it adds resources of services that are not known here",
        ),
        Transform(
            re.compile(r""),
            Rewriting.WHOLE,
            "it is a macro of the account, which may rewrite every part of the template",
        ),
    ),
    pseudo_prefix="AWS::",
    interface="CloudFormation::Interface",
    pseudo={
        "AWS::StackId": "stack_id",
        "AWS::StackName": "stack_name",
        "AWS::Region": "region",
        "AWS::AccountId": "account_id",
        "AWS::NoValue": "no_value",
        "AWS::Partition": "partition",
        "AWS::URLSuffix": "url_suffix",
        "AWS::NotificationARNs": "notification_arns",
    },
    functions=table_of(_FUNCTIONS),
    tags=tags_of(_FUNCTIONS),
    parameter_types=_parameter_types(),
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
            "ConstraintDescription",
            "Description",
        )
    ),
    resource_attributes={
        "Type": Treatment.READ,
        "Properties": Treatment.READ,
        "Condition": Treatment.READ,
        "DependsOn": Treatment.READ,
        "DeletionPolicy": Treatment.READ,
        "UpdateReplacePolicy": Treatment.READ,
        "Metadata": Treatment.READ,
        "CreationPolicy": Treatment.KEPT,
        "UpdatePolicy": Treatment.KEPT,
        "Version": Treatment.KEPT,
    },
    output_fields=frozenset(("Value", "Description", "Condition", "Export")),
    logical_id=re.compile(r"[A-Za-z0-9]{1,255}\Z"),
    logical_id_says="1 to 255 letters and digits",
    substituted_name=re.compile(r"[A-Za-z0-9_.:]+\Z"),
    split_attribute=split_attribute,
    deletion_policies=("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    replacement_policies=("Delete", "Retain", "Snapshot"),
    raw_properties=frozenset(),
    type_prefixes=("AWS::", "TF::", "Custom::", "Alexa::"),
    manners=Manners(
        nulls=False,
        localised=False,
        strict_fields=True,
        literal_texts=True,
        reference_expressions=False,
        dotted_attribute=True,
        trims_names=False,
        loops=True,
    ),
    limits=Limits(
        body_bytes=(
            (1_048_576, "1 MB, even from a bucket"),
            (51_200, "51,200 bytes in a request"),
        ),
        parameters=200,
        resources=500,
        outputs=200,
        mappings=200,
        description_bytes=1024,
        parameter_words=4000,
        mapping_keys=200,
    ),
    policy_fields={
        "CreationPolicy": ("AutoScalingCreationPolicy", "ResourceSignal", "StartFleet"),
        "UpdatePolicy": (
            "AutoScalingReplacingUpdate",
            "AutoScalingRollingUpdate",
            "AutoScalingScheduledAction",
            "CodeDeployLambdaAliasUpdate",
            "EnableVersionUpgrade",
            "UseOnlineResharding",
        ),
    },
)
