"""Two `imageferry serve` on one PostgreSQL database: what one does the other knows, and goes on with."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from imageferry.wire.alibaba_signing import Credentials
from imageferry.wire.http import HttpRequest
from tests.api.serving import Site, served
from tests.e2e.callers import EMULATOR, Caller, text
from tests.e2e.processes import Served, environment, served_emulator
from tests.e2e.test_serve_deaths import ROS_TEMPLATE, TEMPLATE
from tests.postgres import PostgresServer

PATIENCE = 20.0
BELIEVED = 3.0
"""Seconds for which a server believes what it has read of a key."""

T = TypeVar("T")


@dataclass
class Pair:
    """Two servers, of which the first works and the second leaves that to others."""

    database: PostgresServer
    cloud: Served
    settings: dict[str, str]
    folder: Path
    living: ExitStack
    first: Site
    second: Site
    key: Credentials = EMULATOR
    revoked_at: float = 0.0

    @property
    def callers(self) -> tuple[Caller, Caller]:
        return Caller(self.first.authority), Caller(self.second.authority)

    def command(self, *arguments: str) -> dict[str, Any]:
        around = environment(self.folder / "desk", **self.settings)
        done = CliRunner(env=around).invoke(imageferry, [*arguments, "--json"])
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    database = PostgresServer()
    try:
        with served_emulator(folder / "cloud", speed=6000) as cloud, ExitStack() as living:
            settings = {
                "IMAGEFERRY_DATABASE_URL": database.database(),
                "IMAGEFERRY_ECS_ENDPOINT": cloud.endpoint,
                "IMAGEFERRY_SECRET_KEY": "22" * 32,
                "IMAGEFERRY_HEARTBEAT": "0.5",
                "IMAGEFERRY_STALLED": "2",
                "IMAGEFERRY_SWEEP": "0.5",
            }
            first = living.enter_context(served(folder / "one", **settings))
            second = living.enter_context(served(folder / "two", "--no-work", **settings))
            yield Pair(database, cloud, settings, folder, living, first, second)
    finally:
        database.close()


def at_once(*deeds: Callable[[], T]) -> list[T]:
    """What deeds give that are begun at one moment."""
    gate = threading.Barrier(len(deeds))
    found: dict[int, T] = {}

    def do(number: int, deed: Callable[[], T]) -> None:
        gate.wait()
        found[number] = deed()

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [found[number] for number in range(len(deeds))]


def until(holds: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, f"it did not come about: {what}"
        time.sleep(0.05)


def ros(name: str, image: str = "", **more: str) -> dict[str, str]:
    template = ROS_TEMPLATE.replace("{name}", image or name).replace("{region}", "cn-beijing")
    return {"StackName": name, "TemplateBody": template, **more}


def aws(name: str, image: str = "", **more: str) -> dict[str, str]:
    template = TEMPLATE.replace("{name}", image or name)
    return {"StackName": name, "TemplateBody": template, **more}


def made(caller: Caller, name: str, status: str = "CREATE_COMPLETE") -> None:
    """Wait for a CloudFormation stack."""

    def holds() -> bool:
        _, tree = caller.aws("DescribeStacks", StackName=name)
        return text(tree, "StackStatus") == status

    until(holds, f"{name} is {status}")


@pytest.mark.parametrize("api", ["ros", "aws"])
def test_a_request_that_one_has_carried_out_is_refused_by_the_other(pair: Pair, api: str) -> None:
    one, two = pair.callers
    name = f"replayed-{api}"

    def signed(number: int) -> HttpRequest:
        if api == "ros":
            return one.ros_request("CreateStack", **ros(f"{name}-{number}"))
        return one.aws_request("CreateStack", **aws(f"{name}-{number}"))

    request = signed(1)
    assert one.send(request)[0] == 200
    refused = [two.send(request), one.send(request)]
    assert all(400 <= status < 500 for status, _ in refused), refused
    assert all(b"exist" not in body for _, body in refused), refused
    request = signed(2)
    both = at_once(lambda: one.send(request), lambda: two.send(request))
    statuses = sorted(status for status, _ in both)
    assert statuses[0] == 200
    assert 400 <= statuses[1] < 500


def test_a_key_made_beside_them_is_known_to_both(pair: Pair) -> None:
    kept = pair.command("keys", "create", "--role", "operator")
    pair.key = Credentials(kept["key_id"], kept["secret"])
    callers = [Caller(site.authority, pair.key) for site in (pair.first, pair.second)]
    assert [one.ros("ListStacks")[0] for one in callers] == [200, 200]
    pair.command("keys", "revoke", kept["key_id"])
    pair.revoked_at = time.monotonic()


def test_a_name_is_given_once(pair: Pair) -> None:
    one, two = pair.callers
    for number in range(4):
        named = aws(f"wanted-{number}")
        both = at_once(
            lambda named=named: one.aws("CreateStack", **named),  # type: ignore[misc]
            lambda named=named: two.aws("CreateStack", **named),  # type: ignore[misc]
        )
        (done, _), (refused, told) = sorted(both, key=lambda found: found[0])
        assert (done, refused, text(told, "Code")) == (200, 400, "AlreadyExistsException")


def test_a_token_is_answered_alike_by_both(pair: Pair) -> None:
    one, two = pair.callers
    for number in range(3):
        asked = ros(f"token-{number}", ClientToken=f"t-{number}")
        both = at_once(
            lambda asked=asked: one.ros("CreateStack", **asked),  # type: ignore[misc]
            lambda asked=asked: two.ros("CreateStack", **asked),  # type: ignore[misc]
        )
        assert [status for status, _ in both] == [200, 200], both
        assert len({document["StackId"] for _, document in both}) == 1
    status, document = two.ros("CreateStack", **ros("token-other", ClientToken="t-0"))
    assert (status, document["Code"]) == (400, "InvalidIdempotenceParameter")


def test_what_is_begun_at_one_is_gone_on_with_at_the_other(pair: Pair) -> None:
    one, two = pair.callers
    name = {"StackName": "shared"}
    proposed = aws("shared", ChangeSetName="first", ChangeSetType="CREATE")
    assert one.aws("CreateChangeSet", **proposed)[0] == 200
    _, seen = two.aws("DescribeChangeSet", ChangeSetName="first", **name)
    assert text(seen, "ExecutionStatus") == "AVAILABLE"
    both = at_once(
        lambda: one.aws("ExecuteChangeSet", ChangeSetName="first", **name)[0],
        lambda: two.aws("ExecuteChangeSet", ChangeSetName="first", **name)[0],
    )
    assert 200 in both and set(both) <= {200, 400}
    # The second leaves its work to the first.
    made(two, "shared")
    _, begun = two.aws("DetectStackDrift", **name)
    detection = text(begun, "StackDriftDetectionId")

    def found() -> str:
        asked = {"StackDriftDetectionId": detection}
        _, tree = one.aws("DescribeStackDriftDetectionStatus", **asked)
        return text(tree, "DetectionStatus")

    until(lambda: found() == "DETECTION_COMPLETE", "the drift is known to both")
    copies = [image for image in pair.cloud.copies() if image["name"] == "shared"]
    assert len(copies) == 1


def test_what_one_was_doing_when_it_was_killed_is_gone_on_with(pair: Pair) -> None:
    _, two = pair.callers
    names = [f"left-{number}" for number in range(5)]
    slow = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 0.3}
    pair.cloud.ask("faults", slow)
    for name in names:
        assert two.aws("CreateStack", **aws(name))[0] == 200
    until(lambda: any(one["name"] in names for one in pair.cloud.copies()), "a copy is begun")
    pair.first.process.kill()
    pair.first.process.wait()
    assert two.aws("CreateStack", **aws("meanwhile"))[0] == 200
    pair.first = pair.living.enter_context(served(pair.folder / "three", **pair.settings))
    for name in (*names, "meanwhile"):
        made(two, name)
    copies = [image["name"] for image in pair.cloud.copies()]
    assert sorted(name for name in copies if name in names) == names


def test_a_key_that_was_revoked_opens_neither(pair: Pair) -> None:
    time.sleep(max(0.0, pair.revoked_at + BELIEVED - time.monotonic()))
    for site in (pair.first, pair.second):
        assert Caller(site.authority, pair.key).ros("ListStacks")[0] in {400, 403}


def test_while_the_database_is_away_both_say_so_and_lose_nothing(pair: Pair) -> None:
    callers = pair.callers
    before = [one.ros("ListStacks")[1]["TotalCount"] for one in callers]
    assert callers[1].aws("CreateStack", **aws("through"))[0] == 200
    pair.database.stop()
    for one in callers:
        one.answers.clear()
        for action in ("ListStacks", "CreateStack", "ListStacks"):
            given = ros("never") if action == "CreateStack" else {}
            status, told = one.ros(action, **given)
            assert (status, told["Code"]) == (503, "ServiceUnavailable"), told
        status, tree = one.aws("DescribeStacks")
        assert (status, text(tree, "Code")) == (503, "ServiceUnavailable")
    pair.database.start()
    for one in callers:
        _, document = one.insist("ros", "ListStacks")
        assert document["TotalCount"] == before[0] == before[1]
        assert set(one.answers) <= {503, 200}
    status, _ = callers[0].insist("aws", "CreateStack", **aws("after", ClientRequestToken="after"))
    assert status == 200
    for name in ("through", "after"):
        made(callers[1], name)
    assert [site.stop() for site in (pair.first, pair.second)] == [0, 0]
    for site in (pair.first, pair.second):
        lines = site.lines()
        assert {line["status"] for line in lines if line["event"] == "request"} <= {
            *range(500),
            503,
        }
        faults = [line for line in lines if line["level"] == "error" and line["event"] != "request"]
        assert faults == []
