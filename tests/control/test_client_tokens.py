"""Client tokens: the same request twice is done once, and answered alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.client_tokens import KEPT, LAPSE, once
from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.control.requests import TokenInProgress, TokenMismatch
from imageferry.model.values import Json
from imageferry.ports.documents import Document, Documents
from imageferry.ports.keeping import StoreUnavailable
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop


class Deed:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.done = 0
        self.fails = False
        self.waits = asyncio.Event()
        self.waits.set()

    async def __call__(self) -> Mapping[str, Json]:
        self.done += 1
        await self.waits.wait()
        if self.fails:
            raise ValueError("no")
        return {"StackId": f"s-{self.done}"}


def test_a_token_answers_alike(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        first = await once(desk, "Create", "t", {"Name": "a"}, deed)
        assert await once(desk, "Create", "t", {"Name": "a"}, deed) == first
        assert deed.done == 1
        with pytest.raises(TokenMismatch):
            await once(desk, "Create", "t", {"Name": "b"}, deed)
        assert await once(desk, "Update", "t", {"Name": "a"}, deed) == {"StackId": "s-2"}
        assert await once(desk, "Create", "", {"Name": "a"}, deed) == {"StackId": "s-3"}

    play(tmp_path, program)


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.fails = True
        with pytest.raises(ValueError, match="no"):
            await once(desk, "Create", "t", {}, deed)
        deed.fails = False
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-2"}

    play(tmp_path, program)


async def begun(shop: Workshop, deed: Deed) -> None:
    while not deed.done:
        await shop.clock.sleep(0.01)


def test_while_the_first_runs_the_second_waits_for_its_answer(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        first = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        await begun(shop, deed)
        second = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        await shop.clock.sleep(5.0)
        deed.waits.set()
        assert await first == await second == {"StackId": "s-1"}
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-1"}
        assert deed.done == 1

    play(tmp_path, program)


def test_one_that_takes_long_is_told_and_loses_nothing(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        first = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        await begun(shop, deed)
        for _ in range(3):
            began = shop.clock.now()
            with pytest.raises(TokenInProgress):
                await once(desk, "Create", "t", {}, deed)
            assert shop.clock.now() - began == pytest.approx(8.0, abs=0.5)
        with pytest.raises(TokenMismatch):
            await once(desk, "Create", "t", {"Name": "b"}, deed)
        deed.waits.set()
        assert await first == {"StackId": "s-1"}
        assert deed.done == 1

    play(tmp_path, program)


class Lame:
    """Documents that nobody can change any more, as those of a process that has died."""

    def __init__(self, papers: Documents) -> None:
        self._papers = papers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._papers, name)

    async def change(self, document: Document) -> Document:
        raise StoreUnavailable("the database is away")


def lame(desk: Desk) -> Desk:
    papers: Any = Lame(papers_of(desk))
    return replace(desk, documents=papers)


def test_one_that_went_down_with_its_process_is_taken_over(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        lost = asyncio.ensure_future(once(lame(desk), "Create", "t", {}, deed))
        await begun(shop, deed)
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        began = shop.clock.now()
        assert await once(desk, "Create", "t", {}, Deed()) == {"StackId": "s-1"}
        assert shop.clock.now() - began == pytest.approx(LAPSE, abs=0.5)
        # The one that took over answers for the token from then on.
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-1"}
        assert deed.done == 1

    play(tmp_path, program)


def test_an_answer_that_could_not_be_kept_is_found_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        with pytest.raises(StoreUnavailable):
            await once(lame(desk), "Create", "t", {}, deed)
        assert deed.done == 1
        with pytest.raises(TokenMismatch):
            await once(desk, "Create", "t", {"Name": "b"}, deed)
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-2"}

    play(tmp_path, program)


def test_whoever_fell_silent_gives_the_answer_of_who_took_over(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, slow, quick = shop.plane.desk, Deed(), Deed()
        slow.waits.clear()
        silent = lame(desk)
        first = asyncio.ensure_future(once(silent, "Create", "t", {}, slow))
        await begun(shop, slow)
        quick.done = 6
        assert await once(desk, "Create", "t", {}, quick) == {"StackId": "s-7"}
        slow.waits.set()
        with pytest.raises(StoreUnavailable):
            await first
        # What it could not keep has not spoilt the answer of the other.
        assert await once(desk, "Create", "t", {}, slow) == {"StackId": "s-7"}
        assert slow.done == 1

    play(tmp_path, program)


def test_a_request_that_is_broken_off_leaves_the_token_free(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        first = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        await begun(shop, deed)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        began = shop.clock.now()
        assert await once(desk, "Create", "t", {"Name": "b"}, Deed()) == {"StackId": "s-1"}
        assert shop.clock.now() - began < 0.1

    play(tmp_path, program)


def test_a_token_is_forgotten_in_time(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        await once(desk, "Create", "t", {"Name": "a"}, deed)
        await shop.clock.sleep(KEPT + 1)
        assert await once(desk, "Create", "t", {"Name": "b"}, deed) == {"StackId": "s-2"}
        # And counts anew from then on.
        assert await once(desk, "Create", "t", {"Name": "b"}, deed) == {"StackId": "s-2"}

    play(tmp_path, program)
