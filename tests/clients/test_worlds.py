"""One record, seen from everywhere: by boto3, by ROS's SDK and by our command line, each in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.apis import HERE, Served, interpreter, run, serving

pytestmark = pytest.mark.clients

ROS = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: from-the-command-line
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    interpreter("aws")
    with serving(tmp_path_factory.mktemp("worlds"), "--reply-wait", "20") as found:
        yield found


def boto3_says(served: Served, region: str, calls: str) -> Any:
    """What a script of boto3 prints as JSON; `client` and `json` are there for it."""
    done = run([str(interpreter("aws")), "-c", BOTO3.format(calls)], served.aws(region))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


BOTO3 = """\
import boto3, json, sys
client = boto3.client("cloudformation")
{}
"""
MAKE = """\
template = {"Resources": {"Copy": {"Type": "TF::Alicloud::ImageCopy", "Properties": {
    "SourceImageId": "m-golden0000000000001", "SourceRegionId": "cn-hangzhou"}}}}
made = client.create_stack(StackName="from-boto3", TemplateBody=json.dumps(template))
print(json.dumps(made["StackId"]))
"""
LIST = """\
stacks = client.describe_stacks()["Stacks"]
print(json.dumps([[one["StackName"], one["StackId"], one["StackStatus"]] for one in stacks]))
"""


def ros_says(served: Served, region: str) -> list[list[str]]:
    """Name, id and status of each stack, as ROS's own SDK lists them; skips where it is not there."""
    python = interpreter("ros")
    script, host = str(HERE / "ros_list.py"), served.address.partition("://")[2]
    done = run([str(python), script, host, region], served.environment())
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_a_stack_of_boto3_is_seen_by_the_command_line_and_the_other_way_round(
    served: Served, tmp_path: Path
) -> None:
    arn = boto3_says(served, "cn-beijing", MAKE)
    listed = json.loads(served.imageferry("list", "--json"))
    (ours,) = (one for one in listed["stacks"] if one["stack_name"] == "from-boto3")
    assert (ours["stack_id"], ours["status"]) == (arn, "CREATE_COMPLETE")
    assert (ours["region"], ours["dialect"]) == ("cn-beijing", "cloudformation")
    template = tmp_path / "copy.yml"
    template.write_text(ROS)
    served.imageferry("deploy", str(template), "-s", "from-cli", "--region", "cn-hangzhou", "--yes")
    (name, shown, status), *rest = boto3_says(served, "cn-hangzhou", LIST)
    assert not rest
    assert (name, status) == ("from-cli", "CREATE_COMPLETE")
    known = json.loads(served.imageferry("show", "-s", "from-cli", "--json"))["stack_id"]
    assert shown.startswith("arn:aws:cloudformation:cn-hangzhou:")
    assert shown.endswith(f"stack/from-cli/{known}")
    again = boto3_says(
        served, "cn-hangzhou",
        f'stacks = client.describe_stacks(StackName="{shown}")["Stacks"]\n'
        'print(json.dumps(stacks[0]["StackName"]))',
    )  # fmt: skip
    assert again == "from-cli"


def test_a_stack_of_boto3_is_seen_by_the_sdk_of_ros(served: Served) -> None:
    interpreter("ros")
    arn = boto3_says(served, "us-west-1", MAKE)
    ((name, stack_id, status),) = ros_says(served, "us-west-1")
    assert (name, status) == ("from-boto3", "CREATE_COMPLETE")
    assert stack_id == arn.rsplit("/", 1)[-1]
