"""A process that is killed at each point of the journal; another finishes, with one copy an intent."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.dying_child import AT_CLOSE, POINTS
from tests.e2e.processes import Served, environment, served_emulator
from tests.e2e.workers import forget_faults
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
TWO = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: carried
  Second:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: carried
"""
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
"""
SLOW = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 0.4}


def live(
    point: str,
    home: Path,
    served: Served,
    template: Path,
    database: str,
    *,
    on_failure: str = "keep",
    **parameters: str,
) -> tuple[int, dict[str, Any]]:
    """A process with that fate: its exit code, and how the stack stands if it lived."""
    more = {"IMAGEFERRY_ECS_ENDPOINT": served.endpoint}
    if database:
        more["IMAGEFERRY_DATABASE_URL"] = database
    ended = subprocess.run(
        [
            sys.executable, "-m", "tests.e2e.dying_child", point, str(template), on_failure,
            json.dumps(parameters),
        ],
        env=environment(home, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    if ended.returncode == -signal.SIGKILL:
        return ended.returncode, {}
    assert ended.returncode == 0, ended.stderr
    return 0, json.loads(ended.stdout)


def unrecorded(home: Path, served: Served) -> int:
    """How many copies the cloud has begun whose ids no row of the journal shows."""
    connection = sqlite3.connect(f"file:{home / 'imageferry.db'}?mode=ro", uri=True)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        known = "".join(
            str(row)
            for (table,) in tables.fetchall()
            for row in connection.execute(f"SELECT * FROM {table}")
        )
    finally:
        connection.close()
    return sum(image["image_id"] not in known for image in served.copies())


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as served:
        yield served


@pytest.fixture
def served(cloud: Served) -> Served:
    """The cloud without any copy or fault."""
    cloud.ask("reset", {})
    forget_faults(cloud)
    return cloud


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


BETWEEN = {
    "after the intent, before the call": 0,
    "during the call": 1,
    "after the reply, before the id is recorded": 1,
}
"""How many copies are at least there that nobody has recorded yet."""


@pytest.mark.parametrize(
    "point",
    [*(one for one in POINTS if "steps behind" not in one and "roll" not in one), *AT_CLOSE],
)
def test_killed_while_it_creates(tmp_path: Path, served: Served, point: str, database: str) -> None:
    template = tmp_path / "two.yml"
    template.write_text(TWO)
    home = tmp_path / "home"
    served.ask("settings", {"speed": 2000.0})
    served.ask("faults", SLOW)
    code, _ = live(point, home, served, template, database)
    assert code == -signal.SIGKILL
    if point in BETWEEN and not database:
        assert unrecorded(home, served) >= BETWEEN[point], "no kill fell where it should"
    served.ask("settings", {"speed": 1e6})
    _, stack = live("never", home, served, template, database)
    assert stack["status"] == "CREATED"
    copies = served.copies()
    assert sorted(image["region"] for image in copies) == ["cn-beijing", "cn-shanghai"]
    assert {one["ImageId"] for one in stack["ids"]} == {one["image_id"] for one in copies}


def test_killed_between_available_and_the_steps_behind_it(
    tmp_path: Path, served: Served, database: str
) -> None:
    template = tmp_path / "renewed.yml"
    template.write_text(RENEWED)
    home = tmp_path / "home"
    served.ask("settings", {"speed": 10_000.0})
    live("never", home, served, template, database)
    point = "between Available and the steps behind it"
    for _ in range(2):
        code, _ = live(point, home, served, template, database, Encrypted="true")
        assert code == -signal.SIGKILL
    _, stack = live("never", home, served, template, database, Encrypted="true")
    assert stack["status"] == "UPDATED"
    (copy,) = served.copies()
    assert copy["name"] == "golden" and copy["encrypted"]
    assert stack["ids"][0]["Id"] == copy["image_id"]


def test_killed_in_a_rollback_between_two_deletes(
    tmp_path: Path, served: Served, database: str
) -> None:
    template = tmp_path / "two.yml"
    third = TWO + TWO[TWO.index("  Second") :].replace("Second", "Third").replace(
        "cn-beijing", "us-west-1"
    )
    template.write_text(third)
    home = tmp_path / "home"
    served.ask("settings", {"speed": 4000.0})
    served.ask("faults", {"kind": "copy_fails", "region": "us-west-1", "percent": 99})
    held = {"kind": "throttle", "action": "DeleteImage", "region": "cn-beijing", "count": 3}
    served.ask("faults", held)
    point = "in a rollback, between two deletes"
    code, _ = live(point, home, served, template, database, on_failure="rollback")
    assert code == -signal.SIGKILL
    assert len(served.copies()) in {1, 2}, "no kill fell between two deletes"
    _, stack = live("never", home, served, template, database, on_failure="rollback")
    assert stack["status"] == "CREATE_ROLLED_BACK"
    assert served.copies() == []
