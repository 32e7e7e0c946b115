"""JSON nodes to parts."""

from __future__ import annotations

from imageferry.conversion.parts import Leaf, Listing, Member, Part, Table
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar


def read_json_parts(node: Node, name: str = "") -> Part:
    """The parts of a JSON document; `name` is the key that it stands at."""
    match node:
        case Scalar():
            return Leaf(node.value, node.text, node.span)
        case ListNode():
            members = tuple(Member(read_json_parts(item), item.span) for item in node.items)
            return Listing(members, node.span, flow=name == "Fn::GetAtt")
        case MapNode():
            return Table(
                tuple(
                    Member(read_json_parts(entry, key), node.key_spans[key], key)
                    for key, entry in node.entries.items()
                ),
                node.span,
            )
