"""Orphans: what carries the lineage of this installation and is in nobody's record; and its removal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, NamedTuple

from imageferry.control.desk import Desk
from imageferry.control.holdings import Holdings, find_holdings, words_of_record
from imageferry.control.requests import RequestRefused
from imageferry.control.retentions import Retentions
from imageferry.model.handlers import Context, HandlerAction
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StepStatus
from imageferry.ports.traces import Census, Trace, TraceEnd, TraceTrouble

_CLOCK_DIFFERENCE: Final = 900.0
"""Seconds by which the cloud's clock may run behind ours: it refuses requests beyond that."""
_AT_ONCE: Final = 8


class Belonging(Enum):
    """What is known of a trace that is in no record. Only an ORPHAN is removed without more ado."""

    ORPHAN = "orphan"
    UNRECORDED = "unrecorded"
    RECENT = "recent"
    OPEN = "open"
    LET_GO = "let go"
    LATER = "later"
    SOURCE = "source"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A trace that is in no record; `stack_name` is empty where nobody can tell whose it was."""

    trace: Trace
    belonging: Belonging
    stack_name: str = ""


class Unseen(NamedTuple):
    """The things of a kind in a region that could not be asked about, and why, for people."""

    region: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was found; `troubles` are what could not be asked about."""

    installation: str
    orphans: tuple[Orphan, ...]
    regions: tuple[str, ...]
    troubles: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True)
class Parting:
    """What became of an orphan that was to go; `said` are sentences for people."""

    orphan: Orphan
    is_gone: bool
    said: tuple[str, ...] = ()


def need_census(desk: Desk) -> Census:
    """The census of the desk; raises RequestRefused where no type can be searched for."""
    if desk.census is None:
        raise RequestRefused("no installed resource type can tell what it has left in the cloud")
    return desk.census


async def sight(
    census: Census, regions: Sequence[str], kinds: Sequence[str]
) -> tuple[list[Trace], list[Unseen]]:
    """The traces of some kinds in regions, all asked at once, and what did not answer."""
    asked = [(region, kind) for region in regions for kind in kinds]
    answers = await asyncio.gather(
        *(census.traces(region, kind) for region, kind in asked), return_exceptions=True
    )
    traces: list[Trace] = []
    troubles: list[Unseen] = []
    for (region, kind), answer in zip(asked, answers, strict=True):
        match answer:
            case TraceTrouble():
                troubles.append(Unseen(region, kind, str(answer)))
            case BaseException():
                raise answer
            case _:
                traces += answer
    return traces, troubles


async def find_orphans(
    desk: Desk,
    regions: Sequence[str],
    visibility: float,
    *,
    others: bool = False,
    kinds: Sequence[str] = (),
) -> Sighting:
    """Everything with a lineage that no record has in hand; of every region where none is named.

    `kinds` are those of the census that are looked for, all of them where none is named.

    `visibility`: for how many seconds a new thing may stay invisible. `others`: those of other
    installations too. Raises RequestRefused where the regions cannot be told.
    """
    census = need_census(desk)
    if not regions:
        try:
            regions = await census.regions()
        except TraceTrouble as fault:
            raise RequestRefused(
                f"the regions of the account cannot be told: {fault}", "name them with --region"
            ) from fault
    traces, troubles = await sight(census, regions, kinds or census.kinds)
    installation = await desk.store.installation()
    # Looked at after the cloud: what was recorded meanwhile is no orphan.
    holdings = await find_holdings(desk.store)
    retentions = Retentions(desk.store, census)
    orphans = [
        await _judged(desk, trace, installation, visibility, holdings, retentions)
        for trace in traces
        if trace.thing_id not in holdings.held
    ]
    order = list(census.kinds)
    orphans.sort(
        key=lambda one: (one.trace.region, order.index(one.trace.kind), one.trace.created_at or 0.0)
    )
    return Sighting(
        installation,
        tuple(one for one in orphans if others or one.belonging is not Belonging.FOREIGN),
        tuple(regions),
        tuple(troubles),
    )


