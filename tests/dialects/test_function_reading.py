"""Functions: every one of both languages, in long form and as a short tag."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.dialects import cfn, ros
from imageferry.dialects.reader import Reading, read
from imageferry.dialects.vocabulary import Dialect, Function, Shape
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)

HEADS = {
    "ros": "ROSTemplateFormatVersion: '2015-09-01'\n",
    "cloudformation": "AWSTemplateFormatVersion: '2010-09-09'\n",
}


def reading(dialect: str, text: str) -> Reading:
    return read((HEADS[dialect] + text).encode(), "t")


def value(dialect: str, written: str, *, warnings: tuple[str, ...] = ()) -> Any:
    """What an output's value is read as, without places."""
    found = reading(
        dialect,
        f"Resources: {{A.B: {{Type: x}}}}\nOutputs:\n  Id:\n    Value: {written}\n"
        if dialect == "ros"
        else f"Resources: {{A: {{Type: x}}}}\nOutputs:\n  Id:\n    Value: {written}\n",
    )
    assert tuple(diagnostic.code for diagnostic in found.diagnostics) == warnings
    assert found.template is not None
    return bare(found.template.outputs["Id"].value)


def bare(expression: Expression) -> Any:
    """An expression as tuples: its kind and what it holds."""
    match expression:
        case Literal(value=content):
            return content
        case Reference(name=name):
            return ("ref", name)
        case Pseudo(name=name):
            return ("pseudo", name)
        case ConditionReference(name=name):
            return ("condition", name)
        case Attribute(resource=resource, attribute=attribute):
            return ("attribute", bare(resource), bare(attribute))
        case Call(function=function, argument=argument):
            return (function, bare(argument))
        case ListOf(items=items):
            return [bare(item) for item in items]
        case MapOf(entries=entries):
            return {name: bare(entry) for name, entry in entries.items()}


PLAIN = [
    pytest.param(dialect, function, id=f"{dialect.name} {function.written}")
    for dialect in (ros.DIALECT, cfn.DIALECT)
    for function in dialect.functions.values()
    if function.shape is Shape.PLAIN
]


@pytest.mark.parametrize(("dialect", "function"), PLAIN)
def test_a_plain_function_is_read_in_both_forms(dialect: Dialect, function: Function) -> None:
    expected = (function.canonical, ["a", ("ref", "B")])
    assert value(dialect.name, f"{{'{function.written}': [a, {{Ref: B}}]}}") == expected
    if function.tag:
        assert value(dialect.name, f"{function.tag} [a, !Ref B]") == expected
    else:
        tag = function.written.replace("Fn::", "!")
        assert value(dialect.name, f"{tag} [a]", warnings=("IF170",)) is None


def test_all_functions_of_ros_are_known() -> None:
    assert len(ros.DIALECT.functions) == 43
    assert len({function.canonical for function in ros.DIALECT.functions.values()}) == 43


def test_the_pseudo_parameters_have_the_same_names_in_both_languages() -> None:
    shared = {"stack_id", "stack_name", "region", "account_id", "no_value"}
    assert shared <= set(ros.DIALECT.pseudo.values())
    assert shared <= set(cfn.DIALECT.pseudo.values())


