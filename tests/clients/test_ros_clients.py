"""The official clients of ROS, and its test tool iact3, unmodified, against `imageferry serve`."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v3
from imageferry.wire.http import HttpRequest
from tests.api.serving import Site, served
from tests.clients.apis import HERE, interpreter

pytestmark = pytest.mark.clients

KEY = "emulator"

EXPECTED: dict[str, Any] = {
    "looks": {
        "region": "China (Hangzhou)",
        "parameters": ["Destinations", "ImageId", "ImageName", "Team"],
        "invalid": [400, "InvalidTemplate"],
        "drift_detection": True,
        "properties": True,
        "preview": [[f"Golden[{number}]", "Add"] for number in range(3)],
        "constraints": [["Team", "NoLimit"]],
    },
    "create": {
        "same_token": True,
        "mismatch": [400, "InvalidIdempotenceParameter"],
        "exists": [409, "StackExists"],
        "status": "CREATE_COMPLETE",
        "name": True,
        "outputs": ["cn-shanghai", "ap-southeast-1", "eu-central-1"],
        "tags": [["suite", True]],
        "rollback": False,
        "minutes": 10,
        "time": len("2026-01-31T12:00:00"),
    },
    "reads": {
        "resources": [
            [f"Golden[{number}]", "ALIYUN::ECS::CopyImage", "CREATE_COMPLETE"]
            for number in range(3)
        ],
        "physical": True,
        "attribute": True,
        "events": [3, 3, True],
        "newest_event": "CREATE_COMPLETE",
        "listed": [True],
        "template": True,
        "unknown": [404, "StackNotFound"],
    },
    "change_set": {
        "status": ["CREATE_COMPLETE", "AVAILABLE", "UPDATE"],
        "exists": [409, "ChangeSetExists"],
        "changes": [[f"Golden[{number}]", "Modify", "True"] for number in range(3)],
        "targets": ["Tag"],
        "listed": ["ops"],
        "after": "UPDATE_COMPLETE",
    },
    "update": {
        "completely_same": [400, "NotSupported"],
        "dry_run": True,
        "status": "UPDATE_COMPLETE",
        "resources": ["Golden[0]", "Golden[1]"],
    },
    "drift": {
        "calm": ["DETECTION_COMPLETE", "IN_SYNC", 0],
        "drifted": ["DRIFTED", 1],
        "pages": [1, 1],
        "row": ["Golden[0]", "ALIYUN::ECS::CopyImage", "MODIFIED"],
        "difference": ["/DestinationDescription", "NOT_EQUAL", "changed by hand"],
        "actual": "changed by hand",
        "one": ["Golden[1]", "IN_SYNC"],
        "wrong_token": [400, "InvalidParameter"],
    },
    "tags": {
        "tagged": ["stage", "suite"],
        "keys": True,
        "values": ["test"],
        "rest": ["suite"],
        "reserved": [400, "InvalidParameter"],
    },
    "guards": {
        "policy": True,
        "denied": [400, "StackPolicyValidationFailed"],
        "protection": "Enabled",
        "protected": [400, "NotSupported"],
    },
    "templates": {
        "second": "v2",
        "versions": ["v2", "v1"],
        "bodies": [True, True],
        "tags": ["suite"],
        "listed": ["v2"],
        "types": ["ALIYUN::ECS::CopyImage"],
        "gone": [404, "TemplateNotFound"],
    },
    "delete": {"status": "DELETE_COMPLETE", "listed": 0},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("ros") / "home") as site:
        yield site


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(["ros_current.py", "sync"], id="sdk-sync"),
        pytest.param(["ros_current.py", "async"], id="sdk-async"),
        pytest.param(["ros_core.py"], id="core-sdk"),
    ],
)
def test_the_story_of_a_stack(script: list[str], request: pytest.FixtureRequest) -> None:
    python = interpreter("ros")
    site: Site = request.getfixturevalue("site")
    name, *way = script
    ran = subprocess.run(
        [python, str(HERE / name), site.authority, *way, KEY, KEY],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == EXPECTED


TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Target: {Type: String, AllowedValues: [cn-beijing, cn-shanghai]}
  ImageName: {Type: String}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      DestinationRegionId: !Ref Target
      DestinationImageName: !Ref ImageName
Outputs:
  ImageId: {Value: !GetAtt [Copy, ImageId]}
"""
PROJECT = """\
project:
  name: suite
  regions: [cn-hangzhou]
  template_config: {template_location: carry.template.yml}
tests:
  fixed:
    parameters: {Target: cn-shanghai, ImageName: fixed}
  chosen:
    parameters: {Target: '$[iact3-auto]', ImageName: '$[iact3-auto]'}
"""


