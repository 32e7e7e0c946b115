"""Resources of ROS: DependsOn with functions, what stands beside properties, nested definitions."""

from __future__ import annotations

import pytest

from imageferry.model.expressions import Call, MapOf
from tests.dialects.forms import codes, read_both, ros, template_of


def test_depends_on_holds_names_and_functions() -> None:
    names = ["A", None, "", {"Fn::If": ["C", "B", "A"]}, "B"]
    resource = template_of(
        ros(
            Conditions={"C": {"Fn::Equals": [1, 1]}},
            Resources={
                "A": {"Type": "ALIYUN::X::Y"},
                "B": {"Type": "ALIYUN::X::Y"},
                "R": {"Type": "ALIYUN::X::Y", "DependsOn": names},
            },
        )
    ).resources["R"]
    assert [name for name, _ in resource.depends_on] == ["A", "B"]
    (computed,) = resource.computed_dependencies
    assert isinstance(computed, Call)
    assert computed.function == "if"


def test_what_a_module_makes_stands_for_the_module() -> None:
    resource = template_of(
        ros(
            Resources={
                "M": {"Type": "MODULE::Own::Net::Pair"},
                "R": {"Type": "ALIYUN::X::Y", "DependsOn": ["M.Inner", "M"]},
            }
        )
    ).resources["R"]
    assert [name for name, _ in resource.depends_on] == ["M", "M"]


@pytest.mark.parametrize("word", ["Metadata", "UpdatePolicy"])
@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ({"A": {"Ref": "P"}}, []),
        ({"Ref": "P"}, []),
        (None, []),
        ([], ["IF145"]),
        ("none", ["IF145"]),
    ],
    ids=["a-map", "a-function", "null", "a-list", "text"],
)
def test_what_stands_beside_the_properties(word: str, value: object, errors: list[str]) -> None:
    document = ros(
        Parameters={"P": {"Type": "Json"}},
        Resources={"R": {"Type": "ALIYUN::X::Y", word: value}},
    )
    found = read_both(document)
    assert [one.code for one in found.diagnostics if one.is_error] == errors


def test_an_update_policy_is_an_expression() -> None:
    found = read_both(
        ros(
            Parameters={"P": {"Type": "Number"}},
            Resources={"R": {"Type": "ALIYUN::X::Y", "UpdatePolicy": {"Most": {"Ref": "P"}}}},
        )
    )
    assert codes(found) == ["IF146"]
    assert found.template is not None
    assert isinstance(found.template.resources["R"].update_policy, MapOf)


NESTED = {"Type": "Aliyun::Serverless::Function", "Properties": {"Handler": "a.b"}}


@pytest.mark.parametrize(
    ("kind", "nested", "found"),
    [
        ("Aliyun::Serverless::Service", NESTED, ["IF134"]),
        ("Aliyun::Serverless::Service", {"Handler": "a.b"}, ["IF134", "IF143"]),
        ("ALIYUN::FC::Service", NESTED, ["IF134", "IF143"]),
    ],
    ids=["a-function-in-a-service", "no-definition", "in-another-type"],
)
def test_functions_stand_inside_their_service(kind: str, nested: object, found: list[str]) -> None:
    document = ros(
        Transform="Aliyun::Serverless-2018-04-03",
        Resources={"S": {"Type": kind, "Function": nested}},
    )
    assert codes(read_both(document)) == found


def test_a_deletion_policy_may_be_no_value() -> None:
    document = ros(
        Resources={
            "R": {"Type": "ALIYUN::X::Y", "DeletionPolicy": {"Ref": "ALIYUN::NoValue"}},
        }
    )
    assert codes(read_both(document)) == []


def test_a_function_beside_the_names_of_sub_is_told_as_what_it_is() -> None:
    names = {"ip": None, "Fn::GetAtt": ["R", "Address"]}
    document = ros(
        Resources={"R": {"Type": "ALIYUN::X::Y"}},
        Outputs={"O": {"Value": {"Fn::Sub": ["http://${ip}/", names]}}},
    )
    assert codes(read_both(document)) == ["IF175"]
