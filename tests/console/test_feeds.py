"""The hub: one look for all who look on, so many of them and no more, and what they are told of trouble."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from imageferry.console.feeds import MOST_SEATS, Full, Hub
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import StackNotFound
from imageferry.model.access import Role
from imageferry.ports.keeping import StoreUnavailable
from imageferry.testing import run_virtually
from tests.console.browsing import browsing


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
