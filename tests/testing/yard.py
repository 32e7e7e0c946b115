"""A yard on the line of the suite, and its berths as a subject."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from imageferry.ports.types import Handler
from imageferry.testing import EmulatedCloud, Line, Subject, Trouble
from tests.plugins.berths.harbour_types.berths import (
    OFFER,
    BerthAdopter,
    BerthHandler,
    FileYard,
    YardBusy,
)

Reply = TypeVar("Reply")


class LinedYard:
    """A yard in memory whose calls pass through the line."""

    def __init__(self, yard: FileYard, line: Line) -> None:
        self._yard = yard
        self._line = line

    async def _carry(self, name: str, deed: Callable[[], Awaitable[Reply]], *said: object) -> Reply:
        changes = name in {"book", "change", "free"}
        text = json.dumps(said)
        return await self._line.carry(name, deed, changes=changes, said=text, refuse=_refuse)

    async def book(self, token: str, label: str, wanted: dict[str, Any]) -> str:
        return await self._carry(
            "book", lambda: self._yard.book(token, label, wanted), token, label, wanted
        )

    async def look(self, number: str) -> dict[str, Any] | None:
        return await self._carry("look", lambda: self._yard.look(number), number)

    async def find(self, label: str) -> str | None:
        return await self._carry("find", lambda: self._yard.find(label), label)

    async def change(self, number: str, wanted: dict[str, Any]) -> None:
        await self._carry("change", lambda: self._yard.change(number, wanted), number, wanted)

    async def free(self, number: str) -> None:
        await self._carry("free", lambda: self._yard.free(number), number)


def _refuse(trouble: Trouble) -> Any:
    raise YardBusy(trouble.value)


async def open_yard(cloud: EmulatedCloud) -> None:
    yard = cloud.others["yard"] = FileYard()
    await yard.book("of somebody else", "none of ours", {"metres": 7})


def berths(cloud: EmulatedCloud) -> Iterable[str]:
    yard: FileYard = cloud.others["yard"]
    return [number for number, berth in yard.berths.items() if not berth["is_free"]]


def berths_in_full(cloud: EmulatedCloud) -> Mapping[str, Any]:
    yard: FileYard = cloud.others["yard"]
    return {number: dict(berth) for number, berth in yard.berths.items()}


async def take_away(cloud: EmulatedCloud, number: str) -> None:
    await cloud.others["yard"].free(number)


def berth_handler(cloud: EmulatedCloud) -> BerthHandler:
    return BerthHandler(LinedYard(cloud.others["yard"], cloud.line))


def berth_subject(connect: Callable[[EmulatedCloud], Handler] = berth_handler) -> Subject:
    return Subject(
        type_name="HARBOUR::Yard::Berth",
        offer=OFFER,
        connect=connect,
        adopter=lambda cloud: BerthAdopter(LinedYard(cloud.others["yard"], cloud.line)),
        region="cn-hangzhou",
        prepare=open_yard,
        properties={"Metres": 12, "Quay": "north", "Gate": "hush-4711"},
        changes={"length": {"Metres": 20}, "quay": {"Quay": "south"}, "gate": {"Gate": None}},
        things=berths,
        others=berths_in_full,
        remove=take_away,
        secrets=("Gate",),
    )
