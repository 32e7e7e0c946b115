"""How much may be asked: by one key, by one address, and by those who guess."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from imageferry.api.calls import Refusal, Refused
from tests.api.gates import (
    EACH,
    GENERATIONS,
    NOBODY,
    NOW,
    OPERATOR,
    READER,
    Generation,
    Place,
    signed,
)


@EACH
def test_a_key_that_asks_too_much_is_told_to_wait(kind: Generation) -> None:
    async def run() -> None:
        place = Place(rate=2.0)
        for number in range(4):
            await place.ask(signed(kind, nonce=f"n-{number}"), kind.world)
        waiting = signed(kind, nonce="n-4")
        with pytest.raises(Refused) as caught:
            await place.ask(waiting, kind.world)
        assert caught.value.refusal is Refusal.THROTTLED
        await place.ask(signed(kind, READER, nonce="n-5"), kind.world)
        # Nothing was done for it, so the same request is good when there is room again.
        place.time.wall += 0.6
        await place.ask(waiting, kind.world)

    asyncio.run(run())


def test_whoever_owns_a_network_of_addresses_is_one() -> None:
    async def run() -> None:
        place = Place()
        kind = GENERATIONS["v3"]
        ends = []
        for number in range(420):
            guess = replace(NOBODY, key_id=f"IFAK{number}")
            source = f"2001:db8:0:1::{number:x}"
            with pytest.raises(Refused) as caught:
                await place.admit(signed(kind, guess), kind.world, source=source)
            ends.append(caught.value.refusal)
        assert (ends[0], ends[-1]) == (Refusal.UNKNOWN_KEY, Refusal.THROTTLED)
        with pytest.raises(Refused) as caught:
            await place.admit(signed(kind, NOBODY), kind.world, source="2001:db8:0:2::1")
        assert caught.value.refusal is Refusal.UNKNOWN_KEY
        # Whoever floods with somebody else's key takes nothing from its owner, at either place.
        forged = replace(OPERATOR, secret="another")
        for number in range(420):
            with pytest.raises(Refused):
                await place.admit(
                    signed(kind, forged, nonce=f"f-{number}"), kind.world, source="192.0.2.9"
                )
        await place.admit(signed(kind, nonce="mine"), kind.world, source="192.0.2.9")
        await place.admit(signed(kind, nonce="mine too"), kind.world, source="192.0.2.10")

    asyncio.run(run())


def test_a_long_request_counts_as_several() -> None:
    async def run() -> None:
        place = Place(rate=10.0)
        kind = GENERATIONS["v3"]
        long = kind.sign(OPERATOR, "Look", NOW, "long", (("TemplateBody", "x" * 500_000),))
        await place.ask(long, kind.world)
        with pytest.raises(Refused) as caught:
            await place.ask(signed(kind, nonce="next"), kind.world)
        assert caught.value.refusal is Refusal.THROTTLED
        place.time.wall += 1.5
        await place.ask(signed(kind, nonce="later"), kind.world)

    asyncio.run(run())


def test_an_address_that_guesses_is_told_to_wait_and_others_are_not_hurt() -> None:
    async def run() -> None:
        place = Place()
        kind = GENERATIONS["v3"]
        await place.ask(signed(kind, nonce="first"), kind.world)
        ends = []
        for number in range(500):
            guess = replace(NOBODY, key_id=f"IFAK{number}")
            with pytest.raises(Refused) as caught:
                await place.admit(signed(kind, guess), kind.world, source="192.0.2.1")
            ends.append(caught.value.refusal)
        assert ends[0] is Refusal.UNKNOWN_KEY
        assert ends[-1] is Refusal.THROTTLED
        assert place.keys.looks <= 402
        # A key that is known here works from there too, even when it has to be looked up anew.
        place.time.wall += 3.5
        for number in range(100):
            guess = replace(NOBODY, key_id=f"IFAKAGAIN{number}")
            with pytest.raises(Refused):
                await place.admit(signed(kind, guess), kind.world, source="192.0.2.1")
        await place.admit(signed(kind, nonce="second"), kind.world, source="192.0.2.1")
        await place.admit(signed(kind, READER, nonce="third"), kind.world, source="192.0.2.2")

    asyncio.run(run())
