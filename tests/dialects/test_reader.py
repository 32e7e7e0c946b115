"""The reader: what becomes of each section, and of sources that are too much."""

from __future__ import annotations

import time

import pytest

from imageferry.dialects.limits import LIMIT_CODES, MAX_RESOURCES
from imageferry.dialects.reader import Reading, read
from imageferry.dialects.syntax.source_text import MAX_SOURCE_BYTES
from imageferry.model.diagnostics import MAX_DIAGNOSTICS, Severity
from imageferry.model.expressions import (
    Attribute,
    Call,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.templates import Template

ROS = "ROSTemplateFormatVersion: '2015-09-01'\n"
CFN = "AWSTemplateFormatVersion: '2010-09-09'\n"


def reading(text: str) -> Reading:
    return read(text.encode(), "copy.yml")


def template(text: str) -> Template:
    found = reading(text)
    assert found.diagnostics == ()
    assert found.template is not None
    return found.template


def codes(found: Reading) -> list[str]:
    return [diagnostic.code for diagnostic in found.diagnostics]


def test_a_resource_keeps_the_place_of_everything() -> None:
    copy = template(
        ROS
        + """Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Condition: Far
    DependsOn: Other
    Properties:
      ImageId: !Ref Image
      Tag:
        - Key: team
          Value: a
"""
    ).resources["Copy"]
    places = {name: (span.line, span.column) for name, span in copy.property_spans.items()}
    assert (copy.span.source, copy.span.line, copy.span.column) == ("copy.yml", 3, 3)
    assert (copy.type_span.line, copy.type_span.column) == (4, 11)
    assert copy.condition_span is not None
    assert (copy.condition_span.line, copy.condition_span.column) == (5, 16)
    assert [(name, span.line) for name, span in copy.depends_on] == [("Other", 6)]
    assert places == {
        "ImageId": (8, 7),
        "Tag": (9, 7),
        "Tag[0]": (10, 11),
        "Tag[0].Key": (10, 11),
        "Tag[0].Value": (11, 11),
    }


def test_json_has_places_too() -> None:
    found = read(
        b'{\n "ROSTemplateFormatVersion": "2015-09-01",\n "Resources": {\n'
        b'  "Copy": {"Type": "x", "Properties": {"Tag":\n   [{"Key": "a"}]}}}}',
        "copy.json",
    ).template
    assert found is not None
    copy = found.resources["Copy"]
    places = {name: (span.line, span.column) for name, span in copy.property_spans.items()}
    assert (copy.span.line, copy.span.column) == (4, 3)
    assert places == {"Tag": (4, 40), "Tag[0]": (5, 5), "Tag[0].Key": (5, 6)}


def test_a_part_without_functions_is_one_literal() -> None:
    copy = template(
        ROS
        + """Resources:
  Copy:
    Type: x
    Properties:
      Plain: {a: [1, yes, {b: ~}], 2015-01-01: 2015-01-02}
      Mixed: [1, !Ref Name]
"""
    ).resources["Copy"]
    plain, mixed = copy.properties["Plain"], copy.properties["Mixed"]
    assert isinstance(plain, Literal)
    assert plain.value == {"a": [1, True, {"b": None}], "2015-01-01": "2015-01-02"}
    assert isinstance(mixed, ListOf)
    assert [type(item) for item in mixed.items] == [Literal, Reference]


@pytest.mark.parametrize(
    ("declared", "kind", "default"),
    [
        pytest.param("Type: String\n    Default: 5", "string", 5, id="number for text"),
        pytest.param("Type: Number\n    Default: '5'", "number", "5", id="text for number"),
        pytest.param("Type: Json\n    Default: {a: 1}", "json", {"a": 1}, id="map"),
        pytest.param("Type: Boolean\n    Default: off", "boolean", False, id="boolean word"),
        pytest.param("Type: String\n    Default: Null", "string", None, id="null"),
        pytest.param("Type: String\n    Default: 2015-09-01", "string", "2015-09-01", id="date"),
        pytest.param("Type: CommaDelimitedList\n    Default: [a]", "text_list", ["a"], id="list"),
    ],
)
def test_ros_defaults_stay_as_they_are_given(declared: str, kind: str, default: object) -> None:
    parameter = template(f"{ROS}Parameters:\n  P:\n    {declared}\n").parameters["P"]
    assert (parameter.kind, parameter.has_default, parameter.default) == (kind, True, default)


@pytest.mark.parametrize(
    ("declared", "kind", "default", "trims"),
    [
        pytest.param("String\n    Default: 0123", "string", "0123", False, id="leading zero"),
        pytest.param("Number\n    Default: 1_0", "number", "1_0", False, id="number"),
        pytest.param("List<Number>\n    Default: 1, 2", "number_list", "1, 2", True, id="numbers"),
        pytest.param("CommaDelimitedList\n    Default: a", "text_list", "a", True, id="list"),
        pytest.param(
            "List<AWS::EC2::Subnet::Id>\n    Default: a", "text_list", "a", True, id="ids"
        ),
        pytest.param("AWS::EC2::Image::Id\n    Default: a", "string", "a", False, id="id"),
        pytest.param(
            "AWS::SSM::Parameter::Value<List<String>>\n    Default: a",
            "stored",
            "a",
            False,
            id="stored",
        ),
    ],
)
def test_cloudformation_defaults_are_the_text_as_written(
    declared: str, kind: str, default: str, trims: bool
) -> None:
    text = f"{CFN}Parameters:\n  P:\n    Type: {declared}\nResources:\n  A: {{Type: x}}\n"
    parameter = template(text).parameters["P"]
    assert (parameter.kind, parameter.default, parameter.trims_items) == (kind, default, trims)


def test_a_parameter_without_default_has_none() -> None:
    parameter = template(f"{ROS}Parameters:\n  P: {{Type: String}}\n").parameters["P"]
    assert not parameter.has_default
    assert parameter.default_span is None


def test_localised_texts_are_english_or_else_the_first() -> None:
    read_one = template(
        ROS
        + """Description: {zh-cn: 复制, en: copies}
Parameters:
  P: {Type: String, Label: {zh-cn: 镜像}, Description: plain, NoEcho: "True"}
"""
    )
    parameter = read_one.parameters["P"]
    assert read_one.description == "copies"
    assert (parameter.label, parameter.description) == ("镜像", "plain")
    assert parameter.no_echo


def test_mapping_keys_are_text_as_written() -> None:
    mappings = template(f"{ROS}Mappings:\n  M:\n    010: {{1: [a], true: b}}\n").mappings
    assert mappings == {"M": {"010": {"1": ["a"], "true": "b"}}}


def test_the_version_may_stand_without_quotes() -> None:
    assert template("ROSTemplateFormatVersion: 2015-09-01\n").dialect == "ros"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        pytest.param(
            "Resources:\n  A: {Type: TF::Alicloud::ImageCopy}\n", "cloudformation", id="TF"
        ),
        pytest.param("Resources:\n  A: {Type: Acme::Ships::Ship}\n", "cloudformation", id="other"),
        pytest.param("Resources:\n  A: {Type: ALIYUN::ECS::CopyImage}\n", "ros", id="ALIYUN"),
    ],
)
def test_without_a_version_the_types_tell_the_language(text: str, dialect: str) -> None:
    found = reading(text).template
    assert found is not None
    assert found.dialect == dialect


