"""Two processes on one home: following, refusing, cancelling, taking over, and looking on."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from tests.e2e.processes import (
    Served,
    environment,
    finish,
    kill,
    run,
    served_emulator,
    start,
    wait_until,
)

FAST = 1e6
SLOW = 240.0
"""So fast does the emulated cloud copy: a copy of 40 GiB ends at once, or after ten seconds."""

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Regions: {Type: CommaDelimitedList, Default: 'cn-beijing,eu-central-1'}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Regions}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]
      DestinationImageName: carried
Outputs:
  Ids: {Value: !GetAtt [Golden, ImageId]}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud")) as served:
        yield served


@pytest.fixture
def slow(cloud: Served) -> Served:
    """The cloud without any copy yet, and in no haste."""
    cloud.ask("reset", {})
    cloud.ask("settings", {"speed": SLOW})
    return cloud


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def deploy(tmp_path: Path) -> tuple[str, ...]:
    template = tmp_path / "two.yml"
    template.write_text(TEMPLATE)
    return ("deploy", "-s", "two", str(template), "--region", "cn-hangzhou", "--yes")


def hurry(served: Served) -> None:
    """Let the copies end soon: those that run are as far as they are, and go on faster."""
    served.ask("settings", {"speed": FAST})


def begun(home: Path, served: Served, *arguments: str, copies: int = 2) -> subprocess.Popen[str]:
    """A deploy of which so many copies run in the cloud."""
    process = start(home, served, *arguments)
    assert wait_until(lambda: len(served.copies()) == copies, process)
    assert process.poll() is None, process.communicate()
    return process


def here(home: Path, served: Served, *arguments: str) -> tuple[int, str, str]:
    """A command in this process, which is another one than that which is begun."""
    runner = CliRunner(env=environment(home, IMAGEFERRY_ECS_ENDPOINT=served.endpoint))
    result = runner.invoke(imageferry, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def shown(home: Path, served: Served) -> dict[str, Any]:
    code, out, said = here(home, served, "show", "-s", "two", "--json")
    assert code == 0, said
    document: dict[str, Any] = json.loads(out)
    return document


def test_the_second_follows_the_first_and_another_wish_is_refused(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    first = begun(home, slow, *deploy)
    second = start(home, slow, *deploy)
    for refused in (
        (*deploy, "-p", "Regions=cn-beijing"),
        (*deploy, "--on-failure", "rollback"),
        ("delete", "-s", "two", "--yes"),
    ):
        code, _, said = here(home, slow, *refused)
        assert code == 10, said
        assert "holds the stack" in said
        assert "imageferry cancel --stack two" in said
    assert second.stdout is not None
    greeting = [second.stdout.readline() for _ in range(2)]
    assert "re-attached to operation" in greeting[1], greeting
    hurry(slow)
    for process in (first, second):
        code, out, said = finish(process)
        assert code == 0, said
        assert 'stack "two" is CREATE_COMPLETE' in out
    assert len(slow.copies()) == 2


def test_begun_at_the_same_moment_one_does_it_and_the_other_follows(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    hurry(slow)
    for code, out, said in [finish(one) for one in [start(home, slow, *deploy) for _ in "12"]]:
        assert code == 0, said
        assert "two" in out
    assert len(slow.copies()) == 2
    stacks = json.loads(here(home, slow, "list", "--json")[1])["stacks"]
    assert [one["status"] for one in stacks] == ["CREATE_COMPLETE"]


def test_what_others_see_of_a_running_deploy(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    first = begun(home, slow, *deploy)
    seen: dict[str, Any] = {}

    def is_seen() -> bool:
        seen.update(shown(home, slow))
        return all(one["progress"] for one in seen["resources"])

    # The row with the progress is first written after two seconds.
    assert wait_until(is_seen, first)
    assert seen["status"] == "CREATE_IN_PROGRESS"
    assert {one["status"] for one in seen["resources"]} == {"CREATE_IN_PROGRESS"}
    assert all(0 < one["progress"] < 100 for one in seen["resources"])
    code, out, _ = here(home, slow, "list", "--json")
    assert [one["status"] for one in json.loads(out)["stacks"]] == ["CREATE_IN_PROGRESS"]
    code, out, _ = here(home, slow, "events", "-s", "two", "--json")
    assert {one["status"] for one in json.loads(out)["events"]} == {"CREATE_IN_PROGRESS"}
    code, _, said = here(home, slow, "outputs", "Ids", "-s", "two")
    assert code == 2
    assert 'has no output "Ids"' in said
    hurry(slow)
    assert finish(first)[0] == 0
    code, out, _ = here(home, slow, "outputs", "Ids", "-s", "two")
    assert sorted(json.loads(out)) == sorted(image["image_id"] for image in slow.copies())


def test_cancelled_by_another_process_both_end_and_nothing_is_left(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    first = begun(home, slow, *deploy)
    code, out, said = run(home, slow, "cancel", "-s", "two")
    assert code == 0, said
    assert 'stack "two" is CREATE_ROLLBACK_COMPLETE' in out
    code, out, said = finish(first)
    assert code == 1
    assert "cancelled by request" in out
    assert slow.copies() == []


def test_interrupted_it_says_how_to_go_on_and_does(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    first = begun(home, slow, *deploy)
    first.send_signal(signal.SIGINT)
    code, out, said = finish(first, 15)
    assert code == 8, said
    assert "to re-attach: give the same command again" in said
    assert "imageferry cancel --stack two" in said
    hurry(slow)
    code, out, said = here(home, slow, *deploy)
    assert code == 0, said
    assert "re-attached to operation" in out
    assert len(slow.copies()) == 2


def test_who_follows_takes_over_from_the_dead(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    first = begun(home, slow, *deploy)
    second = start(home, slow, *deploy, "--json")
    assert second.stderr is not None
    assert "cloud emulator" in second.stderr.readline()
    assert "re-attached" in second.stderr.readline()
    kill(first)
    hurry(slow)
    code, out, said = finish(second)
    assert code == 0, said
    assert json.loads(out)["status"] == "CREATE_COMPLETE"
    assert len(slow.copies()) == 2


def test_left_to_others_and_watched_for_a_while(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    code, _, said = here(home, slow, *deploy, "--no-wait")
    assert code == 0
    assert "nobody runs it" in said
    assert slow.copies() == []
    code, _, said = here(home, slow, *deploy, "--wait-timeout", "1s")
    assert code == 9
    assert "stopped watching" in said
    assert len(slow.copies()) == 2
    hurry(slow)
    assert here(home, slow, *deploy)[0] == 0
    assert len(slow.copies()) == 2


def test_a_second_try_copies_only_what_failed(
    home: Path, slow: Served, deploy: tuple[str, ...]
) -> None:
    hurry(slow)
    slow.ask("faults", {"kind": "copy_fails", "action": "CopyImage", "count": 1})
    code, out, said = here(home, slow, *deploy, "--json")
    assert code == 4, said
    made = [image for image in slow.copies() if image["status"] == "Available"]
    assert len(made) == 1
    code, out, said = here(home, slow, "retry", "-s", "two", "--yes", "--json")
    assert code == 0, said
    after = [image for image in slow.copies() if image["status"] == "Available"]
    assert len(after) == 2
    assert made[0]["image_id"] in {image["image_id"] for image in after}
    assert json.loads(out)["status"] == "CREATE_COMPLETE"
