"""The current official ROS client for Python tells the story of ros_story; prints what it saw.

Run by the tests with the interpreter of the client's own environment:
`ros_current.py HOST:PORT sync|async KEY SECRET`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from alibabacloud_ros20190910 import models
from alibabacloud_ros20190910.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException
from darabonba.runtime import RuntimeOptions
from ros_core import EcsCaller
from ros_story import REGION, Refused, Story


class Caller:
    """Calls actions of one client, in the one way or the other."""

    def __init__(self, address: str, way: str, key: str, secret: str) -> None:
        self.way = way
        self.client = Client(
            Config(
                endpoint=address,
                protocol="http",
                region_id=REGION,
                access_key_id=key,
                access_key_secret=secret,
            )
        )

    async def call(self, action: str, **fields: Any) -> dict[str, Any]:
        request = getattr(models, f"{action}Request")().from_map(fields)
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in action).lstrip("_")
        try:
            if self.way == "sync":
                answer = getattr(self.client, f"{name}_with_options")(request, RuntimeOptions())
            else:
                method = getattr(self.client, f"{name}_with_options_async")
                answer = await method(request, RuntimeOptions())
        except DaraException as error:
            raise Refused(error.status_code, error.code, error.message) from error
        return answer.body.to_map()


async def main() -> None:
    address, way, key, secret = sys.argv[1:5]
    story = Story(
        Caller(address, way, key, secret).call, EcsCaller(address, key, secret).call, f"ros-{way}"
    )
    print(json.dumps(await story.run()))


if __name__ == "__main__":
    asyncio.run(main())
