"""What others would do with a template: told once at its line, and never a false fault besides."""

from __future__ import annotations

import pytest

from imageferry.dialects.reader import read
from imageferry.dialects.vocabulary import BEYOND_CODES
from tests.dialects.forms import Document, cfn, codes, extended, read_both, ros, shown, told

SAM = "AWS::Serverless-2016-10-31"
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}


def thing(**properties: object) -> dict[str, object]:
    return {"Type": "AWS::X::Y", "Properties": properties}


BEYOND: dict[str, tuple[Document, list[tuple[str, int]], dict[str, str]]] = {
    "the serverless transform": (
        cfn(
            Transform=SAM,
            Resources={
                "F": {
                    "Type": "AWS::Serverless::Function",
                    "DependsOn": ["FRole", "G"],
                    "Condition": "Made",
                    "Properties": {
                        "Role": {"Fn::GetAtt": ["FRole", "Arn"]},
                        "Api": {"Ref": "ServerlessRestApi"},
                        "Text": {"Fn::Sub": "${ServerlessRestApi}/${FRole.Arn}/${G}"},
                        "If": {"Fn::If": ["Made", 1, {"Ref": "G"}]},
                        "Map": {"Fn::FindInMap": ["Made", "a", "b"]},
                    },
                },
                "G": {"Type": "AWS::X::Y"},
            },
        ),
        [("IF134", 3)],
        {
            "F": "AWS::Serverless::Function",
            "F.Role": "unresolved(null)",
            "F.Api": "unresolved(null)",
            "F.Text": 'sub(unresolved(null), "/", unresolved(null), "/", @G)',
            "F.If": "if(unresolved(null), 1, @G)",
            "F.Map": 'unresolved(["Made", "a", "b"])',
            "F after": "G",
            "G": "AWS::X::Y",
        },
    ),
    "globals of the serverless transform": (
        cfn(Transform=[SAM], Globals={"Function": {}}, Resources={"G": thing()}),
        [("IF134", 4), ("IF134", 6)],
        {"G": "AWS::X::Y"},
    ),
    "an include of the whole template": (
        cfn(Transform=INCLUDE, Outputs={"O": {"Value": {"Ref": "Made"}}}),
        [("IF134", 4)],
        {"= O": "unresolved(null)"},
    ),
    "a macro of the whole template": (
        cfn(Transform="Count", Resources={"A": {"Type": "X", "Properties": {"A": {"Ref": "B"}}}}),
        [("IF134", 3)],
        {},
    ),
    "hooks": (
        cfn(Hooks={"H": {"Type": "X"}}, Resources={"G": thing()}),
        [("IF134", 3)],
        {"G": "AWS::X::Y"},
    ),
    "a macro as a value": (
        cfn(Resources={"G": thing(A={"Fn::Transform": {"Name": "M", "Parameters": {"a": 1}}})}),
        [("IF178", 7)],
        {"G": "AWS::X::Y", "G.A": 'unresolved({"Name": "M", "Parameters": {"a": 1}})'},
    ),
    "a macro in a list": (
        cfn(Resources={"G": thing(A={"Fn::Transform": [{"Name": "M"}]})}),
        [("IF178", 7)],
        {"G": "AWS::X::Y", "G.A": 'unresolved([{"Name": "M"}])'},
    ),
    "a macro beside other keys": (
        cfn(Resources={"G": thing(A={"Fn::Transform": INCLUDE, "x": {"Ref": "G"}})}),
        [("IF178", 8)],
        {"G": "AWS::X::Y", "G.A": "unresolved({x: @G})"},
    ),
    "a macro beside properties": (
        cfn(
            Resources={"G": thing(**{"Fn::Transform": INCLUDE, "x": 1}), "H": thing()},
            Outputs={"O": {"Value": {"Ref": "G"}}, "P": {"Value": {"Fn::GetAtt": ["G", "Id"]}}},
        ),
        [("IF178", 7)],
        {"H": "AWS::X::Y", "= O": "unresolved(null)", "= P": "unresolved(null)"},
    ),
    "a macro as a definition": (
        cfn(Resources={"G": {"Fn::Transform": INCLUDE}, "H": {"Type": "X", "DependsOn": "G"}}),
        [("IF178", 5)],
        {"H": "X"},
    ),
    "a macro in a section": (
        cfn(
            Resources={"Fn::Transform": INCLUDE, "H": {"Type": "X", "DependsOn": "G"}},
            Mappings={"Fn::Transform": INCLUDE},
        ),
        [("IF178", 4), ("IF178", 16)],
        {"H": "X"},
    ),
    "a macro beside the sections": (
        cfn(**{"Fn::Transform": INCLUDE}, Outputs={"O": {"Value": {"Ref": "Made"}}}),
        [("IF178", 3)],
        {"= O": "unresolved(null)"},
    ),
    "a module of another tool": (
        cfn(
            Resources={
                "M": {"Type": {"Rain::Module": "m.yml"}, "Overrides": {"A": {}}},
                "H": thing(A={"Fn::GetAtt": ["MBucket", "Arn"]}),
            }
        ),
        [("IF181", 5)],
        {"H": "AWS::X::Y", "H.A": "unresolved(null)"},
    ),
    "a file of another tool": (
        cfn(Resources={"H": thing(A={"Fn::Sub": {"Rain::Embed": "f.sh"}})}),
        [("IF181", 8)],
        {"H": "AWS::X::Y", "H.A": "unresolved(null)"},
    ),
    "a constant of another tool": (
        cfn(Rain={"Constants": {"N": 1}}, Resources={"H": thing(A={"Fn::Sub": "${Rain::N}"})}),
        [("IF181", 3), ("IF181", 13)],
        {"H": "AWS::X::Y", "H.A": "sub(unresolved(null))"},
    ),
    "terraform": (
        ros(Transform="Aliyun::Terraform-v1.5", Workspace={"a.tf": ""}, Outputs={"o": {}}),
        [("IF134", 3), ("IF134", 4)],
        {},
    ),
    "a workspace by itself": (ros(Workspace={"a.tf": ""}), [("IF134", 3)], {}),
    "opentofu": (
        ros(Transform="Aliyun::OpenTofu-v1.8", Parameters={"p": {"Label": "x"}}),
        [("IF134", 3)],
        {},
    ),
    "serverless in ros": (
        ros(
            Transform=["Aliyun::Serverless-2018-04-03"],
            Resources={
                "S": {
                    "Type": "Aliyun::Serverless::Service",
                    "Properties": {"Role": {"Fn::GetAtt": ["SRole", "Arn"]}},
                }
            },
        ),
        [("IF134", 4)],
        {"S": "Aliyun::Serverless::Service", "S.Role": "unresolved(null)"},
    ),
}


