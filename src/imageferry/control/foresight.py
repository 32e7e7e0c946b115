"""look_ahead(desk, change_set): what the cloud would say of a change set, asked before it is done."""

from __future__ import annotations

import asyncio
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.control.desk import Desk
from imageferry.model.changes import Action, ChangeSet, ResourceChange
from imageferry.model.diagnostics import Diagnostic, Severity
from imageferry.model.expressions import Literal
from imageferry.model.forecasts import (
    Doubt,
    Experience,
    Forecast,
    Lookahead,
    Lookalike,
    Objection,
    Proposal,
    Sight,
)
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import UNKNOWN, Value
from imageferry.ports.foresight import Foresight

_CODES: Final[Mapping[Doubt, tuple[str, Severity]]] = {
    Doubt.NAME_TAKEN: ("IF856", Severity.ERROR),
    Doubt.REFUSED: ("IF857", Severity.ERROR),
    Doubt.POSSIBLE: ("IF858", Severity.WARNING),
    Doubt.UNCHECKED: ("IF858", Severity.WARNING),
}
_STACKS_LEARNED_FROM: Final = 20
"""So many of the newest stacks tell how long things take."""
# What already is as it shall be, or changes in the record alone, is not asked about.
_SETTLED: Final = frozenset({Action.NONE, Action.MOVE, Action.ADOPT})


async def look_ahead(
    desk: Desk, change_set: ChangeSet, *, deletes_remains: bool = False
) -> Lookahead:
    """What the types that are installed foresee of the changes; nothing is changed.

    A change that is refused in the plan already is not asked about. `deletes_remains`: the
    operation shall delete what the cloud would keep of what goes. Raises StoreError.
    """
    due = [one for one in change_set.changes if _is_due(one)]
    if not due:
        return Lookahead()
    resources = await desk.store.resources(change_set.stack_id)
    asked: dict[str, list[Proposal]] = defaultdict(list)
    asked_of: dict[str, Foresight] = {}
    for change in due:
        found = desk.catalog.find(change.type_name)
        if found is None or found.foresight is None:
            continue
        name = found.schema.type_name
        asked_of.setdefault(name, found.foresight)
        proposal = _proposal(change, change_set.region, resources)
        if deletes_remains:
            proposal = proposal._replace(deletes_remains=True)
        asked[name].append(proposal)
    if not asked:
        return Lookahead()
    installation = await desk.store.installation()
    learned = await _experience(desk, asked)
    sights = await asyncio.gather(
        *(asked_of[name](asked[name], installation, learned[name]) for name in asked)
    )
    forecasts = {str(one.address): one for sight in sights for one in sight.forecasts}
    by_address = {str(change.address): change for change in due}
    stacks = _Stacks(desk, change_set)
    for address, forecast in forecasts.items():
        if forecast.lookalike is not None:
            change = by_address[address]
            forecasts[address] = await _placed(stacks, change, forecast, forecast.lookalike)
    return _gathered(sights, forecasts, by_address)


async def _experience(desk: Desk, type_names: Iterable[str]) -> Mapping[str, Sequence[Experience]]:
    """How long the making of recorded resources has taken, by their type."""
    learned: dict[str, list[Experience]] = {name: [] for name in type_names}
    stacks = await desk.store.find_stacks(replace(desk.place, region=""))
    for stack in stacks[:_STACKS_LEARNED_FROM]:
        for resource in (await desk.store.resources(stack.stack_id)).values():
            found = desk.catalog.find(resource.type_name)
            seconds = resource.updated_at - resource.created_at
            # Once it was updated, the record says when that ended.
            if found is None or resource.status is not ResourceStatus.CREATED or seconds <= 0:
                continue
            if found.schema.type_name in learned:
                learned[found.schema.type_name].append(
                    Experience(stack.place.region, resource, seconds)
                )
    return learned


def _is_due(change: ResourceChange) -> bool:
    is_left = change.action is Action.DELETE and (change.retained or change.adopts is not None)
    return change.action not in _SETTLED and not change.blocked and not is_left


def _gathered(
    sights: Sequence[Sight],
    forecasts: Mapping[str, Forecast],
    changes: Mapping[str, ResourceChange],
) -> Lookahead:
    return Lookahead(
        forecasts=forecasts,
        diagnostics={
            address: tuple(_diagnostic(one, changes[address]) for one in forecast.objections)
            for address, forecast in forecasts.items()
            if forecast.objections
        },
        backlogs=tuple(backlog for sight in sights for backlog in sight.backlogs),
        calls=sum(sight.calls for sight in sights),
        calls_ahead=sum(sight.calls_ahead for sight in sights),
        notes=tuple(note for sight in sights for note in sight.notes),
        is_looked=True,
    )


def _proposal(change: ResourceChange, region: str, resources: Mapping[str, Resource]) -> Proposal:
    properties: dict[str, Value] = {}
    deletes_remains = False
    if change.wanted is not None:
        properties = {
            name: part.value if isinstance(part, Literal) else UNKNOWN
            for name, part in change.wanted.properties.items()
        }
        deletes_remains = change.wanted.deletes_remains
    resource = resources.get(str(change.moved_from or change.address))
    if resource is not None:
        deletes_remains = deletes_remains or resource.deletes_remains
    return Proposal(
        change.address,
        change.type_name,
        change.action,
        region,
        properties,
        None if change.action is Action.CREATE and not change.repairs else resource,
        change.repairs,
        deletes_remains,
    )


