"""Functions out of place, without their transform, asking too early, or written so that they never work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.contexts import faults_of_contexts
from imageferry.validation.places import sites
from imageferry.validation.validator import validate

Reader = Callable[[str], Template]

ROS = """ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  P: {Type: String, Default: m-1}
  L: {Type: CommaDelimitedList, Default: 'a,b'}
  N: {Type: Number, Default: 2}
Mappings:
  M: {a: {b: c}}
"""
ROS_COPY = """Resources:
  A:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}
"""
CFN = """AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  P: {Type: String, Default: m-1}
  L: {Type: CommaDelimitedList, Default: 'a,b'}
Mappings:
  M: {a: {b: c}}
"""
EXTENDED = CFN + "Transform: AWS::LanguageExtensions\n"
CFN_COPY = """Resources:
  A:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-1}
"""


def ros(value: str) -> str:
    """A ROS template with the expression as an output."""
    return f"{ROS}{ROS_COPY}Outputs:\n  O:\n    Value: {value}\n"


def ros_condition(value: str) -> str:
    return f"{ROS}Conditions:\n  C: {value}\n{ROS_COPY}"


def ros_rule(value: str) -> str:
    return f"{ROS}Rules:\n  R:\n    Assertions: [{{Assert: {value}}}]\n{ROS_COPY}"


def ros_count(value: str) -> str:
    return f"{ROS}{ROS_COPY}    Count: {value}\n"


def cfn(value: str, head: str = CFN) -> str:
    """A CloudFormation template with the expression as an output."""
    return f"{head}{CFN_COPY}Outputs:\n  O:\n    Value: {value}\n"


def extended(value: str) -> str:
    return cfn(value, EXTENDED)


def cfn_condition(value: str) -> str:
    return f"{CFN}Conditions:\n  C: {value}\n{CFN_COPY}"


def cfn_rule(value: str) -> str:
    return f"{CFN}Rules:\n  R:\n    Assertions: [{{Assert: {value}}}]\n{CFN_COPY}"


def cfn_policy(value: str, head: str = CFN) -> str:
    return f"{head}{CFN_COPY}    DeletionPolicy: {value}\n"


SOUND: list[tuple[str, str]] = [
    ("if-with-an-expression", ros("{Fn::If: [{Fn::Equals: [{Ref: P}, a]}, 1, 2]}")),
    ("contains-in-an-output", ros("{Fn::Contains: [{Ref: L}, a]}")),
    ("time-in-a-condition", ros_condition("{Fn::Equals: [{Fn::FormatTime: '%u'}, '5']}")),
    ("contains-as-a-condition", ros_condition("{Fn::Contains: [{Ref: L}, a]}")),
    ("match-in-a-rule", ros_rule("{Fn::MatchPattern: ['m-.*', {Ref: P}]}")),
    ("length-as-count", ros_count("{Fn::Length: {Ref: L}}")),
    ("calculate-as-count", ros_count("{Fn::Calculate: ['{0}-1', 0, [{Ref: N}]]}")),
    ("new-texts-computed",
     ros("{Fn::Replace: [{x: {Fn::GetAtt: [A, ImageId]}}, {Ref: P}]}")),
    ("import", cfn("{Fn::ImportValue: {Fn::Sub: '${P}-net'}}")),
    ("condition-by-name", f"{CFN}Conditions:\n  C: {{Fn::Equals: [{{Ref: P}}, a]}}\n{CFN_COPY}"
     "Outputs:\n  O: {Value: {Fn::If: [C, a, b]}}\n"),
    ("ten-conditions",
     cfn_condition("{Fn::Or: [" + ", ".join(["{Fn::Equals: [{Ref: P}, a]}"] * 10) + "]}")),
    ("eleven-conditions-in-ros",
     ros_condition("{Fn::Or: [" + ", ".join(["{Fn::Equals: [{Ref: P}, a]}"] * 11) + "]}")),
    ("rule-functions", cfn_rule("{Fn::EachMemberIn: [{Ref: L}, [a, b]]}")),
    ("key-by-ref", cfn("{Fn::FindInMap: [M, {Ref: P}, b]}")),
    ("length-with-its-transform", extended("{Fn::Length: {Ref: L}}")),
    ("json-with-its-transform", extended("{Fn::ToJsonString: {a: {Ref: P}}}")),
    ("default-with-its-transform",
     extended("{Fn::FindInMap: [M, a, {Ref: P}, {DefaultValue: d}]}")),
    ("computed-key-with-its-transform",
     extended("{Fn::FindInMap: [M, {Fn::Select: [0, {Ref: L}]}, b]}")),
    ("policy-with-its-transform",
     cfn_policy("{Fn::FindInMap: [M, a, b]}", EXTENDED)),
    ("policy-of-a-parameter", cfn_policy("{Ref: P}", EXTENDED)),
]  # fmt: skip

FAULTY: list[tuple[str, str, str, str]] = [
    # places
    ("equals-in-an-output", ros("{Fn::Equals: [{Ref: P}, a]}"), "IF304", "under 'Conditions'"),
    ("sub-in-a-ros-condition", ros_condition("{Fn::Equals: [{Fn::Sub: '${P}'}, a]}"),
     "IF304", "'Fn::Sub' may not stand in condition 'C'"),
    ("sub-in-a-ros-rule", ros_rule("{Fn::Equals: [{Fn::Sub: '${P}'}, a]}"), "IF304", "rule 'R'"),
    ("stack-output-in-a-condition",
     ros_condition("{Fn::Equals: [{Fn::GetStackOutput: [s, o]}, a]}"),
     "IF304", "may stand in resource properties and outputs"),
    ("marketplace-in-count", ros_count("{Fn::MarketplaceImage: c}"), "IF304", "'Count'"),
    ("sub-in-count", ros_count("{Fn::Sub: '${N}'}"), "IF304", "'Count'"),
    ("equals-as-count", ros_count("{Fn::Equals: [1, {Ref: N}]}"), "IF304", "'Count'"),
    ("facade", ros("{Fn::ResourceFacade: Metadata}"), "IF304", "implements a type"),
    ("policy-of-a-foreign-function", cfn_policy("{Fn::GetAZs: {Ref: P}}", EXTENDED),
     "IF304", "write a word"),
    ("equals-in-a-cfn-output", cfn("{Fn::Equals: [{Ref: P}, a]}"), "IF304", "a condition"),
    ("contains-outside-rules", cfn("{Fn::Contains: [{Ref: L}, a]}"), "IF304", "in a rule"),
    ("contains-in-a-condition", cfn_condition("{Fn::Contains: [{Ref: L}, a]}"),
     "IF304", "in a rule"),
    ("zones-in-a-condition", cfn_condition("{Fn::Equals: [{Fn::GetAZs: ''}, a]}"),
     "IF304", "condition 'C'"),
    ("join-in-a-cfn-rule", cfn_rule("{Fn::Equals: [{Fn::Join: ['', [{Ref: P}]]}, a]}"),
     "IF304", "rule 'R'"),
    ("expression-in-a-cfn-if", cfn("{Fn::If: [{Fn::Equals: [{Ref: P}, a]}, 1, 2]}"),
     "IF302", "the name of a condition"),
    ("eleven-conditions",
     cfn_condition("{Fn::Or: [" + ", ".join(["{Fn::Equals: [{Ref: P}, a]}"] * 11) + "]}"),
     "IF302", "10 conditions at most"),
    # transforms
    ("computed-key-without-its-transform",
     cfn("{Fn::FindInMap: [M, {Fn::Select: [0, {Ref: L}]}, b]}"), "IF152", "as a key"),
    ("computed-attribute-without-its-transform", cfn("{Fn::GetAtt: [A, {Fn::Sub: '${P}'}]}"),
     "IF152", "inside 'Fn::GetAtt'"),
    ("attribute-as-a-key", extended("{Fn::FindInMap: [M, {Fn::GetAtt: [A, Id]}, b]}"),
     "IF304", "in the keys"),
    ("zones-as-a-key", extended("{Fn::FindInMap: [M, {Fn::GetAZs: ''}, b]}"),
     "IF304", "in the keys"),
    # what must be written out
    ("delimiter-of-split", ros("{Fn::Split: [{Ref: P}, {Ref: P}]}"), "IF331", "its delimiter"),
    ("expression", ros("{Fn::Calculate: [{Ref: P}, 1]}"), "IF331", "its expression"),
    ("key", ros("{Fn::GetJsonValue: [{Ref: P}, {Ref: P}]}"), "IF331", "its key"),
    ("old-texts", ros("{Fn::Replace: [{Ref: P}, {Ref: P}]}"), "IF331", "old and new texts"),
    ("error-text", ros("{Fn::Select: [0, {Ref: L}, d, {Ref: P}]}"), "IF331", "its error text"),
    ("product", ros("{Fn::MarketplaceImage: {Ref: P}}"), "IF331", "the product's code"),
    ("delimiter-of-cfn-join", cfn("{Fn::Join: [{Ref: P}, {Ref: L}]}"), "IF331", "its delimiter"),
    ("delimiter-of-cfn-split", cfn("{Fn::Split: [{Ref: P}, {Ref: P}]}"), "IF331", "its delimiter"),
    ("parameter-of-value-of", cfn_rule("{Fn::ValueOf: [{Ref: P}, a]}"),
     "IF331", "the parameter's name"),
    # what could never work
    ("join-number", ros("{Fn::Join: [1, {Ref: L}]}"), "IF303", "as its delimiter"),
    ("join-text", ros("{Fn::Join: [{Ref: P}, text]}"), "IF303", "a list to join"),
    ("join-count", ros("{Fn::Join: [{Ref: P}]}"), "IF302", "a list of 2, not 1"),
    ("join-one-value", cfn("{Fn::Join: text}"), "IF302", "a list of 2, not one value"),
    ("split-empty", ros("{Fn::Split: ['', {Ref: P}]}"), "IF303", "not empty"),
    ("calculate-letters", ros("{Fn::Calculate: ['x+1', 1, [{Ref: N}]]}"), "IF303", "other signs"),
    ("calculate-power", ros("{Fn::Calculate: ['{0}**2', 1, [{Ref: N}]]}"), "IF303", "'**'"),
    ("calculate-digits", ros("{Fn::Calculate: ['1', 999, {Ref: L}]}"), "IF303", "from -100 to 100"),
    ("key-number", ros("{Fn::GetJsonValue: [5, {Ref: P}]}"), "IF303", "as its key"),
    ("jq-environment", ros("{Fn::Jq: [First, $ENV.HOME, {Ref: P}]}"), "IF307", "$ENV"),
    ("jq-mode", ros("{Fn::Jq: [Last, ., {Ref: P}]}"), "IF303", "'First' or 'All'"),
    ("indent-level", ros("{Fn::Indent: [{Ref: P}, 21]}"), "IF303", "from 0 to 20"),
    ("pattern", ros("{Fn::MatchPattern: ['(', {Ref: P}]}"), "IF303", "cannot be read"),
    ("time-code", ros("{Fn::FormatTime: ['%Q', {Ref: P}]}"), "IF303", "'%Q'"),
    ("time-zone", ros("{Fn::FormatTime: [{Ref: P}, Mars/Base]}"), "IF303", "'Mars/Base'"),
    ("cidr-count", ros("{Fn::Cidr: [{Ref: P}, 300, 5]}"), "IF303", "from 1 to 256"),
    ("cidr-long", ros("{Fn::Cidr: ['2001:db8::/56', {Ref: N}, 5]}"), "IF303", "IPv4"),
    ("cidr-block", cfn("{Fn::Cidr: [10.0.0.0, {Ref: P}, 5]}"), "IF303", "'10.0.0.0' is none"),
    ("add-mixed", ros("{Fn::Add: [1, [a], {Ref: N}]}"), "IF303", "numbers and lists"),
    ("add-one", ros("{Fn::Add: [{Ref: N}]}"), "IF302", "at least 2"),
    ("max-text", ros("{Fn::Max: [a, {Ref: N}]}"), "IF303", "not other text"),
    ("merge-text", ros("{Fn::MergeMap: [{Ref: P}, a]}"), "IF303", "maps to merge"),
    ("list-merge-text", ros("{Fn::ListMerge: [{Ref: L}, a]}"), "IF303", "item 1 is text"),
    ("columns", ros("{Fn::MergeMapToList: [{a: {Ref: L}, b: []}]}"), "IF303", "one key each"),
    ("members", ros("{Fn::MemberListToMap: [{Ref: P}, v, [a]]}"), "IF303", "'key=value'"),
    ("default-misspelt", extended("{Fn::FindInMap: [M, {Ref: P}, b, {Default: d}]}"),
     "IF302", "'{DefaultValue: …}'"),
    ("default-in-ros", ros("{Fn::FindInMap: [M, {Ref: P}, b, {DefaultValue: d}]}"),
     "IF302", "a list of 3, not 4"),
    ("json-of-text", extended("{Fn::ToJsonString: text}"), "IF303", "a list or a map"),
    ("stack-output-map-in-ros", ros("{Fn::GetStackOutput: {StackName: {Ref: P}}}"),
     "IF302", "a list of 2 to 3"),
    ("stack-output-list-in-cfn", cfn("{Fn::GetStackOutput: [{Ref: P}, o]}"),
     "IF302", "a map of 'StackName'"),
    ("stack-output-role",
     cfn("{Fn::GetStackOutput: {StackName: {Ref: P}, OutputName: o, RoleArn: r}}"),
     "IF338", "'RoleArn'"),
    # what is asked too early
    ("import-of-a-resource", cfn("{Fn::ImportValue: {Ref: A}}"), "IF333", "the resource 'A'"),
    ("import-of-an-attribute", cfn("{Fn::ImportValue: {Fn::Sub: 'x-${A.Id}'}}"),
     "IF333", "before any resource exists"),
    ("stack-output-of-a-resource", ros("{Fn::GetStackOutput: [{Ref: A}, o]}"), "IF333", "'A'"),
    ("account", cfn_rule("{Fn::Equals: [{Fn::ValueOf: [P, Name]}, x]}"),
     "IF336", "not looked up"),
]  # fmt: skip


@pytest.mark.parametrize("text", [c[1] for c in SOUND], ids=[c[0] for c in SOUND])
def test_sound(text: str, template_of: Reader) -> None:
    template = template_of(text)
    assert list(faults_of_contexts(template, list(sites(template)))) == []


@pytest.mark.parametrize(
    ("text", "code", "says"), [c[1:] for c in FAULTY], ids=[c[0] for c in FAULTY]
)
def test_faulty(text: str, code: str, says: str, template_of: Reader, catalog: Catalog) -> None:
    template = template_of(text)
    faults = list(faults_of_contexts(template, list(sites(template))))
    serious = [fault for fault in faults if fault.is_error] or faults
    assert [fault.code for fault in serious] == [code]
    (fault,) = serious
    assert says in f"{fault.message} {fault.why} {fault.remedy}"
    assert fault.span is not None
    told = [(one.code, one.message) for one in validate(template, catalog)]
    assert told.count((fault.code, fault.message)) == 1


def test_an_attribute_in_a_condition_is_told_once(
    template_of: Reader, catalog: Catalog, codes_of: Callable[..., list[tuple[str, int]]]
) -> None:
    template = template_of(ros_condition("{Fn::Equals: [{Fn::GetAtt: [A, ImageId]}, a]}"))
    faults = faults_of_contexts(template, list(sites(template)))
    assert [fault.code for fault in faults] == ["IF304"]
    assert codes_of(validate(template, catalog)) == [("IF315", 9)]


def test_what_has_no_value_stands_anywhere(template_of: Reader) -> None:
    """What reading puts where something is told already is not told again."""
    text = cfn_condition("{Fn::Equals: ['{{resolve:ssm:name}}', a]}")
    template = template_of(text)
    assert list(faults_of_contexts(template, list(sites(template)))) == []