VALUES: dict[str, tuple[str, str, Any]] = {
    "ref": ("ros", "!Ref B", ("ref", "B")),
    "ref of a number": ("ros", "{Ref: 5}", ("ref", "5")),
    "ref of a word that may be a boolean": ("ros", "!Ref no", ("ref", "no")),
    "ref of an instance": ("ros", "!Ref 'A[0]'", ("ref", "A[0]")),
    "ref of null": ("ros", "{Ref: null}", None),
    "ref of a function": ("ros", "{Ref: !Str x}", ("ref", ("str", "x"))),
    "ros pseudo parameter": ("ros", "!Ref ALIYUN::TenantId", ("pseudo", "tenant_id")),
    "cloudformation pseudo parameter": (
        "cloudformation", "!Ref AWS::NotificationARNs", ("pseudo", "notification_arns")),
    "ros attribute at the last dot": ("ros", "!GetAtt A.B.C", ("attribute", "A.B", "C")),
    "ros attribute of a nested stack": (
        "ros", "!GetAtt A.Outputs.C", ("attribute", "A", "Outputs.C")),
    "ros attribute called Outputs": ("ros", "!GetAtt A.Outputs", ("attribute", "A", "Outputs")),
    "cloudformation attribute at the first dot": (
        "cloudformation", "!GetAtt A.B.C", ("attribute", "A", "B.C")),
    "cloudformation attribute in one text": (
        "cloudformation", "{'Fn::GetAtt': A.B}", ("attribute", "A", "B")),
    "attribute as a list": ("ros", "!GetAtt [A, B]", ("attribute", "A", "B")),
    "attribute given by a function": (
        "cloudformation", "!GetAtt [A, !Ref B]", ("attribute", "A", ("ref", "B"))),
    "resource given by a function": (
        "ros", "!GetAtt [!Ref A, B]", ("attribute", ("ref", "A"), "B")),
    "sub": ("ros", "!Sub 'a${B}c'", ("sub", ["a", ("ref", "B"), "c"])),
    "sub of nothing": ("ros", "!Sub ''", ("sub", [""])),
    "sub of a number": ("ros", "!Sub 5", ("sub", ["5"])),
    "sub with an attribute": (
        "ros", "!Sub '${X.Y}${X.Outputs.Z}'",
        ("sub", [("attribute", "X", "Y"), ("attribute", "X", "Outputs.Z")])),
    "sub with a dotted resource": ("ros", "!Sub '${A.B}'", ("sub", [("ref", "A.B")])),
    "sub at the first dot": (
        "cloudformation", "!Sub '${A.B.C}'", ("sub", [("attribute", "A", "B.C")])),
    "sub with instances": (
        "ros", "!Sub '${A[0]}${A[1].X}'",
        ("sub", [("ref", "A[0]"), ("attribute", "A[1]", "X")])),
    "sub with blanks": ("ros", "!Sub '${ B }'", ("sub", [("ref", "B")])),
    "sub that keeps": ("ros", "!Sub 'a${!b}${! c}$d{e}'", ("sub", ["a${b}${c}$d{e}"])),
    "sub that keeps in cloudformation": (
        "cloudformation", "!Sub '${!b}-${A}'", ("sub", ["${b}-", ("ref", "A")])),
    "sub with names": (
        "ros", "!Sub ['${x}${B}', {x: !Ref Y}]", ("sub", [("ref", "Y"), ("ref", "B"), ""])),
    "sub in a list of one": ("ros", "!Sub ['${B}']", ("sub", [("ref", "B")])),
    "sub of a parameter": (
        "ros", "!Sub [!Ref Text, {x: 1}]", ("sub_text", [("ref", "Text"), {"x": 1}])),
    "if": ("ros", "!If [C, 1, !Ref B]", ("if", [("condition", "C"), 1, ("ref", "B")])),
    "if of an expression": (
        "ros", "!If [!Equals [1, 2], 1, 2]", ("if", [("equals", [1, 2]), 1, 2])),
    "jq": ("ros", "!Jq [First, .a, !Ref B]", ("jq", ["First", ".a", ("ref", "B")])),
    "base64 that encodes": ("cloudformation", "!Base64 a", ("base64_encode", "a")),
    "base64 that does not": ("ros", "!Base64 a", ("base64", "a")),
    "functions in functions": (
        "ros", "!Join ['', [!Select [0, !Split [',', !Ref B]]]]",
        ("join", ["", [("select", [0, ("split", [",", ("ref", "B")])])]])),
    "a map called like a condition": ("ros", "{Condition: x}", {"Condition": "x"}),
    "a condition tag among properties": (
        "cloudformation", "[!Condition x]", [{"Condition": "x"}]),
    "a map with a function inside": ("ros", "{a: !Ref B, c: 1}", {"a": ("ref", "B"), "c": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "written", "expected"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_read(dialect: str, written: str, expected: Any) -> None:
    assert value(dialect, written) == expected


CONDITIONS: dict[str, tuple[str, str, Any]] = {
    "name": ("ros", "Other", ("condition", "Other")),
    "map": ("ros", "{Condition: Other}", ("condition", "Other")),
    "tag": ("cloudformation", "!Condition Other", ("condition", "Other")),
    "boolean": ("ros", "true", True),
    "parameter": ("ros", "{Ref: Flag}", ("ref", "Flag")),
    "equals": ("cloudformation", "!Equals [!Ref A, b]", ("equals", [("ref", "A"), "b"])),
    "and": (
        "ros", "{'Fn::And': [A, {Condition: B}, !Equals [1, 1]]}",
        ("and", [("condition", "A"), ("condition", "B"), ("equals", [1, 1])])),
    "or": (
        "cloudformation", "!Or [!Condition A, Condition: B]",
        ("or", [("condition", "A"), ("condition", "B")])),
    "not bare": ("ros", "{'Fn::Not': !Equals [1, 1]}", ("not", [("equals", [1, 1])])),
    "not of a name": ("ros", "!Not A", ("not", [("condition", "A")])),
    "not in a list": ("cloudformation", "!Not [!Equals [1, 1]]", ("not", [("equals", [1, 1])])),
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "written", "expected"), CONDITIONS.values(), ids=CONDITIONS.keys()
)
def test_a_condition_is_read(dialect: str, written: str, expected: Any) -> None:
    found = reading(dialect, f"Resources: {{A: {{Type: x}}}}\nConditions:\n  C: {written}\n")
    assert found.diagnostics == ()
    assert found.template is not None
    assert bare(found.template.conditions["C"].expression) == expected


WRONG: dict[str, tuple[str, str, str]] = {
    "ref of a boolean": ("ros", "{Ref: true}", "IF171"),
    "ref of a list": ("ros", "!Ref [a]", "IF171"),
    "ref of a function in cloudformation": ("cloudformation", "{Ref: !Sub A}", "IF171"),
    "attribute without a dot": ("ros", "!GetAtt A", "IF171"),
    "attribute that ends with a dot": ("ros", "!GetAtt A.", "IF171"),
    "attribute of three": ("ros", "!GetAtt [A, B, C]", "IF171"),
    "attribute of nothing": ("ros", "!GetAtt [A, null]", "IF171"),
    "long attribute as text in ros": ("ros", "{'Fn::GetAtt': A.B}", "IF171"),
    "resource by a function in cloudformation": (
        "cloudformation", "!GetAtt [!Ref A, B]", "IF171"),
    "sub of a map": ("ros", "!Sub {a: b}", "IF171"),
    "sub of three": ("ros", "!Sub [a, {}, b]", "IF171"),
    "sub with names as a list": ("ros", "!Sub ['a', [b]]", "IF171"),
    "sub of a boolean alone in a list": ("ros", "!Sub [[a]]", "IF171"),
    "sub of a function in cloudformation": ("cloudformation", "!Sub [!Ref A, {}]", "IF171"),
    "sub with blanks in cloudformation": ("cloudformation", "!Sub '${ A }'", "IF172"),
    "if of two": ("ros", "!If [C, 1]", "IF171"),
    "if of text": ("ros", "!If C", "IF171"),
    "if of a number": ("ros", "!If [5, 1, 2]", "IF171"),
    "and of text": ("ros", "!And C", "IF171"),
    "not of two": ("ros", "!Not [A, B]", "IF171"),
    "not without a list in cloudformation": ("cloudformation", "!Not A", "IF171"),
    "condition of a list in cloudformation": (
        "cloudformation", "!If [{Condition: [a]}, 1, 2]", "IF145"),
    "a pseudo parameter of the other language": ("ros", "!Sub '${AWS::Region}'", "IF174"),
    "a pseudo parameter that is none": ("cloudformation", "!Ref AWS::Regio", "IF174"),
    "a transform": ("cloudformation", "{'Fn::Transform': {Name: x}}", "IF178"),
    "a loop of the other language": ("ros", "{'Fn::ForEach::A': [a, [b], {}]}", "IF170"),
    "a function of the other language": ("ros", "{'Fn::ImportValue': x}", "IF170"),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "written", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_told(dialect: str, written: str, code: str) -> None:
    value(dialect, written, warnings=(code,))


@pytest.mark.parametrize(
    "written",
    ["!If [[!Equals [1, 1]], 1, 2]", "!Not [!Equals [1, 1]]", "!If [{Condition: !Not A}, 1, 2]"],
)
def test_what_ros_takes_for_true_is_evaluated_with_a_warning(written: str) -> None:
    value("ros", written, warnings=("IF176",))


def test_functions_nested_beyond_the_owners_depth_are_a_warning() -> None:
    assert value("ros", "!Str [" * 20 + "x" + "]" * 20)
    value("ros", "!Str [" * 21 + "x" + "]" * 21, warnings=("IF192",))
