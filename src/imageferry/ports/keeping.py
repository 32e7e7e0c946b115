"""Store and what goes through it: the socket behind which everything durable is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from imageferry.model.changes import ChangeSet
from imageferry.model.drift import DriftMark
from imageferry.model.events import Event
from imageferry.model.operations import Operation, StepProgress, StepRecord
from imageferry.model.stacks import Place, Resource, Stack, StackQuery
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Json


class StackBusy(Exception):
    """Another operation holds the stack."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        super().__init__(f"operation {operation.operation_id} holds the stack")


class NameTaken(Exception):
    """Another living stack of the place has the name; carries its id."""

    def __init__(self, stack_id: str) -> None:
        self.stack_id = stack_id
        super().__init__(f"stack {stack_id} has the name")


class Overtaken(Exception):
    """An operation was opened or has ended since the mark was taken; look again."""


class Outdated(Exception):
    """Another operation has changed the stack since the change set was made; plan again."""


class Fenced(Exception):
    """Another process owns the operation now; stop at once and write nothing."""


class StoreError(Exception):
    """The database could not be opened, read or written; says which and why."""


class StoreUnavailable(StoreError):
    """The database is away, full or locked for now; the same may succeed a little later.

    Whether a transaction under way was committed is not known: whoever goes on reads what is there.
    """


