"""Stacks that export and import, deployed by two processes at once: never do both pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Served, finish, run, served_emulator, start

HARBOUR = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou}
Outputs:
  Image: {Value: !GetAtt Golden.Id, Export: {Name: golden-image}}
"""
ONWARD = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Sealed:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !ImportValue golden-image
      SourceRegionId: !Ref AWS::Region
      Encrypted: true
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as served:
        yield served


@pytest.fixture
def home(tmp_path: Path, cloud: Served) -> Path:
    cloud.ask("reset", {})
    # A copy takes about a second: long enough for both processes to meet in it.
    cloud.ask("settings", {"speed": 2000.0})
    (tmp_path / "harbour.yml").write_text(HARBOUR)
    (tmp_path / "onward.yml").write_text(ONWARD)
    return tmp_path / "home"


def deploy(home: Path, template: str, name: str) -> tuple[str, ...]:
    path = str(home.parent / f"{template}.yml")
    return ("deploy", path, "-s", name, "--region", "cn-shanghai", "--yes")


def statuses(home: Path, served: Served) -> dict[str, str]:
    code, out, said = run(home, served, "list", "--json")
    assert code == 0, said
    stacks: list[dict[str, Any]] = json.loads(out)["stacks"]
    return {str(one["stack_name"]): str(one["status"]) for one in stacks}


def test_of_two_that_export_one_name_one_is_deployed(home: Path, cloud: Served) -> None:
    both = [start(home, cloud, *deploy(home, "harbour", name)) for name in ("one", "two")]
    ends = [finish(process) for process in both]
    codes = sorted(code for code, _, _ in ends)
    assert codes in ([0, 1], [0, 2]), ends
    refusal = next(said for code, _, said in ends if code)
    assert "IF362" in refusal
    assert "golden-image" in refusal
    assert sorted(statuses(home, cloud).values()) == ["CREATE_COMPLETE"]
    assert len(cloud.copies()) == 1


def test_what_is_imported_and_deleted_at_once(home: Path, cloud: Served) -> None:
    code, _, said = run(home, cloud, *deploy(home, "harbour", "harbour"))
    assert code == 0, said
    both = [
        start(home, cloud, "delete", "-s", "harbour", "--yes"),
        start(home, cloud, *deploy(home, "onward", "onward")),
    ]
    (deleted, _, told), (imported, _, refused) = [finish(process) for process in both]
    assert (deleted == 0) != (imported == 0), (told, refused)
    if deleted:
        assert "IF363" in told
        assert statuses(home, cloud) == {
            "harbour": "CREATE_COMPLETE",
            "onward": "CREATE_COMPLETE",
        }
        assert len(cloud.copies()) == 2
    else:
        assert "IF365" in refused or "IF366" in refused, refused
        assert "onward" not in statuses(home, cloud)
        assert cloud.copies() == []
