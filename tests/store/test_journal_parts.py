"""What is read of a journal without the rest of it: what has failed or left something, and one address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.model.addresses import ResourceAddress
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Batch
from imageferry.store.sql_store import SqlStore
from tests.store.samples import begin, record_of, stack_named
from tests.store.test_listing import Run, run, with_store

__all__ = ["run"]

_MANY = 60


async def _written(store: SqlStore, *batches: list[StepRecord]) -> str:
    entry = await begin(store, stack_named("parts"))
    for records in batches:
        await store.flush(entry.operation.operation_id, entry.epoch, Batch(records=records))
    return entry.operation.operation_id


def _step(name: str, index: int | None = None, **fields: object) -> StepRecord:
    address = ResourceAddress(name, index)
    changes = {"address": address, "step_id": f"{address}/create", **fields}
    return record_of(name, **changes)


def test_the_records_of_one_address_are_whole(run: Run) -> None:
    async def deed(store: SqlStore) -> None:
        begun = [_step("Copy", index) for index in range(4)] + [_step("Copy"), _step("Copy[1]x")]
        ended = [replace(one, status=StepStatus.DONE, ended_at=9.0) for one in begun[:5]]
        operation_id = await _written(store, begun, ended[:2], ended[2:])
        every = await store.records(operation_id)
        assert len(every) == len(begun)
        for address in ("Copy[0]", "Copy[1]", "Copy", "Copy[1]x", "Copy[9]", "Nobody", 'a"b\\'):
            wanted = [one for one in every if str(one.address) == address]
            assert await store.records_of(operation_id, address) == wanted, address
        assert await store.records_of("no such operation", "Copy") == []

    with_store(run, deed)


@pytest.mark.parametrize(
    "failing", [0, 1, 3, _MANY], ids=["none", "one", "some", "more than are sought"]
)
def test_the_records_of_trouble_are_whole(run: Run, failing: int) -> None:
    async def deed(store: SqlStore) -> None:
        # A reason that looks like a status is none.
        begun = [_step("Copy", index, reason='"s":"FAILED"') for index in range(_MANY + 2)]
        ended = [
            replace(
                one,
                status=StepStatus.FAILED if number < failing else StepStatus.DONE,
                reason="the quota is used up" if number < failing else "",
                ended_at=9.0,
                remains=({"kind": "image"},) if number == _MANY + 1 else (),
            )
            for number, one in enumerate(begun)
        ]
        again = [replace(one, status=StepStatus.RUNNING, attempts=2) for one in ended[:failing][:1]]
        operation_id = await _written(store, begun, ended, again)
        every = await store.records(operation_id)
        found = await store.troubled_records(operation_id)
        assert len(found) == failing + 1
        assert found == [one for one in every if one in found]
        assert [one.remains for one in found if one.remains] == [({"kind": "image"},)]
        if failing:
            assert found[0].attempts == 2

    with_store(run, deed)
