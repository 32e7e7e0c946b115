"""Recovery: a lost or old record made good from the lineage that things in the cloud carry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imageferry.control.adoption import adopter_of, gone_addresses, values_of
from imageferry.control.change_sets import create_change_set
from imageferry.control.desk import Desk
from imageferry.control.holdings import find_holdings
from imageferry.control.orphans import need_census, sight
from imageferry.control.requests import OperationHolds, Planned, StackRequest
from imageferry.model.changes import ChangeSet, ResourceChange
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.operations import Operation
from imageferry.planning.adopting import is_free
from imageferry.ports.traces import Candidate, Trace, TraceTrouble


@dataclass(frozen=True, slots=True)
class Recovery:
    """What can be recovered. `planned` is None where nothing was found.

    `doubts` are what was found and not taken: two for one address, or one that is not as it is
    wanted; `missing` are addresses for which there is nothing.
    """

    planned: Planned | None
    doubts: tuple[Diagnostic, ...]
    missing: tuple[str, ...]


async def recover(desk: Desk, request: StackRequest) -> Recovery:
    """Find, by lineage, what the template wants and the record does not have.

    For each address with nothing whole in the record, what carries the lineage of this installation
    (or of one of `request.taken_over`) for that address, in its region, and is in nobody's record.
    It must be as it is wanted in every respect that the cloud tells; two of them are told and
    none is chosen. Raises what a plan raises.
    """
    open_one = await _open_adoption(desk, request)
    if open_one is not None:
        again = replace(request, adopt=open_one.adoptions)
        return Recovery(await create_change_set(desk, again), (), ())
    draft = await create_change_set(desk, replace(request, adopt=None))
    if draft.running is not None:
        raise OperationHolds(draft.running, draft.stack)
    wanted = await _wanting(desk, draft.change_set)
    traces, doubts = await _unclaimed(desk, request, wanted)
    found: dict[str, str] = {}
    missing: list[str] = []
    for change in wanted:
        fitting, unfit = await _fitting(desk, change, draft.change_set.region, request, traces)
        match fitting:
            case [only]:
                found[str(change.address)] = only.thing_id
            case []:
                doubts += unfit
                missing.append(str(change.address))
            case several:
                doubts.append(_ambiguous(change, several))
                missing.append(str(change.address))
    twice = _given_twice(found)
    doubts += [_ambiguous_between(thing_id, keys) for thing_id, keys in twice.items()]
    for keys in twice.values():
        missing += keys
        for key in keys:
            del found[key]
    planned = None
    if found:
        planned = await create_change_set(desk, replace(request, adopt=found))
    return Recovery(planned, tuple(doubts), tuple(missing))


async def _open_adoption(desk: Desk, request: StackRequest) -> ChangeSet | None:
    """The change set of an adoption that is open on the stack: it is gone on with, not found anew."""
    place = replace(desk.place, region=request.region)
    stacks = await desk.store.find_stacks(place, request.stack_name)
    operation: Operation | None = None
    if stacks:
        operation = await desk.store.last_operation(stacks[0].stack_id)
    if operation is None or not operation.status.is_open:
        return None
    change_set = await desk.store.change_set(operation.change_set_id)
    return change_set if change_set is not None and change_set.adoptions else None


async def _wanting(desk: Desk, change_set: ChangeSet) -> list[ResourceChange]:
    """The changes of a plan at whose address nothing whole is recorded, or nothing is any longer."""
    resources = await desk.store.resources(change_set.stack_id)
    gone = await gone_addresses(desk, change_set, list(resources))
    return [
        one
        for one in change_set.changes
        if is_free(one, resources.get(str(one.address)), str(one.address) in gone)
    ]


async def _unclaimed(
    desk: Desk, request: StackRequest, wanted: Iterable[ResourceChange]
) -> tuple[list[Trace], list[Diagnostic]]:
    """The traces that may be taken in, of every region that something is wanted in."""
    regions = {region for change in wanted if (region := _region(desk, change, request.region))}
    census = need_census(desk)
    traces, troubles = await sight(census, sorted(regions), census.adoptable)
    installations = {await desk.store.installation(), *request.taken_over}
    holdings = await find_holdings(desk.store)
    free: list[Trace] = []
    for trace in traces:
        if trace.installation in installations and trace.thing_id not in holdings.held:
            operation = await desk.store.operation(trace.operation_id)
            if operation is None or not operation.status.is_open:
                free.append(trace)
    return free, [error("IF835", f"{one.region} was not asked: {one.why}") for one in troubles]


def _region(desk: Desk, change: ResourceChange, region: str) -> str | None:
    """Where the thing of a change would be; None where that is known only later."""
    found = desk.catalog.find(change.type_name)
    route = None if found is None else found.route(values_of(change), region)
    return None if route is None else route[1]


async def _fitting(
    desk: Desk, change: ResourceChange, region: str, request: StackRequest, traces: Sequence[Trace]
) -> tuple[list[Trace], list[Diagnostic]]:
    """The traces that are what a change wants, and why others for its address are not."""
    census, adopter = need_census(desk), adopter_of(desk, change)
    place = _region(desk, change, region)
    if adopter is None or place is None:
        return [], []
    near = [
        trace for trace in traces
        if trace.region == place and census.is_for(trace, change.address)
    ]  # fmt: skip
    installation = await desk.store.installation()
    values = values_of(change)
    candidates = [
        Candidate(trace.thing_id, values, region, installation, request.taken_over)
        for trace in near
    ]
    looks = await asyncio.gather(*map(adopter.inspect, candidates), return_exceptions=True)
    fitting: list[Trace] = []
    unfit: list[Diagnostic] = []
    for trace, look in zip(near, looks, strict=True):
        match look:
            case TraceTrouble():
                unfit.append(_unfit(change, trace, [str(look)]))
            case BaseException():
                raise look
            case _ if look.problems or look.changes:
                reasons = [problem.message for problem in look.problems]
                reasons += [f"{name} is another one" for name, _, _ in look.changes]
                unfit.append(_unfit(change, trace, reasons))
            case _:
                fitting.append(trace)
    return fitting, unfit


def _given_twice(found: Mapping[str, str]) -> dict[str, list[str]]:
    by_thing: dict[str, list[str]] = {}
    for key, thing_id in found.items():
        by_thing.setdefault(thing_id, []).append(key)
    return {thing_id: keys for thing_id, keys in by_thing.items() if len(keys) > 1}


def _ambiguous(change: ResourceChange, several: Sequence[Trace]) -> Diagnostic:
    listed = ", ".join(f"{trace.thing_id} in {trace.region}" for trace in several)
    return error(
        "IF843",
        f'"{change.address}" may be any of {listed}: none of them is taken in',
        why="all carry its lineage, and all are as it is wanted",
        remedy=f"name the right one: imageferry adopt {change.address}=ID",
    )


def _ambiguous_between(thing_id: str, keys: Sequence[str]) -> Diagnostic:
    listed = " or ".join(f'"{key}"' for key in keys)
    return error(
        "IF843",
        f"{thing_id} may be {listed}: it is not taken in",
        remedy=f"say which: imageferry adopt {keys[0]}={thing_id}",
    )


def _unfit(change: ResourceChange, trace: Trace, reasons: Sequence[str]) -> Diagnostic:
    return warning(
        "IF843",
        f'{trace.thing_id} in {trace.region} carries the lineage of "{change.address}"'
        f" and is not taken in: {'; '.join(reasons)}",
        why="it may be another stack's",
        remedy=f"if it is the one: imageferry adopt {change.address}={trace.thing_id}",
    )
