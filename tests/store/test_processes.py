"""Several processes on one database: killed while writing, watched while writing."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Batch
from tests.store.samples import begin, ending, opened, record_of

_ROOT = Path(__file__).parents[2]


@contextmanager
def child(home: Path, operation_id: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writing_child", str(home), operation_id],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def said_until(process: subprocess.Popen[str], count: int) -> int:
    assert process.stdout is not None
    for _ in range(count):
        last = process.stdout.readline()
    return int(last)


@pytest.mark.parametrize("count", [1, 7, 40], ids=lambda count: f"after {count}")
def test_what_was_committed_survives_kill(tmp_path: Path, count: int) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            entry = await begin(store)
            operation_id = entry.operation.operation_id
        with child(tmp_path, operation_id) as process:
            said_until(process, count)
            process.send_signal(signal.SIGKILL)
            rest = process.communicate()[0].splitlines()
        last = int(rest[-1]) if rest else count - 1
        async with opened(tmp_path) as store:
            entered = await store.enter(operation_id)
            assert entered is not None
            assert entered.epoch == 3
            done = [one for one in entered.records if one.status is StepStatus.DONE]
            assert len(done) in {last + 1, last + 2}
            assert len(entered.records) - len(done) in {0, 1}
            for number, record in enumerate(done):
                assert record.step_id == f"create:R{number}"
                assert record.physical_id == f"m-{number}"
                assert record.properties == {"ImageId": "m-golden", "Encrypted": False}
            events = await store.events(entered.stack.stack_id, limit=10_000)
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            assert len(events) == 1 + len(done)
            await store.flush(operation_id, 3, Batch([record_of("R0")]))
            await store.close_operation(operation_id, 3, ending(entered.stack))

    asyncio.run(program())


def test_a_watcher_is_never_locked_out(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            entry = await begin(store)
            operation_id, stack_id = entry.operation.operation_id, entry.stack.stack_id
            with child(tmp_path, operation_id) as process:
                said_until(process, 1)
                seen = heard = 0
                for round_number in range(80):
                    records = await store.records(operation_id)
                    events = await store.events(stack_id, heard, 10_000)
                    _, progress = await store.progress(operation_id)
                    assert len(records) >= seen
                    assert len(progress) == 1
                    assert [event.sequence for event in events] == list(
                        range(heard + 1, heard + 1 + len(events))
                    )
                    seen, heard = len(records), heard + len(events)
                    if round_number % 10 == 0:
                        # Another operation begins meanwhile: two that write take turns.
                        assert await store.request_cancel(operation_id)
                assert seen > 1
                # Who enters now ends the child's writing.
                again = await store.enter(operation_id)
                assert again is not None
                process.communicate(timeout=30)
                assert process.returncode == 1
            records = await store.records(operation_id)
            assert len(records) >= seen

    asyncio.run(program())
