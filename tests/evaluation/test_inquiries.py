"""What a template asks of the world beside it: only what is evaluated, and only once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageferry.dialects.reader import read
from imageferry.evaluation.inquiries import (
    asking_parts,
    inquiries,
    written_at,
)
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value
from imageferry.validation.bindings import bind

ROS = "ROSTemplateFormatVersion: '2015-09-01'\n"
CFN = "AWSTemplateFormatVersion: '2010-09-09'\n"

NOW = Inquiry(InquiryKind.NOW)
PSEUDO: Mapping[str, Value] = {"region": "cn-hangzhou", "stack_name": "demo"}


def template_of(source: str) -> Template:
    reading = read(source.encode(), "t.yml")
    assert reading.template is not None
    assert not reading.has_errors, reading.diagnostics
    return reading.template


def bound(template: Template, answers: Mapping[Inquiry, Value], **parameters: Value) -> Bindings:
    found = bind(template, parameters, PSEUDO, None, answers, partly=True)
    assert found.bindings is not None, found.diagnostics
    return found.bindings


def asked(
    source: str, answers: Mapping[Inquiry, Value] | None = None, **parameters: Value
) -> set[Inquiry]:
    template = template_of(source)
    parts = asking_parts(template)
    assert parts is not None
    bindings = bound(template, answers or {}, **parameters)
    return set(inquiries(parts, bindings, MANNERS[template.dialect]))


def zones(region: str) -> Inquiry:
    return Inquiry(InquiryKind.ZONES, (region,))


def export(name: str) -> Inquiry:
    return Inquiry(InquiryKind.EXPORT, (name,))


THING = "Type: ALIYUN::TEST::Thing"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            ROS + f"Resources: {{A: {{{THING}, Properties: {{Name: {{Fn::FormatTime: '%Y'}}}}}}}}",
            {NOW},
            id="the time, in a property",
        ),
        pytest.param(
            ROS + "Outputs: {A: {Value: {Fn::FormatTime: ['%Y', UTC]}},"
            " B: {Value: {Fn::FormatTime: '%m'}}}",
            {NOW},
            id="the time twice is one question",
        ),
        pytest.param(
            ROS + "Outputs: {A: {Value: {Fn::GetAZs: ''}}}",
            {zones("cn-hangzhou")},
            id="no region is the stack's own",
        ),
        pytest.param(
            ROS + "Outputs: {A: {Value: {Fn::GetAZs: {Ref: 'ALIYUN::Region'}}}}",
            {zones("cn-hangzhou")},
            id="a computed region",
        ),
        pytest.param(
            CFN + "Resources: {A: {Type: AWS::X::Y}}\n"
            "Outputs: {A: {Value: !ImportValue {'Fn::Sub': '${AWS::StackName}-Id'}}}",
            {export("demo-Id")},
            id="a computed export",
        ),
        pytest.param(
            ROS + "Outputs: {A: {Value: {Fn::MarketplaceImage: cmjj1}}}",
            {Inquiry(InquiryKind.MARKETPLACE_IMAGE, ("cmjj1",))},
            id="a market product",
        ),
        pytest.param(
            ROS + "Mappings: {M: {a: {b: 2}}}\nOutputs:\n"
            "  A: {Value: {Fn::Join: ['', [{Fn::GetStackOutput: [base, Id]}, x]]}}",
            {Inquiry(InquiryKind.STACK_OUTPUT, ("base", "Id", ""))},
            id="inside another function",
        ),
    ],
)
def test_what_is_asked(source: str, expected: set[Inquiry]) -> None:
    assert asked(source) == expected


CHOOSING = (
    ROS
    + """
Parameters: {Which: {Type: String}}
Conditions: {One: {Fn::Equals: [{Ref: Which}, one]}}
Resources:
  A:
    Type: ALIYUN::TEST::Thing
    Condition: One
    Properties: {Name: {Fn::Select: ['0', {Fn::GetAZs: cn-beijing}]}}
Outputs:
  B: {Value: {Fn::If: [One, {Fn::FormatTime: '%Y'}, {Fn::GetStackOutput: [base, Id]}]}}
  C: {Condition: One, Value: {Fn::GetAZs: cn-qingdao}}
"""
)


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        pytest.param("one", {zones("cn-beijing"), NOW, zones("cn-qingdao")}, id="true"),
        pytest.param("two", {Inquiry(InquiryKind.STACK_OUTPUT, ("base", "Id", ""))}, id="false"),
    ],
)
def test_what_is_absent_or_not_chosen_asks_nothing(which: str, expected: set[Inquiry]) -> None:
    assert asked(CHOOSING, Which=which) == expected


COUNTED = (
    ROS
    + """
Parameters: {Regions: {Type: CommaDelimitedList}}
Resources:
  A:
    Type: ALIYUN::TEST::Thing
    Count: {Fn::Length: {Ref: Regions}}
    Properties:
      Parts: {Fn::GetAZs: {Fn::Select: [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]}}
"""
)


def test_each_instance_asks_for_itself() -> None:
    assert asked(COUNTED, Regions="cn-beijing,cn-qingdao,cn-beijing") == {
        zones("cn-beijing"),
        zones("cn-qingdao"),
    }
    assert asked(COUNTED, Regions="") == set()


STEPWISE = (
    ROS
    + """
Conditions: {Many: {Fn::Not: {Fn::Equals: [{Fn::Length: {Fn::GetAZs: cn-beijing}}, 1]}}}
Resources:
  A:
    Type: ALIYUN::TEST::Thing
    Condition: Many
    Count: {Fn::Length: {Fn::GetAZs: cn-qingdao}}
    Properties: {Name: {Fn::GetStackOutput: [{Fn::Select: ['0', {Fn::GetAZs: cn-wuhan}]}, Id]}}
"""
)


def test_what_waits_for_an_answer_is_asked_once_that_is_known() -> None:
    answers: dict[Inquiry, Value] = {}
    rounds = []
    while new := asked(STEPWISE, answers) - answers.keys():
        rounds.append({one.arguments[0] for one in new})
        answers.update({one: ["cn-a", "cn-b"] for one in new})
    assert rounds == [{"cn-beijing"}, {"cn-qingdao"}, {"cn-wuhan"}, {"cn-a"}]


def test_a_template_that_asks_nothing_is_told_at_once() -> None:
    assert asking_parts(template_of(ROS + f"Resources: {{A: {{{THING}}}}}")) is None


@pytest.mark.parametrize(
    ("source", "place"),
    [
        pytest.param(
            ROS + "Outputs:\n  A: {Value: x}\n  B:\n    Value:\n      Fn::GetAZs: cn-beijing\n",
            (6, 7),
            id="in an output",
        ),
        pytest.param(
            ROS + "Outputs:\n  A:\n    Value:\n      Fn::Join:\n        - ''\n"
            "        - Fn::GetAZs: cn-beijing\n",
            (7, 11),
            id="inside another function",
        ),
    ],
)
def test_where_it_is_asked(source: str, place: tuple[int, int]) -> None:
    template = template_of(source)
    span = written_at(zones("cn-beijing"), template, bound(template, {}), MANNERS["ros"])
    assert span is not None
    assert (span.line, span.column) == place
    assert written_at(NOW, template, bound(template, {}), MANNERS["ros"]) is None
