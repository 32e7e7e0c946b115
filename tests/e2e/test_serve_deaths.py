"""`imageferry serve` killed while clients ask: each request is carried out once, and answered alike."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import Site, served
from tests.e2e.callers import Caller
from tests.e2e.processes import Served, environment, run, served_emulator
from tests.e2e.test_kills import unrecorded

CLAIM = "documents.add client_token"
TAKEN = "documents.change client_token"
OPENED = "store.open_operation"
PROPOSED = "documents.add change_set"
USUAL = {"audit.begin", CLAIM, TAKEN, "store.save_change_set", OPENED, "audit.end"}
SPENT = "documents.change change_set"

WHERE: dict[str, set[str]] = {
    "ros CreateStack": USUAL,
    "ros UpdateStack": USUAL,
    "ros CreateChangeSet": (USUAL - {OPENED}) | {PROPOSED},
    "ros ExecuteChangeSet": USUAL | {SPENT},
    "aws CreateStack": USUAL,
    "aws UpdateStack": USUAL,
    "aws CreateChangeSet": (USUAL - {OPENED}) | {PROPOSED, "store.add_stack"},
    "aws ExecuteChangeSet": USUAL | {SPENT},
    "ros DeleteStack": USUAL - {CLAIM, TAKEN},
    "aws DeleteStack": USUAL,
}
"""Behind which writes a server has to die, before whoever asks is answered."""


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("deaths")
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.dying_server", str(folder)],
        env=environment(folder / "home"), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_servers_die_behind_each_of_their_writes(deaths: dict[str, Any]) -> None:
    met = {one["action"]: set(one["points"]) for one in deaths["told"]}
    assert met == WHERE
    assert all(one["kills"] == len(one["points"]) for one in deaths["told"])


@pytest.mark.parametrize("number", range(len(WHERE)), ids=list(WHERE))
def test_what_is_asked_again_is_answered_as_if_nobody_had_died(
    deaths: dict[str, Any], number: int
) -> None:
    told = deaths["told"][number]
    assert told["action"] == list(WHERE)[number]
    assert told["first"]["status"] == "200", told
    assert told["again"] == told["first"]


def test_what_was_asked_for_is_there_once(deaths: dict[str, Any]) -> None:
    assert deaths["stacks"] == {"a": "DELETED", "d": "UPDATED", "g": "DELETED"}
    assert deaths["images"] == ["image-e"]


def test_the_audit_tells_which_requests_had_no_end(deaths: dict[str, Any]) -> None:
    outcomes = Counter(outcome for _, outcome in deaths["outcomes"])
    kills = sum(one["kills"] for one in deaths["told"])
    # Of those that were killed only the ones behind `audit.end` say how it ended.
    ended = len(deaths["told"])
    assert outcomes == {"": kills - ended, "ok": 3 * ended}


# --- as processes ---------------------------------------------------------------------------------

STACKS = 60
CLIENTS = 6
REGIONS = (
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "ap-southeast-1",
    "eu-central-1",
    "us-west-1",
)
TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: {name}
"""
ROS_TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: {region}
      DestinationImageName: {name}
"""


class Lives:
    """One server after the other on one port and home."""

    def __init__(self, home: Path, cloud: Served) -> None:
        self._home, self._cloud, self._port = home, cloud, "0"
        self._living = ExitStack()
        self.site: Site = self.begin()

    def begin(self) -> Site:
        found = served(
            self._home, "--port", self._port, "--rate", "0",
            IMAGEFERRY_ECS_ENDPOINT=self._cloud.endpoint,
        )  # fmt: skip
        self.site = self._living.enter_context(found)
        self._port = str(self.site.port)
        return self.site

    def kill(self) -> None:
        self.site.process.kill()
        self.site.process.wait()
        self._living.close()

    def close(self) -> None:
        self._living.close()


@contextmanager
def lives(tmp_path: Path, speed: float) -> Iterator[tuple[Lives, Served]]:
    with served_emulator(tmp_path / "cloud", speed=speed) as cloud:
        server = Lives(tmp_path / "home", cloud)
        try:
            yield server, cloud
        finally:
            server.close()


def create(authority: str, names: list[str], replies: dict[str, tuple[int, str]]) -> None:
    """One client, which asks one after the other, half of it by each API."""
    caller = Caller(authority)
    for name in names:
        number = int(name[-2:])
        region = REGIONS[number % len(REGIONS)]
        if number % 2:
            status, tree = caller.insist(
                "aws", "CreateStack", region=region, StackName=name, ClientRequestToken=name,
                TemplateBody=TEMPLATE.replace("{name}", name),
            )  # fmt: skip
            replies[name] = status, "".join(tree.itertext())
        else:
            status, document = caller.insist(
                "ros", "CreateStack", StackName=name, ClientToken=name,
                TemplateBody=ROS_TEMPLATE.replace("{name}", name).replace("{region}", region),
            )  # fmt: skip
            replies[name] = status, str(document)


def test_a_throng_loses_nothing_when_the_server_is_killed(tmp_path: Path) -> None:
    chance = random.Random(6)
    names = [f"throng-{number:02d}" for number in range(STACKS)]
    replies: dict[str, tuple[int, str]] = {}
    home = tmp_path / "home"
    with lives(tmp_path, 6000) as (server, cloud):
        slow = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 0.2}
        cloud.ask("faults", slow)
        throng = [
            threading.Thread(
                target=create, args=(server.site.authority, names[turn::CLIENTS], replies)
            )
            for turn in range(CLIENTS)
        ]
        for one in throng:
            one.start()
        ends = time.monotonic() + 20
        while len(cloud.copies()) < STACKS // 3:
            assert time.monotonic() < ends
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.1))
        server.kill()
        between_call_and_record = len(unrecorded(home, cloud))
        assert len(replies) < STACKS
        server.begin()
        for one in throng:
            one.join()
        assert {name: status for name, (status, _) in replies.items()} == dict.fromkeys(names, 200)
        caller = Caller(server.site.authority)
        ends = time.monotonic() + 30
        while (found := statuses(caller)) != {"CREATE_COMPLETE": STACKS}:
            assert time.monotonic() < ends, found
            time.sleep(0.1)
        assert between_call_and_record > 0, "no kill fell between a call and its record"
        assert sorted(image["name"] for image in cloud.copies()) == names
        assert server.site.stop() == 0
        _, out, _ = run(home, cloud, "keys", "audit", "--limit", "1000", "--json")
        assert all(one["outcome"] in {"ok", None, ""} for one in json.loads(out)["records"])


def statuses(caller: Caller) -> dict[str, int]:
    found: Counter[str] = Counter()
    for region in {*REGIONS, "cn-hangzhou"}:
        _, page = caller.ros("ListStacks", RegionId=region, PageSize=50)
        found.update(one["Status"] for one in page["Stacks"])
    return dict(found)
