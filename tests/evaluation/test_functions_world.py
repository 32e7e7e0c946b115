"""Logic, names, networks, the time and what is asked of the world: every form, by name."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.templates import Bindings
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret
from tests.evaluation.cases import (
    HIDDEN,
    LATER,
    NO,
    NOTHING,
    NULL,
    PASSWORD,
    SECRET_LIST,
    THREE,
    UNSETTLED,
    YES,
    Cases,
    Says,
    call,
    check,
    params,
)

LOGIC: Cases = {
    "ros if": {
        "true": ([YES, "a", "b"], "a"),
        "no value in the chosen branch": ([NO, "a", NOTHING], NO_VALUE),
        "no value in the other branch": ([YES, "a", NOTHING], "a"),
        "the other branch is not evaluated": ([YES, "a", call("add", [1])], "a"),
        "null": ([NULL, "a", "b"], Says("not null", "IF311")),
        "unknown": ([UNSETTLED, "a", "b"], UNKNOWN),
        "wrong type": (["maybe", "a", "b"], Says("not text", "IF311")),
        "wrong count": ([YES, "a"], Says("not 2", "IF302")),
        "secret": ([YES, PASSWORD, "b"], Secret(HIDDEN)),
        "name of a module's condition": (
            [call("transform_namespace", ["Condition", "Inner", "Fast"]), "a", "b"], "a"),
    },
    "cloudformation if": {
        "false": ([NO, "a", "b"], "b"),
        "null": ([NULL, "a", "b"], Says("not null", "IF311")),
        "unknown": ([UNSETTLED, "a", "b"], UNKNOWN),
        "wrong type": ([5, "a", "b"], Says("not a number", "IF311")),
    },
    "ros equals": {
        "deep": ([THREE, ["a", "b", "c"]], True),
        "no conversion": ([1, "1"], False),
        "null": ([NULL, None], True),
        "no value": ([NOTHING, 1], NO_VALUE),
        "unknown": ([LATER, 1], UNKNOWN),
        "wrong type, there is none": ([{"a": 1}, 5], False),
        "wrong count": ([1], Says("needs a list of 2, not 1", "IF302")),
        "secret": ([PASSWORD, HIDDEN], True),
    },
    "cloudformation equals": {
        "as text": ([True, "true"], True),
        "case": (["A", "a"], False),
        "null": ([NULL, "a"], False),
        "unknown": ([LATER, 1], UNKNOWN),
        "wrong type, there is none": ([THREE, "a"], False),
    },
    "ros and": {
        "all": ([YES, True], True),
        "false beats unknown": ([LATER, NO], False),
        "null": ([YES, NULL], Says("not null", "IF311")),
        "unknown": ([LATER, YES], UNKNOWN),
        "wrong type": ([YES, "a"], Says("not text", "IF311")),
        "wrong count": ([YES], Says("at least 2, not 1", "IF302")),
        "secret": ([Secret(True), YES], True),
    },
    "cloudformation and": {
        "all": ([YES, YES], True),
        "null": ([YES, NULL], Says("not null", "IF311")),
        "unknown": ([UNSETTLED, YES], UNKNOWN),
        "wrong type": ([YES, THREE], Says("not a list", "IF311")),
    },
    "ros or": {
        "one": ([NO, YES], True),
        "true beats unknown": ([LATER, YES], True),
        "null": ([NO, NULL], Says("not null", "IF311")),
        "unknown": ([LATER, NO], UNKNOWN),
        "wrong type": ([NO, 5], Says("not a number", "IF311")),
        "wrong count": ([NO], Says("at least 2, not 1", "IF302")),
    },
    "cloudformation or": {
        "none": ([NO, NO], False),
        "null": ([NO, NULL], Says("not null", "IF311")),
        "unknown": ([UNSETTLED, NO], UNKNOWN),
        "wrong type": ([NO, {"a": 1}], Says("not a map", "IF311")),
    },
    "ros not": {
        "in a list": ([YES], False),
        "bare": (NO, True),
        "null": ([NULL], Says("not null", "IF311")),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (["a"], Says("not text", "IF311")),
        "wrong count": ([YES, YES], Says("a list of 1, not 2", "IF302")),
    },
    "cloudformation not": {
        "in a list": ([NO], True),
        "null": ([NULL], Says("not null", "IF311")),
        "unknown": ([UNSETTLED], UNKNOWN),
        "wrong type": ([5], Says("not a number", "IF311")),
    },
    "ros ref": {
        "computed name": (call("join", ["", ["Na", "me"]]), "golden"),
        "null": (NULL, None),
        "no value": (NOTHING, NO_VALUE),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (THREE, Says("not a list")),
        "no parameter": ("Nobody", Says("no parameter 'Nobody'", "IF201")),
        "secret": (PASSWORD, Says("secret", "IF201")),
    },
    "ros transform_namespace": {
        "truth stays": (["Condition", "Inner", True], True),
        "condition": (["Condition", "Inner", "Fast"], True),
        "condition not settled": (["Condition", "Inner", "Slow"], UNKNOWN),
        "names": (["DependsOn", "Inner.", ["A", NULL, "B"]], ["Inner.A", "Inner.B"]),
        "name": (["DependsOn", "Inner", "A"], "Inner.A"),
        "table": (["DependsOn", {"Lookup": {"A": "X"}, "Prefix": "P"}, ["A", "B"]], ["X", "P.B"]),
        "null": (["DependsOn", "Inner", NULL], None),
        "null condition": (["Condition", "Inner", NULL], None),
        "no value": (["DependsOn", "Inner", NOTHING], NO_VALUE),
        "unknown": (["DependsOn", "Inner", LATER], UNKNOWN),
        "wrong type": (["DependsOn", "Inner", 5], Says("a name, not a number")),
        "wrong type of namespace": (["DependsOn", 5, "A"], Says("as its namespace")),
        "wrong kind": (["Type", "Inner", "A"], Says("'Condition' or 'DependsOn'")),
        "wrong count": (["Condition", "Inner"], Says("not 2", "IF302")),
        "secret": (["DependsOn", "Inner", PASSWORD], Secret(f"Inner.{HIDDEN}")),
    },
    "ros resource_facade": {
        "metadata": ("Metadata", Says("own template", "IF304")),
        "null": (NULL, Says("own template", "IF304")),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (5, Says("own template", "IF304")),
    },
}  # fmt: skip

WORLD: Cases = {
    "ros cidr": {
        "documented": (["192.168.0.0/24", 6, 5],
                       [f"192.168.0.{n}/27" for n in range(0, 192, 32)]),
        "numbers as text": (["10.0.0.0/16", "1", "8"], ["10.0.0.0/24"]),
        "bits beyond the block's address do not count": (["10.0.0.9/31", 1, 1], ["10.0.0.8/31"]),
        "as many as there are": (["10.0.0.0/24", 256, 1], Says("there are 128")),
        "blocks larger than the whole": (["10.0.0.0/24", 1, 9], Says("one of '/24'")),
        "null": ([NULL, 1, 8], None),
        "no value": ([NOTHING, 1, 8], NO_VALUE),
        "unknown": ([LATER, 1, 8], UNKNOWN),
        "wrong type": ([5, 1, 8], Says("not a number")),
        "wrong type of number": (["10.0.0.0/8", "a", 8], Says("a whole number")),
        "no block": (["10.0.0.0", 1, 8], Says("'10.0.0.0' is none")),
        "too many": (["10.0.0.0/8", 257, 8], Says("from 1 to 256")),
        "too many bits": (["10.0.0.0/8", 1, 33], Says("from 1 to 32")),
        "long addresses": (["2001:db8::/56", 1, 64], Says("IPv4 addresses only")),
        "wrong count": (["10.0.0.0/8", 1], Says("needs a list of 3, not 2", "IF302")),
        "secret": ([Secret("10.0.0.0/8"), 1, 8], Secret(["10.0.0.0/24"])),
        "secret that is none": ([PASSWORD, 1, 8], Says("secret")),
    },
    "cloudformation cidr": {
        "documented": (["192.168.0.0/24", "2", "5"], ["192.168.0.0/27", "192.168.0.32/27"]),
        "long addresses": (["2001:db8::/56", 2, 64], ["2001:db8::/64", "2001:db8:0:1::/64"]),
        "without bits": (["10.0.0.0/16", 2], ["10.0.0.0/24", "10.0.1.0/24"]),
        "null": ([NULL, 1, 8], Says("not null")),
        "no value": ([NOTHING, 1, 8], NO_VALUE),
        "unknown": (["10.0.0.0/8", LATER, 8], UNKNOWN),
        "wrong type": ([THREE, 1, 8], Says("not a list")),
    },
    "ros format_time": {
        "format": ("%Y-%m-%d %H:%M:%S", "2021-04-07 08:15:10"),
        "in a list": (["%y %j"], "21 097"),
        "zone": (["%H:%M", "Asia/Shanghai"], "16:15"),
        "offset and name": (["%z %Z", "Asia/Shanghai"], "+0800 CST"),
        "hours ahead": (["%H:%M", "GMT+8"], "16:15"),
        "hours behind": (["%H:%M", "UTC-03:30"], "04:45"),
        "seconds since 1970": (["%s%%s", "Asia/Shanghai"], "1617783310%s"),
        "names": ("%a %A %b %B %c", "Wed Wednesday Apr April Wed Apr  7 08:15:10 2021"),
        "plain text": ("today", "today"),
        "null": (NULL, None),
        "null zone": (["%H", NULL], "08"),
        "no value": (NOTHING, NO_VALUE),
        "unknown": (LATER, UNKNOWN),
        "unknown zone": (["%H", LATER], UNKNOWN),
        "wrong type": (5, Says("not a number")),
        "wrong type of zone": (["%H", 5], Says("the name of a time zone")),
        "wrong zone": (["%H", "Asia/Atlantis"], Says("no time zone 'Asia/Atlantis'")),
        "zone outside the database": (["%H", "../../etc/passwd"], Says("no time zone")),
        "zone that is a folder": (["%H", "Asia"], Says("no time zone")),
        "width": ("%999999999Y", Says("'%9', which means nothing")),
        "open end": ("%", Says("'%', which means nothing")),
        "too long": ("x" * 1_001, Says("more than 1,000")),
        "wrong count": (["%H", "UTC", "x"], Says("not 3", "IF302")),
        "secret": (PASSWORD, Secret(HIDDEN)),
    },
    "ros get_azs": {
        "region": ("cn-beijing", ["cn-beijing-a", "cn-beijing-b"]),
        "own region": ("", ["cn-beijing-a", "cn-beijing-b"]),
        "none": ("cn-empty", []),
        "not asked yet": ("cn-hangzhou", UNKNOWN),
        "null": (NULL, None),
        "no value": (NOTHING, NO_VALUE),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (THREE, Says("not a list")),
        "secret": (PASSWORD, Says("a secret as a region", "IF335")),
    },
    "cloudformation get_azs": {
        "own region": ("", ["cn-beijing-a", "cn-beijing-b"]),
        "null": (NULL, Says("not null")),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (True, Says("not a boolean")),
        "secret": (PASSWORD, Says("a secret as a region", "IF335")),
    },
    "cloudformation import_value": {
        "value": ("net", "vpc-1"),
        "secret value": ("hidden", Secret(HIDDEN)),
        "not asked yet": ("other", UNKNOWN),
        "missing": ("gone", Says("no export named 'gone'", "IF365")),
        "null": (NULL, Says("not null")),
        "no value": (NOTHING, NO_VALUE),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (THREE, Says("not a list")),
        "empty": ("", Says("an empty text")),
        "secret": (PASSWORD, Says("a secret", "IF335")),
    },
    "ros get_stack_output": {
        "value": (["net", "Id"], "vpc-1"),
        "region": (["net", "Id", "cn-beijing"], ["vpc-2"]),
        "missing": (["net", "No"], None),
        "not asked yet": (["net", "Other"], UNKNOWN),
        "null": ([NULL, "Id"], None),
        "null region": (["net", "Id", NULL], None),
        "empty": (["", "Id"], None),
        "no value": (NOTHING, NO_VALUE),
        "unknown": ([LATER, "Id"], UNKNOWN),
        "unknown as argument": (LATER, UNKNOWN),
        "wrong type": ([THREE, "Id"], Says("as a stack, not a list")),
        "wrong type, a map": ({"StackName": "net"}, Says("a list of 2 to 3", "IF302")),
        "wrong count": (["net"], Says("not 1", "IF302")),
        "secret": ([PASSWORD, "Id"], Says("a secret as a stack", "IF335")),
    },
    "cloudformation get_stack_output": {
        "value": ({"StackName": "net", "OutputName": "Id"}, "vpc-1"),
        "region": ({"StackName": "net", "OutputName": "Id", "Region": "cn-beijing"}, ["vpc-2"]),
        "missing": ({"StackName": "net", "OutputName": "No"}, Says("no output 'No'", "IF368")),
        "null": ({"StackName": NULL, "OutputName": "Id"}, Says("not null")),
        "no value": (NOTHING, NO_VALUE),
        "unknown": ({"StackName": "net", "OutputName": LATER}, UNKNOWN),
        "wrong type": (["net", "Id"], Says("not a list", "IF302")),
        "wrong key": ({"StackNam": "net"}, Says("did you mean 'StackName'", "IF302")),
        "missing key": ({"StackName": "net"}, Says("needs 'OutputName'", "IF302")),
        "empty": ({"StackName": "", "OutputName": "Id"}, Says("which is empty")),
        "role": ({"StackName": "net", "OutputName": "Id", "RoleArn": "r"},
                 Says("the role in 'RoleArn'", "IF338")),
        "secret": ({"StackName": PASSWORD, "OutputName": "Id"}, Says("a secret", "IF335")),
    },
    "ros marketplace_image": {
        "image": ("cmjj1", "m-1"),
        "none": ("cmjj2", None),
        "not asked yet": ("cmjj3", UNKNOWN),
        "null": (NULL, None),
        "no value": (NOTHING, NO_VALUE),
        "unknown": (LATER, UNKNOWN),
        "wrong type": (THREE, Says("not a list")),
        "secret": (PASSWORD, Says("a secret", "IF335")),
    },
    "cloudformation ref_all": {
        "is never known": ("AWS::EC2::VPC::Id", UNKNOWN),
        "null": (NULL, UNKNOWN),
        "unknown": (LATER, UNKNOWN),
        "wrong type, told elsewhere": (THREE, UNKNOWN),
    },
    "cloudformation value_of": {
        "is never known": (["Vpc", "DefaultNetworkAcl"], UNKNOWN),
        "null": ([NULL, "a"], UNKNOWN),
        "unknown": ([LATER, "a"], UNKNOWN),
        "wrong type": ("Vpc", Says("not text", "IF302")),
        "wrong count": (["Vpc"], Says("not 1", "IF302")),
    },
    "cloudformation value_of_all": {
        "is never known": (["AWS::EC2::VPC::Id", "Tags.Department"], UNKNOWN),
        "null": ([NULL, "a"], UNKNOWN),
        "unknown": ([LATER, "a"], UNKNOWN),
        "wrong type": (5, Says("not a number", "IF302")),
    },
    "ros unresolved": {
        "is never known": (None, UNKNOWN),
        "null": (NULL, UNKNOWN),
        "unknown": (LATER, UNKNOWN),
        "wrong type, there is none": (SECRET_LIST, UNKNOWN),
    },
}  # fmt: skip

CASES: Cases = {**LOGIC, **WORLD}


@pytest.mark.parametrize(("key", "argument", "expected"), params(CASES))
def test_case(key: str, argument: Any, expected: Any) -> None:
    check(key, argument, expected)


def test_the_time_is_not_known_before_it_is_asked() -> None:
    scope = Scope(Bindings({}, {}), Unresolved(), MANNERS["ros"])
    assert evaluate(call("format_time", ["%Y", "Asia/Shanghai"]), scope) is UNKNOWN


def test_the_own_region_is_not_asked_for_before_it_is_known() -> None:
    scope = Scope(Bindings({}, {}), Unresolved(), MANNERS["cloudformation"])
    assert evaluate(call("get_azs", ""), scope) is UNKNOWN
