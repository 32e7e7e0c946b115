"""Lists the stacks of a region by ROS's SDK: `ros_list.py HOST REGION`; prints name, id and status of each."""

from __future__ import annotations

import json
import sys

from alibabacloud_ros20190910.client import Client
from alibabacloud_ros20190910.models import ListStacksRequest
from alibabacloud_tea_openapi.models import Config


def main(host: str, region: str) -> None:
    config = Config(
        access_key_id="emulator",
        access_key_secret="emulator",
        endpoint=host,
        protocol="http",
        region_id=region,
    )
    body = Client(config).list_stacks(ListStacksRequest(region_id=region)).body
    print(json.dumps([[one.stack_name, one.stack_id, one.status] for one in body.stacks]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
