"""A pipeline whose process is killed behind every changing call, before anything of it is recorded."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Served, environment, kill, run, served_emulator, start, wait_until
from tests.worlds.kinds import OURS
from tests.worlds.lines import HOME
from tests.worlds.wishes import Wishes, template_of

ROOT = Path(__file__).parents[2]
SECRET = "Verschwiegen-9q"
ROS = {
    "Builder": {"kind": "instance", "image": "ubuntu_22", "name": "builder"},
    "Baked": {"kind": "image", "of": "Builder", "name": "baked"},
    "Carried": {"kind": "copy", "of": "Baked", "region": "cn-shanghai", "name": "baked"},
    "Shared": {"kind": "share", "of": "Baked", "accounts": [OURS[0]]},
    "Snap": {"kind": "snapshot", "name": "snap"},
    "Web": {"kind": "family", "of": ["Carried"]},
}
CFN = {
    "Image": {"kind": "image", "of": "instance", "name": "image"},
    "Import": {"kind": "import", "name": "import"},
    "Export": {"kind": "export", "of": "Image", "prefix": "base"},
    "Shared": {"kind": "share", "of": "golden", "accounts": [OURS[0]]},
}


def lives(
    deed: str, home: Path, served: Served, template: Path, spared: str = ""
) -> dict[str, Any]:
    """One deed, by as many processes as it takes."""
    ended = subprocess.run(
        [
            sys.executable, "-m", "tests.e2e.many_lives", deed, str(template), HOME,
            json.dumps({"Secret": SECRET}), spared,
        ],
        env=environment(home, IMAGEFERRY_ECS_ENDPOINT=served.endpoint),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["exit"] == 0, ended.stderr
    return found


def rows(world: Path, question: str) -> list[tuple[Any, ...]]:
    """What the cloud has, asked of its own tables."""
    connection = sqlite3.connect(f"file:{world}?mode=ro", uri=True)
    try:
        return list(connection.execute(question).fetchall())
    finally:
        connection.close()


MADE = {
    "ros": {
        "RunInstances": 1, "CreateImage": 1, "CopyImage": 1, "CreateSnapshot": 1,
        "ModifyImageSharePermission": 1, "ModifyImageAttribute": 1,
    },
    "cfn": {
        "CreateImage": 1, "ImportImage": 1, "ExportImage": 1, "ModifyImageSharePermission": 1,
    },
}  # fmt: skip
GONE = {
    "ros": {
        "DeleteInstance",
        "ModifyImageAttribute",
        "DeleteSnapshot",
        "ModifyImageSharePermission",
    },
    "cfn": {"ModifyImageSharePermission"},
}
SPARED = "DeleteImage"
"""Who finds an image gone looks for it for eight seconds more; `test_kills.py` waits for that."""
THINGS = (
    "SELECT 'i', COUNT(*) FROM instances UNION SELECT 'm', COUNT(*) FROM images WHERE owner !="
    " 'system' UNION SELECT 's', COUNT(*) FROM snapshots WHERE image_id IS NULL UNION"
    " SELECT 't', COUNT(*) FROM tasks WHERE action = 'ExportImage'"
)
LEFT = {
    "ros": {"i": 1, "m": 2, "s": 1, "t": 0},
    "cfn": {"i": 0, "m": 2, "s": 0, "t": 1},
}
"""How much more than at first is there, of each kind, once all is made."""


@pytest.mark.parametrize(("language", "line"), [("ros", ROS), ("cfn", CFN)], ids=["ros", "cfn"])
def test_killed_behind_every_changing_call(
    tmp_path: Path, language: str, line: dict[str, Any]
) -> None:
    template = tmp_path / "line.json"
    template.write_bytes(template_of(Wishes(line=line), is_ros=language == "ros"))
    home = tmp_path / "home"
    world = tmp_path / "cloud" / "emulator.db"
    with served_emulator(tmp_path / "cloud", speed=1e6) as served:
        served.ask("settings", {"instance_seconds": 0.1})
        first = dict(rows(world, THINGS))
        made = lives("deploy", home, served, template)
        assert made["status"] == "CREATED", made["reason"]
        assert made["kills"] == len(made["calls"]), "a process died otherwise"
        assert Counter(made["calls"]) == MADE[language]
        assert dict(rows(world, THINGS)) == {
            kind: first[kind] + more for kind, more in LEFT[language].items()
        }
        gone = lives("delete", home, served, template, SPARED)
        assert gone["status"] == "DELETED", gone["reason"]
        assert gone["kills"] == len(gone["calls"])
        assert set(gone["calls"]) >= GONE[language]
        assert dict(rows(world, THINGS)) == {**first, "t": first["t"] + LEFT[language]["t"]}
        assert rows(world, "SELECT COUNT(*) FROM images WHERE shares != '{}'") == [(0,)]
    known = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert SECRET.encode() not in known


def test_distribute_is_killed_in_the_middle_and_given_again(tmp_path: Path) -> None:
    home, regions = tmp_path / "home", ("cn-shanghai", "cn-beijing", "us-west-1")
    line = (
        "distribute", "m-golden0000000000001", "--from", "cn-hangzhou", "--to", ",".join(regions),
        "--share", OURS[0], "--yes", "--json",
    )  # fmt: skip
    with served_emulator(tmp_path / "cloud", speed=1e6) as served:
        for action in ("CopyImage", "ModifyImageSharePermission"):
            slow = {"kind": "slow", "action": action, "count": None, "seconds": 0.5}
            served.ask("faults", slow)
        first = start(home, served, *line)
        assert wait_until(lambda: served.copies(), first)
        assert first.poll() is None
        kill(first)
        second = start(home, served, *line)
        assert wait_until(lambda: any(one["shared_with"] for one in served.copies()), second)
        assert second.poll() is None
        kill(second)
        code, _, said = run(home, served, *line)
        assert code == 0, said
        copies = served.copies()
        assert Counter(one["region"] for one in copies) == dict.fromkeys(regions, 1)
        assert [one["shared_with"] for one in copies] == [[OURS[0]]] * 3
        code, out, said = run(home, served, *line)
        assert code == 0, said
        assert json.loads(out)["distribution"]["arriving"] == []
