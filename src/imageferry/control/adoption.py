"""Adoptions: what exists already is looked at, compared with what is wanted, and planned for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from imageferry.control.desk import Desk
from imageferry.control.holdings import Holdings, find_holdings
from imageferry.control.requests import StackRequest
from imageferry.model.addresses import render_path
from imageferry.model.changes import Action, ChangeSet, PropertyChange, ResourceChange
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.expressions import Literal
from imageferry.model.schemas import Problem
from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import UNKNOWN, Value
from imageferry.planning.adopting import with_adoptions
from imageferry.ports.traces import Adopter, Candidate, Inspection, TraceTrouble


async def settle_adoptions(
    desk: Desk,
    stack: Stack,
    change_set: ChangeSet,
    request: StackRequest,
    resources: Mapping[str, Resource],
) -> ChangeSet:
    """The change set that takes in what the request names, each thing having been looked at.

    Why something cannot be taken in stands at its change, as `blocked`. Raises TemplateError for
    addresses that cannot take anything in.
    """
    things = request.adopt or {}
    gone = await gone_addresses(desk, change_set, [key for key in things if key in resources])
    adoptions = with_adoptions(change_set, things, resources, gone)
    installation = await desk.store.installation()
    holdings = await find_holdings(desk.store)
    taking = [one for one in adoptions.changes if one.action is Action.ADOPT]
    looks = await asyncio.gather(
        *(_look(desk, one, change_set.region, installation, request.taken_over) for one in taking)
    )
    settled: dict[str, ResourceChange] = {}
    for change, inspection in zip(taking, looks, strict=True):
        if isinstance(inspection, Diagnostic):
            settled[str(change.address)] = replace(change, blocked=(inspection,))
        else:
            claims = await _claims(desk, change, inspection, stack, holdings)
            key = str(change.address)
            found = _as_first_found(inspection, resources.get(key))
            found = _in_place(found, resources.get(key), key in gone)
            settled[key] = _settled(change, found, claims)
    return replace(
        adoptions,
        changes=tuple(settled.get(str(one.address), one) for one in adoptions.changes),
        warnings=(*adoptions.warnings, *_remarks(taking, looks), *_left(change_set, adoptions)),
    )


def values_of(change: ResourceChange) -> dict[str, Value]:
    """The properties that a change wants, UNKNOWN where they are known later."""
    wanted = {} if change.wanted is None else change.wanted.properties
    return {
        name: part.value if isinstance(part, Literal) else UNKNOWN for name, part in wanted.items()
    }


def adopter_of(desk: Desk, change: ResourceChange) -> Adopter | None:
    """What takes things in for the type of a change; None where the type cannot."""
    found = desk.catalog.find(change.type_name)
    return None if found is None else found.adopter


async def gone_addresses(desk: Desk, change_set: ChangeSet, keys: Sequence[str]) -> frozenset[str]:
    """Those of the addresses whose recorded thing is in the cloud no longer."""
    changes = {str(one.address): one for one in change_set.changes if one.wanted is not None}
    resources = await desk.store.resources(change_set.stack_id)
    asked = [key for key in keys if key in changes and key in resources]

    async def is_gone(key: str) -> bool:
        adopter = adopter_of(desk, changes[key])
        if adopter is None:
            return False
        try:
            return await adopter.is_gone(resources[key], change_set.region)
        except TraceTrouble:
            return False  # what cannot be looked at is taken to be there

    answers = await asyncio.gather(*map(is_gone, asked))
    return frozenset(key for key, gone in zip(asked, answers, strict=True) if gone)


async def _look(
    desk: Desk,
    change: ResourceChange,
    region: str,
    installation: str,
    taken_over: tuple[str, ...],
) -> Inspection | Diagnostic:
    adopter = adopter_of(desk, change)
    if adopter is None or change.adopts is None:
        return error("IF838", f'"{change.type_name}" cannot take in what exists already')
    candidate = Candidate(
        str(change.adopts["id"]), values_of(change), region, installation, taken_over
    )
    try:
        return await adopter.inspect(candidate)
    except TraceTrouble as fault:
        return error("IF838", f"{candidate.thing_id} cannot be looked at: {fault}")


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who else has a thing."""

    says: str
    remedy: str


