"""One suite for every Store: what the engine and the control plane rely on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import Place
from imageferry.model.statuses import OperationStatus, StackStatus, StepStatus
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret
from imageferry.ports.keeping import Batch, Entry, Fenced, Overtaken, StackBusy, Store, StoreError
from tests.store.samples import (
    PLACE,
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

Open = Callable[[], AbstractAsyncContextManager[Store]]
Program = Callable[[Open], Awaitable[None]]


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], None]:
    """Runs a program with what opens stores on one database, each as another process would."""
    url = url_of(tmp_path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    count = 0

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        nonlocal count
        count += 1
        store = open_url(url, f"process {count}")
        try:
            yield store
        finally:
            await store.close()

    def run_program(program: Program) -> None:
        asyncio.run(_awaited(program, opened))

    return run_program


async def _awaited(program: Program, opened: Open) -> None:
    await program(opened)


def test_the_installation_has_one_id(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            made = await first.installation()
            assert len(made) == 8
            assert made.isalnum()
            assert made == made.lower()
            assert await second.installation() == made
            assert await first.installation() == made

    run(program)


def test_a_whole_life(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named(parameters={"Name": "golden", "Keys": [1, None, {"$a": True}]})
            operation = operation_on(stack)
            planned = change_set_of(stack, parameters=stack.parameters)
            await store.save_change_set(planned)
            assert await store.change_set(planned.change_set_id) == planned
            begun = stack_event(operation, StackStatus.CREATING)
            assert await store.open_operation(operation, stack, [begun]) == operation
            entry = await store.enter(operation.operation_id)
            assert entry is not None
            assert entry.epoch == 1
            assert entry.operation == replace(operation, epoch=1, entries_since_record=1)
            assert (entry.stack, entry.change_set, entry.rollback) == (stack, planned, None)
            assert (dict(entry.resources), entry.records) == ({}, ())

            tokyo, osaka = record_of("Tokyo"), record_of("Osaka")
            batch = Batch([tokyo, osaka], [copy_event(operation, "Tokyo")])
            assert await store.flush(operation.operation_id, 1, batch) is False
            done = replace(tokyo, status=StepStatus.DONE, physical_id="m-1", ended_at=1003.0)
            await store.flush(operation.operation_id, 1, Batch([done]))
            assert await store.records(operation.operation_id) == [done, osaka]
            after = await store.operation(operation.operation_id)
            assert after is not None
            assert after.entries_since_record == 0

            resources = [resource_of("Tokyo"), resource_of("Osaka")]
            events = [stack_event(operation, StackStatus.CREATED, 2000.0)]
            closing = ending(stack, resources=resources, events=events)
            closing = replace(closing, stack=replace(closing.stack, outputs={"Id": "m-1"}))
            await store.close_operation(operation.operation_id, 1, closing)
            assert await store.stack(stack.stack_id) == closing.stack
            kept = await store.resources(stack.stack_id)
            assert list(kept.values()) == resources
            assert list(kept) == ["Tokyo", "Osaka"]
            last = await store.last_operation(stack.stack_id)
            assert last is not None
            assert (last.status, last.ended_at) == (OperationStatus.SUCCEEDED, 2000.0)
            assert await store.open_operations() == []
            assert await store.enter(operation.operation_id) is None
            assert await store.records(operation.operation_id) == [done, osaka]
            heard = await store.events(stack.stack_id)
            assert heard == [
                replace(event, sequence=number)
                for number, event in enumerate([begun, batch.events[0], events[0]], 1)
            ]

    run(program)


def test_another_process_reads_what_was_written(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        stack = stack_named()
        async with opened() as writer, opened() as watcher:
            entry = await begin(writer, stack)
            operation = entry.operation
            assert await watcher.records(operation.operation_id) == []
            first = record_of("Tokyo", context={"phase": "rename", "ids": ["m-1"]})
            await writer.flush(operation.operation_id, 1, Batch([first]))
            assert await watcher.records(operation.operation_id) == [first]
            steps = [StepProgress("Tokyo", 40, "Creating 40%", 12.5), StepProgress("O", None, "")]
            assert await watcher.progress(operation.operation_id) == (0.0, [])
            await writer.save_progress(operation.operation_id, 1, steps, 1010.0)
            await writer.save_progress(operation.operation_id, 1, steps[:1], 1020.0)
            assert await watcher.progress(operation.operation_id) == (1020.0, steps[:1])
            second = replace(first, properties=None, context={}, leftovers=({"id": "m-0"},))
            await writer.flush(operation.operation_id, 1, Batch([second, record_of("Osaka")]))
            assert await watcher.records(operation.operation_id) == [second, record_of("Osaka")]
            assert await watcher.change_set(entry.change_set.change_set_id) == entry.change_set
            again = await watcher.enter(operation.operation_id)
            assert again is not None
            assert again.records == (second, record_of("Osaka"))
            assert again.change_set == entry.change_set

    run(program)


def test_who_entered_last_owns_it(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack = stack_named()
            entry = await begin(first, stack)
            operation_id = entry.operation.operation_id
            await first.flush(operation_id, 1, Batch([record_of("Tokyo")]))
            taken = await second.enter(operation_id)
            assert taken is not None
            assert taken.epoch == 2

            batch = Batch(
                [record_of("Osaka")],
                [copy_event(entry.operation, "Osaka")],
                stack_status=(StackStatus.CREATE_FAILED, "never written"),
            )
            deeds: list[Callable[[], Awaitable[object]]] = [
                lambda: first.flush(operation_id, 1, batch),
                lambda: first.flush(operation_id, 1, Batch()),
                lambda: first.save_progress(operation_id, 1, [], 1.0),
                lambda: first.park(operation_id, 1, "never written"),
                lambda: first.close_operation(operation_id, 1, ending(stack)),
            ]
            for deed in deeds:
                with pytest.raises(Fenced):
                    await deed()
            assert await second.records(operation_id) == [record_of("Tokyo")]
            assert await second.stack(stack.stack_id) == stack
            assert len(await second.events(stack.stack_id)) == 1
            assert await second.progress(operation_id) == (0.0, [])
            await second.flush(operation_id, 2, Batch([record_of("Osaka")]))
            assert await first.records(operation_id) == [record_of("Tokyo"), record_of("Osaka")]

    run(program)


def test_a_closed_operation_is_nobodys(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named()
            entry = await begin(store, stack)
            operation_id = entry.operation.operation_id
            await store.close_operation(operation_id, 1, ending(stack))
            with pytest.raises(Fenced):
                await store.flush(operation_id, 1, Batch([record_of("Tokyo")]))
            with pytest.raises(Fenced):
                await store.close_operation(operation_id, 1, ending(stack))
            assert await store.request_cancel(operation_id) is False
            assert await store.unpark(operation_id) is False

    run(program)


def test_one_open_operation_a_stack(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack = stack_named()
            entry = await begin(first, stack)
            later = operation_on(stack, "later")
            await second.save_change_set(change_set_of(stack, "other"))
            with pytest.raises(StackBusy) as busy:
                await second.open_operation(replace(later, change_set_id="other"), stack, [])
            assert busy.value.operation.operation_id == entry.operation.operation_id
            assert await second.operation("later") is None
            await first.park(entry.operation.operation_id, 1, "too many entries")
            with pytest.raises(StackBusy):
                await second.open_operation(replace(later, change_set_id="other"), stack, [])
            await first.unpark(entry.operation.operation_id)
            await first.close_operation(entry.operation.operation_id, 1, ending(stack))
            opened_later = replace(later, change_set_id="other")
            assert await second.open_operation(opened_later, stack, []) == opened_later
            assert await first.open_operations() == [opened_later]
            last = await first.last_operation(stack.stack_id)
            assert last == opened_later

    run(program)


def test_what_was_looked_at_before_is_looked_at_again(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack, other = stack_named(), stack_named("other")
            await second.save_change_set(change_set_of(other))
            mark = await second.mark()
            entry = await begin(first, stack)
            with pytest.raises(Overtaken):
                await second.open_operation(operation_on(other, "b"), other, [], mark)
            assert await second.operation("b") is None
            mark = await second.mark()
            await first.close_operation(entry.operation.operation_id, 1, ending(stack))
            with pytest.raises(Overtaken):
                await second.open_operation(operation_on(other, "b"), other, [], mark)
            mark = await second.mark()
            assert await second.open_operation(operation_on(other, "b"), other, [], mark)

    run(program)


def test_two_that_open_at_once(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack = stack_named()
            await first.save_change_set(change_set_of(stack))
            answers = await asyncio.gather(
                first.open_operation(operation_on(stack, "a"), stack, []),
                second.open_operation(operation_on(stack, "b"), stack, []),
                return_exceptions=True,
            )
            assert sorted(type(answer).__name__ for answer in answers) == ["Operation", "StackBusy"]
            assert len(await first.open_operations()) == 1

    run(program)


def test_the_same_token_opens_once(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named()
            operation = operation_on(stack, client_token="asked once")
            entry = await begin(store, stack, operation)
            again = replace(operation, operation_id="again")
            assert await store.open_operation(again, stack, []) == entry.operation
            # A repeated request to create makes a stack id anew, and means the same stack.
            renewed = replace(stack, stack_id="renewed")
            found = await store.open_operation(replace(again, stack_id="renewed"), renewed, [])
            assert found == entry.operation
            assert await store.stack("renewed") is None

            gone = ending(stack, stack_status=StackStatus.DELETED)
            await store.close_operation(operation.operation_id, 1, gone)
            repeated = await store.open_operation(again, stack, [])
            assert repeated.operation_id == operation.operation_id
            # A stack made anew under the name of a deleted one is another matter.
            await store.save_change_set(change_set_of(renewed, "c-renewed"))
            fresh = replace(again, stack_id="renewed", change_set_id="c-renewed")
            assert await store.open_operation(fresh, renewed, []) == fresh

    run(program)


def test_living_stacks_have_names_of_their_own(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named()
            entry = await begin(store, stack)
            namesake = stack_named(stack_id="namesake")
            await store.save_change_set(change_set_of(namesake))
            with pytest.raises(StackBusy) as busy:
                await store.open_operation(operation_on(namesake), namesake, [])
            assert busy.value.operation.stack_id == stack.stack_id
            await store.close_operation(entry.operation.operation_id, 1, ending(stack))
            with pytest.raises(StoreError, match='named "demo" exists already in "cn-hangzhou"'):
                await store.open_operation(operation_on(namesake), namesake, [])
            elsewhere = stack_named(stack_id="e", place=replace(PLACE, region="cn-beijing"))
            await begin(store, elsewhere)

            removal = operation_on(stack, "removal", "c-removal")
            await begin(store, stack, removal)
            gone = ending(stack, stack_status=StackStatus.DELETED)
            await store.close_operation("removal", 1, gone)
            await begin(store, namesake)
            kept = await store.stack(stack.stack_id)
            assert kept is not None
            assert kept.status is StackStatus.DELETED

    run(program)


def test_stacks_are_found_by_place_and_name(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            places = {
                "a": PLACE,
                "b": replace(PLACE, region="cn-beijing"),
                "c": replace(PLACE, account_id="1000000000000002"),
                "d": replace(PLACE, cloud="alibaba"),
            }
            for number, (stack_id, place) in enumerate(places.items()):
                stack = replace(stack_named("demo", stack_id, place), created_at=1000.0 + number)
                await begin(store, stack)
            other = replace(stack_named("other", "e"), created_at=900.0)
            entry = await begin(store, other)
            gone = ending(other, stack_status=StackStatus.DELETED)
            await store.close_operation(entry.operation.operation_id, 1, gone)

            async def ids(
                place: Place | None, name: str | None = None, with_deleted: bool = False
            ) -> list[str]:
                found = await store.find_stacks(place, name, with_deleted=with_deleted)
                return [stack.stack_id for stack in found]

            assert await ids(None) == ["d", "c", "b", "a"]
            assert await ids(replace(PLACE, region="")) == ["b", "a"]
            assert await ids(PLACE) == ["a"]
            assert await ids(PLACE, "other") == []
            assert await ids(PLACE, "other", with_deleted=True) == ["e"]
            assert await ids(PLACE, with_deleted=True) == ["a", "e"]
            assert await store.stack("nobody") is None
            assert await store.resources("nobody") == {}
            assert await store.events("nobody") == []

    run(program)


def test_entries_are_counted_until_something_is_recorded(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            for count in (2, 3):
                again = await store.enter(operation_id)
                assert again is not None
                assert (again.epoch, again.operation.entries_since_record) == (count, count)
            await store.flush(operation_id, 3, Batch(operation_reason="no record"))
            await store.flush(operation_id, 3, Batch())
            operation = await store.operation(operation_id)
            assert operation is not None
            assert (operation.entries_since_record, operation.reason) == (3, "no record")
            await store.flush(operation_id, 3, Batch([record_of("Tokyo")]))
            operation = await store.operation(operation_id)
            assert operation is not None
            assert operation.entries_since_record == 0

    run(program)


def test_parked_until_somebody_says_so(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            assert await store.unpark(operation_id) is False
            await store.park(operation_id, 1, 'entered "too often"')
            parked = await store.operation(operation_id)
            assert parked is not None
            assert (parked.status, parked.reason) == (OperationStatus.PARKED, 'entered "too often"')
            with pytest.raises(Fenced):
                await store.flush(operation_id, 1, Batch([record_of("Tokyo")]))
            looked = await store.enter(operation_id)
            assert looked is not None
            assert looked.operation.status is OperationStatus.PARKED
            await store.park(operation_id, looked.epoch, "still")
            assert await store.request_cancel(operation_id) is True
            assert await store.unpark(operation_id) is True
            freed = await store.operation(operation_id)
            assert freed is not None
            assert (freed.status, freed.reason) == (OperationStatus.RUNNING, "")
            assert (freed.entries_since_record, freed.cancel_requested) == (0, True)

    run(program)


def test_every_flush_hears_of_a_cancel(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            assert await store.flush(operation_id, 1, Batch()) is False
            assert await other.request_cancel(operation_id) is True
            assert await store.flush(operation_id, 1, Batch()) is True
            assert await store.flush(operation_id, 1, Batch([record_of("Tokyo")])) is True
            assert await other.request_cancel("nothing") is False
            again = await store.enter(operation_id)
            assert again is not None
            assert again.operation.cancel_requested

    run(program)


def test_events_have_no_gap(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack = stack_named()
            entry = await begin(first, stack)
            operation = entry.operation
            for count in (3, 1, 4):
                events = [copy_event(operation, f"R{count}-{n}") for n in range(count)]
                await first.flush(operation.operation_id, 1, Batch(events=events))
            await second.enter(operation.operation_id)
            with pytest.raises(Fenced):
                await first.flush(
                    operation.operation_id, 1, Batch(events=[copy_event(operation, "lost")])
                )
            foreign = replace(copy_event(operation, "foreign"), operation_id="elsewhere")
            await second.flush(operation.operation_id, 2, Batch(events=[foreign]))
            last = stack_event(operation, StackStatus.CREATED)
            await second.close_operation(operation.operation_id, 2, ending(stack, events=[last]))
            heard = await first.events(stack.stack_id)
            assert [event.sequence for event in heard] == list(range(1, 12))
            assert heard[9] == replace(foreign, sequence=10)
            for after in range(13):
                for limit in (0, 1, 2, 5, 100):
                    page = await second.events(stack.stack_id, after, limit)
                    assert page == heard[after : after + limit]
            # Another stack counts for itself.
            other = stack_named("other")
            await begin(first, other)
            assert [event.sequence for event in await first.events(other.stack_id)] == [1]

    run(program)


def test_a_flush_is_all_or_nothing(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            unkept = record_of("Osaka", properties={"Set": {1, 2}})
            batch = Batch([record_of("Tokyo"), unkept], [copy_event(entry.operation, "Tokyo")])
            with pytest.raises(TypeError, match='"set" cannot be kept'):
                await store.flush(operation_id, 1, batch)
            assert await store.records(operation_id) == []
            assert len(await store.events(entry.stack.stack_id)) == 1
            await store.flush(operation_id, 1, Batch([record_of("Tokyo")]))
            assert await store.records(operation_id) == [record_of("Tokyo")]

    run(program)


def test_a_rollback_is_found_again(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as successor:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            undoing = change_set_of(entry.stack, "undoing", names=["Tokyo"])
            rolling = (StackStatus.CREATE_ROLLING_BACK, "Osaka failed")
            await store.flush(operation_id, 1, Batch(rollback=undoing, stack_status=rolling))
            await store.flush(operation_id, 1, Batch(rollback=undoing))
            step = record_of("Tokyo")
            undone = replace(step, phase=1, status=StepStatus.DONE)
            await store.flush(operation_id, 1, Batch([step, undone]))
            again = await successor.enter(operation_id)
            assert again is not None
            assert again.rollback == undoing
            assert again.records == (step, undone)
            assert again.operation.rollback_id == "undoing"
            assert (again.stack.status, again.stack.status_reason) == rolling

    run(program)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(["A", "B", "C", "D"], id="the same"),
        pytest.param(["A", "C", "D"], id="one less from the middle"),
        pytest.param(["A", "B", "C", "D", "E"], id="one more at the end"),
        pytest.param(["A", "X", "B", "C", "D"], id="one more in the middle"),
        pytest.param(["D", "C", "B", "A"], id="turned round"),
        pytest.param(["E", "B"], id="mostly others"),
        pytest.param([], id="nothing"),
    ],
)
def test_resources_are_replaced(run: Callable[[Program], None], after: list[str]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named()
            entry = await begin(store, stack)
            before = [resource_of(name) for name in "ABCD"]
            closing = ending(stack, resources=before)
            await store.close_operation(entry.operation.operation_id, 1, closing)
            again = await begin(store, stack, operation_on(stack, "update", "c-update"))
            assert list(again.resources.values()) == before
            wanted = [resource_of(name, physical_id=f"new-{name}") for name in after[:1]]
            wanted += [resource_of(name) for name in after[1:]]
            await store.close_operation("update", 1, ending(stack, resources=wanted))
            assert list((await store.resources(stack.stack_id)).values()) == wanted

    run(program)


def test_all_three_kinds_of_no_value_are_kept(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            values = {"a": None, "b": NO_VALUE, "c": [UNKNOWN, Secret({"d": [Secret("e")]})]}
            record = record_of("Tokyo", properties=values)
            await store.flush(operation_id, 1, Batch([record]))
            (found,) = await store.records(operation_id)
            assert found == record
            # Equal in Python, and another property all the same.
            for flag in (1, True, 1.0):
                renewed = replace(record, properties={"Encrypted": flag})
                await store.flush(operation_id, 1, Batch([renewed]))
                async with opened() as other:
                    (found,) = await other.records(operation_id)
                    assert repr(found.properties) == repr({"Encrypted": flag})

    run(program)


def test_what_a_comparison_found_is_kept_with_its_stack(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            held = {"hidden": Secret("as before"), "plain": [1]}
            stack = replace(stack_named(), parameters=held)
            entry = await begin(store, stack)
            closing = ending(stack)
            await store.close_operation(entry.operation.operation_id, entry.epoch, closing)
            for status in (StackDriftStatus.DRIFTED, StackDriftStatus.IN_SYNC):
                mark = DriftMark(status, 12.5, 1, 3)
                await store.save_drift(stack.stack_id, mark)
                found = await other.stack(stack.stack_id)
                assert found is not None
                assert (found.drift, found.parameters) == (mark, held)
            await store.save_drift("no such stack", mark)

    run(program)


def test_what_protects_a_stack_outlives_the_operation_that_runs(
    run: Callable[[Program], None],
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            held = {"hidden": Secret("as before"), "plain": [1]}
            stack = replace(stack_named(), parameters=held)
            entry = await begin(store, stack)
            assert await other.change_stack(stack.stack_id, is_protected=True)
            assert await other.change_stack(stack.stack_id, policy="{}")
            closing = ending(stack)
            await store.close_operation(entry.operation.operation_id, entry.epoch, closing)
            found = await other.stack(stack.stack_id)
            assert found is not None
            assert (found.is_protected, found.policy, found.parameters) == (True, "{}", held)
            assert await store.change_stack(stack.stack_id, is_protected=False)
            found = await other.stack(stack.stack_id)
            assert found is not None
            assert (found.is_protected, found.policy, found.parameters) == (False, "{}", held)
            assert not await store.change_stack("no such stack", is_protected=True)

    run(program)


def test_what_was_made_of_former_tags_is_not_kept_where_they_are_others(
    run: Callable[[Program], None],
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            entry = await begin(store, stack_named())
            stack_id = entry.operation.stack_id
            former = await store.stack(stack_id)
            assert former is not None
            assert await other.change_stack(stack_id, tags={"a": "1"}, former=former)
            assert not await store.change_stack(stack_id, tags={"b": "2"}, former=former)
            assert not await store.change_stack(stack_id, options={"c": 3}, former=former)
            now = await store.stack(stack_id)
            assert now is not None
            assert now.tags == {"a": "1"}
            assert await store.change_stack(stack_id, tags={**now.tags, "b": "2"}, former=now)
            found = await other.stack(stack_id)
            assert found is not None
            assert (found.tags, found.options) == ({"a": "1", "b": "2"}, former.options)
            assert not await store.change_stack("no such stack", tags={}, former=former)

    run(program)


def test_a_change_set_must_be_kept_to_be_executed(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            stack = stack_named()
            with pytest.raises(StoreError, match="plan again"):
                await store.open_operation(operation_on(stack), stack, [])
            assert await store.stack(stack.stack_id) is None
            assert await store.change_set("nothing") is None

    run(program)


def test_a_closed_store_says_so(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.installation()
            await store.close()
            with pytest.raises(StoreError, match="was closed"):
                await store.open_operations()

    run(program)


def test_many_that_open_at_once(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stacks = [stack_named(f"s{number}") for number in range(6)]
            for stack in stacks:
                await first.save_change_set(change_set_of(stack))
            answers = await asyncio.gather(
                *(
                    store.open_operation(
                        operation_on(stack, f"{stack.name} by {number}"),
                        stack,
                        [stack_event(operation_on(stack), StackStatus.CREATING)],
                    )
                    for stack in stacks
                    for number, store in enumerate((first, second))
                ),
                return_exceptions=True,
            )
            kinds = sorted(type(answer).__name__ for answer in answers)
            assert kinds == ["Operation"] * 6 + ["StackBusy"] * 6
            assert len(await second.open_operations()) == 6
            for stack in stacks:
                heard = await second.events(stack.stack_id)
                assert [event.sequence for event in heard] == [1]

    run(program)


def test_of_all_who_looked_at_the_same_moment_one_opens(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stacks = [stack_named(f"s{number}") for number in range(8)]
            for stack in stacks:
                await first.save_change_set(change_set_of(stack))
            mark = await first.mark()
            answers = await asyncio.gather(
                *(
                    (first, second)[number % 2].open_operation(operation_on(stack), stack, [], mark)
                    for number, stack in enumerate(stacks)
                ),
                return_exceptions=True,
            )
            kinds = sorted(type(answer).__name__ for answer in answers)
            assert kinds == ["Operation"] + ["Overtaken"] * 7
            assert await first.mark() == await second.mark() > mark

    run(program)


def test_the_same_token_at_the_same_moment_opens_once(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stack = stack_named()
            await first.save_change_set(change_set_of(stack))
            answers = await asyncio.gather(
                *(
                    store.open_operation(
                        operation_on(stack, f"by {number}", client_token="asked once"), stack, []
                    )
                    for number, store in enumerate((first, second, first, second))
                )
            )
            assert len({answer.operation_id for answer in answers}) == 1

    run(program)


def test_who_is_entered_over_in_the_middle_writes_nothing_more(
    run: Callable[[Program], None],
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            entry = await begin(first)
            operation_id, stack_id = entry.operation.operation_id, entry.stack.stack_id

            async def write() -> int:
                for number in range(10_000):
                    record = record_of(f"R{number}")
                    event = copy_event(entry.operation, f"R{number}")
                    try:
                        await first.flush(operation_id, 1, Batch([record], [event]))
                    except Fenced:
                        return number
                raise AssertionError("nobody ever stopped it")

            writing = asyncio.create_task(write())
            while len(await second.records(operation_id)) < 3:
                assert not writing.done()
            taken = await second.enter(operation_id)
            assert taken is not None
            written = await writing
            # What was told to be durable is what the successor was given, to the last record.
            assert len(taken.records) == written
            await second.flush(
                operation_id, 2, Batch([record_of("Tokyo")], [copy_event(taken.operation, "Tokyo")])
            )
            assert len(await first.records(operation_id)) == written + 1
            heard = await first.events(stack_id, limit=20_000)
            assert [event.sequence for event in heard] == list(range(1, written + 3))

    run(program)


def test_all_who_enter_at_once_have_an_epoch_of_their_own(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            entry = await begin(first)
            operation_id = entry.operation.operation_id
            entries = await asyncio.gather(
                *(store.enter(operation_id) for store in (first, second) * 5)
            )
            epochs = sorted(one.epoch for one in entries if one is not None)
            assert epochs == list(range(2, 12))
            for epoch in epochs[:-1]:
                with pytest.raises(Fenced):
                    await first.flush(operation_id, epoch, Batch([record_of("Tokyo")]))
            await second.flush(operation_id, epochs[-1], Batch([record_of("Tokyo")]))

    run(program)


def test_operations_of_one_process_write_beside_each_other(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            entries = [await begin(store, stack_named(f"s{number}")) for number in range(8)]

            async def work(entry: Entry) -> None:
                operation_id = entry.operation.operation_id
                for number in range(10):
                    record = record_of(f"R{number}")
                    event = copy_event(entry.operation, f"R{number}")
                    await store.flush(operation_id, 1, Batch([record], [event]))
                    await store.save_progress(operation_id, 1, [], float(number))
                    assert len(await store.records(operation_id)) == number + 1
                await store.close_operation(operation_id, 1, ending(entry.stack))

            await asyncio.gather(*(work(entry) for entry in entries))
            assert await other.open_operations() == []
            for entry in entries:
                records = await other.records(entry.operation.operation_id)
                assert records == [record_of(f"R{number}") for number in range(10)]
                heard = await other.events(entry.stack.stack_id)
                assert [event.sequence for event in heard] == list(range(1, 12))

    run(program)


def test_a_secret_that_is_kept_again_is_not_erased_by_another(
    run: Callable[[Program], None],
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            hidden = {"Password": Secret("hunter2")}
            stack = stack_named(parameters=hidden)
            for round_number in range(5):
                operation = operation_on(stack, f"o{round_number}", f"c{round_number}")
                await begin(first, stack, operation)
                later = change_set_of(stack, f"later{round_number}", parameters=hidden)
                # The end of an operation erases what nothing needs; here something does, just now.
                bare = replace(stack, parameters={})
                await asyncio.gather(
                    first.close_operation(operation.operation_id, 1, ending(bare)),
                    second.save_change_set(later),
                )
                async with opened() as third:
                    kept = await third.change_set(later.change_set_id)
                    assert kept is not None
                    assert kept.bindings.parameters == hidden

    run(program)
