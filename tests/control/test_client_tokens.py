"""Client tokens: the same request twice is done once, and answered alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageferry.control.client_tokens import KEPT, once
from imageferry.control.requests import TokenInProgress, TokenMismatch
from imageferry.model.values import Json
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


def test_while_the_first_runs_the_second_is_told(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        first = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        while not deed.done:
            await shop.clock.sleep(0.01)
        with pytest.raises(TokenInProgress):
            await once(desk, "Create", "t", {}, deed)
        deed.waits.set()
        assert await first == {"StackId": "s-1"}
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-1"}

    play(tmp_path, program)


def test_one_that_went_down_with_its_process_is_taken_over(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        deed.waits.clear()
        lost = asyncio.ensure_future(once(desk, "Create", "t", {}, deed))
        while not deed.done:
            await shop.clock.sleep(0.01)
        await shop.clock.sleep(301.0)
        assert await once(desk, "Create", "t", {}, Deed()) == {"StackId": "s-1"}
        deed.waits.set()
        # Whoever comes back after that has lost its claim, and does not overwrite.
        with pytest.raises(TokenInProgress):
            await lost
        assert await once(desk, "Create", "t", {}, deed) == {"StackId": "s-1"}
        assert deed.done == 1

    play(tmp_path, program)


def test_a_token_is_forgotten_in_time(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk, deed = shop.plane.desk, Deed()
        await once(desk, "Create", "t", {"Name": "a"}, deed)
        await shop.clock.sleep(KEPT + 1)
        assert await once(desk, "Create", "t", {"Name": "b"}, deed) == {"StackId": "s-2"}

    play(tmp_path, program)
