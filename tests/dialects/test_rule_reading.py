"""Rules: what is asserted of parameters, and what is said of rules that say nothing."""

from __future__ import annotations

import pytest

from imageferry.dialects.rules import MAX_ASSERTIONS
from tests.dialects.forms import Document, cfn, codes, read_both, ros, shown, template_of, told

THING = {"A": {"Type": "AWS::X::Y"}}
PARAMETER = {"P": {"Type": "String"}}
EQUALS = {"Fn::Equals": [{"Ref": "P"}, "a"]}


def asserting(*assertions: object, **more: object) -> dict[str, object]:
    return {"R": {"Assertions": list(assertions), **more}}


READ: dict[str, tuple[Document, dict[str, str]]] = {
    "ros, with its words": (
        ros(
            Parameters=PARAMETER,
            Rules=asserting({"Assert": {"Fn::Not": EQUALS}, "AssertDescription": "Not a."}),
        ),
        {"rule R[0]": 'not(equals(@P, "a")) # Not a.'},
    ),
    "ros, words in languages": (
        ros(
            Parameters=PARAMETER,
            Rules=asserting({"Assert": EQUALS, "AssertDescription": {"zh-cn": "x", "en": "A."}}),
        ),
        {"rule R[0]": 'equals(@P, "a") # A.'},
    ),
    "ros, names of conditions": (
        ros(
            Parameters=PARAMETER,
            Conditions={"C": EQUALS},
            Rules=asserting({"Assert": {"Fn::And": ["C", EQUALS]}}, RuleCondition="C"),
        ),
        {
            "if C": 'equals(@P, "a")',
            "rule R": "?C",
            "rule R[0]": 'and(?C, equals(@P, "a"))',
        },
    ),
    "ros, true": (
        ros(Rules=asserting({"Assert": True})),
        {"rule R[0]": "true"},
    ),
    "ros, no assertions in the list": (ros(Rules=asserting()), {}),
    "cloudformation": (
        cfn(
            Parameters=PARAMETER,
            Rules=asserting(
                {"Assert": {"Fn::Contains": [["a"], {"Ref": "P"}]}, "AssertDescription": "Is a."},
                {"Assert": {"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["T", "x"]}, ["a"]]}},
                RuleCondition={"Fn::Equals": [{"Ref": "P"}, "a"]},
            ),
            Resources=THING,
        ),
        {
            "rule R": 'equals(@P, "a")',
            "rule R[0]": 'contains(["a"], @P) # Is a.',
            "rule R[1]": 'each_member_in(value_of_all(["T", "x"]), ["a"])',
            "A": "AWS::X::Y",
        },
    ),
}


@pytest.mark.parametrize(("document", "parts"), READ.values(), ids=READ)
def test_a_rule_is_read(document: Document, parts: dict[str, str]) -> None:
    assert shown(template_of(document)) == parts


FAULTS: dict[str, tuple[Document, list[tuple[str, str]]]] = {
    "no assertions": (
        ros(Rules={"R": {}}),
        [("IF156", "the rule 'R' has no 'Assertions'")],
    ),
    "assertions that are no list": (
        ros(Rules={"R": {"Assertions": {}}}),
        [("IF145", "'Assertions' of the rule 'R' must be a list, not a map")],
    ),
    "an assertion that is no map": (
        ros(Rules=asserting(1)),
        [("IF145", "an assertion of the rule 'R' must be a map, not the number 1")],
    ),
    "nothing asserted": (
        ros(Rules=asserting({"AssertDescription": "x"})),
        [("IF156", "an assertion of the rule 'R' has no 'Assert'")],
    ),
    "too many": (
        ros(Rules=asserting(*[{"Assert": True}] * (MAX_ASSERTIONS + 1))),
        [("IF156", "the rule 'R' has 101 assertions")],
    ),
    "a field in ros": (
        ros(Rules=asserting({"Assert": True, "Asert": 1}, Odd=1)),
        [
            ("IF143", "an assertion has no field 'Asert'"),
            ("IF143", "a rule has no field 'Odd'"),
        ],
    ),
    "a rule that is none": (
        ros(Rules={"R": []}),
        [("IF145", "the rule 'R' must be a map, not a list")],
    ),
    "the name of a condition in cloudformation": (
        cfn(Rules=asserting({"Assert": "C"}), Resources=THING),
        [("IF145", "what a rule checks must be a function that gives true or false, not text")],
    ),
    "a name in cloudformation": (
        cfn(Rules={"a-b": {"Assertions": []}}, Resources=THING),
        [("IF140", "'a-b' cannot be the name of a rule")],
    ),
}


@pytest.mark.parametrize(("document", "faults"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_rule_is_told(document: Document, faults: list[tuple[str, str]]) -> None:
    reading = read_both(document)
    said = [message for _, message, _ in told(reading)]
    assert sorted(zip(codes(reading), said, strict=True)) == sorted(faults)


def test_an_unknown_field_is_an_error_only_in_cloudformation() -> None:
    rules = asserting({"Assert": EQUALS}, Odd=1)
    assert not read_both(ros(Parameters=PARAMETER, Rules=rules)).has_errors
    assert read_both(cfn(Parameters=PARAMETER, Rules=rules, Resources=THING)).has_errors
