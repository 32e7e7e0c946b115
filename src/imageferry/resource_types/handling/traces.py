"""Traces from tags, and their removal by a type's own deletion: what the censuses of kinds share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import (
    Context,
    Done,
    Failed,
    HandlerAction,
    HandlerRequest,
    Pending,
)
from imageferry.ports.traces import Trace, TraceEnd, TraceRemoval
from imageferry.resource_types.handling.faults import says
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, origin_of

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Found:
    """A thing with tags, as a trace tells it; see `ports.traces.Trace`."""

    thing_id: str
    tags: Mapping[str, str]
    name: str = ""
    status: str = ""
    created_at: float | None = None
    size: int | None = None
    is_whole: bool = False
    is_under_way: bool = False


class KindCensus(Protocol):
    """Finds what carries a lineage among things of one kind, and removes it."""

    async def traces(self, region: str) -> Sequence[Trace]:
        """Whatever carries a lineage in a region, whosever it is; raises CloudError."""
        ...

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Bring the removal of one trace forward by one call at most; as `ports.Census` has it."""
        ...


def trace_of(kind: str, region: str, found: Found) -> Trace | None:
    """The trace of a thing; None where its tags say nothing of ours."""
    origin = origin_of(found.tags.get(LINEAGE_KEY, ""))
    if origin is None:
        return None
    return Trace(
        region,
        found.thing_id,
        origin.installation,
        origin.operation_id,
        origin.address,
        kind=kind,
        name=found.name,
        status=found.status,
        created_at=found.created_at,
        size=found.size,
        is_whole=found.is_whole,
        is_under_way=found.is_under_way,
    )


async def kept_or_gone(
    trace: Trace, look: Awaitable[Seen | None], read: Callable[[str, Seen], Trace | None]
) -> TraceRemoval | None:
    """The end of a removal by a last look, by id, before its first call; None where it may begin.

    What is not there is gone. What says something else by now is none of ours to remove.
    """
    try:
        seen = await look
    except CloudError as fault:
        return TraceRemoval(TraceEnd.KEPT, said=(says(fault),))
    if seen is None:
        return TraceRemoval(TraceEnd.GONE)
    again = read(trace.region, seen)
    if again is not None and (again.installation, again.operation_id, again.address) == (
        trace.installation,
        trace.operation_id,
        trace.address,
    ):
        return None
    return TraceRemoval(TraceEnd.KEPT, said=(f"{trace.thing_id} carries another lineage by now",))


def removal_of(outcome: Done | Pending | Failed) -> TraceRemoval:
    """How far a removal is, from what a type's deletion has answered."""
    match outcome:
        case Done(notes=said):
            return TraceRemoval(TraceEnd.GONE, said=said)
        case Pending():
            return TraceRemoval(
                None,
                outcome.context,
                outcome.retry_after,
                acts=not outcome.observes,
                said=outcome.notes,
            )
        case Failed():
            return TraceRemoval(TraceEnd.KEPT, said=(outcome.message,))


def removal_request(trace: Trace, notes: Context, now: float) -> HandlerRequest:
    """The question of a removal that no stack asks."""
    return HandlerRequest(
        action=HandlerAction.CLEAN_UP,
        type_name="",
        address=trace.address,
        stack_id="",
        stack_name="",
        region=trace.region,
        installation=trace.installation,
        operation_id=trace.operation_id,
        token="",
        now=now,
        intended_at=now,
        physical_id=trace.thing_id,
        context=notes,
    )
