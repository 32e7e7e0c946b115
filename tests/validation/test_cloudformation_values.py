"""CloudFormation's own demands on values: outputs, policies, patterns, the length of parameters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imageferry.control.examination import examine
from imageferry.control.templates import read_template
from imageferry.evaluation.patterns import match_all
from imageferry.model.diagnostics import TemplateError
from imageferry.model.templates import Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

Reader = Callable[[str], Template]

HEAD = """AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  L: {Type: CommaDelimitedList, Default: 'a,b'}
  T: {Type: String, Default: a}
  N: {Type: Number, Default: 1}
Conditions: {C: !Equals [!Ref T, a]}
Resources:
  A: {Type: TF::Alicloud::ImageCopy, Properties: {SourceImageId: m-1}}
"""

OUTPUTS = [
    ("list parameter", "!Ref L", "a list"),
    ("list", "[a, b]", "a list"),
    ("list of functions", "[!Ref T]", "a list"),
    ("split", "!Split [',', !Ref T]", "a list"),
    ("zones", "!GetAZs ''", "a list"),
    ("map", "{a: b}", "a map"),
    ("list in a branch", "!If [C, !Ref T, !Ref L]", "a list"),
    ("text", "!Ref T", None),
    ("number parameter", "!Ref N", None),
    ("number", "1", None),
    ("joined", "!Join [',', !Ref L]", None),
    ("attribute", "!GetAtt A.Id", None),
    ("one of a list", "!Select [0, !Ref L]", None),
    ("nothing", "!If [C, !Ref T, !Ref AWS::NoValue]", None),
]


@pytest.mark.parametrize(
    ("value", "kind"), [c[1:] for c in OUTPUTS], ids=[c[0] for c in OUTPUTS]
)  # fmt: skip
def test_an_output_is_text(
    template_of: Reader, catalog: Catalog, value: str, kind: str | None
) -> None:
    text = f"{HEAD}Outputs:\n  O:\n    Value: {value}\n"
    faults = [one for one in validate(template_of(text), catalog) if one.is_error]
    if kind is None:
        assert faults == []
    else:
        assert [(one.code, one.message) for one in faults] == [
            ("IF145", f"'Value' of the output 'O' must be text, not {kind}")
        ]
        assert faults[0].span is not None
        assert faults[0].span.line == 11


def test_an_output_of_ros_may_be_anything(template_of: Reader, catalog: Catalog) -> None:
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\n"
        "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n"
        "Outputs: {O: {Value: {Ref: L}}, P: {Value: {a: b}}}\n"
    )
    assert validate(template_of(text), catalog) == ()


NAMES = [
    ("a parameter in a creation policy", "CreationPolicy: {ResourceSignal: {Count: !Ref X}}", "IF201"),
    ("a resource in an update policy", "UpdatePolicy: {AutoScalingRollingUpdate: {P: !GetAtt X.Y}}", "IF202"),
    ("a condition in an update policy", "UpdatePolicy: !If [X, {}, !Ref AWS::NoValue]", "IF205"),
    ("itself in a creation policy", "CreationPolicy: {ResourceSignal: {Count: !Ref B}}", "IF208"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "code"), [c[1:] for c in NAMES], ids=[c[0] for c in NAMES])
def test_names_in_policies(template_of: Reader, catalog: Catalog, line: str, code: str) -> None:
    more = "  B:\n    Type: TF::Alicloud::ImageCopy\n    Properties: {SourceImageId: m-1}\n    "
    found = validate(template_of(f"{HEAD}{more}{line}\n"), catalog)
    assert [one.code for one in found if one.is_error] == [code]


@pytest.mark.parametrize(("length", "codes"), [(4096, []), (4097, ["IF193"])])
def test_the_owner_takes_short_values(
    template_of: Reader, catalog: Catalog, length: int, codes: list[str]
) -> None:
    text = HEAD + "Outputs: {O: {Value: !Join [',', !Ref L]}, P: {Value: !Ref N}}\n"
    given: dict[str, Value] = {"T": "x" * length}
    found = validate(template_of(text), catalog, given=given)
    assert [one.code for one in found] == codes
    assert not any(one.is_error for one in found)


PATTERNS = [
    ("letters and digits", r"\p{Alnum}+", "aB1", True),
    ("letters and digits, and no sign", r"\p{Alnum}+", "a-b", False),
    ("inside brackets", r"[\p{Lower}_-]{2,}", "a_-", True),
    ("outside of negated brackets", r"[^\p{Punct}]+", "a!", False),
    ("after a look ahead", r"(?!-)[\p{Upper}-]+", "A-B", True),
    ("letters of any script", r"[\p{L} ]+", "Ä 日", True),
    ("an escaped backslash before it", r"\\p\{Alnum\}", r"\p{Alnum}", True),
]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"), [c[1:] for c in PATTERNS], ids=[c[0] for c in PATTERNS]
)
def test_classes_as_java_writes_them(pattern: str, text: str, fits: bool) -> None:
    assert match_all(pattern, [text]) == [fits]


LOOP = b"""Transform: AWS::LanguageExtensions
Mappings: {M: {cn-beijing: {from: [cn-hangzhou, cn-shanghai]}}}
Resources:
  Fn::ForEach::Copies:
    - From
    - !FindInMap [M, !Ref AWS::Region, from]
    - 'Copy&{From}':
        Type: TF::Alicloud::ImageCopy
        Properties: {SourceImageId: !Sub 'm-${From}'}
"""


def test_a_loop_runs_over_what_belongs_to_the_region() -> None:
    template, found = read_template(LOOP, "t.yml", pseudo={"region": "cn-beijing"})
    assert list(template.resources) == ["Copycnhangzhou", "Copycnshanghai"]
    assert found == ()


def test_without_a_row_for_the_region_it_is_refused() -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(LOOP, "t.yml", pseudo={"region": "cn-qingdao"})
    assert [one.code for one in refused.value.diagnostics] == ["IF153"]


def test_a_deployed_loop_is_never_left_unwritten() -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(LOOP.replace(b"AWS::Region", b"AWS::StackId"), "t.yml", pseudo={})
    assert [one.code for one in refused.value.diagnostics] == ["IF154"]


@pytest.mark.parametrize(("region", "codes"), [("", ["IF154"]), ("cn-beijing", [])])
def test_examining_takes_the_region_that_is_given(
    catalog: Catalog, region: str, codes: list[str]
) -> None:
    found = examine(LOOP, "t.yml", catalog, region=region)
    assert [one.code for one in found.diagnostics] == codes
    assert found.is_valid


POLICIES = b"""Resources:
  A:
    Type: AWS::EC2::Instance
    CreationPolicy: {ResourceSignal: {Count: 1}}
  B:
    Type: TF::Alicloud::ImageCopy
    CreationPolicy: {ResourceSignal: {Count: 1}}
    Properties: {SourceImageId: m-1, SourceRegionId: cn-hangzhou}
"""


def test_what_a_policy_of_an_unknown_type_does_is_not_said(catalog: Catalog) -> None:
    found = examine(POLICIES, "t.yml", catalog, allow_unknown_types=True)
    lines = [one.span.line for one in found.diagnostics if one.code == "IF146" and one.span]
    assert lines == [7]
