"""Properties against their type: the line of each fault, counted instances told once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.diagnostics import Severity
from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.bindings import bind
from imageferry.validation.validator import validate, validate_bound

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

FAN_OUT = """
Parameters:
  ImageId: {Type: String}
  Name: {Type: String, Default: ''}
  Key: {Type: String, Default: Null}
  Destinations: {Type: Json}
  Password: {Type: String, NoEcho: true, Default: ''}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {'Fn::Length': {Ref: Destinations}}
    Properties:
      ImageId: {Ref: ImageId}
      DestinationImageName: {Ref: Name}
      KMSKeyId: {Ref: Key}
      DestinationRegionId:
        Fn::Jq: [First, .Region, {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {Ref: Destinations}]}]
      Encrypted:
        Fn::Jq: [First, .Encrypted, {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {Ref: Destinations}]}]
Outputs:
  Ids: {Value: {'Fn::GetAtt': [Copy, ImageId]}}
"""


def told(template: Template, catalog: Catalog, **given: Any) -> Any:
    bound = bind(template, given, {})
    assert bound.bindings is not None, bound.diagnostics
    return validate_bound(template, bound.bindings, catalog, "cn-hangzhou")


def places(*regions: str, **more: Any) -> list[dict[str, Any]]:
    return [{"Region": region, **more} for region in regions]


def test_good(template_of: Reader, catalog: Catalog) -> None:
    template = template_of(FAN_OUT)
    assert validate(template, catalog) == ()
    assert told(template, catalog, ImageId="m-1", Destinations=places("cn-a", "cn-b")) == ()
    assert told(template, catalog, ImageId="m-1", Destinations=[]) == ()


CASES: list[tuple[str, dict[str, Any], list[tuple[str, int]], str]] = [
    ("constant-fault-is-told-once",
     {"ImageId": "ami-1", "Destinations": places("cn-a", "cn-b", "cn-c", "cn-d", "cn-e")},
     [("IF505", 14)], "Copy[*]: 'ImageId' cannot be 'ami-1'"),
    ("same-fault-of-three",
     {"ImageId": "m-1", "Destinations": [{"Region": "cn-a"}, {}, {}, {}, {}]},
     [("IF510", 10), ("IF510", 10), ("IF510", 10), ("IF502", 17)],
     "Copy[1], Copy[2], Copy[3] and 1 more: 'DestinationRegionId' is required"),
    ("different-faults",
     {"ImageId": "m-1", "Destinations": [{"Region": "a", "Encrypted": "u"},
                                         {"Region": "b", "Encrypted": "v"}]},
     [("IF503", 19), ("IF503", 19)], "Copy[1]: 'Encrypted' must be true or false, not the text 'v'"),
    ("rule-of-the-type-for-all",
     {"ImageId": "m-1", "Destinations": places("cn-hangzhou", "cn-hangzhou")},
     [("IF510", 10), ("IF520", 17)], "Copy[*]: the regions are equal"),
    ("rule-of-the-type",
     {"ImageId": "m-1", "Destinations": places("cn-a", "cn-hangzhou")},
     [("IF520", 17)], "Copy[1]: the regions are equal"),
    ("rule-of-the-type-not-broken",
     {"ImageId": "m-1", "Destinations": places("cn-a", "cn-hangzhou", Encrypted=True)}, [], ""),
    ("listed-twice", {"ImageId": "m-1", "Destinations": places("cn-a", "cn-b", "cn-a")},
     [("IF510", 10)], "'Copy[2]' wants the same as 'Copy[0]'"),
    ("element-of-wrong-kind", {"ImageId": "m-1", "Destinations": ["cn-a"]},
     [("IF303", 18), ("IF303", 20)], "cannot read its text as JSON"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected", "says"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_bound(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    given: dict[str, Any],
    expected: list[tuple[str, int]],
    says: str,
) -> None:
    faults = told(template_of(FAN_OUT), catalog, **given)
    assert codes_of(faults) == expected
    assert says in " ".join(one.message for one in faults)


def test_many_different_faults_are_summed_up(template_of: Reader, catalog: Catalog) -> None:
    places_ = [{"Region": f"cn-{i}", "Encrypted": f"x{i}"} for i in range(50)]
    faults = told(template_of(FAN_OUT), catalog, ImageId="m-1", Destinations=places_)
    assert len(faults) == 21
    assert any(one.message == "there are 30 more like these" for one in faults)


def test_a_secret_is_not_shown(template_of: Reader, catalog: Catalog) -> None:
    text = FAN_OUT.replace("{Ref: Name}", "{Ref: Password}").replace(
        "ImageId: {Ref: ImageId}", "ImageId: {'Fn::Sub': '${Password}!'}"
    )
    faults = told(template_of(text), catalog, ImageId="m-1", Destinations=[{"Region": "a"}],
                  Password="s")  # fmt: skip
    assert {one.code for one in faults} == {"IF504", "IF505"}
    assert "'s" not in repr([one.message for one in faults])


PLAIN = """
Conditions:
  C: {'Fn::Equals': [a, b]}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-1
      DestinationRegionId: cn-beijing
