"""Notices: told at least once, each receiver's in their order, whatever dies in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.desk import Desk
from imageferry.control.notices import KIND, OPTION
from imageferry.control.notifier import HELD, MOST_TRIES, Notifier, pause_after
from imageferry.control.papers import papers_of
from imageferry.control.requests import ExecutionOptions
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json
from imageferry.ports.documents import Document, Documents
from imageferry.ports.keeping import StoreUnavailable
from tests.control.receivers import HERE, THERE, Receivers
from tests.control.test_plane import request
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop


def worded(desk: Desk, stack: Stack, status: StackStatus) -> Json:
    return {"Status": status.value, "StackName": stack.name}


class Log:
    """What a notifier says of itself."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, str]]] = []

    def __call__(self, said: str, words: Mapping[str, str]) -> None:
        self.lines.append((said, words))

    def said(self) -> list[str]:
        return [said for said, _ in self.lines]


@asynccontextmanager
async def telling(
    shop: Workshop, receivers: Receivers, log: Log | None = None, desk: Desk | None = None
) -> AsyncIterator[Notifier]:
    """A notifier at work, which ends as a process does that is told to."""
    notifier = Notifier(desk or shop.plane.desk, receivers, worded, log or Log())
    notifier.start()
    try:
        yield notifier
    finally:
        await notifier.stop(1.0)


async def deploy(shop: Workshop, *urls: str, **parameters: Any) -> Stack:
    """A stack with receivers, made or changed to the end, by a process that tells nobody."""
    on_failure = parameters.pop("on_failure", OnFailure.ROLLBACK)
    wanted = replace(request(**parameters), options={OPTION: list(urls)} if urls else None)
    planned = await shop.plane.plan(wanted)
    operation = await shop.plane.execute(planned, ExecutionOptions(on_failure))
    await shop.run(operation.operation_id)
    return (await shop.plane.view(operation.stack_id)).stack


async def until(shop: Workshop, holds: Callable[[], bool], seconds: float = 60.0) -> None:
    ends_at = shop.clock.now() + seconds
    while not holds():
        assert shop.clock.now() < ends_at
        await shop.clock.sleep(0.5)


async def kept(shop: Workshop) -> int:
    return await papers_of(shop.plane.desk).count(KIND, shop.plane.desk.place.account_id)


