"""One suite for AccessKeys and Audit on both databases: secrecy, revocation, and replays."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from imageferry.model.access import AccessKey, AuditRecord, Role
from imageferry.ports.access import Replayed
from imageferry.ports.keeping import StoreError
from tests.contract.opened import Open, Program, run_on
from tests.store.samples import url_of

ACCOUNT = "1000000000000001"
OTHER = "2000000000000002"
SECRET = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5kL7n"


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], None]:
    url = url_of(tmp_path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    return lambda program: run_on(url, program)


def key(key_id: str = "IFAK1", **changes: object) -> AccessKey:
    made = AccessKey(key_id, ACCOUNT, Role.OPERATOR, SECRET, 1000.0, "for the pipeline")
    return replace(made, **changes)  # type: ignore[arg-type]


def record(action: str = "CreateStack", **changes: object) -> AuditRecord:
    made = AuditRecord(
        1000.0, ACCOUNT, "IFAK1", Role.OPERATOR, "ros", action, "", "cn-hangzhou", "R-1", "::1"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_keys_are_kept_listed_and_revoked(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            keys = store.access_keys
            first, second = key(), key("IFAK2", created_at=2000.0, account_id=OTHER)
            await keys.add(first)
            await keys.add(second)
            assert await other.access_keys.get("IFAK1") == first
            assert await keys.get("IFAK3") is None
            assert await keys.list() == [second, first]
            assert await keys.list(ACCOUNT) == [first]
            assert await keys.list("3000000000000003") == []
            assert await other.access_keys.revoke("IFAK1", 3000.0) is True
            assert await keys.revoke("IFAK1", 4000.0) is False
            assert await keys.revoke("IFAK3", 4000.0) is False
            assert await keys.get("IFAK1") == replace(first, revoked_at=3000.0)
            with pytest.raises(StoreError, match='an access key "IFAK1" already'):
                await keys.add(first)

    run(program)


def test_another_key_of_the_home_opens_none(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.access_keys.add(key())
        async with opened(hashlib.sha256(b"another key").digest()) as store:
            with pytest.raises(StoreError, match=r"secrets of access keys .* with another key"):
                await store.access_keys.get("IFAK1")
            with pytest.raises(StoreError, match="with another key"):
                await store.access_keys.add(key("IFAK2"))

    run(program)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_keys SET role = 'admin'",
        f"UPDATE access_keys SET account_id = '{OTHER}'",
        "UPDATE access_keys SET key_id = 'IFAK1' WHERE key_id = 'IFAK2'",
    ],
    ids=["role", "account", "id"],
)
def test_a_row_that_was_tampered_with_opens_no_more(
    run: Callable[[Program], None], change: str
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.access_keys.add(key("IFAK2" if "key_id =" in change else "IFAK1"))

            def tamper(connection: Connection) -> None:
                connection.exec_driver_sql(change)

            await store.lanes.write(tamper)
            with pytest.raises(StoreError, match="another key"):
                await store.access_keys.get("IFAK1")

    run(program)


def test_no_secret_stands_in_the_files_in_clear(tmp_path: Path) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.access_keys.add(key())
            written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
            assert b"IFAK1" in written
            assert SECRET.encode() not in written
            assert SECRET not in repr(await store.access_keys.get("IFAK1"))

    run_on(url_of(tmp_path), program)


def test_records_are_begun_ended_and_read_in_pages(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            audit = store.audit
            numbers = [await audit.begin(record(f"A{n}"), f"mark-{n}") for n in range(4)]
            assert numbers == sorted(set(numbers))
            foreign = await other.audit.begin(record(account_id=OTHER), "mark-foreign")
            await audit.end(numbers[0], "ok", "stack/demo")
            await audit.end(numbers[1], "Throttling")
            await audit.end(10_000, "ok")
            found = await other.audit.records()
            assert [one.number for one in found] == [foreign, *reversed(numbers)]
            assert (found[-1].outcome, found[-1].target) == ("ok", "stack/demo")
            assert (found[-2].outcome, found[-2].target) == ("Throttling", "")
            assert found[-1] == record("A0", outcome="ok", target="stack/demo", number=numbers[0])
            mine = await audit.records(account_id=ACCOUNT, before=numbers[3], limit=2)
            assert [one.action for one in mine] == ["A2", "A1"]

    run(program)


def test_one_mark_is_admitted_once_in_every_process(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            audits = (first.audit, second.audit)

            async def begin(number: int) -> bool:
                try:
                    await audits[number % 2].begin(record(), "the signature")
                except Replayed:
                    return False
                return True

            admitted = await asyncio.gather(*(begin(number) for number in range(20)))
            assert sum(admitted) == 1
            assert len(await first.audit.records()) == 1

    run(program)