async def _claims(
    desk: Desk, change: ResourceChange, inspection: Inspection, stack: Stack, holdings: Holdings
) -> list[_Claim]:
    """Who else has the thing in hand: another resource, or an operation that still runs."""
    thing_id = str(inspection.adopts["id"])
    holder = holdings.held.get(thing_id)
    own = (stack.stack_id, str(change.address))
    if holder is not None and (holder.stack_id, holder.address) != own:
        says = f'{thing_id} is "{holder.address}" of stack "{holder.stack_name}" already'
        return [_Claim(says, "let that stack go of it first, or leave it there")]
    if inspection.operation_id:
        operation = await desk.store.operation(inspection.operation_id)
        if operation is not None and operation.status.is_open:
            says = f"{thing_id} was made by operation {operation.operation_id}, which is open"
            return [_Claim(says, "let that operation come to its end first")]
    return []


def _as_first_found(inspection: Inspection, resource: Resource | None) -> Inspection:
    """The inspection of what an earlier attempt has begun to take in, as that one had found it.

    Whoever gives it back puts back what was there before the first attempt.
    """
    former = None if resource is None else resource.context.get("adopts")
    if not isinstance(former, Mapping) or former.get("id") != inspection.adopts["id"]:
        return inspection
    return replace(inspection, adopts=dict(former))


def _in_place(inspection: Inspection, resource: Resource | None, is_gone: bool) -> Inspection:
    """The inspection of what takes the place of something gone, with the id that stood for that."""
    if not is_gone or resource is None or resource.physical_id is None:
        return inspection
    return replace(inspection, adopts={**inspection.adopts, "stands_for": resource.physical_id})


def _settled(
    change: ResourceChange, inspection: Inspection, claims: Sequence[_Claim]
) -> ResourceChange:
    spans = {} if change.wanted is None else change.wanted.property_spans
    blocked = [_blocking(change, problem) for problem in inspection.problems]
    blocked += [
        error(
            "IF839",
            f'"{change.address}" cannot take it in: {claim.says}',
            remedy=claim.remedy,
            span=None if change.wanted is None else change.wanted.span,
        )
        for claim in claims
    ]
    return replace(
        change,
        adopts=inspection.adopts,
        blocked=tuple(blocked),
        properties=tuple(
            PropertyChange((name,), before, after, remark="brought in line", span=spans.get(name))
            for name, before, after in inspection.changes
        ),
    )


def _blocking(change: ResourceChange, problem: Problem) -> Diagnostic:
    wanted = change.wanted
    span = None if wanted is None else wanted.span
    if wanted is not None and problem.path:
        span = wanted.property_spans.get(str(problem.path[0]), span)
    place = f"{change.address}.{render_path(problem.path)}" if problem.path else change.address
    return error(
        problem.code,
        f"{place}: {problem.message}",
        why=problem.why,
        remedy=problem.remedy,
        span=span,
    )


_MOST_NAMED = 6


def _remarks(
    taking: Sequence[ResourceChange],
    looks: Sequence[Inspection | Diagnostic],
) -> list[Diagnostic]:
    """What whoever says yes should know: what was taken for true, and what stays."""
    assumed: dict[str, int] = {}
    remarks: list[Diagnostic] = []
    for change, look in zip(taking, looks, strict=True):
        if isinstance(look, Inspection):
            for name in look.assumed:
                assumed[name] = assumed.get(name, 0) + 1
            remarks += [warning("IF842", f"{change.address}: {said}") for said in look.remarks]
    if assumed:
        names = ", ".join(assumed)
        remarks.append(
            warning(
                "IF842",
                f"{names}: taken for what the template says",
                why="an image does not tell what it was made from, nor with which key",
                remedy="check that they are right: a wrong one is a change with the next deploy",
            )
        )
    return remarks


def _left(change_set: ChangeSet, adoptions: ChangeSet) -> list[Diagnostic]:
    """A word on what else the template wants: an adoption does nothing about it."""
    kept = {change.address for change in adoptions.changes}
    left = [str(change.address) for change in change_set.changes if change.address not in kept]
    if not left:
        return []
    more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
    return [
        warning(
            "IF842",
            f"{', '.join(left[:_MOST_NAMED])}{more}: nothing is done here, though the template"
            " wants something of it",
            remedy="deploy the template afterwards",
        )
    ]
