"""ControlPlane: the one door for the command line, the console and the APIs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from imageferry.control.change_sets import create_change_set, execute_change_set
from imageferry.control.deletions import create_deletion
from imageferry.control.desk import Desk
from imageferry.control.detections import keep_found
from imageferry.control.drift import detect_drift
from imageferry.control.families import find_families, plan_current
from imageferry.control.foresight import look_ahead
from imageferry.control.orphans import (
    Orphan,
    Parting,
    Sighting,
    find_orphans,
    remove_orphans,
)
from imageferry.control.protection import keep_choices, protect_stack
from imageferry.control.queries import find_stack, view_stack
from imageferry.control.recovery import Recovery, recover
from imageferry.control.requests import (
    NO_LEAVE,
    ExecutionOptions,
    Leave,
    Planned,
    StackRequest,
    StackView,
)
from imageferry.control.sightings import forget_parted, keep_sighting
from imageferry.control.stacks import cancel_operation, continue_rollback, retry_operation
from imageferry.control.verdicts_kept import keep_verification
from imageferry.control.verification import verify_stack
from imageferry.model.drift import StackDrift
from imageferry.model.events import Event
from imageferry.model.families import FamilyRecord
from imageferry.model.forecasts import Lookahead
from imageferry.model.operations import Operation
from imageferry.model.stacks import Place, Stack
from imageferry.model.verifications import StackVerification


class ControlPlane:
    """What may be asked, on one cloud and account. Every method may raise StoreError."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def desk(self) -> Desk:
        """What it works with, for rooms of this floor that only some commands load."""
        return self._desk

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

    async def plan_delete(self, stack: Stack, retain: Sequence[str] = ()) -> Planned:
        """A change set that deletes a stack, but for the resources that are to stay in the cloud.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        return await create_deletion(self._desk, stack, retain)

    async def execute(self, planned: Planned, options: ExecutionOptions) -> Operation:
        """Open the operation of a change set, or re-attach to the one that does the same."""
        return await execute_change_set(self._desk, planned, options)

    async def look_ahead(self, planned: Planned, *, deletes_remains: bool = False) -> Lookahead:
        """What the cloud would say of a change set; a few calls a region, and nothing is changed.

        `deletes_remains`: as it would be executed with that option.
        """
        return await look_ahead(self._desk, planned.change_set, deletes_remains=deletes_remains)

    async def cancel(self, stack: Stack, *, breaks_off: bool = False) -> Operation:
        """Ask the running operation to turn back; raises RequestRefused.

        `breaks_off`: one that turns back already gives up, and its rollback has failed.
        """
        return await cancel_operation(self._desk, stack, breaks_off=breaks_off)

    async def retry(
        self, stack: Stack, parts: Sequence[str] = (), leave: Leave = NO_LEAVE
    ) -> Planned | Operation:
        """Go on with a parked operation, or plan the last one again; of it only `parts`, if any.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        return await retry_operation(self._desk, stack, parts, leave)

    async def continue_rollback(
        self, stack: Stack, skip: Sequence[str] = ()
    ) -> Planned | Operation:
        """Go on with a rollback that runs, or plan the rest of one that has failed.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        return await continue_rollback(self._desk, stack, skip)

    async def protect(self, stack: Stack, *, is_protected: bool) -> Stack:
        """Forbid that a stack is deleted, or allow it again; raises RequestRefused."""
        return await protect_stack(self._desk, stack, is_protected=is_protected)

    async def settle(self, planned: Planned) -> None:
        """Record what a plan that changes nothing says of protection and policy."""
        await keep_choices(self._desk, planned)

    async def orphans(
        self,
        regions: Sequence[str],
        visibility: float,
        *,
        others: bool = False,
        kinds: Sequence[str] = (),
    ) -> Sighting:
        """What carries our lineage and is in nobody's record; raises RequestRefused.

        It is kept, for pages that ask no cloud.
        """
        found = await find_orphans(self._desk, regions, visibility, others=others, kinds=kinds)
        await keep_sighting(self._desk, found, kinds)
        return found

    async def remove_orphans(self, orphans: Sequence[Orphan], visibility: float) -> list[Parting]:
        """Cancel or delete orphans, and see that they are gone."""
        partings = await remove_orphans(self._desk, orphans, visibility)
        await forget_parted(self._desk, partings)
        return partings

    async def recover(self, request: StackRequest) -> Recovery:
        """A plan to take in, by lineage, what the template wants and the record does not have.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        return await recover(self._desk, request)

    async def drift(self, stack: Stack, logical_ids: Collection[str] = ()) -> StackDrift:
        """A stack, or some of its resources, against the cloud; nothing is changed.

        Raises OperationHolds, ResourceUnknown, StackNotFound.
        """
        drift = await detect_drift(self._desk, stack, logical_ids)
        if self._desk.documents is not None:
            await keep_found(self._desk, stack, drift)
        return drift

    async def verify(self, stack: Stack, logical_ids: Collection[str] = ()) -> StackVerification:
        """What a stack has made beside what was asked for; nothing is changed.

        Raises OperationHolds, ResourceUnknown, StackNotFound.
        """
        verification = await verify_stack(self._desk, stack, logical_ids)
        await keep_verification(self._desk, stack, verification)
        return verification

    async def families(
        self, stacks: Sequence[Stack], family: str | None = None, region: str | None = None
    ) -> list[FamilyRecord]:
        """The image families of stacks, or those of one name, or in one region."""
        return await find_families(self._desk, stacks, family, region)

    async def plan_current(self, images: Sequence[tuple[FamilyRecord, str]]) -> Planned:
        """A saved change set that makes images current in families of one stack.

        Raises TemplateError, RequestRefused, OperationHolds.
        """
        return await plan_current(self._desk, images)

    async def find(self, name_or_id: str, region: str | None = None) -> Stack:
        """One stack; raises StackNotFound or StackAmbiguous."""
        return await find_stack(self._desk.store, self._desk.place, name_or_id, region)

    async def stacks(self, region: str | None, *, with_deleted: bool = False) -> list[Stack]:
        """The stacks of this cloud and account, newest first."""
        place = replace(self._desk.place, region=region or "")
        return await self._desk.store.find_stacks(place, with_deleted=with_deleted)

    async def view(self, stack_id: str) -> StackView:
        """A stack as it stands this moment."""
        return await view_stack(self._desk.store, stack_id, self._desk.clock.now())

    async def events(self, stack_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """A stack's history after a sequence number, oldest first."""
        return await self._desk.store.events(stack_id, after, limit)

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        return await self._desk.store.operation(operation_id)
