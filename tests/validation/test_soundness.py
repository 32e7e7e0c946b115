"""What defaults show to be right is not looked at twice, and hides no fault of what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

Reader = Callable[..., Template]
Codes = Callable[[Any], list[tuple[str, int]]]

HEAD = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Far: {Type: String, Default: 'yes'}
  Image: {Type: String, Default: m-golden0000000000001}
Conditions:
  IsFar: {'Fn::Equals': [{Ref: Far}, 'yes']}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {Ref: Image}
"""


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param("DestinationRegionId: cn-beijing", [], id="right"),
        pytest.param(
            "DestinationRegionId: {'Fn::If': [IsFar, cn-beijing, {'Fn::Select': ['x', [a]]}]}",
            [("IF303", 12)],
            id="the branch that the default does not choose",
        ),
        pytest.param(
            "DestinationRegionId: {'Fn::Join': ['-', [cn, [beijing]]]}",
            [("IF303", 12)],
            id="wrong whatever the parameters are",
        ),
    ],
)
def test_faults(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    properties: str,
    expected: list[tuple[str, int]],
) -> None:
    assert codes_of(validate(template_of(f"{HEAD}      {properties}\n"), catalog)) == expected
