"""What a durable copy costs: bytes written, and statements a commit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from imageferry.model.statuses import ResourceStatus, StackStatus, StepStatus
from imageferry.ports.keeping import Batch
from tests.store.samples import (
    begin,
    change_set_of,
    copy_event,
    ending,
    open_at,
    opened,
    operation_on,
    record_of,
    resource_of,
    stack_event,
    stack_named,
)

COPIES = 500
BUDGET = 8 * 1024
PROPERTIES = {
    "ImageId": "m-golden0000000000001",
    "DestinationRegionId": "ap-southeast-1",
    "DestinationImageName": "golden-image-2025-11",
    "DestinationDescription": "the golden image of the platform",
    "Encrypted": False,
    "Tag": [{"Key": "team", "Value": "platform"}],
}


@pytest.mark.parametrize("size", [50, 20, 5], ids=lambda size: f"{size} records a flush")
def test_bytes_written_for_a_copy(tmp_path: Path, size: int) -> None:
    async def program() -> None:
        store = open_at(tmp_path)
        stack = stack_named()
        operation = operation_on(stack)
        names = [f"Copy{number}" for number in range(COPIES)]
        await store.save_change_set(change_set_of(stack, names=names))
        begun = stack_event(operation, StackStatus.CREATING)
        await store.open_operation(operation, stack, [begun])
        await store.enter(operation.operation_id)
        done = []
        for first in range(0, COPIES, size):
            records = [
                record_of(name, properties=PROPERTIES, intended_at=1763782345.123456)
                for name in names[first : first + size]
            ]
            begun_copies = [
                replace(copy_event(operation, name), status=ResourceStatus.CREATING)
                for name in names[first : first + size]
            ]
            await store.flush(operation.operation_id, 1, Batch(records, begun_copies))
            records = [
                replace(record, status=StepStatus.RUNNING, physical_id=f"m-{record.step_id:>20}")
                for record in records
            ]
            await store.flush(operation.operation_id, 1, Batch(records))
            records = [
                replace(record, status=StepStatus.DONE, attributes=PROPERTIES, ended_at=17637823.45)
                for record in records
            ]
            events = [copy_event(operation, str(record.address)) for record in records]
            await store.flush(operation.operation_id, 1, Batch(records, events))
            done += records
        resources = [
            resource_of(str(record.address), properties=PROPERTIES, attributes=PROPERTIES)
            for record in done
        ]
        closing = ending(stack, resources=resources)
        await store.close_operation(operation.operation_id, 1, closing)
        log = (tmp_path / "imageferry.db-wal").stat().st_size
        await store.close()
        # Nothing was moved from the log to the database yet, so that each byte counts once.
        assert log < 4000 * 1024
        written = log + (tmp_path / "imageferry.db").stat().st_size
        assert written / COPIES < BUDGET

    asyncio.run(program())


def test_a_flush_is_few_statements(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
            await store.flush(operation_id, 1, Batch([record_of("first")]))
            statements: list[str] = []

            def executed(*arguments: object) -> None:
                statements.append(str(arguments[2]).split()[0])

            event.listen(store._database.connection, "before_cursor_execute", executed)
            records = [record_of(f"R{number}") for number in range(20)]
            events = [copy_event(entry.operation, f"R{number}") for number in range(20)]
            await store.flush(operation_id, 1, Batch(records, events))
            await store.flush(operation_id, 1, Batch(records))
            event.remove(store._database.connection, "before_cursor_execute", executed)
            all_new = ["BEGIN", "SELECT", "INSERT", "INSERT"]
            nothing_new = ["BEGIN", "SELECT"]
            assert statements == all_new + nothing_new

    asyncio.run(program())
