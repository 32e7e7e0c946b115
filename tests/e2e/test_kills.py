"""SIGKILL at any moment: the same command run again finishes, with one copy an intent."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import (
    FAN_OUT,
    Served,
    finish,
    kill,
    run,
    served_emulator,
    start,
    wait_until,
)
from tests.scenarios.emulated import REGIONS


def recorded_ids(home: Path) -> set[str]:
    """Every image id that stands anywhere in the journal or the record."""
    connection = sqlite3.connect(f"file:{home / 'imageferry.db'}?mode=ro", uri=True, timeout=30)
    try:
        found: set[str] = set()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    if isinstance(cell, str) and "m-" in cell:
                        found.update(
                            word.strip('"')
                            for word in cell.replace(",", " ").split()
                            if "m-" in word
                        )
                        found.add(cell)
        return found
    finally:
        connection.close()


def unrecorded(home: Path, served: Served) -> list[str]:
    """Copies that the cloud has begun and the journal does not know yet."""
    known = "\n".join(recorded_ids(home))
    return [image["image_id"] for image in served.copies() if image["image_id"] not in known]


def test_twenty_regions_survive_ten_kills(tmp_path: Path) -> None:
    chance = random.Random(20)
    template = tmp_path / "fan-out.yml"
    template.write_text(FAN_OUT)
    home = tmp_path / "home"
    deploy = ("deploy", "-s", "fan", str(template), "--region", "cn-hangzhou", "--yes", "--json")
    deploy = (*deploy, "-p", f"Regions={','.join(REGIONS)}", "--parallel", "3")
    between_call_and_record = 0
    with served_emulator(tmp_path / "cloud", speed=6000) as served:
        # Slow replies hold the moment between call and record open.
        slow = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 0.2}
        served.ask("faults", slow)
        kills = 0
        for _ in range(10):
            begun = len(served.copies())
            process = start(home, served, *deploy)
            wait_until(lambda begun=begun: len(served.copies()) > begun, process)
            time.sleep(chance.uniform(0, 0.3))
            kills += process.poll() is None
            kill(process)
            between_call_and_record += bool(unrecorded(home, served))
        code, out, said = run(home, served, *deploy)
        assert code == 0, said
        assert kills >= 5
        assert between_call_and_record > 0, "no kill fell between a call and its record"
        copies = served.copies()
        assert Counter(image["region"] for image in copies) == dict.fromkeys(REGIONS, 1)
        answer = json.loads(out)
        assert sorted(answer["outputs"]["Ids"]) == sorted(image["image_id"] for image in copies)
        assert {resource["status"] for resource in answer["resources"]} == {"CREATE_COMPLETE"}


RENEWED = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Encrypted: {Type: String, Default: 'false'}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Encrypted: !Ref Encrypted
Outputs:
  Ref: {Value: !Ref Golden}
  Id: {Value: !GetAtt Golden.Id}
"""

REPLACED = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Encrypted: {Type: Boolean, Default: false}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      DestinationRegionId: cn-shanghai
      DestinationImageName: golden
      Encrypted: !Ref Encrypted
Outputs:
  Id: {Value: !GetAtt [Golden, ImageId]}
"""


def names(served: Served) -> list[str]:
    return sorted(image["name"] for image in served.copies())


def after_call(old: str, call: int, served: Served) -> bool:
    """Whether the cloud has carried out that many of the five calls of a replacement."""
    images = {image["image_id"]: image for image in served.copies()}
    new = [image for image in images.values() if image["image_id"] != old]
    reached = 0
    if new:
        reached = 1
        if new[0]["status"] == "Available":
            reached = 2
    if new and images.get(old, {}).get("name") != "golden":
        reached = 3
    if new and new[0]["name"] == "golden":
        reached = 4
    if new and old not in images:
        reached = 5
    return reached >= call


@pytest.mark.parametrize(
    ("template", "region", "flags"),
    [
        pytest.param(RENEWED, "cn-shanghai", (), id="behind the same Ref"),
        pytest.param(REPLACED, "cn-hangzhou", ("--replace",), id="with a new id"),
    ],
)
def test_replacement_survives_a_kill_after_each_call(
    tmp_path: Path, template: str, region: str, flags: tuple[str, ...]
) -> None:
    source = tmp_path / "golden.yml"
    source.write_text(template)
    home = tmp_path / "home"
    deploy = ("deploy", "-s", "g", str(source), "--region", region, "--yes", "--json", *flags)
    with served_emulator(tmp_path / "cloud", speed=6000) as served:
        code, out, said = run(home, served, *deploy)
        assert code == 0, said
        before: dict[str, Any] = json.loads(out)["outputs"]
        for action in ("CopyImage", "ModifyImageAttribute", "DeleteImage"):
            slow = {"kind": "slow", "action": action, "count": None, "seconds": 0.3}
            served.ask("faults", slow)
        for call in range(1, 6):
            process = start(home, served, *deploy, "-p", "Encrypted=true")
            assert wait_until(lambda call=call: after_call(before["Id"], call, served), process)
            kill(process)
        code, out, said = finish(start(home, served, *deploy, "-p", "Encrypted=true"))
        assert code == 0, said
        after = json.loads(out)["outputs"]
        copies = served.copies()
        assert [image["name"] for image in copies] == ["golden"]
        assert copies[0]["encrypted"]
        assert after["Id"] == copies[0]["image_id"] != before["Id"]
        if "Ref" in after:
            assert after["Ref"] == before["Ref"]
