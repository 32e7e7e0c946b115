"""A server in virtual time, and a caller whose requests and replies are botocore's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from imageferry.control.client_tokens import KIND
from imageferry.control.papers import papers_of
from imageferry.testing import run_virtually
from tests.api.serving import Apis, house_of_api

REGION = "cn-beijing"

COPY = """\
AWSTemplateFormatVersion: '2010-09-09'
Description: one image, carried
Parameters:
  Suffix: {Type: String, Default: one}
  Word: {Type: String, NoEcho: true, Default: hush}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Metadata: {Owner: suite}
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Sub 'carried-${Suffix}'
      Description: carried by the suite
Outputs:
  Id: {Value: !GetAtt Copy.Id, Description: the new image, Export: {Name: carried}}
"""

WAIT = """\
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-missing000000000001, SourceRegionId: cn-hangzhou}
"""
"""A template whose one resource cannot be made: there is no such image."""


@cache
def service() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("cloudformation", "service-2"))


class Refused(Exception):
    """What a caller was refused with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(f"{status} {code}: {message}")


class Visit:
    """One caller in one region."""

    def __init__(self, apis: Apis) -> None:
        self.apis = apis
        self._write = create_serializer("query")
        self._read = create_parser("query")

    async def call(self, action: str, *, region: str = REGION, **given: Any) -> dict[str, Any]:
        """The parsed reply; raises Refused. Texts go as a client of AWS would write them."""
        shape = service().operation_model(action)
        body = self._write.serialize_to_request(given, shape)["body"]
        pairs = {name: str(value) for name, value in body.items() if name not in _MARKS}
        return await self.raw(action, region=region, **pairs)

    async def raw(self, action: str, *, region: str = REGION, **pairs: str) -> dict[str, Any]:
        """The parsed reply to parameters by their names on the wire."""
        request = self.apis.aws_request(action, region=region, **pairs)
        passage = await self.apis.knock(request)
        response = passage.response
        assert response is not None
        names = service().operation_names
        shape = service().operation_model(action).output_shape if action in names else None
        told = {"body": response.body, "headers": response.headers, "status_code": response.status}
        parsed: dict[str, Any] = self._read.parse(told, shape)
        parsed.pop("ResponseMetadata", None)
        if "Error" in parsed:
            error = parsed["Error"]
            raise Refused(response.status, error["Code"], error.get("Message", ""))
        return parsed

    async def refusal(self, action: str, **given: Any) -> tuple[int, str, str]:
        """Status, code and text of a refusal."""
        try:
            reply = await self.call(action, **given)
        except Refused as refused:
            return refused.status, refused.code, refused.message
        raise AssertionError(f"not refused: {reply}")

    async def validation(self, action: str, **given: Any) -> str:
        """The text of a ValidationError."""
        status, code, message = await self.refusal(action, **given)
        assert (status, code) == (400, "ValidationError"), (status, code, message)
        return message

    async def stack(self, name: str = "demo") -> dict[str, Any]:
        """One stack as it stands."""
        found: dict[str, Any] = (await self.call("DescribeStacks", StackName=name))["Stacks"][0]
        return found

    async def settled(self, name: str = "demo") -> dict[str, Any]:
        """The stack once nothing runs on it."""
        while True:
            stack = await self.stack(name)
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            await self.apis.clock.sleep(20)

    async def lose_answer(self, action: str, token: str) -> None:
        """As if the process had died after the deed, before it could keep what to answer."""
        desk = self.apis.house.plane.desk
        papers, account_id = papers_of(desk), desk.place.account_id
        kept = await papers.get(KIND, account_id, f"{action}:{token}")
        assert kept is not None
        assert kept.body["answer"] is not None
        await papers.change(replace(kept, body={**kept.body, "answer": None}))

    async def create(self, name: str = "demo", template: str = COPY, **given: Any) -> str:
        """A stack that has come to its end; gives its id."""
        made = await self.call("CreateStack", StackName=name, TemplateBody=template, **given)
        await self.settled(made["StackId"])
        stack_id: str = made["StackId"]
        return stack_id


_MARKS = {"Action", "Version"}


def visited(
    folder: Path, story: Callable[[Visit], Awaitable[None]], *, speed: float = 20.0, **how: Any
) -> None:
    """Run a story on a server of its own, where copies last less than a minute."""

    async def run() -> None:
        async with house_of_api(folder, speed=speed, **how) as apis:
            await story(Visit(apis))

    run_virtually(run())
