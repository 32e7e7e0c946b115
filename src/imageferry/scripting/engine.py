"""AsyncEngine: everything about stacks, for scripts that run on asyncio."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from imageferry import settings
from imageferry.assembly.catalogs import open_catalog
from imageferry.assembly.house import House, open_house
from imageferry.control.examination import examine
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Stack
from imageferry.model.values import Json, Value
from imageferry.ports.dispatching import RunResult
from imageferry.ports.senses import Clock, Entropy
from imageferry.scripting.faults import (
    EngineError,
    RequestError,
    SettingError,
    StackNotFound,
    in_words_of_scripts,
)
from imageferry.scripting.running import AsyncRun
from imageferry.scripting.telling import drift_of, plan_of, report_of
from imageferry.scripting.values import DriftReport, Plan, StackReport

_DRAIN: Final = 30.0

Template = str | PathLike[str] | bytes | Mapping[str, Json]
"""A path, the text itself as bytes, or the template as data."""


class AsyncEngine:
    """One cloud account with its stacks. Use it as `async with`.

    What is not given comes from the environment, as for the command line. `clock` and `entropy`
    may be replaced, for tests in virtual time. Raises EngineError, and its kinds by cause.
    """

    def __init__(
        self,
        *,
        cloud: str | None = None,
        region: str | None = None,
        home: str | PathLike[str] | None = None,
        database_url: str | None = None,
        ecs_endpoint: str | None = None,
        emulator_speed: float | None = None,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
    ) -> None:
        chosen: dict[str, str | None] = {
            "cloud": cloud,
            "region": region,
            "home": None if home is None else os.fspath(home),
            "database_url": database_url,
            "ecs_endpoint": ecs_endpoint,
            "emulator_speed": None if emulator_speed is None else str(emulator_speed),
        }
        with in_words_of_scripts():
            self._settings = settings.resolve(
                chosen, os.environ if environment is None else environment
            )
        self._clock = clock
        self._entropy = entropy
        self._opened = AsyncExitStack()
        self._house: House | None = None
        self._faults: dict[str, Exception] = {}

    async def __aenter__(self) -> Self:
        """Open the database and the cloud."""
        if self._house is not None:
            raise EngineError("the engine is open already", "open another one beside it")
        async with AsyncExitStack() as opened:
            with in_words_of_scripts():
                house = await opened.enter_async_context(
                    open_house(self._settings, clock=self._clock, entropy=self._entropy)
                )
                await house.dispatcher.start(self._run)
            self._opened = opened.pop_all()
        self._house = house
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Record the calls in flight and close; what runs still stays open, to be attached to."""
        house, self._house = self._house, None
        if house is None:
            return
        async with self._opened:
            house.worker.stop()
            await house.dispatcher.stop(_DRAIN)

    @property
    def account_id(self) -> str:
        """The account that the credentials belong to."""
        return self._open.plane.place.account_id

    @property
    def cloud(self) -> str:
        """`emulator` or `alibaba`."""
        return self._settings.cloud

    def validate(
        self, template: Template, *, parameters: Mapping[str, Value] | None = None
    ) -> tuple[Diagnostic, ...]:
        """Everything that can be said against a template without a stack and without a cloud."""
        source, name = _source(template)
        examined = examine(
            source, name, open_catalog(), given=parameters, region=self._settings.region
        )
        return examined.diagnostics

    async def plan(
        self,
        template: Template,
        *,
        stack: str,
        parameters: Mapping[str, Value] | None = None,
        region: str | None = None,
        replace: bool | None = None,
        refresh: bool = False,
        adopt: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Plan:
        """What it takes to bring a stack to what a template wants; nothing is done.

        `replace` allows what needs a new image, None leaves that to the template's language;
        `refresh` looks at the cloud first; `adopt` gives ids of existing images by logical id.
        """
        source, name = _source(template)
        request = StackRequest(
            stack,
            self._region(region),
            source,
            name,
            parameters or {},
            replace=replace,
            refresh=refresh,
            adopt=adopt,
            tags=tags,
        )
        with in_words_of_scripts():
            planned = await self._open.plane.plan(request)
        return plan_of(planned, self._open.catalog)

    async def plan_delete(
        self, stack: str, *, retain: Sequence[str] = (), region: str | None = None
    ) -> Plan:
        """What it takes to delete a stack, but for the resources that are to stay in the cloud."""
        with in_words_of_scripts():
            found = await self._open.plane.find(stack, region)
            planned = await self._open.plane.plan_delete(found, retain)
        return plan_of(planned, self._open.catalog)

    async def execute(
        self,
        plan: Plan,
        *,
        on_failure: str = "keep",
        parallel: int = 0,
        time_limit: float | None = None,
    ) -> AsyncRun:
        """Begin to carry out a plan, or attach to the operation that does just that already.

        `on_failure`: `keep`, `rollback` or `delete`; `parallel` 0 is without limit; after
        `time_limit` seconds it fails. A plan that may not be executed is refused before the first call.
        """
        try:
            ending = OnFailure(on_failure)
        except ValueError:
            raise RequestError(
                f'"{on_failure}" is nothing that can follow a failure',
                "choose keep, rollback or delete",
            ) from None
        options = ExecutionOptions(ending, parallel, time_limit)
        with in_words_of_scripts():
            operation = await self._open.plane.execute(plan.origin, options)
        return await self._run_of(operation)

    async def deploy(
        self,
        template: Template,
        *,
        stack: str,
        parameters: Mapping[str, Value] | None = None,
        region: str | None = None,
        replace: bool | None = None,
        on_failure: str = "keep",
        time_limit: float | None = None,
    ) -> AsyncRun:
        """Plan and execute at once."""
        plan = await self.plan(
            template, stack=stack, parameters=parameters, region=region, replace=replace
        )
        return await self.execute(plan, on_failure=on_failure, time_limit=time_limit)

    async def delete(
        self, stack: str, *, retain: Sequence[str] = (), region: str | None = None
    ) -> AsyncRun:
        """Delete a stack and what it made, but for the resources that are to stay."""
        return await self.execute(await self.plan_delete(stack, retain=retain, region=region))

    async def retry(
        self, stack: str, *, only: Sequence[str] = (), region: str | None = None
    ) -> AsyncRun:
        """Let go on what was set aside, or try again what has failed; of it only some, if named."""
        with in_words_of_scripts():
            found = await self._open.plane.find(stack, region)
            again = await self._open.plane.retry(found, only)
            operation = await self._begun(again)
        return await self._run_of(operation)

    async def attach(self, stack: str, *, region: str | None = None) -> AsyncRun:
        """The operation that a stack had last, be it open or ended; run here if nobody runs it."""
        with in_words_of_scripts():
            found = await self._open.plane.find(stack, region)
            operation = await self._open.store.last_operation(found.stack_id)
        if operation is None:
            raise RequestError(f'nothing has ever run on "{stack}"')
        return self._attached(operation, found)

    async def stack(self, name: str, *, region: str | None = None) -> StackReport:
        """One stack by name or id, as it stands."""
        with in_words_of_scripts():
            found = await self._open.plane.find(name, region)
            view = await self._open.plane.view(found.stack_id)
        return report_of(view, self._open.catalog)

    async def stacks(self, *, region: str | None = None) -> list[StackReport]:
        """Every living stack of the account, newest first."""
        with in_words_of_scripts():
            found = await self._open.plane.stacks(region)
            views = [await self._open.plane.view(one.stack_id) for one in found]
        return [report_of(view, self._open.catalog) for view in views]

    async def drift(
        self, stack: str, *, resources: Collection[str] = (), region: str | None = None
    ) -> DriftReport:
        """A stack, or some of its resources, beside the cloud; nothing is changed."""
        with in_words_of_scripts():
            found = await self._open.plane.find(stack, region)
            return drift_of(await self._open.plane.drift(found, resources))

    @property
    def _open(self) -> House:
        if self._house is None:
            raise EngineError(
                "the engine is not open", "use it as a context manager: with Engine() as engine"
            )
        return self._house

    def _region(self, region: str | None) -> str:
        chosen = region or self._settings.region
        if not chosen:
            raise SettingError(
                "no region is given",
                "give region=..., to the engine or to the plan, or set ALIBABA_CLOUD_REGION_ID",
            )
        return chosen

    async def _begun(self, again: Planned | Operation) -> Operation:
        if isinstance(again, Operation):
            return again
        return await self._open.plane.execute(again, ExecutionOptions())

    async def _run_of(self, operation: Operation) -> AsyncRun:
        with in_words_of_scripts():
            stack = await self._open.store.stack(operation.stack_id)
        if stack is None:
            raise StackNotFound(f'no stack has the id "{operation.stack_id}"')
        return self._attached(operation, stack)

    def _attached(self, operation: Operation, stack: Stack) -> AsyncRun:
        # What ended an earlier run need not end the next one: whoever attaches tries again.
        self._faults.pop(operation.operation_id, None)
        return AsyncRun(lambda: self._open, operation, stack, self._faults.get)

    async def _run(self, operation_id: str) -> RunResult:
        """What the dispatcher calls: what ends a run before its operation has ended is kept."""
        house = self._open
        self._faults.pop(operation_id, None)
        try:
            return await house.worker.run(operation_id)
        except Exception as fault:
            self._faults[operation_id] = fault
            raise


def _source(template: Template) -> tuple[bytes, str]:
    """The bytes of a template, and how it is called in what is said of it."""
    if isinstance(template, bytes):
        return template, "template"
    if isinstance(template, Mapping):
        return json.dumps(template).encode(), "template"
    path = Path(template)
    try:
        return path.read_bytes(), str(path)
    except OSError as fault:
        raise RequestError(
            f'the template "{path}" cannot be read: {str(fault.strerror).lower()}',
            "give a path that can be read, or the text as bytes",
        ) from fault
