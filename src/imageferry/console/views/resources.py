"""The resources of a stack: as a tree of what is counted, and as a graph in their statuses' colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from imageferry.console.pictures import drawing_words
from imageferry.console.statuses import look_of, word_of
from imageferry.console.views.frames import frame
from imageferry.console.views.standings import Standing, look_at, regions_by_address, tally_of
from imageferry.console.visits import Visit, stack_path
from imageferry.control.requests import ResourceView
from imageferry.drawing.graphs import draw_graph
from imageferry.drawing.nodes import Edge
from imageferry.drawing.pictures import Picture
from imageferry.drawing.recorded import node_of
from imageferry.model.command_lines import command_line, of_place, stack_line
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import Stack
from imageferry.model.statuses import ResourceStatus

_ON_A_PAGE: Final = 200
_MOST_OPEN: Final = 25
"""A counted resource with more instances than that is folded at first."""

_WANTS_A_LOOK: Final = frozenset({"failed", "copying", "queued"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One resource. `needs` are the addresses that it is made after."""

    address: str
    type_name: str
    look: str
    word: str
    region: str
    path: str
    physical_id: str
    reason: str
    step: StepProgress | None
    elapsed: float | None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One logical id, with those of its resources that are on this page.

    `counts` tell how all of them stand: the look, the word and the number; `total` is their number.
    """

    logical_id: str
    type_name: str
    is_counted: bool
    total: int
    counts: tuple[tuple[str, str, int], ...]
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded at first: where it is short, or somebody should look."""
        return self.total <= _MOST_OPEN or any(look == "failed" for look, _, _ in self.counts)


async def resources(visit: Visit) -> Mapping[str, object]:
    """The values of the page; `view=graph` in the query shows the graph."""
    stack = await visit.stack()
    standing = await look_at(visit, stack)
    needs = await _needs(visit, standing)
    is_graph = visit.query.get("view", "") == "graph"
    total = len(standing.views)
    page = min(visit.page_number, max(1, -(-total // _ON_A_PAGE)))
    return {
        **await frame(visit, "resources", stack),
        "tally": tally_of(standing),
        "is_open": standing.is_open,
        "is_graph": is_graph,
        "total": total,
        "page": page,
        "pages": -(-total // _ON_A_PAGE),
        "branches": [] if is_graph else _branches(visit, stack, standing, needs, page),
        "graph": Markup(_graph(visit, stack, standing, needs).svg) if is_graph else "",  # noqa: S704 (drawing escapes)
        "order": _order(standing, needs) if is_graph else [],
        "commands": [
            stack_line("show", stack),
            command_line("graph", {"svg": True, **of_place(stack.place)}, stack.name),
        ],
    }


async def _needs(visit: Visit, standing: Standing) -> Mapping[str, tuple[str, ...]]:
    """By address, what each resource is made after; of what was not begun as it was planned."""
    found = {
        str(view.resource.address): tuple(map(str, view.resource.depends_on))
        for view in standing.views
    }
    operation = standing.operation
    waiting = {
        str(view.resource.address)
        for view in standing.views
        if view.resource.status is ResourceStatus.NOT_STARTED
    }
    if not waiting or operation is None:
        return found
    change_set = await visit.core.plans.find(visit.core.store, operation.change_set_id)
    for change in () if change_set is None else change_set.changes:
        address = str(change.address)
        if address in waiting and change.wanted is not None:
            found[address] = tuple(map(str, change.wanted.depends_on))
    return found


def _branches(
    visit: Visit,
    stack: Stack,
    standing: Standing,
    needs: Mapping[str, tuple[str, ...]],
    page: int,
) -> list[Branch]:
    """The resources of one page by their logical ids, in the order in which they are recorded."""
    groups: dict[str, list[ResourceView]] = {}
    for view in standing.views:
        groups.setdefault(view.resource.address.logical_id, []).append(view)
    ordered = [view for group in groups.values() for view in group]
    shown = ordered[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
    regions = regions_by_address(visit, stack, shown)
    branches: dict[str, Branch] = {}
    for view in shown:
        name = view.resource.address.logical_id
        if name not in branches:
            branches[name] = _branch(name, groups[name], stack.dialect)
        leaf = _leaf(visit, stack, view, regions, needs)
        branches[name].leaves.append(leaf)
    return list(branches.values())


def _branch(name: str, group: Sequence[ResourceView], dialect: str) -> Branch:
    first = group[0].resource
    counted = Counter(_look(view) for view in group)
    words = {_look(view): word_of(view.resource.status, dialect) for view in group}
    counts = tuple((look, words[look], number) for look, number in counted.most_common())
    return Branch(name, first.type_name, first.address.index is not None, len(group), counts)


def _look(view: ResourceView) -> str:
    """The class of a resource: what waits for its turn in the cloud is queued."""
    step = view.progress
    if view.elapsed is not None and step is not None and step.queue is not None:
        return "queued"
    return look_of(view.resource.status)


def _leaf(
    visit: Visit,
    stack: Stack,
    view: ResourceView,
    regions: Mapping[str, str],
    needs: Mapping[str, tuple[str, ...]],
) -> Leaf:
    resource = view.resource
    address = str(resource.address)
    look = _look(view)
    return Leaf(
        address,
        resource.type_name,
        look,
        word_of(resource.status, stack.dialect),
        regions[address],
        _path(stack, address),
        resource.physical_id or "",
        resource.status_reason if look == "failed" else "",
        view.progress if view.elapsed is not None else None,
        view.elapsed,
        needs.get(address, ()),
    )


def _path(stack: Stack, address: str) -> str:
    return stack_path(stack.stack_id, "copies", quote(address, safe=""))


def _graph(
    visit: Visit, stack: Stack, standing: Standing, needs: Mapping[str, tuple[str, ...]]
) -> Picture:
    t = visit.language
    nodes = [
        node_of(
            view.resource,
            stack.place.region,
            stack.dialect,
            view.progress if view.elapsed is not None else None,
            href=_path(stack, str(view.resource.address)),
            is_worked_on=standing.is_open,
        )
        for view in standing.views
    ]
    known = {node.key for node in nodes}
    edges = [
        Edge(before, address)
        for address, befores in needs.items()
        for before in befores
        if before in known and address in known
    ]
    title = t("The resources of {name}", name=stack.name)
    return draw_graph(nodes, edges, title=title, words=drawing_words(t))


def _order(
    standing: Standing, needs: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, tuple[str, ...]]]:
    """What the graph says, as text: each resource with what comes before it."""
    return [
        (str(view.resource.address), needs.get(str(view.resource.address), ()))
        for view in standing.views[:_ON_A_PAGE]
    ]
