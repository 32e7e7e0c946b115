"""One suite for Documents on both databases: names, versions, secrecy, and several at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.keeping import StoreError
from tests.contract.opened import Open, Program, run_on
from tests.store.samples import url_of

ACCOUNT = "1000000000000001"
OTHER = "2000000000000002"
HIDDEN = "hunter2-hunter2-hunter2"


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], None]:
    url = url_of(tmp_path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    return lambda program: run_on(url, program)


def paper(
    document_id: str = "one", body: dict[str, Json] | None = None, **changes: object
) -> Document:
    made = Document("template", ACCOUNT, document_id, body or {"text": "a"}, 1000.0, 1000.0)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_whole_life(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store, opened() as other:
            papers = store.documents
            made = paper(body={"text": "ä\u0000€", "list": [1, None, {"deep": True}]}, name="n")
            await papers.add(made)
            assert await other.documents.get("template", ACCOUNT, "one") == made
            assert await papers.get("template", OTHER, "one") is None
            assert await papers.get("detection", ACCOUNT, "one") is None
            changed = await papers.change(
                replace(made, body={"text": "b"}, name="m", updated_at=2000.0)
            )
            assert changed == replace(
                made, body={"text": "b"}, name="m", updated_at=2000.0, version=1
            )
            assert await other.documents.get("template", ACCOUNT, "one") == changed
            assert await papers.remove("template", ACCOUNT, "one") is True
            assert await papers.remove("template", ACCOUNT, "one") is False
            assert await other.documents.get("template", ACCOUNT, "one") is None

    run(program)


@pytest.mark.parametrize(
    ("second", "clashes"),
    [
        pytest.param({}, True, id="same id"),
        pytest.param({"account_id": OTHER}, False, id="another account"),
        pytest.param({"kind": "detection"}, False, id="another kind"),
        pytest.param({"document_id": "two", "name": "n", "parent": "p"}, True, id="same name"),
        pytest.param(
            {"document_id": "two", "name": "n", "parent": "q"},
            False,
            id="the name beside another parent",
        ),
        pytest.param({"document_id": "two", "name": "m", "parent": "p"}, False, id="another name"),
    ],
)
def test_ids_and_names_are_unique(
    run: Callable[[Program], None], second: dict[str, str], clashes: bool
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            papers = store.documents
            await papers.add(paper(name="n", parent="p"))
            for number in range(2):
                await papers.add(paper(f"nameless {number}", parent="p"))
            added = paper(**{"name": "other", "parent": "p", **second})
            if not clashes:
                await papers.add(added)
                return
            with pytest.raises(DocumentExists):
                await papers.add(added)
            assert await papers.count("template", ACCOUNT) == 3

    run(program)


def test_a_change_of_what_was_changed_or_removed_is_refused(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            await first.documents.add(paper())
            read = await second.documents.get("template", ACCOUNT, "one")
            assert read is not None
            await first.documents.change(paper(body={"text": "mine"}))
            with pytest.raises(DocumentChanged):
                await second.documents.change(replace(read, body={"text": "yours"}))
            kept = await second.documents.get("template", ACCOUNT, "one")
            assert kept is not None
            assert (kept.body, kept.version) == ({"text": "mine"}, 1)
            await first.documents.remove("template", ACCOUNT, "one")
            with pytest.raises(DocumentChanged):
                await second.documents.change(kept)

    run(program)


def test_a_change_to_a_name_that_is_taken_is_refused(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.documents.add(paper("one", name="first"))
            await store.documents.add(paper("two", name="second"))
            with pytest.raises(DocumentExists):
                await store.documents.change(paper("two", name="first"))
            kept = await store.documents.get("template", ACCOUNT, "two")
            assert kept is not None
            assert (kept.name, kept.version) == ("second", 0)

    run(program)


def test_of_many_at_once_one_gets_the_name_and_every_change_counts(
    run: Callable[[Program], None],
) -> None:
    async def program(opened: Open) -> None:
        async with opened() as first, opened() as second:
            stores = (first, second)

            async def add(number: int) -> bool:
                try:
                    await stores[number % 2].documents.add(paper(f"id-{number}", name="golden"))
                except DocumentExists:
                    return False
                return True

            won = await asyncio.gather(*(add(number) for number in range(20)))
            assert sum(won) == 1
            (kept,) = await first.documents.find("template", ACCOUNT, name="golden")

            async def raise_it(number: int) -> None:
                papers = stores[number % 2].documents
                while True:
                    read = await papers.get("template", ACCOUNT, kept.document_id)
                    assert read is not None
                    count = read.body.get("count", 0)
                    assert isinstance(count, int)
                    try:
                        await papers.change(replace(read, body={"count": count + 1}))
                    except DocumentChanged:
                        continue
                    return

            await asyncio.gather(*(raise_it(number) for number in range(20)))
            ended = await first.documents.get("template", ACCOUNT, kept.document_id)
            assert ended is not None
            assert (ended.body, ended.version) == ({"count": 20}, 20)

    run(program)


def test_pages_are_newest_first(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            papers = store.documents
            for number in range(7):
                parent = "odd" if number % 2 else "even"
                # Three pairs were made in one moment: the later one of a pair comes first.
                made_at = 1000.0 + number // 2
                await papers.add(paper(f"{number}", created_at=made_at, parent=parent))
            await papers.add(paper("9", created_at=9000.0, account_id=OTHER))

            async def ids(**narrowed: object) -> list[str]:
                found = await papers.find("template", ACCOUNT, **narrowed)  # type: ignore[arg-type]
                return [one.document_id for one in found]

            assert await ids() == list("6543210")
            assert await ids(offset=2, limit=3) == list("432")
            assert await ids(offset=5) == list("10")
            assert await ids(offset=50, limit=3) == []
            assert await ids(limit=0) == []
            assert await ids(parent="odd") == list("531")
            assert await ids(parent="nobody") == []
            assert await papers.count("template", ACCOUNT) == 7
            assert await papers.count("template", ACCOUNT, parent="even") == 4
            assert await papers.count("template", "nobody") == 0

    run(program)


def test_old_ones_of_a_kind_go_in_every_account(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            papers = store.documents
            await papers.add(paper("old", updated_at=10.0))
            await papers.add(paper("old", updated_at=10.0, account_id=OTHER))
            await papers.add(paper("old", updated_at=10.0, kind="detection"))
            await papers.add(paper("new", updated_at=20.0))
            assert await papers.remove_older("template", 20.0) == 2
            assert await papers.remove_older("template", 20.0) == 0
            assert await papers.count("template", ACCOUNT) == 1
            assert await papers.count("detection", ACCOUNT) == 1

    run(program)


def test_another_key_opens_and_writes_nothing(run: Callable[[Program], None]) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.documents.add(paper())
        async with opened(hashlib.sha256(b"another key").digest()) as store:
            with pytest.raises(StoreError, match=r"documents of the APIs .* with another key"):
                await store.documents.get("template", ACCOUNT, "one")
            with pytest.raises(StoreError, match="with another key"):
                await store.documents.add(paper("two"))
        async with opened() as store:
            assert await store.documents.count("template", ACCOUNT) == 1
            assert await store.documents.get("template", ACCOUNT, "one") == paper()

    run(program)


def test_nothing_of_a_body_stands_in_the_files_in_clear(tmp_path: Path) -> None:
    async def program(opened: Open) -> None:
        async with opened() as store:
            await store.documents.add(paper(body={"secret": HIDDEN}))
            await store.documents.change(paper(body={"secret": HIDDEN, "more": HIDDEN}))
            written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
            assert b"template" in written
            assert HIDDEN.encode() not in written

    run_on(url_of(tmp_path), program)
