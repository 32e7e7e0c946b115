"""Counted resources of a large graph as one box each, which tells how many of them stand how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import GRAVITY, TONES, gravest
from imageferry.model.addresses import parse_address


def folded(
    nodes: Sequence[Node], edges: Iterable[Edge], most: int
) -> tuple[list[Node], list[Edge]]:
    """The graph with its largest counted resources folded, until at most `most` boxes are left.

    A key such as `Copy[3]` says that a node is an instance. Where too few are counted, more boxes
    are left.
    """
    if len(nodes) <= most:
        return list(nodes), list(edges)
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        address = parse_address(node.key)
        if address.index is not None:
            groups.setdefault(address.logical_id, []).append(node)
    left, boxes = len(nodes), dict[str, Node]()
    for name, group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        if left <= most or len(group) < 2:
            break
        left -= len(group) - 1
        box = _box(name, group)
        boxes |= {node.key: box for node in group}
    shown = {boxes.get(node.key, node).key: boxes.get(node.key, node) for node in nodes}
    pairs = dict.fromkeys(Edge(_key(boxes, edge.before), _key(boxes, edge.after)) for edge in edges)
    return list(shown.values()), list(pairs)


def _key(boxes: dict[str, Node], key: str) -> str:
    return boxes[key].key if key in boxes else key


def _box(name: str, group: Sequence[Node]) -> Node:
    counts = Counter(node.status_class for node in group)
    words = {node.status_class: node.status_text for node in group}
    parts = tuple((status, counts[status]) for status in GRAVITY if counts[status])
    worst = gravest(counts)
    return Node(
        key=f"{name}[*]",
        label=f"{name} × {len(group):,}",
        kind=group[0].kind,
        status_class=worst,
        status_text=f"{counts[worst]:,} {words[worst]}",
        note=" · ".join(f"{TONES[status].sign} {count:,}" for status, count in parts),
        parts=parts,
    )
