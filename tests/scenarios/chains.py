"""A chain of things: one template, what came of it, and a store behind which the process dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from imageferry.control.requests import StackView
from imageferry.model.events import Event
from imageferry.model.statuses import ResourceStatus
from imageferry.ports.keeping import Batch, Closing
from tests.scenarios.workshop import Workshop

CHAIN = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Names: {Type: CommaDelimitedList, Default: "a,b,c"}
  Size: {Type: Number, Default: 1}
  Material: {Type: String, Default: iron}
  Password: {Type: String, Default: '', NoEcho: true}
Resources:
  Base:
    Type: ALIYUN::TEST::Thing
    Properties: {Name: base, Material: {Ref: Material}, Password: {Ref: Password}}
  Each:
    Type: ALIYUN::TEST::Thing
    Count: !Length {Ref: Names}
    Properties:
      Name: !Select [{Ref: 'ALIYUN::Index'}, {Ref: Names}]
      Size: !Ref Size
      Parts: [!GetAtt [Base, Core]]
Outputs:
  Ids: {Value: !GetAtt [Each, Id]}
  Core: {Value: !GetAtt [Base, Core]}
  Secret: {Value: !Join ['', ['x', !Ref Password]]}
"""


def statuses(view: StackView) -> dict[str, ResourceStatus]:
    return {str(item.resource.address): item.resource.status for item in view.resources}


def ids(view: StackView) -> dict[str, str | None]:
    return {str(item.resource.address): item.resource.physical_id for item in view.resources}


async def history(shop: Workshop, view: StackView) -> list[Event]:
    events = await shop.plane.events(view.stack.stack_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    return events


class Crash(BaseException):
    """The process dies here, as far as the code can tell."""


class CrashingStore:
    """The real store, in a process that dies before or after its n-th write."""

    def __init__(self, store: Any, at: int, *, after: bool) -> None:
        self._store = store
        self._left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def _write(self, deed: Awaitable[Any]) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            asyncio.ensure_future(deed).cancel()
            raise Crash
        result = await deed
        if self._left == 0:
            raise Crash
        return result

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        answer: bool = await self._write(self._store.flush(operation_id, epoch, batch))
        return answer

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        await self._write(self._store.close_operation(operation_id, epoch, closing))