class Tool:
    """iact3 in a project of its own; the parts of its output that it writes besides the log's are both."""

    def __init__(self, python: Path, site: Site, folder: Path) -> None:
        self.command = [str(python), str(HERE / "ros_iact3.py"), site.authority]
        self.folder = folder
        keys = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        # Nothing of whoever runs the tests is to be found: credentials and projects stand at home.
        self.environment = {**os.environ, **dict.fromkeys(keys, KEY), "HOME": str(folder)}

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def run(self, *arguments: str) -> str:
        return ended(self.begin(*arguments))


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 0, said
    return said


def left_behind(site: Site) -> None:
    """A stack with the tags of the tool, in a region where its tests make none."""
    tags = {
        "CreatedBy": "iact3",
        "iact3-id": "0",
        "iact3-project-name": "suite",
        "iact3-test-name": "left",
    }
    given = {
        "RegionId": "cn-beijing",
        "StackName": "iact3-left-cn-beijing-00000000",
        "TemplateBody": "ROSTemplateFormatVersion: '2015-09-01'\n",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    bare = HttpRequest(
        "POST", "http", site.authority, "/", flatten(given), {"host": site.authority}
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = sign_v3(
        bare,
        credentials=Credentials(KEY, KEY),
        action="CreateStack",
        version="2019-09-10",
        date=now,
        nonce="left-behind",
    )
    url = f"{site.address}/?{urlencode(signed.query)}"
    request = urllib.request.Request(url, b"", dict(signed.headers), method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        assert reply.status == 200


def test_the_test_tool(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    python = interpreter("iact3")
    site: Site = request.getfixturevalue("site")
    tool = Tool(python, site, tmp_path)
    (tmp_path / "carry.template.yml").write_text(TEMPLATE)
    (tmp_path / ".iact3.yml").write_text(PROJECT)
    left_behind(site)
    # It looks every ten seconds, whatever the server does: what waits for creations and what waits
    # for a deletion do so at the same time.
    whole = tool.begin("test", "run", "--dont-wait-for-delete")
    swept = tool.begin("delete", "--regions", "cn-beijing")
    try:
        assert "LegalTemplate" in tool.run("validate")
        preview = tool.run("preview")
        assert '"DestinationRegionId": "cn-beijing"' in preview
        assert '"DestinationRegionId": "cn-shanghai"' in preview
        deleted = ended(swept)
        said = ended(whole)
    finally:
        for process in (whole, swept):
            process.kill()
            process.wait(10)
    assert "iact3-left-cn-beijing-" in deleted
    assert "status: DELETE_COMPLETE" in deleted
    assert said.count("status: CREATE_COMPLETE") == 2
    assert said.count('"OutputKey": "ImageId"') >= 2
    reports = sorted(one.name for one in (tmp_path / "iact3_outputs").iterdir())
    assert "index.html" in reports
    for name in ("iact3-fixed-cn-hangzhou-", "iact3-chosen-cn-hangzhou-"):
        assert any(one.startswith(name) for one in reports), reports
    assert "can not find any stack" in tool.run("list")