def test_errors_are_collected_and_come_in_order_of_place() -> None:
    found = reading(f"{ROS}Oops: 1\nResources:\n  A: text\n  B: {{Type: [x]}}\nAnd: 2\n")
    assert codes(found) == ["IF133", "IF145", "IF145", "IF133"]
    assert found.template is not None
    assert found.has_errors


def test_a_transform_is_the_only_error() -> None:
    found = reading(f"{CFN}Transform: Macro\nResources:\n  A: {{Odd: 1}}\n")
    assert [one.code for one in found.diagnostics if one.is_error] == ["IF134"]
    assert found.template is not None
    assert found.template.resources == {}


HUGE = {
    "json nested 100,000 deep": (b'{"a":' * 100_000, "IF107"),
    "lists nested 100,000 deep": (b"[" * 100_000, "IF107"),
    "block lists nested 100,000 deep": (b"- " * 100_000, "IF107"),
    "one byte too many": (b" " * (MAX_SOURCE_BYTES + 1), "IF101"),
    "functions nested 1,000 deep": (
        (ROS + "Outputs: {A: {Value: " + "{'Fn::Str': " * 1000 + "x" + "}" * 1002).encode(),
        "IF107",
    ),
    "short tags nested 1,000 deep": (
        (ROS + "Outputs: {A: {Value: " + "!Join ['', [" * 1000).encode(),
        "IF107",
    ),
    "a bomb of merge keys": (
        (
            ROS
            + "Metadata:\n  a0: &a0 {k: {l: m}}\n"
            + "".join(f"  a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
        ).encode(),
        "IF108",
    ),
    "aliases nested beyond the depth": (
        (
            ROS
            + "Metadata:\n  a0: &a0 {k: l}\n"
            + "".join(f"  a{n}: &a{n} [[[*a{n - 1}]]]\n" for n in range(1, 60))
        ).encode(),
        "IF107",
    ),
    "long text repeated by aliases": (
        (ROS + "Metadata:\n  a: &a " + "x" * 500_000 + "\n  b: [" + "*a, " * 100 + "]\n").encode(),
        "IF108",
    ),
    "many tag directives": (
        ("".join(f"%TAG !a{n}! x\n" for n in range(50_000)) + "---\na: 1\n").encode(),
        "IF105",
    ),
    "a number of a million digits": (b"a: " + b"9" * 1_000_000, "IF112"),
    "the same in json": (b'{"a": ' + b"9" * 1_000_000 + b"}", "IF112"),
    "a key of a million characters": (b"x" * 1_000_000 + b": 1", "IF105"),
}


@pytest.mark.parametrize(("source", "code"), HUGE.values(), ids=HUGE.keys())
def test_what_is_too_much_is_refused_at_once(source: bytes, code: str) -> None:
    start = time.process_time()
    found = read(source, "huge")
    assert codes(found) == [code]
    assert found.template is None
    assert time.process_time() - start < 1


def test_the_owners_size_is_a_warning() -> None:
    body = ROS + "# "
    most = body + "x" * (524_288 - len(body))
    assert codes(reading(most)) == []
    assert codes(reading(most + "x")) == ["IF190"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(51_201, "51,200 bytes"), (1_048_577, "1 MB")],
    ids=["more than a request may hold", "more than a bucket may hold"],
)
def test_cloudformation_has_two_sizes(size: int, words: str) -> None:
    body = CFN + "Resources: {A: {Type: x}}\n# "
    (diagnostic,) = reading(body + "x" * (size - len(body))).diagnostics
    assert diagnostic.code == "IF190"
    assert words in diagnostic.why


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(
            ROS + "Resources:\n" + "".join(f"  A{n}: {{Type: x}}\n" for n in range(301)),
            "301 resources",
            id="resources",
        ),
        pytest.param(
            ROS + "Parameters:\n" + "".join(f"  A{n}: {{Type: String}}\n" for n in range(201)),
            "201 parameters",
            id="parameters",
        ),
        pytest.param(
            CFN
            + "Resources: {A: {Type: x}}\nOutputs:\n"
            + "".join(f"  A{n}: {{Value: x}}\n" for n in range(201)),
            "201 outputs",
            id="outputs",
        ),
    ],
)
def test_the_owners_numbers_are_warnings(text: str, word: str) -> None:
    (diagnostic,) = reading(text).diagnostics
    assert diagnostic.severity is Severity.WARNING
    assert diagnostic.code in LIMIT_CODES
    assert word in diagnostic.message