@pytest.mark.parametrize(("document", "faults", "parts"), BEYOND.values(), ids=BEYOND)
def test_what_is_not_carried_out_is_the_only_error(
    document: Document, faults: list[tuple[str, int]], parts: dict[str, str]
) -> None:
    reading = read_both(document)
    errors = [one for one in reading.diagnostics if one.is_error]
    assert [(one.code, one.span.line if one.span else 0) for one in errors] == faults
    assert {code for code, _ in faults} <= BEYOND_CODES
    assert reading.template is not None
    assert shown(reading.template) == parts


def test_what_a_macro_may_put_right_is_a_warning() -> None:
    reading = read_both(
        cfn(Transform="Macro", Resources={"A": {"Odd": 1}}, Odd={}, Parameters={"P": {}})
    )
    errors = [one.code for one in reading.diagnostics if one.is_error]
    assert errors == ["IF134"]
    assert sorted(codes(reading)) == ["IF133", "IF134", "IF143", "IF144", "IF144"]
    put_right = [one.code for one in reading.diagnostics if "may put it right" in one.why]
    assert sorted(put_right) == ["IF133", "IF144", "IF144"]
    assert reading.template is not None
    assert list(reading.template.parameters) == ["P"]


def test_the_extensions_are_carried_out_beside_another_transform() -> None:
    reading = read_both(
        cfn(
            Transform=["AWS::LanguageExtensions", SAM],
            Resources={"Fn::ForEach::L": ["I", ["A"], {"R${I}": thing()}]},
        )
    )
    assert codes(reading) == ["IF134"]
    assert reading.template is not None
    assert reading.template.transforms == ("AWS::LanguageExtensions",)
    assert list(reading.template.resources) == ["RA"]


NOT_THERE: dict[str, tuple[Document, str]] = {
    "globals without the transform": (
        cfn(Globals={"Function": {}}, Resources={"G": thing()}),
        "the section 'Globals' needs a transform",
    ),
    "a transform that ros does not have": (
        ros(Transform="AWS::LanguageExtensions"),
        "ROS has no transform 'AWS::LanguageExtensions'",
    ),
    "Length without the extensions": (
        cfn(Resources={"G": thing(A={"Fn::Length": [1]})}),
        "'Fn::Length' needs the language extensions",
    ),
    "ToJsonString without the extensions": (
        cfn(Resources={"G": thing(A={"Fn::ToJsonString": {}})}),
        "'Fn::ToJsonString' needs the language extensions",
    ),
    "a default of FindInMap without the extensions": (
        cfn(Resources={"G": thing(A={"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": 1}]})}),
        "a default in 'Fn::FindInMap' needs the language extensions",
    ),
}


