"""What a rollback needs of a store, on both databases: origins, two kinds of cancelling, protection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Secret
from imageferry.ports.keeping import Batch, Outdated, Protection
from imageferry.store.databases import open_database
from imageferry.store.sql_store import SqlStore
from imageferry.store.upkeep import prune
from tests.store.samples import (
    begin,
    change_set_of,
    ending,
    open_url,
    operation_on,
    stack_named,
    url_of,
)

Program = Callable[[SqlStore], Awaitable[None]]
LATER = 1_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return url_of(tmp_path)
    found: str = request.getfixturevalue("postgres").database()
    return found


def with_store(url: str, program: Program) -> None:
    async def run() -> None:
        store = open_url(url)
        try:
            await program(store)
        finally:
            await store.close()

    asyncio.run(run())


def operation_of(stack: Stack, name: str, kind: ChangeKind = ChangeKind.UPDATE) -> Operation:
    return replace(operation_on(stack, name, f"changes-{name}"), kind=kind)


async def ended(
    store: SqlStore, stack: Stack, name: str, status: OperationStatus, kind: ChangeKind
) -> None:
    entry = await begin(store, stack, operation_of(stack, name, kind))
    final = (
        StackStatus.UPDATED if status is OperationStatus.SUCCEEDED else StackStatus.UPDATE_FAILED
    )
    await store.close_operation(name, entry.epoch, ending(stack, status, final))


async def origins(store: SqlStore, stack: Stack) -> list[str]:
    return [one.change_set_id for one in await store.origins(stack.stack_id)]


S, F = OperationStatus.SUCCEEDED, OperationStatus.FAILED
UNDONE, STUCK = OperationStatus.ROLLED_BACK, OperationStatus.ROLLBACK_FAILED
LIVES = [
    pytest.param([], [], id="never deployed"),
    pytest.param([(S, "CREATE")], [0], id="made"),
    pytest.param([(S, "CREATE"), (S, "UPDATE")], [1], id="updated"),
    pytest.param([(S, "CREATE"), (F, "UPDATE"), (F, "UPDATE")], [2, 0], id="failed twice"),
    pytest.param([(F, "CREATE")], [0], id="never succeeded"),
    pytest.param([(S, "CREATE"), (UNDONE, "UPDATE")], [0], id="undone"),
    pytest.param([(S, "CREATE"), (STUCK, "UPDATE"), (S, "ROLLBACK")], [0], id="undone at last"),
    pytest.param([(S, "CREATE"), (F, "UPDATE"), (F, "DELETE")], [1, 0], id="half deleted"),
]


@pytest.mark.parametrize(("life", "expected"), LIVES)
def test_the_origins_of_a_stack_are_kept_through_pruning(
    url: str, life: list[tuple[OperationStatus, str]], expected: list[int]
) -> None:
    stack = stack_named(parameters={"Password": Secret("hush")})
    wanted = [f"changes-{number}" for number in expected]

    async def live(store: SqlStore) -> None:
        for number, (status, kind) in enumerate(life):
            await ended(store, stack, str(number), status, ChangeKind(kind))
        assert await origins(store, stack) == wanted

    with_store(url, live)
    database = open_database(url)
    try:
        prune(database, LATER)
    finally:
        database.close()

    async def look(store: SqlStore) -> None:
        found = await store.origins(stack.stack_id)
        assert [one.change_set_id for one in found] == wanted
        assert all(one.bindings.parameters == stack.parameters for one in found)

    with_store(url, look)


def test_a_rollback_hears_only_of_what_was_said_about_it(url: str) -> None:
    stack = stack_named()
    asked = (Inquiry(InquiryKind.EXPORT, ("the-ship",)),)
    rollback: ChangeSet = replace(
        change_set_of(stack, "back", kind=ChangeKind.ROLLBACK), asked_before=asked
    )

    async def program(store: SqlStore) -> None:
        entry = await begin(store, stack, operation_of(stack, "turned"))
        assert not await store.request_cancel("turned", of_rollback=True), "nothing turns back yet"
        assert await store.request_cancel("turned")
        assert await store.flush("turned", entry.epoch, Batch()) is True
        await store.flush("turned", entry.epoch, Batch(rollback=rollback))
        assert await store.flush("turned", entry.epoch, Batch()) is False, "it has been heard"
        assert not await store.request_cancel("turned"), "it turns back already"
        assert await store.request_cancel("turned", of_rollback=True)
        again = await store.enter("turned")
        assert again is not None and again.operation.cancel_requested
        assert again.rollback is not None and again.rollback.asked_before == asked

    with_store(url, program)


PROTECTIONS = [
    pytest.param(None, (True, "recorded"), id="as recorded"),
    pytest.param(Protection(policy="given"), (True, "given"), id="another policy"),
    pytest.param(Protection(is_protected=False), (False, "recorded"), id="not any longer"),
]


@pytest.mark.parametrize(("protection", "expected"), PROTECTIONS)
def test_what_protects_a_stack_is_not_lost_as_an_operation_opens(
    url: str, protection: Protection | None, expected: tuple[bool, str]
) -> None:
    planned = stack_named(status=StackStatus.UPDATING)

    async def program(store: SqlStore) -> None:
        await ended(store, planned, "first", S, ChangeKind.CREATE)
        await store.change_stack(planned.stack_id, is_protected=True, policy="recorded")
        await store.save_change_set(change_set_of(planned, "changes-second"))
        second = operation_of(planned, "second")
        await store.open_operation(second, planned, [], protection=protection)
        found = await store.stack(planned.stack_id)
        assert found is not None and (found.is_protected, found.policy) == expected

    with_store(url, program)


def test_what_was_protected_after_its_deletion_was_planned_is_not_deleted(url: str) -> None:
    planned = stack_named(status=StackStatus.DELETING)

    async def program(store: SqlStore) -> None:
        await ended(store, planned, "first", S, ChangeKind.CREATE)
        await store.change_stack(planned.stack_id, is_protected=True)
        await store.save_change_set(change_set_of(planned, "changes-second"))
        second = operation_of(planned, "second", ChangeKind.DELETE)
        with pytest.raises(Outdated):
            await store.open_operation(second, planned, [])

    with_store(url, program)