"""

STATIC: list[tuple[str, str, list[tuple[str, int]], str]] = [
    ("unknown-property", "      ImageNam: x\n", [("IF501", 11)], "Copy: there is no property"),
    ("near-miss", "      DestinationImagName: ab\n", [("IF501", 11)], "DestinationImageName"),
    ("list-for-text", "      KMSKeyId: [a]\n", [("IF503", 11)], "must be a text, not a list"),
    ("inside-a-list",
     "      Tag:\n        - Key: a\n        - Value: b\n          Ke: c\n",
     [("IF502", 13), ("IF501", 14)], "'Tag[1].Key' is required"),
    ("inside-a-list-of-expressions",
     "      Tag:\n        - Key: {Ref: 'ALIYUN::Region'}\n        - Key: []\n",
     [("IF503", 13)], "'Tag[1].Key'"),
    ("in-a-branch", "      KMSKeyId: {'Fn::If': [C, [a], k]}\n", [("IF503", 11)], "a list"),
    ("too-many", "      Tag: [{Key: a}, {Key: b}, {Key: c}]\n", [("IF507", 11)], "at most 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected", "says"), [c[1:] for c in STATIC], ids=[c[0] for c in STATIC]
)
def test_static(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    more: str,
    expected: list[tuple[str, int]],
    says: str,
) -> None:
    faults = validate(template_of(PLAIN + more), catalog)
    assert codes_of(faults) == expected
    assert says in " ".join(f"{one.message} {one.remedy}" for one in faults)


def test_a_required_property_without_a_line_is_told_at_its_resource(
    template_of: Reader, codes_of: Codes, catalog: Catalog
) -> None:
    text = PLAIN.replace("      ImageId: m-1\n", "")
    assert codes_of(validate(template_of(text), catalog)) == [("IF502", 6)]


def test_what_is_wrong_only_by_default_is_a_warning(template_of: Reader, catalog: Catalog) -> None:
    text = "Parameters:\n  P: {Type: String, Default: ami-1}\n" + PLAIN.replace("m-1", "{Ref: P}")
    (fault,) = validate(template_of(text), catalog)
    assert fault.severity is Severity.WARNING
    assert "defaults" in fault.why


def test_an_absent_resource_is_not_checked_when_bound(
    template_of: Reader, catalog: Catalog
) -> None:
    text = PLAIN.replace("    Properties", "    Condition: C\n    Properties").replace(
        "m-1", "ami-1"
    )
    template = template_of(text)
    assert told(template, catalog) == ()
    assert [one.code for one in validate(template, catalog)] == ["IF505"]


def test_a_policy_that_is_none(template_of: Reader, codes_of: Codes, catalog: Catalog) -> None:
    text = "Parameters:\n  P: {Type: String}\n" + PLAIN.replace(
        "    Properties", "    DeletionPolicy: {Ref: P}\n    Properties"
    )
    template = template_of(text)
    assert codes_of(told(template, catalog, P="Keep")) == [("IF316", 10)]
    assert told(template, catalog, P="Retain") == ()


def test_an_index_beyond_what_is_counted(
    template_of: Reader, codes_of: Codes, catalog: Catalog
) -> None:
    text = PLAIN.replace("    Type", "    Count: 2\n    Type") + (
        "Outputs:\n  X:\n    Value:\n      Fn::Select: [{'Fn::Length': [a, b, c]}, {Ref: Copy}]\n"
    )
    assert codes_of(told(template_of(text), catalog)) == [("IF309", 15)]


def test_the_service_s_limit_after_expansion_is_a_warning(
    template_of: Reader, catalog: Catalog
) -> None:
    text = PLAIN.replace("    Type", "    Count: 301\n    Type")
    (fault,) = told(template_of(text), catalog)
    assert fault.severity is Severity.WARNING
    assert "301 resources" in fault.message


def test_ten_thousand_instances_are_quick(template_of: Reader, catalog: Catalog) -> None:
    template = template_of(FAN_OUT)
    bound = bind(template, {"ImageId": "m-1", "Destinations": places(*map(str, range(10_000)))}, {})
    assert bound.bindings is not None
    start = time.process_time()
    faults = validate_bound(template, bound.bindings, catalog, "cn-hangzhou")
    assert time.process_time() - start < 2
    assert [one.code for one in faults] == ["IF191"]
