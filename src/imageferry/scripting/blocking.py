"""Engine: AsyncEngine for scripts without asyncio, method by method."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from imageferry.model.diagnostics import Diagnostic
from imageferry.model.values import Value
from imageferry.ports.senses import Clock, Entropy
from imageferry.scripting.engine import AsyncEngine, Template
from imageferry.scripting.faults import EngineError
from imageferry.scripting.running import AsyncRun
from imageferry.scripting.values import (
    DriftReport,
    Plan,
    ResourceReport,
    Result,
    StackEvent,
    StackReport,
)

T = TypeVar("T")

_ENDED: Final = object()
_CLOSED: Final = "what runs still stays open: attach to it with another engine"


class Loop:
    """An event loop in a thread of its own, to which other threads give work and wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="imageferry-engine", daemon=True
        )
        self._calls: set[Future[Any]] = set()
        self._guard = threading.Lock()
        self._is_open = True
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work comes to; whoever is interrupted while waiting for it ends it.

        Raises EngineError where the loop is closed, also while the work goes on.
        """
        with self._guard:
            if not self._is_open:
                work.close()
                raise EngineError("the engine is closed", _CLOSED)
            begun = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._calls.add(begun)
        try:
            return begun.result()
        except CancelledError:
            if self._is_open:
                raise
            raise EngineError("the engine was closed meanwhile", _CLOSED) from None
        finally:
            begun.cancel()
            with self._guard:
                self._calls.discard(begun)

    def close(self, last: Coroutine[Any, Any, None] | None = None) -> None:
        """End the thread: calls of other threads are broken off, and then the last work is done."""
        with self._guard:
            self._is_open = False
            calls = tuple(self._calls)
        for call in calls:
            call.cancel()
        try:
            if last is not None:
                asyncio.run_coroutine_threadsafe(last, self._loop).result()
        finally:
            asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end_all(self) -> None:
        """Nothing is left: neither what was interrupted nor generators that nobody has exhausted."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()


class Run:
    """One operation, as AsyncRun has it; every method waits."""

    def __init__(self, run: AsyncRun, loop: Loop) -> None:
        self._run = run
        self._loop = loop

    @property
    def operation_id(self) -> str:
        """The operation's id."""
        return self._run.operation_id

    @property
    def began_at(self) -> datetime:
        """When it was begun, in UTC."""
        return self._run.began_at

    @property
    def stack_id(self) -> str:
        """The id of its stack."""
        return self._run.stack_id

    @property
    def stack_name(self) -> str:
        """The name of its stack."""
        return self._run.stack_name

    def events(self) -> Iterator[StackEvent]:
        """The operation's events, oldest first, each as soon as it is recorded, until its end."""
        events = self._run.events()

        async def following() -> StackEvent | object:
            return await anext(events, _ENDED)

        while True:
            event = self._loop.call(following())
            if not isinstance(event, StackEvent):
                return
            yield event

    def wait(self, timeout: float | None = None) -> Result:
        """The result, once there is one; TimeoutError after so many seconds, while it goes on."""
        return self._loop.call(self._run.wait(timeout))

    def result(self) -> Result:
        """What it has come to so far, with the stack as it stands."""
        return self._loop.call(self._run.result())

    def progress(self) -> tuple[ResourceReport, ...]:
        """Every resource with how far it is."""
        return self._loop.call(self._run.progress())

    def cancel(self, *, break_off: bool = False) -> None:
        """Ask it to turn back; `break_off`: to stop undoing, where it does that already."""
        self._loop.call(self._run.cancel(break_off=break_off))


