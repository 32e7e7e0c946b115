"""Pages of stacks, stacks by the end of their ids, and what is chosen for a stack at any time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from imageferry.model.events import Event
from imageferry.model.stacks import Place, Stack, StackQuery
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Secret
from imageferry.ports.keeping import NameTaken, Outdated, Protection, StackBusy
from imageferry.store.bodies import pack, pack_template
from imageferry.store.codec import encode_stack_body
from imageferry.store.secrets import forgetful_writer
from imageferry.store.sql_store import SqlStore
from imageferry.store.tables import STACK_BODIES, STACKS
from tests.contract.opened import Open, Program, run_on
from tests.store.samples import (
    PLACE,
    begin,
    change_set_of,
    ending,
    operation_on,
    stack_named,
    url_of,
)

Run = Callable[[Program], None]
ANYWHERE = replace(PLACE, region="")
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    url = url_of(tmp_path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    return lambda program: run_on(url, program)


def with_store(run: Run, deed: Callable[[SqlStore], Awaitable[None]]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await deed(store)

    run(program)


def under_review(name: str, made_at: float = 1000.0, **changes: object) -> Stack:
    stack = stack_named(name, status=StackStatus.REVIEWING)
    return replace(stack, created_at=made_at, updated_at=made_at, **changes)  # type: ignore[arg-type]


def reviewed(stack: Stack, status: StackStatus = StackStatus.REVIEWING, time: float = 5.0) -> Event:
    return Event(stack.stack_id, "", time, "", "", status, "said")


async def fill(store: SqlStore) -> None:
    """Six stacks: two in Beijing, one of another account, one deleted."""
    beijing, other = replace(PLACE, region="cn-beijing"), Place("emulator", "2", "cn-hangzhou")
    for number, (name, place, tags) in enumerate(
        [
            ("web-1", PLACE, {"team": "a"}),
            ("web-2", PLACE, {"team": "b", "env": "test"}),
            ("Web-3", beijing, {"team": "a", "env": "prod"}),
            ("db_1%", beijing, {}),
            ("web-1", other, {"team": "a"}),
            ("gone", PLACE, {"team": "a"}),
        ]
    ):
        stack = replace(under_review(name, 1000.0 + number), place=place, tags=tags)
        dialect = "cloudformation" if number % 2 else "ros"
        stack = replace(stack, stack_id=f"stack-{number}", dialect=dialect)
        await store.add_stack(stack, [reviewed(stack)])
    gone = reviewed(stack, StackStatus.DELETED, 2000.0)
    assert await store.remove_stack("stack-5", gone)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(StackQuery(ANYWHERE), "3210", id="all"),
        pytest.param(StackQuery(PLACE), "10", id="a region"),
        pytest.param(StackQuery(replace(PLACE, account_id="9")), "", id="nobody's"),
        pytest.param(StackQuery(ANYWHERE, with_deleted=True), "53210", id="with the deleted"),
        pytest.param(
            StackQuery(ANYWHERE, statuses=(StackStatus.DELETED,)), "5", id="the deleted alone"
        ),
        pytest.param(StackQuery(ANYWHERE, statuses=(StackStatus.CREATED,)), "", id="a status"),
        pytest.param(
            StackQuery(ANYWHERE, statuses=(StackStatus.REVIEWING, StackStatus.DELETED)),
            "53210",
            id="two statuses",
        ),
        pytest.param(StackQuery(ANYWHERE, ids=("stack-0", "stack-3", "stack-4")), "30", id="ids"),
        pytest.param(StackQuery(ANYWHERE, names=("web-1",)), "0", id="a name"),
        pytest.param(StackQuery(ANYWHERE, names=("web-*",)), "10", id="a beginning, by its case"),
        pytest.param(StackQuery(ANYWHERE, names=("*-3", "db*")), "32", id="two patterns"),
        pytest.param(StackQuery(ANYWHERE, names=("*eb*",)), "210", id="a middle"),
        pytest.param(StackQuery(ANYWHERE, names=("db_1%",)), "3", id="signs of SQL as they are"),
        pytest.param(StackQuery(ANYWHERE, names=("*b_1*",)), "3", id="signs of LIKE in a pattern"),
        pytest.param(StackQuery(ANYWHERE, names=("we%*", "web_?*", "[w]*")), "", id="no signs"),
        pytest.param(StackQuery(ANYWHERE, names=("*",)), "3210", id="any name"),
        pytest.param(StackQuery(ANYWHERE, tags={"team": "a"}), "20", id="a tag"),
        pytest.param(StackQuery(ANYWHERE, tags={"team": None}), "210", id="a tag of any value"),
        pytest.param(StackQuery(PLACE, tags={"team": "b", "env": None}), "1", id="two tags"),
        pytest.param(StackQuery(ANYWHERE, tags={"team": "c"}), "", id="no such tag"),
        pytest.param(StackQuery(ANYWHERE, created_from=1002.0), "32", id="since"),
        pytest.param(StackQuery(ANYWHERE, created_to=1001.0), "10", id="until"),
        pytest.param(
            StackQuery(ANYWHERE, search="EB-"), "210", id="a part of the name, in capitals"
        ),
        pytest.param(StackQuery(ANYWHERE, search="sTACK-3"), "3", id="a part of the id"),
        pytest.param(StackQuery(ANYWHERE, search="_1%"), "3", id="a part with signs of LIKE"),
        pytest.param(StackQuery(ANYWHERE, search="%"), "3", id="a sign of LIKE alone"),
        pytest.param(StackQuery(ANYWHERE, search="b\\_"), "", id="a sign that is in no name"),
        pytest.param(
            StackQuery(ANYWHERE, search="web", tags={"team": "a"}), "20", id="a part and a tag"
        ),
        pytest.param(StackQuery(ANYWHERE, dialect="cloudformation"), "31", id="a language"),
        pytest.param(
            StackQuery(ANYWHERE, dialect="ros", tags={"team": "a"}), "20", id="a language and a tag"
        ),
    ],
)
def test_queries(run: Run, query: StackQuery, found: str) -> None:
    async def deed(store: SqlStore) -> None:
        await fill(store)
        whole, total = await store.find_page(query, 0, 50)
        assert "".join(stack.stack_id[-1] for stack in whole) == found
        assert total == len(found)
        page, total = await store.find_page(query, 1, 2)
        assert "".join(stack.stack_id[-1] for stack in page) == found[1:3]
        assert total == len(found)
        assert (await store.find_page(query, 50, 10))[0] == []
        assert (await store.find_page(query, 0, 0))[0] == []

    with_store(run, deed)


def test_what_an_operation_is_open_on_comes_first(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        for number, name in enumerate(("old", "held", "new", "ended")):
            stack = replace(stack_named(name), tags={"a": "b"}, created_at=float(number))
            if name in {"held", "ended"}:
                entry = await begin(store, stack)
                if name == "ended":
                    held = (entry.operation.operation_id, entry.epoch)
                    await store.close_operation(*held, ending(entry.stack))
            else:
                await store.add_stack(replace(stack, status=StackStatus.REVIEWING), [])
        for tags in ({}, {"a": None}):
            first = StackQuery(PLACE, open_first=True, tags=tags)
            for query, names in (
                (first, "held ended new old"),
                (replace(first, open_first=False), "ended new held old"),
            ):
                found, total = await store.find_page(query, 0, 9)
                assert " ".join(one.name for one in found) == names
                page, _ = await store.find_page(query, 1, 2)
                assert [one.name for one in page] == names.split()[1:3]
                assert total == 4

    with_store(run, deed)


def test_a_page_has_everything_but_templates(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = under_review(
            "demo", parameters={"Key": Secret("hush")}, tags={"a": "b"}, options={"notify": ["u"]}
        )
        await store.add_stack(stack, [])
        (found,), _ = await store.find_page(StackQuery(PLACE), 0, 10)
        assert found == replace(stack, template=b"")
        assert await store.stack(stack.stack_id) == stack

    with_store(run, deed)


def test_fifty_of_ten_thousand_come_in_a_moment(tmp_path: Path) -> None:
    def many(connection: Connection) -> None:
        stack = stack_named()
        body = pack(encode_stack_body(forgetful_writer(), stack))
        rows = [
            {
                "number": number, "stack_id": f"s-{number}", "cloud": PLACE.cloud,
                "account_id": PLACE.account_id, "region": PLACE.region, "name": f"n-{number}",
                "status": "CREATED", "status_reason": '""', "created_at": float(number),
                "updated_at": 1.0,
            }
            for number in range(1, 10_001)
        ]  # fmt: skip
        template = pack_template(None, stack.template, {})
        bodies = [
            {"stack_number": row["number"], "body": body, "template": template} for row in rows
        ]
        connection.execute(insert(STACKS), rows)
        connection.execute(insert(STACK_BODIES), bodies)

    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.lanes.write(many)
            spent = []
            for _ in range(5):
                started = time.perf_counter()
                page, total = await store.find_page(StackQuery(PLACE), 100, 50)
                spent.append(time.perf_counter() - started)
            assert (len(page), total, page[0].stack_id) == (50, 10_000, "s-9900")
            # Some milliseconds; much less than reading them all, whatever the machine.
            assert min(spent) < 0.05

    run_on(url_of(tmp_path), program)


def test_a_stack_is_found_by_the_end_of_its_id(run: Run) -> None:
    arn = f"arn:aws:cloudformation:cn-hangzhou:{PLACE.account_id}:stack/demo/{UUID}"

    async def deed(store: SqlStore) -> None:
        plain, named = under_review("plain"), replace(under_review("named"), stack_id=arn)
        await store.add_stack(plain, [])
        await store.add_stack(named, [])
        for wanted, found in (
            (plain.stack_id, plain),
            (arn, named),
            (UUID, named),
            (UUID[1:], None),
            (UUID.upper(), None),
            ("%", None),
            ("", None),
        ):
            assert await store.stack_of_uuid(wanted) == found
        gone = reviewed(named, StackStatus.DELETED)
        assert await store.remove_stack(arn, gone)
        deleted = await store.stack_of_uuid(UUID)
        assert deleted is not None
        assert deleted.status is StackStatus.DELETED

    with_store(run, deed)


# --- Events ---------------------------------------------------------------------------------------


def test_events_are_read_backwards(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = under_review("demo")
        events = [reviewed(stack, time=float(number)) for number in range(3)]
        await store.add_stack(stack, events)
        operation = operation_on(stack)
        await store.save_change_set(change_set_of(stack))
        more = [
            replace(event, operation_id=operation.operation_id, time=event.time + 10)
            for event in events
        ]
        await store.open_operation(operation, replace(stack, status=StackStatus.CREATING), more)
        assert await store.last_event_number(stack.stack_id) == 6
        whole = await store.events(stack.stack_id)
        assert [event.sequence for event in whole] == [1, 2, 3, 4, 5, 6]
        assert [event.operation_id for event in whole] == [""] * 3 + [operation.operation_id] * 3
        assert await store.events_before(stack.stack_id, None, 50) == whole[::-1]
        for before, limit, numbers in (
            (None, 2, [6, 5]),
            (6, 2, [5, 4]),
            (5, 3, [4, 3, 2]),
            (3, 50, [2, 1]),
            (1, 50, []),
            (0, 50, []),
            (99, 1, [6]),
            (None, 0, []),
        ):
            page = await store.events_before(stack.stack_id, before, limit)
            assert [event.sequence for event in page] == numbers
        assert await store.events_before("nobody", None, 50) == []
        assert await store.last_event_number("nobody") == 0

    with_store(run, deed)


# --- Stacks under review --------------------------------------------------------------------------


def test_a_name_is_taken_once(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        first = under_review("demo")
        await store.add_stack(first, [reviewed(first)])
        with pytest.raises(NameTaken) as taken:
            await store.add_stack(replace(first, stack_id="other"), [])
        assert taken.value.stack_id == first.stack_id
        with pytest.raises(NameTaken):
            await store.add_stack(first, [])
        elsewhere = replace(first, stack_id="there", place=replace(PLACE, region="cn-beijing"))
        await store.add_stack(elsewhere, [])
        with pytest.raises(ValueError, match="made by an operation"):
            await store.add_stack(replace(first, status=StackStatus.CREATED), [])
        assert await store.remove_stack(first.stack_id, reviewed(first, StackStatus.DELETED))
        await store.add_stack(replace(first, stack_id="other"), [])

    with_store(run, deed)


def test_of_many_at_once_one_gets_the_name(run: Run) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stores = (first, second)

            async def add(number: int) -> bool:
                stack = replace(under_review("demo"), stack_id=f"stack-{number}")
                try:
                    await stores[number % 2].add_stack(stack, [reviewed(stack)])
                except NameTaken:
                    return False
                return True

            won = [await add(number) for number in range(6)]
            assert sum(won) == 1

    run(program)


def test_a_stack_under_review_is_made_by_its_first_operation(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = under_review("demo", tags={"team": "a"}, options={"notify": ["u"]})
        await store.add_stack(stack, [reviewed(stack)])
        entry = await begin(store, replace(stack, status=StackStatus.CREATING, tags={}))
        # What is chosen is as it was recorded.
        assert (entry.stack.tags, entry.stack.options) == (stack.tags, stack.options)
        gone = reviewed(stack, StackStatus.DELETED)
        assert await store.remove_stack(stack.stack_id, gone) is False
        with pytest.raises(StackBusy):
            await store.open_operation(operation_on(stack, "second"), stack, [])
        await store.close_operation(entry.operation.operation_id, 1, ending(entry.stack))
        assert await store.remove_stack(stack.stack_id, gone) is False
        kept = await store.stack(stack.stack_id)
        assert kept is not None
        assert (kept.status, kept.tags) == (StackStatus.CREATED, {"team": "a"})

    with_store(run, deed)


def test_what_is_removed_takes_its_plans_and_secrets_and_is_not_begun_any_more(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = under_review("demo", parameters={"Key": Secret("hush")}, is_protected=True)
        await store.add_stack(stack, [reviewed(stack)])
        planned = change_set_of(stack, parameters=stack.parameters)
        await store.save_change_set(planned)
        assert await store.remove_stack(stack.stack_id, reviewed(stack, StackStatus.DELETED, 7.0))
        gone = await store.stack(stack.stack_id)
        assert gone is not None
        assert (gone.status, gone.status_reason, gone.updated_at, gone.is_protected) == (
            StackStatus.DELETED, "said", 7.0, False,
        )  # fmt: skip
        assert await store.change_set(planned.change_set_id) is None
        kept = await store.lanes.read(
            lambda c: c.exec_driver_sql("SELECT count(*) FROM secrets").scalar()
        )
        assert kept == 0
        assert [event.status for event in await store.events(stack.stack_id)] == [
            StackStatus.REVIEWING,
            StackStatus.DELETED,
        ]
        assert await store.remove_stack(stack.stack_id, reviewed(stack)) is False
        assert await store.remove_stack("nobody", reviewed(stack)) is False
        # Whoever planned before, and saves the plan once more, comes too late.
        await store.save_change_set(planned)
        with pytest.raises(Outdated):
            await store.open_operation(operation_on(stack), stack, [])

    with_store(run, deed)


# --- What is chosen -------------------------------------------------------------------------------


def test_what_is_chosen_meanwhile_outlives_the_operation(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = replace(stack_named(), tags={"team": "a"}, options={"parallel": 3})
        entry = await begin(store, stack)
        assert await store.change_stack(stack.stack_id, tags={"team": "b"}, options={"x": [1]})
        assert await store.change_stack(stack.stack_id, is_protected=True)
        assert await store.change_stack("nobody", tags={}) is False
        await store.close_operation(entry.operation.operation_id, 1, ending(entry.stack))
        kept = await store.stack(stack.stack_id)
        assert kept is not None
        assert (kept.tags, kept.options, kept.is_protected) == ({"team": "b"}, {"x": [1]}, True)

        second = operation_on(stack, "second", "changes-second")
        await store.save_change_set(change_set_of(stack, "changes-second"))
        wish = Protection(tags={"team": "c"}, options={})
        updating = replace(kept, status=StackStatus.UPDATING, tags={"never": "kept"})
        await store.open_operation(second, updating, [], protection=wish)
        opened = await store.stack(stack.stack_id)
        assert opened is not None
        assert (opened.tags, opened.options, opened.is_protected) == ({"team": "c"}, {}, True)

    with_store(run, deed)


def test_a_deleted_stack_keeps_its_tags_and_the_time_it_went(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        stack = replace(stack_named(), tags={"team": "a"}, is_protected=True)
        entry = await begin(store, stack)
        closing = ending(
            replace(stack, updated_at=2000.0), OperationStatus.SUCCEEDED, StackStatus.DELETED
        )
        await store.close_operation(entry.operation.operation_id, 1, closing)
        kept = await store.stack(stack.stack_id)
        assert kept is not None
        assert (kept.tags, kept.is_protected, kept.updated_at) == ({"team": "a"}, False, 2000.0)

    with_store(run, deed)
