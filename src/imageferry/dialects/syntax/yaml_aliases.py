"""What aliases and merge keys stand for, and how much they add to a document."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar, Unreadable, shape_of
from imageferry.model.diagnostics import Span, error


def merge_sources(node: Node, span: Span) -> list[MapNode]:
    """The maps that a merge key adds; raises Unreadable where its value is none."""
    match node:
        case MapNode():
            return [node]
        case ListNode(items=items) if all(isinstance(item, MapNode) for item in items):
            return [item for item in items if isinstance(item, MapNode)]
        case _:
            raise Unreadable(
                error(
                    "IF115",
                    "'<<' must have a map, or a list of maps",
                    why=f"it merges other maps into this one, and this is {shape_of(node)}",
                    remedy="write '<<: *anchor', or quote '<<' if a name is meant",
                    span=span,
                )
            )


def measure(node: Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many values a node stands for, and how many levels of lists and maps.

    `known` are the answers so far by identity: aliases share nodes, which are measured once.
    """
    match node:
        case Scalar():
            return 1 + len(node.text) // 64, 0
        case ListNode():
            children: Iterable[Node] = node.items
        case MapNode():
            children = node.entries.values()
    found = known.get(id(node))
    if found is None:
        weight, height = 1, 0
        for child in children:
            child_weight, child_height = measure(child, known)
            weight += child_weight
            height = max(height, child_height)
        found = known[id(node)] = (weight, height + 1)
    return found
