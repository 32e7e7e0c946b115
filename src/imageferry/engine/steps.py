"""Steps: a change set as a graph of handler deeds, in two waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageferry.graph import Graph
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange, Wanted
from imageferry.model.handlers import Context, HandlerAction
from imageferry.model.stacks import Resource
from imageferry.model.values import Value
from imageferry.planning.undoing import keeps_old


@dataclass(frozen=True, slots=True)
class Step:
    """One handler deed: `step_id` is the same whenever it is made from the same change set.

    `resource` is what exists before it, `wanted` what shall be, `leftover` what a CLEAN_UP removes,
    `adopts` what a CREATE takes in, or a DELETE gives back, `observed` what an UPDATE sets back, as
    the cloud has it, and `renews` that it makes anew what is gone.
    `reading` is what was read for it before; its handler is not asked then.
    """

    step_id: str
    address: ResourceAddress
    type_name: str
    action: HandlerAction
    resource: Resource | None = None
    wanted: Wanted | None = None
    replaces: bool = False
    leftover: Context | None = None
    observed: Mapping[str, Value] = field(default_factory=dict)
    renews: bool = False
    adopts: Context | None = None
    reading: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps and what must come before what."""

    by_id: Mapping[str, Step]
    graph: Graph[str]


def making_steps(change_set: ChangeSet, resources: Mapping[str, Resource]) -> Steps:
    """The first wave: what creates and updates, each after what it depends on.

    `resources` are those of the stack at the addresses that the change set's moves give them.
    """
    steps: dict[str, Step] = {}
    edges: dict[str, list[str]] = {}
    last: dict[ResourceAddress, str] = {}
    changes: dict[str, ResourceChange] = {}
    for change in change_set.changes:
        made = _making(change, resources.get(str(change.address)), change_set.kind)
        for step in made:
            steps[step.step_id] = step
            edges[step.step_id] = []
            changes[step.step_id] = change
            if step.step_id != made[0].step_id:
                edges[step.step_id].append(made[0].step_id)
        if made:
            last[change.address] = made[-1].step_id
    for step_id, step in steps.items():
        if step.wanted is not None:
            edges[step_id] += [last[other] for other in step.wanted.depends_on if other in last]
    return Steps(steps, Graph(edges))


def _making(
    change: ResourceChange, resource: Resource | None, kind: ChangeKind
) -> tuple[Step, ...]:
    wanted = change.wanted
    if wanted is None:
        return ()
    reading = None if change.reading is None else change.reading.attributes
    match change.action:
        case Action.CREATE | Action.ADOPT:
            create = Step(
                f"{change.address}/create",
                change.address,
                wanted.type_name,
                HandlerAction.CREATE,
                wanted=wanted,
                adopts=change.adopts,
                reading=reading,
            )
        case Action.UPDATE | Action.REPLACE if not change.repairs:
            return (
                Step(
                    f"{change.address}/update",
                    change.address,
                    wanted.type_name,
                    HandlerAction.UPDATE,
                    resource=resource,
                    wanted=wanted,
                    replaces=change.action is Action.REPLACE,
                    observed=change.observed,
                    renews=change.renews,
                    reading=reading,
                ),
            )
        case Action.UPDATE | Action.REPLACE:
            create = Step(
                f"{change.address}/create",
                change.address,
                wanted.type_name,
                HandlerAction.CREATE,
                wanted=wanted,
                reading=reading,
            )
        case Action.DELETE | Action.MOVE | Action.NONE:
            return ()
    if change.repairs and resource is not None and not keeps_old(wanted, resource, kind):
        remnant = Step(
            f"{change.address}/delete_remnant",
            change.address,
            resource.type_name,
            HandlerAction.DELETE,
            resource=resource,
        )
        return (remnant, create)
    return (create,)


def closing_steps(change_set: ChangeSet, resources: Mapping[str, Resource]) -> Steps:
    """The second wave, once all of the first has succeeded: what deletes and cleans up.

    `resources` are those that the first wave has left. A resource is deleted after everything
    that depends on it; what a replacement left over goes last of all at its address, and after what
    dependents were made from it: a share of an old image before that image.
    """
    steps: dict[str, Step] = {}
    edges: dict[str, list[str]] = {}
    deleted: dict[ResourceAddress, str] = {}
    for change in change_set.changes:
        resource = resources.get(str(change.address))
        if resource is None:
            continue
        if change.action is Action.DELETE and not change.retained:
            step_id = f"{change.address}/delete"
            deleted[change.address] = step_id
            edges[step_id] = []
            steps[step_id] = Step(
                step_id,
                change.address,
                resource.type_name,
                HandlerAction.DELETE,
                resource=resource,
                adopts=change.adopts,
            )
        if resource.replacement_policy != "Retain" or change_set.kind is ChangeKind.ROLLBACK:
            _add_clean_ups(steps, edges, resource)
    for address, step_id in deleted.items():
        resource = resources[str(address)]
        for other in resource.depends_on:
            if other in deleted:
                edges[deleted[other]].append(step_id)
    _order_clean_ups(steps, edges)
    return Steps(steps, Graph(edges))


def _order_clean_ups(steps: dict[str, Step], edges: dict[str, list[str]]) -> None:
    """What was left over of a resource goes after what dependents delete or have left over."""
    leaving: dict[ResourceAddress, list[str]] = {}
    for step_id, step in steps.items():
        if step.action is HandlerAction.CLEAN_UP:
            leaving.setdefault(step.address, []).append(step_id)
    for step_id, step in steps.items():
        for other in step.resource.depends_on if step.resource is not None else ():
            for later in leaving.get(other, ()):
                edges[later].append(step_id)


def _add_clean_ups(steps: dict[str, Step], edges: dict[str, list[str]], resource: Resource) -> None:
    for number, leftover in enumerate(resource.leftovers):
        step_id = f"{resource.address}/clean_up/{number}"
        edges[step_id] = []
        steps[step_id] = Step(
            step_id,
            resource.address,
            resource.type_name,
            HandlerAction.CLEAN_UP,
            resource=resource,
            leftover=leftover,
        )
