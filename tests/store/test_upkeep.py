"""Pruning: what nobody needs goes, and nothing else; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.model.access import AuditRecord, Role
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, StackStatus, StepStatus
from imageferry.model.upkeep import Pruned
from imageferry.model.values import Secret
from imageferry.ports.access import Replayed
from imageferry.ports.documents import Document
from imageferry.ports.keeping import Batch
from imageferry.store.databases import open_database
from imageferry.store.sql_store import SqlStore
from imageferry.store.upkeep import give_back_room, prune
from tests.store.samples import (
    begin,
    change_set_of,
    copy_event,
    ending,
    open_url,
    operation_on,
    record_of,
    resource_of,
    stack_event,
    stack_named,
    url_of,
)

LATER = 1_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return url_of(tmp_path)
    found: str = request.getfixturevalue("postgres").database()
    return found


def with_store(url: str, program: Callable[[SqlStore], Awaitable[None]]) -> None:
    async def run() -> None:
        store = open_url(url)
        try:
            await program(store)
        finally:
            await store.close()

    asyncio.run(run())


def pruned(url: str, before: float = LATER, **manner: bool) -> Pruned:
    database = open_database(url)
    try:
        found = prune(database, before, **manner)
        give_back_room(database)
        return found
    finally:
        database.close()


async def carry_out(
    store: SqlStore,
    stack: Stack,
    name: str,
    status: StackStatus = StackStatus.CREATED,
    ended_at: float = 2000.0,
) -> None:
    """One operation from its change set to its end, with a journal and events."""
    operation = operation_on(stack, f"{stack.name}-{name}", f"changes-{stack.name}-{name}")
    entry = await begin(store, stack, operation)
    done = record_of("Tokyo", status=StepStatus.DONE, physical_id="m-1", ended_at=1002.0)
    batch = Batch([done], [copy_event(operation, "Tokyo")])
    await store.flush(operation.operation_id, entry.epoch, batch)
    resources = [] if status is StackStatus.DELETED else [resource_of("Tokyo")]
    closing = ending(stack, stack_status=status, resources=resources)
    closing = replace(
        closing,
        ended_at=ended_at,
        events=[stack_event(operation, status)],
        stack=replace(closing.stack, updated_at=ended_at),
    )
    await store.close_operation(operation.operation_id, entry.epoch, closing)


def test_of_a_living_stack_only_the_last_operation_is_kept_whole(url: str) -> None:
    stack = stack_named()

    async def three(store: SqlStore) -> None:
        for name in ("one", "two", "three"):
            await carry_out(store, stack, name)

    with_store(url, three)
    assert pruned(url, only_look=True) == Pruned(journals=2, change_sets=2)
    assert pruned(url) == Pruned(journals=2, change_sets=2)
    assert pruned(url).is_empty

    async def look(store: SqlStore) -> None:
        assert await store.records("demo-one") == []
        assert len(await store.records("demo-three")) == 1
        assert await store.change_set("changes-demo-two") is None
        assert await store.change_set("changes-demo-three") is not None
        assert (await store.operation("demo-one")) is not None
        assert [event.sequence for event in await store.events(stack.stack_id)] == list(
            range(1, 10)
        )
        assert list(await store.resources(stack.stack_id)) == ["Tokyo"]
        await carry_out(store, stack, "four")
        assert (await store.events(stack.stack_id))[-1].sequence == 12

    with_store(url, look)


def test_the_history_goes_where_it_is_asked_for_and_the_numbers_stay(url: str) -> None:
    stack = stack_named()

    async def two(store: SqlStore) -> None:
        for name in ("one", "two"):
            await carry_out(store, stack, name)

    with_store(url, two)
    assert pruned(url, events=True) == Pruned(journals=1, change_sets=1, events=3)

    async def look(store: SqlStore) -> None:
        assert [event.sequence for event in await store.events(stack.stack_id)] == [4, 5, 6]
        assert [event.sequence for event in await store.events(stack.stack_id, 4)] == [5, 6]
        await carry_out(store, stack, "three")
        assert [one.sequence for one in await store.events(stack.stack_id, 6)] == [7, 8, 9]

    with_store(url, look)


def test_a_deleted_stack_goes_with_all_that_is_its(url: str) -> None:
    gone, kept = stack_named("gone"), stack_named("kept")

    async def both(store: SqlStore) -> None:
        await carry_out(store, gone, "made")
        await carry_out(store, gone, "deleted", StackStatus.DELETED)
        await carry_out(store, kept, "made")

    with_store(url, both)
    assert pruned(url, before=1500.0).is_empty
    assert pruned(url) == Pruned(stacks=1, operations=2, change_sets=2, events=6)

    async def look(store: SqlStore) -> None:
        assert await store.stack(gone.stack_id) is None
        assert await store.operation("gone-made") is None
        assert await store.events(gone.stack_id) == []
        assert [stack.name for stack in await store.find_stacks(None, with_deleted=True)] == [
            "kept"
        ]
        assert len(await store.events(kept.stack_id)) == 3

    with_store(url, look)


@pytest.mark.parametrize(
    "status", [OperationStatus.RUNNING, OperationStatus.PARKED], ids=lambda one: one.value
)
def test_an_open_operation_keeps_everything_of_its_own(url: str, status: OperationStatus) -> None:
    stack = stack_named(parameters={"Password": Secret("correct-horse")})

    async def leave_open(store: SqlStore) -> None:
        entry = await begin(store, stack)
        await store.flush(entry.operation.operation_id, entry.epoch, Batch([record_of("Tokyo")]))
        if status is OperationStatus.PARKED:
            await store.park(entry.operation.operation_id, entry.epoch, "stuck")

    with_store(url, leave_open)
    assert pruned(url, events=True).is_empty

    async def look(store: SqlStore) -> None:
        operation = await store.last_operation(stack.stack_id)
        assert operation is not None
        assert len(await store.records(operation.operation_id)) == 1
        change_set = await store.change_set(operation.change_set_id)
        assert change_set is not None
        assert change_set.bindings.parameters["Password"] == Secret("correct-horse")

    with_store(url, look)


def test_secrets_that_only_pruned_change_sets_needed_are_erased(url: str) -> None:
    stack = stack_named(parameters={"Password": Secret("correct-horse")})
    abandoned = replace(
        change_set_of(stack, "never-executed", parameters={"Password": Secret("battery-staple")}),
        created_at=2100.0,
    )

    async def plan(store: SqlStore) -> None:
        await carry_out(store, stack, "made")
        await store.save_change_set(abandoned)

    with_store(url, plan)
    assert secrets_in(url) == 3  # two passwords and the template of the second plan or the stack
    assert pruned(url) == Pruned(change_sets=1)
    left = secrets_in(url)

    async def look(store: SqlStore) -> None:
        found = await store.stack(stack.stack_id)
        assert found is not None
        assert found.parameters["Password"] == Secret("correct-horse")
        assert found.template == stack.template
        assert await store.change_set("never-executed") is None

    assert left == 2
    with_store(url, look)


def secrets_in(url: str) -> int:
    database = open_database(url)
    try:
        with database.connection.begin():
            count = database.connection.exec_driver_sql("SELECT count(*) FROM secrets").scalar_one()
            return int(count)
    finally:
        database.close()


# --- What callers of the APIs keep with us --------------------------------------------------------


def test_old_documents_of_passing_kinds_go_and_others_with_their_stack(url: str) -> None:
    living, gone = stack_named("living"), stack_named("gone")

    async def fill(store: SqlStore) -> None:
        await carry_out(store, living, "one")
        await carry_out(store, gone, "one", StackStatus.DELETED)
        for kind in ("client_token", "detection", "change_set", "template", "found_drift"):
            for name, at in (("old", 1000.0), ("new", LATER + 1)):
                await store.documents.add(Document(kind, "1", f"{kind}-{name}", {}, at, at))
        at = LATER + 1
        of_gone = Document("change_set", "1", "of-gone", {}, at, at, parent=gone.stack_id)
        await store.documents.add(of_gone)
        await store.documents.add(Document("found_drift", "1", gone.stack_id, {}, at, at))
        await store.documents.add(Document("found_drift", "1", living.stack_id, {}, 1.0, 1.0))

    with_store(url, fill)
    assert pruned(url, only_look=True).documents == 5
    assert pruned(url).documents == 5
    assert pruned(url).is_empty

    async def look(store: SqlStore) -> None:
        counts = {
            kind: await store.documents.count(kind, "1")
            for kind in ("client_token", "detection", "change_set", "template", "found_drift")
        }
        assert counts == {
            "client_token": 1, "detection": 1, "change_set": 1, "template": 2, "found_drift": 3,
        }  # fmt: skip

    with_store(url, look)


def test_old_records_of_the_audit_go_but_never_those_of_its_last_day(url: str) -> None:
    record = AuditRecord(0.0, "1", "IFAK1", Role.ADMIN, "ros", "CreateStack", "", "", "R", "::1")

    async def fill(store: SqlStore) -> None:
        for number, at in enumerate((0.0, 100.0, 86_401.0, 86_450.0)):
            await store.audit.begin(replace(record, at=at), f"mark {number}")

    with_store(url, fill)
    # The newest is of 86,450: a day before is 50.
    assert pruned(url) == Pruned(audit=1)
    assert pruned(url).is_empty

    async def look(store: SqlStore) -> None:
        assert [one.at for one in await store.audit.records()] == [86_450.0, 86_401.0, 100.0]
        await store.audit.begin(replace(record, at=200_000.0), "mark 0")
        with pytest.raises(Replayed):
            await store.audit.begin(record, "mark 3")

    with_store(url, look)
    assert pruned(url, 90_000.0) == Pruned(audit=3)
    assert pruned(url, 0.0).is_empty
