"""What is told of many stacks at once: who holds a thing, how many there are, and their tags."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, insert

from imageferry.model.operations import StepProgress
from imageferry.model.stacks import StackQuery
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Secret
from imageferry.store.bodies import pack
from imageferry.store.codec import encode_resource, encode_stack_body
from imageferry.store.secrets import forgetful_writer
from imageferry.store.sql_store import SqlStore
from imageferry.store.tables import RESOURCES, STACK_BODIES, STACKS, first_key
from tests.contract.opened import Open, run_on
from tests.store.samples import (
    PLACE,
    begin,
    ending,
    operation_on,
    resource_of,
    stack_named,
    url_of,
)
from tests.store.test_listing import ANYWHERE, Run, reviewed, run, under_review, with_store

__all__ = ["run"]


def test_a_stack_is_found_by_the_physical_id_of_what_it_has_made(run: Run) -> None:
    elsewhere = replace(PLACE, region="cn-beijing")

    async def deed(store: SqlStore) -> None:
        odd = 'm-"1%_\\é'
        one = resource_of("A", physical_id="m-1")
        nested = replace(one, physical_id="m-3", properties={"a": {"physical_id": "m-1"}})
        for made_at, (name, place, resources) in enumerate((
            ("plain", PLACE, [resource_of("B", physical_id=None), one]),
            ("later", PLACE, [one]),
            ("namer", PLACE, [nested]),
            ("odd", PLACE, [replace(one, physical_id=odd)]),
            ("far", elsewhere, [one]),
        )):  # fmt: skip
            stack = replace(stack_named(name, place=place), created_at=float(made_at))
            entry = await begin(store, stack)
            closing = ending(entry.stack, resources=resources)
            await store.close_operation(entry.operation.operation_id, entry.epoch, closing)
        for place, wanted, found in (
            (PLACE, "m-1", "later"),
            (elsewhere, "m-1", "far"),
            (ANYWHERE, "m-1", "far"),
            (PLACE, "m-3", "namer"),
            (PLACE, odd, "odd"),
            (PLACE, "m-", None),
            (PLACE, "M-1", None),
            (PLACE, "%", None),
            (replace(PLACE, account_id="other"), "m-1", None),
        ):
            assert await store.holder_of(place, wanted) == (found and f"stack-{found}"), wanted

    with_store(run, deed)


def test_what_is_told_of_many_stacks_at_once(run: Run) -> None:
    elsewhere = replace(PLACE, region="cn-beijing")

    async def deed(store: SqlStore) -> None:
        for stack in (
            under_review("bare"),
            # A parameter may say of tags what it likes.
            under_review("said", parameters={"A": {"tags": {}}}, tags={"team": "a"}),
            under_review("both", tags={"team": "b", "env": "x"}),
            under_review("odd", tags={'é"': "1"}),
            replace(under_review("far", tags={"far": "y"}), place=elsewhere),
        ):
            await store.add_stack(stack, [])
        gone = under_review("gone", tags={"gone": "z"})
        await store.add_stack(gone, [])
        assert await store.remove_stack(gone.stack_id, reviewed(gone, StackStatus.DELETED))
        near = {"team": {"a", "b"}, "env": {"x"}, 'é"': {"1"}}
        assert await store.tags_in_use(PLACE) == near
        assert await store.tags_in_use(ANYWHERE) == {**near, "far": {"y"}}
        assert await store.tags_in_use(replace(PLACE, cloud="other")) == {}
        (odd,), _ = await store.find_page(StackQuery(PLACE, tags={'é"': None}), 0, 9)
        assert odd.name == "odd"
        assert await store.count_stacks(ANYWHERE) == {
            (PLACE.region, StackStatus.REVIEWING): 4,
            (elsewhere.region, StackStatus.REVIEWING): 1,
        }
        assert await store.count_stacks(elsewhere) == {
            (elsewhere.region, StackStatus.REVIEWING): 1
        }  # fmt: skip

    with_store(run, deed)


def test_one_of_ten_thousand_is_found_soon(tmp_path: Path) -> None:
    def many(connection: Connection) -> None:
        stack, writer = replace(stack_named(), tags={"team": "images"}), forgetful_writer()
        body = pack(encode_stack_body(writer, stack))
        rows = [
            {
                "number": number, "stack_id": f"s-{number}", "cloud": PLACE.cloud,
                "account_id": PLACE.account_id, "region": PLACE.region, "name": f"n-{number}",
                "status": "CREATED", "status_reason": '""', "created_at": float(number),
                "updated_at": 1.0,
            }
            for number in range(1, 10_001)
        ]  # fmt: skip
        bodies = [{"stack_number": row["number"], "body": body, "template": b""} for row in rows]
        made = encode_resource(writer, resource_of("A", physical_id="m-0"))
        connection.execute(insert(STACKS), rows)
        connection.execute(insert(STACK_BODIES), bodies)
        connection.execute(insert(RESOURCES), [
            {"key": first_key(number) + 1, "address": "A", "body": made.replace('"m-0"', f'"m-{number}"')}
            for number in range(1, 10_001)
        ])  # fmt: skip

    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.lanes.write(many)
            spent = []
            for _ in range(5):
                started = time.perf_counter()
                assert await store.holder_of(PLACE, "m-777") == "s-777"
                assert await store.count_stacks(PLACE) == {
                    (PLACE.region, StackStatus.CREATED): 10_000
                }  # fmt: skip
                spent.append(time.perf_counter() - started)
            # Some milliseconds; much less than reading them all, whatever the machine.
            assert min(spent) < 0.1

    run_on(url_of(tmp_path), program)


def test_a_page_of_stacks_comes_with_all_that_is_recorded_of_them(run: Run) -> None:
    hush = Secret("hush")

    async def deed(store: SqlStore) -> None:
        for made_at, name in enumerate(("ended", "open", "bare")):
            stack = replace(stack_named(name), created_at=float(made_at))
            if name == "bare":
                await store.add_stack(replace(stack, status=StackStatus.REVIEWING), [])
                continue
            entry = await begin(store, stack)
            held = (entry.operation.operation_id, entry.epoch)
            resources = [resource_of("B", properties={"Key": hush}), resource_of("A")]
            await store.close_operation(*held, ending(entry.stack, resources=resources))
            if name == "open":
                again = operation_on(stack, "operation-again", "changes-again")
                entry = await begin(store, entry.stack, again)
                rows = [StepProgress("A", 40, "Creating", 9.5, (1, 2))]
                await store.save_progress("operation-again", entry.epoch, rows, 77.0)

        found = await store.survey(StackQuery(PLACE), 0, 10)
        listed = await store.find_page(StackQuery(PLACE), 0, 10)
        assert (found.stacks, found.total) == listed
        assert [one.name for one in found.stacks] == ["bare", "open", "ended"]
        for one in found.stacks:
            kept = await store.resources(one.stack_id)
            assert found.resources[one.stack_id] == kept
            assert list(found.resources[one.stack_id]) == list(kept)
            last = await store.last_operation(one.stack_id)
            assert found.operations.get(one.stack_id) == last
        assert list(found.resources["stack-ended"]) == ["B", "A"]
        assert found.resources["stack-ended"]["B"].properties["Key"] == hush
        assert found.progress == {"operation-again": (77.0, rows)}

        first = await store.survey(StackQuery(PLACE, open_first=True), 0, 1)
        assert ([one.name for one in first.stacks], first.total) == (["open"], 3)
        assert first.resources.keys() == first.operations.keys() == {"stack-open"}
        none = await store.survey(StackQuery(PLACE, search="nobody"), 0, 10)
        assert (none.stacks, none.total, none.resources, none.progress) == ([], 0, {}, {})

    with_store(run, deed)
