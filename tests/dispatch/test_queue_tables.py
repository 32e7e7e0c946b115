"""The queue's tables: made once, made anew for another version, never under the living."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import psycopg
import pytest

from imageferry.assembly.senses import RealClock
from imageferry.dispatch.line import OWNERS, Line, conninfo_of
from imageferry.dispatch.queue_tables import prepare
from imageferry.ports.keeping import StoreError, StoreUnavailable
from tests.postgres import PostgresServer


def line_to(url: str) -> Line:
    return Line(conninfo_of(url, "imageferry test"), RealClock())


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        return None if row is None else row[0]


MADE_WITH = "SELECT version FROM imageferry_queue.made_with"
JOBS = "SELECT count(*) FROM imageferry_queue.procrastinate_jobs"


def test_processes_that_begin_at_once_make_them_once(postgres: PostgresServer) -> None:
    url = postgres.database()

    async def program() -> None:
        lines = [line_to(url) for _ in range(4)]
        await asyncio.gather(*map(prepare, lines))
        await asyncio.gather(*map(prepare, lines))
        for line in lines:
            await line.close()

    asyncio.run(program())
    assert value(url, MADE_WITH) == ".".join(version("procrastinate").split(".")[:2])
    assert value(url, "SELECT count(*) FROM imageferry_queue.made_with") == 1
    assert value(url, JOBS) == 0
    assert value(url, "SELECT to_regclass('public.procrastinate_jobs')") is None


def test_another_version_is_replaced_once_nobody_works_with_it(postgres: PostgresServer) -> None:
    url = postgres.database()

    async def program() -> None:
        living, coming = line_to(url), line_to(url)
        await prepare(living)
        await living.show(OWNERS, 7)
        await living.ask("UPDATE made_with SET version = '2.0'")
        with pytest.raises(StoreError, match=r"made by Procrastinate 2\.0, and 1 processes"):
            await prepare(coming)
        await living.close()
        await prepare(coming)
        await coming.close()

    asyncio.run(program())
    assert value(url, MADE_WITH) != "2.0"


def test_a_role_that_may_create_nothing_is_told_so(postgres: PostgresServer) -> None:
    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest_of_queue LOGIN")

    async def program() -> None:
        line = line_to(url.replace("postgres@", "guest_of_queue:hunter2@"))
        with pytest.raises(StoreError, match="right to create there") as caught:
            await prepare(line)
        assert "hunter2" not in str(caught.value)
        await line.close()

    asyncio.run(program())


def test_a_server_that_is_away_is_told_without_a_password() -> None:
    async def program() -> None:
        line = line_to("postgresql://me:hunter2@127.0.0.1:1/nothing")
        with pytest.raises(StoreUnavailable, match="cannot be used for now") as caught:
            await prepare(line)
        assert "hunter2" not in str(caught.value)

    asyncio.run(program())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("postgres://h/db", "dbname=db", id="short scheme"),
        pytest.param("postgresql+psycopg://u@h:1/db", "port=1", id="with a driver"),
        pytest.param(
            "postgresql://h/db?options=-c%20geqo%3Doff",
            "options='-c geqo=off -c search_path=imageferry_queue'",
            id="with options",
        ),
        pytest.param("postgresql://h/db?connect_timeout=1", "connect_timeout=1", id="own timeout"),
    ],
)
def test_urls_as_people_write_them(url: str, says: str) -> None:
    conninfo = conninfo_of(url, "imageferry worker")
    assert says in conninfo
    assert "application_name='imageferry worker'" in conninfo


def test_a_url_that_cannot_be_read() -> None:
    with pytest.raises(StoreError, match="cannot be read") as caught:
        conninfo_of("postgresql://me:hunter2@h/db?nonsense=1", "imageferry")
    assert "hunter2" not in str(caught.value)
