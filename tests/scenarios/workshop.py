"""A control plane, a store and a worker over a small cloud, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.engine.worker import Worker
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus
from imageferry.model.values import Value
from imageferry.ports.dispatching import Crew, RunResult
from imageferry.ports.regions import RegionNames
from imageferry.ports.types import Catalog
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import SqlStore, open_store
from imageferry.testing import START, SeededEntropy, VirtualClock
from tests.homes import lay_database


class Handing:
    """A dispatcher that only remembers: the test runs what it wants when it wants."""

    def __init__(self) -> None:
        self.submitted: list[str] = []

    async def submit(
        self,
        transaction: object | None,
        operation_id: str,
        *,
        stack_id: str,
        not_before: float | None = None,
    ) -> None:
        self.submitted.append(operation_id)

    async def start(self, run: object) -> None:
        return None

    async def stop(self, drain: float) -> None:
        return None

    async def is_run(self, operation_id: str) -> bool:
        return operation_id in self.submitted

    async def crew(self) -> Crew:
        return Crew(0)


class FewRegions:
    """Regions that have the zones they are given; `asked` is every question."""

    def __init__(self) -> None:
        self.known = {
            "cn-hangzhou": ["cn-hangzhou-b", "cn-hangzhou-k"],
            "cn-beijing": ["cn-beijing-l"],
        }
        self.asked: list[str] = []

    async def zones(self, region: str) -> Sequence[str]:
        self.asked.append(region)
        return self.known[region]

    def nearest(self, region: str) -> str | None:
        return next((known for known in self.known if region in known), None)

    def published(self) -> Sequence[RegionNames]:
        return [
            RegionNames(region, f"中 {region}", f"In {region}", region) for region in self.known
        ]


@dataclass
class Workshop:
    plane: ControlPlane
    worker: Worker
    store: SqlStore
    clock: VirtualClock
    catalog: Catalog
    entropy: SeededEntropy
    region: str = "cn-hangzhou"
    regions: FewRegions = field(default_factory=FewRegions)

    async def deploy(
        self,
        template: str,
        *,
        name: str = "demo",
        on_failure: OnFailure = OnFailure.KEEP,
        replace: bool | None = None,
        parallel: int = 0,
        timeout: float | None = None,
        **parameters: Value,
    ) -> StackView:
        """Plan, execute and run to the end."""
        planned = await self.plane.plan(
            StackRequest(name, self.region, template.encode(), "t.yml", parameters, replace)
        )
        operation = await self.plane.execute(
            planned, ExecutionOptions(on_failure, parallel, timeout)
        )
        await self.run(operation.operation_id)
        return await self.plane.view(operation.stack_id)

    async def run(self, operation_id: str) -> RunResult:
        result = await self.worker.run(operation_id)
        assert result.status is not OperationStatus.RUNNING or result.stopped
        return result

    async def delete(self, name: str = "demo") -> StackView:
        stack = await self.plane.find(name)
        operation = await self.plane.execute(
            await self.plane.plan_delete(stack), ExecutionOptions()
        )
        await self.run(operation.operation_id)
        return await self.plane.view(stack.stack_id)

    def fresh_worker(self) -> Worker:
        """Another process, as far as the journal can tell."""
        return Worker(self.store, self.catalog, self.clock, self.entropy)


@asynccontextmanager
async def workshop(
    home: Path, catalog: Catalog, seed: int = 1, url: str = "", start: float = START
) -> AsyncIterator[Workshop]:
    clock, entropy = VirtualClock(start), SeededEntropy(seed)
    lay_database(home)
    store = open_store(
        url or f"sqlite:///{home / 'imageferry.db'}",
        entropy=entropy,
        box=lambda: AesGcmBox(b"k" * 32),
    )
    try:
        place, regions = Place("emulator", "1", ""), FewRegions()
        desk = Desk(
            store, catalog, Handing(), clock, entropy, place, regions, documents=store.documents
        )
        yield Workshop(
            ControlPlane(desk),
            Worker(store, catalog, clock, entropy),
            store,
            clock,
            catalog,
            entropy,
            regions=regions,
        )
    finally:
        await store.close()
