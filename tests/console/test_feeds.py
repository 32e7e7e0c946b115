"""The hub: one look for all who look on, so many of them and no more, and what they are told of trouble."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.console.feeds import MOST_SEATS, Full, Hub
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import StackNotFound
from imageferry.model.access import Role
from imageferry.model.operations import StepProgress
from imageferry.ports.keeping import StoreUnavailable
from imageferry.testing import run_virtually
from tests.console.browsing import browsing
from tests.console.test_stacks import create


async def _admitted() -> bool:
    return True


def test_so_many_look_on_and_what_they_see_is_made_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, made = Hub(browser.desk), 0

            async def make() -> Mapping[str, str]:
                nonlocal made
                made += 1
                return {"rows": "all of them"}

            async def sit() -> AsyncIterator[bytes]:
                events = await hub.stream("page", "", browser.apis.house.plane, make, _admitted)
                assert re.fullmatch(rb"retry: [1-4]\d{3}\n\n", await anext(events))
                return events

            seats = [await sit() for _ in range(MOST_SEATS)]
            assert hub.seats == MOST_SEATS
            with pytest.raises(Full):
                await sit()
            told = await asyncio.gather(*(anext(one) for one in seats))
            assert set(told) == {b'event: parts\ndata: {"rows": "all of them"}\n\n'}
            assert made == 1
            await seats[0].aclose()  # type: ignore[attr-defined]
            seats[0] = await sit()
            await hub.close()
            assert hub.seats == MOST_SEATS
            await asyncio.gather(*(_to_the_end(one) for one in seats))
            assert hub.seats == 0
            with pytest.raises(Full):
                await sit()

    run_virtually(main())


async def _to_the_end(events: AsyncIterator[bytes]) -> None:
    async for _ in events:
        pass


@pytest.mark.parametrize("what", ["gone", "away and back", "a fault of ours", "nobody knows"])
def test_who_looks_on_is_told_of_trouble(what: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, plane, looks = Hub(browser.desk), browser.apis.house.plane, 0

            async def make() -> Mapping[str, str]:
                nonlocal looks
                looks += 1
                match what:
                    case "gone" if looks > 1:
                        raise StackNotFound("no stack is called so")
                    case "away and back" if looks in {2, 3}:
                        raise StoreUnavailable("secret of the database")
                    case "a fault of ours" if looks > 1:
                        raise ZeroDivisionError
                    case _:
                        return {"rows": f"look {looks}"}

            async def is_admitted() -> bool:
                if what == "nobody knows":
                    raise StoreUnavailable("away")
                return True

            events = await hub.stream("page", "", plane, make, is_admitted)

            async def listen() -> list[str]:
                return [one.decode() async for one in events]

            listening = asyncio.create_task(listen())
            await _stirred(hub, plane)
            await hub.close()
            said = await listening
            heard = [one.partition("\n")[0].removeprefix("event: ") for one in said]
            words = [one for one in heard if one in {"parts", "trouble", "over"}]
            assert (
                words[:3]
                == {
                    "gone": ["parts", "over"],
                    "away and back": ["parts", "trouble", "parts"],
                    "a fault of ours": ["parts", "over"],
                    "nobody knows": ["parts"] * 3,
                }[what]
            )
            assert "secret" not in "".join(said)

    run_virtually(main())


async def _stirred(hub: Hub, plane: ControlPlane) -> None:
    for _ in range(8):
        await plane.desk.clock.sleep(3)
        hub.stir()


def test_another_role_ends_the_stream_of_the_former_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            seen = await browser.as_role(Role.OPERATOR)
            async with seen.stream("/console/live/") as stream:
                await stream.parts()
                (key_id,) = {one.key_id for one in browser.told if "OPERATOR" in one.key_id}
                await browser.apis.house.keys.revoke(key_id, browser.apis.clock.now())
                assert (await stream.event(30))[0] == "over"
            async with browser.another().stream("/console/live/") as stream:
                assert stream.status == 401

    run_virtually(main())


def test_what_is_changed_while_a_page_is_made_is_on_the_next_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, clock, looks = Hub(browser.desk), browser.apis.clock, 0

            async def make() -> Mapping[str, str]:
                nonlocal looks
                looks += 1
                if looks == 1:
                    await clock.sleep(1)
                    hub.stir()
                return {"rows": f"look {looks}"}

            events = await hub.stream("page", "", browser.apis.house.plane, make, _admitted)
            said = [await anext(events) for _ in range(3)]
            assert [b"look" in one for one in said] == [False, True, True]
            # Nothing has happened since: nothing is made, and nothing said, until it is made anyway.
            await clock.sleep(12)
            assert looks == 2
            await hub.close()
            await _to_the_end(events)

    run_virtually(main())


def test_whoever_does_not_take_what_he_is_told_is_forgotten_and_told_everything_later(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, clock, looks = Hub(browser.desk), browser.apis.clock, 0

            async def make() -> Mapping[str, str]:
                nonlocal looks
                looks += 1
                return {"fixed": "always", "rows": f"look {looks}"}

            async def sit() -> AsyncIterator[bytes]:
                events = await hub.stream("page", "", browser.apis.house.plane, make, _admitted)
                await anext(events)
                await anext(events)
                return events

            quick, slow = await sit(), await sit()
            first = looks
            for _ in range(20):
                hub.stir()
                assert b"always" not in await anext(quick)
                await clock.sleep(3)
            assert looks >= first + 20
            assert b"always" in await anext(slow)
            hub.stir()
            assert b"always" not in await anext(slow)
            await hub.close()
            await asyncio.gather(_to_the_end(quick), _to_the_end(slow))

    run_virtually(main())


@pytest.mark.parametrize("seats", [1, 900], ids=["one", "many"])
def test_a_page_that_nobody_else_has_open_is_made_soon(seats: int, tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, clock = Hub(browser.desk), browser.apis.clock
            plane = browser.apis.house.plane

            async def make() -> Mapping[str, str]:
                return {"rows": "shown"}

            sitting = []
            for number in range(seats):
                events = await hub.stream("crowd", "", plane, make, _admitted)
                assert number >= 0 and await anext(events) and await anext(events)
                sitting.append(events)
            await clock.sleep(5)
            began = clock.monotonic()
            alone = await hub.stream("alone", "", plane, make, _admitted)
            await anext(alone)
            assert b"shown" in await anext(alone)
            assert clock.monotonic() - began <= 2
            await hub.close()
            await asyncio.gather(*(_to_the_end(one) for one in [*sitting, alone]))

    run_virtually(main())


def test_it_closes_at_once_while_it_makes_a_page(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            hub, clock, plane = Hub(browser.desk), browser.apis.clock, browser.apis.house.plane

            async def never() -> Mapping[str, str]:
                await clock.sleep(3_600)
                return {}

            events = await hub.stream("page", "", plane, never, _admitted)
            assert await anext(events)
            listening = asyncio.create_task(_to_the_end(events))
            await clock.sleep(2)
            began = clock.monotonic()
            await hub.close()
            await listening
            assert clock.monotonic() - began < 1
            assert hub.seats == 0

    run_virtually(main())


def test_a_fault_of_ours_in_a_look_is_not_the_last_look(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            desk, faults = browser.desk, 0

            def live(operation_id: str) -> Mapping[str, StepProgress] | None:
                nonlocal faults
                faults += 1
                if faults < 3:
                    raise ZeroDivisionError
                return desk.live(operation_id)

            hub, clock = Hub(replace(desk, live=live)), browser.apis.clock
            await create(browser, "looked-at", "cn-shanghai")
            events = await hub.stream("page", "", browser.apis.house.plane, _shown, _admitted)
            assert await anext(events)
            began = clock.monotonic()
            assert b"shown" in await anext(events)
            assert faults >= 2 and clock.monotonic() - began < 10
            await hub.close()
            await _to_the_end(events)

    run_virtually(main())


async def _shown() -> Mapping[str, str]:
    return {"rows": "shown"}
