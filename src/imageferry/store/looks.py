"""Looks: whether operations are still mine and go on, asked for many of them in one statement."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from imageferry.store import journal
from imageferry.store.lanes import Lanes


@dataclass(frozen=True, slots=True)
class _Look:
    operation_id: str
    epoch: int
    answer: asyncio.Future[bool]


class Looks:
    """What a process asks about the operations that it runs while nothing of them is written.

    Whoever asks while others are being answered is answered together with whoever else does so:
    hundreds of operations that wait cost one statement, not one each.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._waiting: list[_Look] = []
        self._reader: asyncio.Task[None] | None = None

    async def is_cancelled(self, operation_id: str, epoch: int) -> bool:
        """True where cancelling was requested, as of a moment after the call.

        Raises Fenced where the operation is not running at this epoch, or StoreError.
        """
        look = _Look(operation_id, epoch, asyncio.get_running_loop().create_future())
        self._waiting.append(look)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.ensure_future(self._read())
        return await look.answer

    async def _read(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            asked = [(look.operation_id, look.epoch) for look in taken]
            try:
                found = await self._lanes.read(partial(journal.running, asked=asked))
            except BaseException as failure:
                _refuse(taken, failure)
                if isinstance(failure, Exception):
                    continue
                _refuse(self._waiting, failure)
                self._waiting = []
                raise
            for look in taken:
                if look.answer.done():
                    continue
                flag = found.get((look.operation_id, look.epoch))
                if flag is None:
                    look.answer.set_exception(journal.fenced(look.operation_id))
                else:
                    look.answer.set_result(flag)


def _refuse(looks: list[_Look], failure: BaseException) -> None:
    for look in looks:
        if look.answer.done():
            continue
        if isinstance(failure, asyncio.CancelledError):
            look.answer.cancel()
        else:
            look.answer.set_exception(failure)
