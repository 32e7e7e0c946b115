"""A whole house on the emulated cloud, in virtual time, with the cloud's usual trouble switched on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageferry.assembly.emulation import emulator_of
from imageferry.assembly.house import House, open_house
from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.engine.worker import Worker
from imageferry.model.operations import OnFailure
from imageferry.model.values import Value
from imageferry.settings import Settings, resolve
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually
from tests.homes import lay_database

REGIONS = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-shanghai",
    "cn-nanjing",
    "cn-fuzhou",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-hongkong",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "us-west-1",
    "us-east-1",
]

TROUBLE = (
    {"kind": "hidden", "action": "CopyImage", "count": None, "seconds": 20.0},
    {"kind": "late_tags", "action": "CopyImage", "count": None, "seconds": 40.0},
    {"kind": "unusable", "action": "CopyImage", "count": None, "seconds": 15.0},
    {"kind": "throttle", "action": "DescribeImages", "skip": 2, "count": 2},
    {"kind": "lost_reply", "action": "CopyImage", "skip": 1, "count": 1},
)
"""What happens on every run unless a test says otherwise."""


@dataclass
class Emulated:
    """An open house, the emulator's world beside it, and the paths to both."""

    house: House
    cloud: Emulator
    settings: Settings

    async def deploy(
        self,
        template: bytes,
        *,
        name: str = "demo",
        region: str = "cn-hangzhou",
        on_failure: OnFailure = OnFailure.KEEP,
        replace: bool | None = None,
        parameters: Mapping[str, Value] | None = None,
    ) -> StackView:
        plane = self.house.plane
        planned = await plane.plan(
            StackRequest(name, region, template, "t.yml", parameters or {}, replace)
        )
        operation = await plane.execute(planned, ExecutionOptions(on_failure))
        await self.house.worker.run(operation.operation_id)
        return await plane.view(operation.stack_id)

    async def delete(self, name: str = "demo") -> StackView:
        plane = self.house.plane
        planned = await plane.plan_delete(await plane.find(name))
        operation = await plane.execute(planned, ExecutionOptions())
        await self.house.worker.run(operation.operation_id)
        return await plane.view(operation.stack_id)

    def fresh_worker(self) -> Worker:
        house = self.house
        return Worker(house.store, house.catalog, house.clock, house.entropy)

    def images(self) -> list[dict[str, Any]]:
        return controls.list_images(self.cloud.world)

    def copies(self) -> list[dict[str, Any]]:
        return [image for image in self.images() if image["source_image_id"]]

    def fault(self, **wanted: object) -> None:
        controls.add_fault(self.cloud.world, wanted)

    def calm(self) -> None:
        controls.clear_faults(self.cloud.world)


@asynccontextmanager
async def emulated(
    home: Path,
    *,
    speed: float = 1.0,
    trouble: bool = True,
    seed: int = 1,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Emulated]:
    clock = VirtualClock()
    usual = {"IMAGEFERRY_HOME": str(home), "IMAGEFERRY_EMULATOR_SPEED": str(speed)}
    settings = resolve({}, {**usual, **(environment or {})})
    lay_database(home)
    with emulator_of(settings, clock) as cloud:
        for fault in TROUBLE if trouble else ():
            controls.add_fault(cloud.world, fault)
        async with open_house(settings, clock=clock, entropy=SeededEntropy(seed)) as house:
            yield Emulated(house, cloud, settings)


Program = Callable[[Emulated], Awaitable[None]]


def play(
    folder: Path,
    program: Program,
    *,
    trouble: bool = True,
    speed: float = 1.0,
    environment: Mapping[str, str] | None = None,
) -> None:
    """One program in one house, in virtual time; its home is made in the folder."""

    async def main() -> None:
        home = folder / "home"
        async with emulated(home, trouble=trouble, speed=speed, environment=environment) as sea:
            await program(sea)

    run_virtually(main())


FAN_OUT = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Destinations: {Type: Json}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Destinations}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Jq [First, .region, !Select [!Ref 'ALIYUN::Index', !Ref Destinations]]
      DestinationImageName: carried
      Encrypted: !Jq [First, .encrypted, !Select [!Ref 'ALIYUN::Index', !Ref Destinations]]
Outputs:
  Ids: {Value: !GetAtt [Golden, ImageId]}
"""
"""Copies to each of the destinations that are given."""


def to(*regions: str) -> dict[str, list[dict[str, object]]]:
    return {"Destinations": [{"region": region} for region in regions]}
