"""A wait that outlives its process: what `show` says during it, after kill -9, and when it goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.e2e.processes import Served, finish, kill, run, served_emulator, start, wait_until

TEMPLATE = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Resources": {
        f"Copy{number}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": "m-golden0000000000001",
                "DestinationRegionId": "cn-shanghai",
            },
        }
        for number in range(7)
    },
}
COMMAND = ("-s", "demo", "--region", "cn-hangzhou")


def shown(home: Path, served: Served) -> dict[str, dict[str, Any]]:
    code, out, said = run(home, served, "show", *COMMAND, "--json")
    assert code == 0, said
    return {one["logical_id"]: one for one in json.loads(out)["resources"]}


def test_the_same_row_goes_on_after_kill_9(tmp_path: Path) -> None:
    template, home = tmp_path / "t.json", tmp_path / "home"
    template.write_text(json.dumps(TEMPLATE))
    deploy = ("deploy", str(template), *COMMAND, "--yes")
    # A copy of forty minutes lasts twelve seconds; two of the seven wait for their turn.
    with served_emulator(tmp_path / "cloud", speed=200.0) as served:
        first = start(home, served, *deploy)
        wait_until(lambda: len(served.copies()) == 7, first)
        time.sleep(3.0)  # the progress row is first written after two seconds
        during = shown(home, served)
        kill(first)
        after = shown(home, served)
        for rows in (during, after):
            running = [row for row in rows.values() if row["queue"] is None]
            queued = [row for row in rows.values() if row["queue"] is not None]
            assert (len(running), len(queued)) == (5, 2)
            assert all(row["progress"] > 0 for row in running)
            assert all(row["elapsed"] > 2 and row["remaining"] > 0 for row in rows.values())
            assert sorted(row["queue"]["place"] for row in queued) == [1, 2]
            assert "of 2 in cn-shanghai" in queued[0]["status_says"]
        code, out, said = run(home, served, "show", *COMMAND)
        assert (code, "queued, 1st of 2 in cn-shanghai, for " in out) == (0, True), out + said
        assert "about " in out

        second = start(home, served, *deploy)
        wait_until(lambda: shown(home, served) != after, second)
        again = shown(home, served)
        for name, row in again.items():
            if row["status"].endswith("IN_PROGRESS"):
                assert row["elapsed"] > after[name]["elapsed"]
                assert row["progress"] is None or row["progress"] >= after[name]["progress"]
        served.ask("settings", {"speed": 1e6})
        code, out, said = finish(second)
        assert code == 0, said
        assert len(served.copies()) == 7
        done = shown(home, served)
        assert {row["progress"] for row in done.values()} == {100}
        assert {row["elapsed"] for row in done.values()} == {None}
