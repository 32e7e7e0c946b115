"""AsyncRun: one operation that was begun, followed to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final

from imageferry.assembly.house import House
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus
from imageferry.ports.keeping import StoreUnavailable
from imageferry.scripting.faults import UnknownOutcome, in_words_of_scripts
from imageferry.scripting.telling import event_of, moment, report_of, result_of
from imageferry.scripting.values import ResourceReport, Result, StackEvent

_SHORTEST_TICK: Final = 0.02
_LONGEST_TICK: Final = 1.0
_SUBMIT_EVERY: Final = 1.0
_PAGE: Final = 1000


class AsyncRun:
    """One operation. It goes on while the engine is open, and is taken up again by whoever attaches.

    Every method may raise EngineError.
    """

    def __init__(
        self,
        opened: Callable[[], House],
        operation: Operation,
        stack: Stack,
        fault_of: Callable[[str], Exception | None],
    ) -> None:
        self._opened = opened
        self._operation = operation
        self._stack = stack
        self._fault_of = fault_of
        self._submitted_at = float("-inf")

    @property
    def _house(self) -> House:
        return self._opened()

    @property
    def operation_id(self) -> str:
        """The operation's id."""
        return self._operation.operation_id

    @property
    def began_at(self) -> datetime:
        """When it was begun, in UTC."""
        return moment(self._operation.started_at)

    @property
    def stack_id(self) -> str:
        """The id of its stack."""
        return self._stack.stack_id

    @property
    def stack_name(self) -> str:
        """The name of its stack."""
        return self._stack.name

    async def events(self) -> AsyncIterator[StackEvent]:
        """The operation's events, oldest first, each as soon as it is recorded, until its end."""
        seen, tick = 0, _SHORTEST_TICK
        while True:
            with in_words_of_scripts():
                is_open = await self._is_open()
                page = await self._page(seen)
            for event in page:
                seen = event.sequence
                if event.operation_id == self.operation_id:
                    yield event_of(event, self._stack.dialect)
            if page:
                tick = _SHORTEST_TICK
            elif not is_open:
                return
            else:
                await self._house.clock.sleep(tick)
                tick = min(tick * 1.5, _LONGEST_TICK)

    async def wait(self, timeout: float | None = None) -> Result:  # noqa: ASYNC109  (as futures have it)
        """The result, once there is one; TimeoutError after so many seconds, while it goes on.

        What was set aside has ended here with PARKED. Raises nothing for an operation that failed:
        see `Result.raise_for_failure`.
        """
        clock = self._house.clock
        until = None if timeout is None else clock.monotonic() + timeout
        tick = _SHORTEST_TICK
        while True:
            with in_words_of_scripts():
                if not await self._is_open():
                    return await self.result()
            left = None if until is None else until - clock.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError(
                    f'"{self.stack_name}" has not come to its end after {timeout:g} s;'
                    f" operation {self.operation_id} stays open"
                )
            await clock.sleep(tick if left is None else min(tick, left))
            tick = min(tick * 1.5, _LONGEST_TICK)

    async def result(self) -> Result:
        """What it has come to so far, with the stack as it stands."""
        with in_words_of_scripts():
            operation = await self._now()
            view = await self._house.plane.view(self.stack_id)
            records = await self._house.store.records(self.operation_id)
            return result_of(view, operation, records, self._house.catalog)

    async def progress(self) -> tuple[ResourceReport, ...]:
        """Every resource with how far it is."""
        with in_words_of_scripts():
            view = await self._house.plane.view(self.stack_id)
            return report_of(view, self._house.catalog).resources

    async def cancel(self, *, break_off: bool = False) -> None:
        """Ask it to turn back; `break_off`: to stop undoing, where it does that already.

        It goes on until what it has made is undone: wait for it.
        """
        with in_words_of_scripts():
            await self._house.plane.cancel(self._stack, breaks_off=break_off)

    async def _is_open(self) -> bool:
        """Whether it runs still; this process takes it over where nobody else runs it."""
        fault = self._fault_of(self.operation_id)
        if fault is not None:
            raise fault
        try:
            operation = await self._now()
            if not operation.status.is_open or operation.status is OperationStatus.PARKED:
                return False
            now = self._house.clock.monotonic()
            if now - self._submitted_at >= _SUBMIT_EVERY:
                self._submitted_at = now
                await self._house.dispatcher.submit(None, self.operation_id, stack_id=self.stack_id)
        except StoreUnavailable:
            # Whoever runs it waits for the database as well, and gives up in time.
            return True
        return True

    async def _now(self) -> Operation:
        found = await self._house.plane.operation(self.operation_id)
        if found is None:
            raise UnknownOutcome(f"operation {self.operation_id} is not in the record any more")
        return found

    async def _page(self, seen: int) -> list[Event]:
        try:
            return await self._house.plane.events(self.stack_id, seen, _PAGE)
        except StoreUnavailable:
            return []