def test_a_stack_is_told_of_from_its_creation_to_its_end(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers, log = Receivers(shop.clock), Log()
        async with telling(shop, receivers, log) as notifier:
            notifier.ended(await deploy(shop, HERE))
            await until(shop, lambda: len(receivers.got) == 1, 1.0)
            # Nobody says so here: it is found.
            await deploy(shop, Name="b")
            await until(shop, lambda: len(receivers.got) == 2)
            await shop.delete()
            await until(shop, lambda: len(receivers.got) == 3)
            await shop.clock.sleep(60.0)
        assert receivers.told() == ["CREATED", "UPDATED", "DELETED"]
        assert await kept(shop) == 0
        assert log.said() == ["told"] * 3
        assert log.lines[0][1] == {
            "stack": "demo",
            "stack_id": log.lines[0][1]["stack_id"],
            "status": "CREATED",
            "receiver": "hooks.example.com",
        }

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("on_failure", "told"),
    [
        pytest.param(OnFailure.ROLLBACK, ["CREATE_ROLLED_BACK"], id="what is undone"),
        pytest.param(OnFailure.KEEP, ["CREATE_FAILED"], id="what is kept"),
    ],
)
def test_of_a_failure_its_end_alone_is_told(
    tmp_path: Path, on_failure: OnFailure, told: list[str]
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        world.failing.add("two")
        receivers = Receivers(shop.clock)
        await deploy(shop, HERE, on_failure=on_failure)
        async with telling(shop, receivers):
            await shop.clock.sleep(60.0)
        assert receivers.told() == told

    play(tmp_path, program)


def test_nothing_is_kept_for_stacks_that_nobody_wants_to_hear_of(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock)
        async with telling(shop, receivers) as notifier:
            notifier.ended(await deploy(shop))
            await shop.clock.sleep(60.0)
        assert (receivers.tried, await kept(shop)) == ([], 0)

    play(tmp_path, program)


def test_who_refuses_first_is_told_in_order_and_nobody_waits_for_that(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers, log = Receivers(shop.clock, fails={HERE: 5}), Log()
        async with telling(shop, receivers, log) as notifier:
            notifier.ended(await deploy(shop, HERE, THERE))
            await until(shop, lambda: bool(receivers.told(THERE)), 1.0)
            notifier.ended(await deploy(shop, Name="b"))
            await until(shop, lambda: len(receivers.told(THERE)) == 2, 1.0)
            assert not receivers.told(HERE)
            await until(shop, lambda: len(receivers.told(HERE)) == 2)
        assert receivers.told(HERE) == receivers.told(THERE) == ["CREATED", "UPDATED"]
        at = [when for when, url in receivers.tried if url == HERE]
        pauses = [round(after - before) for before, after in pairwise(at)]
        assert pauses == [1, 2, 4, 8, 16, 0]
        assert log.said().count("not told yet") == 5
        assert all("500" in words["reason"] for said, words in log.lines if "not" in said)

    play(tmp_path, program)


def test_a_notice_that_nobody_takes_is_given_up_and_the_next_one_tried(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers, log = Receivers(shop.clock, fails={HERE: MOST_TRIES + 1}), Log()
        began = shop.clock.now()
        await deploy(shop, HERE)
        await deploy(shop, Name="b")
        async with telling(shop, receivers, log):
            await until(shop, lambda: bool(receivers.got), 3600.0)
        assert receivers.told() == ["UPDATED"]
        assert log.said() == ["not told yet"] * (MOST_TRIES - 1) + [
            "given up",
            "not told yet",
            "told",
        ]
        assert 1500 < shop.clock.now() - began < 2000
        assert pause_after(MOST_TRIES) == 600.0

    play(tmp_path, program)


def test_what_fails_is_not_tried_sooner_by_another_process(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock, fails={HERE: 6})
        await deploy(shop, HERE)
        for _ in range(4):
            async with telling(shop, receivers):
                await shop.clock.sleep(2.0)
        assert [round(when - receivers.tried[0][0]) for when, _ in receivers.tried] == [0, 1, 3, 7]

    play(tmp_path, program)


def test_a_death_between_the_post_and_its_record_costs_a_second_post(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock, hangs={HERE})
        stack = await deploy(shop, HERE)
        async with telling(shop, receivers):
            await until(shop, lambda: bool(receivers.got), 1.0)
        receivers.hangs.clear()
        async with telling(shop, receivers) as notifier:
            notifier.ended(stack)
            await shop.clock.sleep(3 * HELD)
        assert receivers.told() == ["CREATED", "CREATED"]
        # Before that, the first process might still have been at it.
        assert HELD <= receivers.got[1][0] - receivers.got[0][0] <= HELD + 5
        async with telling(shop, receivers):
            await shop.clock.sleep(3 * HELD)
        assert len(receivers.got) == 2

    play(tmp_path, program)


def test_who_is_told_to_stop_tells_first_what_is_due(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock, fails={THERE: 1})
        await deploy(shop, HERE, THERE)
        stack = await deploy(shop, Name="b")
        async with telling(shop, receivers) as notifier:
            notifier.ended(stack)
            began = shop.clock.now()
        assert (receivers.told(HERE), receivers.told(THERE)) == (["CREATED", "UPDATED"], [])
        assert shop.clock.now() - began < 0.5

    play(tmp_path, program)


def test_two_processes_tell_once(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock, fails={HERE: 2})
        async with telling(shop, receivers) as one, telling(shop, receivers) as other:
            stack = await deploy(shop, HERE, THERE)
            one.ended(stack)
            other.ended(stack)
            await shop.clock.sleep(120.0)
        assert receivers.told(HERE) == receivers.told(THERE) == ["CREATED"]
        assert len(receivers.tried) == 4

    play(tmp_path, program)


def test_who_comes_later_is_told_from_then_on(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock)
        await deploy(shop)
        await deploy(shop, THERE, Name="b")
        await deploy(shop, HERE, Name="c")
        async with telling(shop, receivers):
            await shop.clock.sleep(60.0)
            await deploy(shop, THERE, Name="d")
            await shop.clock.sleep(60.0)
        assert receivers.told(HERE) == ["UPDATED"]
        # What it was not told of before it was taken off the list, it is not told of later either.
        assert receivers.told(THERE) == ["UPDATED"]

    play(tmp_path, program)


def test_a_receiver_that_is_not_allowed_any_more_is_no_trouble_for_others(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers, log = Receivers(shop.clock), Log()
        await deploy(shop, "https://elsewhere.example.com/", HERE)
        async with telling(shop, receivers, log):
            await shop.clock.sleep(10.0)
        assert receivers.told() == ["CREATED"]
        (reason,) = {words["reason"] for said, words in log.lines if said == "not told yet"}
        assert reason == "that host is not allowed"

    play(tmp_path, program)


class Away:
    """Documents of a database that is away for the first so many changes."""

    def __init__(self, papers: Documents, times: int) -> None:
        self._papers = papers
        self.left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._papers, name)

    async def change(self, document: Document) -> Document:
        self.left -= 1
        if self.left >= 0:
            raise StoreUnavailable("the database is away")
        return await self._papers.change(document)


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        receivers = Receivers(shop.clock)
        stack = await deploy(shop, HERE)
        papers: Any = Away(papers_of(shop.plane.desk), 3)
        async with telling(shop, receivers, desk=replace(shop.plane.desk, documents=papers)) as one:
            one.ended(stack)
            await shop.clock.sleep(60.0)
        assert receivers.told() == ["CREATED"]
        assert papers.left < 0

    play(tmp_path, program)
