"""The graph of a stack as it stands: its boxes and arrows, in every form, and as an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.cli.display.documents import stack_word
from imageferry.cli.display.graphs.graphs import FORMS, drawn
from imageferry.cli.display.graphs.sketches import Arrow, Box, Sketch
from imageferry.cli.display.graphs.text import text_lines
from imageferry.cli.display.rendering import Paint, plain
from imageferry.control.requests import StackView
from imageferry.drawing.folding import folded
from imageferry.drawing.graphs import FOLDED_BEYOND, draw_graph
from imageferry.drawing.layout import laid_out
from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import TONES
from imageferry.drawing.recorded import edges_of, node_of
from imageferry.model.values import Json

SVG: Final = "svg"
ALL_FORMS: Final = (*FORMS, SVG)

_FOLDED_IN_WORDS: Final = 40


class Recorded(NamedTuple):
    """What a stack's graph is drawn from; `title` names the stack and its status."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def recorded(view: StackView) -> Recorded:
    """The graph of a stack, its resources in the order of the record."""
    stack = view.stack
    is_open = view.operation is not None and view.operation.status.is_open
    nodes = [
        node_of(one.resource, stack.place.region, stack.dialect, one.progress, is_worked_on=is_open)
        for one in view.resources
    ]
    return Recorded(
        f"{stack.name}: {stack_word(stack.status, stack.dialect)}",
        tuple(nodes),
        tuple(edges_of(one.resource for one in view.resources)),
    )


def recorded_text(
    graph: Recorded,
    form: str,
    columns: int | None = None,
    paint: Paint = plain,
    *,
    expand: bool = False,
) -> str:
    """The graph in a form of ALL_FORMS; `expand` draws every instance of a counted resource.

    `columns` is the width of a terminal, None where there is none; only text is painted.
    """
    everything = len(graph.nodes)
    if form == SVG:
        most = everything if expand else FOLDED_BEYOND
        picture = draw_graph(
            graph.nodes, graph.edges, title=graph.title, standalone=True, fold_beyond=most
        )
        return picture.svg
    most = everything if expand else _FOLDED_IN_WORDS
    nodes, edges = folded(graph.nodes, graph.edges, most)
    sketch = _sketch(graph.title, nodes, edges)
    is_text = form == "text"
    lines = text_lines(sketch, columns, paint) if is_text else drawn(sketch, form)
    return "\n".join(lines) + "\n"


def _sketch(title: str, nodes: Sequence[Node], edges: Sequence[Edge]) -> Sketch:
    """The graph as a sketch; a resource of which nothing comes before stands in the first wave."""
    layout = laid_out([node.key for node in nodes], edges)
    behind = {edge.after for edge in edges}
    waves = {key: layer + 1 if key in behind else 1 for key, layer in layout.layers.items()}
    ordered = sorted(nodes, key=lambda node: waves[node.key])
    places = {node.key: number for number, node in enumerate(ordered)}
    return Sketch(
        title=title,
        boxes=tuple(_box(node, waves[node.key]) for node in ordered),
        arrows=tuple(
            Arrow(places[edge.before], places[edge.after])
            for edge in edges
            if edge.before in places and edge.after in places and edge.before != edge.after
        ),
    )


def _box(node: Node, wave: int) -> Box:
    said = [node.status_text, node.note]
    return Box(
        node.label,
        node.kind,
        "  ".join(part for part in said if part),
        wave,
        standing=node.status_class,
    )


def recorded_json(view: StackView, graph: Recorded) -> dict[str, Json]:
    """The boxes and arrows as an object: those of each resource, nothing folded."""
    return {
        "stack_id": view.stack.stack_id,
        "stack_name": view.stack.name,
        "region": view.stack.place.region,
        "status": stack_word(view.stack.status, view.stack.dialect),
        "nodes": [
            {
                "logical_id": node.key,
                "type": node.kind,
                "standing": node.status_class.value,
                "sign": TONES[node.status_class].sign,
                "status": node.status_text,
                "route": node.note or None,
                "percent": node.percent,
            }
            for node in graph.nodes
        ],
        "edges": [{"before": edge.before, "after": edge.after} for edge in graph.edges],
    }
