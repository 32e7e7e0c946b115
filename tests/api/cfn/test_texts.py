"""What the API says where it refuses, to the letter: clients match on these texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.cfn.visits import COPY, Visit, visited

ONE = """\
Resources:
  A:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou}
"""
FORMAT = "Template format error: "
GET_ATT = (
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name"
    " and the resource attribute"
)
SELECT = (
    "Template error: Fn::Select requires a list argument with two elements: an integer index and"
    " a list"
)


def output(value: str) -> str:
    return f"{ONE}Outputs:\n  O: {{Value: {value}}}\n"


TEMPLATES = {
    "Resources:\n  A: [": f"{FORMAT}YAML not well-formed. (line 3, column 1)",
    '{"Resources": {"A": {"Type": x}}}': f"{FORMAT}JSON not well-formed. (line 1, column 30)",
    "Description: none": f"{FORMAT}At least one Resources member must be defined.",
    "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}": (
        f"{FORMAT}At least one Resources member must be defined."
    ),
    "Resources:\n  A: text": f"{FORMAT}Any Resources member must be an object.",
    "Resources:\n  A: {Properties: {}}": (
        f"{FORMAT}[/Resources/A] Every Resources object must contain a Type member."
    ),
    f"{ONE}Outputs:\n  O: {{Description: none}}": (
        f"{FORMAT}Every Outputs member must contain a Value object"
    ),
    f"{ONE}Mappings: {{A: text}}": f"{FORMAT}Every Mappings member A must be a map",
    f"{ONE}Mappings: {{A: {{B: {{C: {{D: e}}}}}}}}": (
        f"{FORMAT}Every Mappings attribute must be a String or a List."
    ),
    ONE.replace("A:", "my-bad-id:"): f"{FORMAT}Resource name my-bad-id is non alphanumeric.",
    ONE.replace("m-golden0000000000001", "!Ref X"): (
        f"{FORMAT}Unresolved resource dependencies [X] in the Resources block of the template"
    ),
    "Resources:\n  A: {Type: ALIYUN::ECS::CopyImage}": (
        f"{FORMAT}The resource types are those of ROS, and this is no template of it either"
    ),
    f"{ONE}    DependsOn: X": (
        f"{FORMAT}Unresolved resource dependencies [X] in the Resources block of the template"
    ),
    output("!Ref X"): "Unresolved resource dependencies [X] in the Outputs block of the template",
    f"{ONE}    Invalid: x": "Invalid template resource property 'Invalid'",
    f"{ONE}Colour: blue": "Invalid template property or properties [Colour]",
    output("!FindInMap [M, A, B]") + "Mappings: {M: {C: {D: e}}}": (
        "Template error: Unable to get mapping for M::A::B"
    ),
    output("!FindInMap [M, C, B]") + "Mappings: {M: {C: {D: e}}}": (
        "Template error: Unable to get mapping for M::C::B"
    ),
    output("!If [C, a, b]"): "Template error: unresolved condition dependency C in Fn::If",
    f"{ONE}Conditions: {{C: !Equals [a]}}": (
        "Template error: every Fn::Equals object requires a list of 2 string parameters."
    ),
    output("!GetAtt A"): GET_ATT,
    output("{'Fn::GetAtt': [A, '']}"): GET_ATT,
    output("!GetAtt B.Id"): (
        "Template error: instance of Fn::GetAtt references undefined resource B"
    ),
    output("!Join [',', !Split [',']]"): (
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter"
        " and (2) a string to be split or a function that returns a string to be split."
    ),
    output("!Select [1]"): SELECT,
    output("!Select x"): SELECT,
    output("!ImportValue nobody"): "No export named nobody found.",
    "Resources:\n  A: {Type: AWS::No::Such}": (
        f"{FORMAT}Unrecognized resource types: [AWS::No::Such]"
    ),
    f"{ONE}Parameters: {{P: {{Type: String}}, Q: {{Type: String}}}}": (
        "Parameters: [P, Q] must have values"
    ),
    ONE + "    DependsOn: B\n" + ONE.removeprefix("Resources:\n").replace("A:", "B:", 1)
    + "    DependsOn: A": "Circular dependency between resources: [A, B]",
}  # fmt: skip

PARAMETERS = """\
Parameters:
  N: {Type: Number, MinValue: 2, MaxValue: 5, Default: 3}
  L: {Type: String, MinLength: 2, MaxLength: 3, Default: abc}
  K: {Type: String, AllowedPattern: '[a-z]+', Default: a}
  C: {Type: String, AllowedPattern: '[a-z]+', Default: a, ConstraintDescription: letters only}
  V: {Type: String, AllowedValues: [a, b], Default: a}