def test_more_resources_than_a_stack_may_ever_have_are_refused() -> None:
    found = reading(
        ROS + "Resources:\n" + "".join(f" A{n}: {{Type: x}}\n" for n in range(MAX_RESOURCES + 1))
    )
    assert "IF194" in codes(found)


def test_more_faults_than_anybody_reads_are_not_shown() -> None:
    text = ROS + "Parameters:\n" + "".join(f"  A{n}: {{Type: Strng}}\n" for n in range(5000))
    found = reading(text)
    assert len(found.diagnostics) == MAX_DIAGNOSTICS + 1
    assert found.diagnostics[-1].message == "there are more faults than the 1,000 that are shown"
    assert found.has_errors


@pytest.mark.parametrize("length", [255, 256], ids=["longest name", "one character more"])
@pytest.mark.parametrize("version", [ROS, CFN], ids=["ros", "cloudformation"])
def test_names_have_255_characters_at_most(version: str, length: int) -> None:
    found = reading(f"{version}Resources: {{{'a' * length}: {{Type: x}}}}\n")
    assert codes(found) == ([] if length == 255 else ["IF140"])


def test_a_name_of_ten_thousand_characters_is_shortened_in_the_message() -> None:
    (diagnostic,) = reading(f'{ROS}Resources: {{"{"a" * 10_000}": {{Type: x}}}}\n').diagnostics[:1]
    assert len(diagnostic.message) < 200


