"""`imageferry serve` on PostgreSQL: its database away for a while, its operations left to workers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from imageferry.wire.alibaba_signing import sign_v1
from imageferry.wire.http import HttpRequest
from tests.api.serving import EMULATOR, Site, served
from tests.e2e.processes import environment, served_emulator
from tests.postgres import PostgresServer

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
"""

UNTIL = 20.0


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()


def readiness(site: Site, wanted: int) -> dict[str, object]:
    ends = time.monotonic() + UNTIL
    while True:
        status, said = site.get("/readyz")
        found: dict[str, object] = json.loads(said)
        if status == wanted:
            return found
        assert time.monotonic() < ends, said
        time.sleep(0.1)


def test_it_waits_for_its_database_and_goes_on(tmp_path: Path, own: PostgresServer) -> None:
    url = own.database()
    with served(tmp_path / "home", IMAGEFERRY_DATABASE_URL=url) as site:
        assert readiness(site, 200) == {"ready": True, "reasons": {}}
        own.stop()
        away = readiness(site, 503)
        assert list(away["reasons"]) == ["database"]  # type: ignore[call-overload]
        assert site.get("/healthz")[0] == 200
        status, figures = site.get("/metrics")
        assert status == 200
        assert "imageferry_database_up 0.0" in figures
        # A key that is kept cannot be looked up: that is no mistake of the caller.
        status, said = site.get(
            "/?Version=2019-09-10&Action=ListStacks&AccessKeyId=IFAK&SignatureMethod=HMAC-SHA1"
            "&SignatureVersion=1.0&SignatureNonce=n&Signature=s&Timestamp="
            + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        )
        assert status == 503, said
        assert "127.0.0.1" not in json.loads(said)["Message"]
        own.start()
        readiness(site, 200)
        assert site.stop() == 0


def ask(site: Site, action: str, **given: str) -> dict[str, object]:
    """A ROS action, signed in the query."""
    pairs = (("RegionId", "cn-hangzhou"), *given.items())
    signed = sign_v1(
        HttpRequest("GET", "http", site.authority, "/", pairs),
        action=action,
        version="2019-09-10",
        credentials=EMULATOR,
        date=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        nonce=f"{action}-{time.monotonic_ns()}",
    )
    status, said = site.get(f"/?{urlencode(signed.query)}")
    assert status == 200, said
    found: dict[str, object] = json.loads(said)
    return found


def test_what_is_left_to_workers_is_done_by_one(tmp_path: Path, postgres: PostgresServer) -> None:
    home = tmp_path / "home"
    with served_emulator(tmp_path / "cloud") as cloud:
        around = {
            "IMAGEFERRY_DATABASE_URL": postgres.database(),
            "IMAGEFERRY_ECS_ENDPOINT": cloud.endpoint,
        }
        with served(home, "--no-work", **around) as site:
            assert "none lives yet" in site.log.read_text()
            stack = ask(site, "CreateStack", StackName="one", TemplateBody=TEMPLATE)
            stack_id = str(stack["StackId"])
            assert ask(site, "GetStack", StackId=stack_id)["Status"] == "CREATE_IN_PROGRESS"
            assert 'operations_open{status="RUNNING"} 1.0' in site.get("/metrics")[1]
            runner = CliRunner(env=environment(home, **around))
            worked = runner.invoke(imageferry, ["worker", "--drain"])
            assert worked.exit_code == 0, worked.output
            assert ask(site, "GetStack", StackId=stack_id)["Status"] == "CREATE_COMPLETE"
