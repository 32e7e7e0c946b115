"""Everything at once for a template that meets its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate, validate_given

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

TEMPLATE = """
Parameters:
  Image: {Type: String, Default: ami-1}
  Regions: {Type: CommaDelimitedList}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {'Fn::Length': {Ref: Regions}}
    Properties:
      ImageId: {Ref: Image}
      DestinationRegionId: {'Fn::Select': [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]}
      KMSKeyId: [a]
Outputs:
  Ids: {Value: {Ref: Copi}}
"""


def test_each_fault_is_told_once(template_of: Reader, codes_of: Codes, catalog: Catalog) -> None:
    bound = validate_given(
        template_of(TEMPLATE), catalog, {"Regions": "a,b"}, {"region": "cn-hangzhou"}
    )
    assert bound.bindings is None
    assert codes_of(bound.diagnostics) == [("IF505", 11), ("IF503", 13), ("IF201", 15)]


def test_faults_of_parameters_hide_none_of_the_others(
    template_of: Reader, codes_of: Codes, catalog: Catalog
) -> None:
    bound = validate_given(template_of(TEMPLATE), catalog, {"Region": "a"}, {})
    assert codes_of(bound.diagnostics) == [
        ("IF402", 0), ("IF401", 5), ("IF503", 13), ("IF201", 15),
    ]  # fmt: skip


def test_defaults_that_are_not_used_are_no_matter(template_of: Reader, catalog: Catalog) -> None:
    good = TEMPLATE.replace("[a]", "k").replace("Copi", "Copy")
    template = template_of(good)
    assert [one.code for one in validate(template, catalog)] == ["IF505"]
    given = {"Image": "m-1", "Regions": ["a", "b"]}
    bound = validate_given(template, catalog, given, {"region": "cn-hangzhou"})
    assert bound.diagnostics == ()
    assert bound.bindings is not None
    assert bound.bindings.counts == {"Copy": 2}


def test_the_region_is_that_of_the_pseudo_parameters(
    template_of: Reader, codes_of: Codes, catalog: Catalog
) -> None:
    template = template_of(TEMPLATE.replace("[a]", "k").replace("Copi", "Copy"))
    given = {"Image": "m-1", "Regions": "a,cn-hangzhou"}
    bound = validate_given(template, catalog, given, {"region": "cn-hangzhou"})
    assert codes_of(bound.diagnostics) == [("IF520", 12)]
