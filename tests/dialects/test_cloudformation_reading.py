"""CloudFormation as its owner reads it: what it takes, what it refuses, what is only doubted."""

from __future__ import annotations

import pytest

from imageferry.dialects.reader import read
from imageferry.model.values import Value
from tests.dialects.forms import Document, cfn, extended, read_both, shown, told

THING = {"Type": "AWS::X::Y"}
THINGS = {"A": THING}
EQUALS = {"Fn::Equals": ["a", "b"]}


def thing(**attributes: object) -> Document:
    return cfn(Resources={"A": {**THING, **attributes}})


def condition(node: object) -> Document:
    return cfn(
        Parameters={"P": {"Type": "String"}}, Conditions={"D": EQUALS, "C": node}, Resources=THINGS
    )


def policy(**fields: object) -> Document:
    return thing(UpdatePolicy=fields)


KEPT = ("warning", "'UpdatePolicy' has no effect here")

SAID: dict[str, tuple[Document, list[tuple[str, str]]]] = {
    "no resource at all": (cfn(Resources={}), [("error", "'Resources' holds no resource")]),
    "a loop that makes none": (
        extended(Resources={"Fn::ForEach::L": ["I", [], {"R${I}": THING}]}),
        [("error", "'Resources' holds no resource")],
    ),
    "empty sections": (cfn(Mappings={}, Conditions={}, Outputs={}, Resources=THINGS), []),
    "metadata that is text": (
        cfn(Metadata="x", Resources=THINGS),
        [("error", "the section 'Metadata' must be a map, not text")],
    ),
    "metadata of a resource that is a list": (
        thing(Metadata=["x"]),
        [("error", "'Metadata' of 'A' must be a map, not a list")],
    ),
    "a mapping of three levels": (
        cfn(Mappings={"M": {"a": {"b": {"c": "d"}}}}, Resources=THINGS),
        [("error", "'b' in the mapping 'M' must be text or a list, not a map")],
    ),
    "a mapping of lists and numbers": (
        cfn(Mappings={"M": {"a": {"b": ["c", 1], "d": True, "e": 2}}}, Resources=THINGS),
        [],
    ),
    "a condition that is a name": (
        condition("D"),
        [("error", "a condition is expected here, not text")],
    ),
    "a condition that is a parameter": (
        condition({"Ref": "P"}),
        [("error", "a condition is expected here, not 'Ref'")],
    ),
    "a bare name in a condition": (
        condition({"Fn::Not": ["D"]}),
        [("error", "a condition is expected here, not text")],
    ),
    "text in a condition": (
        condition({"Fn::Or": [{"Fn::Join": ["", ["true"]]}, EQUALS]}),
        [("error", "a condition is expected here, not 'Fn::Join'")],
    ),
    "a named condition in a condition": (condition({"Fn::And": [{"Condition": "D"}, EQUALS]}), []),
    "a condition under another name": (condition({"Condition": "D"}), []),
    "an update policy": (policy(AutoScalingRollingUpdate={"MaxBatchSize": 1}), [KEPT]),
    "an update policy that is misspelt": (
        policy(AutoScalingRollingUpdates={}),
        [KEPT, ("warning", "'UpdatePolicy' has no field 'AutoScalingRollingUpdates'")],
    ),
    "an update policy by a condition": (
        cfn(
            Conditions={"C": EQUALS},
            Resources={
                "A": {**THING, "UpdatePolicy": {"Fn::If": ["C", {}, {"Ref": "AWS::NoValue"}]}}
            },
        ),
        [KEPT],
    ),
    "an assertion with a field too many": (
        cfn(
            Rules={"R": {"Assertions": [{"Assert": EQUALS, "AssetDescription": "x"}]}},
            Resources=THINGS,
        ),
        [("warning", "an assertion has no field 'AssetDescription'")],
    ),
    "the extensions behind the serverless transform": (
        cfn(Transform=["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"], Resources=THINGS),
        [
            ("error", "the transform 'AWS::Serverless-2016-10-31' is not carried out here"),
            (
                "warning",
                "'AWS::LanguageExtensions' stands after 'AWS::Serverless-2016-10-31'",
            ),
        ],
    ),
    "the extensions before the serverless transform": (
        cfn(Transform=["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], Resources=THINGS),
        [("error", "the transform 'AWS::Serverless-2016-10-31' is not carried out here")],
    ),
    "two loops of one name": (
        extended(
            Resources={"Fn::ForEach::L": ["I", ["a"], {"R${I}": THING}]},
            Outputs={"Fn::ForEach::L": ["I", ["a"], {"O${I}": {"Value": "x"}}]},
        ),
        [("warning", "there is a second loop called 'L'")],
    ),
    "blanks in a text of Sub": (
        cfn(Resources=THINGS, Outputs={"O": {"Value": {"Fn::Sub": "${ AWS::Region }"}}}),
        [("warning", "'${ AWS::Region }' has blanks around its name")],
    ),
    "an open end in a text of Sub": (
        cfn(Resources=THINGS, Outputs={"O": {"Value": {"Fn::Sub": "a ${x"}}}),
        [("warning", "'${x' is not closed")],
    ),
    "a name with a sign in a text of Sub": (
        cfn(Resources=THINGS, Outputs={"O": {"Value": {"Fn::Sub": "${#x}"}}}),
        [("error", "'${#x}' holds no name")],
    ),
    "a long description of an output": (
        cfn(Resources=THINGS, Outputs={"O": {"Value": "x", "Description": "d" * 1025}}),
        [("warning", "the description of output 'O' has more than 1,024 bytes")],
    ),
    "a long description of a parameter": (
        cfn(Resources=THINGS, Parameters={"P": {"Type": "String", "Description": "d" * 4001}}),
        [("warning", "the description of parameter 'P' has more than 4,000 bytes")],
    ),
    "a wide mapping": (
        cfn(Mappings={"M": {"a": {f"k{n}": 1 for n in range(201)}}}, Resources=THINGS),
        [("warning", "the mapping 'M' has 201 keys on one level")],
    ),
}


@pytest.mark.parametrize(("document", "said"), SAID.values(), ids=SAID.keys())
def test_what_is_said(document: Document, said: list[tuple[str, str]]) -> None:
    assert sorted((how, what) for how, what, _ in told(read_both(document))) == sorted(said)


MODULES = b"""Inputs: {App: {Type: String}}
Constants: {Name: "${App}-x"}
Modules:
  Logs: {Source: bucket.yaml, Overrides: {Bucket: null}}
Resources:
  Site:
    Type: LocalModule
    Source: site.yaml
    Properties: {App: !Ref App}
    Overrides: {Bucket: null}
  A:
    Type: AWS::X::Y
    Properties: {Name: !Sub "${Const::Name}", Of: !GetAtt LogsBucket.Arn, By: !Ref SiteBucket}
"""


def test_modules_that_a_tool_writes_out_are_told_and_cause_no_other_fault() -> None:
    found = read(MODULES, "t.yml").diagnostics
    assert {one.code for one in found} == {"IF181"}
    assert [one.span.line for one in found if one.span is not None] == [1, 2, 3, 7, 13]


COMPARED = """AWSTemplateFormatVersion: '2010-09-09'
Parameters: {{P: {{Type: String, AllowedValues: [Yes, No], Default: No}}}}
Mappings: {{M: {{a: {{b: {word}}}}}}}
Conditions: {{C: !Equals [!Ref P, {word}], D: !Or [!Equals [{word}, x], !Equals [!Ref P, y]]}}
Rules: {{R: {{Assertions: [{{Assert: {{'Fn::Contains': [[{word}], !Ref P]}}}}]}}}}
Resources: {{A: {{Type: AWS::X::Y}}}}
"""


@pytest.mark.parametrize(
    ("word", "reads"),
    [("Yes", "Yes"), ("off", "off"), ("NO", "NO"), ("'yes'", "yes"), ("plain", "plain")],
)
def test_words_that_yaml_takes_for_booleans_are_compared_as_words(word: str, reads: str) -> None:
    template = read(COMPARED.format(word=word).encode(), "t.yml").template
    assert template is not None
    parts = shown(template)
    assert parts["if C"] == f'equals(@P, "{reads}")'
    assert f'equals(["{reads}", "x"])' in parts["if D"]
    assert f'["{reads}"]' in parts["rule R[0]"]
    assert template.mappings["M"]["a"]["b"] == reads


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_truth_has_one_spelling(word: str) -> None:
    source = COMPARED.replace("[Yes, No]", "[true, false]").replace(
        "Default: No", "Default: {word}"
    )
    template = read(source.format(word=word).encode(), "t.yml").template
    assert template is not None
    assert template.parameters["P"].default == "true"
    assert shown(template)["if C"] == "equals(@P, true)"


def copies(over: object, **sections: object) -> Document:
    body = {"R&{I}": {"Type": "AWS::X::Y", "Properties": {"P": {"Ref": "I"}}}}
    return extended(Resources={"Fn::ForEach::L": ["I", over, body]}, **sections)


MAPPINGS = {"M": {"r-1": {"k": ["a", "b"]}, "pa": {"k": ["c"]}}}
PLACE: dict[str, Value] = {"AWS::Region": "r-1", "P": "pa", "AWS::StackId": None}
LIST = {"L": {"Type": "CommaDelimitedList", "Default": "x,y"}}

COLLECTIONS: dict[str, tuple[Document, list[str]]] = {
    "the row of the region": (
        copies({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, Mappings=MAPPINGS),
        ["a", "b"],
    ),
    "the default of a row": (
        copies({"Fn::FindInMap": ["M", "no", "k", {"DefaultValue": ["d"]}]}, Mappings=MAPPINGS),
        ["d"],
    ),
    "keys by Sub and Join": (
        copies(
            {"Fn::FindInMap": [{"Fn::Join": ["", ["M"]]}, {"Fn::Sub": "${AWS::Region}"}, "k"]},
            Mappings=MAPPINGS,
        ),
        ["a", "b"],
    ),
    "a key by a parameter": (
        copies(
            {"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]},
            Mappings=MAPPINGS,
            Parameters={"P": {"Type": "String"}},
        ),
        ["c"],
    ),
    "a split text": (copies({"Fn::Split": ["|", "a|b"]}), ["a", "b"]),
    "texts of Sub with a map": (
        copies([{"Fn::Sub": ["${X}${!Y}-${AWS::Region}", {"X": "x"}]}, "b"]),
        ["x${Y}-r-1", "b"],
    ),
    "one of a list": (copies([{"Fn::Select": [1, {"Ref": "L"}]}], Parameters=LIST), ["y"]),
}


@pytest.mark.parametrize(("document", "items"), COLLECTIONS.values(), ids=COLLECTIONS.keys())
def test_what_a_loop_may_run_over(document: Document, items: list[str]) -> None:
    reading = read_both(document, PLACE)
    assert reading.diagnostics == ()
    assert reading.template is not None
    made = [one.properties["P"] for one in reading.template.resources.values()]
    assert [getattr(one, "value", None) for one in made] == items


WAITING: dict[str, tuple[Document, str]] = {
    "what has no value yet": (copies({"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}), "IF154"),
    "what another service keeps": (
        copies(
            {"Ref": "L"},
            Parameters={
                "L": {
                    "Type": "AWS::SSM::Parameter::Value<CommaDelimitedList>",
                    "Default": "/regions",
                }
            },
        ),
        "IF154",
    ),
}


@pytest.mark.parametrize(("document", "code"), WAITING.values(), ids=WAITING.keys())
def test_what_a_loop_waits_for(document: Document, code: str) -> None:
    reading = read_both(document, PLACE)
    assert [(one.code, one.severity.value) for one in reading.diagnostics] == [(code, "warning")]


@pytest.mark.parametrize(
    "over",
    [{"Fn::GetAZs": ""}, {"Fn::If": ["C", ["a"], ["b"]]}, {"Fn::Select": [9, ["a"]]}, ["a", {"Fn::Sub": "${A.B}"}]],
    ids=["zones", "a choice", "nothing at an index", "an attribute"],
)  # fmt: skip
def test_what_no_loop_may_run_over(over: object) -> None:
    assert "IF153" in {one.code for one in read_both(copies(over)).diagnostics}


def referring(node: object, given: str = "A", **sections: object) -> Document:
    return extended(
        Parameters={"P": {"Type": "String", "Default": given}},
        Resources=THINGS,
        Outputs={"O": {"Value": node}},
        **sections,
    )


REFERRED: dict[str, tuple[Document, str]] = {
    "Ref by Sub": (referring({"Ref": {"Fn::Sub": "${P}"}}), "@A"),
    "Ref by Join": (referring({"Ref": {"Fn::Join": ["", ["A"]]}}), "@A"),
    "Ref by a mapping": (
        referring({"Ref": {"Fn::FindInMap": ["M", "a", "b"]}}, Mappings={"M": {"a": {"b": "A"}}}),
        "@A",
    ),
    "Ref of a choice": (
        referring({"Ref": {"Fn::If": ["C", "A", "AWS::Region"]}}, Conditions={"C": EQUALS}),
        "if(?C, @A, $region)",
    ),
    "GetAtt by functions": (
        referring({"Fn::GetAtt": [{"Ref": "P"}, {"Fn::Sub": "Id"}]}),
        '"A"."Id"',
    ),
    "a default that names nothing": (
        referring({"Ref": {"Fn::Sub": "${P}"}}, given="Other"),
        "ref(sub(@P))",
    ),
}


@pytest.mark.parametrize(("document", "reads"), REFERRED.values(), ids=REFERRED.keys())
def test_names_that_functions_give(document: Document, reads: str) -> None:
    reading = read_both(document)
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert shown(reading.template)["= O"] == reads
