"""Retentions: what the history of a stack says was left in the cloud on purpose, thing by thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from imageferry.model.addresses import parse_address
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.statuses import ResourceStatus
from imageferry.ports.keeping import Store
from imageferry.ports.traces import Census, Trace

_PAGE: Final = 1000


class Retentions:
    """The events by which stacks let go of something; each event is read once, however often asked."""

    def __init__(self, store: Store, census: Census) -> None:
        self._store = store
        self._census = census
        self._seen: dict[str, int] = defaultdict(int)
        self._told: dict[str, dict[int, Event]] = defaultdict(dict)

    async def names(self, trace: Trace, maker: Operation) -> bool:
        """True where the stack of `maker`, which made the trace, has let go of it since.

        What came of the step that made it does not count: it may have been turned back, and may
        have stayed all the same until somebody wished to keep it.
        """
        return any(
            _names(event, trace.thing_id) or self._is_of_address(event, trace, maker)
            for event in await self._events(maker.stack_id)
        )

    def _is_of_address(self, event: Event, trace: Trace, maker: Operation) -> bool:
        """True where its whole address was let go of by a later operation.

        The id of a resource may be that of its first image, while it stands for another one.
        """
        is_later = event.operation_id != maker.operation_id and event.time >= maker.started_at
        return is_later and self._census.is_for(trace, parse_address(event.address))

    async def _events(self, stack_id: str) -> Iterable[Event]:
        while True:
            page = await self._store.events(stack_id, self._seen[stack_id], _PAGE)
            told = self._told[stack_id]
            for event in page:
                if event.status is ResourceStatus.RETAINED:
                    told[event.sequence] = event
            if page:
                self._seen[stack_id] = max(self._seen[stack_id], page[-1].sequence)
            if len(page) < _PAGE:
                return tuple(told.values())


def _names(event: Event, thing_id: str) -> bool:
    # What it had replaced and kept is named in the words.
    return thing_id == event.physical_id or thing_id in event.reason