def _diagnostic(objection: Objection, change: ResourceChange) -> Diagnostic:
    code, severity = _CODES[objection.doubt]
    span = None
    if change.wanted is not None:
        span = change.wanted.property_spans.get(objection.property_name, change.wanted.span)
    return Diagnostic(code, severity, objection.message, objection.why, objection.remedy, span)


# --- what is there already ------------------------------------------------------------------------


class _Stacks:
    """The records of this account's stacks, read once and only where something is there already."""

    def __init__(self, desk: Desk, change_set: ChangeSet) -> None:
        self._desk = desk
        self.change_set = change_set
        self._records: list[tuple[Stack, Mapping[str, Resource]]] | None = None

    async def holder(self, thing_id: str) -> str:
        """`stack "golden", Copy[0]` for what a record names; empty where none does."""
        if self._records is None:
            place = replace(self._desk.place, region="")
            stacks = await self._desk.store.find_stacks(place)
            self._records = [
                (stack, await self._desk.store.resources(stack.stack_id)) for stack in stacks
            ]
        for stack, resources in self._records:
            for address, resource in resources.items():
                if _names(resource, thing_id):
                    if stack.stack_id == self.change_set.stack_id:
                        return f'"{address}" of this stack'
                    return f'"{address}" of the stack "{stack.name}"'
        return ""

    async def maker(self, lookalike: Lookalike, change: ResourceChange) -> tuple[str, bool]:
        """Who is just making a thing, empty for nobody; and whether it was made for other ends."""
        operation = await self._desk.store.operation(lookalike.operation_id)
        if operation is None:
            return "", False
        if operation.status.is_open:
            return f"operation {operation.operation_id}, which is open", False
        kept = await self._desk.store.change_set(operation.change_set_id)
        if kept is None:
            return "", False
        made = next((one for one in kept.changes if str(one.address) == lookalike.address), None)
        return "", made is not None and not _agree(made, change)


def _names(resource: Resource, thing_id: str) -> bool:
    # Notes may have it inside a list, or behind its region.
    left_over = (value for leftover in resource.leftovers for value in leftover.values())
    noted = (*resource.attributes.values(), *resource.context.values(), *left_over)
    return resource.physical_id == thing_id or any(thing_id in str(value) for value in noted)


def _agree(made: ResourceChange, change: ResourceChange) -> bool:
    """True where all that is known of what something was made from is what is wanted now."""
    if made.wanted is None or change.wanted is None:
        return False
    former, wanted = made.wanted.properties, change.wanted.properties
    return all(
        former.get(name) == wanted.get(name)
        for name in former.keys() | wanted.keys()
        if isinstance(former.get(name, Literal(None)), Literal)
        and isinstance(wanted.get(name, Literal(None)), Literal)
    )


async def _placed(
    stacks: _Stacks, change: ResourceChange, forecast: Forecast, lookalike: Lookalike
) -> Forecast:
    """The forecast with who has the thing that is there, and how to take it in where nobody does."""
    holder = await stacks.holder(lookalike.physical_id)
    fits = lookalike.fits and lookalike.is_ours
    if not holder and lookalike.is_ours:
        holder, is_other = await stacks.maker(lookalike, change)
        fits = fits and not is_other
    lookalike = lookalike._replace(holder=holder, fits=fits and not holder)
    if lookalike.fits:
        lookalike = lookalike._replace(adoption=adoption_line(stacks.change_set, change, lookalike))
    if not lookalike.fits and not forecast.is_refused:
        # Another thing of the same address that is no obstacle either: nothing to speak of.
        return forecast._replace(lookalike=None)
    objections: Iterable[Objection] = forecast.objections
    if holder:
        objections = (_with(one, f"it is {holder}") for one in objections)
    elif lookalike.fits:
        remedy = f"take it in as it is: {lookalike.adoption}; or choose another name"
        objections = (
            one._replace(why=f"{one.why}; it is in no stack, and as it is wanted", remedy=remedy)
            if _is_of(one, lookalike)
            else one
            for one in objections
        )
    return forecast._replace(lookalike=lookalike, objections=tuple(objections))


def _with(objection: Objection, words: str) -> Objection:
    if objection.doubt is not Doubt.NAME_TAKEN or "this plan" in objection.message:
        return objection
    return objection._replace(why=f"{objection.why}; {words}" if objection.why else words)


def _is_of(objection: Objection, lookalike: Lookalike) -> bool:
    return objection.doubt is Doubt.NAME_TAKEN and lookalike.physical_id in objection.message


def adoption_line(change_set: ChangeSet, change: ResourceChange, lookalike: Lookalike) -> str:
    """The command that takes a thing into the stack as it is; parameters are to be given again."""
    pair = f"{change.address}={lookalike.physical_id}"
    words = ["imageferry", "adopt", change_set.template_name, pair, "-s", change_set.stack_name]
    return shlex.join(word for word in words if word and not word.startswith("<"))
