"""Fifty who look on at once: each is told of the end, and what they look at is done meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.api.serving import served
from tests.cli.shop import GOLDEN
from tests.e2e.callers import Caller

ONLOOKERS = Path(__file__).parents[2] / "bench/onlookers.py"
STREAMS = 50
TEMPLATE = json.dumps(
    {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {
            f"Copy{number}": {
                "Type": "ALIYUN::ECS::CopyImage",
                "Properties": {
                    "ImageId": GOLDEN,
                    "DestinationRegionId": region,
                    "DestinationImageName": f"seen-by-many-{number}",
                },
            }
            for number, region in enumerate(("cn-shanghai", "eu-central-1", "us-west-1"))
        },
    }
)


def test_fifty_streams_are_told_and_nothing_waits_for_them(tmp_path: Path) -> None:
    with served(tmp_path / "home") as site:
        crowd = subprocess.Popen(
            [sys.executable, str(ONLOOKERS), site.address, str(STREAMS), "CREATE_COMPLETE"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert crowd.stdout is not None
        try:
            assert crowd.stdout.readline() == "ready\n"
            caller = Caller(site.authority)
            began = time.monotonic()
            status, made = caller.ros("CreateStack", StackName="seen", TemplateBody=TEMPLATE)
            assert status == 200, made
            while caller.ros("GetStack", StackId=made["StackId"])[1]["Status"] != "CREATE_COMPLETE":
                assert time.monotonic() < began + 15
                time.sleep(0.1)
            # What has changed is told within a second or two.
            time.sleep(2.2)
            told = json.loads(crowd.communicate(timeout=20)[0])
        finally:
            crowd.kill()
            crowd.wait()
            crowd.stdout.close()
    assert told["open"] == STREAMS
    assert told["saw"] == STREAMS
    assert told["events"].keys() == {"parts"}
    # One at the opening, and one for each look that found something: never one for every event.
    assert 2 * STREAMS <= told["events"]["parts"] <= 8 * STREAMS
