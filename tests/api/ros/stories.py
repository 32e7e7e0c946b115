"""A server in virtual time with one stack of ROS, for tests of single actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from imageferry.testing import run_virtually
from tests.api.serving import Apis, house_of_api

TWO_COPIES = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Suffix: {Type: String, Default: one}
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: !Sub 'first-${Suffix}'
      DestinationDescription: carried by the suite
  Second:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: !Sub 'second-${Suffix}'
Outputs:
  Id: {Value: !GetAtt [First, ImageId]}
"""


class Talk:
    """One caller: `ask` gives the document of an answered action, `refused` what another one said."""

    def __init__(self, apis: Apis) -> None:
        self.apis = apis
        self.stack: dict[str, str] = {}

    async def ask(self, action: str, **given: Any) -> dict[str, Any]:
        status, body = await self.apis.ros(action, **given)
        assert status == 200, body
        return body

    async def refused(self, action: str, **given: Any) -> tuple[int, str, str]:
        status, body = await self.apis.ros(action, **given)
        assert set(body) == {"Code", "Message", "RequestId", "HostId", "Recommend"}, body
        return status, body["Code"], body["Message"]

    async def by_hand(self, action: str, **given: Any) -> tuple[int, Any]:
        """What somebody asks of the cloud itself."""
        request = self.apis.ros_request(action, version="2014-05-26", **given)
        response = await self.apis.cloud.handle(request)
        return response.status, response.body

    async def create(self, name: str = "demo", template: str = TWO_COPIES, **given: Any) -> str:
        """A stack that is made, or has failed, by the time this returns."""
        made = await self.ask("CreateStack", StackName=name, TemplateBody=template, **given)
        self.stack = {"StackId": made["StackId"]}
        await self.settled()
        return made["StackId"]

    async def settled(self) -> dict[str, Any]:
        while True:
            stack = await self.ask("GetStack", **self.stack)
            if not stack["Status"].endswith("IN_PROGRESS"):
                return stack
            await self.apis.clock.sleep(60)


def told(
    folder: Path, story: Callable[[Talk], Awaitable[None]], *, speed: float = 100.0, **how: Any
) -> None:
    """Run a story on a server of its own; at speed 1 copies take as long as they would."""

    async def run() -> None:
        async with house_of_api(folder, speed=speed, **how) as apis:
            await story(Talk(apis))

    run_virtually(run())
