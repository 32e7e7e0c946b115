"""New readings that matter to nobody: no other resource changes by them, and no output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.references import contents
from imageferry.evaluation.scopes import Resources, Scope
from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.changes import Action, ResourceChange, WantedOutput
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import UNKNOWN, Value, is_known
from imageferry.planning.differences import is_same
from imageferry.planning.readings import is_news

_STANDING = {Action.NONE, Action.MOVE}


def without_idle(
    changes: Sequence[ResourceChange],
    resources: Mapping[str, Resource],
    outputs: Sequence[WantedOutput],
    scope: Scope,
) -> list[ResourceChange]:
    """The changes without those that would only record what was read anew, and matter to nobody.

    A reading matters where something that depends on it changes, for whatever reason, so that all of
    one operation goes by one reading; and where an output is another by it. Else the record keeps
    what was found before, by which all that stands is the same. The `scope` sees the resources as
    the changes will leave them.
    """
    idle = {
        change.address: resource
        for change in changes
        if is_news(change)
        and (resource := resources.get(str(change.moved_from or change.address))) is not None
        and resource.status is not ResourceStatus.UPDATE_FAILED
    }
    if not idle:
        return list(changes)
    needed = _needed_by_outputs(idle, changes, outputs, scope)
    for address in needed:
        del idle[address]
    staying = {one.address: one.wanted for one in changes if one.wanted is not None}
    busy = [
        one.address
        for one in changes
        if one.action not in _STANDING and one.address in staying and one.address not in idle
    ]
    while busy:
        found = [address for address in staying[busy.pop()].depends_on if address in idle]
        for address in found:
            del idle[address]
        busy += found
    return [_as_it_stands(one) if one.address in idle else one for one in changes]


def _as_it_stands(change: ResourceChange) -> ResourceChange:
    action = Action.NONE if change.moved_from is None else Action.MOVE
    return replace(change, action=action, properties=(), reading=None)


def _needed_by_outputs(
    idle: Mapping[ResourceAddress, Resource],
    changes: Sequence[ResourceChange],
    outputs: Sequence[WantedOutput],
    scope: Scope,
) -> set[ResourceAddress]:
    """Those by whose reading an output is another, or may be."""
    names: dict[str, set[ResourceAddress]] = {}
    for address in idle:
        names.setdefault(address.logical_id, set()).add(address)
    before = replace(scope, resources=_Before(scope.resources, idle))
    needed: set[ResourceAddress] = set()
    for output in outputs:
        mentioned = _mentioned(output)
        searches = names if mentioned is None else mentioned & names.keys()
        if searches and not _is_settled_alike(output, before, scope):
            needed |= set(chain.from_iterable(names[name] for name in searches))
    return needed


def _mentioned(output: WantedOutput) -> set[str] | None:
    """The logical ids that an output names; None where it computes one."""
    inside = contents(output.value)
    if any(not isinstance(attribute.resource, Literal) for attribute in inside.attributes):
        return None
    return {parse_address(mention.name).logical_id for mention in inside.mentions}


def _is_settled_alike(output: WantedOutput, before: Scope, after: Scope) -> bool:
    try:
        first, second = evaluate(output.value, before), evaluate(output.value, after)
    except EvaluationError:
        # It is told at the end, as with every output.
        return False
    return first is not UNKNOWN and is_known(first) and is_same(first, second)


class _Before:
    """Resources as the changes leave them, but for what was read anew: that is as it was found before."""

    def __init__(self, after: Resources, former: Mapping[ResourceAddress, Resource]) -> None:
        self._after = after
        self._former = former

    def reference(self, address: ResourceAddress) -> Value:
        return self._after.reference(address)

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        former = self._former.get(address)
        if former is None:
            return self._after.attribute(address, name)
        return former.attributes.get(name, UNKNOWN)