class Engine:
    """One cloud account with its stacks, as AsyncEngine has it; every method waits.

    Use it as `with`, by as many threads as like. What runs goes on between the calls, in a thread of
    the engine's own, until it is closed; calls that wait then raise EngineError.
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
        self._engine = AsyncEngine(
            cloud=cloud,
            region=region,
            home=home,
            database_url=database_url,
            ecs_endpoint=ecs_endpoint,
            emulator_speed=emulator_speed,
            environment=environment,
            clock=clock,
            entropy=entropy,
        )
        self._loop: Loop | None = None

    def __enter__(self) -> Self:
        """Open the database and the cloud."""
        if self._loop is not None:
            raise EngineError("the engine is open already", "open another one beside it")
        loop = Loop()
        try:
            loop.call(self._engine.__aenter__())
            self._loop = loop
        finally:
            if self._loop is None:
                loop.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Record the calls in flight and close; what runs still stays open, to be attached to."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.close(self._engine.__aexit__(kind, fault, trace))

    @property
    def account_id(self) -> str:
        """The account that the credentials belong to."""
        return self._engine.account_id

    @property
    def cloud(self) -> str:
        """`emulator` or `alibaba`."""
        return self._engine.cloud

    def validate(
        self, template: Template, *, parameters: Mapping[str, Value] | None = None
    ) -> tuple[Diagnostic, ...]:
        """Everything that can be said against a template without a stack and without a cloud."""
        return self._engine.validate(template, parameters=parameters)

    def plan(
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
        """What it takes to bring a stack to what a template wants; see `AsyncEngine.plan`."""
        return self._call(
            self._engine.plan(
                template,
                stack=stack,
                parameters=parameters,
                region=region,
                replace=replace,
                refresh=refresh,
                adopt=adopt,
                tags=tags,
            )
        )

    def plan_delete(
        self, stack: str, *, retain: Sequence[str] = (), region: str | None = None
    ) -> Plan:
        """What it takes to delete a stack, but for the resources that are to stay in the cloud."""
        return self._call(self._engine.plan_delete(stack, retain=retain, region=region))

    def execute(
        self,
        plan: Plan,
        *,
        on_failure: str = "keep",
        parallel: int = 0,
        time_limit: float | None = None,
    ) -> Run:
        """Begin to carry out a plan; see `AsyncEngine.execute`."""
        return self._begun(
            self._engine.execute(
                plan, on_failure=on_failure, parallel=parallel, time_limit=time_limit
            )
        )

    def deploy(
        self,
        template: Template,
        *,
        stack: str,
        parameters: Mapping[str, Value] | None = None,
        region: str | None = None,
        replace: bool | None = None,
        on_failure: str = "keep",
        time_limit: float | None = None,
    ) -> Run:
        """Plan and execute at once."""
        return self._begun(
            self._engine.deploy(
                template,
                stack=stack,
                parameters=parameters,
                region=region,
                replace=replace,
                on_failure=on_failure,
                time_limit=time_limit,
            )
        )

    def delete(self, stack: str, *, retain: Sequence[str] = (), region: str | None = None) -> Run:
        """Delete a stack and what it made, but for the resources that are to stay."""
        return self._begun(self._engine.delete(stack, retain=retain, region=region))

    def retry(self, stack: str, *, only: Sequence[str] = (), region: str | None = None) -> Run:
        """Let go on what was set aside, or try again what has failed; of it only some, if named."""
        return self._begun(self._engine.retry(stack, only=only, region=region))

    def attach(self, stack: str, *, region: str | None = None) -> Run:
        """The operation that a stack had last, be it open or ended; run here if nobody runs it."""
        return self._begun(self._engine.attach(stack, region=region))

    def stack(self, name: str, *, region: str | None = None) -> StackReport:
        """One stack by name or id, as it stands."""
        return self._call(self._engine.stack(name, region=region))

    def stacks(self, *, region: str | None = None) -> list[StackReport]:
        """Every living stack of the account, newest first."""
        return self._call(self._engine.stacks(region=region))

    def drift(
        self, stack: str, *, resources: Collection[str] = (), region: str | None = None
    ) -> DriftReport:
        """A stack, or some of its resources, beside the cloud; nothing is changed."""
        return self._call(self._engine.drift(stack, resources=resources, region=region))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise EngineError(
                "the engine is not open", "use it as a context manager: with Engine() as engine"
            )
        return self._loop.call(work)

    def _begun(self, work: Coroutine[Any, Any, AsyncRun]) -> Run:
        run = self._call(work)
        if self._loop is None:
            raise EngineError("the engine was closed meanwhile")
        return Run(run, self._loop)
