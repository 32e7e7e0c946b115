"""What parameters may be given, over ROS's API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.ros.stories import Talk, told

TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Region: {Type: String, AllowedValues: [cn-beijing, cn-shanghai]}
  Size: {Type: Number, AllowedValues: [1, 20, 300], MaxValue: 100}
  Name: {Type: String, AllowedValues: [a, long-name], MinLength: 3}
  Zone: {Type: String, AssociationProperty: ZoneId}
  Free: {Type: Json, Default: {}}
"""


def test_the_values_that_the_template_allows(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        found = await talk.ask("GetTemplateParameterConstraints", TemplateBody=TEMPLATE)
        by_name = {one["ParameterKey"]: one for one in found["ParameterConstraints"]}
        assert list(by_name) == ["Region", "Size", "Name", "Zone", "Free"]
        assert by_name["Region"]["AllowedValues"] == ["cn-beijing", "cn-shanghai"]
        assert by_name["Region"]["Type"] == "String"
        assert by_name["Size"]["AllowedValues"] == [1, 20]
        assert by_name["Size"]["IllegalValueByParameterConstraints"] == [300]
        assert by_name["Name"]["AllowedValues"] == ["long-name"]
        for name in ("Zone", "Free"):
            assert by_name[name]["Behavior"] == "NoLimit"
            assert "AllowedValues" not in by_name[name]

    told(tmp_path, story)


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param({"ParametersKeyFilter": json.dumps(["Zone", "Region"])}, id="json-text"),
        pytest.param({"ParametersKeyFilter": ["Zone", "Region"]}, id="numbered"),
        pytest.param(
            {"ParametersKeyFilter": ["Region", "Zone"], "ParametersOrder": ["Zone", "Region"]},
            id="in-an-order",
        ),
    ],
)
def test_some_of_them(listed: dict[str, object], tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        found = await talk.ask("GetTemplateParameterConstraints", TemplateBody=TEMPLATE, **listed)
        names = [one["ParameterKey"] for one in found["ParameterConstraints"]]
        assert names == ["Zone", "Region"]

    told(tmp_path, story)


def test_of_a_stack(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        stack = "ROSTemplateFormatVersion: '2015-09-01'\nParameters: {A: {Type: String}}\n"
        given = [{"ParameterKey": "A", "ParameterValue": "x"}]
        await talk.create(template=stack, Parameters=given)
        found = await talk.ask("GetTemplateParameterConstraints", **talk.stack)
        assert [one["ParameterKey"] for one in found["ParameterConstraints"]] == ["A"]

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        pytest.param({}, 400, "MissingParameter", id="no-template"),
        pytest.param({"StackId": "x"}, 404, "StackNotFound", id="no-stack"),
        pytest.param({"TemplateId": "x"}, 404, "TemplateNotFound", id="no-kept-template"),
        pytest.param(
            {"TemplateBody": TEMPLATE, "ParametersKeyFilter": ["Other"]},
            400,
            "InvalidParameter",
            id="unknown-parameter",
        ),
        pytest.param(
            {"TemplateBody": TEMPLATE, "ParametersKeyFilter": "[1"},
            400,
            "InvalidParameter",
            id="no-json",
        ),
        pytest.param({"TemplateBody": "{"}, 400, "InvalidSchema", id="no-yaml"),
    ],
)
def test_what_is_refused(given: dict[str, object], status: int, code: str, tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        for action in ("GetTemplateParameterConstraints", "GetTemplateEstimateCost"):
            if "ParametersKeyFilter" in given and action == "GetTemplateEstimateCost":
                continue
            assert (await talk.refused(action, **given))[:2] == (status, code)

    told(tmp_path, story)


def test_no_price_is_told(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        found = await talk.ask("GetTemplateEstimateCost", TemplateBody=TEMPLATE)
        assert found["Resources"] == {}

    told(tmp_path, story)
