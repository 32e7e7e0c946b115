"""Create, update and delete as the APIs know them: each one thing, and no other one instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.control.commands import create_stack, delete_stack, update_stack
from imageferry.control.requests import (
    ExecutionOptions,
    NothingToDo,
    OperationHolds,
    StackExists,
    StackNotFound,
    StackRequest,
)
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from tests.control.test_plane import THINGS, request
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

ROLLBACK = ExecutionOptions(OnFailure.ROLLBACK)


async def created(shop: Workshop, asked: StackRequest) -> Stack:
    operation = await create_stack(shop.plane.desk, asked, ROLLBACK)
    await shop.run(operation.operation_id)
    return (await shop.plane.view(operation.stack_id)).stack


async def now_of(shop: Workshop, stack: Stack) -> Stack:
    return (await shop.plane.view(stack.stack_id)).stack


def test_a_name_is_taken_as_long_as_its_stack_lives(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        first = await create_stack(desk, request(), ROLLBACK)
        with pytest.raises(StackExists) as busy:
            await create_stack(desk, request(), ROLLBACK)
        assert busy.value.stack.stack_id == first.stack_id
        await shop.run(first.operation_id)
        with pytest.raises(StackExists):
            await create_stack(desk, request(Name="other"), ROLLBACK)
        await shop.delete()
        again = await create_stack(desk, request(), ROLLBACK)
        assert again.stack_id != first.stack_id

    play(tmp_path, program)


def test_the_same_token_gives_the_stack_that_it_has_made(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, options = shop.plane.desk, replace(ROLLBACK, client_token="t-1")
        first = await create_stack(desk, request(), options)
        again = await create_stack(desk, request(), options)
        assert again.operation_id == first.operation_id
        with pytest.raises(StackExists):
            await create_stack(desk, request(), replace(options, client_token="t-2"))

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [
        (request(), True),
        (request(THINGS + "\n# a remark\n"), True),
        (replace(request(), tags={"team": "images"}), False),
        (request(Name="b"), False),
    ],
    ids=["the same", "a remark", "tags", "a parameter"],
)
def test_an_update_that_changes_nothing_is_told(
    tmp_path: Path, changed: StackRequest, is_refused: bool
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = await created(shop, request())
        if is_refused:
            with pytest.raises(NothingToDo):
                await update_stack(shop.plane.desk, stack, changed, ROLLBACK)
            return
        operation = await update_stack(shop.plane.desk, stack, changed, ROLLBACK)
        await shop.run(operation.operation_id)
        found = await now_of(shop, stack)
        assert found.status is StackStatus.UPDATED
        assert found.tags == (changed.tags or {})

    play(tmp_path, program)


def test_another_text_is_an_update_where_the_text_counts(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = await created(shop, request())
        remarked = request(THINGS + "\n# a remark\n")
        operation = await update_stack(shop.plane.desk, stack, remarked, ROLLBACK, by_text=True)
        await shop.run(operation.operation_id)
        assert (await now_of(shop, stack)).template.endswith(b"# a remark\n")

    play(tmp_path, program)


def test_parameters_keep_their_values_only_where_they_are_named(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = await created(shop, request(Name="kept", Size=3))
        asked = replace(request(Size=4, replace=True), kept=frozenset({"Name"}))
        operation = await update_stack(shop.plane.desk, stack, asked, ROLLBACK)
        await shop.run(operation.operation_id)
        found = await now_of(shop, stack)
        assert found.parameters["Name"] == "kept"
        asked = replace(request(Size=5, replace=True), kept=frozenset())
        operation = await update_stack(shop.plane.desk, found, asked, ROLLBACK)
        await shop.run(operation.operation_id)
        assert (await now_of(shop, stack)).parameters["Name"] == "a"

    play(tmp_path, program)


def test_what_runs_holds_the_stack_even_against_the_same_update(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = await created(shop, request())
        await update_stack(shop.plane.desk, stack, request(Name="b"), ROLLBACK)
        found = await now_of(shop, stack)
        for asked in (request(Name="b"), request(Name="c")):
            with pytest.raises(OperationHolds):
                await update_stack(shop.plane.desk, found, asked, ROLLBACK)

    play(tmp_path, program)


def test_a_stack_is_deleted_once(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack = await created(shop, request())
        first = await delete_stack(desk, stack, [], ROLLBACK)
        second = await delete_stack(desk, stack, [], ROLLBACK)
        assert first is not None and second is not None
        assert first.operation_id == second.operation_id
        await shop.run(first.operation_id)
        found = await now_of(shop, stack)
        assert found.status is StackStatus.DELETED
        assert await delete_stack(desk, found, [], ROLLBACK) is None
        with pytest.raises(StackNotFound):
            await update_stack(desk, found, request(Name="b"), ROLLBACK)

    play(tmp_path, program)


def test_the_owner_s_limits_are_errors_where_that_is_asked(tmp_path: Path) -> None:
    many = "\n".join(f"  P{n}: {{Type: String, Default: a}}" for n in range(201))
    source = THINGS.replace("Parameters:\n", f"Parameters:\n{many}\n")

    async def program(shop: Workshop, world: Things) -> None:
        await shop.plane.plan(request(source), save=False)
        with pytest.raises(TemplateError) as refused:
            await create_stack(shop.plane.desk, replace(request(source), is_strict=True), ROLLBACK)
        assert [one.code for one in refused.value.diagnostics if one.is_error] == ["IF191"]

    play(tmp_path, program)


def test_options_are_kept_with_the_stack(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        asked = replace(request(), options={"timeout_minutes": 30}, tags={"a": "b"})
        stack = await created(shop, asked)
        assert stack.options == {"timeout_minutes": 30}
        assert stack.tags == {"a": "b"}
        operation = await update_stack(shop.plane.desk, stack, request(Name="b"), ROLLBACK)
        # What is said of the stack while an operation runs is not undone by its end.
        await shop.store.change_stack(stack.stack_id, tags={"a": "c"})
        await shop.run(operation.operation_id)
        found = await now_of(shop, stack)
        assert found.options == {"timeout_minutes": 30}
        assert found.tags == {"a": "c"}

    play(tmp_path, program)


def test_the_same_token_gives_the_update_that_it_has_begun(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack = await created(shop, request(Name="a"))
        wanted, options = request(Name="b"), ExecutionOptions(client_token="t")
        begun = await update_stack(desk, stack, wanted, options)
        running = await update_stack(desk, await now_of(shop, stack), wanted, options)
        assert running.operation_id == begun.operation_id
        await shop.run(begun.operation_id)
        ended = await update_stack(desk, await now_of(shop, stack), wanted, options)
        assert ended.operation_id == begun.operation_id
        with pytest.raises(NothingToDo):
            await update_stack(desk, await now_of(shop, stack), wanted, ExecutionOptions())

    play(tmp_path, program)