"""

VALUES = {
    ("N", "1"): "Parameter 'N' must be a number not less than 2",
    ("N", "9"): "Parameter 'N' must be a number not greater than 5",
    ("N", "x"): "Parameter 'N' must be a number.",
    ("L", "a"): "Parameter 'L' must contain 2 to 3 characters",
    ("K", "1"): "Parameter 'K' must match pattern [a-z]+",
    ("C", "1"): "Parameter 'C' failed to satisfy constraint: letters only",
    ("V", "c"): "Parameter 'V' must be one of AllowedValues",
    ("Z", "1"): "Parameters: [Z] do not exist in the template",
}


def test_templates_and_their_parameters_are_refused_in_the_words_of_the_service(
    tmp_path: Path,
) -> None:
    async def story(visit: Visit) -> None:
        for template, wanted in TEMPLATES.items():
            said = await visit.validation("CreateStack", StackName="demo", TemplateBody=template)
            assert said == wanted, template
        for (name, value), wanted in VALUES.items():
            said = await visit.validation(
                "CreateStack",
                StackName="demo",
                TemplateBody=PARAMETERS + ONE,
                Parameters=[{"ParameterKey": name, "ParameterValue": value}],
            )
            assert said == wanted, (name, value)
        assert (await visit.call("DescribeStacks"))["Stacks"] == []

    visited(tmp_path, story)


def test_requests_that_make_no_sense_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    policy = {"StackPolicyBody": "{}", "StackPolicyURL": "https://bucket/p"}
    neither = "Either Template URL or Template Body must be specified."
    name = "1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: "
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, neither),
        ({"TemplateBody": ONE, "TemplateURL": "https://bucket/t"}, neither),
        ({"TemplateURL": "ftp://bucket/t"}, "TemplateURL must be a supported URL."),
        ({"TemplateURL": "https://127.0.0.1/t"}, "TemplateURL must be a supported URL."),
        (
            {"TemplateBody": ONE, **policy},
            "You cannot specify both StackPolicyURL and StackPolicyBody",
        ),
        (
            {"TemplateBody": ONE, "StackPolicyBody": "[]"},
            "Error validating stack policy: Invalid stack policy",
        ),
        (
            {"TemplateBody": ONE, "ResourceTypes": ["AWS::*", "TF::Alicloud::Image"]},
            "Resource type TF::Alicloud::ImageCopy is not allowed by parameter ResourceTypes"
            " [AWS::*, TF::Alicloud::Image]",
        ),
        (
            {"TemplateBody": ONE, "DisableRollback": True, "OnFailure": "DELETE"},
            "Either DisableRollback or OnFailure can be specified, not both.",
        ),
        (
            {"TemplateBody": ONE, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]},
            "Duplicate tag keys found. Please provide unique tag keys",
        ),
        (
            {"TemplateBody": ONE, "Parameters": [{"ParameterKey": "P", "UsePreviousValue": True}]},
            "Invalid input for parameter key P. Cannot specify usePreviousValue as true for a"
            " parameter key not in the previous template",
        ),
        (
            {"TemplateBody": ONE + "#" * 51_200},
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint:"
            " Member must have length less than or equal to 51200",
        ),
        (
            {"StackName": "a_b", "TemplateBody": ONE},
            name.format("a_b")
            + "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        ),
        (
            {"StackName": "a" * 129, "TemplateBody": ONE},
            name.format("a" * 129) + "Member must have length less than or equal to 128",
        ),
    ]

    async def story(visit: Visit) -> None:
        for given, wanted in cases:
            said = await visit.validation("CreateStack", **{"StackName": "demo", **given})
            assert said == wanted, given
        triggers = {"RollbackTriggers": [{"Arn": "arn:aws:x", "Type": "AWS::CloudWatch::Alarm"}]}
        for given, word in (
            ({"RollbackConfiguration": triggers}, "RollbackConfiguration"),
            ({"RetainExceptOnCreate": True}, "RetainExceptOnCreate"),
            ({"DeploymentConfig": {"Mode": "EXPRESS"}}, "DeploymentConfig"),
        ):
            said = await visit.validation(
                "CreateStack", StackName="demo", TemplateBody=ONE, **given
            )
            assert said.startswith(word)
            assert "not supported" in said
        assert (await visit.call("DescribeStacks"))["Stacks"] == []

    visited(tmp_path, story)


def test_a_stack_that_is_not_there_is_told_in_the_words_of_each_operation(tmp_path: Path) -> None:
    cases = {
        "DescribeStacks": "Stack with id X does not exist",
        "GetTemplate": "Stack with id X does not exist",
        "GetTemplateSummary": "Stack with id X does not exist",
        "ListStackResources": "Stack with id X does not exist",
        "DescribeStackResources": "Stack with id X does not exist",
        "DescribeStackEvents": "Stack [X] does not exist",
    }
    foreign = "arn:aws:cloudformation:cn-beijing:1:stack/X/00000000-0000-4000-8000-000000000000"

    async def story(visit: Visit) -> None:
        for action, wanted in cases.items():
            for name in ("X", foreign):
                said = await visit.validation(action, StackName=name)
                assert said == wanted.replace("X", name, 1), action
        assert await visit.validation("UpdateStack", StackName="X", TemplateBody=ONE) == (
            "Stack [X] does not exist"
        )
        one = {"StackName": "X", "LogicalResourceId": "A"}
        assert await visit.validation("DescribeStackResource", **one) == "Stack 'X' does not exist"
        assert await visit.call("DeleteStack", StackName="X") == {}
        assert await visit.call("DeleteStack", StackName=foreign) == {}

    visited(tmp_path, story)


def test_a_stack_that_is_there_is_not_made_twice_nor_updated_for_nothing(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        made = await visit.call("CreateStack", StackName="demo", TemplateBody=COPY)
        arn = made["StackId"]
        assert await visit.refusal("CreateStack", StackName="demo", TemplateBody=COPY) == (
            400,
            "AlreadyExistsException",
            "Stack [demo] already exists",
        )
        update = {"StackName": "demo", "TemplateBody": COPY}
        assert await visit.validation("UpdateStack", **update) == (
            f"Stack:{arn} is in CREATE_IN_PROGRESS state and can not be updated."
        )
        await visit.settled()
        assert await visit.validation("UpdateStack", **update) == (
            "No updates are to be performed."
        )
        one = {"StackName": "demo", "LogicalResourceId": "R"}
        missing = "Resource R does not exist for stack demo"
        assert await visit.validation("DescribeStackResource", **one) == missing
        assert await visit.validation("DescribeStackResources", **one) == missing
        both = {"ParameterKey": "Suffix", "ParameterValue": "x", "UsePreviousValue": True}
        assert "non empty value" in await visit.validation(
            "UpdateStack", StackName="demo", UsePreviousTemplate=True, Parameters=[both]
        )
        retained = await visit.validation("DeleteStack", StackName="demo", RetainResources=["Copy"])
        assert retained == (
            f"Invalid operation on stack [{arn}]. When you delete a stack, specify which resources"
            " to retain only when the stack is in the DELETE_FAILED state."
        )
        assert "only when" in await visit.validation(
            "DeleteStack", StackName="demo", DeletionMode="FORCE_DELETE_STACK"
        )
        await visit.call("DeleteStack", StackName="demo")
        while (await visit.stack(arn))["StackStatus"] != "DELETE_COMPLETE":
            await visit.apis.clock.sleep(20)
        gone = f"Stack:{arn} is in DELETE_COMPLETE state and can not be updated."
        assert await visit.validation("UpdateStack", **{**update, "StackName": arn}) == gone

    visited(tmp_path, story)


def test_an_export_in_use_is_neither_deleted_nor_changed(tmp_path: Path) -> None:
    reader = f"{ONE}Outputs:\n  Got: {{Value: !ImportValue carried}}\n"

    async def story(visit: Visit) -> None:
        await visit.create("giver")
        await visit.create("taker", reader)
        assert await visit.validation("DeleteStack", StackName="giver") == (
            "Export carried cannot be deleted as it is in use by taker"
        )
        double = await visit.validation("CreateStack", StackName="double", TemplateBody=COPY)
        assert double == "Export with name carried is already exported by stack giver"

    visited(tmp_path, story)


def test_operations_that_are_none_and_those_not_carried_out_are_refused_alike_clearly(
    tmp_path: Path,
) -> None:
    async def story(visit: Visit) -> None:
        request = visit.apis.aws_request("PaintStack", StackName="demo")
        response = (await visit.apis.knock(request)).response
        assert response is not None
        assert response.status == 400
        assert b"<Code>InvalidAction</Code>" in response.body
        said = await visit.validation("StartResourceScan")
        assert said == "StartResourceScan is an operation that is not supported by this endpoint."
        malformed = visit.apis.aws_request("CreateStack", **{"Tags.member.x.Key": "a"})
        response = (await visit.apis.knock(malformed)).response
        assert response is not None
        assert response.status == 400
        assert b"<Code>MalformedInput</Code>" in response.body

    visited(tmp_path, story)
