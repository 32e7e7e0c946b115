"""What is signed once and sent again: by which process, how soon, and whether it writes."""

from __future__ import annotations

import asyncio

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.recognition import World
from tests.api.gates import (
    EACH,
    GENERATIONS,
    NOW,
    READER,
    Generation,
    Place,
    signed,
)


def _again(kind: Generation, later: float = 0) -> Refusal:
    """Why what was asked is refused: a client without nonce is told to sign anew, for a while."""
    return Refusal.REPLAYED if kind.has_nonce or later > 2 else Refusal.THROTTLED


@EACH
@pytest.mark.parametrize("later", [0, 1, 600])
def test_what_writes_is_admitted_once(kind: Generation, later: float) -> None:
    async def run() -> None:
        place = Place()
        request = signed(kind, action="Change", now=NOW + 500)
        await place.ask(request, kind.world, "Change")
        place.time.wall += later
        with pytest.raises(Refused) as caught:
            await place.ask(request, kind.world, "Change")
        assert caught.value.refusal is _again(kind, later)
        assert len(place.api.calls) == len(place.audit.kept) == 1

    asyncio.run(run())


@EACH
@pytest.mark.parametrize("later", [0, 200])
def test_what_writes_is_admitted_once_by_all_processes_and_after_a_restart(
    kind: Generation, later: float
) -> None:
    async def run() -> None:
        first = Place()
        request = signed(kind, action="Change", now=NOW)
        await first.ask(request, kind.world, "Change")
        other = Place(keys=first.keys, audit=first.audit)
        other.time.wall += later
        with pytest.raises(Refused) as caught:
            await other.ask(request, kind.world, "Change")
        assert caught.value.refusal is _again(kind, later)
        assert other.api.calls == []

    asyncio.run(run())


@EACH
def test_of_many_at_once_one_writes(kind: Generation) -> None:
    async def run() -> None:
        place = Place()
        request = signed(kind, action="Change")
        asked = [place.ask(request, kind.world, "Change") for _ in range(20)]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(not isinstance(end, BaseException) for end in ends) == 1
        assert {end.refusal for end in ends if isinstance(end, Refused)} == {_again(kind)}

    asyncio.run(run())


@EACH
def test_what_reads_is_admitted_once_or_within_two_seconds(kind: Generation) -> None:
    """A signature without nonce stands for a second, in which a client may ask twice."""

    async def run() -> None:
        place = Place()
        request = signed(kind)
        await place.ask(request, kind.world)
        place.time.wall += 1
        if kind.has_nonce:
            with pytest.raises(Refused):
                await place.ask(request, kind.world)
        else:
            await place.ask(request, kind.world)
        place.time.wall += 1.5
        with pytest.raises(Refused) as caught:
            await place.ask(request, kind.world)
        assert caught.value.refusal is Refusal.REPLAYED

    asyncio.run(run())


def test_a_nonce_is_one_key_s_alone_and_both_generations() -> None:
    async def run() -> None:
        place = Place()
        await place.ask(signed(GENERATIONS["v1"], nonce="same"), World.ALIBABA)
        await place.ask(signed(GENERATIONS["v1"], READER, nonce="same"), World.ALIBABA)
        with pytest.raises(Refused) as caught:
            await place.ask(signed(GENERATIONS["v3"], nonce="same"), World.ALIBABA)
        assert caught.value.refusal is Refusal.REPLAYED

    asyncio.run(run())
