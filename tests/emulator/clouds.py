"""A signing client of an emulator in this process, and a clock that is moved by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageferry.emulator.app import DEFAULT_KEYS, Emulator
from imageferry.emulator.calls import cloud_time
from imageferry.emulator.controls import add_fault
from imageferry.emulator.gateway import AccessKey
from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v3
from imageferry.wire.http import HttpRequest, HttpResponse

GOLDEN = "m-golden0000000000001"
GOLDEN_IN_USE = "m-golden0000000000002"


@dataclass
class HandClock:
    """A clock that stands until it is moved; sleeping moves it."""

    moment: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, body: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__(f"{status} {body['Code']}: {body['Message']}")
        self.status = status
        self.code = body["Code"]
        self.message = body["Message"]
        self.headers = headers


class Cloud:
    """A signing client of an emulator in this process."""

    def __init__(
        self,
        path: Path | str,
        clock: HandClock,
        seed: int = 1,
        keys: Mapping[str, AccessKey] = DEFAULT_KEYS,
        speed: float | None = 1.0,
    ) -> None:
        self.clock = clock
        self.emulator = Emulator(
            path,
            now=clock.now,
            entropy=random.Random(seed).randbytes,
            sleep=clock.sleep,
            keys=keys,
            speed=speed,
        )
        self.world = self.emulator.world
        self.credentials = Credentials("emulator", "emulator")
        self._nonce = random.Random(seed + 1000)

    def request(
        self, action: str, version: str = "2014-05-26", /, **parameters: object
    ) -> HttpRequest:
        return sign_v3(
            HttpRequest("POST", "http", "127.0.0.1", "/", flatten(parameters)),
            action=action,
            version=version,
            credentials=self.credentials,
            date=cloud_time(self.clock.now()),
            nonce=self._nonce.randbytes(16).hex(),
        )

    def call(
        self, action: str, version: str = "2014-05-26", /, **parameters: object
    ) -> dict[str, Any]:
        return read(self.emulator.answer(self.request(action, version, **parameters)).response)

    def fault(self, kind: str, **wanted: object) -> None:
        add_fault(self.world, {"kind": kind, **wanted})

    def copy(self, name: str = "", region: str = "cn-shanghai", **more: object) -> str:
        parameters = {
            "ImageId": GOLDEN,
            "RegionId": "cn-hangzhou",
            "DestinationRegionId": region,
            "DestinationImageName": name,
            **more,
        }
        return self.call("CopyImage", **parameters)["ImageId"]

    def images(self, region: str = "cn-shanghai", **more: object) -> list[dict[str, Any]]:
        parameters = {"Status": "ALL", "ImageOwnerAlias": "self", "PageSize": 100, **more}
        return self.call("DescribeImages", RegionId=region, **parameters)["Images"]["Image"]

    def image(self, image_id: str, region: str = "cn-shanghai") -> dict[str, Any]:
        [image] = self.images(region, ImageId=image_id)
        return image

    def run(self, image_id: str = GOLDEN, region: str = "cn-hangzhou", **more: object) -> str:
        parameters = {
            "RegionId": region,
            "ImageId": image_id,
            "InstanceType": "ecs.g7.large",
            "SecurityGroupId": "sg-1",
            "VSwitchId": "vsw-1",
            **more,
        }
        [instance] = self.call("RunInstances", **parameters)["InstanceIdSets"]["InstanceIdSet"]
        return instance


def read(response: HttpResponse | None) -> dict[str, Any]:
    """The JSON object of a reply; raises Refused for an error answer."""
    assert response is not None, "the connection was dropped"
    body = json.loads(response.body)
    if response.status >= 300:
        assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
        assert all(isinstance(value, str) for value in body.values())
        raise Refused(response.status, body, response.headers)
    return body