@pytest.mark.parametrize(("document", "message"), NOT_THERE.values(), ids=NOT_THERE)
def test_what_the_owner_refuses_as_well_is_another_code(document: Document, message: str) -> None:
    reading = read_both(document)
    assert codes(reading) == ["IF152"]
    assert told(reading)[0][1] == message
    assert "IF152" not in BEYOND_CODES


EXTENDED: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    "functions": (
        thing(A={"Fn::Length": ["a"]}, B={"Fn::ToJsonString": {"a": {"Ref": "AWS::Region"}}}),
        {"R.A": 'length(["a"])', "R.B": "to_json_string({a: $region})"},
    ),
    "a default": (
        thing(A={"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "b", {"DefaultValue": "x"}]}),
        {"R.A": 'find_in_map("M", $region, "b", {"DefaultValue": "x"})'},
    ),
    "a function that names": (
        thing(A={"Fn::GetAtt": [{"Fn::Sub": "R"}, "Id"]}, B={"Ref": {"Fn::Sub": "${AWS::Region}"}}),
        {"R.A": '"R"."Id"', "R.B": "ref(sub($region))"},
    ),
    "policies": (
        {
            "Type": "AWS::X::Y",
            "DeletionPolicy": {"Fn::FindInMap": ["M", "a", "b"]},
            "UpdateReplacePolicy": {"Ref": "P"},
        },
        {
            "R DeletionPolicy": 'find_in_map(["M", "a", "b"])',
            "R UpdateReplacePolicy": "@P",
        },
    ),
}


@pytest.mark.parametrize(("definition", "parts"), EXTENDED.values(), ids=EXTENDED)
def test_the_language_extensions(definition: dict[str, object], parts: dict[str, str]) -> None:
    reading = read_both(
        extended(
            Parameters={"P": {"Type": "String"}},
            Mappings={"M": {"a": {"b": "Retain"}}},
            Resources={"R": definition},
        )
    )
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template) == {"R": "AWS::X::Y", **parts}


@pytest.mark.parametrize("word", ["DeletionPolicy", "UpdateReplacePolicy"])
def test_without_the_extensions_a_policy_is_a_word(word: str) -> None:
    reading = read_both(
        cfn(Resources={"R": {"Type": "X", word: {"Fn::If": ["C", "Retain", "Delete"]}}})
    )
    assert told(reading)[0][1] == f"a function as '{word}' needs the language extensions"
    assert codes(reading) == ["IF152"]


DYNAMIC: dict[str, tuple[object, list[str]]] = {
    "a parameter": ("{{resolve:ssm:/a/b:1}}", ["IF179"]),
    "a parameter by its whole name": ("{{resolve:ssm:arn:aws:ssm:eu:1:parameter/a}}", ["IF179"]),
    "a secret parameter": ("{{resolve:ssm-secure:a}}", ["IF179"]),
    "a secret": ("{{resolve:secretsmanager:a}}", ["IF179"]),
    "a secret's key": ("x{{resolve:secretsmanager:a:SecretString:k}}y", ["IF179"]),
    "a secret's stage": (
        "{{resolve:secretsmanager:arn:aws:secretsmanager:eu:1:secret:a:SecretString:k:S:v}}",
        ["IF179"],
    ),
    "two of them": ("{{resolve:ssm:a}}{{resolve:secretsmanager:b}}", ["IF179", "IF179"]),
    "in Sub": ({"Fn::Sub": "{{resolve:ssm:${P}}}"}, ["IF179"]),
    "in Join": ({"Fn::Join": ["", ["{{resolve:ssm:", {"Ref": "P"}, "}}"]]}, ["IF179"]),
    "a service that is none": ("{{resolve:vault:a}}", ["IF151"]),
    "a secret with too many parts": (
        "{{resolve:secretsmanager:a:SecretString:b:c:d:e}}",
        ["IF151"],
    ),
    "a parameter with a bad name": ("{{resolve:ssm:a b}}", ["IF151"]),
    "a version that is no number": ("{{resolve:ssm:a:new}}", ["IF151"]),
    "a secret without its string": ("{{resolve:secretsmanager:a:Binary:k}}", ["IF151"]),
}


