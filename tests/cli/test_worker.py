"""`imageferry worker` on a home: what others have left is done, counted and told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imageferry.assembly.house import open_house
from imageferry.cli.group import imageferry
from imageferry.control.later_deletions import KIND
from imageferry.control.notices import OPTION
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.ports.documents import Document
from imageferry.settings import resolve
from tests.control.receivers import allowing, receiver
from tests.e2e.processes import environment

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Source: {Type: String, Default: m-golden0000000000001}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {Ref: Source}
      DestinationRegionId: cn-beijing
      DestinationImageName: {Ref: 'ALIYUN::StackName'}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "golden.yml").write_text(TEMPLATE)
    return tmp_path / "home"


def give(home: Path, *arguments: str, **settings: str) -> Result:
    around = environment(home, IMAGEFERRY_EMULATOR_SPEED="1000000000", **settings)
    return CliRunner(env=around).invoke(imageferry, list(arguments))


def leave(home: Path, name: str, *more: str) -> Result:
    return give(
        home, "deploy", str(home.parent / "golden.yml"), "-s", name, "--region", "cn-hangzhou",
        "--yes", "--no-wait", *more,
    )  # fmt: skip


def test_what_is_left_is_done_and_counted(home: Path) -> None:
    for name in ("one", "two"):
        left = leave(home, name)
        assert left.exit_code == 0
        assert "no worker lives on this home" in left.stderr
    done = give(home, "worker", "--drain", "--json", "--concurrency", "1")
    assert done.exit_code == 0, done.stderr
    counted = json.loads(done.stdout)
    assert (counted["succeeded"], counted["failed"], counted["parked"]) == (2, 0, 0)
    assert done.stderr.count(" taken operation=") == 2
    assert done.stderr.count("status=SUCCEEDED") == 2
    shown = json.loads(give(home, "list", "--json").stdout)["stacks"]
    assert {one["status"] for one in shown} == {"CREATE_COMPLETE"}


def test_a_worker_tells_what_became_of_what_it_has_run(home: Path) -> None:
    async def leave_one(url: str) -> None:
        settings = resolve({}, environment(home, IMAGEFERRY_EMULATOR_SPEED="1000000000"))
        async with open_house(settings) as house:
            source = TEMPLATE.encode()
            asked = StackRequest("one", "cn-hangzhou", source, "t.yml", options={OPTION: [url]})
            await house.plane.execute(await house.plane.plan(asked), ExecutionOptions())

    with receiver() as (port, came):
        asyncio.run(leave_one(f"http://127.0.0.1:{port}/"))
        done = give(home, "worker", "--drain", *allowing(port))
        assert done.exit_code == 0, done.stderr
        assert [(one["StackName"], one["Status"]) for one in came] == [("one", "CREATE_COMPLETE")]
        assert f"notice told stack=one stack_id={came[0]['StackId']} status=CREATED" in done.stderr


def test_a_deletion_that_somebody_wished_and_did_not_live_to_see_is_done(home: Path) -> None:
    assert leave(home, "one").exit_code == 0
    assert give(home, "worker", "--drain").exit_code == 0

    async def wish_one() -> None:
        settings = resolve({}, environment(home, IMAGEFERRY_EMULATOR_SPEED="1000000000"))
        async with open_house(settings) as house:
            (stack,) = await house.plane.stacks(None)
            now = house.clock.now()
            account_id = house.plane.place.account_id
            await house.documents.add(Document(KIND, account_id, stack.stack_id, {}, now, now))

    asyncio.run(wish_one())
    done = give(home, "worker", "--drain", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["succeeded"] == 1
    assert json.loads(give(home, "list", "--json").stdout)["stacks"] == []


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        pytest.param(["m-golden0000000000001", "m-unknown000000000001"], 4, id="some failed"),
        pytest.param(["m-unknown000000000001"], 1, id="all failed"),
        pytest.param([], 0, id="nothing to do"),
    ],
)
def test_how_it_ended_shows_in_the_exit_code(home: Path, sources: list[str], code: int) -> None:
    for number, source in enumerate(sources):
        assert leave(home, f"s{number}", "-p", f"Source={source}").exit_code == 0
    assert give(home, "worker", "--drain").exit_code == code


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        pytest.param(["--concurrency", "0"], {}, "0 is not in the range", id="no places"),
        pytest.param(["--notify-host", "https://a/"], {}, "is no host", id="no receiver"),
        pytest.param([], {"IMAGEFERRY_HEARTBEAT": "0"}, "no positive number", id="no heartbeat"),
        pytest.param(
            [], {"IMAGEFERRY_STALLED": "15"}, "less than two heartbeats", id="too impatient"
        ),
        pytest.param(
            [],
            {"IMAGEFERRY_DATABASE_URL": "postgresql://h/db"},
            "emulator inside its own process",
            id="an emulator nobody else sees",
        ),
    ],
)
def test_what_is_refused(
    home: Path, arguments: list[str], settings: dict[str, str], says: str
) -> None:
    refused = give(home, "worker", *arguments, **settings)
    assert refused.exit_code == 2
    assert says in refused.stderr


def test_a_database_that_is_away_at_the_start_is_tried_again_for_a_while(home: Path) -> None:
    ended = give(
        home, "worker", IMAGEFERRY_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/x",
        IMAGEFERRY_ECS_ENDPOINT="http://127.0.0.1:1", IMAGEFERRY_DATABASE_PATIENCE="0.8",
    )  # fmt: skip
    assert ended.exit_code == 1
    # On a busy machine one try may take as long as two.
    assert ended.stderr.count(" waiting reason=") in {1, 2}
    assert "[IF811]" in ended.stderr
    assert "hunter2" not in ended.output
