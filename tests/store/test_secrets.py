"""NoEcho values: in no file in clear, in no error, and gone when nothing needs them."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, StackStatus, StepStatus
from imageferry.model.values import Secret
from imageferry.ports.keeping import Batch, StoreError
from imageferry.store.change_sets import ABANDONED_AFTER
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import open_store
from tests.store.samples import (
    KEY,
    CountingEntropy,
    begin,
    change_set_of,
    ending,
    opened,
    operation_on,
    record_of,
    resource_of,
    stack_named,
    url_of,
)

CLEAR = "correct-horse-battery-staple"
OTHER = "tr0ub4dor-and-three"


def secretive(password: str = CLEAR) -> Stack:
    return stack_named(
        parameters={"Password": Secret(password), "Region": "cn-hangzhou"},
        template=f"Parameters: {{Password: {{NoEcho: true, Default: {password}}}}}".encode(),
    )


def kept_secrets(home: Path) -> int:
    with sqlite3.connect(home / "imageferry.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM secrets").fetchone()
    connection.close()
    return int(count)


def assert_not_in_clear(home: Path) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        for password in (CLEAR, OTHER):
            for encoded in (password.encode(), password.encode("utf-16-le")):
                assert encoded not in content, path.name


def test_no_file_of_the_home_shows_a_secret(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            stack = secretive()
            entry = await begin(store, stack)
            operation_id = entry.operation.operation_id
            assert entry.stack.parameters["Password"] == Secret(CLEAR)
            record = record_of(
                "Tokyo",
                properties={"UserData": [Secret({"inner": CLEAR})], "Name": Secret(CLEAR)},
                attributes={"Echo": Secret(OTHER)},
            )
            await store.flush(operation_id, 1, Batch([record], rollback=change_set_of(stack, "r")))
            assert_not_in_clear(tmp_path)
            assert (tmp_path / "imageferry.db-wal").stat().st_size > 0
            async with opened(tmp_path) as other:
                again = await other.enter(operation_id)
                assert again is not None
                assert again.records == (record,)
                assert again.stack == entry.stack
                assert again.change_set == entry.change_set
            resource = resource_of("Tokyo", properties=record.properties)
            closing = ending(stack, resources=[resource])
            outputs = {"Shown": Secret(CLEAR)}
            closing = replace(closing, stack=replace(closing.stack, outputs=outputs))
            await store.close_operation(operation_id, 2, closing)
            assert await store.stack(stack.stack_id) == closing.stack
            assert await store.resources(stack.stack_id) == {"Tokyo": resource}
            assert_not_in_clear(tmp_path)
        assert_not_in_clear(tmp_path)

    asyncio.run(program())


def test_the_search_would_find_what_is_in_clear(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            await begin(store, replace(stack_named(), status_reason=f"the word is {CLEAR}"))
            with pytest.raises(AssertionError):
                assert_not_in_clear(tmp_path)

    asyncio.run(program())


def test_equal_secrets_of_a_stack_share_a_row(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            stack = replace(secretive(), template=b"")
            entry = await begin(store, stack)
            before = kept_secrets(tmp_path)
            records = [record_of(name, properties={"P": Secret(CLEAR)}) for name in "ABC"]
            await store.flush(entry.operation.operation_id, 1, Batch(records))
            assert kept_secrets(tmp_path) == before
            await begin(store, replace(stack, stack_id="another", name="another"))
            assert kept_secrets(tmp_path) == 2 * before

    asyncio.run(program())


def test_a_deleted_stack_keeps_no_secret(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store, opened(tmp_path) as watcher:
            stack = secretive()
            entry = await begin(store, stack)
            operation_id = entry.operation.operation_id
            record = record_of("Tokyo", properties={"P": Secret(CLEAR)})
            await store.flush(operation_id, 1, Batch([record]))
            assert await watcher.change_set(entry.change_set.change_set_id) == entry.change_set
            await store.save_change_set(change_set_of(stack, "waits", parameters=stack.parameters))
            retained = resource_of("Tokyo", properties=record.properties)
            gone = ending(stack, stack_status=StackStatus.DELETED, resources=[retained])
            await store.close_operation(operation_id, 1, gone)
            assert kept_secrets(tmp_path) == 0

            kept = await store.stack(stack.stack_id)
            assert kept is not None
            erased = {"Password": Secret(None), "Region": "cn-hangzhou"}
            assert (dict(kept.parameters), kept.template) == (erased, b"")
            (resource,) = (await store.resources(stack.stack_id)).values()
            assert resource.properties == {"P": Secret(None)}
            async with opened(tmp_path) as other:
                (found,) = await other.records(operation_id)
                assert found.properties == {"P": Secret(None)}
            for reader in (store, watcher):
                planned = await reader.change_set(entry.change_set.change_set_id)
                assert planned is not None
                assert planned.bindings.parameters == erased
                assert planned.template == b""

    asyncio.run(program())


def test_a_replaced_secret_is_erased_when_the_update_ends(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            first, second = replace(secretive(), template=b"1"), secretive(OTHER)
            entry = await begin(store, first)
            await store.close_operation(entry.operation.operation_id, 1, ending(first))
            held = kept_secrets(tmp_path)
            await begin(store, second, operation_on(second, "update", "c-update"))
            assert kept_secrets(tmp_path) == 2 * held
            again = await store.enter("update")
            assert again is not None
            await store.close_operation("update", again.epoch, ending(second))
            assert kept_secrets(tmp_path) == held
            kept = await store.stack(second.stack_id)
            assert kept is not None
            assert kept.parameters["Password"] == Secret(OTHER)
            assert kept.template == second.template
            # What was planned with the former secret can be shown, and executed no more.
            outdated = operation_on(first, "outdated", entry.change_set.change_set_id)
            with pytest.raises(StoreError, match="plan again"):
                await store.open_operation(outdated, first, [])

    asyncio.run(program())


def test_a_failed_operation_can_be_tried_again_with_its_secrets(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            first, second = secretive(), secretive(OTHER)
            entry = await begin(store, first)
            await store.close_operation(entry.operation.operation_id, 1, ending(first))
            wanted = await begin(store, second, operation_on(second, "update", "c-update"))
            failed = ending(first, OperationStatus.ROLLED_BACK, StackStatus.UPDATE_ROLLED_BACK)
            await store.close_operation("update", 1, failed)
            async with opened(tmp_path) as other:
                assert await other.change_set("c-update") == wanted.change_set
            await begin(store, first, operation_on(first, "third", "c-third"))
            await store.close_operation("third", 1, ending(first))
            found = await store.change_set("c-update")
            assert found is not None
            assert found.bindings.parameters["Password"] == Secret(None)

    asyncio.run(program())


def test_a_change_set_that_waits_keeps_its_secrets(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            first, second = secretive(), secretive(OTHER)
            entry = await begin(store, first)
            waiting = change_set_of(second, "waits", parameters=second.parameters)
            await store.save_change_set(waiting)
            await store.close_operation(entry.operation.operation_id, 1, ending(first))
            async with opened(tmp_path) as other:
                assert await other.change_set("waits") == waiting
            again = await begin(store, second, operation_on(second, "next", "waits"))
            assert again.change_set.bindings.parameters == second.parameters

    asyncio.run(program())


def test_what_never_came_to_be_is_forgotten(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            stack = secretive()
            await store.save_change_set(change_set_of(stack, parameters=stack.parameters))
            assert kept_secrets(tmp_path) > 0
            other = stack_named("other")
            soon = change_set_of(other, "soon", created_at=1000.0 + ABANDONED_AFTER)
            await store.save_change_set(soon)
            assert kept_secrets(tmp_path) > 0
            late = change_set_of(other, "late", created_at=1001.0 + ABANDONED_AFTER)
            await store.save_change_set(late)
            assert kept_secrets(tmp_path) == 0
            assert await store.change_set(f"changes-{stack.stack_id}") is None
            assert await store.change_set("soon") == soon

    asyncio.run(program())


def test_another_key_is_refused_in_words(tmp_path: Path) -> None:
    async def program() -> None:
        async with opened(tmp_path) as store:
            entry = await begin(store, secretive())
        other_key = hashlib.sha256(b"another").digest()
        async with opened(tmp_path, key=other_key) as store:
            with pytest.raises(StoreError, match="encrypted with another key") as refused:
                await store.enter(entry.operation.operation_id)
            assert CLEAR not in str(refused.value)
            stack = replace(secretive(), stack_id="s2", name="s2")
            with pytest.raises(StoreError, match="restore the key file"):
                await store.save_change_set(change_set_of(stack, parameters=stack.parameters))
            # Whatever holds no secret goes on.
            await begin(store, stack_named("plain"))
        async with opened(tmp_path) as store:
            again = await store.enter(entry.operation.operation_id)
            assert again is not None
            gone = ending(again.stack, stack_status=StackStatus.DELETED)
            await store.close_operation(entry.operation.operation_id, again.epoch, gone)
        async with opened(tmp_path, key=other_key) as store:
            # Nothing needs the former key any more.
            await begin(store, replace(secretive(), stack_id="s3", name="s3"))

    asyncio.run(program())


def test_no_key_is_asked_for_without_a_secret(tmp_path: Path) -> None:
    def no_box() -> AesGcmBox:
        raise StoreError("there is no key")

    async def program() -> None:
        store = open_store(url_of(tmp_path), entropy=CountingEntropy(), box=no_box)
        try:
            entry = await begin(store)
            done = record_of("Tokyo", status=StepStatus.DONE)
            await store.flush(entry.operation.operation_id, 1, Batch([done]))
            await store.close_operation(entry.operation.operation_id, 1, ending(entry.stack))
            with pytest.raises(StoreError, match="there is no key"):
                await begin(store, replace(secretive(), stack_id="s", name="s"))
        finally:
            await store.close()

    asyncio.run(program())


def test_a_box_binds_a_secret_to_its_place() -> None:
    box = AesGcmBox(KEY)
    secret_id = box.name("stack", b"content")
    sealed = box.seal("stack", secret_id, b"content")
    assert box.open("stack", secret_id, sealed) == b"content"
    assert box.name("stack", b"content") == secret_id
    assert box.name("other", b"content") != secret_id
    assert box.name("stack", b"other") != secret_id
    assert b"content" not in sealed


@pytest.mark.parametrize(
    ("stack_id", "has_id", "change"),
    [
        pytest.param("other", True, lambda sealed: sealed, id="another stack"),
        pytest.param("stack", False, lambda sealed: sealed, id="another id"),
        pytest.param(
            "stack", True, lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]), id="a changed byte"
        ),
        pytest.param("stack", True, lambda sealed: b"\x02" + sealed[1:], id="another format"),
        pytest.param("stack", True, lambda sealed: sealed[:20], id="cut off"),
    ],
)
def test_a_forged_secret_is_refused(
    stack_id: str, has_id: bool, change: Callable[[bytes], bytes]
) -> None:
    box = AesGcmBox(KEY)
    secret_id = box.name("stack", b"content")
    forged = change(box.seal("stack", secret_id, b"content"))
    with pytest.raises(StoreError, match="another key"):
        box.open(stack_id, secret_id if has_id else "0" * 32, forged)