async def _judged(
    desk: Desk,
    trace: Trace,
    installation: str,
    visibility: float,
    holdings: Holdings,
    retentions: Retentions,
) -> Orphan:
    if trace.installation != installation:
        return Orphan(trace, Belonging.FOREIGN)
    operation = await desk.store.operation(trace.operation_id)
    if operation is None:
        is_recent = (
            trace.created_at is None
            or desk.clock.now() - trace.created_at < visibility + _CLOCK_DIFFERENCE
        )
        belonging = Belonging.RECENT if is_recent else Belonging.UNRECORDED
        return Orphan(trace, _unless_used(trace, belonging, holdings))
    stack = await desk.store.stack(operation.stack_id)
    orphan = Orphan(trace, Belonging.ORPHAN, "" if stack is None else stack.name)
    if operation.status.is_open:
        return replace(orphan, belonging=Belonging.OPEN)
    if await retentions.names(trace, operation):
        return replace(orphan, belonging=Belonging.LET_GO)
    records = await desk.store.records(trace.operation_id)
    if not records:
        # Its journal was pruned: what became of it then, nobody can tell any more.
        return replace(orphan, belonging=_unless_used(trace, Belonging.UNRECORDED, holdings))
    if _was_made(records, trace):
        return replace(orphan, belonging=Belonging.LET_GO)
    ended_at = operation.ended_at or operation.started_at
    latest = ended_at + visibility + _CLOCK_DIFFERENCE
    if trace.created_at is None or trace.created_at > latest:
        # Whoever copies an image of ours by hand may have copied its tags as well.
        return replace(orphan, belonging=Belonging.LATER)
    return replace(orphan, belonging=_unless_used(trace, Belonging.ORPHAN, holdings))


def _unless_used(trace: Trace, belonging: Belonging, holdings: Holdings) -> Belonging:
    return Belonging.SOURCE if trace.thing_id in holdings.used else belonging


def _was_made(records: Sequence[StepRecord], trace: Trace) -> bool:
    """True where its operation made it whole: then somebody has let go of it on purpose since.

    What was only to be taken in was there before us, and is let go of like that.
    """
    for record in records:
        adopts = record.context.get("adopts")
        if isinstance(adopts, Mapping) and adopts.get("id") == trace.thing_id:
            return True
        made = record.action in {HandlerAction.CREATE, HandlerAction.UPDATE}
        if made and record.status is StepStatus.DONE:
            said = words_of_record(record.physical_id, record.attributes, record.leftovers)
            if trace.thing_id in said:
                return True
    return False


def removable(orphan: Orphan, *, unrecorded: bool) -> bool:
    """True where an orphan may be removed when somebody asks for it."""
    allowed = {Belonging.ORPHAN, Belonging.UNRECORDED} if unrecorded else {Belonging.ORPHAN}
    return orphan.belonging in allowed


async def remove_orphans(desk: Desk, orphans: Sequence[Orphan], visibility: float) -> list[Parting]:
    """Cancel or delete each, and see that it is gone; what has come into a record meanwhile stays."""
    census = need_census(desk)
    retentions = Retentions(desk.store, census)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def part(orphan: Orphan) -> Parting:
        async with turns:
            return await _part_with(desk, census, orphan, visibility, retentions)

    return list(await asyncio.gather(*map(part, orphans)))


async def _part_with(
    desk: Desk, census: Census, orphan: Orphan, visibility: float, retentions: Retentions
) -> Parting:
    notes: Context = {}
    said: list[str] = []
    acts = True
    while True:
        if acts:
            # Directly before each call: has somebody put it into a record meanwhile?
            kept = await _claimed(desk, orphan, visibility, retentions)
            if kept:
                return Parting(orphan, False, (*said, kept))
        removal = await census.remove(orphan.trace, notes, desk.clock.now())
        said += removal.said
        if removal.end is not None:
            return Parting(orphan, removal.end is TraceEnd.GONE, tuple(said))
        notes, acts = removal.notes, removal.acts
        await desk.clock.sleep(removal.pause)


async def _claimed(desk: Desk, orphan: Orphan, visibility: float, retentions: Retentions) -> str:
    holdings = await find_holdings(desk.store)
    holder = holdings.held.get(orphan.trace.thing_id)
    if holder is not None:
        return f'by now it is "{holder.address}" of stack "{holder.stack_name}"'
    installation = await desk.store.installation()
    now = await _judged(desk, orphan.trace, installation, visibility, holdings, retentions)
    return "" if now.belonging is orphan.belonging else f"by now it is {now.belonging.value}"
