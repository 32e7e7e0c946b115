"""Named change sets: proposed, executed or dropped, and what is said of each meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.commands import delete_stack
from imageferry.control.named_changes import (
    Naming,
    changes_of,
    drop_named,
    execute_named,
    find_named,
    named_of,
    propose,
)
from imageferry.control.requests import (
    ChangeSetExists,
    ChangeSetStatusWrong,
    ExecutionOptions,
    OperationHolds,
    StackExists,
    StackNotFound,
)
from imageferry.model.changes import ChangeSet
from imageferry.model.diagnostics import TemplateError
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet, ProposalStatus, Waiting
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Store
from tests.control.test_plane import THINGS, opened, request
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

CREATE = Naming("first", "CREATE", "a try")
UPDATE = Naming("second", "UPDATE")


async def execution_of(shop: Workshop, named: NamedChangeSet) -> ExecutionStatus:
    found = await find_named(shop.plane.desk, named.change_set_id)
    assert found is not None
    return found.execution


def test_a_stack_is_reviewed_before_it_is_created(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        naming = replace(CREATE, details={"mine": [1, "two"]})
        named = await propose(desk, replace(request(Name="x"), tags={"a": "b"}), naming)
        assert (named.status, named.execution) == (
            ProposalStatus.CREATE_COMPLETE,
            ExecutionStatus.AVAILABLE,
        )
        stack = (await shop.plane.view(named.stack_id)).stack
        assert stack.status is StackStatus.REVIEWING
        events = await shop.plane.events(named.stack_id)
        assert [one.status for one in events] == [StackStatus.REVIEWING]
        assert world.calls == []
        found = await find_named(desk, named.change_set_id)
        assert found == named
        changes = await changes_of(desk, named)
        assert changes is not None and len(changes.changes) == 2
        operation = await execute_named(desk, named)
        assert operation.on_failure is OnFailure.ROLLBACK
        assert await execution_of(shop, named) is ExecutionStatus.EXECUTE_IN_PROGRESS
        await shop.run(operation.operation_id)
        assert await execution_of(shop, named) is ExecutionStatus.EXECUTE_COMPLETE
        stack = (await shop.plane.view(named.stack_id)).stack
        assert stack.status is StackStatus.CREATED
        assert stack.tags == {"a": "b"}

    play(tmp_path, program)


def test_one_change_set_makes_the_others_obsolete(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        first = await propose(desk, request(), CREATE)
        other = await propose(desk, request(Name="b"), replace(CREATE, name="other"))
        assert other.stack_id == first.stack_id
        operation = await execute_named(desk, first)
        await shop.run(operation.operation_id)
        assert await execution_of(shop, other) is ExecutionStatus.OBSOLETE
        for spent in (first, other):
            with pytest.raises(ChangeSetStatusWrong):
                await execute_named(desk, spent)
        names = [one.name for one in await named_of(desk, first.stack_id)]
        assert names == ["other", "first"]

    play(tmp_path, program)


def test_two_first_change_sets_at_one_moment_share_their_stack(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        both = await asyncio.gather(
            propose(desk, request(), CREATE),
            propose(desk, request(), replace(CREATE, name="other")),
        )
        assert both[0].stack_id == both[1].stack_id

    play(tmp_path, program)


def test_a_change_set_without_changes_says_so(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(request().template.decode())
        named = await propose(shop.plane.desk, request(), UPDATE)
        assert (named.status, named.is_empty) == (ProposalStatus.FAILED, True)
        assert named.execution is ExecutionStatus.UNAVAILABLE
        with pytest.raises(ChangeSetStatusWrong):
            await execute_named(shop.plane.desk, named)

    play(tmp_path, program)


def test_a_change_that_is_not_allowed_fails_the_change_set(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(request().template.decode())
        named = await propose(shop.plane.desk, request(Size=2), UPDATE)
        assert (named.status, named.is_empty) == (ProposalStatus.FAILED, False)
        assert "Size" in named.reason
        allowed = await propose(
            shop.plane.desk, request(Size=2, replace=True), replace(UPDATE, name="allowed")
        )
        assert allowed.status is ProposalStatus.CREATE_COMPLETE

    play(tmp_path, program)


def test_a_failed_execution_is_told(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        world.failing.add("a")
        naming = replace(CREATE, waiting=Waiting(OnFailure.KEEP, 1, 600.0))
        named = await propose(shop.plane.desk, request(), naming)
        operation = await execute_named(shop.plane.desk, named)
        assert (operation.on_failure, operation.parallel) == (OnFailure.KEEP, 1)
        assert operation.deadline is not None
        await shop.run(operation.operation_id)
        assert await execution_of(shop, named) is ExecutionStatus.EXECUTE_FAILED

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("naming", "fault"),
    [
        (CREATE, StackExists),
        (Naming("taken", "UPDATE"), ChangeSetExists),
    ],
    ids=["a stack that is there", "a name that is taken"],
)
def test_what_cannot_be_proposed(tmp_path: Path, naming: Naming, fault: type[Exception]) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        await shop.deploy(request().template.decode())
        await propose(desk, request(Name="b"), Naming("taken", "UPDATE"))
        with pytest.raises(fault):
            await propose(desk, request(Name="c"), naming)

    play(tmp_path, program)


def test_an_update_needs_a_stack_that_was_made(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        with pytest.raises(StackNotFound):
            await propose(desk, request(), UPDATE)
        await propose(desk, request(), CREATE)
        with pytest.raises(StackNotFound):
            await propose(desk, request(), UPDATE)
        with pytest.raises(TemplateError):
            await propose(desk, request("a: ["), replace(CREATE, name="broken"))

    play(tmp_path, program)


def test_while_something_runs_nothing_is_proposed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await opened(shop, request())
        for name in ("a", "b"):
            with pytest.raises(OperationHolds):
                await propose(shop.plane.desk, request(Name=name), UPDATE)

    play(tmp_path, program)


def test_a_change_set_is_dropped_but_not_while_it_is_executed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), CREATE)
        operation = await execute_named(desk, named)
        with pytest.raises(ChangeSetStatusWrong):
            await drop_named(desk, named)
        await shop.run(operation.operation_id)
        await drop_named(desk, named)
        assert await find_named(desk, named.change_set_id) is None

    play(tmp_path, program)


def test_a_stack_under_review_can_be_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), CREATE)
        stack = (await shop.plane.view(named.stack_id)).stack
        operation = await delete_stack(desk, stack, [], ExecutionOptions())
        assert operation is not None
        await shop.run(operation.operation_id)
        assert (await shop.plane.view(named.stack_id)).stack.status is StackStatus.DELETED
        assert await execution_of(shop, named) is ExecutionStatus.OBSOLETE

    play(tmp_path, program)


def test_the_same_token_finds_what_it_has_proposed_and_executed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, naming = shop.plane.desk, replace(CREATE, token="t")
        named = await propose(desk, request(Name="x"), naming)
        assert await propose(desk, request(Name="x"), naming) == named
        with pytest.raises(ChangeSetExists):
            await propose(desk, request(Name="x"), replace(CREATE, token="u"))
        with pytest.raises(ChangeSetExists):
            await propose(desk, request(Name="x"), CREATE)
        operation = await execute_named(desk, named, client_token="e")
        assert (await execute_named(desk, named, client_token="e")) == operation
        with pytest.raises(ChangeSetStatusWrong):
            await execute_named(desk, named, client_token="f")
        await shop.run(operation.operation_id)
        ended = await execute_named(desk, named, client_token="e")
        assert ended.operation_id == operation.operation_id
        found = await propose(desk, request(Name="x"), naming)
        assert found.execution is ExecutionStatus.EXECUTE_COMPLETE

    play(tmp_path, program)


class Meanwhile:
    """A store before which, once, something else is done when a change set is asked for."""

    def __init__(self, store: Store, deed: Callable[[], Awaitable[None]]) -> None:
        self._store, self._deed = store, deed
        self._is_done = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def change_set(self, change_set_id: str) -> ChangeSet | None:
        found = await self._store.change_set(change_set_id)
        if not self._is_done:
            self._is_done = True
            await self._deed()
        return found


def test_what_is_done_while_an_execution_begins_makes_it_obsolete(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        await shop.deploy(THINGS, Name="a")
        named = await propose(desk, request(Name="b"), UPDATE)

        async def other() -> None:
            await shop.deploy(THINGS, Name="c")

        store: Any = Meanwhile(desk.store, other)
        with pytest.raises(ChangeSetStatusWrong):
            await execute_named(replace(desk, store=store), named)

    play(tmp_path, program)
