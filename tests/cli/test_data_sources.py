"""What the command line shows of data sources: plans with what was found, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imageferry.cli.group import imageferry

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageOwnerAlias: self, ImageName: 'golden-*'}
  Sealed:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !Select [0, !Ref Golden]
      DestinationRegionId: cn-hangzhou
      Encrypted: true
  Made:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageId: !Ref Sealed}
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    environment = {
        "IMAGEFERRY_HOME": str(tmp_path / "home"),
        "IMAGEFERRY_EMULATOR_SPEED": "1000000",
        "IMAGEFERRY_DATABASE_URL": "",
        "IMAGEFERRY_CLOUD": "",
        "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
        "NO_COLOR": "1",
    }
    path = tmp_path / "t.yml"
    path.write_text(TEMPLATE, encoding="utf-8")

    def call(*arguments: str) -> Result:
        words = [str(path) if word == "t.yml" else word for word in arguments]
        return CliRunner(env=environment).invoke(imageferry, words)

    return call


def test_a_plan_shows_what_was_found_and_what_is_read_later(run: Run) -> None:
    said = run("plan", "t.yml", "-s", "demo")
    assert said.exit_code == 0, said.output
    lines = [line.rstrip() for line in said.output.splitlines()]
    assert "  +   Golden  DATASOURCE::ECS::Images  read" in lines
    assert '        ImageIds: ["m-golden0000000000001"]' in lines
    assert '        ImageId: "m-golden0000000000001"' in lines
    assert "  +   Made    DATASOURCE::ECS::Images  read in its turn" in lines
    told = json.loads(run("plan", "t.yml", "-s", "demo", "--json").stdout)
    [golden] = [one for one in told["changes"] if one["logical_id"] == "Golden"]
    assert golden["action"] == "Create"
    assert {"path": "ImageIds", "after": ["m-golden0000000000001"]}.items() <= golden["properties"][
        -1
    ].items()


def test_it_is_shown_like_every_resource(run: Run) -> None:
    assert run("deploy", "t.yml", "-s", "demo", "--yes").exit_code == 0
    shown = json.loads(run("show", "-s", "demo", "--json").stdout)
    golden = next(one for one in shown["resources"] if one["logical_id"] == "Golden")
    assert golden["physical_id"].startswith("read-")
    assert golden["attributes"]["ImageIds"] == ["m-golden0000000000001"]
    assert golden["attributes"]["Images"][0]["ImageName"] == "golden-base"


@pytest.mark.parametrize(
    ("status", "code", "exits"),
    [("403", "Forbidden.RAM", 3), ("400", "InvalidParamter", 1)],
    ids=["not authorised", "refused"],
)
def test_what_cannot_be_read_is_told_at_its_line(
    run: Run, status: str, code: str, exits: int
) -> None:
    details = ["--set", f"status={status}", "--set", f"code={code}", "--set", "message=no"]
    added = run("emulator", "fault", "add", "error", "--action", "DescribeImages", *details)
    assert added.exit_code == 0, added.output
    said = run("deploy", "t.yml", "-s", "demo", "--yes")
    assert said.exit_code == exits
    assert 't.yml:4:3: error: "Golden" cannot be read: DescribeImages in cn-hangzhou' in said.output
    assert "[IF374]" in said.output
