"""What another value of each parameter would do to the resources of a template."""

from __future__ import annotations

from imageferry.control.parameter_effects import Effects, parameter_effects
from imageferry.dialects.reader import read
from imageferry.resource_types.catalog import TypeCatalog

TEMPLATE = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Name: {Type: String}
  Group: {Type: String}
  Number: {Type: Number}
  Exists: {Type: Boolean}
  Chooses: {Type: Boolean}
  Foreign: {Type: String}
  Shown: {Type: String}
Conditions:
  Made: !Equals [!Ref Exists, true]
  Chosen: !Equals [!Ref Chooses, true]
Resources:
  A:
    Type: ALIYUN::ECS::CopyImage
    Condition: Made
    Count: !Ref Number
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !If [Chosen, cn-beijing, cn-shanghai]
      DestinationImageName: !Sub '${Name}-x'
      ResourceGroupId: !Ref Group
  B:
    Type: ALIYUN::Elsewhere::Thing
    Properties: {Word: !Ref Foreign}
Outputs:
  Said: {Value: !Ref Shown}
"""


def test_each_parameter_stands_where_it_belongs() -> None:
    template = read(TEMPLATE, "t.yml", {}).template
    assert template is not None
    assert parameter_effects(template, TypeCatalog(None)) == Effects(
        free=("Group", "Shown"),
        conditional=("Number", "Exists"),
        uncertain=("Foreign",),
        replacing=("Name", "Chooses"),
    )
