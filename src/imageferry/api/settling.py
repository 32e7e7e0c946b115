"""Settling: an API whose replies to writes wait, for a while, until what they began has ended.

Some clients look once, and then again only half a minute later: a stack that is done when the first
reply arrives costs them none of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from imageferry.api.calls import Answer, Api, ApiCall, Refused
from imageferry.api.desk import ApiDesk
from imageferry.control.plane import ControlPlane
from imageferry.model.access import Role
from imageferry.wire.http import HttpResponse

_OFTEN: Final = 0.05
"""Seconds between two looks at the operations."""

K = TypeVar("K")


def settling(apis: Mapping[K, Api], desk: ApiDesk, seconds: float) -> Mapping[K, Api]:
    """The APIs, their replies to writes at most so many seconds later; 0: as they are."""
    if not seconds:
        return apis
    return {name: Settling(api, desk, seconds) for name, api in apis.items()}


class Settling:
    """Another API, whose replies to writes wait for the operations that were opened meanwhile."""

    def __init__(self, api: Api, desk: ApiDesk, seconds: float) -> None:
        self._api = api
        self._desk = desk
        self._seconds = seconds

    @property
    def name(self) -> str:
        """The other API's."""
        return self._api.name

    def needs(self, action: str) -> Role | None:
        """What the other API needs."""
        return self._api.needs(action)

    async def answer(self, call: ApiCall) -> Answer:
        """The other API's answer, once what it began has ended or the time is over."""
        plane = self._desk.planes.get(call.caller.account_id)
        if plane is None or self._api.needs(call.action) in {Role.READER, None}:
            return await self._api.answer(call)
        known = await _open(plane)
        answer = await self._api.answer(call)
        clock = self._desk.clock
        ends_at = clock.monotonic() + self._seconds
        while clock.monotonic() < ends_at and await _open(plane) - known:
            await clock.sleep(_OFTEN)
        return answer

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The other API's refusal."""
        return self._api.refuse(refused, action, request_id, host)


async def _open(plane: ControlPlane) -> frozenset[str]:
    found = await plane.desk.store.open_operations()
    return frozenset(one.operation_id for one in found)
