"""ControlPlane: the one door for the command line, the console and the APIs."""

from __future__ import annotations

from dataclasses import replace

from imageferry.control.change_sets import (
    create_change_set,
    create_deletion,
    execute_change_set,
)
from imageferry.control.desk import Desk
from imageferry.control.queries import find_stack, view_stack
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest, StackView
from imageferry.control.stacks import cancel_operation, retry_operation
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.stacks import Place, Stack


class ControlPlane:
    """What may be asked, on one cloud and account. Every method may raise StoreError."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def place(self) -> Place:
        """The cloud and the account; the region is empty."""
        return self._desk.place

    async def plan(self, request: StackRequest, *, save: bool = True) -> Planned:
        """A change set for what is asked; saved unless there is nothing to keep it for.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        planned = await create_change_set(self._desk, request)
        if save and planned.running is None:
            await self._desk.store.save_change_set(planned.change_set)
        return planned

    async def plan_delete(self, stack: Stack) -> Planned:
        """A change set that deletes a stack; raises OperationHolds."""
        return await create_deletion(self._desk, stack)

    async def execute(self, planned: Planned, options: ExecutionOptions) -> Operation:
        """Open the operation of a change set, or re-attach to the one that does the same."""
        return await execute_change_set(self._desk, planned, options)

    async def cancel(self, stack: Stack) -> Operation:
        """Ask the running operation to turn back; raises RequestRefused."""
        return await cancel_operation(self._desk, stack)

    async def retry(self, stack: Stack) -> Planned | Operation:
        """Go on with a parked operation, or plan the last one again."""
        return await retry_operation(self._desk, stack)

    async def find(self, name_or_id: str, region: str | None = None) -> Stack:
        """One stack; raises StackNotFound or StackAmbiguous."""
        return await find_stack(self._desk.store, self._desk.place, name_or_id, region)

    async def stacks(self, region: str | None, *, with_deleted: bool = False) -> list[Stack]:
        """The stacks of this cloud and account, newest first."""
        place = replace(self._desk.place, region=region or "")
        return await self._desk.store.find_stacks(place, with_deleted=with_deleted)

    async def view(self, stack_id: str) -> StackView:
        """A stack as it stands this moment."""
        return await view_stack(self._desk.store, stack_id)

    async def events(self, stack_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """A stack's history after a sequence number, oldest first."""
        return await self._desk.store.events(stack_id, after, limit)

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        return await self._desk.store.operation(operation_id)
