"""read_chronicle(desk, stack): a stack with its images, history and verifications, for a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.control.desk import Desk
from imageferry.control.matrix import Live, not_here, read_row
from imageferry.control.verdicts_kept import kept_verifications
from imageferry.model.chronicles import Chronicle, Span
from imageferry.model.events import Event
from imageferry.model.stacks import Stack
from imageferry.model.statuses import ResourceStatus

MOST_EVENTS: Final = 500
"""So many events of a stack are told in a report, the last ones."""

_BEGIN: Final = frozenset(
    {ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING}
)
_FAIL: Final = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)


async def read_chronicle(desk: Desk, stack: Stack, live: Live = not_here) -> Chronicle:
    """Everything that is recorded of a stack and that a report tells; no cloud is asked.

    `live` as `read_matrix` has it. Of what the stack has no more, no verification is told.
    """
    row = await read_row(desk, stack, live)
    last = await desk.store.last_event_number(stack.stack_id)
    newest = await desk.store.events_before(stack.stack_id, None, MOST_EVENTS)
    events = tuple(reversed(newest))
    regions = {cell.address: cell.region for cell in (*row.cells, *row.beside)}
    kept = await kept_verifications(desk, stack.stack_id)
    told = {address: one for address, one in kept.items() if address in regions}
    return Chronicle(
        row,
        events,
        max(0, last - len(events)),
        tuple(_spans(events, regions)),
        {address: one.found for address, one in told.items()},
        {address: one.verified_at for address, one in told.items()},
    )


def _spans(events: Iterable[Event], regions: Mapping[str, str]) -> list[Span]:
    """The steps of resources that events tell the beginning of, in the order in which they began."""
    spans: list[Span] = []
    open_at: dict[str, int] = {}
    for event in events:
        if not event.address:
            continue
        address, place = event.address, open_at.get(event.address)
        if event.status in _BEGIN:
            if place is None:
                open_at[address] = len(spans)
                spans.append(Span(address, regions.get(address, ""), event.time, None))
        elif place is not None:
            has_failed = event.status in _FAIL
            spans[place] = spans[place]._replace(ended_at=event.time, has_failed=has_failed)
            del open_at[address]
    return spans
