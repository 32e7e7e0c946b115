"""Every function of the table: known, unknown, null, no value, wrong type and secret arguments."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.templates import Bindings
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret

SPAN = Span("t.yml", 7, 3)
SECRET = "hunter2-hunter2"

BINDINGS = Bindings(
    parameters={
        "Name": "golden",
        "Region": "cn-hangzhou",
        "Three": ["a", "b", "c"],
        "Pairs": {"k": "v", "n": None, "deep": {"x": [1, 2]}},
        "Null": None,
        "Later": UNKNOWN,
        "Password": Secret(SECRET),
        "Hidden": Secret(["a", SECRET]),
        "Lines": "a,b,,c",
        "Template": "${Name} in ${ALIYUN::Region}: ${Word}",
        "JsonText": '[{"x": 1}, {"x": 2}]',
        "One": 1,
        "True": True,
        "Half": 1.5,
    },
    pseudo={"region": "cn-beijing"},
    conditions={"Yes": True, "No": False},
    mappings={"Sizes": {"cn": {"small": 1, "list": [1, 2]}, "5": {"6": "seven"}}},
)

NONE = Pseudo("no_value", SPAN)


def ref(name: str) -> Reference:
    return Reference(name, SPAN)


def call(function: str, *arguments: Any) -> Call:
    items = tuple(
        one
        if isinstance(one, (Call, Reference, Pseudo, ListOf, MapOf, ConditionReference, Literal))
        else Literal(one, SPAN)
        for one in arguments
    )
    return Call(function, ListOf(items, SPAN), f"Fn::{function}", SPAN)


def whole(function: str, argument: Any) -> Call:
    expression = argument if isinstance(argument, (Call, Reference, Pseudo, ListOf)) else None
    return Call(function, expression or Literal(argument, SPAN), f"Fn::{function}", SPAN)


def value_of(expression: Expression, dialect: str = "ros") -> Any:
    return evaluate(expression, Scope(BINDINGS, Unresolved(), MANNERS[dialect]))


def items(*parts: Any) -> ListOf:
    return ListOf(
        tuple(part if not isinstance(part, (str, int)) else Literal(part) for part in parts), SPAN
    )


ROS: list[tuple[str, Expression, Any]] = [
    ("sub-text-and-parameter", call("sub", "to ", ref("Name")), "to golden"),
    ("sub-nothing", call("sub"), ""),
    ("sub-boolean-is-python-text", call("sub", "is ", True), "is True"),
    ("sub-number", call("sub", ref("One"), "/", 1.5), "1/1.5"),
    ("sub-null-is-empty", call("sub", "<", ref("Null"), ">"), "<>"),
    ("sub-list-is-json", call("sub", ref("Three")), '["a", "b", "c"]'),
    ("sub-map-is-json", call("sub", {"a": True, "b": None}), '{"a": true, "b": null}'),
    ("sub-json-escapes", call("sub", ["é"]), '["\\u00e9"]'),
    ("sub-unknown", call("sub", "to ", ref("Later")), UNKNOWN),
    ("sub-unresolved-resource", call("sub", "to ", ref("CopyImage")), UNKNOWN),
    ("sub-secret", call("sub", "pw=", ref("Password")), Secret(f"pw={SECRET}")),
    ("sub-text-of-parameter",
     Call("sub_text", ListOf((ref("Template"), MapOf({"Word": ref("Name")})), SPAN), "Fn::Sub"),
     "golden in cn-beijing: golden"),
    ("sub-text-unknown",
     Call("sub_text", ListOf((ref("Later"), MapOf({})), SPAN), "Fn::Sub"), UNKNOWN),
    ("sub-text-secret",
     Call("sub_text", ListOf((ref("Password"), MapOf({})), SPAN), "Fn::Sub"), Secret(SECRET)),
    ("join-texts", call("join", "-", ["a", "b"]), "a-b"),
    ("join-of-parameter", call("join", "", ref("Three")), "abc"),
    ("join-null-list", call("join", "-", ref("Null")), ""),
    ("join-null-item", call("join", "-", items("a", ref("Null"), "b")), "a--b"),
    ("join-booleans-and-integers", call("join", ",", [True, False, 3]), "True,False,3"),
    ("join-drops-no-value", call("join", "-", items("a", NONE, "b")), "a-b"),
    ("join-unknown-item", call("join", "-", items("a", ref("Later"))), UNKNOWN),
    ("join-unknown-list", call("join", "-", ref("Later")), UNKNOWN),
    ("join-secret-item", call("join", "-", items("a", ref("Password"))), Secret(f"a-{SECRET}")),
    ("join-empty", call("join", "-", []), ""),
    ("split-keeps-empty", call("split", ",", ref("Lines")), ["a", "b", "", "c"]),
    ("split-null", call("split", ",", ref("Null")), []),
    ("split-unknown", call("split", ",", ref("Later")), UNKNOWN),
    ("split-secret", call("split", "-", ref("Password")), Secret(["hunter2", "hunter2"])),
    ("base64-is-unchanged", whole("base64", "abc"), "abc"),
    ("encode", whole("base64_encode", "héllo"), "aMOpbGxv"),
    ("encode-no-line-ends", whole("base64_encode", "x" * 60), "eHh4" * 20),
    ("encode-null", whole("base64_encode", ref("Null")), None),
    ("encode-unknown", whole("base64_encode", ref("Later")), UNKNOWN),
    ("encode-secret", whole("base64_encode", ref("Password")),
     Secret("aHVudGVyMi1odW50ZXIy")),
    ("encode-no-value", whole("base64_encode", NONE), NO_VALUE),
    ("select-index", call("select", 1, ref("Three")), "b"),
    ("select-digit-text", call("select", "1", ref("Three")), "b"),
    ("select-negative", call("select", -1, ref("Three")), "c"),
    ("select-float-index", call("select", 1.9, ref("Three")), "b"),
    ("select-boolean-index", call("select", True, ref("Three")), "b"),
    ("select-slice", call("select", "1:", ref("Three")), ["b", "c"]),
    ("select-slice-step", call("select", "::2", ref("Three")), ["a", "c"]),
    ("select-slice-backwards", call("select", "5:0:-2", ref("Three")), ["c"]),
    ("select-slice-out-of-range", call("select", "7:9", ref("Three")), []),
    ("select-miss", call("select", 9, ref("Three")), ""),
    ("select-miss-with-default", call("select", 9, ref("Three"), "d"), "d"),
    ("select-miss-with-default-and-null-told", call("select", 9, ref("Three"), "d", None), "d"),
    ("select-key", call("select", "k", ref("Pairs")), "v"),
    ("select-null-entry", call("select", "n", ref("Pairs")), None),
    ("select-missing-key", call("select", "zz", ref("Pairs")), ""),
    ("select-null-collection", call("select", 0, ref("Null")), ""),
    ("select-empty-text", call("select", 0, "", "d"), "d"),
    ("select-null-lookup", call("select", ref("Null"), ref("Three"), "d"), "d"),
    ("select-null-lookup-ignores-told", call("select", None, ref("Three"), "d", "told"), "d"),
    ("select-json-text", call("select", 1, ref("JsonText")), {"x": 2}),
    ("select-json-null", call("select", 1, "null", "d"), "d"),
    ("select-beside-unknown", call("select", 0, items("a", ref("Later"))), "a"),
    ("select-unknown-item", call("select", 1, items("a", ref("Later"))), UNKNOWN),
    ("select-unknown-index", call("select", ref("Later"), ref("Three")), UNKNOWN),
    ("select-unknown-list", call("select", 0, ref("Later")), UNKNOWN),
    ("select-of-secret-list", call("select", 0, ref("Hidden")), Secret("a")),
    ("select-secret-beside", call("select", 0, items("a", ref("Password"))), "a"),
    ("select-secret-item", call("select", 1, items("a", ref("Password"))), Secret(SECRET)),
    ("length-list", whole("length", ref("Three")), 3),
    ("length-literal-list", whole("length", ["a", "b"]), 2),
    ("length-text", whole("length", "héé"), 3),
    ("length-map", whole("length", ref("Pairs")), 3),
    ("length-null", whole("length", ref("Null")), 0),
    ("length-of-known-list-of-unknown", whole("length", items("a", ref("Later"))), 2),
    ("length-drops-no-value", whole("length", items("a", NONE)), 1),
    ("length-unknown", whole("length", ref("Later")), UNKNOWN),
    ("length-secret", whole("length", ref("Hidden")), Secret(2)),
    ("find-in-map", call("find_in_map", "Sizes", "cn", "small"), 1),
    ("find-number-keys", call("find_in_map", "Sizes", 5, 6), "seven"),
    ("find-list", call("find_in_map", "Sizes", "cn", "list"), [1, 2]),
    ("find-unknown-key", call("find_in_map", "Sizes", ref("Later"), "x"), UNKNOWN),
    ("find-secret-key",
     call("find_in_map", "Sizes", Literal(Secret("cn")), "small"), Secret(1)),
    ("if-true", call("if", ConditionReference("Yes"), "a", "b"), "a"),
    ("if-false", call("if", ConditionReference("No"), "a", "b"), "b"),
    ("if-unknown", call("if", ConditionReference("NotSettled"), "a", "b"), UNKNOWN),
    ("if-no-value", call("if", ConditionReference("Yes"), NONE, "b"), NO_VALUE),
    ("if-only-chosen-branch",
     call("if", ConditionReference("Yes"), "a", call("select", "zz", ref("Three"))), "a"),
    ("if-expression", call("if", call("equals", 1, 1), "a", "b"), "a"),
    ("if-boolean-parameter", call("if", ref("True"), "a", "b"), "a"),
    ("if-boolean-text", call("if", "false", "a", "b"), "b"),
    ("if-secret-condition", call("if", Literal(Secret(True)), "a", "b"), "a"),
    ("equals-no-conversion", call("equals", 1, "1"), False),
    ("equals-python-numbers", call("equals", True, 1), True),
    ("equals-deep", call("equals", ref("Three"), ["a", "b", "c"]), True),
    ("equals-null", call("equals", ref("Null"), None), True),
    ("equals-no-value", call("equals", NONE, None), NO_VALUE),
    ("equals-unknown", call("equals", ref("Later"), 1), UNKNOWN),
    ("equals-unknown-inside", call("equals", items(ref("Later")), [1]), UNKNOWN),
    ("equals-secret-is-told", call("equals", ref("Password"), SECRET), True),
    ("and-all", call("and", ConditionReference("Yes"), ref("True")), True),
    ("and-false-beats-unknown", call("and", ref("Later"), ConditionReference("No")), False),
    ("and-unknown", call("and", ref("Later"), ConditionReference("Yes")), UNKNOWN),
    ("and-stops", call("and", ConditionReference("No"), call("join", 1, 2)), False),
    ("or-any", call("or", ConditionReference("No"), ConditionReference("Yes")), True),
    ("or-true-beats-unknown", call("or", ref("Later"), ConditionReference("Yes")), True),
    ("or-unknown", call("or", ref("Later"), ConditionReference("No")), UNKNOWN),
    ("or-none", call("or", ConditionReference("No"), ConditionReference("No")), False),
    ("not", call("not", ConditionReference("No")), True),
    ("not-bare", Call("not", ConditionReference("Yes"), "Fn::Not"), False),
    ("not-unknown", call("not", ref("Later")), UNKNOWN),
    ("ref-of-computed-name", whole("ref", call("join", "", ["Na", "me"])), "golden"),
    ("ref-of-computed-null", whole("ref", ref("Null")), None),
    ("no-value-as-argument", call("join", "-", NONE), NO_VALUE),
    ("arguments-from-a-parameter", Call("length", ref("Three"), "Fn::Length"), 3),
    ("argument-list-computed",
     Call("join", call("if", ConditionReference("Yes"), ["-", ["a", "b"]], "x"), "Fn::Join"),
     "a-b"),
    ("argument-list-unknown", Call("join", ref("Later"), "Fn::Join"), UNKNOWN),
]  # fmt: skip

CLOUDFORMATION: list[tuple[str, Expression, Any]] = [
    ("sub-boolean", call("sub", "is ", True), "is true"),
    ("sub-number", call("sub", "my number is ", 3), "my number is 3"),
    ("join-fraction", call("join", "-", [1.5, "x"]), "1.5-x"),
    ("join-boolean", call("join", "-", [True]), "true"),
    ("select-text-index", call("select", "2", ref("Three")), "c"),
    ("equals-texts", call("equals", 1, "1"), True),
    ("equals-boolean-text", call("equals", True, "true"), True),
    ("equals-case", call("equals", "A", "a"), False),
    ("equals-lists-as-texts", call("equals", [1, "2"], ["1", 2]), True),
    ("split", call("split", "||", "a||b||||c"), ["a", "b", "", "c"]),
    ("base64", whole("base64_encode", "abc"), "YWJj"),
]

REFUSED: list[tuple[str, str, Expression, str]] = [
    ("join-delimiter-null", "ros", call("join", None, ["a"]), "delimiter"),
    ("join-delimiter-number", "ros", call("join", 1, ["a"]), "delimiter"),
    ("join-fraction", "ros", call("join", "-", [1.5]), "fraction"),
    ("join-list-in-list", "ros", call("join", "-", [["a"]]), "a list, which is item 0"),
    ("join-text", "ros", call("join", "-", "abc"), "a list to join, not text"),
    ("join-one-argument", "ros", call("join", "-"), "needs a list of 2, not 1"),
    ("join-null-in-cloudformation", "cloudformation", call("join", "-", None), "not null"),
    ("join-null-item-in-cloudformation", "cloudformation", call("join", "-", [None]), "null"),
    ("split-empty-delimiter", "ros", call("split", "", "abc"), "not empty"),
    ("split-number", "ros", call("split", ",", 5), "not a number"),
    ("encode-list", "ros", whole("base64_encode", ["a"]), "not a list"),
    ("encode-half-surrogate", "ros", whole("base64_encode", "\ud800"), "surrogate"),
    ("select-other-text", "ros", call("select", "x", ref("Three")), "not other text"),
    ("select-step-0", "ros", call("select", "::0", ref("Three")), "step of 0"),
    ("select-bad-slice", "ros", call("select", "a:b", ref("Three")), "slice such as"),
    ("select-number-on-map", "ros", call("select", 1, ref("Pairs")), "as key"),
    ("select-no-json", "ros", call("select", 0, "abc"), "as JSON"),
    ("select-of-number", "ros", call("select", 0, 5), "a list or a map"),
    ("select-told", "ros", call("select", 9, ref("Three"), "d", "no such zone"), "no such zone"),
    ("select-beyond-in-cloudformation", "cloudformation", call("select", 3, ref("Three")),
     "no item at index 3"),
    ("select-negative-in-cloudformation", "cloudformation", call("select", -1, ref("Three")),
     "no item at index -1"),
    ("select-null-in-cloudformation", "cloudformation", call("select", 0, [None]), "null"),
    ("select-word-in-cloudformation", "cloudformation", call("select", "k", ref("Three")),
     "a number as its index"),
    ("length-number", "ros", whole("length", 5), "not a number"),
    ("length-null-in-cloudformation", "cloudformation", whole("length", None), "not null"),
    ("find-no-map", "ros", call("find_in_map", "Size", "cn", "small"), "no map 'Size'"),
    ("find-no-first-key", "ros", call("find_in_map", "Sizes", "de", "small"),
     "no key 'de' in 'Sizes'"),
    ("find-no-second-key", "ros", call("find_in_map", "Sizes", "cn", "smal"),
     "no key 'smal' in 'Sizes.cn'"),
    ("find-no-map-beside-unknown", "ros", call("find_in_map", "Size", ref("Later"), "x"),
     "no map 'Size'"),
    ("find-list-key", "ros", call("find_in_map", "Sizes", ["cn"], "x"), "not a list"),
    ("if-text", "ros", call("if", "maybe", "a", "b"), "true or false, not text"),
    ("if-two", "ros", call("if", ConditionReference("Yes"), "a"), "needs a list of 3, not 2"),
    ("and-one", "ros", call("and", ConditionReference("Yes")), "at least 2"),
    ("not-list", "ros", call("not", ["a"]), "not a list"),
    ("sub-list-in-cloudformation", "cloudformation", call("sub", ["a"]), "a list into text"),
    ("sub-unclosed", "ros", Call("sub_text", ListOf((Literal("a ${b"),)), "Fn::Sub", SPAN),
     "never closed"),
    ("sub-no-name", "ros", Call("sub_text", ListOf((Literal("a ${9}"),)), "Fn::Sub", SPAN),
     "holds no name"),
    ("ref-of-computed-stranger", "ros", whole("ref", "Nobody"), "no parameter 'Nobody'"),
    ("jq-mode", "ros", call("jq", "Last", ".", {}), "'First' or 'All'"),
    ("jq-script-number", "ros", call("jq", "First", 5, {}), "not a number"),
    ("jq-no-json", "ros", call("jq", "First", ".", "{"), "as JSON"),
    ("arguments-of-wrong-kind", "ros", Call("join", Literal("x"), "Fn::Join", SPAN), "not text"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), [c[1:] for c in ROS], ids=[c[0] for c in ROS])
def test_in_ros(expression: Expression, expected: Any) -> None:
    assert value_of(expression) == expected
    assert type(value_of(expression)) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"), [c[1:] for c in CLOUDFORMATION], ids=[c[0] for c in CLOUDFORMATION]
)
def test_in_cloudformation(expression: Expression, expected: Any) -> None:
    assert value_of(expression, "cloudformation") == expected


@pytest.mark.parametrize(
    ("dialect", "expression", "says"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(dialect: str, expression: Expression, says: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        value_of(expression, dialect)
    diagnostic = refused.value.diagnostic
    assert says in f"{diagnostic.message} {diagnostic.why}"
    assert diagnostic.is_error
    assert diagnostic.code.startswith(("IF2", "IF3"))


def test_the_place_is_that_of_the_function() -> None:
    with pytest.raises(EvaluationError) as refused:
        value_of(call("join", "-", call("split", "", "x")))
    assert refused.value.diagnostic.span == SPAN
    assert "'Fn::split'" in refused.value.diagnostic.message


SECRETIVE = [
    ("join-list", call("join", Literal(Secret(SECRET)), [["x"]])),
    ("select-key", call("select", ref("Password"), ref("Three"))),
    ("select-json", call("select", 0, ref("Password"))),
    ("find", call("find_in_map", "Sizes", ref("Password"), "x")),
    ("split", call("split", "", ref("Password"))),
    ("if", call("if", ref("Password"), "a", "b")),
    ("jq-object", call("jq", "First", ".", ref("Password"))),
    ("jq-mode", call("jq", ref("Password"), ".", {})),
    ("jq-program", call("jq", "First", ".[0] | error", items(ref("Password")))),
    ("ref", whole("ref", ref("Password"))),
    ("sub-text", Call("sub_text", ListOf((Literal(Secret(SECRET + "${")),)), "Fn::Sub", SPAN)),
]


@pytest.mark.parametrize("expression", [c[1] for c in SECRETIVE], ids=[c[0] for c in SECRETIVE])
def test_a_refusal_never_shows_a_secret(expression: Expression) -> None:
    with pytest.raises(EvaluationError) as refused:
        value_of(expression)
    assert "hunter2" not in repr(refused.value.diagnostic)
    assert "hunter2" not in str(refused.value)


def doubled(function: str, text: str) -> Call:
    both = ListOf((Literal(text), Literal(text)))
    arguments = ListOf((Literal(""), both)) if function == "join" else both
    return Call(function, arguments, "Fn::X", SPAN)


@pytest.mark.parametrize("function", ["join", "sub"])
def test_a_result_that_doubles_again_and_again_is_refused(function: str) -> None:
    text = "x"
    while len(text) < 1_048_576:
        text = value_of(doubled(function, text))
    with pytest.raises(EvaluationError) as refused:
        value_of(doubled(function, text))
    assert refused.value.diagnostic.code == "IF306"


def nested(function: str, depth: int) -> Expression:
    expression: Expression = Literal("a")
    for _ in range(depth):
        inner = ListOf((Literal(""), ListOf((expression,)))) if function == "join" else None
        if function == "and":
            inner = ListOf((Literal(True), expression))
            expression = Call(function, inner, "Fn::And", SPAN)
        elif inner is not None:
            expression = Call(function, inner, "Fn::Join", SPAN)
        else:
            expression = ListOf((expression,), SPAN)
    return expression


@pytest.mark.parametrize("function", ["join", "and", "list"])
@pytest.mark.parametrize("depth", [101, 5_000])
def test_deep_nesting_is_refused_without_a_recursion_error(function: str, depth: int) -> None:
    with pytest.raises(EvaluationError) as refused:
        value_of(nested(function, depth))
    assert refused.value.diagnostic.code == "IF305"


@pytest.mark.parametrize("function", ["join", "list"])
def test_nesting_that_templates_need_is_evaluated(function: str) -> None:
    assert value_of(nested(function, 45)) is not None


def test_a_computed_text_evaluates_each_variable_once() -> None:
    """Else texts inside texts would take for ever."""
    expression: Expression = Literal("")
    for _ in range(30):
        pair = (Literal("${x}" * 100), MapOf({"x": expression}))
        expression = Call("sub_text", ListOf(pair, SPAN), "Fn::Sub", SPAN)
    assert value_of(expression) == ""
