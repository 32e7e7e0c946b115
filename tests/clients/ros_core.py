"""The older core client tells the story of ros_story, by GET and POST; prints what it saw.

Run by the tests with the interpreter of the client's own environment: `ros_core.py HOST:PORT KEY SECRET`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from ros_story import REGION, Refused, Story


def flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The parameters of a nested value, with numbers from 1."""
    if isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from flat(f"{name}.{number}", entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from flat(f"{name}.{key}", entry)
    else:
        yield name, str(value)


class CoreCaller:
    """Calls actions of one API by name."""

    def __init__(self, address: str, key: str, secret: str, version: str) -> None:
        self.client = AcsClient(key, secret, REGION, auto_retry=False)
        self.address, self.version = address, version

    def request(self, action: str, **fields: Any) -> dict[str, Any]:
        is_read = action.startswith(("Get", "List", "Describe"))
        asked = CommonRequest(domain=self.address, version=self.version, action_name=action)
        asked.set_protocol_type("http")
        asked.set_accept_format("json")
        asked.set_method("GET" if is_read and "TemplateBody" not in fields else "POST")
        for name, value in fields.items():
            for key, text in flat(name, value):
                # Long ones do not fit into an address.
                (asked.add_body_params if key == "TemplateBody" else asked.add_query_param)(
                    key, text
                )
        try:
            return json.loads(self.client.do_action_with_exception(asked))
        except ServerException as error:
            raise Refused(
                error.get_http_status(), error.get_error_code(), error.get_error_msg()
            ) from error

    async def call(self, action: str, **fields: Any) -> dict[str, Any]:
        return self.request(action, **fields)


class EcsCaller:
    """What somebody does by hand in the cloud, behind the stack's back."""

    def __init__(self, address: str, key: str, secret: str) -> None:
        self.caller = CoreCaller(address, key, secret, "2014-05-26")

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        return self.caller.request(action, **fields)


async def main() -> None:
    address, key, secret = sys.argv[1:4]
    story = Story(
        CoreCaller(address, key, secret, "2019-09-10").call,
        EcsCaller(address, key, secret).call,
        "ros-core",
    )
    print(json.dumps(await story.run()))


if __name__ == "__main__":
    asyncio.run(main())
