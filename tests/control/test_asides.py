"""Asides: what is short is done where it stands, what is long beside it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from imageferry.control.asides import Asides

SOURCES = {
    "short": (b"Outputs: {}", True),
    "long": (b"#" * 40_000, False),
    "a program": (b"Outputs: {O: {Value: {'Fn::Jq': [First, '.', {}]}}}", False),
    "a pattern": (b"Parameters: {P: {AllowedPattern: '(a+)+'}}", False),
}


@pytest.mark.parametrize(("source", "is_here"), SOURCES.values(), ids=SOURCES)
def test_where_it_is_done(source: bytes, is_here: bool) -> None:
    async def run() -> None:
        asides = Asides()
        try:
            there = await asides(source, threading.current_thread)
            assert (there is threading.current_thread()) is is_here
            with pytest.raises(ZeroDivisionError):
                await asides(source, lambda: 1 // 0)
        finally:
            asides.close()

    asyncio.run(run())


def test_the_loop_goes_on_meanwhile() -> None:
    async def run() -> None:
        asides = Asides()
        gate = threading.Event()
        waiting = asyncio.create_task(asides(b"#" * 40_000, lambda: gate.wait(5)))
        await asyncio.sleep(0)
        # Only the loop can open it, so this ends only where the loop was not held up.
        asyncio.get_running_loop().call_later(0.01, gate.set)
        assert await waiting
        asides.close()

    asyncio.run(run())