@pytest.mark.parametrize(("value", "expected"), DYNAMIC.values(), ids=DYNAMIC)
def test_a_dynamic_reference_is_told_and_has_no_value(value: object, expected: list[str]) -> None:
    reading = read_both(cfn(Parameters={"P": {"Type": "String"}}, Resources={"R": thing(A=value)}))
    assert codes(reading) == expected
    assert reading.template is not None
    assert "unresolved(" in shown(reading.template)["R.A"]


def test_the_names_in_a_dynamic_reference_are_read() -> None:
    document = cfn(
        Parameters={"P": {"Type": "String"}},
        Resources={"R": thing(A={"Fn::Sub": "{{resolve:ssm:${P}}}"})},
    )
    template = read_both(document).template
    assert template is not None
    assert "@P" in shown(template)["R.A"]


def test_a_dynamic_reference_counts_only_where_it_would_be_looked_up() -> None:
    text = "{{resolve:ssm:a}}"
    described = cfn(
        Description=text,
        Metadata={"a": text},
        Parameters={"P": {"Type": "String", "Description": text}},
        Resources={"R": thing()},
    )
    assert codes(read_both(described)) == []
    looked_up = cfn(
        Parameters={"P": {"Type": "String", "Default": text}},
        Mappings={"M": {"a": {"b": text}}},
        Resources={"R": thing()},
        Outputs={"O": {"Value": text}},
    )
    assert codes(read_both(looked_up)) == ["IF179"] * 3


MODULES: dict[str, tuple[Document, dict[str, str]]] = {
    "ros": (
        ros(
            Resources={"M": {"Type": "MODULE::A::B::C", "Version": "default"}},
            Outputs={
                "A": {"Value": {"Fn::GetAtt": ["M.Vpc", "VpcId"]}},
                "B": {"Value": {"Ref": "M.Vpc"}},
                "C": {"Value": {"Fn::Sub": "${M.Vpc.VpcId}"}},
            },
        ),
        {
            "M": "MODULE::A::B::C",
            "= A": '"M"."Vpc"',
            "= B": '"M"."Vpc"',
            "= C": 'sub("M"."Vpc")',
        },
    ),
    "cloudformation": (
        cfn(
            Resources={"M": {"Type": "A::B::C::MODULE"}},
            Outputs={
                "A": {"Value": {"Fn::GetAtt": ["M.Vpc", "Id"]}},
                "B": {"Value": {"Ref": "M.Vpc"}},
                "C": {"Value": {"Fn::GetAtt": "M.Vpc.Id"}},
            },
        ),
        {
            "M": "A::B::C::MODULE",
            "= A": '"M"."Vpc"',
            "= B": '"M"."Vpc"',
            "= C": '"M"."Vpc.Id"',
        },
    ),
}


@pytest.mark.parametrize(("document", "parts"), MODULES.values(), ids=MODULES)
def test_what_a_module_makes_is_part_of_it(document: Document, parts: dict[str, str]) -> None:
    reading = read_both(document)
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template) == parts


def test_short_tags_of_macros_and_directives() -> None:
    source = b"""AWSTemplateFormatVersion: '2010-09-09'
Resources:
  A:
    Type: AWS::X::Y
    Properties:
      A: !Transform {Name: M, Parameters: {p: !Ref A}}
      B: !Sub
        - !Rain::Embed file.sh
        - {a: 1}
      C: !Base64
        Fn::Sub: !Rain::Include x
  B:
    Type: !Rain::Module m.yml
"""
    reading = read(source, "template")
    assert codes(reading) == ["IF178", "IF181", "IF181", "IF181"]
    assert [line for _, _, line in told(reading)] == [6, 8, 11, 13]
    assert reading.template is not None
    assert shown(reading.template) == {
        "A": "AWS::X::Y",
        "A.A": 'unresolved({Name: "M", Parameters: {p: @A}})',
        "A.B": "unresolved(null)",
        "A.C": "base64_encode(unresolved(null))",
    }


def test_the_region_of_a_converter_is_no_null() -> None:
    reading = read_both(cfn(Resources={"R": thing(A={"Fn::GetAZs": None})}))
    assert codes(reading) == ["IF136"]
    assert not reading.has_errors
    assert reading.template is not None
    assert shown(reading.template)["R.A"] == 'get_azs("")'
    assert read_both(cfn(Resources={"R": thing(A={"Fn::Base64": None})})).has_errors
