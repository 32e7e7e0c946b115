"""Given values: converted by kind, held against constraints, never shown where secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.diagnostics import Span
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import Secret
from imageferry.validation.declarations import faults_of_parameters
from imageferry.validation.parameters import bind_parameters

Reader = Callable[[str], Template]
SPAN = Span("t.yml", 4, 3)


def template(dialect: str, *parameters: Parameter) -> Template:
    return Template(dialect, "t.yml", "", {one.name: one for one in parameters}, {}, {}, {}, {})


def parameter(kind: str, **more: Any) -> Parameter:
    return Parameter("P", kind.title(), kind, SPAN, **more)


def bound(dialect: str, one: Parameter, given: Any) -> Any:
    return bind_parameters(template(dialect, one), {"P": given})


CONVERTED: list[tuple[str, str, str, Any, Any]] = [
    ("text", "ros", "string", "a b", "a b"),
    ("text-stays-text", "ros", "string", "5", "5"),
    ("number-for-text", "ros", "string", 5, "5"),
    ("boolean-for-text", "ros", "string", True, "true"),
    ("empty", "ros", "string", "", ""),
    ("trailing-space-stays", "ros", "string", "cn-hangzhou ", "cn-hangzhou "),
    ("integer", "ros", "number", "42", 42),
    ("fraction", "ros", "number", "-1.50", -1.5),
    ("exponent", "ros", "number", "1e3", 1000.0),
    ("number", "ros", "number", 7, 7),
    ("number-stays-text", "cloudformation", "number", "1.50", "1.50"),
    ("number-becomes-text", "cloudformation", "number", 7, "7"),
    ("true", "ros", "boolean", "true", True),
    ("True", "ros", "boolean", "True", True),
    ("yes", "ros", "boolean", "yes", True),
    ("one-text", "ros", "boolean", "1", True),
    ("one", "ros", "boolean", 1, True),
    ("off", "ros", "boolean", "off", False),
    ("boolean", "ros", "boolean", False, False),
    ("list", "ros", "text_list", "80, foo,bar", ["80", " foo", "bar"]),
    ("list-empty", "ros", "text_list", "", []),
    ("list-given", "ros", "text_list", ["a", 5], ["a", "5"]),
    ("list-given-with-comma", "ros", "text_list", ["a,b"], ["a,b"]),
    ("json", "ros", "json", '[{"a": 1.5}]', [{"a": 1.5}]),
    ("json-scalar", "ros", "json", "5", 5),
    ("json-null", "ros", "json", "null", None),
    ("json-empty", "ros", "json", "", ""),
    ("json-given", "ros", "json", [{"a": None}], [{"a": None}]),
    ("number-list", "cloudformation", "number_list", "1,2", ["1", "2"]),
]

REFUSED: list[tuple[str, str, str, Any, str]] = [
    ("list-for-text", "ros", "string", ["a"], "must be a text, not a list"),
    ("word-for-number", "ros", "number", "many", "must be a number, not 'many'"),
    ("nan", "ros", "number", "NaN", "must be a number"),
    ("infinity", "ros", "number", "Infinity", "must be a number"),
    ("too-large", "ros", "number", "1e999", "must be a number"),
    ("infinite-float", "ros", "number", float("inf"), "must be a number"),
    ("hexadecimal", "ros", "number", "0x10", "must be a number"),
    ("underscores", "ros", "number", "1_000", "must be a number"),
    ("other-digits", "ros", "number", "\u0661", "must be a number"),
    ("many-digits", "ros", "number", "9" * 5000, "must be a number"),
    ("blank", "ros", "number", " 5", "must be a number"),
    ("boolean-for-number", "ros", "number", True, "must be a number, not a boolean"),
    ("word-for-boolean", "ros", "boolean", "maybe", "'true' or 'false', not 'maybe'"),
    ("two-for-boolean", "ros", "boolean", 2, "'true' or 'false'"),
    ("map-for-list", "ros", "text_list", {"a": 1}, "a list or a text with commas"),
    ("list-of-maps", "ros", "text_list", [{"a": 1}], "a list of texts"),
    ("no-json", "ros", "json", "{a: 1}", "must be JSON"),
    ("json-nan", "ros", "json", "[NaN]", "must be JSON"),
    ("json-too-large", "ros", "json", "[1e999]", "must be JSON"),
    ("json-endless-number", "ros", "json", f"[{'9' * 5_000}]", "is not: a number is too large"),
    ("json-half-a-pair", "ros", "json", r'["\ud800"]', "half of a surrogate pair"),
    ("json-half-in-a-key", "ros", "json", r'{"\udc00": 1}', "half of a surrogate pair"),
    ("json-deep", "ros", "json", "[" * 100_000 + "]" * 100_000, "nested"),
    ("json-rather-deep", "ros", "json", "[" * 200 + "]" * 200, "nested"),
    ("json-infinite", "ros", "json", [float("nan")], "not finite"),
    ("number-in-list", "cloudformation", "number_list", "1,x", "must be a number, not 'x'"),
]


@pytest.mark.parametrize(
    ("dialect", "kind", "given", "expected"),
    [c[1:] for c in CONVERTED],
    ids=[c[0] for c in CONVERTED],
)
def test_converted(dialect: str, kind: str, given: Any, expected: Any) -> None:
    result = bound(dialect, parameter(kind), given)
    assert result.diagnostics == ()
    assert result.values == {"P": expected}
    assert type(result.values["P"]) is type(expected)


@pytest.mark.parametrize(
    ("given", "items"),
    [("a,,b", ["a", "", "b"]), ("a,", ["a", ""]), (",", ["", ""]), (["a", ""], ["a", ""])],
    ids=["between", "at the end", "alone", "given as a list"],
)
def test_an_empty_item_is_kept_and_told(given: Any, items: list[str]) -> None:
    result = bound("ros", parameter("text_list"), given)
    assert result.values == {"P": items}
    (told,) = result.diagnostics
    assert (told.code, told.is_error, told.span) == ("IF410", False, SPAN)


def test_items_are_trimmed_where_the_dialect_does() -> None:
    one = parameter("text_list", trims_items=True)
    assert bound("cloudformation", one, "a, b ,c").values == {"P": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("dialect", "kind", "given", "says"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_not_of_its_type(dialect: str, kind: str, given: Any, says: str) -> None:
    result = bound(dialect, parameter(kind), given)
    (fault,) = result.diagnostics
    assert says in fault.message
    assert fault.code == "IF403"
    assert fault.span == SPAN
    assert "P" not in result.values


def test_what_is_kept_elsewhere() -> None:
    result = bound("ros", parameter("stored"), "name")
    (fault,) = result.diagnostics
    assert (fault.code, fault.span) == ("IF413", SPAN)
    assert "a service that is not asked here" in fault.why
    assert "P" not in result.values


@pytest.mark.parametrize(
    ("dialect", "kind", "given"),
    [
        ("ros", "number", "many"),
        ("ros", "boolean", "maybe"),
        ("ros", "json", "{a: 1}"),
        ("cloudformation", "number_list", "1,x"),
    ],
    ids=["number", "boolean", "json", "number-list"],
)
def test_not_of_its_type_and_secret(dialect: str, kind: str, given: str) -> None:
    secret = f"{given}-s3cret"
    result = bound(dialect, parameter(kind, no_echo=True), secret)
    assert "s3cret" not in repr(result)


CONSTRAINTS: list[tuple[str, str, Parameter, Any, str]] = [
    ("allowed", "ros", parameter("string", allowed_values=("linux", "windows")), "Linux",
     "IF404 allowed are 'linux', 'windows' did you mean 'linux'?"),
    ("allowed-number", "ros", parameter("number", allowed_values=(20, "40")), "30", "IF404"),
    ("allowed-boolean", "ros", parameter("boolean", allowed_values=("true",)), "no", "IF404"),
    ("allowed-item", "ros", parameter("text_list", allowed_values=("a", "b")), "a,c", "IF404 'c'"),
    ("pattern", "ros", parameter("string", allowed_pattern="[a-z]+"), "abc1",
     "IF405 it must match '[a-z]+'"),
    ("pattern-complex", "ros", parameter("string", allowed_pattern="(?=.*[0-9])[a-z0-9]+"), "abc",
     "IF405"),
    ("pattern-each-item", "cloudformation", parameter("text_list", allowed_pattern="[a-z]+"),
     "abc,d1", "IF405 'd1'"),
    ("pattern-broken", "ros", parameter("string", allowed_pattern="(a"), "a", "IF409 cannot be"),
    ("pattern-endless", "ros", parameter("string", allowed_pattern="(?=a)(a+)+b"), "a" * 60,
     "IF409 longer than 1 s"),
    ("too-short", "ros", parameter("string", min_length=3), "ab", "IF406 at least 3 characters"),
    ("too-long", "ros", parameter("string", max_length=3), "abcd", "IF406 at most 3"),
    ("between", "ros", parameter("string", min_length=2, max_length=3), "a", "IF406 2 to 3"),
    ("too-few-items", "ros", parameter("text_list", min_length=3), "abc,def", "IF406 items, and has 2"),
    ("too-many-in-json", "ros", parameter("json", max_length=1), "[1, 2]", "IF406 at most 1 items"),
    ("item-too-short", "cloudformation", parameter("text_list", min_length=2), "ab,c",
     "IF406 characters"),
    ("too-small", "ros", parameter("number", min_value=20), "19", "IF407 at least 20"),
    ("too-large", "ros", parameter("number", max_value=1.5), 2, "IF407 at most 1.5"),
    ("too-small-as-text", "cloudformation", parameter("number", min_value=20), "19.5", "IF407"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "one", "given", "says"),
    [c[1:] for c in CONSTRAINTS],
    ids=[c[0] for c in CONSTRAINTS],
)
def test_broken_constraint(dialect: str, one: Parameter, given: Any, says: str) -> None:
    (fault,) = bound(dialect, one, given).diagnostics
    code, _, words = says.partition(" ")
    assert fault.code == code
    for part in words.split(" did you"):
        assert part in f"{fault.message} {fault.remedy}"
    assert fault.span == SPAN


@pytest.mark.parametrize(
    ("dialect", "one", "given"),
    [
        ("ros", parameter("number", allowed_values=("20", 40)), "40"),
        ("ros", parameter("boolean", allowed_values=("True", False)), "yes"),
        ("ros", parameter("boolean", allowed_values=("yes", "no")), "off"),
        ("ros", parameter("json", allowed_values=('{"a": 1}', "[2]")), '{"a":1}'),
        ("cloudformation", parameter("number", allowed_values=(20, 40)), "40.0"),
        ("ros", parameter("string", allowed_values=(1, True)), "1"),
        ("ros", parameter("string", has_default=True, default=1, allowed_values=(1,)), None),
        ("ros", parameter("string", has_default=True, default=None, min_length=3), None),
    ],
    ids=[
        "number",
        "boolean",
        "boolean-in-other-words",
        "json",
        "number-as-text",
        "text",
        "default-as-it-stands",
        "null-is-free",
    ],
)
def test_allowed_after_conversion(dialect: str, one: Parameter, given: Any) -> None:
    assert bound(dialect, one, given).diagnostics == ()


def test_the_constraint_is_explained_in_the_template_s_words() -> None:
    one = parameter("string", max_length=1, constraint_description="one letter only")
    (fault,) = bound("ros", one, "ab").diagnostics
    assert fault.why == "one letter only"


@pytest.mark.parametrize(
    "one",
    [
        parameter("string", no_echo=True, allowed_values=("a",)),
        parameter("string", no_echo=True, allowed_pattern="[0-9]"),
        parameter("string", no_echo=True, max_length=2),
        parameter("text_list", no_echo=True, allowed_values=("a",)),
    ],
    ids=["allowed", "pattern", "length", "items"],
)
def test_a_secret_is_held_against_constraints_and_not_shown(one: Parameter) -> None:
    result = bound("ros", one, "s3cret")
    assert len(result.diagnostics) == 1
    assert "s3cret" not in repr(result.diagnostics)
    # Neither is its length.
    assert "6" not in result.diagnostics[0].message.replace("IF406", "")
    assert isinstance(result.values["P"], Secret)


def test_missing_extra_and_wrong_are_told_at_once() -> None:
    both = template(
        "ros",
        Parameter("ImageId", "String", "string", SPAN),
        Parameter("Size", "Number", "number", SPAN),
    )
    result = bind_parameters(both, {"ImagId": "m-1", "Size": "big"})
    told = {(fault.code, fault.remedy) for fault in result.diagnostics}
    assert ("IF402", "did you mean 'ImageId'?") in told
    assert ("IF401", "give it with '-p ImageId=…'") in told
    assert {fault.code for fault in result.diagnostics} == {"IF401", "IF402", "IF403"}


@pytest.mark.parametrize(
    ("given", "previous", "expected"),
    [
        ({"P": "new"}, {"P": "old"}, "new"),
        ({}, {"P": "old"}, "old"),
        ({}, {}, "default"),
        ({"P": None}, {"P": None}, "default"),
        ({"P": ""}, {"P": "old"}, ""),
    ],
    ids=["given", "previous", "default", "null-is-not-given", "empty-is-given"],
)
def test_where_a_value_comes_from(given: Any, previous: Any, expected: str) -> None:
    one = parameter("string", has_default=True, default="default")
    assert bind_parameters(template("ros", one), given, previous).values == {"P": expected}


def test_a_previous_secret_is_a_secret_again() -> None:
    one = parameter("string", no_echo=True)
    result = bind_parameters(template("ros", one), {}, {"P": Secret("s3cret")})
    assert result.values == {"P": Secret("s3cret")}


def test_what_was_hidden_stays_hidden_under_another_template() -> None:
    kept = {"P": Secret("hunter2")}
    shown = bind_parameters(template("ros", parameter("string")), {}, kept)
    assert shown.values == {"P": Secret("hunter2")} and isinstance(shown.values["P"], Secret)
    typed = bind_parameters(template("ros", parameter("string")), {"P": "hunter2"}, kept)
    assert typed.values == {"P": "hunter2"} and not isinstance(typed.values["P"], Secret)
    nested = bind_parameters(template("ros", parameter("json")), {}, {"P": [1, Secret("hunter2")]})
    assert "hunter2" not in repr(nested.values)
    for other in (parameter("number"), parameter("string", allowed_pattern="[0-9]+")):
        refused = bind_parameters(template("ros", other), {}, kept)
        assert refused.diagnostics and "hunter2" not in repr(refused)


DECLARED: list[tuple[str, Parameter, list[str]]] = [
    ("default-breaks-constraint",
     parameter("string", has_default=True, default="ab", max_length=1), ["IF406"]),
    ("default-of-wrong-type",
     parameter("number", has_default=True, default="x", default_span=SPAN), ["IF403"]),
    ("secret-default", parameter("string", has_default=True, default="pw", no_echo=True),
     ["IF408"]),
    ("secret-default-empty", parameter("string", has_default=True, default="", no_echo=True), []),
    ("null-default", parameter("string", has_default=True, default=None, min_length=3), []),
    ("broken-pattern", parameter("string", allowed_pattern="[a"), ["IF409"]),
    ("lengths-crossed", parameter("string", min_length=3, max_length=2), ["IF407"]),
    ("bounds-crossed", parameter("number", min_value=3, max_value=2), ["IF407"]),
    ("nothing-allowed", parameter("string", allowed_values=()), ["IF404"]),
    ("in-order", parameter("string", has_default=True, default="a", allowed_values=("a",)), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "expected"), [c[1:] for c in DECLARED], ids=[c[0] for c in DECLARED]
)
def test_declaration(one: Parameter, expected: list[str]) -> None:
    faults = list(faults_of_parameters(template("ros", one)))
    assert [fault.code for fault in faults] == expected
    assert "'pw'" not in repr(faults)


def test_a_large_json_parameter_is_quick() -> None:
    start = time.monotonic()
    given = [{"DestinationRegionId": f"cn-{i}", "Encrypted": True} for i in range(10_000)]
    assert bound("ros", parameter("json"), given).diagnostics == ()
    assert time.monotonic() - start < 1


def test_many_items_that_are_not_allowed_are_summed_up() -> None:
    allowed = tuple(f"value{i}" for i in range(5_000))
    given = ",".join(f"wrong{i}" for i in range(5_000))
    result = bound("ros", parameter("text_list", allowed_values=allowed), given)
    assert len(result.diagnostics) == 21
    assert {fault.code for fault in result.diagnostics} == {"IF404"}
    assert "4980 more items" in result.diagnostics[-1].message