def test_a_property_called_like_an_object_of_another_language_is_plain() -> None:
    found = template(f"{ROS}Resources: {{__proto__: {{Type: x, Properties: {{__proto__: 1}}}}}}\n")
    assert found.resources["__proto__"].properties["__proto__"] == Literal(
        1, found.resources["__proto__"].properties["__proto__"].span
    )


def test_numbers_of_constraints_may_be_text() -> None:
    parameters = template(
        f"{ROS}Parameters:\n  P: {{Type: String, MinLength: '6', MaxLength: 8}}\n"
        "  N: {Type: Number, MinValue: '1.5'}\n"
    ).parameters
    assert (parameters["P"].min_length, parameters["P"].max_length) == (6, 8)
    assert parameters["N"].min_value == 1.5


def test_an_export_is_read() -> None:
    output = template(
        f"{CFN}Resources: {{A: {{Type: x}}}}\nOutputs:\n"
        "  Id: {Value: !GetAtt A.Id, Export: {Name: !Sub '${AWS::StackName}-Id'}}\n"
    ).outputs["Id"]
    assert isinstance(output.value, Attribute)
    assert isinstance(output.export_name, Call)
    assert isinstance(output.export_name.argument, ListOf)
    assert isinstance(output.export_name.argument.items[0], Pseudo)


def test_the_template_of_a_nested_stack_stays_as_it_is() -> None:
    stack = template(
        ROS
        + """Resources:
  Inner:
    Type: ALIYUN::ROS::Stack
    Properties:
      TemplateBody:
        Outputs: {Id: {Value: {Ref: Unknown}}}
      Parameters: {Region: !Ref ALIYUN::Region}
"""
    ).resources["Inner"]
    body, parameters = stack.properties["TemplateBody"], stack.properties["Parameters"]
    assert isinstance(body, Literal)
    assert body.value == {"Outputs": {"Id": {"Value": {"Ref": "Unknown"}}}}
    assert isinstance(parameters, MapOf)
    assert isinstance(parameters.entries["Region"], Pseudo)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ROS + "a: 1\n" * 100_000, id="duplicate keys"),
        pytest.param('{"a": 1' + ', "a": 1' * 100_000 + "}", id="duplicate keys in json"),
        pytest.param(
            ROS + "Parameters:\n" + "".join(f" A{n}: {{}}\n" for n in range(50_000)), id="no types"
        ),
        pytest.param(
            ROS + "Metadata: [" + "010, " * 100_000 + "]\n", id="numbers that look otherwise"
        ),
    ],
)
def test_a_source_with_too_many_faults_is_not_read_to_its_end(text: str) -> None:
    found = reading(text)
    assert found.template is None
    assert "IF198" in codes(found)
    assert found.diagnostics[-1].code == "IF199"
    assert len(found.diagnostics) == MAX_DIAGNOSTICS + 1
