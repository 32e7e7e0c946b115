"""SqlStore: the parts of this package as one Store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from imageferry.model.changes import ChangeSet
from imageferry.model.drift import DriftMark
from imageferry.model.events import Event
from imageferry.model.operations import Operation, StepProgress, StepRecord
from imageferry.model.stacks import Place, Resource, Stack, StackQuery
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Json
from imageferry.ports.keeping import Batch, Closing, Entry, Protection, Survey
from imageferry.ports.senses import Entropy
from imageferry.store import change_sets, journal, reviews, stacks
from imageferry.store.access import SqlAccessKeys
from imageferry.store.audit import SqlAudit
from imageferry.store.backends import Conflict
from imageferry.store.closing import close_operation
from imageferry.store.codec import dumps
from imageferry.store.databases import Database, open_database
from imageferry.store.documents import SqlDocuments
from imageferry.store.entering import enter
from imageferry.store.events import append_events, events_before, last_event, load_events
from imageferry.store.flushing import flush_rest, says_nothing
from imageferry.store.installation import find_installation, make_installation
from imageferry.store.journal import JournalCopy
from imageferry.store.journal_parts import TROUBLE, Part, load_part, load_records, of_address
from imageferry.store.lanes import Lanes, Result, transact
from imageferry.store.listing import find_page, stack_id_ending
from imageferry.store.looks import Looks
from imageferry.store.opening import Opening, open_operation
from imageferry.store.recollections import Recollection
from imageferry.store.secrets import LazyBox, SecretBox, Vault
from imageferry.store.surveys import count_stacks, holder_of, survey, tags_in_use


def open_store(url: str, *, entropy: Entropy, box: Callable[[], SecretBox]) -> SqlStore:
    """Open the database of a URL as a Store; raises StoreError.

    `box` is called when the first secret is kept or read, in the store's own thread.
    """
    return SqlStore(open_database(url), entropy, box)


class SqlStore:
    """The Store on SQL. Its transactions run in lanes: those of one operation keep their order."""

    def __init__(self, database: Database, entropy: Entropy, box: Callable[[], SecretBox]) -> None:
        self._database = database
        self._lanes = Lanes(database)
        self._looks = Looks(self._lanes)
        self._entropy = entropy
        self._box = LazyBox(box)
        self._take_turn = database.backend.take_turn
        # The entry of an operation is touched in its own lane alone.
        self._journals: dict[str, JournalCopy] = {}
        self._seen = Recollection()
        self._planned = change_sets.Planned(self._box)
        # Once committed it never changes.
        self._installation: str | None = None

    @property
    def lanes(self) -> Lanes:
        """Where its transactions run, for what else is kept in the same database."""
        return self._lanes

    @property
    def documents(self) -> SqlDocuments:
        """What only callers of the APIs keep with us."""
        return SqlDocuments(self._lanes, self._box)

    @property
    def access_keys(self) -> SqlAccessKeys:
        """The keys that may sign requests to the APIs."""
        return SqlAccessKeys(self._lanes, self._box)

    @property
    def audit(self) -> SqlAudit:
        """What was asked of the APIs to be changed, by whom, and how that ended."""
        return SqlAudit(self._lanes)

    async def installation(self) -> str:
        """The id of this installation (8 lower-case letters and digits), made on first use."""
        if self._installation is not None:
            return self._installation
        found = await self._lanes.read(find_installation)
        if found is None:
            return await self._lanes.write(lambda c: make_installation(c, self._entropy.new_id()))
        self._installation = found
        return found

    async def find_stacks(
        self, place: Place | None, name: str | None = None, *, with_deleted: bool = False
    ) -> list[Stack]:
        """Stacks by name, newest first; an empty `region` of the place matches every region."""
        return await self._lanes.read(
            lambda c: stacks.find_stacks(c, self._box, place, name, with_deleted)
        )

    async def stack(self, stack_id: str) -> Stack | None:
        """One stack by id, deleted ones too."""
        return await self._lanes.read(lambda c: stacks.load_stack(c, self._box, stack_id))

    async def find_page(
        self, query: StackQuery, offset: int, limit: int
    ) -> tuple[list[Stack], int]:
        """Stacks without their templates, newest first, and how many the query finds in all."""
        return await self._lanes.read(lambda c: find_page(c, self._box, query, offset, limit))

    async def survey(self, query: StackQuery, offset: int, limit: int) -> Survey:
        """Stacks as `find_page` gives them, with their resources and last operations."""
        asked = (query, offset, limit, self._seen)
        return await self._lanes.read(lambda c: survey(c, self._box, *asked))

    async def stack_of_uuid(self, uuid: str) -> Stack | None:
        """One stack by its whole id, or by what its id ends in after a `/`; deleted ones too."""

        def find(connection: Connection) -> Stack | None:
            found = stacks.load_stack(connection, self._box, uuid)
            if found is not None:
                return found
            stack_id = stack_id_ending(connection, uuid)
            return None if stack_id is None else stacks.load_stack(connection, self._box, stack_id)

        return await self._lanes.read(find)

    async def count_stacks(self, place: Place) -> dict[tuple[str, StackStatus], int]:
        """How many living stacks there are, by region and status."""
        return await self._lanes.read(lambda c: count_stacks(c, place))

    async def tags_in_use(self, place: Place) -> dict[str, set[str]]:
        """Every tag of living stacks, with all values that it has."""
        return await self._lanes.read(lambda c: tags_in_use(c, place))

    async def holder_of(self, place: Place, physical_id: str) -> str | None:
        """The id of the newest living stack that has recorded a resource with a physical id."""
        return await self._lanes.read(lambda c: holder_of(c, place, physical_id))

    async def add_stack(self, stack: Stack, events: Sequence[Event]) -> None:
        """Keep a stack under review; raises NameTaken."""

        def add(connection: Connection) -> None:
            self._take_turn(connection)
            reviews.add_stack(connection, self._box, stack, events)

        await self._write_again(add)

    async def remove_stack(self, stack_id: str, event: Event) -> bool:
        """Mark a stack under review DELETED; False where it is not that any more."""

        def remove(connection: Connection) -> bool:
            self._take_turn(connection)
            return reviews.remove_stack(connection, self._box, stack_id, event)

        return await self._lanes.write(remove)

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
        """Change what is chosen for a stack, whatever runs on it; False where there is none.

        False as well where its tags or options are not those of `former` any more.
        """
        wish = Protection(is_protected, policy, tags, options)

        def change(connection: Connection) -> bool:
            self._take_turn(connection)
            return stacks.change_choices(connection, self._box, stack_id, wish, former)

        return await self._lanes.write(change)

    async def resources(self, stack_id: str) -> dict[str, Resource]:
        """The recorded resources of a stack by address text, in the order they were recorded."""

        def load(connection: Connection) -> dict[str, Resource]:
            number = stacks.stack_number(connection, stack_id)
            if number is None:
                return {}
            return stacks.load_resources(connection, self._vault(connection, stack_id), number)

        return await self._lanes.read(load)

    async def save_drift(self, stack_id: str, mark: DriftMark) -> None:
        """Keep with a stack what its last comparison with the cloud found."""

        def save(connection: Connection) -> None:
            self._take_turn(connection)
            stacks.save_drift(connection, stack_id, mark)

        await self._lanes.write(save)

    async def save_change_set(self, change_set: ChangeSet) -> None:
        """Keep a change set."""
        planned = self._planned.recalled(change_set.change_set_id)

        def save(connection: Connection) -> None:
            # Secrets that are there already are not to be erased by another before the commit.
            self._take_turn(connection)
            change_sets.drop_abandoned(connection, change_set.created_at)
            if planned is change_set and change_sets.is_whole(connection, change_set):
                # Whoever executes what was just planned saves it a second time.
                return
            change_sets.save_change_set(connection, self._box, change_set, spent=False)

        await self._lanes.write(save)
        self._planned.remember(change_set)

    async def change_set(self, change_set_id: str) -> ChangeSet | None:
        """A kept change set."""
        return await self._lanes.read(lambda c: self._planned.load(c, change_set_id))

    async def origins(self, stack_id: str) -> list[ChangeSet]:
        """What a stack's template and outputs come from, and where these differ, its exports."""

        def load(connection: Connection) -> list[ChangeSet]:
            ids = journal.origins(connection, stack_id)
            kept = [self._planned.load(connection, one) for one in ids]
            return [change_set for change_set in kept if change_set is not None]

        return await self._lanes.read(load)

    async def mark(self) -> int:
        """A number that grows with every operation that is opened or ends, of whatever stack."""
        return await self._lanes.read(journal.operations_mark)

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

        Raises what `ports.Store` says, and StoreError where another living stack has the name, or
        where the change set cannot be executed any more.
        """
        wish = protection or Protection()
        opening = Opening(operation, stack, events, mark, follows, wish)

        def begin(connection: Connection) -> Operation:
            self._take_turn(connection)
            return open_operation(connection, self._box, opening)

        return await self._write_again(begin)

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        return await self._lanes.read(lambda c: journal.load_operation(c, operation_id))

    async def last_operation(self, stack_id: str) -> Operation | None:
        """The operation of a stack that was opened last, open or not."""
        return await self._lanes.read(lambda c: journal.last_operation(c, stack_id))

    async def open_operations(self) -> list[Operation]:
        """Every open operation, oldest first."""
        return await self._lanes.read(journal.open_operations)

    async def enter(self, operation_id: str) -> Entry | None:
        """Raise the epoch of an open operation and load it; None where it is not open.

        A parked operation is given too, with its status: nothing can be flushed to it before it
        is unparked.
        """
        return await self._lanes.write(lambda c: self._enter(c, operation_id), operation_id)

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        """Commit a batch where the epoch is still mine; True where cancelling was requested."""
        if says_nothing(batch):
            return await self._looks.is_cancelled(operation_id, epoch)
        return await self._lanes.run(
            lambda database: self._flush(database, operation_id, epoch, batch), operation_id
        )

    async def park(self, operation_id: str, epoch: int, reason: str) -> None:
        """Set a running operation aside until somebody says `retry` or `cancel`."""

        def park(connection: Connection) -> None:
            held = journal.hold(connection, operation_id, epoch, or_parked=True)
            parked = {"status": OperationStatus.PARKED.value, "reason": dumps(reason)}
            journal.change_operation(connection, held.number, **parked)

        await self._lanes.write(park, operation_id)

    async def unpark(self, operation_id: str) -> bool:
        """Let a parked operation go on; False where it is not parked."""
        running = OperationStatus.RUNNING.value
        return await self._lanes.write(
            lambda c: journal.change_open(
                c,
                operation_id,
                [OperationStatus.PARKED],
                status=running,
                entries_since_record=0,
                reason=dumps(""),
            )
        )

    async def save_progress(
        self, operation_id: str, epoch: int, progress: Sequence[StepProgress], now: float
    ) -> None:
        """Replace the operation's one progress row; raises Fenced where the epoch is not mine."""

        def save(connection: Connection) -> None:
            held = journal.hold(connection, operation_id, epoch)
            journal.save_progress(connection, held.number, progress, now)

        await self._lanes.write(save, operation_id)

    async def progress(self, operation_id: str) -> tuple[float, list[StepProgress]]:
        """The progress row and when it was written (0.0 and nothing where there is none)."""
        return await self._lanes.read(lambda c: journal.load_progress(c, operation_id))

    async def records(self, operation_id: str) -> list[StepRecord]:
        """The journal of an operation as it stands, for whoever watches."""
        asked = (self._box, operation_id, self._journals)
        return await self._lanes.read(lambda c: load_records(c, *asked), operation_id)

    async def troubled_records(self, operation_id: str) -> list[StepRecord]:
        """Of its journal what has failed once, or has left something in the cloud."""
        return await self._part(operation_id, TROUBLE)

    async def records_of(self, operation_id: str, address: str) -> list[StepRecord]:
        """Of its journal what was done for one resource."""
        return await self._part(operation_id, of_address(address))

    async def request_cancel(self, operation_id: str, *, of_rollback: bool = False) -> bool:
        """Raise the cancel flag; False where the operation is not open, or (not) being undone."""
        return await self._lanes.write(
            lambda c: journal.request_cancel(c, operation_id, of_rollback=of_rollback)
        )

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        """End the operation. Raises Fenced where the epoch is not mine.

        NoEcho values that neither the stack nor a change set that may still be executed needs are
        erased; of a deleted stack, all.
        """

        def close(connection: Connection) -> None:
            self._take_turn(connection)
            held = journal.hold(connection, operation_id, epoch)
            copy = self._journals.get(operation_id)
            close_operation(
                connection, self._box, held, closing, None if copy is None else copy.last_event
            )

        await self._lanes.write(close, operation_id)
        self._journals.pop(operation_id, None)

    async def events(self, stack_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """The events of a stack after a sequence number, oldest first."""

        def load(connection: Connection) -> list[Event]:
            number = stacks.stack_number(connection, stack_id)
            if number is None:
                return []
            return load_events(connection, stack_id, number, after, limit)

        return await self._lanes.read(load)

    async def events_before(self, stack_id: str, before: int | None, limit: int) -> list[Event]:
        """The events of a stack before a sequence number, or the last ones, newest first."""

        def load(connection: Connection) -> list[Event]:
            number = stacks.stack_number(connection, stack_id)
            if number is None:
                return []
            return events_before(connection, stack_id, number, before, limit)

        return await self._lanes.read(load)

    async def last_event_number(self, stack_id: str) -> int:
        """The sequence number of a stack's last event, 0 where it has none."""

        def load(connection: Connection) -> int:
            number = stacks.stack_number(connection, stack_id)
            return 0 if number is None else last_event(connection, number)

        return await self._lanes.read(load)

    async def close(self) -> None:
        """Let go of the database and end the thread; a second time does nothing."""
        await self._lanes.close()

    async def _write_again(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return await self._lanes.write(work)
        except Conflict:
            # Another process was between our look and our insert: the second look sees its rows.
            return await self._lanes.write(work)

    def _vault(self, connection: Connection, stack_id: str) -> Vault:
        return Vault(connection, self._box, stack_id)

    def _enter(self, connection: Connection, operation_id: str) -> Entry | None:
        entered = enter(connection, self._box, self._planned, operation_id)
        if entered is None:
            return None
        entry, self._journals[operation_id] = entered
        return entry

    def _flush(self, database: Database, operation_id: str, epoch: int, batch: Batch) -> bool:
        copy = self._journals.get(operation_id) or JournalCopy()

        def append(connection: Connection) -> tuple[journal.Held, JournalCopy]:
            held = journal.hold(connection, operation_id, epoch)
            vault = self._vault(connection, held.stack_id)
            if operation_id not in self._journals:
                journal.refresh(connection, vault.reader(), held.number, copy)
            news = journal.append_records(connection, vault.writer(), held, copy, batch.records)
            flush_rest(connection, self._box, held, batch)
            # Only who holds the operation writes events, so the last one is asked for once.
            last = copy.last_event
            if last is None:
                last = last_event(connection, held.stack_number)
            operation = (held.number, operation_id)
            news.last_event = append_events(
                connection, held.stack_number, operation, batch.events, last
            )
            return held, news

        try:
            held, news = transact(database, writes=True, work=append)
        except BaseException:
            # Whether the commit came through is not known: the next look reads what is there.
            self._journals.pop(operation_id, None)
            raise
        copy.position = news.position
        copy.records.update(news.records)
        copy.last_event = news.last_event
        self._journals[operation_id] = copy
        return held.cancel_requested

    async def _part(self, operation_id: str, part: Part) -> list[StepRecord]:
        return await self._lanes.read(lambda c: load_part(c, self._box, operation_id, part))
