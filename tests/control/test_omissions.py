"""A template without some of its resources: its text, form and comments stay."""

from __future__ import annotations

import json

import pytest

from imageferry.control.omissions import without_resources
from imageferry.model.diagnostics import TemplateError

WRITTEN = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Where: {Type: String, Default: cn-shanghai}
Resources:
  # the one that counts
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-1, DestinationRegionId: !Ref Where}
  Second:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: !Ref First, DestinationRegionId: cn-beijing}
Outputs:
  One: {Value: !GetAtt [First, ImageId]}
  Two: {Value: !Join ['', [!GetAtt [Second, ImageId]]]}
  Both: {Value: !Sub '${First} ${Second}'}
"""


def left(source: str, *names: str) -> str:
    return without_resources(source.encode(), "t.yml", {}, names).decode()


def test_what_speaks_of_it_goes_too() -> None:
    rest = left(WRITTEN, "Second")
    assert "# the one that counts" in rest
    assert "!Ref Where" in rest
    assert "Second" not in rest and "Two" not in rest and "Both" not in rest
    assert "One: {Value: !GetAtt First.ImageId}" in rest


def test_an_empty_section_goes_too() -> None:
    rest = left(WRITTEN, "First", "Second")
    assert "Resources" not in rest and "Outputs" not in rest
    assert "Where:" in rest


def test_json_stays_json() -> None:
    source = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {
            name: {"Type": "ALIYUN::ECS::CopyImage", "Properties": {"ImageId": name}}
            for name in ("First", "Second")
        },
        "Outputs": {"Id": {"Value": {"Fn::GetAtt": ["Second", "ImageId"]}}},
    }
    rest = json.loads(left(json.dumps(source), "Second"))
    assert list(rest) == ["ROSTemplateFormatVersion", "Resources"]
    assert list(rest["Resources"]) == ["First"]


def test_what_is_no_template() -> None:
    with pytest.raises(TemplateError):
        left("Resources: [", "First")