@dataclass(frozen=True, slots=True)
class Entry:
    """What a process is given when it enters an operation: it owns the operation at `epoch`.

    `resources` are those recorded when the operation was opened; `records` the whole journal.
    """

    operation: Operation
    epoch: int
    stack: Stack
    resources: Mapping[str, Resource]
    change_set: ChangeSet
    rollback: ChangeSet | None
    records: tuple[StepRecord, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """What is to protect a stack from now on, and what else is chosen for it beside its template.

    None where that stays as it is recorded.
    """

    is_protected: bool | None = None
    policy: str | None = None
    tags: Mapping[str, str] | None = None
    options: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one flush commits together. `rollback` decides that and how the operation is undone.

    With it a wish to cancel counts as heard: the next one is a wish to break the rollback off.
    """

    records: Sequence[StepRecord] = ()
    events: Sequence[Event] = ()
    rollback: ChangeSet | None = None
    stack_status: tuple[StackStatus, str] | None = None
    operation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """What the end of an operation commits together.

    `resources` replaces all resources of the stack. A stack that is DELETED keeps its row for its
    history, and gives its name free.
    """

    status: OperationStatus
    reason: str
    ended_at: float
    stack: Stack
    resources: Sequence[Resource]
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A page of stacks with what is recorded of each, all of one moment.

    `stacks` are without their templates, `total` counts those of all pages. `resources` are by the id
    of the stack and the text of their address; `operations` the last one of each stack, by the stack's
    id, and `progress` what is kept of those that are open, by the operation's id, and when it was.
    """

    stacks: list[Stack]
    total: int
    resources: Mapping[str, Mapping[str, Resource]]
    operations: Mapping[str, Operation]
    progress: Mapping[str, tuple[float, list[StepProgress]]]


class Store(Protocol):
    """Where stacks, change sets, operations and their journals are kept, durably.

    Every method is one transaction. Secrets inside values are kept encrypted, in a table of their
    own. Raises StoreError where the database cannot be used.
    """

    async def installation(self) -> str:
        """The id of this installation (8 lower-case letters and digits), made on first use."""
        ...

    async def find_stacks(
        self, place: Place | None, name: str | None = None, *, with_deleted: bool = False
    ) -> list[Stack]:
        """Stacks by name, newest first; an empty `region` of the place matches every region."""
        ...

    async def find_page(
        self, query: StackQuery, offset: int, limit: int
    ) -> tuple[list[Stack], int]:
        """Stacks without their templates, newest first: so many after the first `offset`.

        Gives with them how many the query finds in all.
        """
        ...

    async def survey(self, query: StackQuery, offset: int, limit: int) -> Survey:
        """Stacks as `find_page` gives them, with their resources and last operations.

        However many stacks there are, it is the same few questions.
        """
        ...

    async def count_stacks(self, place: Place) -> dict[tuple[str, StackStatus], int]:
        """How many living stacks there are, by region and status.

        Here and in what follows, an empty `region` of the place matches every region.
        """
        ...

    async def tags_in_use(self, place: Place) -> dict[str, set[str]]:
        """Every tag of living stacks, with all values that it has."""
        ...

    async def holder_of(self, place: Place, physical_id: str) -> str | None:
        """The id of the newest living stack that has recorded a resource with a physical id."""
        ...

    async def stack(self, stack_id: str) -> Stack | None:
        """One stack by id, deleted ones too."""
        ...

    async def stack_of_uuid(self, uuid: str) -> Stack | None:
        """One stack by its whole id, or by what its id ends in after a `/`; deleted ones too."""
        ...

    async def add_stack(self, stack: Stack, events: Sequence[Event]) -> None:
        """Keep a stack that is under review: no operation has begun to make it yet.

        Raises NameTaken where another living stack of its place has the name.
        """
        ...

    async def remove_stack(self, stack_id: str, event: Event) -> bool:
        """Mark a stack under review DELETED at the time of its last event, and free its name.

        Its change sets go with it. False where it is not under review any more, or an operation
        was ever opened on it.
        """
        ...

    async def change_stack(
        self,
        stack_id: str,
        *,
        is_protected: bool | None = None,
        policy: str | None = None,
        tags: Mapping[str, str] | None = None,
        options: Mapping[str, Json] | None = None,
        former: Stack | None = None,
    ) -> bool:
        """Change what protects a stack, and what else is chosen for it, whatever runs on it.

        What is None stays as it is. False where there is no such stack, or where its tags or options
        are not those of `former` any more: whoever made the new ones of these looks again.

        What an operation that runs meanwhile ends with leaves this alone.
        """
        ...

    async def resources(self, stack_id: str) -> dict[str, Resource]:
        """The recorded resources of a stack by address text, in the order they were recorded."""
        ...

    async def save_drift(self, stack_id: str, mark: DriftMark) -> None:
        """Keep with a stack what its last comparison with the cloud found."""
        ...

    async def save_change_set(self, change_set: ChangeSet) -> None:
        """Keep a change set."""
        ...

    async def change_set(self, change_set_id: str) -> ChangeSet | None:
        """A kept change set."""
        ...

    async def origins(self, stack_id: str) -> list[ChangeSet]:
        """What a stack's template and outputs come from: its last deploy that was not undone.

        Where that failed, after it the last one that succeeded: its exports come from there.
        Change sets that are not kept any longer are left out.
        """
        ...

    async def mark(self) -> int:
        """A number that grows with every operation that is opened or ends, of whatever stack."""
        ...

    async def open_operation(
        self,
        operation: Operation,
        stack: Stack,
        events: Sequence[Event],
        mark: int | None = None,
        follows: str | None = None,
        protection: Protection | None = None,
    ) -> Operation:
        """Insert the operation and insert or update its stack's row.

        What is chosen for a stack that is recorded, such as its protection and its tags, is taken
        from its row, and from `protection`. Raises
        StackBusy where another operation is open on the stack, Overtaken where `mark` is given and
        is not that of this moment any more, and Outdated where `follows` is given and is not the
        stack's last operation, or a stack is to be deleted that was protected meanwhile. The same
        `client_token` twice gives the operation that is there already.
        """
        ...

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        ...

    async def last_operation(self, stack_id: str) -> Operation | None:
        """The operation of a stack that was opened last, open or not."""
        ...

    async def open_operations(self) -> list[Operation]:
        """Every open operation, oldest first."""
        ...

    async def enter(self, operation_id: str) -> Entry | None:
        """Raise the epoch of an open operation and load it; None where it is not open."""
        ...

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        """Commit a batch where the epoch is still mine; True where cancelling was requested.

        Raises Fenced otherwise. An empty batch only checks.
        """
        ...

    async def park(self, operation_id: str, epoch: int, reason: str) -> None:
        """Set a running operation aside until somebody says `retry` or `cancel`."""
        ...

    async def unpark(self, operation_id: str) -> bool:
        """Let a parked operation go on; False where it is not parked."""
        ...

    async def save_progress(
        self, operation_id: str, epoch: int, progress: Sequence[StepProgress], now: float
    ) -> None:
        """Replace the operation's one progress row."""
        ...

    async def progress(self, operation_id: str) -> tuple[float, list[StepProgress]]:
        """The progress row and when it was written (0.0 and nothing where there is none)."""
        ...

    async def records(self, operation_id: str) -> list[StepRecord]:
        """The journal of an operation as it stands, for whoever watches."""
        ...

    async def troubled_records(self, operation_id: str) -> list[StepRecord]:
        """Of its journal the records that have failed once, or have left something in the cloud."""
        ...

    async def records_of(self, operation_id: str, address: str) -> list[StepRecord]:
        """Of its journal the records of what was done for one resource."""
        ...

    async def request_cancel(self, operation_id: str, *, of_rollback: bool = False) -> bool:
        """Raise the cancel flag; False where the operation is not open.

        An operation that is being undone is only asked with `of_rollback`, and no other one then.
        """
        ...

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        """End the operation. Raises Fenced where the epoch is not mine."""
        ...

    async def events(self, stack_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """The events of a stack after a sequence number, oldest first."""
        ...

    async def events_before(self, stack_id: str, before: int | None, limit: int) -> list[Event]:
        """The events of a stack before a sequence number, or the last ones, newest first."""
        ...

    async def last_event_number(self, stack_id: str) -> int:
        """The sequence number of a stack's last event, 0 where it has none."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
